"""The agent's brain between a faulty platform, a faulty engine and its own crashes, in virtual time."""

from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_deadlines import Moment
from suanwang.engine.centre_facts import Reading
from suanwang.engine.centre_memory import remember
from suanwang.engine.inputs import AgentReport
from suanwang.model import agent_steps as steps
from suanwang.model.agent_records import AnyRecord, Memory
from suanwang.model.exchange import Orders
from suanwang.model.facts import (
    AnyFact,
    Ended,
    Erased,
    FitShape,
    Started,
    Used,
)
from suanwang.model.job import Alternative, Outcome
from suanwang.model.orders import AnyOrder, Launch, Pause, Prolong, Resume, Stop

SECOND = 1_000_000
NOON = 1_772_424_000 * SECOND
LOST_AFTER_S = 300
DIGEST = "ab" * 32


def launch(number: int, attempt: str, start_s: int = 0, limit_s: int = 100, end_s: int = 10_000) -> Launch:
    return Launch(
        number,
        attempt,
        "train",
        "firm",
        "pool",
        Alternative("A100", 2000, 1, limit_s),
        4,
        1024,
        NOON + start_s * SECOND,
        NOON + end_s * SECOND,
        limit_s,
        "content",
        "",
        True,
        LOST_AFTER_S,
        0,
    )


def at(second: float, steady: float | None = None) -> Moment:
    return Moment(NOON + int(second * SECOND), int((second if steady is None else steady) * SECOND))


def told(agent: CentreAgent) -> list[AnyFact]:
    return agent.memory.facts


def said(orders: tuple[AnyOrder, ...], acknowledged: str = "") -> Orders:
    return Orders(orders, acknowledged)


def steps_of(agent: CentreAgent) -> list[steps.AnyStep]:
    return agent.take()[1]


def begun(limit_s: int = 100, end_s: int = 10_000, interval_s: int = 60) -> CentreAgent:
    """An agent whose only attempt `j.1` runs since second 0."""
    agent = CentreAgent("chengdu", report_interval_s=interval_s)
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", 0, limit_s, end_s),)), 0, at(0))
    agent.prepared("j.1", at(0))
    agent.running("j.1", NOON, at(0))
    agent.take()
    return agent


def test_a_launch_waits_for_its_start_and_for_its_inputs() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", start_s=10),)), 0, at(0))
    assert isinstance(steps_of(agent)[0], steps.Prepare)
    agent.prepared("j.1", at(1))
    agent.tick(at(9))
    assert steps_of(agent) == []
    assert agent.due_at(at(9)) == NOON + 10 * SECOND
    agent.tick(at(10))
    assert [type(step) for step in steps_of(agent)] == [steps.Begin]
    agent.answered(said((launch(1, "j.1", start_s=10), launch(2, "j.1"))), 0, at(11))
    agent.tick(at(12))
    assert steps_of(agent) == []


def test_what_begins_before_the_engine_is_adopted_is_not_prepared_twice() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1"),)), 0, at(0))
    agent.prepared("j.1", at(0))
    agent.take()
    agent.adopted(set(), at(0))
    assert steps_of(agent) == []


@pytest.mark.parametrize("standing", [(), ("j.1",)])
def test_what_the_platform_has_given_up_before_it_began_never_begins(standing: tuple[str, ...]) -> None:
    """An agent that died between order and start comes back, and learns what lives on as it joins."""
    before = CentreAgent("chengdu")
    before.joined(1, 0)
    before.answered(said((launch(1, "j.1"),)), 0, at(0))
    agent = CentreAgent("chengdu", before.memory)
    agent.joined(2, 0, standing)
    agent.prepared("j.1", at(1))
    kinds = [type(step) for step in steps_of(agent)]
    if standing:
        assert kinds == [steps.Prepare, steps.Begin]
        return
    assert kinds == [steps.Prepare, steps.End]
    agent.missing("j.1", at(1))
    agent.prepared("j.1", at(2))
    assert steps_of(agent) == []
    assert told(agent) == [Ended("j.1", NOON + SECOND, "preempted", "fenced")]


