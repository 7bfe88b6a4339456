"""Admission: whether the network takes a job at all, and every reason why not, with what would help.

What can change by waiting (a full pool, a silent centre, an empty wallet) never refuses a job; what cannot
(no such device, a gang larger than every pool, a window shorter than the job, a rule) does.
"""

from collections.abc import Iterator
from hashlib import sha256

import msgspec

from suanwang.clearing.refusal import FULL, GRADE, LATENCY, RESIDENCY, SIZE, VALUE, WINDOW
from suanwang.engine import events
from suanwang.engine.events import ReasonRecord
from suanwang.engine.inputs import SubmitJobs
from suanwang.engine.platform import Platform
from suanwang.model.job import ARRAY_MOST, CLOSED, JobSpec
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

RULES = {
    "array": f"1 <= array <= {ARRAY_MOST}",
    "depends": "depends_on names jobs of the same enterprise that have not failed",
    "device": "some centre has the device class",
    "grade": "some centre has the security grade",
    "horizon": "the limit is no longer than the platform plans ahead",
    "latency": "some centre is near enough, by round trip and latency class",
    "network": "the network is open",
    "residency": "some centre lies where the data may be",
    "region": "the region is known",
    "size": "some pool is large enough, node by node and in all",
    "voucher": "a required voucher: the enterprise has a usable grant",
    "wallet": "the enterprise has a wallet",
    "window": "the limit fits between not_before and deadline",
}
RULE = sha256(msgspec.json.encode(sorted(RULES.items()))).hexdigest()
"""Names the rules under which a job was admitted or refused."""

NOT_HERE = {
    SIZE: ReasonRecord(
        "size", "no pool is large enough", "没有足够大的资源池",
        "ask for fewer devices, or more nodes with fewer devices each",
        "减少卡数，或用更多节点、每节点更少的卡",
    ),
    GRADE: ReasonRecord(
        "grade", "no centre has this security grade", "没有中心达到该安全等级",
        "lower security.min_grade", "降低 security.min_grade",
    ),
    RESIDENCY: ReasonRecord(
        "residency", "no centre lies where the data may be", "没有中心位于允许的数据驻留地",
        "widen data.residency, or the latency class", "放宽 data.residency 或时延类别",
    ),
    LATENCY: ReasonRecord(
        "latency", "no centre is near enough", "没有中心满足时延要求",
        "raise latency.max_rtt_ms", "提高 latency.max_rtt_ms",
    ),
    WINDOW: ReasonRecord(
        "window", "the transfers and the limit do not fit the window", "传输与时限放不进时间窗",
        "a later deadline, or a shorter limit", "推迟截止时间或缩短时限",
    ),
}  # fmt: skip
TOO_LONG = ReasonRecord(
    "horizon", "the limit is longer than the platform plans ahead", "时限超出平台的计划范围",
    "fewer hours, a checkpoint, and a job that depends on this one",
    "缩短时限，保存检查点，并提交依赖本作业的后续作业",
)  # fmt: skip
NO_DEVICE = ReasonRecord(
    "device", "no centre has this device class", "没有中心有该卡型",
    "see suanwang pools for what there is", "请用 suanwang pools 查看现有卡型",
)  # fmt: skip


JOBS_MOST = 100_000
"""So many jobs at most in one submission, arrays counted whole."""


def admit(platform: Platform, given: SubmitJobs, at: int) -> Iterator[events.AnyEvent]:
    """Each job of the submission is admitted or refused by itself. Raises InvalidInput for too many."""
    count = sum(spec.array for spec in given.jobs)
    if count > JOBS_MOST:
        what, remedy = (
            Text("too many jobs at once", "一次提交的作业过多"),
            Text("several submissions", "分次提交"),
        )
        raise InvalidInput([Fault("jobs", what, str(count), same(f"<= {JOBS_MOST}"), remedy, kind="count")])
    known: JobSpec | None = None
    reasons: tuple[ReasonRecord, ...] = ()
    for spec in given.jobs:
        if spec is not known:
            reasons, known = objections(platform, given.enterprise, spec, at), spec
        if reasons:
            job = f"j{platform.state.job_count + 1}"
            yield events.JobRefused(at, job, given.enterprise, spec.name, RULE, reasons)
            continue
        for index in range(spec.array):
            job = f"j{platform.state.job_count + 1}"
            yield events.JobAdmitted(at, job, given.enterprise, index, spec, RULE)
            if platform.state.jobs[job].waiting_on:
                yield events.JobHeld(at, job, "dependency", waiting_for(spec))


