"""The conformance set (算力并网): small real jobs by the centre's own driver, held against what they must do.

One after the other, on the first device of the first pool, through the driver's port alone: what money rests
on (it runs, says when it fails, meters, stops), then what users rely on (limits, outputs, the agent's death).
"""

import secrets
import shutil
import time
from collections.abc import Callable
from pathlib import Path

from suanwang.agent.configuration import AgentConfiguration, AgentPool
from suanwang.agent.engines import driver_for
from suanwang.drivers.device_slots import WHOLE_MILLI
from suanwang.drivers.port import Driver, Ended, Launch, Refused, Report, Running
from suanwang.model.api.network import CheckTold, ConformanceRun
from suanwang.units.errors import SuanwangError

PATIENCE_S = 120.0
"""So long a small job may take from its launch to its end, the engine's queue included."""
RUN_S, LIMIT_S, METER_OFF_S = 4, 3, 1.5
"""How long a metered job runs, what limit is tried, how far a meter may be off: engines read in seconds."""
LONG = "sleep 600"
LOOK_EVERY_S = 0.02
WORDS_LETTERS = 180


class ConformanceSet:
    """The checks on one driver, whose state lies below `folder`; its jobs lie below `work`."""

    def __init__(self, given: AgentConfiguration, folder: Path, work: Path) -> None:
        self.given, self.folder, self.work = given, folder, work
        self.pool: AgentPool = given.pools[0]
        self.prefix = f"conformance-{secrets.token_hex(4)}"
        self.heard: dict[str, list[Report]] = {}
        self.driver: Driver = self.open()
        self.capabilities = self.driver.probe()

    def open(self) -> Driver:
        """The driver, as an agent makes it."""
        return driver_for(self.given, self.folder / "engine")

    def run(self, told: Callable[[CheckTold], None]) -> ConformanceRun:
        """All checks; each is told as it is done. What is left of them is erased."""
        checks: list[CheckTold] = []
        for name, check in self.checks().items():
            try:
                words, passed = check()
            except SuanwangError as error:
                words, passed = error.faults[0].say("en"), False
            except TimeoutError as error:
                words, passed = str(error), False
            checks.append(CheckTold(name, passed, words[:WORDS_LETTERS]))
            told(checks[-1])
        self.close()
        return ConformanceRun(self.capabilities.engine, self.capabilities.version or "-", tuple(checks))

    def checks(self) -> dict[str, Callable[[], tuple[str, bool]]]:
        """By name, in the order in which they are run."""
        return {
            "capable": self.capable,
            "runs": self.runs,
            "tells_failure": self.tells_failure,
            "meters": self.meters,
            "stops": self.stops,
            "keeps_limit": self.keeps_limit,
            "returns_outputs": self.returns_outputs,
            "survives_agent": self.survives_agent,
        }

    # -- the checks: what was seen, and whether it is as it must be

    def capable(self) -> tuple[str, bool]:
        """The engine has a device of each pool that the configuration names."""
        there = {pool.device for pool in self.capabilities.pools}
        missing = [pool.device for pool in self.given.pools if pool.device not in there]
        return (f"missing: {', '.join(missing)}" if missing else ", ".join(sorted(there))), not missing

    def runs(self) -> tuple[str, bool]:
        """A script ends well, and what it said can be read."""
        name = self.launch("runs", "echo 4711")
        ended = self.until_ended(name)
        said = self.driver.read_log(name, "stdout", 0, 100).decode(errors="replace").strip()
        return f"{seen(ended)}, said {said}", ended.outcome == "success" and said == "4711"

    def tells_failure(self) -> tuple[str, bool]:
        """A script's exit code comes back."""
        ended = self.until_ended(self.launch("fails", "exit 7"))
        return seen(ended), ended.outcome == "failure" and ended.exit_code == 7

    def meters(self) -> tuple[str, bool]:
        """Device-seconds are those from its start to its end, no fewer than it slept or more than passed."""
        began_s = time.monotonic()
        name = self.launch("meters", f"sleep {RUN_S}")
        ended = self.until_ended(name)
        passed_s = time.monotonic() - began_s
        begun = next((one.since_us for one in self.heard[name] if isinstance(one, Running)), ended.at_us)
        ran_s = (ended.at_us - begun) / 1e6
        used_s = 0.0 if ended.usage is None else ended.usage.milli_device_seconds / WHOLE_MILLI
        close = abs(used_s - ran_s) <= METER_OFF_S
        # a busy node is slow to begin and to end what only sleeps
        possible = RUN_S - METER_OFF_S <= ran_s <= passed_s + METER_OFF_S
        return f"ran {ran_s:.2f} s, metered {used_s:.2f} s", close and possible

    def stops(self) -> tuple[str, bool]:
        """What is told to stop ends, and says so."""
        name = self.launch("stops", LONG)
        self.until(name, lambda one: isinstance(one, Running))
        self.driver.stop([name], 1)
        ended = self.until_ended(name)
        return seen(ended), ended.outcome == "killed" and ended.cause == "cancelled"

    def keeps_limit(self) -> tuple[str, bool]:
        """What runs past its limit of time is ended."""
        ended = self.until_ended(self.launch("limit", LONG, limit_s=LIMIT_S))
        return seen(ended), ended.outcome == "killed" and ended.cause == "limit_time"

    def returns_outputs(self) -> tuple[str, bool]:
        """A file that a script left comes back."""
        name = self.launch("outputs", "mkdir out; echo 42 > out/answer", outputs=("out",))
        self.until_ended(name)
        paths = [file.path for file in self.driver.outputs(name)]
        content = self.driver.read_output(name, "out/answer", 0, 10) if "out/answer" in paths else b""
        return ", ".join(paths), content == b"42\n"

    def survives_agent(self) -> tuple[str, bool]:
        """A job goes on while there is no agent, and the next one has it."""
        name = self.launch("adopted", f"sleep {RUN_S}; echo done")
        self.until(name, lambda one: isinstance(one, Running))
        self.driver.close()
        self.driver = self.open()
        adopted = [report for report in self.driver.adopt() if report.attempt == name]
        if not adopted:
            return "the engine does not know it any more", False
        self.heard[name] += adopted
        ended = self.until_ended(name)
        return seen(ended), ended.outcome == "success"

    # -- how they are run

    def launch(self, check: str, script: str, limit_s: int = 120, outputs: tuple[str, ...] = ()) -> str:
        """Starts one; its attempt's name. Raises what the engine refuses it for."""
        name = f"{self.prefix}-{check}.1"
        folder = self.work / name
        folder.mkdir(mode=0o755)
        takes = self.capabilities.features.options
        options = {key: value for key, value in self.pool.options.items() if key in takes}
        launch = Launch(
            name, name, script, str(folder), self.pool.device, WHOLE_MILLI, limit_s,
            outputs=outputs, engine_options=options,
        )  # fmt: skip
        (answer,) = self.driver.start([launch])
        if isinstance(answer, Refused):
            raise SuanwangError(answer.faults)
        self.heard[name] = []
        return name

    def until(self, name: str, met: Callable[[Report], bool]) -> Report:
        """The first report of an attempt that is so. Raises TimeoutError."""
        end = time.monotonic() + PATIENCE_S
        while True:
            for report in self.heard[name]:
                if met(report):
                    return report
            if time.monotonic() > end:
                raise TimeoutError(f"nothing within {PATIENCE_S:g} s")
            time.sleep(LOOK_EVERY_S)  # an engine need not wait
            for report in self.driver.poll(1.0):
                self.heard.setdefault(report.attempt, []).append(report)

    def until_ended(self, name: str) -> Ended:
        """The end of an attempt."""
        found = self.until(name, lambda one: isinstance(one, Ended))
        assert isinstance(found, Ended)
        return found

    def close(self) -> None:
        """Ends and erases what is left, then lets go of the engine."""
        left = [
            name for name, heard in self.heard.items() if not any(isinstance(one, Ended) for one in heard)
        ]
        unknown = {one.attempt for one in self.driver.stop(left, 0)}
        for name in set(left) - unknown:
            try:
                self.until_ended(name)
            except TimeoutError:
                continue
        self.driver.clean(list(self.heard))
        for folder in self.work.glob(f"{self.prefix}-*"):
            shutil.rmtree(folder, ignore_errors=True)
        self.driver.close()


def seen(ended: Ended) -> str:
    """An end in short."""
    parts = [ended.outcome, ended.cause, "" if ended.exit_code is None else f"exit {ended.exit_code}"]
    return " ".join(filter(None, [*parts, ended.detail]))
