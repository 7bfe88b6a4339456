"""What waits its time on the side of the agent and in an actor: by a clock that nobody sets."""

import time
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest

from suanwang.drivers import slurm_reports
from suanwang.drivers.attempt_book import AttemptBook, Held
from suanwang.drivers.attempt_driver import AttemptDriver
from suanwang.drivers.lease import LeaseWatch, renew
from suanwang.drivers.port import Ended, Usage
from suanwang.drivers.slurm_commands import JobRow, SlurmCommands
from suanwang.drivers.slurm_reports import READING_EVERY_S, STOP_PATIENCE_S, Watch

DAY_S = 86_400


def test_a_lease_is_heard_when_its_word_changes_and_at_no_other_time(tmp_path: Path):
    path = tmp_path / "acknowledged"
    watch = LeaseWatch(path, 100.0)
    assert watch.silent_s(107.0) == 7, "nobody was heard yet"
    path.touch()
    assert watch.silent_s(108.0) == 8
    renew(path)
    assert watch.silent_s(109.0) == 0
    path.touch()
    assert watch.silent_s(112.0) == 3
    renew(path)
    renew(path)
    assert watch.silent_s(150.0) == 0
    path.unlink()
    assert watch.silent_s(151.0) == 1
    assert LeaseWatch(path, 500.0).silent_s(501.0) == 1


def test_a_driver_that_is_made_anew_does_not_speak_for_the_platform(tmp_path: Path):
    AttemptDriver(tmp_path / "state").close()
    watch = LeaseWatch(tmp_path / "state" / "acknowledged", 0.0)
    for _ in range(3):
        driver = AttemptDriver(tmp_path / "state")
        driver.close()
    assert watch.silent_s(9.0) == 9
    driver.acknowledge()
    word = driver.lease.read_bytes()
    assert watch.silent_s(10.0) == 0
    AttemptDriver(tmp_path / "state").close()
    assert driver.lease.read_bytes() == word


class Controller:
    """Slurm's commands: one job, and what it was told to end."""

    prefix = "suanwang/t/"

    def __init__(self) -> None:
        self.row = JobRow("7", "7", "RUNNING", 1, 0, 5, 0, "None", "a.1-1")
        self.told: list[tuple[str, ...]] = []

    def configuration(self) -> dict[str, str]:
        return {"ClusterName": "c"}

    def jobs(self) -> list[JobRow]:
        return [self.row]

    def try_on(self, jobs: list[str], *command: str) -> None:
        self.told += [(*command, *jobs)] if jobs else []


class Scene:
    def __init__(self, folder: Path, patch: pytest.MonkeyPatch) -> None:
        self.steady_s, self.ahead_s = 1000.0, 0
        self.slurm = Controller()
        self.book = AttemptBook(folder / "book", 0)
        self.held = Held("a.1", str(folder), (), "A100", 1000, 1, "a.1-1", 0, engine_id="7")
        self.book.note([self.held])
        real: Any = time.time_ns
        patch.setattr(slurm_reports.time, "time_ns", lambda: real() + self.ahead_s * 10**9)
        self.watch = self.watching()

    def watching(self) -> Watch:
        return Watch(cast(SlurmCommands, self.slurm), self.book, lambda: self.steady_s)


@pytest.fixture
def scene(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Scene:
    return Scene(tmp_path, monkeypatch)


@pytest.mark.parametrize("ahead_s", [DAY_S, -DAY_S])
def test_the_grace_is_time_that_passed(scene: Scene, ahead_s: int):
    scene.watch.will_press(scene.held, 30)
    scene.ahead_s = ahead_s
    scene.watch.look()
    scene.steady_s += 29 + STOP_PATIENCE_S
    scene.watch.look()
    assert scene.slurm.told == []
    anew = scene.watching()  # the agent's next driver: the whole grace once more, and no more
    anew.look()
    scene.steady_s += 1
    scene.watch.look()
    assert [words[-1] for words in scene.slurm.told] == ["7", "7"]
    scene.slurm.told.clear()
    scene.steady_s += 29 + STOP_PATIENCE_S
    anew.look()
    assert len(scene.slurm.told) == 2


def test_meters_are_read_though_the_clock_was_set_back(scene: Scene):
    scene.watch.look()
    scene.ahead_s = -DAY_S
    for _ in range(3):
        scene.steady_s += READING_EVERY_S
        assert [type(one) for one in scene.watch.look()] == [Usage]
        assert scene.watch.look() == []


@pytest.mark.parametrize("ahead_s", [DAY_S, -DAY_S])
def test_what_waits_in_vain_is_given_up_after_ten_seconds_that_passed(scene: Scene, ahead_s: int):
    waits = {"state": "PENDING", "reason": "InvalidAccount", "start_us": 0}
    scene.slurm.row = msgspec.structs.replace(scene.slurm.row, **waits)
    (Path(scene.held.folder) / ".suanwang").mkdir()
    assert scene.watch.look() == []
    scene.ahead_s = ahead_s
    scene.steady_s += 9
    assert scene.watch.look() == []
    scene.steady_s += 1
    (ended,) = scene.watch.look()
    assert isinstance(ended, Ended)
    assert ended.cause == "refused"
    assert scene.watch.hopeless_since_s == {}
