"""How an attempt and a job end: the money first, then the capacity, then whoever waited for it.

What was used is captured at the reserved figures, the rest of the hold is released, in the group that ends
the attempt; of an attempt that its fence ended nothing is captured. A job closes when its last attempt's
money is resolved.
"""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.charge import Charge, charge_for, used_seconds
from suanwang.engine.filling import fill
from suanwang.engine.platform import Attempt, Platform, attempt_name
from suanwang.engine.releasing import release_held
from suanwang.ledger.commands import Capture, Release
from suanwang.ledger.decide import answer as answer_ledger
from suanwang.ledger.events import AnyEvent as AnyLedgerEvent
from suanwang.ledger.events import Refused
from suanwang.model.facts import Ended, EndReason
from suanwang.model.job import JobState, Outcome
from suanwang.units.errors import Fault, InvariantBroken
from suanwang.units.text import Text

FINAL: dict[Outcome, JobState] = {"success": "succeeded", "failure": "failed", "killed": "failed"}
"""What a job comes to by its attempt's outcome; `preempted` and `lost` send it back to the queue."""
RETURNS_MOST = 20
"""A job that was sent out so often and came back is given up."""
START_FAILURES_MOST = 5
RELEASED_AT_ONCE = 4
BACK_OFF_S = 60
BACK_OFF_MOST_S = 3600


def end_attempt(platform: Platform, name: str, end: Ended, at: int) -> Iterator[events.AnyEvent]:
    """Settles and ends an attempt, then its job: closed, or back in the queue."""
    attempt = platform.state.attempts[name]
    sent = attempt.state != "reserved"
    yield from close_attempt(platform, name, attempt, end, at)
    yield from after_attempt(platform, attempt, sent, at)
    enterprise = platform.state.jobs[attempt.job].enterprise
    yield from release_held(platform, enterprise, at, RELEASED_AT_ONCE)
    yield from fill(platform, attempt.figures.pool, at)


def close_attempt(
    platform: Platform, name: str, attempt: Attempt, end: Ended, at: int
) -> Iterator[events.AnyEvent]:
    """The money, then the end: the attempt's whole part of the group."""
    yield from settlement(platform, name, attempt, is_fenced(end), at)
    yield events.AttemptEnded(
        at, attempt.job, attempt.number, end.outcome, end.reason, end.at, end.exit_code, end.note[:200],
        end.outputs,
    )  # fmt: skip


def is_fenced(end: Ended) -> bool:
    """Whether an attempt's fence ended it: given up as lost, or stopped by its agent for silence."""
    return end.outcome == "lost" or end.reason == "fenced"


def settlement(
    platform: Platform, name: str, attempt: Attempt, fenced: bool, at: int
) -> tuple[AnyLedgerEvent, ...]:
    """Captures the charge of what was used and releases the rest; releases all of it where it was fenced."""
    ledger = platform.state.vouchers.ledger
    hold = ledger.holds.get(name)
    if hold is None:
        return ()
    # invariant: the usage of a fenced attempt is on record and never captured, whenever it was reported
    milli_s = [] if fenced else seconds_of(attempt)
    charge = Charge(0, 0, 0) if fenced else charge_of(platform, attempt, milli_s)
    # invariant: never more than was held; usage later than planned may fall into dearer hours
    over = charge.total_micro - hold.placed_micro
    if over > 0:
        charge = Charge(charge.compute_micro - over, charge.energy_micro, charge.data_micro)
    if charge.total_micro > 0:
        command = Capture(f"{name}/capture", name, *parts_not_negative(charge), sum(milli_s), True)
    else:
        command = Release(f"{name}/release", name)
    answer = answer_ledger(ledger, command, at)
    for event in answer:
        if isinstance(event, Refused):
            what = Text(
                f"the ledger refuses to resolve a hold: {event.reasons}", f"账本拒绝结清冻结：{event.reasons}"
            )
            raise InvariantBroken([Fault(name, what)])
    return answer


def parts_not_negative(charge: Charge) -> tuple[int, int, int]:
    """Compute, energy and data, each ≥ 0: a negative part (power below zero) is taken off the others."""
    parts = [charge.compute_micro, charge.energy_micro, charge.data_micro]
    if min(parts) >= 0:
        return charge.compute_micro, charge.energy_micro, charge.data_micro
    for index in range(3):
        debt = -min(0, parts[index])
        parts[index] = max(0, parts[index])
        for other in range(3):
            taken = min(debt, max(0, parts[other]))
            parts[other] -= taken
            debt -= taken
    return parts[0], parts[1], parts[2]


