"""What an agent saw of an attempt, taken into the state. Nothing is decided here."""

from suanwang.engine.charge import used_terms
from suanwang.engine.platform import Attempt, Platform
from suanwang.model.facts import AnyFact, Erased, Paused, Progressed, Resumed, Saved, Started, Used


def apply_fact(platform: Platform, fact: AnyFact) -> None:
    """Changes the attempt by one fact. KeyError where there is no such attempt."""
    attempt = platform.state.attempts[fact.attempt]
    match fact:
        case Started():
            attempt.state, attempt.started_at = "running", fact.at
        case Paused():
            attempt.state = "paused"
        case Resumed():
            attempt.state = "running"
        case Used():
            apply_used(platform, attempt, fact)
        case Progressed():
            attempt.progress_bp, attempt.note = fact.done_bp, fact.note
        case Saved():
            platform.state.jobs[attempt.job].checkpoint = fact.content
        case Erased():
            attempt.erased_at = fact.at
        case _:
            raise KeyError(fact.attempt)


def apply_used(platform: Platform, attempt: Attempt, fact: Used) -> None:
    """Usage by slot. What a meter read before is not counted again; never more devices than were reserved."""
    from_at = max(fact.from_at, attempt.meters.get(fact.meter, fact.from_at))
    attempt.meters[fact.meter] = max(fact.to_at, attempt.meters.get(fact.meter, fact.to_at))
    milli = min(fact.milli, attempt.milli)
    if not attempt.used_us:
        attempt.used_us = [0] * (attempt.figures.to_slot - attempt.figures.from_slot)
    for slot, span_us in used_terms(attempt.figures, platform.terms, from_at, fact.to_at):
        attempt.used_us[slot] += milli * span_us
    if fact.energy_wh is not None:
        attempt.energy_wh = (attempt.energy_wh or 0) + fact.energy_wh
