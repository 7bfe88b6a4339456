"""The engines that the driver contract runs on: each a bench that makes drivers, launches and waits."""

import itertools
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any, ClassVar

from suanwang.drivers.attempt_driver import AttemptDriver
from suanwang.drivers.device_slots import Machine
from suanwang.drivers.fake import FakeDriver
from suanwang.drivers.fake_engine import Behaviour, FakeEngine
from suanwang.drivers.local import LocalDriver
from suanwang.drivers.local_machine import this_machine
from suanwang.drivers.port import Driver, Ended, EngineAway, Launch, Pool, Report, Started
from suanwang.drivers.private_ray import PrivateRay
from suanwang.drivers.private_slurm import PrivateSlurm, missing_programs
from suanwang.drivers.ray_driver import RayDriver
from suanwang.drivers.slurm import SlurmDriver

DEVICE = "A100"
PATIENCE_S = 200.0
SECOND_US = 1_000_000
LONG = Behaviour(60 * SECOND_US)
HELD = "while [ ! -e go ]; do sleep 0.1; done; "
"""A script that goes on only once it is let go; the fake's runs have their time."""


class Bench:
    """An engine with one pool of `DEVICE`; `make` gives a new driver of it each time."""

    real = True
    pauses = True
    nodes = 1
    devices_per_node = 4

    @staticmethod
    def missing() -> str:
        """What this machine lacks for it; empty where it can run."""
        return ""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.numbers = itertools.count(1)
        self.heard: dict[str, list[Report]] = {}
        self.driver: Driver = self.make()

    def make(self) -> Driver:
        raise NotImplementedError

    def again(self) -> Driver:
        """Drop the driver, as an agent that died would, and make another."""
        self.driver.close()
        self.driver = self.make()
        return self.driver

    def launch(self, script: str, does: Behaviour | None = None, **over: Any) -> Launch:
        """A launch of `script` in a folder of its own; `does` is what it means on the fake."""
        attempt = over.pop("attempt", f"job-{os.getpid()}-{self.folder.name[-12:]}-{next(self.numbers)}.1")
        work = self.folder / "work" / attempt
        work.mkdir(parents=True, exist_ok=True)
        launch = Launch(
            attempt,
            over.pop("name", "训练 test"),
            script,
            str(work),
            over.pop("device", DEVICE),
            over.pop("units_milli", 1000),
            over.pop("time_limit_s", 60),
            **over,
        )
        self.behave(launch, does or Behaviour(0))
        return launch

    def behave(self, launch: Launch, does: Behaviour) -> None:
        """Only the fake needs telling."""

    def start(self, *launches: Launch) -> None:
        answers = self.driver.start(launches)
        assert all(isinstance(answer, Started) and not answer.already for answer in answers), answers

    def let_go(self, *launches: Launch) -> None:
        """What is `HELD` goes on."""
        for launch in launches:
            Path(launch.folder, "go").touch()

    def date_lease(self, ahead_s: int) -> None:
        """Let what tells that the platform was heard look older or newer, where that is a file."""
        if isinstance(self.driver, AttemptDriver):
            at_s = time.time_ns() / 1e9 + ahead_s
            os.utime(self.driver.lease, (at_s, at_s))

    def hear(self, reports: Sequence[Report]) -> None:
        for report in reports:
            self.heard.setdefault(report.attempt, []).append(report)

    def kinds(self, launch: Launch) -> list[str]:
        """The reports of it that were heard, by name."""
        return [type(report).__name__ for report in self.heard.get(launch.attempt, [])]

    def until(self, met: Callable[[], object], what: str = "") -> None:
        """Poll until it is so."""
        end = time.monotonic() + PATIENCE_S
        while not met():
            assert time.monotonic() < end, f"waited too long {what}: {self.heard}"
            with suppress(EngineAway):  # one that is busy for a moment
                self.hear(self.driver.poll(0.2))
            if not self.real:
                time.sleep(0.01)

    def until_running(self, *launches: Launch) -> None:
        self.until(
            lambda: all(
                any(type(report).__name__ == "Running" for report in self.heard.get(one.attempt, []))
                for one in launches
            ),
            "for running",
        )

    def end_of(self, launch: Launch) -> Ended:
        """How it ended, waited for."""
        ended: list[Ended] = []

        def over() -> bool:
            ended[:] = [one for one in self.heard.get(launch.attempt, []) if isinstance(one, Ended)]
            return bool(ended)

        self.until(over, f"for the end of {launch.attempt}")
        return ended[0]

    def run(self, script: str, does: Behaviour | None = None, **over: Any) -> tuple[Launch, Ended]:
        launch = self.launch(script, does, **over)
        self.start(launch)
        return launch, self.end_of(launch)

    def agent(self) -> str:
        """Python that makes `driver`, for a process of its own."""
        raise NotImplementedError

    def close(self) -> None:
        self.driver.close()

    @classmethod
    def take_down(cls) -> None:
        """After the last bench of a module."""


