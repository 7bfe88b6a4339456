"""A plan that clearing found, taken in line by line: each is checked again, reserved whole or returned.

Clearing works on a snapshot and may be stale. A later reservation moves only where its charge does not rise
and its deadline holds; to another centre by releasing the old hold and opening the new one in one step.
"""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.charge import figures_at
from suanwang.engine.dispatching import dispatch
from suanwang.engine.ending import attempt_running, settle
from suanwang.engine.events import Figures
from suanwang.engine.inputs import PlanLine, TakePlan
from suanwang.engine.placing import shut_centres
from suanwang.engine.platform import Attempt, Job, Platform, attempt_name
from suanwang.engine.quota import quota_reason
from suanwang.engine.reserving import discount_for, reserve


def take_plan(platform: Platform, given: TakePlan, at: int) -> Iterator[events.AnyEvent]:
    """The prices, then the lines. An answer to a clearing that nobody waits for leaves no trace."""
    if platform.state.clearing != given.serial:
        return
    from_slot = platform.state.cleared_slot
    new = {one.pool: one.price_micro for one in given.prices}
    for pool in dict.fromkeys([*platform.state.prices, *new]):
        if new.get(pool, ()) or platform.state.prices.get(pool, (0, ()))[1]:
            yield events.PricesPublished(at, pool, from_slot, new.get(pool, ()))
    reserved = returned = 0
    soon = platform.terms.slot_of(at) + platform.terms.reserve_slots
    for line in given.lines:
        if line.slot > soon:
            continue
        done = False
        for event in take_line(platform, line, at):
            done = True
            yield event
        reserved, returned = reserved + done, returned + (not done)
    yield events.Cleared(
        at, given.serial, given.jobs, reserved, returned, given.cost_micro, given.bound_micro
    )


def take_line(platform: Platform, line: PlanLine, at: int) -> Iterator[events.AnyEvent]:
    """One line: a job in the queue is reserved, a reservation moved; nothing where it no longer fits."""
    job = platform.state.jobs.get(line.job)
    row = platform.ground.row_of.get(line.pool)
    if job is None or row is None or line.alternative >= len(platform.shape_of(job).alternatives):
        return
    figures = line_figures(platform, job, line, row, at)
    if figures is None:
        return
    if job.state == "queued":
        if quota_reason(platform, job) is None and fits(platform, line.job, job, figures, row):
            yield from reserve(platform, line.job, job, figures, at)
            if attempt_running(platform, line.job):
                yield from dispatch(platform, attempt_name(line.job, job.last), at)
    elif job.state == "active":
        name = attempt_running(platform, line.job)
        attempt = platform.state.attempts[name] if name else None
        if name and attempt and attempt.state == "reserved":
            yield from move(platform, name, attempt, figures, row, at)


def line_figures(platform: Platform, job: Job, line: PlanLine, row: int, at: int) -> Figures | None:
    """The line as a reservation, by today's figures; None where it is too late, too far or too dear."""
    ground, terms, shape = platform.ground, platform.terms, platform.shape_of(job)
    one = shape.alternatives[line.alternative]
    start_at = max(at, terms.start_of(line.slot), job.not_before_at)
    place = ground.place_in(shape, line.alternative, row, terms.slot_of(start_at))
    if place is None or (
        job.deadline_at is not None and start_at + one.limit_s * 1_000_000 > job.deadline_at
    ):
        return None
    last = terms.slot_of(start_at + one.limit_s * 1_000_000 - 1)
    if last >= ground.from_slot + ground.slots:
        return None
    bp = discount_for(platform, shape, row, line.slot, one.milli * one.limit_s)
    figures = figures_at(ground, place, one, start_at, bp, one.limit_s)
    if job.max_price_micro is not None and figures.charge_micro > job.max_price_micro:
        return None
    return figures


def fits(platform: Platform, name: str, job: Job, figures: Figures, row: int) -> bool:
    """Whether capacity is free there, in a centre that is open and takes the job."""
    ground = platform.ground
    centre = ground.centre_of[row]
    milli = platform.shape_of(job).alternatives[figures.alternative].milli
    shut = shut_centres(platform, name, job)
    return (
        bool(ground.open[centre])
        and not (shut is not None and shut[centre])
        and ground.fits(row, figures.from_slot, figures.to_slot, milli)
    )


def move(
    platform: Platform, name: str, attempt: Attempt, figures: Figures, row: int, at: int
) -> Iterator[events.AnyEvent]:
    """A reservation to a place that costs its user no more."""
    old, ground = attempt.figures, platform.ground
    job = platform.state.jobs[attempt.job]
    frozen = platform.terms.slot_of(at) + platform.terms.freeze_slots
    same = (old.pool, old.alternative, old.start_at) == (figures.pool, figures.alternative, figures.start_at)
    if same or figures.charge_micro > old.charge_micro or old.from_slot < frozen:
        return
    if old.pool == figures.pool or not fits(platform, attempt.job, job, figures, row):
        return
    if ground.centres[ground.centre_of[row]] == attempt.centre:
        yield events.AttemptMoved(at, attempt.job, attempt.number, figures)
        return
    yield from settle(platform, name, attempt, at)
    yield events.AttemptEnded(at, attempt.job, attempt.number, "preempted", "moved", at, None, "", "")
    yield events.JobQueued(at, attempt.job, "moved")
    yield from reserve(platform, attempt.job, job, figures, at)
