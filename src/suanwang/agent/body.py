"""The agent's body: takes the brain's steps on the engine, and tells the brain what the engine reports.

Calls to the engine go through one lane, in order; listening to it, staging, logs and erasing have lanes of
their own. A step that fails because engine or platform is away is taken again.
"""

from collections.abc import Callable, Iterable, Sequence
from itertools import groupby

import msgspec

from suanwang.agent.configuration import AgentPool
from suanwang.agent.errands import HERE, AfterDisk
from suanwang.agent.marks import Marks
from suanwang.agent.platform import Away
from suanwang.agent.staging import Collected, Plan, Prepared, Staging, told
from suanwang.drivers import port
from suanwang.drivers.attempt_folder import erase
from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.engine.centre_facts import Reading
from suanwang.engine.centre_restart import adopt
from suanwang.model import agent_steps as steps
from suanwang.model.facts import FitShape
from suanwang.units.errors import SuanwangError
from suanwang.units.text import Text

SECOND_US = 1_000_000
AGAIN_US = SECOND_US
"""How long a call that failed is left alone."""
FITS_EVERY_US = 2 * SECOND_US
ACKNOWLEDGE_EVERY_US = 5 * SECOND_US
POLL_EVERY_US = SECOND_US // 20
STAGING_LANES = 4
ERASE_AFTER_US = SECOND_US // 2
"""Erasing waits for more to erase, so long or until there are so many."""
ERASED_AT_ONCE = 64
Say = Callable[[Text], None]


