"""What users ask of a job that is on file: cancel, extend, pause."""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.charge import charge_for, with_charge
from suanwang.engine.dispatching import pause, prolong, stop
from suanwang.engine.ending import attempt_running, end_attempt, end_job
from suanwang.engine.figures import Figures
from suanwang.engine.inputs import CancelJob, ExtendJob, PauseJob
from suanwang.engine.pairing import quota_has
from suanwang.engine.platform import Attempt, Job, Platform
from suanwang.engine.reserving import more_money
from suanwang.engine.stretch import seconds_by_slot
from suanwang.ledger.refusals import fault_of
from suanwang.model.facts import Ended
from suanwang.model.job import CLOSED, SECONDS_MOST
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same


def known_job(platform: Platform, name: str) -> Job:
    """The job on file. Raises InvalidInput."""
    job = platform.state.jobs.get(name)
    if job is None:
        what, remedy = (
            Text("no such job", "没有这个作业"),
            Text("see suanwang jobs", "请用 suanwang jobs 查看"),
        )
        raise InvalidInput([Fault("job", what, name, remedy=remedy, kind="unknown")])
    return job


def running_attempt(platform: Platform, name: str) -> tuple[str, Attempt]:
    """The job's attempt that was sent out and is not over. Raises InvalidInput."""
    job = known_job(platform, name)
    attempt = attempt_running(platform, name)
    if attempt is None or platform.state.attempts[attempt].state == "reserved":
        what = Text("it is not running", "作业未在运行")
        raise InvalidInput([Fault(name, what, job.state, same("running"), kind="stage")])
    return attempt, platform.state.attempts[attempt]


def cancel(platform: Platform, given: CancelJob, at: int) -> Iterator[events.AnyEvent]:
    """Ends a job: at once where it does not run, else by an order to its agent. A closed job stays so."""
    job = known_job(platform, given.job)
    if job.state in CLOSED or job.cancelled:
        return
    yield events.CancelAsked(at, given.job)
    attempt = attempt_running(platform, given.job)
    if attempt is None:
        yield from end_job(platform, given.job, "cancelled", "cancelled", at)
    elif platform.state.attempts[attempt].state == "reserved":
        yield from end_attempt(platform, attempt, Ended(attempt, at, "killed", "cancelled"), at)
    else:
        yield from stop(platform, attempt, "cancelled", at)


def extend(platform: Platform, given: ExtendJob, at: int) -> Iterator[events.AnyEvent]:
    """More time: reservation and hold are enlarged, both or neither. Raises InvalidInput."""
    name, attempt = running_attempt(platform, given.job)
    if not 0 < given.more_s <= SECONDS_MOST:
        what = Text("not a time to extend by", "不是有效的延长时间")
        raise InvalidInput([Fault("more_s", what, str(given.more_s), same(f"1 … {SECONDS_MOST}"))])
    if attempt.stopping:
        what = Text("it was told to stop", "作业已被要求停止")
        raise InvalidInput([Fault(given.job, what, attempt.stopping, kind="stage")])
    job, old = platform.state.jobs[given.job], attempt.figures
    if at >= old.end_at:  # it may run on where clocks differ, but its slots lie behind what is planned
        what = Text("its reservation is over", "其预留时段已结束")
        remedy = Text("a new job, from its checkpoint", "从检查点提交新作业")
        raise InvalidInput([Fault(given.job, what, remedy=remedy, kind="window")])
    new = longer(platform, attempt, given.more_s)
    faults = extension_faults(platform, job, given.job, attempt, new)
    if faults:
        raise InvalidInput(faults)
    more_micro = new.charge_micro - old.charge_micro
    if more_micro > 0:
        money = more_money(platform, f"{name}/extend/{new.limit_s}", name, more_micro, at)
        if not isinstance(money, tuple):
            raise InvalidInput([fault_of(reason) for reason in money])
        yield from money
    yield events.AttemptProlonged(at, attempt.job, attempt.number, new)
    yield from prolong(platform, name, at)


def extension_faults(platform: Platform, job: Job, name: str, attempt: Attempt, new: Figures) -> list[Fault]:
    """What speaks against a longer reservation, but for the money."""
    old, faults = attempt.figures, list[Fault]()
    if job.deadline_at is not None and new.start_at + new.limit_s * 1_000_000 > job.deadline_at:
        what = Text("the new limit does not fit before the deadline", "新时限超出截止时间")
        remedy = Text("a shorter extension", "缩短延长时间")
        faults.append(Fault(name, what, remedy=remedy, kind="window"))
    row = platform.ground.row_of[old.pool]
    if new.to_slot > old.to_slot and not platform.ground.fits(row, old.to_slot, new.to_slot, attempt.milli):
        what = Text("the pool is taken after its present end", "该资源池在现有结束时间之后已被占用")
        remedy = Text(
            "a shorter extension, or a checkpoint and a new job", "缩短延长时间，或保存检查点后重新提交"
        )
        faults.append(Fault(name, what, remedy=remedy, kind="full"))
    if not quota_has(platform, attempt, (new.limit_s - old.limit_s) * attempt.milli):
        what = Text("its pairing's quota does not cover more", "结对子额度不足以覆盖延长")
        remedy = Text("a shorter extension, or a job of its own", "缩短延长时间，或另行提交作业")
        faults.append(Fault(name, what, remedy=remedy, kind="pairing"))
    if job.max_price_micro is not None and new.charge_micro > job.max_price_micro:
        what = Text("dearer than the job's highest price", "超出作业的最高价格")
        faults.append(
            Fault(name, what, str(new.charge_micro), same(f"<= {job.max_price_micro}"), kind="price")
        )
    return faults


def longer(platform: Platform, attempt: Attempt, more_s: int) -> Figures:
    """The attempt's reservation with a longer limit, its new slots at their present figures."""
    ground, terms, old = platform.ground, platform.terms, attempt.figures
    begun_at = max(old.start_at, attempt.started_at or 0)
    limit_s = old.limit_s + more_s
    to_slot = max(old.to_slot, terms.slot_of(begun_at + limit_s * 1_000_000 - 1) + 1)
    row = ground.row_of[old.pool]
    first, last = old.to_slot - ground.from_slot, to_slot - ground.from_slot
    if last > ground.slots:
        what = Text("that is past the horizon", "超出计划范围")
        raise InvalidInput([Fault(attempt.job, what, kind="window")])
    figures = Figures(
        old.pool, old.alternative, old.start_at, terms.start_of(to_slot), limit_s, old.from_slot, to_slot,
        old.compute_micro, (*old.energy_micro, *ground.energy_micro[row, first:last].tolist()),
        (*old.carbon_mg, *ground.carbon_mg[row, first:last].tolist()), old.data_micro, old.discount_bp, 0,
    )  # fmt: skip
    seconds = seconds_by_slot(terms, old.start_at, limit_s)
    seconds = (seconds + [0] * (to_slot - old.from_slot))[: to_slot - old.from_slot]
    charge = charge_for(figures, [attempt.milli * one for one in seconds], terms.slot_s, old.data_micro)
    return with_charge(figures, max(charge.total_micro, old.charge_micro))


def pause_job(platform: Platform, given: PauseJob, at: int) -> Iterator[events.AnyEvent]:
    """An order to pause or to go on; the attempt's limit and reservation stay as they are. Done once."""
    name, attempt = running_attempt(platform, given.job)
    if (attempt.state == "paused") != given.resume:
        return
    yield from pause(platform, name, given.resume, at)
