"""What happens by itself when its time has come."""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.agenda import Due
from suanwang.engine.dispatching import dispatch, stop
from suanwang.engine.ending import end_attempt, end_job, still_fits, withdraw
from suanwang.engine.filling import fill
from suanwang.engine.lateness import is_late, lost_at, overdue_at
from suanwang.engine.placing import place
from suanwang.engine.platform import Platform
from suanwang.engine.releasing import release_held
from suanwang.model.facts import Ended

CLEARING_SLOTS_MOST = 2
"""A clearing that has not been answered for so many slots is asked for anew."""
RELEASED_BY_GRANT = 10_000


def tick(platform: Platform, due: list[Due], at: int) -> Iterator[events.AnyEvent]:
    """Each entry in turn; one that no longer applies leaves no trace."""
    slot_begins = False
    for _, _, kind, key in due:
        match kind:
            case "start":
                yield from start(platform, key, at)
            case "look":
                yield from look(platform, key, at)
            case "expire":
                yield from expire(platform, key, at)
            case "lost":
                yield from lose(platform, key, at)
            case "overdue":
                yield from overdue(platform, key, at)
            case "slot":
                slot_begins = True
            case "grant":
                yield from release_held(platform, key, at, RELEASED_BY_GRANT)
    if slot_begins:
        yield from new_slot(platform, at)


def start(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """A reservation's time has come. Where its centre is closed, or so late that the reservation has not the
    time for the job's limit any more, the job looks for another place."""
    attempt = platform.state.attempts[name]
    figures = attempt.figures
    if attempt.state != "reserved" or figures.start_at > at:
        return
    if platform.state.centres[attempt.centre].open and not is_late(figures, at):
        yield from dispatch(platform, name, at)
    else:
        yield from withdraw(platform, name, "vanished", at)


def look(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """A job that had to wait for an instant may be placed."""
    job = platform.state.jobs[name]
    if job.state == "queued" and max(job.not_before_at, job.look_at) <= at:
        yield from place(platform, name, job, at)


def expire(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """A job that waits can no longer end by its deadline."""
    job = platform.state.jobs[name]
    if job.state in ("queued", "held") and not still_fits(platform, name, at):
        yield from end_job(platform, name, "expired", "deadline", at)


def lose(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """Silence has lasted longer than the agent would have kept it running: it is lost, and runs again."""
    attempt = platform.state.attempts[name]
    if attempt.state == "ended" or lost_at(platform, name) > at:
        return
    if attempt.state == "reserved":
        yield from withdraw(platform, name, "vanished", at)
    else:
        yield from end_attempt(platform, name, Ended(name, at, "lost", "vanished"), at)


def overdue(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """An attempt is past its latest end and nobody said so: its agent is told to stop it."""
    attempt = platform.state.attempts[name]
    running = attempt.state in ("dispatched", "running", "paused")
    if running and overdue_at(platform, name) <= at:
        yield from stop(platform, name, "fenced", at)


def new_slot(platform: Platform, at: int) -> Iterator[events.AnyEvent]:
    """A slot begins: the horizon reaches further, who waits is looked at again, and the network clears."""
    if not platform.has_network:
        return
    platform.line.full.clear()
    platform.ground.earliest.clear()
    if not platform.has_work() and not platform.state.prices:
        return
    for pool in list(platform.centre_of):
        yield from fill(platform, pool, at)
    if not platform.clears:
        return
    state, terms = platform.state, platform.terms
    slot = terms.slot_of(at) + terms.freeze_slots
    if state.clearing is not None and slot - state.cleared_slot <= CLEARING_SLOTS_MOST:
        return
    if platform.has_work() or state.prices:  # where nobody waits any more, nothing is scarce
        yield events.ClearingAsked(at, state.clearing_count + 1, slot)
