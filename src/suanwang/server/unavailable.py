"""This server cannot answer now; another one, or the same one soon, can."""

from suanwang.units.errors import Fault, SuanwangError
from suanwang.units.text import Text

RETRY_AFTER_S = 1


class Unavailable(SuanwangError):
    """Ask again in RETRY_AFTER_S seconds. Whatever was asked is in the log whole, or not at all."""

    exit_code = 1


def not_leading() -> Unavailable:
    """No lead: another server has it, or the log is being read."""
    what = Text("this server does not lead now", "本服务器当前不是主节点")
    remedy = Text("ask again; the same Idempotency-Key is safe", "请重试；沿用同一 Idempotency-Key 不会重复")
    return Unavailable([Fault("server", what, remedy=remedy, kind="not-leading")])


def broken_off() -> Unavailable:
    """The lead ended before the answer was durable."""
    what = Text("the answer was not made durable", "结果未能持久化")
    remedy = Text("ask again with the same Idempotency-Key", "请以同一 Idempotency-Key 重试")
    return Unavailable([Fault("server", what, remedy=remedy, kind="broken-off")])
