"""Anything at all happens to a small network, in any order: every invariant holds after every step.

Users, agents (honest, doubled, late, hostile), clearing, clocks, restarts. In the end time passes; all ends.
"""

from typing import Any

import hypothesis.strategies as st
import msgspec
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    precondition,
    rule,
    run_state_machine_as_test,
)
from tests.unit.engine.stage import CENTRES, HOUR, MINUTE, YUAN, Stage, all_ends, grant, one, signals, spec

from suanwang.engine import inputs
from suanwang.engine.apply import replay
from suanwang.engine.platform import Platform
from suanwang.engine.snapshot import encode_snapshot
from suanwang.ledger import commands as c
from suanwang.model.facts import AnyFact, Ended, Erased, Paused, Progressed, Resumed, Saved, Started, Used
from suanwang.model.job import JobSpec
from suanwang.model.network import Outage, PairingRow
from suanwang.units.errors import SuanwangError

FIRMS = st.sampled_from(["acme"] * 6 + ["bolt"] * 3 + ["poor", "nobody"])
POOLS = st.sampled_from(["east-A", "west-A", "south-B"])
CENTRE = st.sampled_from(list(CENTRES))
DIGESTS = st.sampled_from(["ab" * 32, "cd" * 32])
ALTERNATIVES = st.sampled_from(
    [one("A100:1", 0.5), one("A100:1", 2), one("A100:8", 1), one("A100:8", 3, 2), one("A100:0.5", 1),
     one("910B:2", 1), one("910B:8", 2), one("A100:4", 1.25), one("A100:8", 2), one("A100:8", 0.5),
     one("A100:4", 3), one("910B:4", 0.5), one("H100:1", 1), one("A100:1", 30), one("A100:0", 1)]
)  # fmt: skip
PAIRED = PairingRow(
    from_region="31", to_hub="ningxia", discount_bp=3000, quota_device_hours=20, from_slot=0, to_slot=30
)


