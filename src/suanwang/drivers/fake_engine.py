"""An engine that runs nothing: attempts with scripted durations, ends and faults, on nodes that fill up."""

from collections.abc import Callable, Sequence
from typing import Literal

import msgspec

from suanwang.drivers.device_slots import WHOLE_MILLI, choose
from suanwang.drivers.port import Cause, Ended, Launch, Outcome, Pool, Report, Stream, Usage
from suanwang.units.instants import MICROSECONDS_PER_SECOND


class Behaviour(msgspec.Struct, frozen=True):
    """What an attempt does: run for `runs_us`, then exit with `exit_code`, or by the engine for `cause`.

    `logs` and `files` are there from its start; what `files` and logs are long counts against the output
    limit, `memory_peak_kb` against that of memory. `heeds_term`: it ends at once when asked to.
    """

    runs_us: int
    exit_code: int = 0
    cause: Cause = ""
    logs: dict[Stream, bytes] = {}
    files: dict[str, bytes] = {}
    memory_peak_kb: int = 0
    heeds_term: bool = True


class FakeRun(msgspec.Struct):
    """One attempt on the fake: where it holds devices, and its running time up to `resumed_us`."""

    launch: Launch
    does: Behaviour
    held: list[tuple[int, list[tuple[int, int]]]]
    since_us: int
    resumed_us: int
    state: Literal["running", "paused", "ended", "cleaned"] = "running"
    ran_us: int = 0
    acknowledged_us: int = 0
    stop_at_us: int | None = None
    read_us: int = 0
    ended: Ended | None = None

    def running_us(self, now_us: int) -> int:
        """How long it has run, pauses left out."""
        return self.ran_us + (now_us - self.resumed_us if self.state == "running" else 0)

    def end_due(self) -> tuple[int, Outcome, Cause] | None:
        """The first of all reasons to end that lie ahead: when, how, why; none while paused for good."""
        does, launch = self.does, self.launch
        due: list[tuple[int, Outcome, Cause]] = []
        if self.state == "running":
            began_us = self.resumed_us - self.ran_us
            natural: Outcome = "killed" if does.cause else "failure" if does.exit_code else "success"
            due.append((began_us + does.runs_us, natural, does.cause))
            due.append((began_us + launch.time_limit_s * MICROSECONDS_PER_SECOND, "killed", "limit_time"))
            size = sum(map(len, does.logs.values())) + sum(map(len, does.files.values()))
            if 0 < launch.output_limit_bytes < size:
                due.append((began_us, "killed", "limit_output"))
            if 0 < launch.memory_mb * 1024 < does.memory_peak_kb:
                due.append((began_us, "killed", "limit_memory"))
        if launch.lost_after_s:
            silent_us = self.acknowledged_us + launch.lost_after_s * MICROSECONDS_PER_SECOND
            due.append((silent_us, "killed", "unacknowledged"))
        if self.stop_at_us is not None:
            due.append((self.stop_at_us, "killed", "cancelled"))
        return min(due, key=lambda one: one[0]) if due else None

    def usage(self, now_us: int, meter: str) -> Usage:
        """Its meter now."""
        held = self.running_us(now_us) * self.launch.units_milli * self.launch.nodes
        return Usage(
            self.launch.attempt,
            meter,
            self.since_us,
            now_us,
            -(-held // MICROSECONDS_PER_SECOND),
            cpu_ms=self.running_us(now_us) // 1000,
            memory_peak_kb=self.does.memory_peak_kb,
        )


class FakeEngine:
    """What survives its drivers: nodes, attempts, what each did. `away`: it does not answer.

    `tell` takes each report, for the driver that came last; `live` are the runs that have not ended.
    """

    def __init__(
        self, pools: Sequence[Pool], plan: Callable[[Launch], Behaviour], meter: str = "fake/fake"
    ) -> None:
        self.pools, self.meter = tuple(pools), meter
        self.plan = plan
        self.away = False
        self.tell: Callable[[Report], None] = lambda report: None
        self.runs: dict[str, FakeRun] = {}
        self.live: dict[str, FakeRun] = {}
        self.free = {
            pool.device: [[WHOLE_MILLI] * pool.devices_per_node for _ in range(pool.nodes)] for pool in pools
        }

    def advance(self, now_us: int) -> None:
        """End all that has come to its end by `now_us`, in the order of their ends, then of their starts."""
        due: list[tuple[int, str, Outcome, Cause]] = []
        for attempt, run in self.live.items():
            first = run.end_due()
            if first is not None and first[0] <= now_us:
                due.append((first[0], attempt, first[1], first[2]))
        for at_us, attempt, outcome, cause in sorted(due, key=lambda one: one[0]):
            self.end(attempt, at_us, outcome, cause)

    @property
    def next_at(self) -> int | None:
        """When the next attempt ends, as far as is known now."""
        due = (run.end_due() for run in self.live.values())
        return min((first[0] for first in due if first is not None), default=None)

    def end(self, attempt: str, at_us: int, outcome: Outcome, cause: Cause) -> None:
        """End one, free what it holds, and tell."""
        run = self.live.pop(attempt)
        at_us = max(at_us, run.resumed_us)
        usage = run.usage(at_us, self.meter)
        run.ran_us, run.state = run.running_us(at_us), "ended"
        for node, chosen in run.held:
            for index, milli in chosen:
                self.free[run.launch.device][node][index] += milli
        run.held = []
        code = None if outcome == "lost" else 137 if cause else run.does.exit_code
        run.ended = Ended(attempt, at_us, outcome, cause, code, usage)
        self.tell(run.ended)

    def lose(self, attempt: str, now_us: int) -> None:
        """A fault: the engine forgets how it ended, as when a node dies."""
        if attempt in self.live:
            self.end(attempt, now_us, "lost", "")

    def take(self, launch: Launch) -> list[tuple[int, list[tuple[int, int]]]] | None:
        """Devices on as many nodes as the launch wants, lowest first, or none."""
        nodes = self.free.get(launch.device, [])
        found = [(node, choose(free, launch.units_milli)) for node, free in enumerate(nodes)]
        held = [(node, chosen) for node, chosen in found if chosen is not None][: launch.nodes]
        if len(held) < launch.nodes:
            return None
        for node, chosen in held:
            for index, milli in chosen:
                nodes[node][index] -= milli
        return held

    def ever_fits(self, launch: Launch) -> bool:
        """Whether the empty engine would hold it."""
        wide = [
            pool.nodes
            for pool in self.pools
            if pool.device == launch.device
            and launch.units_milli <= pool.devices_per_node * WHOLE_MILLI
            and launch.cpus <= pool.cpus
            and launch.memory_mb <= pool.memory_mb
        ]
        return launch.nodes <= sum(wide)