def seconds_of(attempt: Attempt) -> list[int]:
    """The attempt's metered milli-device-seconds by reserved slot."""
    if not attempt.used_us:
        return [0] * (attempt.figures.to_slot - attempt.figures.from_slot)
    return used_seconds(attempt.used_us, attempt.milli, attempt.figures.limit_s)


def charge_of(platform: Platform, attempt: Attempt, milli_s: list[int]) -> Charge:
    """What an attempt has come to, by its metered device-seconds in each slot; data once it has run."""
    data_micro = attempt.figures.data_micro if attempt.started_at is not None else 0
    return charge_for(attempt.figures, milli_s, platform.terms.slot_s, data_micro)


def after_attempt(platform: Platform, attempt: Attempt, sent: bool, at: int) -> Iterator[events.AnyEvent]:
    """The job follows its attempt. `sent`: it was sent out, so that its end counts as a return."""
    job, name = platform.state.jobs[attempt.job], attempt.job
    outcome, reason = attempt.outcome, attempt.reason
    assert outcome is not None
    made_room = attempt.stopping == "preempted" and outcome == "killed"
    no_start = reason == "does_not_fit" or (reason == "start_failed" and job.returns < START_FAILURES_MOST)
    if job.cancelled:
        yield from end_job(platform, name, "cancelled", "cancelled", at)
    elif outcome in FINAL and not made_room and not (no_start and outcome != "success"):
        yield from end_job(platform, name, FINAL[outcome], reason, at)
    elif sent and job.returns >= RETURNS_MOST:
        yield from end_job(platform, name, "failed", "attempts", at)
    elif no_start and sent:
        # other centres are asked at once, this one after a while
        back_off_s = min(BACK_OFF_S * 2 ** (job.returns - 1), BACK_OFF_MOST_S)
        yield from back_to_queue(platform, name, reason, at, at + back_off_s * 1_000_000)
    elif attempt.place == "awaited" and reason == "moved":
        yield from back_to_queue(platform, name, "stood_by", at)
    else:
        yield from back_to_queue(platform, name, "preempted" if made_room else outcome, at)


def back_to_queue(
    platform: Platform, name: str, why: str, at: int, look_at: int = 0
) -> Iterator[events.AnyEvent]:
    """Once more, where the window still holds the job."""
    if still_fits(platform, name, at):
        yield events.JobQueued(at, name, why, look_at)
    else:
        yield from end_job(platform, name, "expired", why, at)


def still_fits(platform: Platform, name: str, at: int) -> bool:
    """Whether the job could still end by its deadline."""
    job = platform.state.jobs[name]
    shortest_us = platform.shape_of(job).shortest_s * 1_000_000
    return job.deadline_at is None or at + shortest_us <= job.deadline_at


def end_job(
    platform: Platform, name: str, state: JobState, reason: str, at: int
) -> Iterator[events.AnyEvent]:
    """Closes a job; those who depended on it are released, or closed with it, and so on."""
    # invariant: a job is in `closing` once; a long chain of dependents is walked, not descended
    closing: dict[str, tuple[JobState, str]] = {name: (state, reason)}
    line = [name]
    for closed in line:
        dependents = list(platform.state.dependents.get(closed, ()))
        room = platform.state.rooms.get(closed)
        yield events.JobEnded(at, closed, *closing[closed])
        if room is not None:
            yield from fill(platform, room.pool, at)
        for other in dependents:
            job = platform.state.jobs[other]
            if job.state != "held" or job.why != "dependency" or other in closing:
                continue
            if closing[closed][0] != "succeeded":
                closing[other] = ("cancelled", "dependency")
                line.append(other)
            elif not job.waiting_on:
                yield from back_to_queue(platform, other, "released", at)


def withdraw(platform: Platform, name: str, why: EndReason, at: int) -> Iterator[events.AnyEvent]:
    """Takes a reservation back that was not sent out; its job looks for another place."""
    yield from end_attempt(platform, name, Ended(name, at, "preempted", why), at)


def attempt_running(platform: Platform, job: str) -> str | None:
    """The name of the job's attempt that is not over."""
    known = platform.state.jobs[job]
    if not known.last:
        return None
    name = attempt_name(job, known.last)
    return None if platform.state.attempts[name].state == "ended" else name
