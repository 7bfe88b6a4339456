"""The script on a Slurm node, run here by itself, on a node whose wall clock somebody sets while it runs.

All cases run beside each other, since they only wait.
"""

import os
import subprocess
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import pytest

from suanwang.drivers.lease import renew
from suanwang.drivers.slurm_scripts import NODE

DAY_S = 86_400
DATE = '#!/bin/sh\nread -r ahead < "$AHEAD"\nexec /bin/date --date="$ahead seconds" "$@"\n'


class End(NamedTuple):
    """`passed_s`: since the clock was set, or from the start where it was not."""

    code: int
    cause: str
    passed_s: float
    stderr: str


class Node:
    """A folder with an attempt and a lease; a `date` that is wrong by what `set_clock` says."""

    def __init__(self, folder: Path, script: str = NODE) -> None:
        self.folder, self.work = folder, folder / "work"
        (self.work / ".suanwang").mkdir(parents=True)
        (folder / "bin").mkdir()
        (folder / "node.sh").write_text(script)
        (folder / "bin" / "date").write_text(DATE)
        (folder / "bin" / "date").chmod(0o755)
        self.lease = folder / "acknowledged"
        self.since_s = 0.0
        self.set_clock(0)

    def set_clock(self, ahead_s: int) -> None:
        """What the node says the time is; files are dated by whoever keeps them."""
        (self.folder / "ahead").write_text(f"{ahead_s}\n")
        self.since_s = time.monotonic()

    def run(
        self, script: str, each: Callable[[float], None] = lambda _: None, time_s: int = 90, lost_s: int = 0
    ) -> End:
        """Its end. `each` is called again and again with the seconds since it was up."""
        (self.work / ".suanwang" / "script").write_text(f"touch up; {script}")
        words = ["/bin/sh", str(self.folder / "node.sh"), f"{self.folder.name}.1", str(self.lease)]
        words += [str(time_s), "0", str(lost_s), "0", "/bin/sh"]
        environment = {"PATH": f"{self.folder}/bin:/usr/bin:/bin", "AHEAD": str(self.folder / "ahead")}
        process = subprocess.Popen(words, cwd=self.work, env=environment)
        while not (self.work / "up").exists():
            time.sleep(0.02)
        began_s = self.since_s = time.monotonic()
        while process.poll() is None:
            each(time.monotonic() - began_s)
            time.sleep(0.1)
        passed_s = time.monotonic() - self.since_s
        cause = self.work / ".suanwang" / "cause"
        told = cause.read_text().strip() if cause.exists() else ""
        return End(process.returncode, told, passed_s, (self.work / ".suanwang" / "stderr").read_text())

    def set_once(self, ahead_s: int, after_s: float = 1) -> Callable[[float], None]:
        """For `run`: the clock is set, once, after a while."""
        done: list[bool] = []

        def each(up_s: float) -> None:
            if up_s > after_s and not done:
                self.set_clock(ahead_s)
                done.append(True)

        return each


def heard(node: Node, ahead_s: int) -> End:
    def each(up_s: float) -> None:
        renew(node.lease)
        if up_s > 2:
            node.set_clock(ahead_s)

    return node.run("sleep 10; exit 3", each, lost_s=7)


def silent(node: Node, ahead_s: int) -> End:
    renew(node.lease)
    return node.run("sleep 80", node.set_once(ahead_s), lost_s=4)


def touched(node: Node) -> End:
    renew(node.lease)
    return node.run("sleep 80", lambda _: node.lease.touch(), lost_s=4)


def queued(node: Node, written: bool) -> End:
    """What the lease said before it began is no news, good or bad; the first word after that is."""
    if written:
        renew(node.lease)
        os.utime(node.lease, (0, 0))
    return node.run("sleep 10; exit 3", lambda up_s: renew(node.lease) if up_s > 3 else None, lost_s=8)


def limited(node: Node, ahead_s: int) -> End:
    return node.run("sleep 80", node.set_once(ahead_s), time_s=4)


def without_clock(node: Node) -> End:
    (node.folder / "node.sh").write_text(NODE.replace("/proc/uptime", "/proc/no-uptime"))
    return node.run("sleep 80", node.set_once(DAY_S), time_s=4)


CASES: dict[str, Callable[[Node], End]] = {
    **{f"heard {days}": lambda node, days=days: heard(node, days * DAY_S) for days in (1, -1)},
    **{f"silent {days}": lambda node, days=days: silent(node, days * DAY_S) for days in (0, 1, -1)},
    **{f"limited {days}": lambda node, days=days: limited(node, days * DAY_S) for days in (1, -1)},
    "touched": touched,
    "queued": lambda node: queued(node, True),
    "queued, no lease": lambda node: queued(node, False),
    "without clock": without_clock,
}


@pytest.fixture(scope="module")
def ends(tmp_path_factory: pytest.TempPathFactory) -> dict[str, End]:
    nodes = [Node(tmp_path_factory.mktemp(f"node{number}")) for number in range(len(CASES))]
    with ThreadPoolExecutor(len(CASES)) as pool:
        found = pool.map(lambda case, node: case(node), CASES.values(), nodes)
        return dict(zip(CASES, found, strict=True))


@pytest.mark.parametrize("days", [1, -1])
def test_who_is_heard_works_on_whatever_the_clock_is_set_to(ends: dict[str, End], days: int):
    assert ends[f"heard {days}"][:2] == (3, "")


@pytest.mark.parametrize("days", [0, 1, -1])
def test_who_is_not_heard_ends_whatever_the_clock_is_set_to(ends: dict[str, End], days: int):
    end = ends[f"silent {days}"]
    assert end[:2] == (137, "unacknowledged")
    assert 2 < end.passed_s < 40


def test_touching_the_lease_is_not_being_heard(ends: dict[str, End]):
    assert ends["touched"][:2] == (137, "unacknowledged")


@pytest.mark.parametrize("case", ["queued", "queued, no lease"])
def test_one_that_waited_in_the_queue_has_its_whole_patience(ends: dict[str, End], case: str):
    assert ends[case][:2] == (3, "")


@pytest.mark.parametrize("days", [1, -1])
def test_the_limit_is_time_that_passed(ends: dict[str, End], days: int):
    end = ends[f"limited {days}"]
    assert end[:2] == (137, "limit_time")
    assert 2 < end.passed_s < 40


def test_without_a_steady_clock_looks_are_counted_and_it_is_told(ends: dict[str, End]):
    end = ends["without clock"]
    assert end[:2] == (137, "limit_time")
    assert 2 < end.passed_s < 40
    assert "no /proc/no-uptime here" in end.stderr
    assert all(not other.stderr for case, other in ends.items() if case != "without clock")
