"""The brain of a centre's agent, without I/O or clock: for the real agent and for modelled centres alike.

    orders, what the engine says, acknowledgements, time  →  records to keep, steps to take, the next report

`take` hands out records and steps: the records are durable before any step is taken or report sent. Replaying
the records gives the same memory, at any point.

What holds: an order is carried out once, by its number; an attempt is begun under one name only; a fact stays
until the platform has it; intervals of usage never overlap and sum to no more than the meter read; work ends
when no request was acknowledged for `lost_after_s`, counted from the sending of the last that was.
"""

from collections.abc import Collection, Sequence

from suanwang.engine.centre_clock import Moment, now_at, steady_at, told_at
from suanwang.engine.centre_deadlines import Deadlines
from suanwang.engine.centre_facts import Reading, end_of, ran_us, stopped, use_since
from suanwang.engine.centre_memory import CHANGES
from suanwang.engine.centre_report import Reporting
from suanwang.engine.centre_standby import find_heir, is_over, stands_by, until_us
from suanwang.engine.inputs import AgentReport
from suanwang.engine.lateness import is_late
from suanwang.model import agent_records as records
from suanwang.model import agent_steps as steps
from suanwang.model import facts as told
from suanwang.model.agent_records import LIVE, AnyRecord, Memory, Work
from suanwang.model.exchange import Orders
from suanwang.model.facts import AnyFact, Ended, EndReason, FitShape
from suanwang.model.job import Outcome
from suanwang.model.orders import AnyOrder, Launch, Proceed, Prolong, Stop
from suanwang.units.instants import MICROSECONDS_PER_SECOND

NO_WORK, TOO_LATE = "the centre takes no work", "too late to begin"
NO_PLACE = "no place has become free in time"


