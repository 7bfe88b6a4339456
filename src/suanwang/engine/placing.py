"""Finding a place for a job at once: when it arrives, and when capacity becomes free.

By the kernel of a quote: the place that costs it least under the current prices, where capacity is free. What
finds none stands in line until capacity changes; clearing looks at all who wait, and at all that is reserved.
"""

from collections.abc import Iterator

import numpy as np

from suanwang.engine import events
from suanwang.engine.charge import Figures, figures_at
from suanwang.engine.dispatching import dispatch
from suanwang.engine.ground import BoolArray, Place
from suanwang.engine.platform import Job, Platform, attempt_name
from suanwang.engine.quota import quota_reason
from suanwang.engine.reserving import discount_for, reserve

PLACED_AT_ONCE = 64
"""So many jobs are looked at in one step, so that no step keeps the others waiting."""
PASSED_AT_ONCE = 4096
"""So many jobs are passed over in one step because their line is known to be full."""
MOVES_LOOKED_AT = 32


def place_queue(platform: Platform, at: int) -> Iterator[events.AnyEvent]:
    """Looks for places for jobs that nobody has looked at yet, in the order in which they joined."""
    line = platform.line
    asked = passed = 0
    while line.unseen and asked < PLACED_AT_ONCE and passed < PASSED_AT_ONCE:
        name = line.unseen.popleft()
        passed += 1
        if not platform.waits(name):
            continue
        job = platform.state.jobs[name]
        if platform.line_key(job) in line.full:
            continue
        asked += 1
        yield from place(platform, name, job, at)


def place(platform: Platform, name: str, job: Job, at: int) -> Iterator[events.AnyEvent]:
    """The cheapest place that is free, reserved with its money; nothing where there is none."""
    reason = quota_reason(platform, job)
    if reason is not None:
        yield events.JobHeld(at, name, "quota", reason)
        return
    shape = platform.shape_of(job)
    places, _ = platform.ground.places(
        shape, at, job.not_before_at, job.deadline_at, shut_centres(platform, name, job)
    )
    soon = platform.terms.slot_of(at) + platform.terms.reserve_slots
    found = False
    for one in affordable(platform, job, places, at):
        found = True
        if one.from_slot <= soon:
            yield from reserve(platform, name, job, one, at)
            if job.state == "active":
                yield from dispatch(platform, attempt_name(name, job.last), at)
        return
    if not found:
        platform.line.full.add(platform.line_key(job))


def affordable(platform: Platform, job: Job, places: list[Place], at: int) -> Iterator[Figures]:
    """The places as reservations, best first, without those that are dearer than the job pays."""
    ground, shape = platform.ground, platform.shape_of(job)
    for place_ in places:
        one = shape.alternatives[place_.alternative]
        start_at = max(at, ground.terms.start_of(place_.slot))
        bp = discount_for(platform, shape, place_.row, place_.slot, one.milli * one.limit_s)
        figures = figures_at(ground, place_, one, start_at, bp, one.limit_s)
        if job.max_price_micro is None or figures.charge_micro <= job.max_price_micro:
            yield figures


def shut_centres(platform: Platform, name: str, job: Job) -> BoolArray | None:
    """(centre,) where the job's last attempt did not fit, or a required voucher is not taken."""
    ground, state = platform.ground, platform.state
    shut: BoolArray | None = None
    if job.last:
        last = state.attempts[attempt_name(name, job.last)]
        if last.reason in ("does_not_fit", "start_failed") and len(ground.centres) > 1:
            shut = np.array([centre == last.centre for centre in ground.centres], np.bool_)
    if job.voucher == "required":
        mine = state.vouchers.ledger.enterprises[job.enterprise].grants
        programmes = {state.vouchers.ledger.grants[grant].programme for grant in mine}
        closed = np.array([not (listed & programmes) for listed in ground.catalogues], np.bool_)
        shut = closed if shut is None else shut | closed
    return shut


def fill(platform: Platform, pool: str, at: int) -> Iterator[events.AnyEvent]:
    """Capacity became free in a pool: what is reserved there for later comes forward, then who waits."""
    yield from come_forward(platform, pool, at)
    ground = platform.ground
    row = ground.row_of.get(pool)
    if row is None:
        return
    for _, _, name in platform.line.heads(ground.devices[row], lambda who: fair_use(platform, who)):
        if not has_room(platform, row, at):
            return
        job = platform.state.jobs[name]
        if platform.line_key(job) not in platform.line.full:
            yield from place(platform, name, job, at)


def fair_use(platform: Platform, enterprise: str) -> int:
    """What an enterprise holds and has used, in proportion to its weight: less goes first."""
    holding, quota = platform.state.holdings.get(enterprise), platform.state.quotas.get(enterprise)
    if holding is None:
        return 0
    return (holding.used_milli_s + holding.milli * 3600) // (quota.weight if quota else 1)


def come_forward(platform: Platform, pool: str, at: int) -> Iterator[events.AnyEvent]:
    """Reservations of a pool that start later start now where that costs no more."""
    ground, state = platform.ground, platform.state
    row = ground.row_of.get(pool)
    if row is None or not has_room(platform, row, at):
        return
    for name in platform.reserved_soon(pool, MOVES_LOOKED_AT):
        attempt = state.attempts[name]
        job = state.jobs[attempt.job]
        if job.not_before_at > at:
            continue
        old = attempt.figures
        one = platform.shape_of(job).alternatives[old.alternative]
        place_ = Place(old.alternative, row, platform.terms.slot_of(at), 0, old.data_micro, 0)
        if not moves_into(platform, attempt.milli, old, row, at):
            continue
        new = figures_at(ground, place_, one, at, old.discount_bp, old.limit_s)
        if new.charge_micro <= old.charge_micro:
            yield events.AttemptMoved(at, attempt.job, attempt.number, new)
            yield from dispatch(platform, name, at)


def has_room(platform: Platform, row: int, at: int) -> bool:
    """Whether anything is free in a pool now."""
    ground = platform.ground
    return int(ground.free_milli[row, platform.terms.slot_of(at) - ground.from_slot]) > 0


def moves_into(platform: Platform, milli: int, old: Figures, row: int, at: int) -> bool:
    """Whether a reservation fits from now on, what it holds itself given back."""
    terms, ground = platform.terms, platform.ground
    begin = terms.slot_of(at)
    end = terms.slot_of(at + old.limit_s * 1_000_000 - 1) + 1
    first, last = begin - ground.from_slot, end - ground.from_slot
    if last > ground.slots:
        return False
    free = ground.free_milli[row, first:last].copy()
    own = range(max(begin, old.from_slot), min(end, old.to_slot))
    if own:
        free[own.start - begin : own.stop - begin] += milli
    return bool((free >= milli).all())
