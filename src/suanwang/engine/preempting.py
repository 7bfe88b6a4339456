"""Making room: a job of higher priority that finds no place may have others stopped that agreed to it.

Victims are preemptible attempts that are out, of strictly lower priority, in one pool: as few as will do, of
these the ones that lose least. What they give up is kept for the job until the last has ended; a victim keeps
its checkpoint and goes back to the queue.
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from suanwang.engine import events
from suanwang.engine.charge import figures_at, slots_touched
from suanwang.engine.dispatching import GRACE_S, stop
from suanwang.engine.events import ReasonRecord
from suanwang.engine.figures import Figures
from suanwang.engine.pairing import discount_for
from suanwang.engine.platform import Attempt, Job, Platform
from suanwang.engine.quota import quota_reason
from suanwang.engine.reserving import money_for
from suanwang.engine.stretch import BoolArray
from suanwang.units.rounding import Int64Array


class Way(NamedTuple):
    """One way to make room: how many give way, what they lose, the pool's row, the reservation it is for, and
    the end of the stretch that is kept."""

    victims_count: int
    lost_milli_s: int
    row: int
    figures: Figures
    to_slot: int
    victims: tuple[str, ...]


def may_preempt(platform: Platform, job: Job) -> bool:
    """Whether anything of lower priority runs that may be stopped."""
    return any(priority < job.priority for priority in platform.places.preemptible_priorities)


def make_room(
    platform: Platform, name: str, job: Job, shut: BoolArray | None, at: int
) -> Iterator[events.AnyEvent]:
    """Keeps room for the job and tells the victims; nothing without enough victims or money."""
    way = best_way(platform, job, shut, at)
    if way is None:
        return
    figures = way.figures
    found = money_for(platform, name, job, figures, at)
    if isinstance(found, ReasonRecord):
        yield events.JobHeld(at, name, "budget", found, figures.charge_micro)
        return
    milli = platform.shape_of(job).alternatives[figures.alternative].milli
    yield events.RoomKept(at, name, figures.pool, milli, figures.from_slot, way.to_slot, way.victims)
    for victim in way.victims:
        yield from stop(platform, victim, "preempted", at)


def best_way(platform: Platform, job: Job, shut: BoolArray | None, at: int) -> Way | None:
    """The fewest victims, then the least loss, then the earlier pool and alternative."""
    ground, shape = platform.ground, platform.shape_of(job)
    ways: list[Way] = []
    for index, one in enumerate(shape.alternatives):
        if quota_reason(platform, job, index) is not None:
            continue
        for row, pool in enumerate(ground.pools):
            centre = ground.centre_of[row]
            victims = platform.places.preemptible.get(pool)
            if not victims or ground.devices[row] != one.device or not ground.open[centre]:
                continue
            if shut is not None and shut[centre]:
                continue
            place = ground.could_start(shape, index, row, at, job.release_at)
            if place is None:
                continue
            # the victims take a little while to go: the kept stretch reaches as far as the job may then
            to_slot = place.slot + slots_touched(ground.terms, at, GRACE_S + one.limit_s)
            if to_slot > ground.from_slot + ground.slots:
                continue
            milli_s = one.milli * one.limit_s
            bp = discount_for(platform, shape, pool, place.slot, milli_s)
            figures = figures_at(ground, place, one, at, bp, one.limit_s)
            end_at = at + (GRACE_S + one.limit_s) * 1_000_000 + ground.transfer_us(shape, row)[1]
            in_time = job.deadline_at is None or end_at <= job.deadline_at
            cheap = job.max_price_micro is None or figures.charge_micro <= job.max_price_micro
            if not (in_time and cheap):
                continue
            found = fewest(platform, job, row, figures.from_slot, to_slot, one.milli)
            if found is not None:
                lost = sum(lost_milli_s(platform, platform.state.attempts[name]) for name in found)
                ways.append(Way(len(found), lost, row, figures, to_slot, found))
    return min(ways, key=lambda way: (way.victims_count, way.lost_milli_s, way.row), default=None)


def fewest(
    platform: Platform, job: Job, row: int, from_slot: int, to_slot: int, milli: int
) -> tuple[str, ...] | None:
    """The attempts of a pool that have to go so that `milli` is free in the stretch; None: all are too few.

    The largest first, then whoever of these is not needed is let off, those that lose most first.
    """
    state, ground = platform.state, platform.ground
    lacking = milli - ground.free_milli[row, from_slot - ground.from_slot : to_slot - ground.from_slot]
    able: list[tuple[int, int, int, str]] = []
    for name in platform.places.preemptible[ground.pools[row]]:
        attempt = state.attempts[name]
        victim = state.jobs[attempt.job]
        if victim.priority < job.priority and not attempt.stopping and not victim.cancelled:
            able.append((victim.priority, lost_milli_s(platform, attempt), victim.sequence, name))
    able.sort()
    alone = [name for *_, name in able if covers(lacking, [state.attempts[name]], from_slot)]
    if alone:
        return (alone[0],)
    chosen: list[str] = []
    for *_, name in sorted(able, key=lambda one: (-state.attempts[one[3]].milli, one)):
        chosen.append(name)
        if covers(lacking, [state.attempts[one] for one in chosen], from_slot):
            break
    else:
        return None
    order = {name: place for place, (*_, name) in enumerate(able)}
    for name in sorted(chosen, key=lambda one: order[one], reverse=True):
        rest = [one for one in chosen if one != name]
        if covers(lacking, [state.attempts[one] for one in rest], from_slot):
            chosen = rest
    return tuple(sorted(chosen, key=lambda one: order[one]))


def covers(lacking: Int64Array, attempts: list[Attempt], from_slot: int) -> bool:
    """Whether what these attempts hold makes up for what lacks in every slot from `from_slot` on."""
    given = np.zeros_like(lacking)
    for attempt in attempts:
        figures = attempt.figures
        given[max(0, figures.from_slot - from_slot) : max(0, figures.to_slot - from_slot)] += attempt.milli
    return bool((given >= lacking).all())


def lost_milli_s(platform: Platform, attempt: Attempt) -> int:
    """The work that is lost when an attempt is stopped: none where it saves checkpoints."""
    if platform.state.jobs[attempt.job].saves_checkpoint:
        return 0
    return sum(attempt.used_us) // 1_000_000
