"""How a job stands: why it waits, how many are before it, when to expect its start. Data, not words."""

import msgspec

from suanwang.engine.considering import FULL_HERE, TOO_DEAR
from suanwang.engine.events import ReasonRecord
from suanwang.engine.placing import best_place, shut_centres
from suanwang.engine.platform import Job, Platform
from suanwang.engine.refusals import refusing
from suanwang.model.job import AttemptState, JobState
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.instants import iso
from suanwang.units.text import Text

LATER = ReasonRecord(
    "later", "a cheaper hour within its window is further ahead than capacity is reserved",
    "时间窗内更便宜的时段尚未到可预留的时间", "a nearer deadline starts it sooner", "提前截止时间可更早开始",
)  # fmt: skip
MAKES_ROOM = ReasonRecord(
    "room", "jobs of lower priority are stopping to make room for it", "低优先级作业正在为其让出资源",
)  # fmt: skip


class Standing(msgspec.Struct, frozen=True):
    """`ahead`: jobs before it in line that could use one of its device classes; None where it is in no line.

    `start_at`: when it starts or started, where it has a place; `expected_at`: when it would start by the
    network as it is now, None where that cannot be told.
    """

    job: str
    state: JobState
    why: str
    attempt: AttemptState | None
    reasons: tuple[ReasonRecord, ...]
    ahead: int | None
    start_at: int | None
    expected_at: int | None


def standing(platform: Platform, name: str, at: int) -> Standing:
    """The job's standing at an instant. Raises InvalidInput for a job that is not on file."""
    platform.roll(max(at, platform.state.at))
    job = platform.state.jobs.get(name)
    if job is None:
        raise InvalidInput([Fault("job", Text("no such job", "没有这个作业"), name, kind="unknown")])
    attempt = platform.attempt_of(name, job)
    if job.state == "active" and attempt is not None:
        start_at = attempt.started_at or attempt.figures.start_at
        return Standing(name, job.state, job.why, attempt.state, (), None, start_at, start_at)
    if job.state == "held":
        reason = platform.state.held[name].reason
        return Standing(name, job.state, job.why, None, (reason,), None, None, None)
    if job.state == "queued":
        expected_at, reasons = waiting(platform, name, job, at)
        return Standing(
            name, job.state, job.why, None, reasons, ahead_of(platform, name, job), None, expected_at
        )
    return Standing(name, job.state, job.why, None, (), None, None, None)


def waiting(platform: Platform, name: str, job: Job, at: int) -> tuple[int | None, tuple[ReasonRecord, ...]]:
    """When a queued job can be expected to start, and everything that keeps it waiting."""
    reasons: list[ReasonRecord] = []
    if name in platform.state.rooms:
        reasons.append(MAKES_ROOM)
    if job.not_before_at > at:
        begins = iso(job.not_before_at)
        reasons.append(ReasonRecord("not_before", f"not before {begins}", f"不早于 {begins}"))
    if job.look_at > at:
        back = iso(job.look_at)
        reasons.append(
            ReasonRecord(
                "sent_back",
                f"its centre sent it back ({job.why}) and is asked again at {back}",
                f"中心退回了作业（{job.why}），将于 {back} 再次询问",
            )
        )
    last = platform.attempt_of(name, job) if job.look_at else None
    others = [one for one in refusing(platform.state, job.shape, at) if last is None or one != last.centre]
    refused = ", ".join(others)
    if refused:
        reasons.append(
            ReasonRecord(
                "does_not_fit",
                f"it did not fit at {refused}, and is asked again there when something changes",
                f"{refused} 放不下，情况变化后再次询问",
            )
        )
    try:
        figures, _ = best_place(platform, name, job, at)
    except InvalidInput:  # its region is not known any more
        return None, tuple(reasons)
    if figures is None:
        shape = platform.shape_of(job)
        shut = shut_centres(platform, name, job, at)
        places, _ = platform.ground.places(shape, at, job.release_at, job.deadline_at, shut)
        reasons.append(TOO_DEAR if places and job.max_price_micro is not None else FULL_HERE)
        return None, tuple(reasons)
    if figures.start_at > at and not reasons:
        soon = platform.terms.slot_of(at) + platform.terms.reserve_slots
        reasons.append(LATER if job.deadline_at is not None and figures.from_slot > soon else FULL_HERE)
    return figures.start_at, tuple(reasons)


def ahead_of(platform: Platform, name: str, job: Job) -> int:
    """How many waiting jobs that could use one of its device classes go first."""
    ticket = platform.ticket(name, job)
    devices = {one.device for one in platform.shape_of(job).alternatives}
    before: set[str] = set()
    for key, line in platform.line.lines.items():
        if devices.isdisjoint(one.device for one in platform.state.shapes[key[0]].alternatives):
            continue
        before.update(other[2] for other in line if other < ticket and platform.waits(other[2]))
    return len(before - {name})