@st.composite
def specs(draw: st.DrawFn, now: int, jobs: list[str]) -> JobSpec:
    """Mostly sensible."""
    hours = st.sampled_from([0, 1, 2, 5, 20])
    return spec(
        *draw(st.lists(ALTERNATIVES, min_size=1, max_size=2)),
        region=draw(st.sampled_from(["310000"] * 9 + ["640000"] * 3 + ["990000"])),
        in_nano_gb=draw(st.sampled_from([0, 0, 10**9])),
        latency_class=draw(st.sampled_from(["shiftable", "shiftable", "shiftable", "local"])),
        priority=draw(st.sampled_from([0, 0, 0, 1, 5])),
        preemptible=draw(st.booleans()),
        checkpoint=draw(st.booleans()),
        array=draw(st.sampled_from([1, 1, 1, 3])),
        project=draw(st.sampled_from(["", "", "vision"])),
        not_before_at=draw(st.sampled_from([0, 0, 0, now + HOUR // 3, now + 4 * HOUR])),
        deadline_at=draw(st.one_of(st.none(), hours.map(lambda hour: now + hour * HOUR + HOUR // 7))),
        max_price_micro=draw(st.sampled_from([None] * 9 + [5 * YUAN, 50 * YUAN, -1])),
        voucher=draw(st.sampled_from(["auto", "auto", "none", "required"])),
        lost_after_s=draw(st.sampled_from([600, 1800])),
        depends_on=tuple(draw(st.lists(st.sampled_from(jobs or ["j1"]), max_size=2)))
        if draw(st.integers(0, 4)) == 0
        else (),
    )


class Walk(RuleBasedStateMachine):
    """The network under all of it."""

    @initialize(minutes=st.sampled_from([5, 60]), paired=st.booleans())
    def open(self, minutes: int, paired: bool) -> None:
        self.stage = Stage(
            slot_minutes=minutes, horizon_hours=12, reserve_hours=6, data_cost=100_000,
            pairings=(PAIRED,) if paired else (), wallets={"acme": 2000, "bolt": 500, "poor": 0},
        )  # fmt: skip
        self.told: list[inputs.AgentReport] = []
        grant(self.stage, "acme", 60)

    def ask(self, kind: type[Any], *fields: Any) -> None:
        """An input that may be refused, then without a trace (the stage sees to that)."""
        try:
            self.stage.take(kind, *fields)
        except SuanwangError as error:
            assert error.faults
            self.stage.place()

    def names(self) -> list[str]:
        return list(self.stage.platform.state.jobs)

    def attempts(self) -> list[str]:
        return list(self.stage.platform.state.attempts)

    def live(self) -> list[str]:
        return [name for centre in self.stage.platform.state.centres.values() for name in centre.attempts]

    @rule(data=st.data(), firm=FIRMS)
    def submit_more(self, data: st.DataObject, firm: str) -> None:
        self.submit_some(data, firm)

    @rule(data=st.data(), firm=FIRMS)
    def submit_most(self, data: st.DataObject, firm: str) -> None:
        self.submit_some(data, firm, 8)

    @rule(data=st.data(), firm=FIRMS)
    def submit(self, data: st.DataObject, firm: str) -> None:
        self.submit_some(data, firm)

    def submit_some(self, data: st.DataObject, firm: str, most: int = 4) -> None:
        jobs = data.draw(st.lists(specs(self.stage.at, self.names()), min_size=1, max_size=most))
        self.ask(inputs.SubmitJobs, firm, tuple(jobs))

    @rule(minutes=st.sampled_from([0, 1, 7, 35, 61, 200]), ticks=st.booleans())
    def pass_time(self, minutes: int, ticks: bool) -> None:
        if ticks:
            self.stage.after(minutes)
        else:
            self.stage.at += minutes * MINUTE

    @rule(hours=st.sampled_from([30, 200]))
    def jump(self, hours: int) -> None:
        self.stage.at += hours * HOUR
        self.stage.take(inputs.Tick)

    @rule(back=st.sampled_from([1, HOUR]))
    def step_back(self, back: int) -> None:
        now, self.stage.at = self.stage.at, self.stage.at - back
        if self.stage.at < self.stage.platform.state.at:
            with pytest.raises(SuanwangError):
                self.stage.raw(inputs.Tick("back"))
        self.stage.at = now

    def report(self, centre: str, *facts: AnyFact) -> None:
        session = self.stage.platform.state.centres[centre].session
        given = inputs.AgentReport(f"r{len(self.told)}", centre, session, facts)
        try:
            self.stage.raw(given)
            self.told.append(given)
        except SuanwangError as error:
            assert error.faults
        self.stage.place()

    @precondition(lambda self: self.live())
    @rule(data=st.data(), minutes=st.sampled_from([0, 5]))
    def run_all(self, data: st.DataObject, minutes: float) -> None:
        """All that runs goes on, and some of it succeeds."""
        begun = self.stage.at
        self.stage.after(minutes)
        for name in data.draw(st.lists(st.sampled_from(self.live()), max_size=6)) if self.live() else ():
            attempt = self.stage.platform.state.attempts[name]
            used = Used(name, "m", begun, max(self.stage.at, begun + 1), attempt.milli)
            self.report(attempt.centre, Started(name, begun), used)
            if data.draw(st.booleans()):
                self.report(attempt.centre, Ended(name, self.stage.at, "success", "exit", 0))

    @precondition(lambda self: self.live())
    @rule(data=st.data(), minutes=st.sampled_from([0.5, 10, 60]))
    def run_on(self, data: st.DataObject, minutes: float) -> None:
        """Honest work of one attempt."""
        name = data.draw(st.sampled_from(self.live()))
        attempt = self.stage.platform.state.attempts[name]
        begun = self.stage.at
        self.stage.after(minutes)
        used = Used(name, "m", begun, self.stage.at, attempt.milli, data.draw(st.sampled_from([None, 5])))
        self.report(attempt.centre, Started(name, begun), used)

    @precondition(lambda self: self.live())
    @rule(
        data=st.data(),
        how=st.sampled_from(
            [("success", "exit"), ("success", "exit"), ("failure", "exit"), ("killed", "limit_time"),
             ("killed", "cancelled"), ("killed", "preempted"), ("preempted", "preempted"),
             ("failure", "does_not_fit"), ("failure", "start_failed"), ("killed", "fenced"),
             ("lost", "vanished")]
        ),
    )  # fmt: skip
    def end(self, data: st.DataObject, how: tuple[Any, Any]) -> None:
        name = data.draw(st.sampled_from(self.live()))
        attempt = self.stage.platform.state.attempts[name]
        self.report(attempt.centre, Ended(name, self.stage.at, *how))

    @precondition(lambda self: self.attempts())
    @rule(data=st.data(), centre=CENTRE)
    def lie(self, data: st.DataObject, centre: str) -> None:
        """Any facts of any attempt, past, present or made up, of this centre or another."""
        names = st.sampled_from([*self.attempts(), "j77.1"])
        times = st.integers(self.stage.at - 30 * HOUR, self.stage.at + 30 * HOUR)
        fact = st.one_of(
            st.builds(Started, names, times),
            st.builds(Paused, names, times),
            st.builds(Resumed, names, times),
            st.builds(
                Used, names, st.sampled_from("mn"), times, times, st.sampled_from([0, 1, 1000, 10**9, -1]),
                st.sampled_from([None, 10**9])
            ),
            st.builds(Progressed, names, st.sampled_from([0, 5000, 10_001]), st.just("half")),
            st.builds(Saved, names, DIGESTS, times),
            st.builds(Ended, names, times, st.sampled_from(["success", "failure", "killed", "preempted"])),
            st.builds(Erased, names, times, st.just(1), st.just(1)),
        )  # fmt: skip
        self.report(centre, *data.draw(st.lists(fact, min_size=1, max_size=3)))

    @precondition(lambda self: self.told)
    @rule(data=st.data())
    def tell_again(self, data: st.DataObject) -> None:
        given = data.draw(st.sampled_from(self.told))
        try:
            self.stage.raw(given)
        except SuanwangError as error:
            assert error.faults
        self.stage.place()

    @rule(centre=CENTRE, minutes=st.sampled_from([-60, 0, 10, 10_000]))
    def fall_silent(self, centre: str, minutes: int) -> None:
        self.ask(inputs.HearSilence, centre, max(0, self.stage.at - minutes * MINUTE))

    @rule(centre=CENTRE, more=st.sampled_from([0, 1]))
    def speak(self, centre: str, more: int) -> None:
        if more:
            self.ask(inputs.JoinCentre, centre, self.stage.platform.state.centres[centre].session + 1)
        else:
            self.ask(inputs.HearAgain, centre)

    @rule(more=st.sampled_from([0, 1]))
    def lead(self, more: int) -> None:
        self.ask(inputs.TakeLead, self.stage.platform.state.epoch + more)

    @precondition(lambda self: self.names())
    @rule(data=st.data(), ask=st.sampled_from(["cancel", "extend", "extend", "pause", "resume"]))
    def request(self, data: st.DataObject, ask: str) -> None:
        job = data.draw(st.sampled_from([*self.names(), "j99"]))
        match ask:
            case "cancel":
                self.ask(inputs.CancelJob, job)
            case "extend":
                self.ask(inputs.ExtendJob, job, data.draw(st.sampled_from([1, 600, 7200, 10**6, 0])))
            case _:
                self.ask(inputs.PauseJob, job, ask == "resume")

    @rule(
        firm=st.sampled_from(["acme", "bolt"]),
        project=st.sampled_from(["", "vision"]),
        milli=st.sampled_from([None, 0, 500, 8000, -1]),
        jobs=st.sampled_from([None, 0, 2]),
        weight=st.integers(0, 3),
    )
    def quota(self, firm: str, project: str, milli: int | None, jobs: int | None, weight: int) -> None:
        self.ask(inputs.SetQuota, firm, project, milli, jobs, weight)

    @rule(firm=st.sampled_from(["acme", "bolt", "poor"]), yuan=st.sampled_from([5, 300]), back=st.booleans())
    def pay(self, firm: str, yuan: int, back: bool) -> None:
        name = f"pay-{self.stage.count}"
        made = c.Withdraw(name, firm, yuan * YUAN, "w") if back else c.TopUp(name, firm, yuan * YUAN, "w")
        self.ask(inputs.Book, made)

    @rule(
        pool=POOLS,
        begin=st.integers(0, 20),
        hours=st.integers(-1, 6),
        devices=st.sampled_from(["1", "8", "99", "x"]),
    )
    def outage(self, pool: str, begin: int, hours: int, devices: str) -> None:
        terms = self.stage.platform.terms
        first = terms.slot_of(self.stage.at) + begin
        last = first + hours * 60 // terms.slot_minutes
        self.ask(inputs.DeclareOutage, Outage(pool=pool, from_slot=first, to_slot=last, devices_lost=devices))

    @rule(
        name=CENTRE,
        devices=st.sampled_from(["0", "4", "8", "16", "-1", "1e3"]),
        per_node=st.sampled_from(["8", "8", "4"]),
        away=st.booleans(),
    )
    def enrol(self, name: str, devices: str, per_node: str, away: bool) -> None:
        if away:
            self.ask(inputs.WithdrawCentre, name)
            return
        row, (pool,) = CENTRES[name]
        changed = msgspec.structs.replace(pool, devices=devices, devices_per_node=per_node)
        self.ask(inputs.EnrolCentre, row, (changed,))

    @rule(name=CENTRE)
    def publish(self, name: str) -> None:
        terms = self.stage.platform.terms
        more = signals(name, 24, terms.slot_minutes)
        now = terms.slot_of(self.stage.at)
        self.ask(inputs.PublishSignals, (msgspec.structs.replace(more, from_slot=now),))

    @rule(data=st.data(), stale=st.booleans())
    def plan(self, data: st.DataObject, stale: bool) -> None:
        """An answer to a clearing, lines as they may be."""
        state, terms = self.stage.platform.state, self.stage.platform.terms
        serial = (state.clearing or state.clearing_count) + stale
        now = terms.slot_of(self.stage.at)
        line = st.builds(
            inputs.PlanLine, st.sampled_from([*self.names(), "j99"]), st.sampled_from([0, 0, 1, -1]), POOLS,
            st.integers(now - 2, now + 14 * 60 // terms.slot_minutes),
        )  # fmt: skip
        lines = data.draw(st.lists(line, max_size=8))
        price = st.lists(st.sampled_from([0, 10**6, 10**8]), max_size=12)
        prices = tuple(inputs.PoolPrices(pool, tuple(data.draw(price))) for pool in ("east-A", "west-A"))
        self.ask(inputs.TakePlan, serial, len(lines), tuple(lines), prices, 0, 0)

    @rule(from_log=st.booleans())
    def restart(self, from_log: bool) -> None:
        """A server dies, and another goes on from the log or from a snapshot."""
        if from_log:
            again = Platform()
            replay(again, self.stage.log)
            assert encode_snapshot(again) == encode_snapshot(self.stage.platform)
            self.stage.platform = again
        else:
            self.stage.restart()

    def teardown(self) -> None:
        """Time passes without any agent: whatever ran is over; what nobody wants any more is closed."""
        if not hasattr(self, "stage"):
            return
        all_ends(self.stage)


def walk(examples: int, steps: int) -> None:
    run_state_machine_as_test(
        Walk,
        settings=settings(
            max_examples=examples, stateful_step_count=steps, print_blob=False,
            suppress_health_check=list(HealthCheck),
        ),
    )  # fmt: skip


def test_whatever_happens_the_network_stays_right() -> None:
    walk(15, 30)


@pytest.mark.soak
def test_whatever_happens_for_long() -> None:
    walk(1000, 60)
