"""Letting in: an attempt that stands by gets a place, that of one alike which ended, or a free one."""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.backfilling import first_blocked
from suanwang.engine.dispatching import proceed, stop
from suanwang.engine.platform import Platform
from suanwang.model.facts import TookOver


def take_over(platform: Platform, fact: TookOver, at: int) -> Iterator[events.AnyEvent]:
    """Its agent has begun it in the place of another; what was given away meanwhile it has to leave again."""
    attempts = platform.state.attempts
    attempt = attempts[fact.attempt]
    if attempt.place != "awaited":
        return
    before = attempts.get(fact.place_of)
    figures, now = attempt.figures, platform.terms.slot_of(at)
    is_place = (
        before is not None
        and before.state not in ("reserved", "ended")
        and before.place == "own"
        and (before.figures.pool, before.milli) == (figures.pool, attempt.milli)
        and before.figures.to_slot >= attempt.first_slot
    )
    if is_place:
        yield events.AttemptLetIn(at, attempt.job, attempt.number, fact.place_of)
    elif is_room(platform, fact.attempt, now):
        yield events.AttemptLetIn(at, attempt.job, attempt.number, "")
    else:
        yield from stop(platform, fact.attempt, "fenced", at)


def let_in(platform: Platform, pool: str, at: int, least_priority: int | None) -> Iterator[events.AnyEvent]:
    """Those that stand by in a pool with free capacity begin, of a priority that high."""
    state, now = platform.state, platform.terms.slot_of(at)
    for name in list(platform.places.standbys.get(pool, ())):
        attempt = state.attempts[name]
        if attempt.stopping or not is_room(platform, name, now):
            continue
        priority = state.jobs[attempt.job].priority
        if first_blocked(platform, pool, priority, at) is not None:
            continue
        if least_priority is None or priority >= least_priority:
            yield events.AttemptLetIn(at, attempt.job, attempt.number, "")
            yield from proceed(platform, name, at)


def is_room(platform: Platform, name: str, now: int) -> bool:
    """Whether what an attempt that stands by does not hold yet is free."""
    attempt, ground = platform.state.attempts[name], platform.ground
    row = ground.row_of[attempt.figures.pool]
    return attempt.first_slot <= now or ground.fits(row, now, attempt.first_slot, attempt.milli)