class Body:
    """Around one engine. `poll_wait_s`: how long a call for its news may wait for some; 0: not at all."""

    def __init__(
        self,
        agent: CentreAgent,
        driver: port.Driver,
        staging: Staging,
        errands: AfterDisk,
        pools: Sequence[AgentPool],
        poll_wait_s: float,
        say: Say,
        fits_every_us: int = FITS_EVERY_US,
    ) -> None:
        self.agent, self.driver, self.staging, self.errands = agent, driver, staging, errands
        self.pools = {pool.pool: pool for pool in pools}
        self.poll_wait_s, self.say, self.fits_every_us = poll_wait_s, say, fits_every_us
        self.marks = Marks(staging, errands, agent)
        self.moment = Moment(0, 0)
        self.prepared: dict[str, Prepared] = {}
        self.plans: dict[str, Plan] = {}
        self.later: list[tuple[int, steps.AnyStep]] = []
        self.unerased: list[steps.AnyStep] = []
        self.erase_us = 0
        self.adopted = self.adopting = self.polling = self.fitting = False
        self.poll_due = self.fits_due = True
        self.polled_us = self.adopt_us = self.poll_us = self.fits_us = self.acknowledge_us = 0
        self.staged = 0

    # ------------------------------------------------------------ what it does by itself

    def go_on(self, moment: Moment) -> None:
        """Listen, erase what has waited for it, take again what failed."""
        steady_us = moment.steady_us
        due = [step for when, step in self.later if when <= steady_us]
        self.later = [one for one in self.later if one[0] > steady_us]
        self.carry_out(due)
        if self.unerased and (steady_us >= self.erase_us or len(self.unerased) >= ERASED_AT_ONCE):
            self.erase()
        if not self.adopted:
            if not self.adopting and steady_us >= self.adopt_us:
                self.adopting = True
                self.errands.do("engine", self.driver.adopt, self.take_in, self.not_adopted)
            return
        if self.poll_due and not self.polling and steady_us >= self.poll_us:
            self.polling, self.poll_due, self.polled_us = True, False, steady_us
            lane = "news" if self.poll_wait_s else "engine"
            self.errands.ask(lane, lambda: self.driver.poll(self.poll_wait_s), self.polled, self.not_polled)
        self.marks.go_on(moment)

    def look(self, moment: Moment) -> bool:
        """Ask what fits now, where that may have changed. Whether it was asked."""
        due = self.adopted and self.fits_due and not self.fitting and moment.steady_us >= self.fits_us
        if due:
            self.fitting, self.fits_due = True, False
            self.fits_us = moment.steady_us + self.fits_every_us
            self.errands.ask("engine", self.driver.usable, self.take_fits, self.no_fits)
        return due

    def due_us(self) -> int | None:
        """When there is something to do by itself, on the steady clock, but for looks at the engine."""
        due = [when for when, _ in self.later] + ([self.erase_us] if self.unerased else [])
        return min(due, default=None)

    def acknowledge(self, moment: Moment) -> None:
        """The platform has just spoken: the engine's own fences begin anew."""
        if moment.steady_us >= self.acknowledge_us:
            self.acknowledge_us = moment.steady_us + ACKNOWLEDGE_EVERY_US
            self.errands.ask("engine", self.driver.acknowledge, lambda _: None, lambda _: None)

    def take_in(self, reports: list[port.Report]) -> None:
        """All that the engine has, after the agent's own start."""
        self.adopting, self.adopted = False, True
        self.hear(reports)
        adopt(self.agent, {report.attempt for report in reports}, self.moment)

    def not_adopted(self, error: Exception) -> None:
        """The engine is away."""
        self.adopting, self.adopt_us = False, self.moment.steady_us + AGAIN_US
        self.trouble(error)

    def polled(self, reports: list[port.Report]) -> None:
        """News."""
        self.polling = False
        self.poll_due = self.poll_due or bool(reports)
        if not reports:  # an engine that does not wait for news is not asked all the time
            self.poll_us = self.polled_us + POLL_EVERY_US
        self.hear(reports)

    def not_polled(self, error: Exception) -> None:
        """The engine is away; all it had to tell, it tells again."""
        self.polling, self.poll_us = False, self.moment.steady_us + AGAIN_US
        self.trouble(error)

    def take_fits(self, shapes: tuple[port.Shape, ...]) -> None:
        """Usable gangs, as the platform names its pools."""
        self.fitting = False
        self.agent.usable(
            [
                FitShape(pool.pool, shape.units_milli, shape.nodes)
                for pool in self.pools.values()
                for shape in shapes
                if shape.device == pool.device
            ]
        )

    def no_fits(self, error: Exception) -> None:
        """The engine is away."""
        self.fitting = False

    def hear(self, reports: Iterable[port.Report]) -> None:
        """What the engine reports, told to the brain."""
        agent, moment = self.agent, self.moment
        for report in reports:
            match report:
                case port.Running():
                    agent.running(report.attempt, report.since_us, moment)
                case port.Paused():
                    agent.standing(report.attempt, report.since_us, moment)
                case port.Usage():
                    agent.metered(report.attempt, reading(report), moment)
                case port.Ended():
                    if report.usage is not None:
                        agent.metered(report.attempt, reading(report.usage), moment, last=True)
                    agent.over(
                        report.attempt,
                        report.at_us,
                        moment,
                        report.outcome,
                        report.cause,
                        report.exit_code,
                        report.detail,
                    )
                    self.fits_due = True

    def trouble(self, error: Exception) -> None:
        """Say what went wrong."""
        words = told(error) if isinstance(error, SuanwangError) else str(error)
        self.say(Text(f"engine: {words}", f"引擎：{words}"))

    # ------------------------------------------------------------ steps

    def carry_out(self, wanted: Sequence[steps.AnyStep]) -> None:
        """Take the steps: those of one kind that follow each other in one call to the engine."""
        for kind, group in groupby(wanted, key=type):
            same = list(group)
            attempts = [step.attempt for step in same]
            if kind is steps.Begin:
                self.begin([step for step in same if isinstance(step, steps.Begin)])
            elif kind is steps.End:
                for grace_s, some in groupby(same, key=lambda step: getattr(step, "grace_s", 0)):
                    self.end(list(some), grace_s)
            elif kind is steps.Halt:
                self.on_engine(same, lambda names=attempts: self.driver.pause(names))
            elif kind is steps.GoOn:
                self.on_engine(same, lambda names=attempts: self.driver.resume(names))
            elif kind is steps.Erase:
                if not self.unerased:
                    self.erase_us = self.moment.steady_us + ERASE_AFTER_US
                self.unerased += same
            else:
                for step in same:
                    self.carry_out_one(step)

    def carry_out_one(self, step: steps.AnyStep) -> None:
        """A step that is a call of its own."""
        match step:
            case steps.Prepare():
                self.prepare(step)
            case steps.Collect():
                self.collect(step)
            case steps.GiveTime():
                self.give_time(step)
            case _:
                raise AssertionError(step)

    def on_engine(
        self,
        wanted: Sequence[steps.AnyStep],
        call: Callable[[], Sequence[object]],
        then: Callable[[Sequence[object]], None] = lambda answers: None,
        lane: str = "engine",
    ) -> None:
        """Make a call to the engine; where it is away, again after a while."""

        def done(answers: Sequence[object]) -> None:
            self.poll_due = self.fits_due = True
            self.poll_us = 0
            then(answers)

        self.errands.do(lane, call, done, lambda error: self.again(wanted, error))

    def again(self, wanted: Sequence[steps.AnyStep], error: Exception) -> None:
        """Take these steps once more after a while."""
        self.trouble(error)
        self.later += [(self.moment.steady_us + AGAIN_US, step) for step in wanted]

    def prepare(self, step: steps.Prepare) -> None:
        """Script and inputs."""
        attempt, pool = step.attempt, self.pools.get(step.launch.pool)
        if pool is None:
            words = f"the agent knows no pool {step.launch.pool}"
            self.agent.unprepared(attempt, words, self.moment, "does_not_fit")
            return

        def then(prepared: Prepared) -> None:
            self.prepared[attempt], self.plans[attempt] = prepared, prepared.plan
            self.agent.prepared(attempt, self.moment)

        def failed(error: Exception) -> None:
            if isinstance(error, Away | port.EngineAway):
                self.again([step], error)
            else:
                words = told(error) if isinstance(error, SuanwangError) else str(error)
                self.agent.unprepared(attempt, words, self.moment)

        lane = HERE if self.staging.is_at_hand(step.launch) else self.lane()
        self.errands.do(lane, lambda: self.staging.prepare(step.launch, pool), then, failed)

    def begin(self, wanted: list[steps.Begin]) -> None:
        """Start those that are prepared and still wanted: an engine that was away may be asked late."""
        works = self.agent.memory.works
        # invariant: what was told to stop is never begun; its End, which follows, finds nothing of it
        wanted = [step for step in wanted if step.attempt in works and not works[step.attempt].stopping]
        if not wanted:
            return
        launches = [
            msgspec.structs.replace(self.prepared[step.attempt].launch, time_limit_s=step.limit_s)
            for step in wanted
        ]

        def then(answers: Sequence[object]) -> None:
            for answer in answers:
                if isinstance(answer, port.Refused):
                    words = "; ".join(f"{fault.what.en} {fault.found}" for fault in answer.faults)
                    no_room = answer.retry or any(fault.kind == port.NO_ROOM for fault in answer.faults)
                    self.agent.declined(answer.attempt, no_room, words, self.moment)
            for step in wanted:
                self.prepared.pop(step.attempt, None)

        self.on_engine(wanted, lambda: self.driver.start(launches), then)

    def end(self, wanted: list[steps.AnyStep], grace_s: int) -> None:
        """Stop; what the engine does not know runs nowhere."""

        def then(answers: Sequence[object]) -> None:
            for answer in answers:
                if isinstance(answer, port.Refused):
                    self.agent.missing(answer.attempt, self.moment)

        attempts = [step.attempt for step in wanted]
        self.on_engine(wanted, lambda: self.driver.stop(attempts, grace_s), then)

    def give_time(self, step: steps.GiveTime) -> None:
        """A longer limit; an engine that does not give it ends the attempt at its first one."""

        def then(answers: Sequence[object]) -> None:
            for answer in answers:
                if isinstance(answer, port.Refused):
                    why = "; ".join(f"{fault.what.en} {fault.found}" for fault in answer.faults)
                    words = f"{answer.attempt}: not prolonged, it ends at its first limit: {why}"
                    self.say(Text(words, f"{answer.attempt}：未能延长，仍按原时限结束：{why}"))

        self.on_engine([step], lambda: self.driver.prolong(step.attempt, step.limit_s), then)

    def collect(self, step: steps.Collect) -> None:
        """Logs, outputs, checkpoint."""
        attempt, plan = step.attempt, self.plans.get(step.attempt)

        def then(kept: Collected) -> None:
            self.plans.pop(attempt, None)
            if kept.checkpoint:
                self.agent.saved(attempt, kept.checkpoint, self.moment)
            self.agent.collected(attempt, kept.outputs, kept.note)

        def call() -> Collected:
            return self.staging.collect(step.launch, plan, step.checkpoint)

        if self.staging.has_nothing_to_keep(step.launch, plan):
            self.errands.do(HERE, Collected, then, lambda error: self.again([step], error))
        else:
            self.errands.do(self.lane(), call, then, lambda error: self.again([step], error))

    def erase(self) -> None:
        """Erase what waits for it."""
        wanted, self.unerased = self.unerased, []
        attempts = [step.attempt for step in wanted]
        self.on_engine(wanted, lambda: self.clean(attempts), self.cleaned, "erasing")

    def clean(self, attempts: Sequence[str]) -> list[port.Erased]:
        """Erase what is left of each, also of those that never began; those that still run are left out."""
        gone: list[port.Erased] = []
        for answer in self.driver.clean(attempts):
            if isinstance(answer, port.Refused) and answer.retry:
                continue
            counted = (answer.files, answer.bytes) if isinstance(answer, port.Erased) else (0, 0)
            folder = self.staging.folder(answer.attempt)
            left = erase(str(folder)) if folder.exists() else (0, 0)
            gone.append(port.Erased(answer.attempt, counted[0] + left[0], counted[1] + left[1]))
        return gone

    def cleaned(self, answers: Sequence[object]) -> None:
        """Scratch is gone."""
        for answer in answers:
            if isinstance(answer, port.Erased):
                self.marks.forget(answer.attempt)
                self.agent.erased(answer.attempt, answer.files, answer.bytes, self.moment)

    def lane(self) -> str:
        """The lane for the next staging."""
        self.staged += 1
        return f"staging-{self.staged % STAGING_LANES}"


def reading(usage: port.Usage) -> Reading:
    """A driver's reading in the brain's words."""
    return Reading(usage.meter, usage.from_us, usage.until_us, usage.milli_device_seconds, usage.energy_j)
