"""A modelled centre's machine: nodes that fill up, attempts that run, end and fail. It is the physical truth.

It outlives the agent that drives it, as a real engine does: an attempt is named `<job>.<number>` and runs at
most once under that name. What happens is told to `listener`, if anyone listens; `runs` remembers it.
"""

from typing import Literal, Protocol

import msgspec

from suanwang.drivers.device_slots import shapes
from suanwang.model.facts import FitShape
from suanwang.model.job import Outcome
from suanwang.model.network import PoolRow
from suanwang.model.orders import Launch
from suanwang.simulator.calendar import Calendar
from suanwang.simulator.nodes import Held, Nodes, Packing
from suanwang.simulator.runtimes import Runtimes

SECOND_US = 1_000_000
RunState = Literal["starting", "running", "paused", "ended"]
Cause = Literal["", "limit_time", "cancelled", "engine", "unacknowledged"]
"""As the port of the drivers has them."""
EXIT_CODES: dict[Outcome, int] = {"success": 0, "failure": 1, "killed": 137}
OPEN = -1
"""The end of a span that still runs."""


class Run(msgspec.Struct, gc=False):
    """One attempt on the machine. `spans`: [from, to) in which it ran; the last one is open while it runs.

    `need_us`: how long it would run by itself. `due`: number of the end that is on the calendar now.
    """

    launch: Launch
    need_us: int
    fails_us: int | None
    held: Held | None
    limit_us: int
    state: RunState = "starting"
    spans: list[list[int]] = msgspec.field(default_factory=list)
    due: int = 0
    outcome: Outcome | None = None
    cause: Cause = ""
    ended_at: int = 0

    def ran_us(self, at: int) -> int:
        """How long it has run by `at`, pauses left out."""
        return sum([(to_at if to_at != OPEN else at) - from_at for from_at, to_at in self.spans])


class Listener(Protocol):
    """Whoever drives the machine."""

    def started(self, attempt: str) -> None:
        """It runs from now on, for the first time or again."""
        ...

    def halted(self, attempt: str) -> None:
        """It stands still from now on."""
        ...

    def ended(self, attempt: str) -> None:
        """It is over now."""
        ...


