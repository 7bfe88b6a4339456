"""Processes as the operating system lists them: who belongs to which attempt, and what they use.

A process belongs to the attempt whose leader it descends from, or whose session it is in. One that left both
(a daemon: forked twice, own session, adopted by the nearest subreaper) still carries the attempt's name in
the environment that it was started with. See proc(5): stat, environ, children.
"""

import os
import time
from collections.abc import Iterable, Mapping
from typing import NamedTuple

MARK = "SUANWANG_ATTEMPT"
"""The variable that names the attempt in the environment of all its processes."""
TICKS_PER_SECOND = os.sysconf("SC_CLK_TCK")
PAGE_KB = os.sysconf("SC_PAGE_SIZE") // 1024


class Process(NamedTuple):
    """One line of proc's `stat`: `cpu_ticks` with those of children waited for; `born_ticks` since boot."""

    pid: int
    parent: int
    session: int
    state: str
    cpu_ticks: int
    born_ticks: int
    resident_kb: int


def process(pid: int) -> Process | None:
    """The process `pid`, zombies included; None where there is none."""
    try:
        with open(f"/proc/{pid}/stat", "rb", buffering=0) as file:  # noqa: PTH123
            line = file.read(4096)
    except OSError:
        return None
    # The name, in brackets, may hold anything: fields are counted from its last bracket.
    fields = line[line.rfind(b")") + 2 :].split()
    if len(fields) < 22:
        return None
    return Process(
        pid=pid,
        parent=int(fields[1]),
        session=int(fields[3]),
        state=fields[0].decode(),
        cpu_ticks=sum(map(int, fields[11:15])),
        born_ticks=int(fields[19]),
        resident_kb=int(fields[21]) * PAGE_KB,
    )


def ticks_since_boot() -> int:
    """Now, in the unit in which proc tells a process's birth."""
    return time.clock_gettime_ns(time.CLOCK_BOOTTIME) * TICKS_PER_SECOND // 1_000_000_000


def processes() -> dict[int, Process]:
    """All processes of this machine that are not zombies, by id."""
    found: dict[int, Process] = {}
    for name in os.listdir("/proc"):  # noqa: PTH208
        if name.isdigit():
            seen = process(int(name))
            if seen is not None and seen.state != "Z":
                found[seen.pid] = seen
    return found


def children_of_this_process() -> list[int]:
    """The children of this process, zombies included: also those it adopted as a subreaper."""
    try:
        with open(f"/proc/self/task/{os.getpid()}/children", "rb", buffering=0) as file:  # noqa: PTH123
            return [int(pid) for pid in file.read(1 << 22).split()]
    except OSError:  # a kernel without CONFIG_PROC_CHILDREN
        own = os.getpid()
        listed = (process(int(name)) for name in os.listdir("/proc") if name.isdigit())  # noqa: PTH208
        return [seen.pid for seen in listed if seen is not None and seen.parent == own]


def variable_of(pid: int, variable: str = MARK) -> str:
    """A variable of the environment that `pid` was started with; empty where it cannot be told."""
    try:
        with open(f"/proc/{pid}/environ", "rb") as file:  # noqa: PTH123
            lines = file.read(1 << 22).split(b"\0")
    except OSError:
        return ""
    mark = f"{variable}=".encode()
    return next((os.fsdecode(line[len(mark) :]) for line in lines if line.startswith(mark)), "")


def trees(leaders: Mapping[int, str], reaper: int) -> dict[str, list[Process]]:
    """The living processes of each attempt, by name; `leaders` maps a leader's id to its attempt.

    `reaper`: the process to which orphans fall; those among its children that are no leaders are told apart
    by session, then by environment.
    """
    alive = processes()
    owner: dict[int, str] = {}
    for pid in alive:
        line: list[int] = []
        above = pid
        while above not in owner:
            if above in leaders:
                owner[above] = leaders[above]
                break
            seen = alive.get(above)
            if seen is None or above == reaper or above in line:
                owner[above] = ""
                break
            line.append(above)
            if seen.session in leaders:
                owner[above] = leaders[seen.session]
            elif seen.parent == reaper:
                owner[above] = variable_of(above)
            else:
                above = seen.parent
        for passed in line:
            owner.setdefault(passed, owner[above])
    found: dict[str, list[Process]] = {attempt: [] for attempt in leaders.values()}
    for pid, attempt in owner.items():
        if attempt and pid in alive:
            found.setdefault(attempt, []).append(alive[pid])
    return found


def signal_all(members: Iterable[Process], number: int) -> None:
    """Send a signal to each, as long as it is still the same process."""
    for member in members:
        now = process(member.pid)
        if now is not None and now.born_ticks == member.born_ticks:
            try:
                os.kill(member.pid, number)
            except (ProcessLookupError, PermissionError):
                continue
