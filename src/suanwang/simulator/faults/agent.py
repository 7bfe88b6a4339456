"""An agent that dies between any two steps: the brain of the real one, a journal that is all it leaves."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.engine.centre_facts import Reading
from suanwang.engine.centre_restart import adopt
from suanwang.engine.inputs import JoinCentre
from suanwang.model import agent_steps as steps
from suanwang.model.exchange import Exchange, Orders
from suanwang.simulator.calendar import Action
from suanwang.simulator.faults.journal import Died, Journal
from suanwang.simulator.faults.plan import SECOND_US
from suanwang.simulator.faults.server import Refused, Reply, TakenIn
from suanwang.simulator.machine import EXIT_CODES, Machine, Run

if TYPE_CHECKING:
    from suanwang.simulator.faults.world import World

TIMEOUT_US = 30 * SECOND_US
"""An answer that takes longer is not taken for one: what it proves is too old."""
WAIT_S = 25
RETRY_US = 3 * SECOND_US
READ_US = 120 * SECOND_US


class FaultyAgent:
    """`journal`: what is on its disk. `life`: number of the process; what an earlier one began is void."""

    def __init__(self, world: "World", name: str, machine: Machine) -> None:
        self.world, self.name, self.machine = world, name, machine
        self.journal = Journal(world.dice)
        self.erased: set[str] = set()
        self.past: list[tuple[str, Run]] = []
        self.life = 0
        self.offsets = [(self.world.calendar.at, 0)]
        self.booted_at, self.boots = self.world.calendar.at, 1
        self.alive = self.engine_away = self.gone = False
        self.waiting: list[steps.AnyStep] = []
        self.deaths = 0

    # ------------------------------------------------------------ its life

    def start(self) -> None:
        """A new process: remembers, adopts what runs, joins."""
        if self.alive or self.gone:
            return
        self.alive, self.life = True, self.life + 1
        self.agent = CentreAgent(self.name, self.journal.read(), self.heard_us(), boot=f"boot-{self.boots}")
        self.session = 0
        self.asking = self.polling = self.ticking = False
        self.tick_at: int | None = None
        self.waiting = []
        self.guarded(self.adopt)
        life = self.life
        self.later(0, self.join)
        self.later(READ_US, self.read_all)
        assert life == self.life

    def heard_us(self) -> int | None:
        """What is on its disk of when it was last heard; of an earlier boot by its wall clock, see `Home`."""
        if self.world.dice.happens(0.1):
            return None
        heard_at = self.machine.heard_at
        if heard_at >= self.booted_at:
            return heard_at - self.booted_at
        return self.moment().steady_us - max(0, self.moment().at - self.wall_at(heard_at))

    def later(self, in_us: int, action: Action) -> None:
        """Does something in this life, unless it is over by then."""
        life = self.life

        def act() -> None:
            if self.alive and self.life == life:
                self.guarded(action)

        self.world.calendar.call_at(self.world.calendar.at + in_us, act)

    def guarded(self, action: Action) -> None:
        """Does something; the process may die of it."""
        try:
            action()
        except Died:
            self.die()

    def die(self) -> None:
        """The process is gone; its machine runs on."""
        self.alive = False
        self.machine.listener = None
        self.deaths += 1
        weather = self.world.weather
        self.world.after(1, 5 if weather.quick else 400, self.start)
        if self.world.dice.happens(weather.reboot):
            self.booted_at, self.boots = self.world.calendar.at, self.boots + 1

    def perhaps_die(self) -> None:
        """Between any two steps."""
        if self.world.dice.happens(self.world.weather.agent_crash / 4):
            raise Died

    def moment(self) -> Moment:
        """Its wall clock may be wrong, its steady clock is not."""
        at = self.world.calendar.at
        return Moment(self.wall_at(at), at - self.booted_at)

    def jump(self, by_us: int) -> None:
        """Its wall clock, and its engine's, is set anew."""
        self.offsets.append((self.world.calendar.at, self.offsets[-1][1] + by_us))

    def wall_at(self, at: int) -> int:
        """What its wall clock said at an instant, as an engine writes it down then."""
        return at + next(offset_us for since_at, offset_us in reversed(self.offsets) if since_at <= at)

    # ------------------------------------------------------------ the engine

    def adopt(self) -> None:
        """Takes up what the machine has."""
        if self.engine_away:
            return
        self.machine.listener = self
        for attempt in self.agent.live:
            self.tell_state(attempt)
        known = [name for name in self.machine.runs if name not in self.erased]
        adopt(self.agent, known, self.moment())
        self.pump()

    def tell_state(self, attempt: str) -> None:
        """Tells the brain what the machine knows of an attempt."""
        run = self.machine.runs.get(attempt)
        if run is None or attempt in self.erased:
            return
        match run.state:
            case "ended":
                self.tell_end(attempt)
            case "running":
                self.agent.running(attempt, self.wall_at(run.spans[0][0]), self.moment())
            case "paused":
                self.agent.standing(attempt, self.wall_at(run.spans[-1][1]), self.moment())
            case "starting":
                pass

    def tell_end(self, attempt: str) -> None:
        """Its last reading, and how it ended."""
        run = self.machine.runs[attempt]
        assert run.outcome is not None
        self.read(attempt, last=True)
        code = EXIT_CODES.get(run.outcome)
        self.agent.over(attempt, self.wall_at(run.ended_at), self.moment(), run.outcome, run.cause, code)

    def read(self, attempt: str, last: bool) -> None:
        """Reads the meter of an attempt."""
        run, at = self.machine.runs[attempt], self.world.calendar.at
        if run.spans:
            held = run.ran_us(at) * run.launch.resources.milli // SECOND_US
            until_at = self.wall_at(run.ended_at if run.state == "ended" else at)
            reading = Reading("modelled", self.wall_at(run.spans[0][0]), until_at, held)
            self.agent.metered(attempt, reading, self.moment(), last)

    def read_all(self) -> None:
        """Reads every meter, again and again; then what gangs fit now."""
        if not self.engine_away:
            for attempt, run in self.machine.live.items():
                if run.state == "running":
                    self.read(attempt, last=False)
            self.agent.usable(self.machine.fits())
        self.later(READ_US, self.read_all)
        self.pump()

    def started(self, attempt: str) -> None:
        """See `machine.Listener`."""
        self.later(0, lambda: self.told(attempt))

    halted = ended = started

    def told(self, attempt: str) -> None:
        """Something happened to an attempt."""
        if not self.engine_away:
            self.tell_state(attempt)
            self.pump()

    def engine_leaves(self) -> None:
        """The engine does not answer."""
        self.engine_away = True
        self.machine.listener = None

    def engine_returns(self) -> None:
        """It answers again: all that it knows is told anew, then what was asked meanwhile is asked."""
        self.engine_away = False
        if self.alive:
            self.guarded(self.adopt)
            if self.alive:
                waiting, self.waiting = self.waiting, []
                self.guarded(lambda: self.catch_up(waiting))

    def catch_up(self, waiting: list[steps.AnyStep]) -> None:
        """What was asked while the engine was away."""
        for step in waiting:
            self.carry_out(step)
        self.pump()

    # ------------------------------------------------------------ its work

    def pump(self) -> None:
        """Keeps records, then takes steps, then speaks; it may die in between."""
        agent = self.agent
        while True:
            self.perhaps_die()
            kept, wanted = agent.take()
            self.journal.keep(kept, self.world.weather.torn)
            if not wanted:
                break
            for step in wanted:
                self.perhaps_die()
                self.carry_out(step)
        if self.session and not self.asking and agent.next_report() is not None:
            self.report()
        due_us = agent.due_us()
        if due_us is not None:
            at = max(self.world.calendar.at + 1000, self.booted_at + due_us)
            if self.tick_at is None or at < self.tick_at or self.tick_at <= self.world.calendar.at:
                self.tick_at = at
                self.later(at - self.world.calendar.at, self.tick)

    def tick(self) -> None:
        """Time has passed."""
        self.tick_at = None
        self.agent.tick(self.moment())
        self.pump()

    def carry_out(self, step: steps.AnyStep) -> None:
        """One step; what needs the engine waits while that is away."""
        agent, machine, attempt = self.agent, self.machine, step.attempt
        if self.engine_away and not isinstance(step, steps.Prepare | steps.Collect):
            self.waiting.append(step)
            return
        match step:
            case steps.Prepare():
                self.staged(lambda: agent.prepared(attempt, self.moment()))
            case steps.Begin():
                # as the agent's body does: what was told to stop meanwhile is not begun
                work = agent.memory.works.get(attempt)
                if work is None or work.stopping:
                    return
                if attempt in self.erased:
                    self.forget(attempt)
                if attempt in machine.runs:
                    self.tell_state(attempt)
                elif not machine.launch(step.launch, step.limit_s):
                    agent.declined(attempt, True, "no nodes are free for it", self.moment())
            case steps.End():
                if attempt in machine.live:
                    machine.stop(attempt, step.grace_s * SECOND_US)
                elif attempt in machine.runs and attempt not in self.erased:
                    self.tell_state(attempt)
                else:
                    agent.missing(attempt, self.moment())
            case steps.Halt():
                machine.halt(attempt)
            case steps.GoOn():
                machine.go_on(attempt)
            case steps.GiveTime():
                machine.give_time(attempt, step.limit_s)
            case steps.Collect():
                self.staged(lambda: agent.collected(attempt, ""))
            case steps.Erase():
                self.erased.add(attempt)
                agent.erased(attempt, 1, 1, self.moment())

    def staged(self, then: Action) -> None:
        """Files have come or gone, at once or after a while."""
        dice, most_us = self.world.dice, self.world.weather.staging_most_us
        if not most_us or dice.happens(0.5):
            then()
            return

        def done() -> None:
            then()
            self.pump()

        self.later(dice.between(0, most_us), done)

    def forget(self, attempt: str) -> None:
        """An engine knows nothing of what was erased: after a restore a name may run again."""
        assert self.world.operator.lost_orders, f"{attempt} is begun again"
        self.erased.discard(attempt)
        if attempt in self.machine.runs:
            self.past.append((attempt, self.machine.forget(attempt)))

    def runs(self) -> list[tuple[str, Run]]:
        """All that ever ran on the machine, by name."""
        return [*self.past, *self.machine.runs.items()]

    # ------------------------------------------------------------ the platform

    def join(self) -> None:
        """Asks for a session until it has one."""
        if self.session:
            return
        wanted, sent_us = self.agent.memory.session + 1, self.world.calendar.at
        given = JoinCentre(f"{self.name}/join/{wanted}", self.name, wanted)
        self.say(
            lambda reply: self.world.server.join(given, reply),
            lambda what: self.joined(wanted, sent_us, what),
        )
        self.later(TIMEOUT_US, self.join)

    def joined(self, wanted: int, sent_us: int, what: object) -> None:
        """The platform answered."""
        if self.session or not self.fresh(sent_us):
            return
        assert isinstance(what, TakenIn)
        if what.ticket.error is not None:
            # an earlier life was taken in under this number and did not learn of it
            self.agent.memory.session = wanted
            return
        self.machine.hear()
        self.session = wanted
        clock = Moment(what.at, self.moment().steady_us)
        self.agent.joined(wanted, sent_us - self.booted_at, what.standing, clock)
        self.pump()
        self.poll()

    def fresh(self, sent_us: int) -> bool:
        """Whether an answer to what was sent then still counts."""
        return self.world.calendar.at - sent_us < TIMEOUT_US

    def say(self, ask: Callable[[Reply], None], hear: Reply) -> None:
        """A request over the wire, its answer over the wire, into this life."""
        life, wire = self.life, self.world.wire

        def back(what: object) -> None:
            if self.alive and self.life == life:
                self.guarded(lambda: hear(what))

        wire.send(self.name, lambda: ask(lambda what: wire.send(self.name, lambda: back(what))))

    def exchange(self, asked: Exchange, then: Callable[[bool], None]) -> None:
        """One exchange; `then(answered)` in any case, at the latest when its time is up."""
        sent_us, done = self.world.calendar.at, [False]

        def hear(what: object) -> None:
            if done[0] or not self.fresh(sent_us):
                return
            done[0] = True
            if isinstance(what, Refused):
                self.refused(asked, what)
            else:
                assert isinstance(what, Orders)
                self.machine.hear()
                self.agent.answered(what, sent_us - self.booted_at, self.moment())
            then(True)

        def give_up() -> None:
            if not done[0]:
                done[0] = True
                then(False)

        self.later(TIMEOUT_US, give_up)
        self.say(lambda reply: self.world.server.exchange(self.name, asked, reply), hear)

    def refused(self, asked: Exchange, what: Refused) -> None:
        """A stale session ends this process; a report that cannot be taken is taken apart."""
        if what.stale:
            if asked.session == self.session:
                raise Died
        elif asked.facts or asked.fits is not None:
            self.world.given_up += self.agent.report_refused(asked.report_id)

    def report(self) -> None:
        """Tells what there is to tell, until the platform has it."""
        report = self.agent.next_report()
        if report is None or self.asking:
            return
        self.asking = True
        seen = self.agent.memory.seen_order
        asked = Exchange(report.id, report.session, report.facts, report.fits, seen, 0)

        def then(answered: bool) -> None:
            self.asking = False
            if answered:
                self.pump()
            else:
                self.later(RETRY_US, self.report)

        self.exchange(asked, then)

    def poll(self) -> None:
        """Asks for orders, for ever."""
        asked = Exchange("", self.session, (), None, self.agent.memory.seen_order, WAIT_S)

        def then(answered: bool) -> None:
            self.pump()
            self.later(RETRY_US if not answered else 1000, self.poll)

        self.exchange(asked, then)