def waiting_for(spec: JobSpec) -> ReasonRecord:
    """Why a job with open dependencies is held."""
    names = ", ".join(spec.depends_on)
    return ReasonRecord("dependency", f"waits for {names}", f"等待 {names}")


def objections(platform: Platform, enterprise: str, spec: JobSpec, at: int) -> tuple[ReasonRecord, ...]:
    """Everything that speaks against a job, all at once."""
    if not platform.has_network:
        return (
            ReasonRecord(
                "network", "no centre has joined yet", "尚无中心并网", "enrol a centre", "先让中心并网"
            ),
        )
    state = platform.state
    found: list[ReasonRecord] = []
    if enterprise not in state.vouchers.ledger.enterprises:
        found.append(
            ReasonRecord(
                "wallet",
                f"{enterprise} has no wallet",
                f"{enterprise} 没有钱包",
                "the operator opens one: suanwang wallet open",
                "由运营方开立：suanwang wallet open",
            )
        )
    elif spec.voucher == "required" and not has_grant(platform, enterprise, at):
        found.append(
            ReasonRecord(
                "voucher",
                "a voucher is required and there is no grant",
                "要求使用算力券但没有额度",
                "apply for a grant, or voucher: auto",
                "申请额度，或设 voucher: auto",
            )
        )
    if not 1 <= spec.array <= ARRAY_MOST:
        found.append(
            ReasonRecord(
                "array", f"array {spec.array}", f"数组大小 {spec.array}", RULES["array"], RULES["array"]
            )
        )
    found += dependency_objections(platform, enterprise, spec)
    return (*found, *place_objections(platform, spec, at))


def has_grant(platform: Platform, enterprise: str, at: int) -> bool:
    """Whether the enterprise has a grant that is not over; what it holds now may come back."""
    ledger = platform.state.vouchers.ledger
    grants = [ledger.grants[name] for name in ledger.enterprises[enterprise].grants]
    return any(at < grant.expires_at and not grant.withdrawn for grant in grants)


def dependency_objections(platform: Platform, enterprise: str, spec: JobSpec) -> Iterator[ReasonRecord]:
    """Jobs that cannot be waited for."""
    for name in spec.depends_on:
        job = platform.state.jobs.get(name)
        if job is None or job.enterprise != enterprise:
            yield ReasonRecord(
                "depends",
                f"{name} is no job of {enterprise}",
                f"{name} 不是 {enterprise} 的作业",
                "name a job from suanwang jobs",
                "请从 suanwang jobs 中选择",
            )
        elif job.state in CLOSED and job.state != "succeeded":
            yield ReasonRecord(
                "depends",
                f"{name} has {job.state}",
                f"{name} 已结束：{job.state}",
                "submit it again first",
                "请先重新提交它",
            )


def place_objections(platform: Platform, spec: JobSpec, at: int) -> tuple[ReasonRecord, ...]:
    """Why no place in the whole network, empty, would do."""
    ground, shape = platform.ground, spec.shape
    first_at, shortest_s = max(at, spec.not_before_at), shape.shortest_s
    if spec.deadline_at is not None and first_at + shortest_s * 1_000_000 > spec.deadline_at:
        return (NOT_HERE[WINDOW],)
    if shortest_s > ground.terms.horizon_slots * ground.terms.slot_s:
        return (TOO_LONG,)
    if not any(one.device in ground.desk.class_of for one in shape.alternatives):
        return (NO_DEVICE,)
    try:
        stopped = ground.rule_against(shape)
    except InvalidInput as error:
        fault = error.faults[0]
        return (
            ReasonRecord(
                "region",
                f"{fault.what.en}: {fault.found}",
                f"{fault.what.zh}：{fault.found}",
                fault.expected.en,
                fault.expected.zh,
            ),
        )
    reason = NOT_HERE.get(stopped)
    # full or too dear can change by waiting
    return (reason,) if reason is not None and stopped not in (FULL, VALUE) else ()