class CentreAgent:
    """See above. `heard_us`: when the last acknowledged request was sent, steady; None where nobody knows.

    `boot` names the machine's start from which the steady clock counts.
    """

    def __init__(
        self,
        centre: str,
        memory: Memory | None = None,
        heard_us: int | None = None,
        report_interval_s: int = 60,
        boot: str = "",
    ) -> None:
        self.memory = memory or Memory()
        self.heard_us = heard_us
        self.report_interval_us = report_interval_s * MICROSECONDS_PER_SECOND
        self.draining = False
        self.records: list[AnyRecord] = []
        self.steps: list[steps.AnyStep] = []
        self.deadlines = Deadlines()
        self.ready, self.unsure = dict[str, None](), set(self.live)
        self.reporting = Reporting(centre)
        if boot != self.memory.boot:
            self.note(records.Booted(boot))
        for attempt in list(self.memory.works):
            self.take_up(attempt)

    # ------------------------------------------------------------ what comes out

    def take(self) -> tuple[list[AnyRecord], list[steps.AnyStep]]:
        """What to keep, then what to do."""
        taken = self.records, self.steps
        self.records, self.steps = [], []
        return taken

    def next_report(self) -> AgentReport | None:
        """What the platform has to learn next; the same until it is acknowledged. None: nothing."""
        return self.reporting.next(self.memory)

    def due_us(self) -> int | None:
        """When `tick` has something to do, steady, as far as is known now; None: never."""
        return self.deadlines.next_us(self.heard_us)

    @property
    def idle(self) -> bool:
        """Whether there is nothing to run, to collect, to erase or to tell."""
        return not self.memory.works and not self.memory.facts

    @property
    def live(self) -> list[str]:
        """Attempts that its engine may be running."""
        return [name for name, work in self.memory.works.items() if work.phase in LIVE]

    # ------------------------------------------------------------ the platform

    def joined(
        self,
        session: int,
        sent_us: int,
        standing: Collection[str] | None = None,
        clock: Moment | None = None,
    ) -> None:
        """A session begins, asked for at `sent_us`: what was not acknowledged is reported anew in it.

        `standing`: the attempts that live on there; no others may. `clock`: the platform's, and the steady.
        """
        self.hear(sent_us)
        for attempt, work in list(self.memory.works.items()) if standing is not None else ():
            if attempt not in (standing or ()) and (work.phase in LIVE or work.phase == "ordered"):
                self.stop(attempt, work, "fenced")
        now = (clock.at, clock.steady_us) if clock is not None else ()
        self.note(records.SessionBegun(session, *now))
        self.reporting.begin_session()
        for attempt, work in self.memory.works.items():
            self.expect(attempt, work)

    def answered(self, given: Orders, sent_us: int, moment: Moment) -> None:
        """The platform answered a request that was sent at `sent_us`."""
        self.hear(sent_us)
        self.done_with(self.reporting.acknowledged(given.acknowledged))
        for order in sorted(given.orders, key=lambda order: order.number):
            if order.number > self.memory.seen_order:  # else it was taken, or its attempt is long over
                self.obey(order, given.at, moment)

    def hear(self, sent_us: int) -> None:
        """A request that was sent at `sent_us` was acknowledged."""
        self.heard_us = sent_us if self.heard_us is None else max(sent_us, self.heard_us)

    def report_refused(self, name: str) -> list[AnyFact]:
        """The platform will never take this report: its facts go one by one, and the bad one is given up."""
        self.done_with(given_up := self.reporting.refused(name))
        return list(given_up)

    def done_with(self, facts: Sequence[AnyFact]) -> None:
        """The platform has these facts, or will never take them: what may follow an end is due."""
        if facts:
            self.note(records.Acknowledged(len(facts)))
        for fact in facts:
            if isinstance(fact, Ended) and fact.attempt in self.memory.works:
                self.steps.append(steps.Erase(fact.attempt))

    def obey(self, order: AnyOrder, at: int, moment: Moment) -> None:
        """One new order, heard when the platform's clock said `at`."""
        work = self.memory.works.get(order.attempt)
        self.note(records.OrderTaken(order, at, moment.steady_us))
        if isinstance(order, Launch):
            if work is None and self.draining:
                self.not_begun(order.attempt, moment, ("preempted", "does_not_fit"), NO_WORK)
            elif work is None and is_late(order, at):
                self.not_begun(order.attempt, moment, ("preempted", "start_failed"), TOO_LATE)
            elif work is None:
                self.take_up(order.attempt)
        elif work is None and isinstance(order, Stop):  # nothing of it is here, and the platform has to know
            fact = Ended(order.attempt, at, *stopped(order.why), note="not known to the agent")
            self.note(records.FactKept(fact))
        elif work is None:
            return
        elif isinstance(order, Stop):
            if work.phase == "ordered":
                self.not_begun(order.attempt, moment, stopped(order.why))
            elif work.phase in LIVE:
                self.steps.append(steps.End(order.attempt, order.grace_s))
        elif isinstance(order, Proceed):
            self.look(order.attempt, moment)
        elif isinstance(order, Prolong):
            if work.phase in LIVE:
                self.steps.append(steps.GiveTime(order.attempt, order.limit_s))
                self.deadlines.limit(order.attempt, order.limit_s)
            self.expect(order.attempt, work)
        else:
            self.turn(order.attempt)

    # ------------------------------------------------------------ the engine

    def prepared(self, attempt: str, moment: Moment) -> None:
        """Script and inputs are there."""
        if self.phase(attempt) in ("ordered", "begun"):
            self.ready[attempt] = None
            self.look(attempt, moment)

    def unprepared(self, attempt: str, note: str, moment: Moment, why: EndReason = "start_failed") -> None:
        """Script or inputs cannot be had, or it belongs elsewhere."""
        if self.phase(attempt) in ("ordered", "begun"):
            self.not_begun(attempt, moment, ("failure", why), note)

    def declined(self, attempt: str, no_room: bool, note: str, moment: Moment) -> None:
        """The engine did not take it on; `no_room`: it has none for it, now or ever."""
        if self.phase(attempt) == "begun":
            reason: EndReason = "does_not_fit" if no_room else "start_failed"
            self.not_begun(attempt, moment, ("failure", reason), note)

    def running(self, attempt: str, since_at: int, moment: Moment) -> None:
        """It runs, since `since_at` from its start; told again after it stood still."""
        work = self.memory.works.get(attempt)
        if work is None or work.phase not in LIVE:
            return
        if work.phase == "begun":
            self.note(records.FactKept(told.Started(attempt, told_at(work, since_at, moment))))
        elif work.phase == "paused":
            self.note(records.FactKept(told.Resumed(attempt, now_at(work, moment))))
        if not self.deadlines.runs(attempt):
            self.deadlines.go(attempt, work.used_us, work.limit_s, moment)
        self.turn(attempt)

    def standing(self, attempt: str, since_at: int, moment: Moment) -> None:
        """It stands still since `since_at`."""
        work = self.memory.works.get(attempt)
        if work is None or work.phase not in ("begun", "running"):
            return
        since_at = told_at(work, since_at, moment)
        if work.phase == "begun":
            self.note(records.FactKept(told.Started(attempt, since_at)))
        self.deadlines.stand(attempt, moment)
        self.note(records.FactKept(told.Paused(attempt, since_at)))
        self.turn(attempt)

    def metered(self, attempt: str, reading: Reading, moment: Moment, last: bool = False) -> None:
        """A reading: a fact follows where one is due, and from the last one always."""
        work = self.memory.works.get(attempt)
        if work is None or work.phase not in LIVE:
            return
        if self.deadlines.runs(attempt):
            self.deadlines.ran[attempt] = ran_us(work, reading, moment), moment.steady_us
        for used in use_since(attempt, work, reading, moment, 0 if last else self.report_interval_us):
            self.note(records.FactKept(used))

    def over(
        self,
        attempt: str,
        at: int,
        moment: Moment,
        outcome: Outcome,
        cause: str = "",
        code: int | None = None,
        note: str = "",
    ) -> None:
        """The engine has ended it, after its last reading; `cause` as in `END_OF`."""
        work = self.memory.works.get(attempt)
        if work is None or work.phase not in LIVE:
            return
        outcome, reason = end_of(work, outcome, cause)
        self.note(records.Over(attempt, told_at(work, at, moment), outcome, reason, code, note[:200]))
        self.let_go(attempt)
        self.collect(attempt, work)
        if not work.stopping and (heir := find_heir(self.memory, self.ready, work, moment)) is not None:
            fact = told.TookOver(heir.launch.attempt, now_at(heir, moment), attempt)
            self.note(records.FactKept(fact))
            self.look(fact.attempt, moment)

    def collected(self, attempt: str, outputs: str, note: str = "") -> None:
        """What it left is kept under `outputs` ("": nothing), or is not, as `note` says."""
        work = self.memory.works.get(attempt)
        if work is not None and work.phase == "over" and work.over is not None:
            end = work.over
            words = (note or end.note)[:200]
            fact = Ended(attempt, end.at, end.outcome, end.reason, end.exit_code, words, outputs)
            self.note(records.FactKept(fact))

    def progressed(self, attempt: str, done_bp: int, note: str) -> None:
        """How far it says it is."""
        if self.phase(attempt) in LIVE:
            self.note(records.FactKept(told.Progressed(attempt, min(10_000, max(0, done_bp)), note[:200])))

    def saved(self, attempt: str, content: str, moment: Moment) -> None:
        """A checkpoint of it is kept under `content`."""
        work = self.memory.works.get(attempt)
        if work is not None and (work.phase in LIVE or work.phase == "over"):
            self.note(records.FactKept(told.Saved(attempt, content, now_at(work, moment))))

    def erased(self, attempt: str, files: int, bytes: int, moment: Moment) -> None:
        """Nothing of it is left here."""
        work = self.memory.works.get(attempt)
        if work is not None and work.phase == "ended":
            self.note(records.FactKept(told.Erased(attempt, now_at(work, moment), files, bytes)))

    def missing(self, attempt: str, moment: Moment) -> None:
        """The engine has no such attempt, and nothing of it runs."""
        work = self.memory.works.get(attempt)
        if work is not None and work.phase in ("ordered", "begun") and work.stopping:
            self.not_begun(attempt, moment, stopped(work.stopping))
        else:
            self.over(attempt, moment.at, moment, "lost", note="its engine does not know it any more")

    def usable(self, shapes: Sequence[FitShape]) -> None:
        """What gangs fit now."""
        self.reporting.fits = () if self.draining else tuple(shapes)

    def drain(self, moment: Moment) -> None:
        """Take no more work; what has not begun goes back to the platform."""
        self.draining, self.reporting.fits = True, ()
        for attempt, work in list(self.memory.works.items()):
            if work.phase == "ordered":
                self.not_begun(attempt, moment, ("preempted", "does_not_fit"), NO_WORK)

    # ------------------------------------------------------------ time

    def tick(self, moment: Moment) -> None:
        """Do what is due: begin, end at the limit, end for silence."""
        for attempt in self.deadlines.take_due(moment):
            self.look(attempt, moment)
        for attempt in self.deadlines.take_fences(self.heard_us, moment):
            work = self.memory.works[attempt]
            if work.phase == "ordered":
                self.not_begun(attempt, moment, ("preempted", "fenced"))
            else:
                self.stop(attempt, work, "fenced")

    def look(self, attempt: str, moment: Moment) -> None:
        """Begin an attempt whose time has come; stop one whose time is up."""
        work = self.memory.works.get(attempt)
        if work is None or (work.stopping and work.phase != "ordered"):
            return
        end_us = steady_at(work, work.end_at)
        too_late = end_us is not None and moment.steady_us >= end_us
        if work.phase in LIVE and (too_late or self.deadlines.has_run(attempt, work.limit_s, moment)):
            self.stop(attempt, work, "limit_time")
        elif work.phase == "ordered" and too_late:
            self.not_begun(attempt, moment, ("preempted", "start_failed"), TOO_LATE)
        elif stands_by(work):
            if is_over(work, moment):
                self.not_begun(attempt, moment, ("preempted", "moved"), NO_PLACE)
        elif attempt in self.ready and end_us is not None and not work.stopping:
            start_us = end_us - (work.end_at - work.launch.start_at)
            if moment.steady_us >= start_us:
                self.begin(attempt, work, end_us, moment)
            else:
                self.deadlines.expect(attempt, start_us)
        elif work.phase in LIVE:
            self.deadlines.limit(attempt, work.limit_s)

    # ------------------------------------------------------------ what it does

    def take_up(self, attempt: str) -> None:
        """Go on with what is remembered of an attempt: where it stands says what comes next."""
        work = self.memory.works[attempt]
        if work.phase == "ordered":
            self.steps.append(steps.Prepare(attempt, work.launch))
        if work.phase == "over":
            self.collect(attempt, work)
        elif work.phase == "ended" and work.end_known:
            self.steps.append(steps.Erase(attempt))
        elif work.phase == "ordered" or work.phase in LIVE:
            self.expect(attempt, work)
            self.deadlines.bear(attempt, work.launch.lost_after_s)

    def expect(self, attempt: str, work: Work) -> None:
        """Look at an attempt at its latest end; at once where it only waits for its clock to begin."""
        if stands_by(work):
            self.deadlines.expect(attempt, until_us(work))
        elif attempt in self.ready:
            self.deadlines.expect(attempt, steady_at(work, work.launch.start_at))
        if work.phase == "ordered" or work.phase in LIVE:
            self.deadlines.expect(attempt, steady_at(work, work.end_at))

    def begin(self, attempt: str, work: Work, end_us: int, moment: Moment) -> None:
        """Have it run, for what is left of its time. Again only where its engine did not know it."""
        if self.deadlines.silent(self.heard_us, work.launch.lost_after_s, moment):
            # its fence is due, unless the platform speaks first
            return self.deadlines.expect(attempt, moment.steady_us + 1)
        self.ready.pop(attempt, None)
        left_s = -(-(end_us - moment.steady_us) // MICROSECONDS_PER_SECOND)
        if work.phase == "ordered":
            self.note(records.Begun(attempt))
        return self.steps.append(steps.Begin(attempt, work.launch, min(work.limit_s, left_s)))

    def stop(self, attempt: str, work: Work, why: EndReason) -> None:
        """End it for a reason of the agent's own, at once."""
        if not work.stopping:
            self.note(records.Stopping(attempt, why))
        self.steps.append(steps.End(attempt, 0))

    def turn(self, attempt: str) -> None:
        """Let it stand or go, as the last order said."""
        work = self.memory.works[attempt]
        if not work.stopping and work.phase == ("running" if work.pause else "paused"):
            self.steps.append(steps.Halt(attempt) if work.pause else steps.GoOn(attempt))

    def collect(self, attempt: str, work: Work) -> None:
        """Have kept what it left."""
        assert work.over is not None
        ran = work.started_at is not None and work.over.outcome != "success"
        self.steps.append(steps.Collect(attempt, work.launch, ran and work.launch.saves_checkpoint))

    def not_begun(self, attempt: str, moment: Moment, end: tuple[Outcome, EndReason], note: str = "") -> None:
        """It ends without having run."""
        at = now_at(self.memory.works[attempt], moment)
        self.note(records.Over(attempt, at, *end, None, note[:200]))
        self.note(records.FactKept(Ended(attempt, at, *end, None, note[:200])))
        self.let_go(attempt)

    def let_go(self, attempt: str) -> None:
        """Nothing is due for it any more."""
        self.ready.pop(attempt, None)
        self.deadlines.forget(attempt, self.memory.works[attempt].launch.lost_after_s)

    def phase(self, attempt: str) -> str:
        """Where it stands; "" where it is not known."""
        return self.memory.works[attempt].phase if attempt in self.memory.works else ""

    def note(self, record: AnyRecord) -> None:
        """Remember a record, now and in the journal."""
        self.records.append(record)
        CHANGES[type(record)](self.memory, record)
