"""The keeper: what is left when it, or the disk's last line, is lost; and that it is quick."""

import os
import signal
import subprocess
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest

from suanwang.drivers import local
from suanwang.drivers.device_slots import DevicePool, Machine
from suanwang.drivers.keeper_journal import JOURNAL, Begun, Finished, Forgotten, Intended, KeeperJournal
from suanwang.drivers.keeper_messages import SOCKET
from suanwang.drivers.local import LocalDriver
from suanwang.drivers.port import Ended, EngineAway, Launch, Refused, Report, Running, Shape, Started
from suanwang.drivers.supervision import Supervision

MACHINE = Machine((DevicePool("A100", 32, declared=True),), 4, 4096)


@pytest.fixture
def driver(tmp_path: Path) -> Iterator[LocalDriver]:
    made = LocalDriver(tmp_path / "state", MACHINE)
    yield made
    made.end()


def launch(tmp_path: Path, name: str, script: str, **over: object) -> Launch:
    folder = tmp_path / "work" / name
    folder.mkdir(parents=True)
    plain = Launch(f"{name}.1", name, script, str(folder), "A100", 1000, 60)
    return msgspec.structs.replace(plain, **over)


def wait_for(driver: LocalDriver, count: int) -> list[Ended]:
    """The ends of `count` attempts."""
    ends: list[Ended] = []
    until = time.monotonic() + 200
    while len(ends) < count:
        assert time.monotonic() < until
        ends += [report for report in driver.poll(0.5) if isinstance(report, Ended)]
    return ends


