"""Backfilling: who may go past one of higher priority that does not find enough free yet.

In each pool the first reservation for later of a higher priority has an earliest start: the instant at which,
were every attempt to run to its limit, as much is free there as it needs, beside what is reserved. Those of
lower priority may take what is free as long as they leave that instant as it is: they end by their limit
before it, or take what the first leaves over. That is EASY backfilling (Mu'alem and Feitelson, IEEE
Transactions on Parallel and Distributed Systems 12(6), 2001), by the second where reservations go by slots.
"""

from suanwang.engine.figures import Figures
from suanwang.engine.places import Blocked
from suanwang.engine.platform import Attempt, Job, Platform

LOOKED_AT = 8


def delays_first(platform: Platform, job: Job, figures: Figures, at: int) -> bool:
    """Whether a reservation would make one of higher priority wait longer.

    One for later stands in the way of who would come forward, even where it ends in time.
    """
    first = first_blocked(platform, figures.pool, job.priority, at)
    if first is None:
        return False
    milli = platform.shape_of(job).alternatives[figures.alternative].milli
    if milli <= first.spare_milli or figures.from_slot >= first.to_slot:
        return False
    return figures.start_at > at or at + figures.limit_s * 1_000_000 > first.start_at


def first_blocked(platform: Platform, pool: str, priority: int, at: int) -> Blocked | None:
    """The first of a pool, above a priority, that could begin now if enough were free.

    One with a deadline has given leave to shift: it waits for nothing.
    """
    reserved = platform.reserved.get(pool)
    if not reserved or -reserved[0][0] <= priority:
        return None  # as mostly: told at a glance
    for name in platform.reserved_soon(pool, LOOKED_AT):
        attempt = platform.state.attempts[name]
        job = platform.state.jobs[attempt.job]
        if job.priority <= priority:
            break
        if job.deadline_at is None and job.not_before_at <= at < attempt.figures.start_at:
            asked = name, at, platform.state.events
            if platform.places.blocked[0] != asked:
                platform.places.blocked = asked, blocked(platform, pool, attempt, at)
            return platform.places.blocked[1]
    return None


def blocked(platform: Platform, pool: str, own: Attempt, at: int) -> Blocked | None:
    """When there is as much free in a pool as a reservation for later needs, by the limits of all that are
    out; None: now, or never."""
    ground, terms = platform.ground, platform.terms
    milli, limit_us = own.milli, own.figures.limit_s * 1_000_000
    now = terms.slot_of(at)
    free = ground.free_milli[ground.row_of[pool], now - ground.from_slot :].copy()
    free[own.figures.from_slot - now : own.figures.to_slot - now] += milli
    for start_at, to_slot, given in ((at, now, 0), *ends(platform, pool, at)):
        free[: max(0, to_slot - now)] += given
        first, end = terms.slot_of(start_at) - now, terms.slot_of(start_at + limit_us - 1) + 1 - now
        if end <= len(free) and (least := int(free[first:end].min())) >= milli:
            return Blocked(start_at, now + end, least - milli) if start_at > at else None
    # what else is reserved is in the way, too: at its own slot it has its place
    first, end = own.figures.from_slot, own.figures.to_slot
    spare_milli = int(free[first - now : end - now].min()) - milli
    return Blocked(terms.start_of(first), end, spare_milli)


def ends(platform: Platform, pool: str, at: int) -> list[tuple[int, int, int]]:
    """(instant, end of what it holds, milli-devices) of those that are out, by their limits, in order."""
    found: list[tuple[int, int, int]] = []
    attempts = platform.state.attempts
    for name in platform.state.centres[platform.centre_of[pool]].attempts:
        attempt = attempts[name]
        figures = attempt.figures
        if attempt.state == "reserved" or attempt.place != "own" or figures.pool != pool:
            continue
        begun_at = at if attempt.started_at is None else attempt.started_at
        end_at = figures.end_at if attempt.state == "paused" else begun_at + figures.limit_s * 1_000_000
        found.append((max(at, end_at) + 1, figures.to_slot, attempt.milli))
    found.sort()
    return found
