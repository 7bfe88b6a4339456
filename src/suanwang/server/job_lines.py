"""Jobs as they are shown: a line in a list, one job whole, and what admission said of a submission."""

from collections.abc import Sequence

from suanwang.engine import events
from suanwang.engine.events import ReasonRecord
from suanwang.engine.platform import Attempt, Job, Platform, attempt_name
from suanwang.engine.standing import standing
from suanwang.ledger.state import Ledger
from suanwang.model.api.jobs import AttemptTold, JobLine, JobTold, Reason, SubmittedJob
from suanwang.units.text import Language

ATTEMPTS_TOLD_MOST = 50


def reason_told(reason: ReasonRecord, language: Language) -> Reason:
    """A reason in one language."""
    if language == "zh":
        return Reason(reason.rule, reason.zh, reason.remedy_zh)
    return Reason(reason.rule, reason.en, reason.remedy_en)


def submitted(found: Sequence[events.AnyEvent], language: Language) -> tuple[SubmittedJob, ...]:
    """What became of each job of a submission, from the events of its decision."""
    jobs: dict[str, SubmittedJob] = {}
    for event in found:
        match event:
            case events.JobAdmitted():
                jobs[event.job] = SubmittedJob(event.job)
            case events.JobHeld():
                jobs[event.job] = SubmittedJob(event.job, "held", (reason_told(event.reason, language),))
            case events.JobRefused():
                reasons = tuple(reason_told(reason, language) for reason in event.reasons)
                jobs[event.job] = SubmittedJob(event.job, "refused", reasons)
            case _:
                pass
    return tuple(jobs.values())


def job_line(platform: Platform, name: str, job: Job) -> JobLine:
    """A job in a list."""
    attempt = platform.attempt_of(name, job)
    if attempt is None:
        return JobLine(
            name, job.enterprise, job.name, job.project, job.state, job.why, job.submitted_at, job.priority, 0
        )
    ledger = platform.state.vouchers.ledger
    return JobLine(
        name,
        job.enterprise,
        job.name,
        job.project,
        job.state,
        job.why,
        job.submitted_at,
        job.priority,
        attempt.number,
        attempt.centre,
        attempt.figures.pool,
        attempt.state,
        attempt.started_at or attempt.figures.start_at,
        attempt.ended_at,
        attempt.progress_bp,
        sum(money_of(ledger, attempt_name(name, attempt.number))),
        stopping_for(job, attempt),
    )


def stopping_for(job: Job, attempt: Attempt) -> str:
    """Why an attempt that is not over is to stop: its user's word stands before the platform's."""
    if attempt.state == "ended":
        return ""
    return "cancelled" if job.cancelled else attempt.stopping


def refused_line(event: events.JobRefused) -> JobLine:
    """A job that was not accepted."""
    why = ", ".join(reason.rule for reason in event.reasons)
    return JobLine(event.job, event.enterprise, event.name, "", "refused", why, event.at, 0, 0)


def money_of(ledger: Ledger, attempt: str) -> tuple[int, int]:
    """(still held, captured) of an attempt, micro-yuan."""
    hold = ledger.holds.get(attempt)
    if hold is None:
        return 0, 0
    return (sum(hold.draws.values()) + hold.wallet_micro if hold.status == "open" else 0), hold.captured_micro


def attempt_told(platform: Platform, name: str, attempt: Attempt) -> AttemptTold:
    """One attempt."""
    figures, job = attempt.figures, platform.state.jobs[attempt.job]
    held, captured = money_of(platform.state.vouchers.ledger, name)
    return AttemptTold(
        attempt=name,
        centre=attempt.centre,
        pool=figures.pool,
        device=platform.shape_of(job).alternatives[figures.alternative].device,
        milli=attempt.milli,
        state=attempt.state,
        start_at=figures.start_at,
        end_at=figures.end_at,
        limit_s=figures.limit_s,
        charge_micro=figures.charge_micro,
        discount_bp=figures.discount_bp,
        held_micro=held,
        captured_micro=captured,
        used_milli_s=sum(attempt.used_us) // 1_000_000,
        started_at=attempt.started_at,
        ended_at=attempt.ended_at,
        outcome=attempt.outcome,
        reason=attempt.reason,
        exit_code=attempt.exit_code,
        note=attempt.note,
        outputs=attempt.outputs,
        erased_at=attempt.erased_at,
    )


def job_told(platform: Platform, name: str, job: Job, now: int, language: Language) -> JobTold:
    """All of a job."""
    state = platform.state
    stands = standing(platform, name, max(now, state.at))
    first = max(1, job.last - ATTEMPTS_TOLD_MOST + 1)
    names = [attempt_name(name, number) for number in range(first, job.last + 1)]
    return JobTold(
        line=job_line(platform, name, job),
        shape=platform.shape_of(job),
        voucher=job.voucher,
        not_before_at=job.not_before_at,
        deadline_at=job.deadline_at,
        max_price_micro=job.max_price_micro,
        content=job.content,
        checkpoint=job.checkpoint,
        waiting_on=job.waiting_on,
        attempts=tuple(
            attempt_told(platform, one, state.attempts[one]) for one in names if one in state.attempts
        ),
        reasons=tuple(reason_told(reason, language) for reason in stands.reasons),
        position=stands.ahead,
        expected_at=stands.expected_at,
    )
