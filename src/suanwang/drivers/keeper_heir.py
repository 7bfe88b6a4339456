"""What a keeper does first: end what a dead keeper of the same folder left running."""

import os
import signal
import time

from suanwang.drivers.keeper_journal import Finished, KeeperJournal
from suanwang.drivers.keeper_run import KEEPER_MARK
from suanwang.drivers.port import Ended
from suanwang.drivers.process_tree import TICKS_PER_SECOND, Process, processes, signal_all, variable_of

INSIST_SECONDS = 10.0
BIRTH_TICKS = 2 * TICKS_PER_SECOND
"""How far a leader's birth may lie from the tick noted after it was spawned."""


def end_what_was_left(journal: KeeperJournal, keeper: str) -> None:
    """Kill every process of attempts that have no end, and note those as lost.

    Nobody can learn the exit status of another's child, so their outcome is not known; what must not be is
    that they run on while the platform starts them elsewhere. A process is theirs by its leader's id and
    birth, by that leader's session, or by the keeper's mark in its environment.
    """
    left = [name for name, one in journal.known.items() if one.finished is None]
    begun = [one.begun for one in journal.known.values() if one.finished is None and one.begun is not None]
    leaders = {one.pid: one.born_ticks for one in begun}
    end = time.monotonic() + INSIST_SECONDS
    while left and time.monotonic() < end:
        found = left_of(leaders, keeper)
        if not found:
            break
        signal_all(found, signal.SIGKILL)
        time.sleep(0.01)
    now_us = time.time_ns() // 1000
    for name in left:
        journal.add(Finished(Ended(name, now_us, "lost", detail="the keeper of its processes died")))
    journal.write(durable=bool(left))


def left_of(leaders: dict[int, int], keeper: str) -> list[Process]:
    """The living processes of a dead keeper's attempts."""
    alive = processes()
    sessions = {
        pid
        for pid, born_ticks in leaders.items()
        if pid in alive and abs(alive[pid].born_ticks - born_ticks) <= BIRTH_TICKS
    }
    return [
        one
        for one in alive.values()
        if one.pid in sessions
        or one.session in sessions
        or (one.pid != os.getpid() and variable_of(one.pid, KEEPER_MARK) == keeper)
    ]