def test_the_time_given_ends_at_the_latest_end() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", limit_s=100, end_s=50),)), 0, at(20))
    agent.prepared("j.1", at(20))
    (_, begin) = steps_of(agent)
    assert isinstance(begin, steps.Begin)
    assert begin.limit_s == 30


def test_too_late_to_begin_goes_back() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", end_s=50),)), 0, at(20))
    agent.tick(at(50))
    assert told(agent)[0] == Ended(
        "j.1", NOON + 50 * SECOND, "preempted", "start_failed", note="too late to begin"
    )


def test_limit_of_running_time_leaves_pauses_out() -> None:
    agent = begun(limit_s=100)
    agent.answered(said((Pause(2, "j.1"),)), 30 * SECOND, at(30))
    assert [type(step) for step in steps_of(agent)] == [steps.Halt]
    agent.standing("j.1", NOON + 30 * SECOND, at(30))
    agent.tick(at(150))
    assert steps_of(agent) == []
    agent.answered(said((Resume(3, "j.1"),)), 150 * SECOND, at(150))
    assert [type(step) for step in steps_of(agent)] == [steps.GoOn]
    agent.running("j.1", NOON, at(150))
    agent.tick(at(219))
    assert steps_of(agent) == []
    assert agent.due_at(at(219)) == NOON + 220 * SECOND
    agent.tick(at(220))
    assert steps_of(agent) == [steps.End("j.1", 0)]
    agent.over("j.1", NOON + 220 * SECOND, "killed", "cancelled", 137)
    agent.collected("j.1", "")
    ended = told(agent)[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.reason) == ("killed", "limit_time")


