"""A crowded network by seed: many jobs, honest and careless agents, silence, priorities, clearing, restarts.

Denser than the walk: what is rare there happens all the time here. `STORM_SEED=7 STORM_STEPS=300 pytest …` is
one seed, lived through for so long.
"""

import os
from collections import Counter
from collections.abc import Callable
from random import Random  # noqa: TID251  a seed's own weather, the seed is told
from typing import Any

import pytest
from tests.unit.engine.stage import (
    CENTRES,
    HOUR,
    MINUTE,
    SECOND,
    YUAN,
    Stage,
    all_ends,
    grant,
    one,
    outage,
    spec,
)

from suanwang.engine import events, inputs
from suanwang.engine.apply import replay
from suanwang.engine.platform import Platform
from suanwang.engine.snapshot import encode_snapshot
from suanwang.model.facts import Ended, Paused, Resumed, Saved, Started, TookOver, Used
from suanwang.model.network import PairingRow
from suanwang.units.errors import SuanwangError

PAIRED = PairingRow(
    from_region="31", to_hub="ningxia", discount_bp=3000, quota_device_hours=60, from_slot=0, to_slot=500
)
ALTERNATIVES = [
    one("A100:1", 0.5), one("A100:1", 2), one("A100:8", 1), one("A100:8", 2, 2), one("A100:0.5", 1),
    one("910B:2", 1), one("910B:8", 2), one("A100:4", 1.25), one("A100:4", 3),
]  # fmt: skip
ENDS = [
    *[("success", "exit")] * 6, ("failure", "exit"), ("killed", "limit_time"), ("failure", "does_not_fit"),
    ("failure", "start_failed"), ("killed", "preempted"), ("preempted", "preempted"),
]  # fmt: skip