class Machine:
    """The pools of a centre. `start_us`: from launch to running. `patient`: silence ends nothing.

    `turn`: when in an instant what happens here is due, see `Calendar`.
    """

    def __init__(
        self,
        pools: tuple[PoolRow, ...],
        calendar: Calendar,
        runtimes: Runtimes,
        packing: Packing = "best",
        start_us: int = 0,
        patient: bool = True,
        turn: int = 0,
    ) -> None:
        self.calendar, self.runtimes, self.start_us, self.patient = calendar, runtimes, start_us, patient
        self.turn = turn
        self.pools = pools
        self.nodes = {
            pool.pool: Nodes(milli_of(pool.devices), milli_of(pool.devices_per_node), packing)
            for pool in pools
        }
        self.runs: dict[str, Run] = {}
        self.live: dict[str, Run] = {}
        self.listener: Listener | None = None
        self.heard_at = calendar.at
        self.refused = self.ends_expected = 0

    def launch(self, order: Launch, limit_s: int) -> bool:
        """Takes an attempt on, once under its name. False where it does not fit now."""
        if order.attempt in self.runs:
            return True
        one = order.resources
        held = self.nodes[order.pool].take(one.units_milli, one.nodes)
        if held is None:
            self.refused += 1
            return False
        need_us = self.runtimes.run_us(order.attempt.rpartition(".")[0], one.limit_s)
        fails_us = self.runtimes.fails_after_us(order.attempt, need_us)
        run = Run(order, need_us, fails_us, held, limit_s * SECOND_US)
        self.runs[order.attempt] = self.live[order.attempt] = run
        if not self.patient:
            self.expect_silence(order.attempt, run)
        if self.start_us:
            self.calendar.call_at(
                self.calendar.at + self.start_us, lambda: self.begin(order.attempt), self.turn
            )
        else:
            self.begin(order.attempt)
        return True

    def begin(self, attempt: str) -> None:
        """It runs now."""
        run = self.runs.get(attempt)
        if run is not None and run.state == "starting":
            self.go(attempt, run)

    def go(self, attempt: str, run: Run) -> None:
        """A span begins."""
        run.state = "running"
        run.spans.append([self.calendar.at, OPEN])
        self.expect_end(attempt, run)
        if self.listener is not None:
            self.listener.started(attempt)

    def expect_end(self, attempt: str, run: Run) -> None:
        """Puts the first of all ends that lie ahead on the calendar: its own, a failure's, its limit's."""
        at = self.calendar.at
        begun_at = at - run.ran_us(at)
        when, outcome, cause = begun_at + run.need_us, "success", ""
        if run.fails_us is not None and run.fails_us < run.need_us:
            when, outcome = begun_at + run.fails_us, "failure"
        if begun_at + run.limit_us < when:
            when, outcome, cause = begun_at + run.limit_us, "killed", "limit_time"
        self.ends_expected += 1
        due = run.due = self.ends_expected
        self.calendar.call_at(when, lambda: self.finish(attempt, outcome, cause, due), self.turn)

    def finish(self, attempt: str, outcome: Outcome, cause: Cause, due: int | None = None) -> None:
        """It is over now. `due`: only if this end still is the expected one."""
        run = self.runs.get(attempt)
        if run is None or run.state == "ended" or (due is not None and due != run.due):
            return
        if run.state == "running":
            run.spans[-1][1] = self.calendar.at
        run.state, run.outcome, run.cause, run.ended_at = "ended", outcome, cause, self.calendar.at
        assert run.held is not None
        self.nodes[run.launch.pool].give_back(run.held)
        run.held = None
        del self.live[attempt]
        if self.listener is not None:
            self.listener.ended(attempt)

    def stop(self, attempt: str, grace_us: int) -> None:
        """Ends it: after its grace, since a modelled job uses all of it to save itself."""
        run = self.live.get(attempt)
        if run is not None:
            at = self.calendar.at + (0 if run.state == "starting" else grace_us)

            def kill() -> None:
                if self.runs.get(attempt) is run:
                    self.finish(attempt, "killed", "cancelled")

            self.calendar.call_at(at, kill, self.turn)

    def halt(self, attempt: str) -> None:
        """It stands still, its devices kept."""
        run = self.live.get(attempt)
        if run is not None and run.state == "running":
            run.spans[-1][1] = self.calendar.at
            run.state, run.due = "paused", 0
            if self.listener is not None:
                self.listener.halted(attempt)

    def go_on(self, attempt: str) -> None:
        """It runs again."""
        run = self.live.get(attempt)
        if run is not None and run.state == "paused":
            self.go(attempt, run)

    def give_time(self, attempt: str, limit_s: int) -> None:
        """A new limit."""
        run = self.live.get(attempt)
        if run is not None:
            run.limit_us = limit_s * SECOND_US
            if run.state == "running":
                self.expect_end(attempt, run)

    def hear(self) -> None:
        """The platform answered: patience begins anew."""
        self.heard_at = self.calendar.at

    def lose_patience(self) -> None:
        """Nobody answers from now on, perhaps: what runs stops by itself in time."""
        if self.patient:
            self.patient = False
            for attempt, run in self.live.items():
                self.expect_silence(attempt, run)

    def expect_silence(self, attempt: str, run: Run) -> None:
        """Stops an attempt `lost_after_s` after the last answer, by the machine's own clock."""
        patience_us = run.launch.lost_after_s * SECOND_US

        def look() -> None:
            if run.state != "ended":
                if self.calendar.at >= self.heard_at + patience_us:
                    self.finish(attempt, "killed", "unacknowledged")
                else:
                    self.calendar.call_at(self.heard_at + patience_us, look, self.turn)

        self.calendar.call_at(self.heard_at + patience_us, look, self.turn)

    def forget(self, attempt: str) -> Run:
        """Nothing of an attempt that is over is known any more: its name may run again."""
        assert attempt not in self.live
        return self.runs.pop(attempt)

    def fail_node(self, pool: str, node: int) -> None:
        """A node goes down: what runs on it ends, to run elsewhere."""
        self.nodes[pool].up[node] = False
        for attempt, run in list(self.live.items()):
            if run.launch.pool == pool and run.held is not None and node in run.held.nodes:
                self.finish(attempt, "killed", "engine")

    def repair_node(self, pool: str, node: int) -> None:
        """The node is back."""
        self.nodes[pool].up[node] = True

    def fits(self) -> tuple[FitShape, ...]:
        """The gangs that fit now, as a driver tells them."""
        room = {pool.pool: self.nodes[pool.pool].room() for pool in self.pools}
        return tuple(FitShape(shape.device, shape.units_milli, shape.nodes) for shape in shapes(room))


def milli_of(decimal: str) -> int:
    """Milli-devices of a decimal text."""
    return round(float(decimal) * 1000)
