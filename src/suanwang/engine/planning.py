"""A plan that clearing found, taken in line by line: each is checked again, reserved whole or returned.

Clearing works on a snapshot and may be stale. A later reservation moves only where its charge does not rise
and its deadline holds; to another centre by releasing the old hold and opening the new one in one step.
"""

from collections.abc import Iterator

from suanwang.engine import events, placing
from suanwang.engine.charge import figures_at
from suanwang.engine.dispatching import dispatch
from suanwang.engine.ending import attempt_running, close_attempt
from suanwang.engine.events import ReasonRecord
from suanwang.engine.figures import Figures
from suanwang.engine.inputs import PlanLine, TakePlan
from suanwang.engine.pairing import discount_for
from suanwang.engine.placing import shut_centres
from suanwang.engine.platform import Attempt, Job, Platform, attempt_name
from suanwang.engine.quota import quota_reason
from suanwang.engine.reserving import is_payable, may_hold_again, money_for, pays_by_place, reserve
from suanwang.engine.stretch import Reservation
from suanwang.model.facts import Ended


def take_plan(platform: Platform, given: TakePlan, at: int) -> Iterator[events.AnyEvent]:
    """The prices, then the lines. An answer to a clearing that nobody waits for leaves no trace."""
    if platform.state.clearing != given.serial:
        return
    yield from publish_prices(platform, given, at)
    reserved = returned = 0
    soon = platform.terms.slot_of(at) + platform.terms.reserve_slots
    for line in given.lines:
        if line.slot > soon:
            continue
        done = False
        for event in take_line(platform, line, at):
            done = done or isinstance(event, events.AttemptReserved | events.AttemptMoved)
            yield event
        reserved, returned = reserved + done, returned + (not done)
    yield events.Cleared(
        at, given.serial, given.jobs, reserved, returned, given.cost_micro, given.bound_micro
    )


def publish_prices(platform: Platform, given: TakePlan, at: int) -> Iterator[events.AnyEvent]:
    """The prices of every pool that has some, or had."""
    from_slot = platform.state.cleared_slot
    new = {one.pool: one.price_micro for one in given.prices if one.pool in platform.centre_of}
    for pool in dict.fromkeys([*platform.state.prices, *new]):
        price_micro = new.get(pool, ())
        if price_micro or pool in platform.state.prices:
            yield events.PricesPublished(at, pool, from_slot, price_micro)


def take_line(platform: Platform, line: PlanLine, at: int) -> Iterator[events.AnyEvent]:
    """One line: a job in the queue is reserved, a reservation moved; nothing where it no longer fits."""
    job = platform.state.jobs.get(line.job)
    row = platform.ground.row_of.get(line.pool)
    if job is None or row is None or not 0 <= line.alternative < len(platform.shape_of(job).alternatives):
        return
    if line.job in platform.state.rooms:
        return
    figures = line_figures(platform, job, line, row, at)
    if figures is None or not may_go(platform, line.job, job, row, at):
        return
    milli = platform.shape_of(job).alternatives[figures.alternative].milli
    if job.state == "queued":
        free = platform.ground.fits(row, figures.from_slot, figures.to_slot, milli)
        if free and quota_reason(platform, job, figures.alternative) is None:
            if pays_by_place(platform, job, at) and not is_payable(platform, line.job, job, figures, at):
                yield from placing.place(platform, line.job, job, at)
                return
            yield from reserve(platform, line.job, job, figures, at)
            if attempt_running(platform, line.job):
                yield from dispatch(platform, attempt_name(line.job, job.last), at)
    elif job.state == "active":
        name = attempt_name(line.job, job.last)
        attempt = platform.state.attempts[name]
        if attempt.state == "reserved" and milli <= attempt.milli:
            yield from move(platform, name, attempt, figures, milli, at)


def line_figures(platform: Platform, job: Job, line: PlanLine, row: int, at: int) -> Figures | None:
    """The line as a reservation, by today's figures; None where it is too late, too far or too dear."""
    ground, terms, shape = platform.ground, platform.terms, platform.shape_of(job)
    one = shape.alternatives[line.alternative]
    start_at = max(at, terms.start_of(line.slot), job.not_before_at)
    place = ground.place_in(shape, line.alternative, row, terms.slot_of(start_at))
    in_us, out_us = ground.transfer_us(shape, row)
    end_at = start_at + one.limit_s * 1_000_000 + out_us
    late = job.deadline_at is not None and end_at > job.deadline_at
    if place is None or late or job.release_at + in_us > start_at:
        return None
    if terms.slot_of(start_at + one.limit_s * 1_000_000 - 1) >= ground.from_slot + ground.slots:
        return None
    slot = terms.slot_of(start_at)
    bp = discount_for(platform, shape, line.pool, slot, one.milli * one.limit_s)
    figures = figures_at(ground, place, one, start_at, bp, one.limit_s)
    if job.max_price_micro is not None and figures.charge_micro > job.max_price_micro:
        return None
    return figures


def may_go(platform: Platform, name: str, job: Job, row: int, at: int) -> bool:
    """Whether the pool's centre is open and takes the job."""
    centre = platform.ground.centre_of[row]
    shut = shut_centres(platform, name, job, at)
    return bool(platform.ground.open[centre]) and not (shut is not None and shut[centre])


def move(
    platform: Platform, name: str, attempt: Attempt, figures: Figures, milli: int, at: int
) -> Iterator[events.AnyEvent]:
    """A reservation to a place that costs its user no more and starts no later where there is no deadline."""
    old, ground = attempt.figures, platform.ground
    job = platform.state.jobs[attempt.job]
    frozen = platform.terms.slot_of(at) + platform.terms.freeze_slots
    same = (old.pool, old.alternative, old.start_at) == (figures.pool, figures.alternative, figures.start_at)
    later = job.deadline_at is None and figures.start_at > old.start_at
    if same or later or figures.charge_micro > old.charge_micro or old.from_slot < frozen:
        return
    row = ground.row_of[figures.pool]
    held = Reservation(ground.row_of[old.pool], old.from_slot, old.to_slot, attempt.milli)
    if not ground.fits_beside(row, figures.from_slot, figures.to_slot, milli, held):
        return
    if platform.centre_of[figures.pool] == attempt.centre:
        yield events.AttemptMoved(at, attempt.job, attempt.number, figures)
        yield from dispatch(platform, name, at)
        return
    if not may_hold_again(platform, name, at):
        return
    yield from close_attempt(platform, name, attempt, Ended(name, at, "preempted", "moved"), at)
    yield events.JobQueued(at, attempt.job, "moved")
    for place in (figures, old):
        # invariant: a job that had a reservation has one after the step, there or where it was
        money = money_for(platform, attempt.job, job, place, at)
        if not isinstance(money, ReasonRecord):
            yield from money
            yield events.AttemptReserved(at, attempt.job, job.last + 1, place)
            yield from dispatch(platform, attempt_name(attempt.job, job.last), at)
            return
