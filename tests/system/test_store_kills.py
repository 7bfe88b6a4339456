"""Real processes killed in the middle of appends: what was acknowledged is there, and nothing is torn."""

import contextlib
import hashlib
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from itertools import cycle
from pathlib import Path

import pytest
from tests.postgres import new_database, open_folder

from suanwang.model.log import Entry, LogFailed, LogWriter, StaleEpoch
from suanwang.store.connection import StoreUnreachable
from suanwang.store.embedded import EmbeddedServer
from suanwang.store.home import FileHome, Home, PostgresHome, wait_for_lead

GROUP = 50
SECONDS_MOST = 120

# Appends groups of GROUP events until it is killed, and says each size that was acknowledged.
WRITER = """
import hashlib, sys
from pathlib import Path
from suanwang.store.home import FileHome, PostgresHome, wait_for_lead
from suanwang.model.log import Entry
where, name = sys.argv[1:]
home = PostgresHome(where) if where.startswith("postgresql:") else FileHome(Path(where))
print("waits", flush=True)
log = wait_for_lead(home, 120)
print("leads", log.epoch, log.size, flush=True)
number = log.size
while True:
    names = [f"{name}-{log.epoch}-{number + at}" for at in range(50)]
    log.append([Entry(n, hashlib.sha256(n.encode()).digest(), (n.encode() * 20,)) for n in names])
    number += 50
    print(number, flush=True)
"""


def start(where: str, name: str) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, where, name], stdout=subprocess.PIPE, text=True, bufsize=1
    )


def said(writer: "subprocess.Popen[str]") -> list[str]:
    """Everything a writer said until its end."""
    assert writer.stdout is not None
    lines = writer.stdout.read().splitlines()
    writer.stdout.close()
    writer.wait()
    return lines


def last_size(lines: list[str]) -> int:
    """The last size that was acknowledged; a line cut by the kill does not count."""
    return max((int(line) for line in lines[:-1] if line.isdigit()), default=0)


def check_whole(home: Home, acknowledged: int) -> int:
    """The log has all that was acknowledged, whole groups only, every event under its input."""
    log = home.reader()
    assert log.size >= acknowledged
    assert log.size % GROUP == 0
    count = 0
    for index, (entry, event) in enumerate(zip(log.entries(), log.read(), strict=True)):
        assert entry.events == (event,) and event == entry.input_id.encode() * 20
        assert int(entry.input_id.rsplit("-", 1)[1]) == index
        count += 1
    assert count == log.size
    log.close()
    return count


@pytest.fixture(params=["file", "postgresql"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    return str(tmp_path / "log") if request.param == "file" else new_database()


def home_at(where: str) -> Home:
    return PostgresHome(where) if where.startswith("postgresql:") else FileHome(Path(where))


def test_a_writer_killed_in_the_middle_of_its_appends(where: str) -> None:
    size = 0
    for round_number, seconds in enumerate((0.13, 0.37, 0.22, 0.29)):
        writer = start(where, f"w{round_number}")
        takes_lead(writer)
        assert writer.stdout is not None
        size = max(size, int(writer.stdout.readline()))  # its first group
        time.sleep(seconds)
        writer.kill()
        size = check_whole(home_at(where), max(size, last_size(said(writer))))
    assert size > 0


def test_a_standby_leads_within_seconds_of_a_kill(where: str) -> None:
    """Each leader in turn is killed; the epochs grow and the log goes on from what was acknowledged."""
    leader = start(where, "s0")
    epoch, acknowledged = takes_lead(leader)
    for number in range(1, 4):
        standby = start(where, f"s{number}")
        assert standby.stdout is not None
        assert standby.stdout.readline() == "waits\n"
        time.sleep(0.5)
        leader.kill()
        killed = time.monotonic()
        acknowledged = max(acknowledged, last_size(said(leader)))
        next_epoch, size = takes_lead(standby)
        assert time.monotonic() - killed < 20
        assert next_epoch > epoch and size >= acknowledged
        leader, epoch = standby, next_epoch
    leader.kill()
    check_whole(home_at(where), max(acknowledged, last_size(said(leader))))


def takes_lead(writer: "subprocess.Popen[str]") -> tuple[int, int]:
    """Epoch and size of the log as the writer takes the lead."""
    assert writer.stdout is not None
    while (words := writer.stdout.readline().split())[0] != "leads":
        assert words == ["waits"]
    return int(words[1]), int(words[2])


@pytest.fixture
def server() -> Iterator[EmbeddedServer]:
    folder = open_folder()
    running = EmbeddedServer(folder)
    yield running
    running.close()
    running.wait_until_stopped(SECONDS_MOST)
    shutil.rmtree(folder)


def entries(first: int) -> list[Entry]:
    names = [f"k-{first + at}" for at in range(GROUP)]
    return [Entry(name, hashlib.sha256(name.encode()).digest(), (name.encode() * 20,)) for name in names]


def test_the_server_killed_in_the_middle_of_appends(server: EmbeddedServer) -> None:
    """The leader drops its state at each LogFailed, opens again, and sends what was not acknowledged."""
    home = PostgresHome(server)
    stop, goes_on = threading.Event(), threading.Event()

    def kill() -> None:
        for seconds in cycle((0.31, 0.77, 0.42, 0.53)):
            while not goes_on.wait(0.1):  # never before it has appended again
                if stop.is_set():
                    return
            if stop.wait(seconds):
                return
            goes_on.clear()
            note = server.cluster.note
            if note is not None and note.ready:
                with contextlib.suppress(ProcessLookupError):  # the note of one that is dead already
                    os.kill(note.pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    log: LogWriter | None = home.writer()
    killer.start()
    acknowledged = failures = 0
    try:
        while failures < 5:
            assert killer.is_alive()
            try:
                log = log or wait_for_lead(home, SECONDS_MOST)
                assert log is not None and log.size >= acknowledged
                done = log.append(entries(acknowledged))
                assert done[0].recorded.first_index == acknowledged
                acknowledged += GROUP
                goes_on.set()
            except (LogFailed, StoreUnreachable):
                failures += 1
                if log is not None:
                    log.close()
                log = None
    finally:
        stop.set()
        killer.join()
    if log is not None:
        log.close()
    assert acknowledged > 0
    check_whole(PostgresHome(server), acknowledged)


def test_a_leader_that_is_stopped_in_its_sleep_cannot_write_when_it_wakes() -> None:
    """SIGSTOP: its session lives and holds the lock. A takeover leads; the sleeper is refused."""
    where = new_database()
    sleeper = start(where, "sleeper")
    takes_lead(sleeper)
    sleeper.send_signal(signal.SIGSTOP)
    home = home_at(where)
    leader = home.writer(takeover=True)
    size = leader.size
    leader.append(entries(size))
    sleeper.send_signal(signal.SIGCONT)
    lines = said(sleeper)
    assert sleeper.returncode == 1
    assert last_size([*lines, ""]) <= size
    leader.append(entries(size + GROUP))
    leader.close()
    reader = home.reader()
    assert reader.size == size + 2 * GROUP
    reader.close()


def test_one_of_two_in_one_process_leads() -> None:
    home = home_at(new_database())
    leader = home.writer()
    assert wait_for_lead(home, 0.3) is None
    taken = home.writer(takeover=True)
    with pytest.raises(StaleEpoch):
        leader.append(entries(0))
    leader.close()
    taken.append(entries(0))
    assert wait_for_lead(home, 0.3) is None, "the lock goes over to who took the lead"
    taken.close()
    later = wait_for_lead(home, 60)
    assert later is not None and later.size == GROUP
    later.close()
