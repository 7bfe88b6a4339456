"""Capacity is free in a pool: what is reserved there for later comes forward, then who waits is placed."""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.backfilling import delays_first, first_blocked
from suanwang.engine.charge import Figures, figures_at
from suanwang.engine.dispatching import dispatch
from suanwang.engine.ground import Place
from suanwang.engine.letting_in import let_in
from suanwang.engine.line import LineKey
from suanwang.engine.pairing import discount_for
from suanwang.engine.places import Blocked
from suanwang.engine.placing import place
from suanwang.engine.platform import Attempt, Job, Platform
from suanwang.engine.reserving import more_money
from suanwang.engine.stretch import Reservation
from suanwang.ledger.events import AnyEvent as AnyLedgerEvent

MOVES_LOOKED_AT = 32
LINES_LOOKED_AT = 64
FILLED_AT_ONCE = 64
"""So many jobs are placed in one step; if there is still room, the next in line are put on the list of those
to look at."""
NEXT_IN_LINE = 256


def fill(platform: Platform, pool: str, at: int) -> Iterator[events.AnyEvent]:
    """Whoever goes first and fits into what is free now, again and again. A closed centre stays empty."""
    centre = platform.centre_of.get(pool)
    if centre is None or not platform.state.centres[centre].open:
        return
    ground = platform.ground
    row = ground.row_of[pool]
    free_milli = ground.free_now(row, at)
    if free_milli <= 0:
        return
    waiting = first_waiting(platform, ground.devices[row], free_milli, at)
    yield from let_in(platform, pool, at, waiting)
    yield from come_forward(platform, pool, at, waiting)
    for turn in range(FILLED_AT_ONCE):
        placed = False
        for event in fill_one(platform, pool, at):
            placed = True
            yield event
        if not placed:
            if waiting is not None or turn:  # else whoever could has come forward
                yield from come_forward(platform, pool, at)
            return
    look_at_more(platform, pool)


def first_waiting(platform: Platform, device: str, free_milli: int, at: int) -> int | None:
    """The priority of the first in line whom a pool with so much room could take; None where nobody waits."""
    for key, (_, _, name) in platform.line.heads(device, lambda _: 0, LINES_LOOKED_AT):
        fits = least_milli(platform, key, device) <= free_milli
        if fits and name not in platform.state.rooms and platform.state.jobs[name].not_before_at <= at:
            return key[2]
    return None


def fill_one(platform: Platform, pool: str, at: int) -> Iterator[events.AnyEvent]:
    """The first in line that something comes of: it is placed, held, or makes others give way."""
    ground = platform.ground
    row = ground.row_of[pool]
    free_milli, device = ground.free_now(row, at), ground.devices[row]
    if free_milli <= 0:
        return
    heads = platform.line.heads(device, lambda who: fair_use(platform, who), LINES_LOOKED_AT)
    first: Blocked | None = None
    for key, (_, _, name) in heads:
        needed_milli = least_milli(platform, key, device)
        if needed_milli > free_milli or name in platform.state.rooms:
            continue
        job = platform.state.jobs[name]
        if job.not_before_at > at:
            continue
        shortest_us = platform.shape_of(job).shortest_s * 1_000_000
        if first is not None and needed_milli > first.spare_milli and at + shortest_us > first.start_at:
            continue
        placed = False
        for event in place(platform, name, job, at):
            placed = True
            yield event
        if placed:
            return
        if first is None:
            first = first_blocked(platform, pool, key[2], at)


def least_milli(platform: Platform, key: LineKey, device: str) -> int:
    """What a job of a line needs of a device class at least."""
    return min(one.milli for one in platform.state.shapes[key[0]].alternatives if one.device == device)


def look_at_more(platform: Platform, pool: str) -> None:
    """The next in line for a pool are looked at in the steps that follow."""
    line, ground = platform.line, platform.ground
    device = ground.devices[ground.row_of[pool]]
    for key in [key for key, _ in line.heads(device, lambda _: 0, LINES_LOOKED_AT)]:
        for ticket in line.first(key, NEXT_IN_LINE):
            line.look_at(ticket)


def fair_use(platform: Platform, enterprise: str) -> int:
    """What an enterprise holds and has used, in proportion to its weight: less goes first."""
    holding, quota = platform.state.holdings.get(enterprise), platform.state.quotas.get(enterprise)
    if holding is None:
        return 0
    return (holding.used_milli_s + holding.milli * 3600) // (quota.weight if quota else 1)


def come_forward(
    platform: Platform, pool: str, at: int, least_priority: int | None = None
) -> Iterator[events.AnyEvent]:
    """Later reservations of a pool, of a priority that high, start now.

    A job with a deadline has given leave to shift: it stays where it is unless now costs no more.
    """
    ground, state = platform.ground, platform.state
    row = ground.row_of[pool]
    for name in platform.reserved_soon(pool, MOVES_LOOKED_AT):
        attempt = state.attempts[name]
        job, old = state.jobs[attempt.job], attempt.figures
        if old.start_at <= at or ground.free_now(row, at) < attempt.milli:
            continue
        if least_priority is not None and job.priority < least_priority:
            continue
        new = figures_now(platform, attempt, at)
        if new is None:
            continue
        held = Reservation(row, old.from_slot, old.to_slot, attempt.milli)
        if not ground.fits_beside(row, new.from_slot, new.to_slot, attempt.milli, held):
            continue
        if delays_first(platform, job, new, at):
            continue
        money = money_to_move(platform, name, job, old, new, at)
        if money is not None:
            yield from money
            yield events.AttemptMoved(at, attempt.job, attempt.number, new)
            yield from dispatch(platform, name, at)


def figures_now(platform: Platform, attempt: Attempt, at: int) -> Figures | None:
    """A later reservation as it would be if it started now; None while it cannot, whatever is free."""
    ground, old, job = platform.ground, attempt.figures, platform.state.jobs[attempt.job]
    row, now, shape = ground.row_of[old.pool], ground.terms.slot_of(at), platform.shape_of(job)
    one = shape.alternatives[old.alternative]
    if job.not_before_at > at or (
        shape.in_nano_gb and job.release_at + ground.transfer_us(shape, row)[0] > at
    ):
        # its input is still on the way
        return None
    bp = discount_for(platform, shape, old.pool, now, one.milli * one.limit_s)
    place_ = Place(old.alternative, row, now, 0, old.data_micro, 0)
    return figures_at(ground, place_, one, at, bp, old.limit_s)


def money_to_move(
    platform: Platform, name: str, job: Job, old: Figures, new: Figures, at: int
) -> tuple[AnyLedgerEvent, ...] | None:
    """What enlarges the hold for a dearer start; None where its user would not or cannot pay that."""
    more_micro = new.charge_micro - old.charge_micro
    if more_micro <= 0:
        return ()
    most_micro = job.max_price_micro
    if job.deadline_at is not None or (most_micro is not None and new.charge_micro > most_micro):
        return None
    found = more_money(platform, f"{name}/forward/{at}", name, more_micro, at)
    return found if isinstance(found, tuple) else None