class Storm:
    """One seed's weather."""

    def __init__(self, seed: int) -> None:
        self.random = Random(seed)
        self.stage = Stage(
            slot_minutes=self.random.choice([15, 60]),
            horizon_hours=12,
            reserve_hours=self.random.choice([0, 3, 12]),
            data_cost=100_000,
            pairings=(PAIRED,) if seed % 2 else (),
            wallets={"acme": 20_000, "bolt": 2000},
        )
        if seed % 3 == 0:
            grant(self.stage, "acme", 300)
        self.reports: list[inputs.AgentReport] = []

    @property
    def ways(self) -> list[tuple[Callable[[], None], float]]:
        """What may happen, and how often."""
        return [
            (self.submit, 6), (self.work, 8), (self.finish, 8), (self.pass_time, 5), (self.silence, 1),
            (self.speak, 2), (self.ask, 3), (self.plan, 3), (self.repeat, 2), (self.weather, 1),
            (self.restart, 0.3),
        ]  # fmt: skip

    def run(self, steps: int) -> None:
        ways = self.ways
        for _ in range(steps):
            (way,) = self.random.choices([way for way, _ in ways], [weight for _, weight in ways])
            way()

    def take(self, kind: type[Any], *fields: Any) -> None:
        try:
            self.stage.take(kind, *fields)
        except SuanwangError as error:
            assert error.faults
            self.stage.place()

    def live(self, *states: str) -> list[str]:
        state = self.stage.platform.state
        names = [name for of in state.centres.values() for name in of.attempts]
        return [name for name in names if state.attempts[name].state in states]

    def report(self, name: str, *facts: Any) -> None:
        centre = self.stage.platform.state.attempts[name].centre
        session = self.stage.platform.state.centres[centre].session
        given = inputs.AgentReport(f"r{len(self.reports)}", centre, session, facts)
        self.reports.append(given)
        self.tell(given)

    def tell(self, given: inputs.AgentReport) -> None:
        try:
            self.stage.raw(given)
        except SuanwangError as error:
            assert error.faults
        self.stage.place()

    def submit(self) -> None:
        pick, now = self.random.choice, self.stage.at
        known = list(self.stage.platform.state.jobs)
        jobs = [
            spec(
                *self.random.sample(ALTERNATIVES, pick([1, 1, 2])),
                priority=pick([0, 0, 0, 1, 5]),
                preemptible=pick([True, False]),
                checkpoint=pick([True, False]),
                project=pick(["", "vision"]),
                not_before_at=pick([0, 0, 0, now + 40 * MINUTE, now + 3 * HOUR]),
                deadline_at=pick([None, None, now + 3 * HOUR, now + 10 * HOUR]),
                max_price_micro=pick([None, None, None, 50 * YUAN]),
                voucher=pick(["auto", "auto", "none", "required"]),
                lost_after_s=pick([300, 1800]),
                depends_on=(pick(known),) if known and self.random.random() < 0.1 else (),
                array=pick([1, 1, 1, 4]),
            )
            for _ in range(self.random.randint(1, 5))
        ]
        self.take(inputs.SubmitJobs, pick(["acme", "acme", "bolt"]), tuple(jobs))

    def work(self) -> None:
        """Some that run go on for a while, metered; some save themselves."""
        begun = self.stage.at
        names = self.live("dispatched", "running", "paused")
        some = self.random.sample(names, min(len(names), 4))
        self.stage.after(self.random.choice([1, 5, 20]))
        for name in some:
            attempt = self.stage.platform.state.attempts[name]
            facts: list[Any] = [Started(name, begun), Used(name, "m", begun, self.stage.at, attempt.milli)]
            if self.random.random() < 0.2:
                facts.append(Saved(name, "ab" * 32, self.stage.at))
            if self.random.random() < 0.3:
                self.random.shuffle(facts)
            self.report(name, *facts)

    def finish(self) -> None:
        names = self.live("dispatched", "running", "paused")
        if names:
            name = self.random.choice(names)
            stopping = self.stage.platform.state.attempts[name].stopping
            how = (
                ("killed", stopping) if stopping and self.random.random() < 0.7 else self.random.choice(ENDS)
            )
            self.report(name, Ended(name, self.stage.at, *how))

    def pass_time(self) -> None:
        if self.random.random() < 0.1:
            self.stage.at += self.random.choice([1, 30, 400]) * MINUTE
        else:
            self.stage.after(self.random.choice([1, 10, 45, 90]))

    def silence(self) -> None:
        self.take(
            inputs.HearSilence,
            self.random.choice(list(CENTRES)),
            self.stage.at - self.random.randint(0, MINUTE),
        )

    def speak(self) -> None:
        name = self.random.choice(list(CENTRES))
        if self.random.random() < 0.3:
            self.take(inputs.JoinCentre, name, self.stage.platform.state.centres[name].session + 1)
        else:
            self.take(inputs.HearAgain, name)

    def ask(self) -> None:
        jobs = list(self.stage.platform.state.jobs)
        if not jobs:
            return
        running = [name.split(".")[0] for name in self.live("running", "paused")]
        match self.random.randint(0, 3):
            case 0:
                self.take(inputs.CancelJob, self.random.choice(jobs))
            case 1 | 2:
                self.take(
                    inputs.ExtendJob,
                    self.random.choice(running or jobs),
                    self.random.choice([60, 1800, 7200]),
                )
            case _:
                name = self.random.choice(running or jobs)
                self.take(inputs.PauseJob, name, self.random.random() < 0.4)
                for attempt in self.live("running"):
                    if self.random.random() < 0.2:
                        self.report(attempt, Paused(attempt, self.stage.at), Resumed(attempt, self.stage.at))

    def plan(self) -> None:
        """Lines for those who wait and those who could move; some good, some stale."""
        state, terms = self.stage.platform.state, self.stage.platform.terms
        if state.clearing is None:
            return
        now = terms.slot_of(self.stage.at)
        names = [name for name, job in state.jobs.items() if job.state == "queued"]
        names += [name.split(".")[0] for name in self.live("reserved")]
        per_hour = 60 // terms.slot_minutes
        lines = tuple(
            inputs.PlanLine(
                name,
                self.random.choice([0, 0, 1]),
                self.random.choice(["east-A", "west-A", "west-A", "south-B"]),
                now + self.random.randint(0, 8 * per_hour),
            )
            for name in self.random.sample(names, min(len(names), 12))
        )
        prices = (inputs.PoolPrices("west-A", (self.random.randint(0, 10**7),) * per_hour),)
        self.take(inputs.TakePlan, state.clearing, len(lines), lines, prices, 0, 0)

    def repeat(self) -> None:
        if self.reports:
            self.tell(self.random.choice(self.reports))

    def weather(self) -> None:
        match self.random.randint(0, 4):
            case 0:
                begin = self.stage.platform.terms.slot_of(self.stage.at)
                pool = self.random.choice(["east-A", "west-A"])
                try:
                    outage(self.stage, pool, begin, begin + self.random.randint(1, 20), "4")
                except SuanwangError:
                    self.stage.place()
            case 1:
                self.take(inputs.WithdrawCentre, self.random.choice(list(CENTRES)))
            case 2 | 3:
                self.take(inputs.EnrolCentre, *CENTRES[self.random.choice(list(CENTRES))])
            case _:
                most = self.random.choice([None, 4000, 30_000])
                self.take(inputs.SetQuota, "acme", self.random.choice(["", "vision"]), most, None, 1)

    def restart(self) -> None:
        if self.random.random() < 0.5:
            self.stage.restart()
            return
        again = Platform()
        replay(again, self.stage.log)
        assert encode_snapshot(again) == encode_snapshot(self.stage.platform)
        self.stage.platform = again
        self.take(inputs.TakeLead, self.stage.platform.state.epoch + 1)