class LocalBench(Bench):
    def machine(self) -> Machine:
        return this_machine({DEVICE: self.devices_per_node})

    def make(self) -> Driver:
        return LocalDriver(self.folder / "state", self.machine())

    def agent(self) -> str:
        return (
            "from pathlib import Path\n"
            "from suanwang.drivers.local import LocalDriver\n"
            "from suanwang.drivers.local_machine import this_machine\n"
            f"driver = LocalDriver(Path({str(self.folder / 'state')!r}),"
            f" this_machine({{{DEVICE!r}: {self.devices_per_node}}}))\n"
        )

    def close(self) -> None:
        driver = self.driver
        assert isinstance(driver, LocalDriver)
        driver.end()


class FakeBench(Bench):
    real = False
    nodes = 2

    def __init__(self, folder: Path) -> None:
        self.plans: dict[str, Behaviour] = {}
        self.engine = FakeEngine(
            [Pool(DEVICE, self.nodes, self.devices_per_node, 8, 4096)],
            lambda launch: self.plans[launch.attempt],
        )
        super().__init__(folder)

    def behave(self, launch: Launch, does: Behaviour) -> None:
        self.plans.setdefault(launch.attempt, does)

    def make(self) -> Driver:
        return FakeDriver(self.engine, lambda: time.time_ns() // 1000)


HERE: dict[str, type[Bench]] = {"local": LocalBench, "fake": FakeBench}
"""What every machine has."""


class SlurmBench(Bench):
    """The driver on a Slurm of the tests' own, which all benches of a module share."""

    nodes = 2
    here: ClassVar[PrivateSlurm | None] = None

    @staticmethod
    def missing() -> str:
        lacking = missing_programs()
        return (
            f"no Slurm here: {', '.join(lacking)} (as root: apt-get install slurm-wlm munge)"
            if lacking
            else ""
        )

    @classmethod
    def cluster(cls) -> PrivateSlurm:
        if cls.here is None:
            folder = Path(tempfile.mkdtemp(prefix="slurm-"))
            cls.here = PrivateSlurm(folder, cls.nodes, device=DEVICE.lower(), devices=cls.devices_per_node)
        return cls.here

    @classmethod
    def take_down(cls) -> None:
        if cls.here is not None:
            cls.here.stop()
            shutil.rmtree(cls.here.folder, ignore_errors=True)
            cls.here = None

    def make(self) -> Driver:
        return SlurmDriver(self.folder / "state", conf=str(self.cluster().conf))

    def agent(self) -> str:
        return (
            "from pathlib import Path\n"
            "from suanwang.drivers.slurm import SlurmDriver\n"
            f"driver = SlurmDriver(Path({str(self.folder / 'state')!r}), conf={str(self.cluster().conf)!r})\n"
        )

    def close(self) -> None:
        driver = self.driver
        assert isinstance(driver, SlurmDriver)
        driver.stop([one.attempt for one in driver.book.live()], 0)
        self.until(lambda: not driver.book.live())
        driver.close()


class RayBench(Bench):
    """The driver on a Ray of the tests' own, which all benches of a module share."""

    nodes = 2
    pauses = False
    here: ClassVar[PrivateRay | None] = None

    @staticmethod
    def missing() -> str:
        return "" if find_spec("ray") else "no Ray here (pip install 'suanwang[workers]')"

    @classmethod
    def cluster(cls) -> PrivateRay:
        if cls.here is None:
            cls.here = PrivateRay(cls.nodes, 4, DEVICE, cls.devices_per_node)
        return cls.here

    @classmethod
    def take_down(cls) -> None:
        if cls.here is not None:
            cls.here.stop()
            cls.here = None

    def make(self) -> Driver:
        return RayDriver(self.folder / "state", self.cluster().address)

    def agent(self) -> str:
        return (
            "from pathlib import Path\n"
            "from suanwang.drivers.ray_driver import RayDriver\n"
            f"driver = RayDriver(Path({str(self.folder / 'state')!r}), {self.cluster().address!r})\n"
        )

    def close(self) -> None:
        driver = self.driver
        assert isinstance(driver, RayDriver)
        driver.stop([one.attempt for one in driver.book.live()], 0)
        self.until(lambda: not driver.book.live())
        driver.close()
