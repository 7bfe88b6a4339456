"""A modelled centre: the brain of a real agent (`engine.centre_agent`) around a modelled machine.

The wire is perfect unless the centre is away. There is nothing to fetch and nothing to collect. In one
instant the machine goes first, then the brain, then its report.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.engine.centre_facts import Reading
from suanwang.engine.centre_patience import Patience, next_session
from suanwang.engine.inputs import AgentReport, AnyInput, JoinCentre
from suanwang.model import agent_steps as steps
from suanwang.model.exchange import Orders
from suanwang.model.facts import Erased, Started
from suanwang.model.orders import AnyOrder
from suanwang.runtime.writer import Ticket
from suanwang.simulator.calendar import Calendar
from suanwang.simulator.machine import EXIT_CODES, SECOND_US, Machine

METER = "modelled"
PATIENCE_US: dict[type, int] = {Started: 60 * SECOND_US, Erased: 900 * SECOND_US}
"""That an attempt has begun, or was erased, is told this late at most."""
NEVER_S = 10**9
"""Usage is told when an attempt pauses or ends; the simulation needs no readings between."""
TURNS = 3
"""A centre has so many turns in an instant: machine, brain, report."""
Send = Callable[[AnyInput, Callable[[Ticket], None]], object]
Fetch = Callable[[str, int], Sequence[AnyOrder]]


class Manner(NamedTuple):
    """How a modelled agent goes about. `delay_us`: how late its reports arrive, after its patience is over.

    `erase_us`: how long what an attempt leaves waits for more to erase. `tells_fits`: reports what gangs fit,
    whenever that changes.
    """

    delay_us: int = 0
    patience_us: Mapping[type, int] = PATIENCE_US
    erase_us: int = 0
    tells_fits: bool = False


AT_ONCE = Manner()


class ModelledCentre:
    """`send` puts an input in the platform's inbox, `fetch(centre, after)` reads the orders that stand."""

    def __init__(
        self,
        name: str,
        machine: Machine,
        calendar: Calendar,
        send: Send,
        fetch: Fetch,
        manner: Manner = AT_ONCE,
    ) -> None:
        self.name, self.machine, self.calendar = name, machine, calendar
        self.send, self.fetch, self.manner = send, fetch, manner
        self.agent = CentreAgent(name, report_interval_s=NEVER_S)
        self.patience = Patience(manner.patience_us)
        self.sending = self.waking = self.pumping = self.away = False
        self.tick_at: int | None = None
        self.now = Moment(calendar.at, calendar.at)
        self.report_at: int | None = None
        self.unerased: list[str] = []
        self.brain_turn, self.report_turn = machine.turn + 1, machine.turn + 2
        machine.listener = self

    def moment(self) -> Moment:
        """Now, by both clocks."""
        if self.now.at != self.calendar.at:
            self.now = Moment(self.calendar.at, self.calendar.at)
        return self.now

    def join(self) -> None:
        """A new session begins."""
        session = next_session(self.agent.memory.session, self.calendar.at)
        self.agent.joined(session, self.calendar.at)
        self.send(JoinCentre(f"{self.name}/join/{session}", self.name, session), lambda ticket: None)
        self.pump()

    def wake(self) -> None:
        """There are orders."""
        if not self.waking and not self.away:
            self.waking = True
            self.calendar.call_soon(self.take_orders, self.brain_turn)

    def take_orders(self) -> None:
        """Fetches what it has not seen."""
        self.waking = False
        if not self.away:
            self.heard("")

    def heard(self, acknowledged: str) -> None:
        """The platform answers: the report that it has, and the orders that stand."""
        self.machine.hear()
        orders = tuple(self.fetch(self.name, self.agent.memory.seen_order))
        self.agent.answered(Orders(orders, acknowledged, self.calendar.at), self.calendar.at, self.moment())
        self.pump()

    def pump(self) -> None:
        """Takes the steps that the brain asks for, until it asks for none; then reports."""
        agent, moment = self.agent, self.moment()
        self.pumping = True
        while wanted := agent.take()[1]:
            for step in wanted:
                self.carry_out(step, moment)
        self.pumping = False
        if self.manner.tells_fits:
            agent.usable(self.machine.fits())
        if not self.sending:
            self.expect_report()
        due_at = agent.due_us()  # one clock here: steady instants are the calendar's
        if due_at is not None and (self.tick_at is None or due_at < self.tick_at):
            self.tick_at = max(due_at, moment.at)
            self.calendar.call_at(self.tick_at, self.tick, self.brain_turn)

    def tick(self) -> None:
        """Time has passed for the brain. A real one would have asked for orders in the meantime."""
        if self.tick_at != self.calendar.at:
            return  # another tick came before it
        self.tick_at = None
        if not self.away:
            self.machine.hear()
            self.agent.hear(self.calendar.at)
        self.agent.tick(self.moment())
        self.pump()

    def carry_out(self, step: steps.AnyStep, moment: Moment) -> None:
        """One step."""
        agent, machine, attempt = self.agent, self.machine, step.attempt
        match step:
            case steps.Prepare():
                agent.prepared(attempt, moment)
            case steps.Begin():
                if not machine.launch(step.launch, step.limit_s):
                    agent.declined(attempt, True, "no nodes are free for it", moment)
            case steps.Collect():
                agent.collected(attempt, "")
            case steps.Erase():
                self.erase_later(attempt, moment)
            case steps.End():
                machine.stop(attempt, step.grace_s * SECOND_US)
            case steps.Halt():
                machine.halt(attempt)
            case steps.GoOn():
                machine.go_on(attempt)
            case steps.GiveTime():
                machine.give_time(attempt, step.limit_s)

    def erase_later(self, attempt: str, moment: Moment) -> None:
        """Erases it, with what else there is to erase by then."""
        if not self.manner.erase_us:
            self.agent.erased(attempt, 0, 0, moment)
            return
        if not self.unerased:
            self.calendar.call_at(self.calendar.at + self.manner.erase_us, self.erase, self.brain_turn)
        self.unerased.append(attempt)

    def erase(self) -> None:
        """Erases what waits for it."""
        unerased, self.unerased = self.unerased, []
        for attempt in unerased:
            self.agent.erased(attempt, 0, 0, self.moment())
        self.pump()

    def read_meter(self, attempt: str, last: bool) -> None:
        """Tells the brain what the machine's meter says now."""
        run, at = self.machine.runs[attempt], self.calendar.at
        if run.spans:
            held = -(-run.ran_us(at) * run.launch.resources.milli // SECOND_US)
            reading = Reading(METER, run.spans[0][0], run.spans[-1][1] if run.ended_at else at, held)
            self.agent.metered(attempt, reading, self.moment(), last)

    def started(self, attempt: str) -> None:
        """See `machine.Listener`."""
        self.agent.running(attempt, self.machine.runs[attempt].spans[0][0], self.moment())
        self.pump_soon()

    def halted(self, attempt: str) -> None:
        """See `machine.Listener`."""
        self.read_meter(attempt, True)
        self.agent.standing(attempt, self.calendar.at, self.moment())
        self.pump_soon()

    def ended(self, attempt: str) -> None:
        """See `machine.Listener`: its usage, then its end."""
        run = self.machine.runs[attempt]
        assert run.outcome is not None
        self.read_meter(attempt, True)
        code = EXIT_CODES.get(run.outcome)
        self.agent.over(attempt, run.ended_at, self.moment(), run.outcome, run.cause, code)
        self.pump_soon()

    def pump_soon(self) -> None:
        """In this instant, once: several attempts may begin or end in it."""
        if not self.pumping and self.tick_at != self.calendar.at:
            self.tick_at = self.calendar.at
            self.calendar.call_soon(self.tick, self.brain_turn)

    def expect_report(self) -> None:
        """Ends are told in this instant; what can wait is told with the next end, or after a while."""
        until_us = self.patience.until_us(self.agent, self.calendar.at)
        if until_us is not None:
            at = max(until_us + self.manner.delay_us, self.calendar.at)
            if self.report_at is None or at < self.report_at:
                self.report_at = at
                self.calendar.call_at(at, self.report, self.report_turn)

    def report(self) -> None:
        """Sends what there is to tell; while the centre is away it waits for its return."""
        if self.report_at != self.calendar.at:
            return  # another report went before it
        self.report_at = None
        until_us = self.patience.until_us(self.agent, self.calendar.at)
        if self.sending or self.away or until_us is None:
            return
        if until_us > self.calendar.at:
            self.expect_report()
            return
        report = self.agent.next_report()
        assert report is not None
        self.patience.told()
        self.sending = True
        self.send(report, self.answered)

    def answered(self, ticket: Ticket) -> None:
        """The report is durable, or refused."""
        self.sending = False
        assert isinstance(ticket.given, AgentReport)
        if ticket.error is None:
            self.heard(ticket.given.id)
        else:
            self.agent.report_refused(ticket.given.id)
            self.pump()

    def vanish(self) -> None:
        """Nobody can reach it; what runs there runs on, while its patience lasts."""
        self.away = True
        self.machine.lose_patience()

    def come_back(self) -> None:
        """It is there again, under a new session, and says what happened meanwhile."""
        self.away = False
        self.join()
        self.wake()
