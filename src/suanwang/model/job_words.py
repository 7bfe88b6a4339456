"""Words for people: the states of jobs and attempts, and why one is in its state."""

from suanwang.units.text import Text, same

STATES: dict[str, Text] = {
    "held": Text("held", "等待条件"),
    "queued": Text("queued", "排队"),
    "active": Text("active", "进行中"),
    "succeeded": Text("succeeded", "成功"),
    "failed": Text("failed", "失败"),
    "cancelled": Text("cancelled", "已取消"),
    "expired": Text("expired", "已过期"),
    "refused": Text("refused", "被拒绝"),
    "reserved": Text("reserved", "已预留"),
    "dispatched": Text("sent out", "已下发"),
    "running": Text("running", "运行中"),
    "paused": Text("paused", "已暂停"),
    "ended": Text("ended", "已结束"),
}
REASONS: dict[str, Text] = {
    "dependency": Text("waits for other jobs", "等待其他作业"),
    "quota": Text("its quota is full", "配额已满"),
    "budget": Text("the money is not there", "资金不足"),
    "released": Text("released", "条件已满足"),
    "lost": Text("its centre was lost", "所在中心失联"),
    "preempted": Text("gave way to others", "被高优先级抢占"),
    "killed": Text("was killed", "被终止"),
    "failure": Text("did not start", "未能启动"),
    "deadline": Text("its deadline can no longer be met", "已赶不上截止时间"),
    "cancelled": Text("its user cancelled it", "用户取消"),
    "exit": Text("it exited with an error", "以错误码退出"),
    "limit_time": Text("it outran its time limit", "超出时限"),
    "limit_memory": Text("it outgrew its memory", "超出内存上限"),
    "limit_output": Text("it wrote more than it may", "超出输出上限"),
    "start_failed": Text("it did not start", "未能启动"),
    "does_not_fit": Text("it did not fit at the centre", "中心当前放不下"),
    "vanished": Text("its centre was lost", "所在中心失联"),
    "fenced": Text("stopped after silence", "失联后停止"),
    "attempts": Text("too many attempts", "尝试次数过多"),
    "moved": Text("it was moved", "已迁移"),
    "stood_by": Text("no place became free where it stood by", "候位处未空出位置"),
}


def state_word(state: str) -> Text:
    """A state of a job or an attempt."""
    return STATES.get(state, same(state))


def reason_word(why: str) -> Text:
    """Why, from the platform's short name."""
    return REASONS.get(why, same(why))


def why_word(state: str, why: str) -> Text:
    """Why a job is in its state; nothing where that needs no reason."""
    if state in ("active", "succeeded") or not why:
        return same("")
    if (state, why) == ("cancelled", "dependency"):
        return Text("a job that it waited for did not succeed", "所等待的作业未成功")
    return reason_word(why)
