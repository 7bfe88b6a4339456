"""A centre shrinks below what it holds: reservations look for another place, what was sent out runs on.

An engine that drains nodes lets their jobs end, and says which ones broke. So a slot may be overfull, but
only with work that is out, and nothing is added to it until it is not.
"""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.ending import withdraw
from suanwang.engine.platform import Platform


def shed(platform: Platform, at: int) -> Iterator[events.AnyEvent]:
    """Takes back the reservations that touch an overfull slot, the latest start first."""
    now = platform.terms.slot_of(at)
    for pool in platform.ground.pools:
        if not is_overfull(platform, pool, now, now + platform.ground.slots):
            continue
        for name in reversed(platform.reserved_soon(pool, len(platform.reserved.get(pool, ())))):
            attempt = platform.state.attempts[name]
            to_slot = attempt.figures.to_slot
            # whoever came forward meanwhile is out
            if attempt.state == "reserved" and is_overfull(
                platform, pool, max(now, attempt.figures.from_slot), to_slot
            ):
                yield from withdraw(platform, name, "vanished", at)


def is_overfull(platform: Platform, pool: str, from_slot: int, to_slot: int) -> bool:
    """Whether attempts reserve more than there is in some slot of [from_slot, to_slot).

    Attempts alone: a room that is kept for a job whose victims still run counts twice, and not for long.
    """
    ground = platform.ground
    free_milli = ground.free_milli[ground.row_of[pool]].copy()
    for room in platform.state.rooms.values():
        if room.pool == pool:
            first, last = (max(0, slot - ground.from_slot) for slot in (room.from_slot, room.to_slot))
            free_milli[first:last] += room.milli
    begin, end = (max(0, slot - ground.from_slot) for slot in (from_slot, to_slot))
    return bool((free_milli[begin:end] < 0).any())


def shed_where_rules_forbid(platform: Platform, centre: str, at: int) -> Iterator[events.AnyEvent]:
    """Takes back reservations that a centre's new rows no longer allow: grade, region, size of its nodes."""
    for name in list(platform.state.centres[centre].attempts):
        attempt = platform.state.attempts[name]
        if attempt.state != "reserved":
            continue
        ground, figures = platform.ground, attempt.figures
        shape = platform.shape_of(platform.state.jobs[attempt.job])
        row, slot = ground.row_of[figures.pool], figures.from_slot
        if ground.place_in(shape, figures.alternative, row, slot) is None:
            yield from withdraw(platform, name, "vanished", at)
