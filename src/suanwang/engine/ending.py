"""How an attempt and a job end: the money first, then the capacity, then whoever waited for it.

What was used is captured at the reserved figures, the rest of the hold is released, in the group that ends
the attempt. A job closes when its last attempt's money is resolved.
"""

from collections.abc import Iterator
from itertools import islice

from suanwang.engine import events
from suanwang.engine.charge import Charge, charge_for, used_seconds
from suanwang.engine.placing import fill
from suanwang.engine.platform import Attempt, Platform, attempt_name
from suanwang.ledger.commands import Capture, Release
from suanwang.ledger.decide import decide as decide_ledger
from suanwang.ledger.events import Refused
from suanwang.model.facts import EndReason
from suanwang.model.job import JobState, Outcome
from suanwang.units.errors import Fault, InvariantBroken
from suanwang.units.text import Text

FINAL: dict[Outcome, JobState] = {"success": "succeeded", "failure": "failed", "killed": "failed"}
"""What a job comes to by its attempt's outcome; `preempted` and `lost` send it back to the queue."""
ATTEMPTS_MOST = 20
"""A job that came back so often is given up."""
RELEASED_AT_ONCE = 4
START_FAILURES_MOST = 5
BACK_TO_QUEUE: frozenset[EndReason] = frozenset({"does_not_fit", "start_failed"})


def end_attempt(
    platform: Platform,
    name: str,
    outcome: Outcome,
    reason: EndReason,
    at: int,
    ended_at: int,
    exit_code: int | None = None,
    note: str = "",
    outputs: str = "",
) -> Iterator[events.AnyEvent]:
    """Settles and ends an attempt, then its job: closed, or back in the queue."""
    attempt = platform.state.attempts[name]
    pool = attempt.figures.pool
    yield from settle(platform, name, attempt, at)
    yield events.AttemptEnded(
        at, attempt.job, attempt.number, outcome, reason, ended_at, exit_code, note[:200], outputs
    )
    yield from after_attempt(platform, attempt, at)
    yield from release_held(platform, platform.state.jobs[attempt.job].enterprise, at, RELEASED_AT_ONCE)
    yield from fill(platform, pool, at)


def release_held(platform: Platform, enterprise: str, at: int, most: int) -> Iterator[events.AnyEvent]:
    """Jobs that wait for money or a quota of this enterprise may try again, first come first."""
    for why in ("quota", "budget"):
        waiting = platform.held_for.get((why, enterprise))
        for name in list(islice(waiting, most)) if waiting else []:
            yield events.JobQueued(at, name, "released")


def settle(platform: Platform, name: str, attempt: Attempt, at: int) -> Iterator[events.AnyEvent]:
    """Captures the charge of what was used and releases the rest."""
    ledger = platform.state.vouchers.ledger
    hold = ledger.holds.get(name)
    if hold is None or hold.status != "open":
        return
    charge = charge_of(platform, attempt)
    # invariant: never more than was held
    over = charge.total_micro - hold.placed_micro
    if over > 0:
        charge = charge._replace(compute_micro=charge.compute_micro - over)
    if charge.total_micro > 0:
        usage = sum(used_seconds(attempt.used_us, attempt.milli))
        command = Capture(f"{name}/capture", name, *parts_not_negative(charge), usage, True)
    else:
        command = Release(f"{name}/release", name)
    for event in decide_ledger(ledger, command, at):
        if isinstance(event, Refused):
            what = Text(
                f"the ledger refuses to resolve a hold: {event.reasons}", f"账本拒绝结清冻结：{event.reasons}"
            )
            raise InvariantBroken([Fault(name, what)])
        yield event


def parts_not_negative(charge: Charge) -> tuple[int, int, int]:
    """Compute, energy and data, each ≥ 0: a negative part (power below zero) is taken off the others."""
    parts = [charge.compute_micro, charge.energy_micro, charge.data_micro]
    for index in range(3):
        debt = -min(0, parts[index])
        parts[index] = max(0, parts[index])
        for other in range(3):
            taken = min(debt, parts[other])
            parts[other] -= taken
            debt -= taken
    return parts[0], parts[1], parts[2]


def charge_of(platform: Platform, attempt: Attempt) -> Charge:
    """What an attempt has come to so far, by its metered device-seconds; data once it has run."""
    slots = attempt.figures.to_slot - attempt.figures.from_slot
    seconds = used_seconds(attempt.used_us, attempt.milli) if attempt.used_us else [0] * slots
    data_micro = attempt.figures.data_micro if attempt.started_at is not None else 0
    return charge_for(attempt.figures, seconds, platform.terms.slot_s, data_micro)


def after_attempt(platform: Platform, attempt: Attempt, at: int) -> Iterator[events.AnyEvent]:
    """The job follows its attempt."""
    job = platform.state.jobs[attempt.job]
    outcome = attempt.outcome
    assert outcome is not None
    if job.cancelled:
        yield from end_job(platform, attempt.job, "cancelled", "cancelled", at)
    elif attempt.reason in BACK_TO_QUEUE and attempt.number < START_FAILURES_MOST:
        yield from back_to_queue(platform, attempt, attempt.reason, at)
    elif outcome in FINAL:
        yield from end_job(platform, attempt.job, FINAL[outcome], attempt.reason, at)
    elif attempt.number >= ATTEMPTS_MOST:
        yield from end_job(platform, attempt.job, "failed", "attempts", at)
    else:
        yield from back_to_queue(platform, attempt, outcome, at)


def back_to_queue(platform: Platform, attempt: Attempt, why: str, at: int) -> Iterator[events.AnyEvent]:
    """Once more, where the window still holds the job."""
    job = platform.state.jobs[attempt.job]
    shortest_us = platform.shape_of(job).shortest_s * 1_000_000
    if job.deadline_at is not None and at + shortest_us > job.deadline_at:
        yield from end_job(platform, attempt.job, "expired", why, at)
    else:
        yield events.JobQueued(at, attempt.job, why)


def end_job(
    platform: Platform, name: str, state: JobState, reason: str, at: int
) -> Iterator[events.AnyEvent]:
    """Closes a job; those who depended on it are released, or closed with it."""
    dependents = platform.state.dependents.get(name, [])
    yield events.JobEnded(at, name, state, reason)
    for other in list(dependents):
        job = platform.state.jobs[other]
        if job.state != "held" or job.why != "dependency":
            continue
        if state != "succeeded":
            yield from end_job(platform, other, "cancelled", "dependency", at)
        elif not job.waiting_on:
            yield events.JobQueued(at, other, "released")


def withdraw(platform: Platform, name: str, why: EndReason, at: int) -> Iterator[events.AnyEvent]:
    """Takes a reservation back that was not sent out; its job looks for another place."""
    yield from end_attempt(platform, name, "preempted", why, at, at)


def attempt_running(platform: Platform, job: str) -> str | None:
    """The name of the job's attempt that is not over."""
    known = platform.state.jobs[job]
    if not known.last:
        return None
    name = attempt_name(job, known.last)
    return None if platform.state.attempts[name].state == "ended" else name
