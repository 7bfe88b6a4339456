"""What an agent saw of an attempt, taken into the state. Nothing is decided here.

An agent is not trusted with money: usage counts inside the reservation alone, once for each meter's stretch,
never more devices than were reserved however many meters there are, and never from a time to come.
"""

from suanwang.engine import events
from suanwang.engine.charge import used_terms
from suanwang.engine.lateness import CLOCKS_APART_PARTS
from suanwang.engine.platform import Attempt, Platform
from suanwang.model.facts import Erased, Paused, Progressed, Resumed, Saved, Started, Used

CLOCK_OFF_S = 300
"""So far an agent's clock may run ahead of the platform's, or behind it."""


def fact_recorded(platform: Platform, event: events.FactRecorded) -> None:
    """Changes the attempt by one fact. KeyError where there is no such attempt."""
    fact, at = event.fact, event.at
    attempt = platform.state.attempts[fact.attempt]
    match fact:
        case Started():
            start(attempt, fact.at, at)
            attempt.state = "running"
        case Used():
            start(attempt, fact.from_at, at)
            apply_used(platform, attempt, fact, at)
        case Erased():
            attempt.erased_at = fact.at
        case Paused():
            attempt.state = "paused"
        case Resumed():
            attempt.state = "running"
        case Progressed():
            attempt.progress_bp, attempt.note = fact.done_bp, fact.note
        case Saved():
            platform.state.jobs[attempt.job].checkpoint = fact.content
        case _:
            raise KeyError(fact.attempt)


def start(attempt: Attempt, begun_at: int, at: int) -> None:
    """It runs, as its first fact says: since its reserved start at the earliest, since now at the latest."""
    if attempt.started_at is None:
        attempt.started_at = min(max(begun_at, attempt.figures.start_at), max(at, attempt.figures.start_at))
    if attempt.state == "dispatched":
        attempt.state = "running"


def clock_off_us(attempt: Attempt, at: int) -> int:
    """So far its clock may be off by `at`: two steady clocks grow apart the longer it is there."""
    return CLOCK_OFF_S * 1_000_000 + max(0, at - attempt.figures.start_at) // CLOCKS_APART_PARTS


def apply_used(platform: Platform, attempt: Attempt, fact: Used, at: int) -> None:
    """Usage by slot. What a meter read before is not counted again."""
    off_us = clock_off_us(attempt, at)
    read_at = attempt.meters.get(fact.meter, fact.from_at)
    from_at = max(fact.from_at, read_at, attempt.figures.start_at - off_us)
    to_at = min(fact.to_at, at + off_us)
    if to_at <= from_at:
        return
    attempt.meters[fact.meter] = to_at
    milli = min(fact.milli, attempt.milli)
    terms = platform.terms
    slot_us = terms.slot_us
    if not attempt.used_us:
        attempt.used_us = [0] * (attempt.figures.to_slot - attempt.figures.from_slot)
    for slot, span_us in used_terms(attempt.figures, terms, from_at, to_at):
        # invariant: all meters together ≤ reserved devices · slot
        attempt.used_us[slot] = min(attempt.used_us[slot] + milli * span_us, attempt.milli * slot_us)
    if fact.energy_wh is not None:
        part_wh = fact.energy_wh * (to_at - from_at) // (fact.to_at - fact.from_at)
        attempt.energy_wh = (attempt.energy_wh or 0) + part_wh
