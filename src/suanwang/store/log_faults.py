"""The faults that every home of the log can meet, in the same words."""

from suanwang.units.errors import Fault
from suanwang.units.text import Text, same


def busy(where: str, holder: str) -> Fault:
    """Another process leads."""
    return Fault(
        where,
        Text("another process writes this log", "另一进程正在写此日志"),
        holder,
        Text("no other writer", "没有其他写入者"),
        Text("stop it, or read without writing", "停止该进程，或以只读方式打开"),
        "log-busy",
    )


def stale(where: str, epoch: int, found: str) -> Fault:
    """Another has taken over from the leader of `epoch`."""
    return Fault(
        where,
        Text("another leader has taken over", "已有其他主节点接管"),
        str(epoch),
        same(found),
        Text("stop this process, or open the log again to lead", "停止本进程，或重新打开日志"),
        "log-stale-epoch",
    )


def failed(where: str, found: str) -> Fault:
    """Nobody knows whether the last append was kept until the log is opened again."""
    return Fault(
        where,
        Text("an append did not reach the disk for certain", "追加未能确认写入磁盘"),
        found,
        Text("a completed write", "完成的写入"),
        Text("drop the state in memory and open the log again", "丢弃内存状态并重新打开日志"),
        "log-failed",
    )


def missing(where: str, expected: str) -> Fault:
    """There is nothing to read."""
    return Fault(
        where,
        Text("there is no log here", "此处没有日志"),
        "",
        same(expected),
        Text("name the place that the platform writes", "请指定平台写入的位置"),
        "log-missing",
    )