class BriefStorm(Storm):
    """Crowds of brief jobs: some stand by, places are handed on, and agents say so truly or not."""

    @property
    def ways(self) -> list[tuple[Callable[[], None], float]]:
        return [
            (self.submit, 2), (self.finish_at_once, 14), (self.hand_on, 8), (self.go_back, 2), (self.lie, 5),
            (self.ask, 3), (self.urgent, 0.5), (self.finish, 1), (self.pass_time, 0.5), (self.silence, 0.3),
            (self.speak, 1), (self.plan, 0.5), (self.repeat, 2), (self.weather, 0.7), (self.restart, 0.5),
        ]  # fmt: skip

    def submit(self) -> None:
        pick = self.random.choice
        crowd = spec(
            one(pick(["A100:2", "A100:4", "A100:8"]), pick([10 / 3600, 0.5, 0.9])),
            priority=pick([0, 0, 0, 1]),
            preemptible=pick([True, False]),
            lost_after_s=pick([300, 1800]),
            array=pick([4, 16]),
        )
        self.take(inputs.SubmitJobs, pick(["acme", "acme", "bolt"]), (crowd,))

    def urgent(self) -> None:
        self.take(inputs.SubmitJobs, "acme", (spec(one("A100:8", 0.5), priority=5),))

    def placed(self, *places: str) -> list[str]:
        """Those that are out, by what place they have."""
        attempts = self.stage.platform.state.attempts
        return [name for name in self.live("dispatched", "running") if attempts[name].place in places]

    def finish_at_once(self) -> None:
        """It has run for a second."""
        names = self.placed("own", "given")
        if names:
            name, begun = self.random.choice(names), self.stage.at
            self.stage.at += SECOND
            self.report(name, Started(name, begun), Ended(name, self.stage.at, "success", "exit", 0))

    def hand_on(self) -> None:
        """Whoever stands by has begun in the place of one alike, whose end is told with it or later."""
        platform = self.stage.platform
        waiting = self.placed("awaited")
        if not waiting:
            return
        heir = self.random.choice(waiting)
        alike = list(platform.places.alike.get(platform.alike_key(platform.state.attempts[heir]), ()))
        before = self.random.choice(alike or list(platform.state.attempts))
        facts: list[Any] = [TookOver(heir, self.stage.at, before)]
        if self.random.random() < 0.5:
            facts.append(Ended(before, self.stage.at, "success", "exit", 0))
        self.report(heir, *facts)

    def go_back(self) -> None:
        """Nothing has become free for it in time."""
        waiting = self.placed("awaited")
        if waiting:
            self.stage.at += 5 * SECOND
            name = self.random.choice(waiting)
            self.report(name, Ended(name, self.stage.at, "preempted", "moved"))

    def lie(self) -> None:
        """Anything has begun in the place of anything: of what is over, was handed on, or waits itself."""
        attempts = self.stage.platform.state.attempts
        if attempts:
            name = self.random.choice(self.placed("awaited") or list(attempts))
            pool = attempts[name].figures.pool
            near = [other for other, one in attempts.items() if one.figures.pool == pool]
            near = self.live("dispatched", "running") if self.random.random() < 0.5 else near
            self.report(name, TookOver(name, self.stage.at, self.random.choice([*near, "j77.1"])))

    def ask(self) -> None:
        """Of those that stand by, or may be followed."""
        names = self.placed("awaited") if self.random.random() < 0.5 else self.placed("own", "given")
        if names:
            job = self.random.choice(names).partition(".")[0]
            match self.random.randint(0, 3):
                case 0:
                    self.take(inputs.CancelJob, job)
                case 1 | 2:
                    self.take(inputs.ExtendJob, job, self.random.choice([60, 1800, 7200]))
                case _:
                    self.take(inputs.PauseJob, job)


def storm(seed: int, steps: int, kind: type[Storm] = Storm) -> Counter[str]:
    """All of one seed's events by kind. Every step proves the invariants, and in the end all ends.

    A seed that fails names the command that lives through it again.
    """
    weather = kind(seed)
    try:
        weather.run(steps)
        all_ends(weather.stage)
    except BaseException as error:
        again = (
            f"STORM_SEED={seed} STORM_STEPS={steps} pytest {os.path.relpath(__file__)} -k everything_right"
        )
        error.add_note(f"storm {seed}: {again}")
        raise
    return Counter(type(events.decode(record)).__name__ for record in weather.stage.log)


SEEDS = [int(os.environ["STORM_SEED"])] if "STORM_SEED" in os.environ else list(range(6))
STEPS = int(os.environ.get("STORM_STEPS", "80"))


def test_a_storm_leaves_everything_right() -> None:
    seen: Counter[str] = Counter()
    for seed in SEEDS:
        seen += storm(seed, STEPS)
    if len(SEEDS) > 1:
        rare = {
            "RoomKept",
            "AttemptMoved",
            "AttemptProlonged",
            "FactFenced",
            "JobHeld",
            "Captured",
            "HoldExtended",
        }
        assert rare <= set(seen), "the storm was too mild"


def test_brief_jobs_in_a_storm_leave_everything_right() -> None:
    seen: Counter[str] = Counter()
    for seed in range(24) if len(SEEDS) > 1 else SEEDS:
        seen += storm(seed, STEPS, BriefStorm)
    if len(SEEDS) > 1:
        assert {"AttemptStoodBy", "AttemptLetIn", "AttemptProlonged", "RoomKept"} <= set(seen), "too mild"


@pytest.mark.soak
@pytest.mark.parametrize("kind", [Storm, BriefStorm])
def test_a_thousand_storms(kind: type[Storm]) -> None:
    for seed in range(1000, 2000):
        storm(seed, 300, kind)
