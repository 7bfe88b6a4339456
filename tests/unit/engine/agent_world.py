"""Platform, engine and disk around a centre's agent, in virtual time: the stage of its walk."""

import msgspec
from tests.unit.engine.brain import DIGEST, LOST_AFTER_S, NOON, SECOND

from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.engine.centre_facts import Reading
from suanwang.engine.centre_memory import remember
from suanwang.engine.centre_restart import adopt
from suanwang.engine.inputs import AgentReport
from suanwang.model import agent_steps as steps
from suanwang.model.agent_records import AnyRecord, Memory
from suanwang.model.exchange import Orders
from suanwang.model.facts import AnyFact
from suanwang.model.job import Outcome
from suanwang.model.orders import AnyOrder


class Life(msgspec.Struct):
    """One attempt as the engine has it. Running time in microseconds by the steady clock."""

    begun_at: int
    begun_us: int
    limit_s: int
    lasts_us: int
    ran_us: int = 0
    since_us: int | None = None
    ended: tuple[int, Outcome, str, int] | None = None
    ended_us: int = 0
    cleaned: bool = False


DECODER = msgspec.json.Decoder(AnyRecord)


def replayed(disk: list[bytes]) -> Memory:
    memory = Memory()
    for line in disk:
        memory = remember(memory, DECODER.decode(line))
    return memory


class World:
    """Platform, engine and disk around the brain. The brain may die at any point; these do not.

    `at`: the machine's wall clock, by which its engine writes; `steady`: the time that truly passes, which
    the agent's steady clock counts from `booted_us`; the platform's clock is `lead_us` ahead of it and noon.
    """

    def __init__(self, lasts: list[int]) -> None:
        self.at, self.steady, self.booted_us, self.lead_us = NOON, 0, 0, 0
        self.given: dict[str, int] = {}
        self.let_in: set[str] = set()
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
        self.agent = CentreAgent("chengdu", report_interval_s=30, boot="0")
        self.adopt_due = True
        self.restart()

    @property
    def moment(self) -> Moment:
        return Moment(self.at, self.steady - self.booted_us)

    @property
    def platform_at(self) -> int:
        return NOON + self.steady + self.lead_us

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
        life.ended, life.ended_us = (self.at, outcome, cause, life.ran_us), self.steady

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
                self.agent.over(name, when, self.moment, outcome, cause, 0)

    # -- the platform

    def send(self) -> None:
        if self.session:
            self.under_way.append(
                (self.moment.steady_us, self.agent.memory.seen_order, self.agent.next_report())
            )

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
            self.answers.append((sent_us, Orders(standing, done, self.platform_at)))

    def hear(self, index: int, again: bool) -> None:
        if self.answers:
            at_index = index % len(self.answers)
            sent_us, orders = self.answers[at_index] if again else self.answers.pop(at_index)
            self.heard_us = max(sent_us, self.heard_us if self.heard_us is not None else sent_us)
            self.agent.answered(orders, sent_us, self.moment)

    def reboot(self) -> None:
        """The machine of the agent is started anew; its engine runs elsewhere, and goes on."""
        if self.heard_us is not None:
            self.heard_us -= self.steady - self.booted_us
        self.booted_us = self.steady
        self.restart()

    def restart(self) -> None:
        """The agent dies and comes back: its memory is what is on disk."""
        self.agent = CentreAgent(
            "chengdu", replayed(self.disk), self.heard_us, report_interval_s=30, boot=str(self.booted_us)
        )
        self.session = 0
        self.under_way.clear()
        self.answers.clear()
        self.poll()
        adopt(self.agent, {name for name, life in self.lives.items() if not life.cleaned}, self.moment)
        self.agent.tick(self.moment)
        self.settle()

    def join(self) -> None:
        if not self.session:
            self.session = self.agent.memory.session + 1
            self.heard_us = self.moment.steady_us
            clock = Moment(self.platform_at, self.heard_us)
            self.agent.joined(self.session, self.heard_us, clock=clock)
            self.settle()

    def check_fence(self) -> None:
        """At every step of time: whatever runs has been heard of not too long ago."""
        heard = self.booted_us + self.heard_us if self.heard_us is not None else self.steady
        for name, life in self.lives.items():
            assert life.ended or self.steady < heard + LOST_AFTER_S * SECOND, name

    def pass_time(self, seconds: int, jump: int) -> None:
        """Time passes as the brain asks to be woken; the calendar may jump."""
        end = self.steady + seconds * SECOND
        self.at += jump * SECOND
        while self.steady < end:
            due_us = self.agent.due_us()
            left = end - self.steady
            ends = [
                min(life.lasts_us, life.limit_s * SECOND) - self.ran(life)
                for life in self.lives.values()
                if life.ended is None and life.since_us is not None
            ]
            due = left if due_us is None else self.booted_us + due_us - self.steady
            step = max(1, min(left, *ends, due))
            self.steady += step
            self.at += step
            self.agent.tick(self.moment)
            self.settle()
            self.check_fence()
            self.poll()
            self.settle()