def test_no_interval_of_usage_has_a_pause_within() -> None:
    agent = begun(limit_s=1000)
    agent.metered("j.1", Reading("m", NOON, NOON + 10 * SECOND, 2000 * 10), at(10))
    agent.standing("j.1", NOON + 20 * SECOND, at(21))
    agent.metered("j.1", Reading("m", NOON, NOON + 25 * SECOND, 2000 * 20), at(25))
    agent.metered("j.1", Reading("m", NOON, NOON + 400 * SECOND, 2000 * 20), at(400))
    agent.running("j.1", NOON, at(500))
    agent.metered("j.1", Reading("m", NOON, NOON + 600 * SECOND, 2000 * 120), at(600))
    agent.standing("j.1", NOON + 610 * SECOND, at(610))
    agent.metered("j.1", Reading("m", NOON, NOON + 700 * SECOND, 2000 * 130), at(700), last=True)
    used = [fact for fact in told(agent) if isinstance(fact, Used)]
    assert [((one.from_at - NOON) // SECOND, (one.to_at - NOON) // SECOND) for one in used] == [
        (0, 20),
        (500, 600),
        (600, 610),
    ]


def test_what_was_metered_once_is_laid_beside_all_pauses() -> None:
    agent = begun(limit_s=1000)
    for pause_s, again_s in ((20, 100), (130, 500)):
        agent.standing("j.1", NOON + pause_s * SECOND, at(pause_s))
        agent.running("j.1", NOON, at(again_s))
    agent.metered("j.1", Reading("m", NOON, NOON + 510 * SECOND, 2000 * 45), at(510), last=True)
    used = [fact for fact in told(agent) if isinstance(fact, Used)]
    assert [((one.from_at - NOON) // SECOND, (one.to_at - NOON) // SECOND) for one in used] == [
        (15, 20),
        (100, 130),
        (500, 510),
    ]


def test_more_time_moves_limit_and_end() -> None:
    agent = begun(limit_s=100, end_s=110)
    agent.answered(said((Prolong(2, "j.1", 200, NOON + 250 * SECOND),)), 90 * SECOND, at(90))
    assert steps_of(agent) == [steps.GiveTime("j.1", 200)]
    agent.tick(at(199))
    assert steps_of(agent) == []
    agent.tick(at(200))
    assert steps_of(agent) == [steps.End("j.1", 0)]


def test_silence_fences_by_the_steady_clock_whatever_the_calendar_says() -> None:
    agent = begun(limit_s=9_000, end_s=50_000)
    agent.answered(said(()), 50 * SECOND, at(60))  # sent at 50, acknowledged at 60
    agent.tick(Moment(NOON + 9_000 * SECOND, 349 * SECOND))
    assert steps_of(agent) == []
    agent.tick(Moment(NOON + 60 * SECOND, 350 * SECOND))
    assert steps_of(agent) == [steps.End("j.1", 0)]
    agent.over("j.1", NOON + 60 * SECOND, "killed", "cancelled", 137)
    agent.collected("j.1", "")
    ended = told(agent)[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.reason) == ("preempted", "fenced")


def test_nothing_begins_past_the_fence() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", start_s=400),)), 0, at(0))
    agent.prepared("j.1", at(1))
    agent.take()
    agent.tick(at(400))
    assert steps_of(agent) == []
    ended = told(agent)[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.reason) == ("preempted", "fenced")


def test_a_stop_before_the_start_ends_it_and_one_for_a_stranger_is_answered() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    orders = (launch(1, "j.1"), Stop(2, "j.1", "cancelled", 30), Stop(3, "k.1", "fenced", 0))
    agent.answered(said(orders), 0, at(0))
    agent.prepared("j.1", at(1))
    agent.tick(at(1))
    assert not any(isinstance(step, steps.Begin) for step in steps_of(agent))
    reasons = [(fact.attempt, fact.outcome, fact.reason) for fact in told(agent) if isinstance(fact, Ended)]
    assert reasons == [("j.1", "killed", "cancelled"), ("k.1", "preempted", "fenced")]


def test_what_does_not_fit_now_is_given_back() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1"),)), 0, at(0))
    agent.prepared("j.1", at(0))
    agent.declined("j.1", True, "does not fit now", at(0))
    ended = told(agent)[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.reason) == ("failure", "does_not_fit")


def test_usage_comes_by_interval_and_at_the_end() -> None:
    agent = begun(interval_s=60)
    for second in range(5, 91, 5):  # two devices: 2,000 milli-device-seconds a second
        agent.metered(
            "j.1", Reading("m", NOON, NOON + second * SECOND, second * 2000, second * 3600), at(second)
        )
    agent.metered("j.1", Reading("m", NOON, NOON + 92 * SECOND, 92 * 2000, 92 * 3600), at(92), last=True)
    used = [fact for fact in told(agent) if isinstance(fact, Used)]
    assert [((one.from_at - NOON) // SECOND, (one.to_at - NOON) // SECOND, one.milli) for one in used] == [
        (0, 60, 2000),
        (60, 92, 2000),
    ]
    assert [one.energy_wh for one in used] == [60, 32]


def test_a_report_stays_as_it_is_until_it_is_acknowledged_and_then_scratch_is_erased() -> None:
    agent = begun()
    first = agent.next_report()
    assert first is not None
    assert (first.id, first.facts) == ("report/chengdu/1/1", (Started("j.1", NOON),))
    agent.over("j.1", NOON + 5 * SECOND, "success", "", 0)
    agent.collected("j.1", "outputs")
    assert agent.next_report() == first
    agent.answered(said((), "report/chengdu/1/0"), SECOND, at(6))
    assert agent.next_report() == first
    agent.answered(said((), first.id), SECOND, at(6))
    second = agent.next_report()
    assert second is not None
    assert second.id == "report/chengdu/1/2"
    agent.take()
    agent.answered(said((), second.id), SECOND, at(7))
    assert steps_of(agent) == [steps.Erase("j.1")]
    agent.erased("j.1", 3, 300, at(8))
    third = agent.next_report()
    assert third is not None
    agent.answered(said((), third.id), SECOND, at(9))
    assert agent.idle


def test_a_report_that_is_refused_goes_one_fact_at_a_time() -> None:
    agent = begun()
    agent.over("j.1", NOON + 5 * SECOND, "success", "", 0)
    agent.collected("j.1", "")
    whole = agent.next_report()
    assert whole is not None
    assert len(whole.facts) == 2
    assert agent.report_refused(whole.id) == []
    one = agent.next_report()
    assert one is not None
    assert (len(one.facts), one.id) == (1, "report/chengdu/1/2")
    assert agent.report_refused(one.id) == [Started("j.1", NOON)]
    other = agent.next_report()
    assert other is not None
    agent.answered(said((), other.id), SECOND, at(7))
    assert agent.next_report() is None


def test_fits_are_told_when_they_change_and_again_in_a_new_session() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.usable([FitShape("pool", 2000, 1)])
    report = agent.next_report()
    assert report is not None
    assert report.fits == (FitShape("pool", 2000, 1),)
    agent.answered(said((), report.id), 0, at(0))
    agent.usable([FitShape("pool", 2000, 1)])
    assert agent.next_report() is None
    agent.joined(2, 0)
    again = agent.next_report()
    assert again is not None
    assert again.id == "report/chengdu/2/1"
    agent.drain(at(1))
    agent.answered(said((launch(1, "j.1"),), again.id), 0, at(1))
    last = agent.next_report()
    assert last is not None
    assert last.fits == ()
    assert isinstance(last.facts[0], Ended)
    assert last.facts[0].reason == "does_not_fit"


# ---------------------------------------------------------------- a walk through faults


class Life(msgspec.Struct):
    """One attempt as the engine has it. Running time in microseconds by the steady clock."""

    begun_at: int
    begun_us: int
    limit_s: int
    lasts_us: int
    ran_us: int = 0
    since_us: int | None = None
    ended: tuple[int, Outcome, str, int] | None = None
    cleaned: bool = False


DECODER = msgspec.json.Decoder(AnyRecord)


def replayed(disk: list[bytes]) -> Memory:
    memory = Memory()
    for line in disk:
        memory = remember(memory, DECODER.decode(line))
    return memory


class World:
    """Platform, engine and disk around the brain. The brain may die at any point; these do not."""

    def __init__(self, lasts: list[int]) -> None:
        self.at, self.steady = NOON, 0
        self.lasts = lasts
        self.disk: list[bytes] = []
        self.lives: dict[str, Life] = {}
        self.orders: list[AnyOrder] = []
        self.reports: dict[str, AgentReport] = {}
        self.facts: list[AnyFact] = []
        self.under_way: list[tuple[int, int, AgentReport | None]] = []
        self.answers: list[tuple[int, Orders]] = []
        self.session = 0
        self.heard_us: int | None = None
        self.starts: dict[str, int] = {}
        self.agent = CentreAgent("chengdu", report_interval_s=30)
        self.adopt_due = True
        self.restart()

    @property
    def moment(self) -> Moment:
        return Moment(self.at, self.steady)

    # -- the agent's body: records first, then steps

    def settle(self, crash_after: int | None = None) -> None:
        """Journal, then act; a crash comes after so many of both together."""
        done = 0
        while True:
            records, todo = self.agent.take()
            if not records and not todo:
                return None
            for record in records:
                if done == crash_after:
                    return self.restart()
                self.disk.append(msgspec.json.encode(record))
                done += 1
            for step in todo:
                if done == crash_after:
                    return self.restart()
                self.act(step)
                done += 1

    def act(self, step: steps.AnyStep) -> None:
        agent, name = self.agent, step.attempt
        life = self.lives.get(name)
        match step:
            case steps.Prepare():
                agent.prepared(name, self.moment)
            case steps.Begin():
                assert self.agent.memory.works[name].phase == "begun"  # the intention is on disk
                if life is None:
                    lasts = self.lasts[len(self.lives) % len(self.lasts)] * SECOND
                    self.lives[name] = Life(self.at, self.steady, step.limit_s, lasts, 0, self.steady)
                    self.starts[name] = self.starts.get(name, 0) + 1
            case steps.End():
                if life is None:
                    agent.missing(name, self.moment)
                elif life.ended is None:
                    self.end(life, "killed", "cancelled")
            case steps.Halt():
                if life is not None and life.ended is None and life.since_us is not None:
                    life.ran_us, life.since_us = self.ran(life), None
            case steps.GoOn():
                if life is not None and life.ended is None and life.since_us is None:
                    life.since_us = self.steady
            case steps.GiveTime():
                if life is not None:
                    life.limit_s = step.limit_s
            case steps.Collect():
                if step.checkpoint:
                    agent.saved(name, DIGEST, self.moment)
                agent.collected(name, DIGEST)
            case steps.Erase():
                if life is not None:
                    life.cleaned = True
                agent.erased(name, 1, 1, self.moment)

    # -- the engine

    def ran(self, life: Life) -> int:
        return life.ran_us + (self.steady - life.since_us if life.since_us is not None else 0)

    def end(self, life: Life, outcome: Outcome, cause: str) -> None:
        life.ran_us, life.since_us = self.ran(life), None
        life.ended = (self.at, outcome, cause, life.ran_us)

    def advance(self) -> None:
        for life in self.lives.values():
            limit_us = min(life.lasts_us, life.limit_s * SECOND)
            if life.ended is None and life.since_us is not None and self.ran(life) >= limit_us:
                limited = limit_us < life.lasts_us
                self.end(life, "killed" if limited else "success", "limit_time" if limited else "")

    def poll(self) -> None:
        self.advance()
        for name, life in self.lives.items():
            if life.cleaned:
                continue
            if life.since_us is not None or life.ended:
                self.agent.running(name, life.begun_at, self.moment)
            else:
                self.agent.standing(name, self.at, self.moment)
            until = life.ended[0] if life.ended else self.at
            mds = 2 * (life.ended[3] if life.ended else self.ran(life)) // 1000
            reading = Reading("m", life.begun_at, until, mds)
            self.agent.metered(name, reading, self.moment, life.ended is not None)
            if life.ended is not None:
                when, outcome, cause, _ = life.ended
                self.agent.over(name, when, outcome, cause, 0)

    # -- the platform

    def send(self) -> None:
        if self.session:
            self.under_way.append((self.steady, self.agent.memory.seen_order, self.agent.next_report()))

    def receive(self, index: int) -> None:
        """A request reaches the platform (perhaps twice); its answer is under way."""
        if self.under_way:
            sent_us, seen, report = self.under_way[index % len(self.under_way)]
            done = ""
            if report is not None and report.session == self.session:
                known = self.reports.setdefault(report.id, report)
                assert known == report  # the same id, the same body
                if known is report:
                    self.facts += report.facts
                done = report.id
            elif report is not None:
                return
            standing = tuple(order for order in self.orders if order.number > seen)
            self.answers.append((sent_us, said(standing, done)))

    def hear(self, index: int, again: bool) -> None:
        if self.answers:
            at_index = index % len(self.answers)
            sent_us, orders = self.answers[at_index] if again else self.answers.pop(at_index)
            self.heard_us = max(sent_us, self.heard_us or 0)
            self.agent.answered(orders, sent_us, self.moment)

    def restart(self) -> None:
        """The agent dies and comes back: its memory is what is on disk."""
        self.agent = CentreAgent("chengdu", replayed(self.disk), self.heard_us, report_interval_s=30)
        self.session = 0
        self.under_way.clear()
        self.answers.clear()
        self.poll()
        self.agent.adopted({name for name, life in self.lives.items() if not life.cleaned}, self.moment)
        self.agent.tick(self.moment)
        self.settle()

    def join(self) -> None:
        if not self.session:
            self.session = self.agent.memory.session + 1
            self.heard_us = self.steady
            self.agent.joined(self.session, self.steady)
            self.settle()

    def check_fence(self) -> None:
        """At every step of time: whatever runs has been heard of not too long ago."""
        heard = self.heard_us if self.heard_us is not None else self.steady
        for name, life in self.lives.items():
            assert life.ended or self.steady < heard + LOST_AFTER_S * SECOND, name

    def pass_time(self, seconds: int, jump: int) -> None:
        """Time passes as the brain asks to be woken; the calendar may jump."""
        end = self.steady + seconds * SECOND
        self.at += jump * SECOND
        while self.steady < end:
            due = self.agent.due_at(self.moment)
            left = end - self.steady
            ends = [
                min(life.lasts_us, life.limit_s * SECOND) - self.ran(life)
                for life in self.lives.values()
                if life.ended is None and life.since_us is not None
            ]
            step = max(1, min(left, *ends, left if due is None else due - self.at))
            self.steady += step
            self.at += step
            self.agent.tick(self.moment)
            self.settle()
            self.check_fence()
            self.poll()
            self.settle()


ACTIONS = st.lists(
    st.one_of(
        st.tuples(st.just("launch"), st.integers(0, 3), st.integers(-5, 120)),
        st.tuples(st.just("stop"), st.integers(0, 9), st.sampled_from(["cancelled", "preempted", "fenced"])),
        st.tuples(st.just("turn"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("prolong"), st.integers(0, 9), st.integers(50, 300)),
        st.tuples(st.just("send"), st.just(0), st.just(0)),
        st.tuples(st.just("receive"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("hear"), st.integers(0, 9), st.booleans()),
        st.tuples(st.just("crash"), st.integers(0, 12), st.just(0)),
        st.tuples(st.just("time"), st.integers(1, 90), st.sampled_from([0, 0, 0, 3600, -3600])),
        st.tuples(st.just("poll"), st.just(0), st.just(0)),
    ),
    max_size=60,
)


def do(world: World, action: tuple[str, int, int | bool | str]) -> None:
    kind, first, second = action
    number = len(world.orders) + 1
    named = sorted({order.attempt for order in world.orders})
    name = named[first % len(named)] if named else ""
    match kind:
        case "launch":
            start = (world.at - NOON) // SECOND + int(second)
            world.orders.append(launch(number, f"j{len(named)}.1", start, 60 + 40 * first, start + 400))
        case "stop" if name:
            world.orders.append(Stop(number, name, str(second), 10))
        case "turn" if name:
            world.orders.append(Resume(number, name) if second else Pause(number, name))
        case "prolong" if name:
            at_us = world.at + int(second) * SECOND
            world.orders.append(Prolong(number, name, int(second), at_us))
        case "send":
            world.join()
            world.send()
        case "receive":
            world.receive(first)
            if second:
                world.receive(first)
        case "hear":
            world.hear(first, bool(second))
            world.settle()
        case "crash":
            world.join()
            world.send()
            world.receive(-1)
            world.hear(-1, False)
            world.settle(crash_after=first)
        case "time":
            world.pass_time(first, int(second))
        case "poll":
            world.poll()
            world.settle()
        case _:
            pass


def finish(world: World) -> None:
    """The faults are over: all is brought to its end and told."""
    for _ in range(400):
        world.join()
        world.send()
        world.receive(-1)
        world.hear(-1, False)
        world.settle()
        world.pass_time(20, 0)
        if world.agent.idle and world.agent.memory.seen_order == len(world.orders):
            return
    raise AssertionError(world.agent.memory)


def check_story(world: World) -> None:
    """What the platform was told of each attempt, once doubles are taken out."""
    for name in {order.attempt for order in world.orders if isinstance(order, Launch)}:
        facts = [
            fact
            for fact in dict.fromkeys(world.facts)
            # a stop may come for an attempt that is told and forgotten
            if fact.attempt == name
            and not (isinstance(fact, Ended) and fact.note == "not known to the agent")
        ]
        assert world.starts.get(name, 0) <= 1
        assert sum(isinstance(fact, Started) for fact in facts) == (name in world.lives)
        assert sum(isinstance(fact, Ended) for fact in facts) == 1, facts
        assert sum(isinstance(fact, Erased) for fact in facts) == 1
        assert isinstance(facts[-1], Erased)
        assert isinstance(facts[-2], Ended)
        used = [fact for fact in facts if isinstance(fact, Used)]
        assert all(one.from_at < one.to_at for one in used)
        assert all(one.to_at <= other.from_at for one, other in pairwise(used))
        total = sum(one.to_at - one.from_at for one in used)
        life = world.lives.get(name)
        assert total <= (life.ended[3] if life and life.ended else 0)


@settings(max_examples=300, deadline=None)
@given(ACTIONS, st.lists(st.integers(1, 200), min_size=1, max_size=3))
def test_whatever_happens_each_attempt_runs_once_and_all_is_told(
    actions: list[tuple[str, int, int | bool | str]], lasts: list[int]
) -> None:
    world = World(lasts)
    for action in actions:
        do(world, action)
    assert replayed(world.disk) == world.agent.memory
    finish(world)
    check_story(world)


def test_without_faults_the_whole_running_time_is_told() -> None:
    world = World([75])
    world.orders.append(launch(1, "j0.1", 0, 100, 400))
    finish(world)
    used = [fact for fact in dict.fromkeys(world.facts) if isinstance(fact, Used)]
    assert sum(one.to_at - one.from_at for one in used) == 75 * SECOND
    assert len(used) >= 2
