"""Quotas of enterprises and projects: how much they may hold at once."""

from suanwang.engine.events import ReasonRecord
from suanwang.engine.holding import Holding, holding_key
from suanwang.engine.platform import Job, Platform

NOTHING = Holding()
REMEDY = ("wait for its other jobs, or ask for a larger quota", "等待其他作业结束或申请更大配额")


def quota_reason(platform: Platform, job: Job, alternative: int | None = None) -> ReasonRecord | None:
    """Why the job has to wait for others of its enterprise or project, if it has to.

    `alternative`: the one that it would run; None: that which holds least.
    """
    state = platform.state
    if not state.quotas:
        return None
    each_milli = [one.milli for one in platform.shape_of(job).alternatives]
    milli = min(each_milli) if alternative is None else each_milli[alternative]
    for key in dict.fromkeys((job.enterprise, holding_key(job.enterprise, job.project))):
        quota, holding = state.quotas.get(key), state.holdings.get(key, NOTHING)
        if quota is None:
            continue
        if quota.milli_most is not None and holding.milli + milli > quota.milli_most:
            devices, most = milli / 1000, quota.milli_most / 1000
            return ReasonRecord(
                "quota", f"{key} holds {holding.milli / 1000:g} of {most:g} devices, this needs {devices:g}",
                f"{key} 已占用 {holding.milli / 1000:g}/{most:g} 卡，本作业需 {devices:g} 卡", *REMEDY,
            )  # fmt: skip
        if quota.jobs_most is not None and holding.jobs + 1 > quota.jobs_most:
            return ReasonRecord(
                "quota", f"{key} runs {holding.jobs} of {quota.jobs_most} jobs",
                f"{key} 已运行 {holding.jobs}/{quota.jobs_most} 个作业", *REMEDY,
            )  # fmt: skip
    return None
