"""The driver of an engine that runs nothing, on a clock that is passed in: for the simulator and for tests.

What a script would have done is told by the engine's `plan`; the rest is as with a real engine, and the one
contract suite holds it to that. Nothing is written to disk.
"""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from suanwang.drivers.device_slots import most, shapes
from suanwang.drivers.fake_engine import FakeEngine, FakeRun
from suanwang.drivers.launch_check import (
    launch_faults,
    never_fits,
    no_room,
    no_such_attempt,
    not_running,
    still_running,
    unknown,
    used_up,
)
from suanwang.drivers.port import (
    Capabilities,
    EngineAway,
    Erased,
    Features,
    Launch,
    OutputFile,
    Paused,
    Refused,
    Report,
    Running,
    Shape,
    Started,
    Stream,
)
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.instants import MICROSECONDS_PER_SECOND
from suanwang.units.text import Text

READING_EVERY_US = 5 * MICROSECONDS_PER_SECOND
"""How often a running attempt's meter is told."""
FEATURES = Features(
    multi_node=True,
    arrays=True,
    pause=True,
    fractions=True,
    checkpoint=True,
    memory_limit=True,
    accounting="scripted",
)


class FakeDriver:
    """A driver of a `FakeEngine`; `now` gives the instant, UTC microseconds."""

    def __init__(self, engine: FakeEngine, now: Callable[[], int]) -> None:
        self.engine = engine
        self.now = now
        self.news: list[Report] = []
        engine.tell = self.news.append

    def reached(self) -> FakeEngine:
        """The engine, brought to this instant. Raises EngineAway."""
        if self.engine.away:
            raise EngineAway([Fault("fake", Text("the engine is away", "引擎无应答"))])
        self.engine.advance(self.now())
        return self.engine

    def probe(self) -> Capabilities:
        """The pools that it was made with."""
        return Capabilities("fake", "1", self.reached().pools, FEATURES)

    def usable(self) -> tuple[Shape, ...]:
        """Each amount that is free on some node, with how many nodes have as much."""
        self.reached()
        return shapes(self.room())

    def room(self) -> dict[str, list[int]]:
        """The most that one attempt can have on each node, by device."""
        return {device: [most(node) for node in nodes] for device, nodes in self.engine.free.items()}

    def start(self, launches: Sequence[Launch]) -> list[Started | Refused]:
        """Begin those that are new and fit."""
        engine = self.reached()
        return [self.start_one(engine, launch) for launch in launches]

    def start_one(self, engine: FakeEngine, launch: Launch) -> Started | Refused:
        """Begin one."""
        run = engine.runs.get(launch.attempt)
        if run is not None:
            return used_up(launch.attempt) if run.state == "cleaned" else Started(launch.attempt, "", True)
        faults = launch_faults(launch, ())
        if faults:
            return Refused(launch.attempt, tuple(faults))
        if not engine.ever_fits(launch):
            return never_fits(launch, str([(pool.device, pool.devices_per_node) for pool in engine.pools]))
        held = engine.take(launch)
        if held is None:
            return no_room(launch, str(shapes(self.room())))
        now_us = self.now()
        does = engine.plan(launch)
        run = FakeRun(launch, does, held, now_us, now_us, acknowledged_us=now_us, read_us=now_us)
        engine.runs[launch.attempt] = engine.live[launch.attempt] = run
        engine.tell(Running(launch.attempt, now_us))
        return Started(launch.attempt, f"fake-{len(engine.runs)}")

    def poll(self, wait_s: float = 0.0) -> list[Report]:
        """What is new at this instant; it never waits, since its clock is not its own."""
        now_us = self.now()
        for run in self.reached().live.values():
            if run.state == "running" and now_us - run.read_us >= READING_EVERY_US:
                run.read_us = now_us
                self.news.append(run.usage(now_us, self.engine.meter))
        told = self.news.copy()
        self.news.clear()
        return told

    def adopt(self) -> list[Report]:
        """All there is to tell."""
        reports: list[Report] = []
        for attempt, run in self.reached().runs.items():
            if run.state == "cleaned":
                continue
            reports.append(
                Paused(attempt, run.resumed_us) if run.state == "paused" else Running(attempt, run.since_us)
            )
            if run.ended is None:
                reports.append(run.usage(self.now(), self.engine.meter))
            else:
                reports.append(run.ended)
        self.news.clear()
        return reports

    def acknowledge(self) -> None:
        """Begin every `lost_after_s` anew."""
        for run in self.reached().live.values():
            run.acknowledged_us = self.now()

    def stop(self, attempts: Sequence[str], grace_s: int) -> list[Refused]:
        """End those that heed at once, the others after the grace."""
        engine, now_us = self.reached(), self.now()
        refused: list[Refused] = []
        for attempt in attempts:
            run = engine.runs.get(attempt)
            if run is None or run.state == "cleaned":
                refused.append(unknown(attempt))
            elif run.ended is None:
                at_us = now_us if run.does.heeds_term else now_us + grace_s * MICROSECONDS_PER_SECOND
                run.stop_at_us = min(run.stop_at_us or at_us, at_us)
        return refused

    def pause(self, attempts: Sequence[str]) -> list[Refused]:
        """Stop their running time."""
        return self.turn(attempts, "running", "paused")

    def resume(self, attempts: Sequence[str]) -> list[Refused]:
        """Let it go on."""
        return self.turn(attempts, "paused", "running")

    def prolong(self, attempt: str, time_limit_s: int) -> list[Refused]:
        """Its new limit."""
        run = self.reached().runs.get(attempt)
        if run is None or run.state == "cleaned":
            return [unknown(attempt)]
        run.launch = msgspec.structs.replace(run.launch, time_limit_s=time_limit_s)
        return []

    def turn(
        self, attempts: Sequence[str], old: Literal["running", "paused"], new: Literal["running", "paused"]
    ) -> list[Refused]:
        """From one state to the other."""
        engine, now_us = self.reached(), self.now()
        refused: list[Refused] = []
        for attempt in attempts:
            run = engine.runs.get(attempt)
            if run is None or run.state == "cleaned":
                refused.append(unknown(attempt))
            elif run.state != old or run.stop_at_us is not None:
                refused.append(not_running(attempt))
            else:
                run.ran_us, run.resumed_us, run.state = run.running_us(now_us), now_us, new
                self.news.append(
                    Paused(attempt, now_us) if new == "paused" else Running(attempt, run.since_us)
                )
        return refused

    def read_log(self, attempt: str, stream: Stream, offset: int, limit: int) -> bytes:
        """A part of what the plan lets it write."""
        return self.run(attempt).does.logs.get(stream, b"")[offset : offset + limit]

    def outputs(self, attempt: str) -> tuple[OutputFile, ...]:
        """The files that the plan lets it leave."""
        run = self.run(attempt)
        wanted = run.launch.outputs
        return tuple(
            OutputFile(path, len(data))
            for path, data in sorted(run.does.files.items())
            if not wanted or any(path == one or path.startswith(one.rstrip("/") + "/") for one in wanted)
        )

    def read_output(self, attempt: str, path: str, offset: int, limit: int) -> bytes:
        """A part of one of them."""
        if path not in {file.path for file in self.outputs(attempt)}:
            raise InvalidInput([Fault(path, Text("not an output of the attempt", "不是该尝试的输出文件"))])
        return self.run(attempt).does.files[path][offset : offset + limit]

    def clean(self, attempts: Sequence[str]) -> list[Erased | Refused]:
        """Forget all but the names."""
        engine = self.reached()
        answers: list[Erased | Refused] = []
        for attempt in attempts:
            run = engine.runs.get(attempt)
            if run is None or run.state == "cleaned":
                answers.append(unknown(attempt))
            elif run.ended is None:
                answers.append(still_running(attempt))
            else:
                data = [*run.does.logs.values(), *run.does.files.values()]
                answers.append(Erased(attempt, len(data), sum(map(len, data))))
                run.state, run.ended = "cleaned", None
        return answers

    def close(self) -> None:
        """Let go."""

    def run(self, attempt: str) -> FakeRun:
        """An attempt that is not cleaned. Raises InvalidInput."""
        found = self.reached().runs.get(attempt)
        if found is None or found.state == "cleaned":
            raise no_such_attempt(attempt)
        return found
