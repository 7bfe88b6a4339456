"""Jobs over HTTP. Instants are UTC microseconds, money micro-yuan (cost positive), devices milli-devices."""

from typing import Annotated

import msgspec
from msgspec import Meta

from suanwang.model.bounds import MaybeName
from suanwang.model.facts import EndReason
from suanwang.model.job import SECONDS_MOST, AttemptState, JobSpec, JobState, Outcome, Shape, Voucher

SUBMITTED_MOST = 10_000


class Submission(msgspec.Struct, frozen=True):
    """Jobs of one enterprise, decided in one transaction. `enterprise`: for operators, else one's own."""

    jobs: Annotated[tuple[JobSpec, ...], Meta(min_length=1, max_length=SUBMITTED_MOST)]
    enterprise: MaybeName = ""


class Reason(msgspec.Struct, frozen=True, gc=False):
    """Why not, and what would help; both in the language that was asked for."""

    rule: str
    words: str
    remedy: str = ""


class SubmittedJob(msgspec.Struct, frozen=True, gc=False, omit_defaults=True):
    """One job as it was admitted: its name, and for what is held or refused, why."""

    job: str
    state: JobState = "queued"
    reasons: tuple[Reason, ...] = ()


class Submitted(msgspec.Struct, frozen=True):
    """In the order of the submission; an array's jobs one after the other."""

    jobs: tuple[SubmittedJob, ...]


class JobLine(msgspec.Struct, frozen=True, gc=False):
    """A job in a list. `start_at`: when it began, or will; `charge_micro`: held or charged so far.

    `stopping`: why it is to stop and has not yet, "" where it may go on.
    """

    job: str
    enterprise: str
    name: str
    project: str
    state: JobState
    why: str
    submitted_at: int
    priority: int
    attempt: int
    centre: str = ""
    pool: str = ""
    attempt_state: AttemptState | None = None
    start_at: int | None = None
    ended_at: int | None = None
    progress_bp: int = 0
    charge_micro: int = 0
    stopping: str = ""


class JobPage(msgspec.Struct, frozen=True):
    """Newest first. `next`: the cursor of the page after this one, None at the end."""

    jobs: tuple[JobLine, ...]
    next: str | None


class AttemptTold(msgspec.Struct, frozen=True):
    """One attempt. `held_micro` and `captured_micro`: of its money; `used_milli_s`: milli-device-seconds."""

    attempt: str
    centre: str
    pool: str
    device: str
    milli: int
    state: AttemptState
    start_at: int
    end_at: int
    limit_s: int
    charge_micro: int
    discount_bp: int
    held_micro: int
    captured_micro: int
    used_milli_s: int
    started_at: int | None
    ended_at: int | None
    outcome: Outcome | None
    reason: EndReason
    exit_code: int | None
    note: str
    outputs: str
    erased_at: int | None


class JobTold(msgspec.Struct, frozen=True):
    """All of a job.

    `reasons`: why it waits or is held. `position`: how many that could use its devices stand before it, by
    priority and arrival, None where it is in no line. `expected_at`: when it starts, or would by the network
    as it is now; None where that cannot be told.
    """

    line: JobLine
    shape: Shape
    voucher: Voucher
    not_before_at: int
    deadline_at: int | None
    max_price_micro: int | None
    content: str
    checkpoint: str
    waiting_on: tuple[str, ...]
    attempts: tuple[AttemptTold, ...]
    reasons: tuple[Reason, ...]
    position: int | None
    expected_at: int | None


class Candidate(msgspec.Struct, frozen=True):
    """A centre considered. Voucher part and net are of the charge; carbon is steered by, never charged.

    `scarcity_micro`: what the present prices add to the cost in the choice.
    """

    centre: str
    pool: str
    device: str
    alternative: int
    start_at: int
    end_at: int
    compute_micro: int
    energy_micro: int
    data_micro: int
    discount_bp: int
    charge_micro: int
    voucher_micro: int
    net_micro: int
    carbon_g: int
    scarcity_micro: int


class Elsewhere(msgspec.Struct, frozen=True):
    """A centre where the job cannot be, and why. `charge_micro`: the charge there, 0 where not reckoned."""

    centre: str
    reason: Reason
    charge_micro: int


class Quote(msgspec.Struct, frozen=True):
    """What a job would cost now, cheapest first by the choice that placing makes. Nothing is reserved by it.

    `reasons`: why there is no place, none where there is one. `elsewhere`: the other centres, of a large
    network only where there is no place.
    """

    quote: str
    at: int
    expires_at: int
    candidates: tuple[Candidate, ...]
    reasons: tuple[Reason, ...]
    elsewhere: tuple[Elsewhere, ...]


class QuoteAsked(msgspec.Struct, frozen=True):
    """`enterprise`: whose vouchers count; for operators, else the caller's own."""

    job: JobSpec
    enterprise: MaybeName = ""


class Explanation(msgspec.Struct, frozen=True):
    """Why a job is where it is, or waits: its state in words, what it waits for, who is before it.

    `candidates`: its own place first where it has one, then where it could be now. `reasons`, `position` and
    `expected_at` as in `JobTold`.
    """

    job: str
    state: JobState
    words: str
    reasons: tuple[Reason, ...]
    position: int | None
    expected_at: int | None
    candidates: tuple[Candidate, ...]
    elsewhere: tuple[Elsewhere, ...]


class Extension(msgspec.Struct, frozen=True):
    """More time for a running job, in seconds."""

    more_s: Annotated[int, Meta(ge=1, le=SECONDS_MOST)]


class JobsCancelled(msgspec.Struct, frozen=True):
    """The job's state after the request."""

    job: str
    state: JobState