def keeper_of(folder: Path) -> int:
    """The process id of the keeper of `folder`."""
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            words = (entry / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if b"suanwang.drivers.keeper" in words and os.fsencode(folder) in words:
            return int(entry.name)
    raise AssertionError("no keeper")


def alive(pid: int) -> bool:
    """Whether it has memory: one that is on its way out has none, whatever its state is called."""
    try:
        return "\nVmSize:" in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_a_killed_keeper_has_an_heir_that_leaves_nothing_running(driver: LocalDriver, tmp_path: Path):
    script = "echo $$ >> pids; setsid sleep 300 & echo $! >> pids; sleep 300"
    runs = launch(tmp_path, "runs", script)
    done = launch(tmp_path, "done", "exit 5")
    driver.start([runs, done])
    (ended,) = wait_for(driver, 1)
    pids = tmp_path / "work" / "runs" / "pids"
    while not pids.exists() or len(pids.read_text().split()) < 2:
        time.sleep(0.02)
    os.kill(keeper_of(driver.folder), signal.SIGKILL)
    reports: list[Report] = []
    while not any(report.attempt == "runs.1" and isinstance(report, Ended) for report in reports):
        with suppress(EngineAway):  # while the heir begins
            reports += driver.poll(0.2)
    (lost,) = [report for report in reports if report.attempt == "runs.1" and isinstance(report, Ended)]
    assert lost.outcome == "lost"
    assert not any(alive(int(pid)) for pid in pids.read_text().split())
    assert ended in reports  # the heir tells what the dead one knew
    (answer,) = driver.start([runs])
    assert isinstance(answer, Started)
    assert answer.already  # never a second run


def test_two_drivers_at_once_have_one_keeper(tmp_path: Path):
    drivers = [LocalDriver(tmp_path / "state", MACHINE) for _ in range(4)]
    one = launch(tmp_path, "one", "echo x >> runs; sleep 0.2")
    answers = [driver.start([one])[0] for driver in drivers]
    assert [answer.already for answer in answers if isinstance(answer, Started)] == [False, True, True, True]
    for driver in drivers:
        assert wait_for(driver, 1)[0].outcome == "success"
    assert (tmp_path / "work" / "one" / "runs").read_text() == "x\n"
    drivers[0].end()
    assert not (tmp_path / "state" / SOCKET).exists()


def test_a_keeper_that_runs_takes_another_machine_and_leaves_what_runs(tmp_path: Path):
    """As when an agent is started again with other devices in its agent.yaml."""
    first = LocalDriver(tmp_path / "state", MACHINE)
    held = launch(tmp_path, "held", "while [ ! -e ../../go ]; do sleep 0.05; done", units_milli=30_000)
    assert isinstance(first.start([held])[0], Started)
    keeper = keeper_of(first.folder)
    first.close()
    smaller = Machine((DevicePool("A100", 16, declared=True), DevicePool("L20", 2, declared=True)), 4, 4096)
    second = LocalDriver(tmp_path / "state", smaller)
    assert [(pool.device, pool.devices_per_node) for pool in second.probe().pools] == [
        ("A100", 16),
        ("L20", 2),
    ]
    assert second.usable() == (Shape("L20", 2000, 1),)
    assert keeper_of(second.folder) == keeper
    more = [launch(tmp_path, "card", "true", device="L20"), launch(tmp_path, "late", "true")]
    answers = second.start(more)
    assert isinstance(answers[0], Started)
    assert isinstance(answers[1], Refused)
    assert answers[1].retry
    wait_for(second, 1)
    (tmp_path / "go").touch()
    assert wait_for(second, 1)[0].outcome == "success"
    assert second.usable() == (Shape("A100", 16_000, 1), Shape("L20", 2000, 1))
    second.end()


def test_the_agents_environment_is_not_the_keepers(driver: LocalDriver, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SUANWANG_TOKEN", "of the agent")
    driver.probe()
    environment = Path(f"/proc/{keeper_of(driver.folder)}/environ").read_bytes()
    assert b"of the agent" not in environment


def test_a_keeper_that_does_not_come_up_is_told_as_away(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    """On a machine so busy that no process starts in time, too."""
    hangs = tmp_path / "python"
    hangs.write_text("#!/bin/sh\nexec sleep 60\n")
    hangs.chmod(0o755)
    made = LocalDriver(tmp_path / "state", MACHINE)
    monkeypatch.setattr(local.sys, "executable", str(hangs))
    monkeypatch.setattr(local, "START_SECONDS", 0.5)
    with pytest.raises(EngineAway):
        made.start([launch(tmp_path, "one", "true")])


def test_no_more_runs_than_devices(driver: LocalDriver, tmp_path: Path):
    launches = [launch(tmp_path, f"job{index}", "sleep 3", units_milli=10_000) for index in range(4)]
    answers = driver.start(launches)
    assert [type(answer) for answer in answers] == [Started, Started, Started, Refused]
    assert isinstance(answers[3], Refused)
    assert answers[3].retry
    wait_for(driver, 3)
    assert isinstance(driver.start(launches[3:])[0], Started)
    wait_for(driver, 1)


def test_a_torn_line_is_dropped_and_the_rest_holds(tmp_path: Path):
    journal = KeeperJournal(tmp_path, 1)
    journal.add(Intended("a.1", "/a"))
    journal.add(Begun("a.1", 7, 70, 700))
    journal.add(Intended("b.1", "/b"))
    journal.add(Finished(Ended("b.1", 9, "success", exit_code=0)))
    journal.add(Forgotten("b.1", 10))
    journal.write(durable=True)
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b'{"type":"finished","ended":{"atte')
    again = KeeperJournal(tmp_path, 11)
    assert set(again.known) == {"a.1"}
    assert again.known["a.1"].begun == Begun("a.1", 7, 70, 700)
    assert again.forgotten == {"b.1": 10}
    again.add(Finished(Ended("a.1", 12, "lost")))
    again.write(durable=False)
    assert KeeperJournal(tmp_path, 13).known["a.1"].finished == Finished(Ended("a.1", 12, "lost"))
    weeks_later_us = 30 * 24 * 3600 * 1_000_000
    assert KeeperJournal(tmp_path, weeks_later_us).forgotten == {}


def test_a_disk_that_is_full_refuses_and_runs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    told: list[Report] = []
    journal = KeeperJournal(tmp_path, 1)
    runs = Supervision("test", MACHINE, journal, told.append)
    one = launch(tmp_path, "one", "touch ran")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patched:
        patched.setattr(os, "fdatasync", full)
        (answer,) = runs.start([one])
    assert isinstance(answer, Refused)
    assert answer.retry
    assert told == []
    assert (tmp_path / JOURNAL).read_bytes() == b""
    (answer,) = runs.start([one])
    assert isinstance(answer, Started)
    while runs.runs:
        runs.work()
    assert [type(report) for report in told] == [Running, Ended]


def test_short_attempts_are_quick(driver: LocalDriver, tmp_path: Path):
    """A guard against a keeper that got ten times slower than a bare shell in a folder of its own."""
    launches = [launch(tmp_path, f"true{index}", "true") for index in range(300)]
    script = tmp_path / "bare"
    script.write_text("true")
    began = time.monotonic()
    for _ in range(100):
        subprocess.run(["/bin/sh", str(script)], check=True, start_new_session=True)
    bare_s = (time.monotonic() - began) / 100
    began = time.monotonic()
    waiting, ended = list(launches), 0
    while ended < len(launches):
        free = 32 - (len(launches) - len(waiting) - ended)
        part, waiting = waiting[:free], waiting[free:]
        assert all(isinstance(answer, Started) for answer in driver.start(part))
        ended += sum(isinstance(report, Ended) for report in driver.poll(1.0))
    kept_s = (time.monotonic() - began) / len(launches)
    assert kept_s < 10 * bare_s + 0.01, (kept_s, bare_s)
