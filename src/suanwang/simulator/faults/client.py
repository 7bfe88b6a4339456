"""Clients that ask until they are answered: submissions, cancellations, extensions, pauses, money."""

from typing import TYPE_CHECKING

from suanwang.engine import inputs
from suanwang.engine.events import JobAdmitted
from suanwang.ledger.commands import ClawBack, Expire, IssueGrant, TopUp
from suanwang.model.job import Alternative, JobSpec, Shape
from suanwang.runtime.writer import Ticket
from suanwang.simulator.faults.plan import MINUTE_US, SECOND_US
from suanwang.simulator.faults.server import Reply

if TYPE_CHECKING:
    from suanwang.simulator.faults.world import World

RETRY_US = 40 * SECOND_US
FIRMS = ("acme", "beta")
PROGRAMME = "voucher"
GANGS = ((1000, 1), (2000, 1), (500, 1), (1000, 2), (2000, 2))
"""Milli-devices of a node, nodes."""


class Client:
    """`asked`: inputs that were sent, by id; `answered`: what came of each. `jobs`: those it knows of."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.asked: dict[str, inputs.AnyInput] = {}
        self.answered: dict[str, Ticket] = {}
        self.jobs: list[str] = []
        self.grants: list[str] = []
        self.wanted = self.era = 0

    def plan(self) -> None:
        """Puts what it will ask for on the calendar."""
        dice, calendar, storm_us = self.world.dice, self.world.calendar, self.world.weather.storm_us
        for number in range(dice.between(2, 6)):
            at = calendar.at + dice.between(0, storm_us * 3 // 4)
            calendar.call_at(at, lambda number=number: self.submit(number))
        for number in range(dice.between(0, 8)):
            at = calendar.at + dice.between(0, storm_us)
            calendar.call_at(at, lambda number=number: self.meddle(number))
        for firm in FIRMS:
            at = calendar.at + storm_us
            given = inputs.Book(f"fill/{firm}", TopUp(f"fill/{firm}", firm, 10**12, "more"))
            calendar.call_at(at, lambda given=given: self.ask(given))

    def submit(self, number: int) -> None:
        """A few jobs of one firm."""
        dice = self.world.dice
        specs = tuple(self.spec(f"n{number}-{index}") for index in range(dice.between(1, 4)))
        self.wanted += sum(spec.array for spec in specs)
        self.ask(inputs.SubmitJobs(f"submit/{number}", dice.one_of(FIRMS), specs))

    def spec(self, name: str) -> JobSpec:
        """A job that fits at least two centres; gangs and short windows among them."""
        dice, world = self.world.dice, self.world
        limit_s = dice.one_of(world.weather.limits_s)
        units_milli, nodes = dice.one_of(GANGS)
        alternatives = [Alternative("A", units_milli, nodes, limit_s)]
        if dice.happens(0.3):
            alternatives.append(Alternative("B", 1000, 1, limit_s * 2))
        deadline_at = None
        if dice.happens(0.4):
            deadline_at = world.calendar.at + limit_s * SECOND_US + dice.between(1, 240) * MINUTE_US
        earlier = [job for job in self.jobs if dice.happens(0.1)][:2]
        return JobSpec(
            name=name,
            shape=Shape(tuple(alternatives), "510000"),
            deadline_at=deadline_at,
            not_before_at=world.calendar.at + dice.between(0, 90) * MINUTE_US if dice.happens(0.3) else 0,
            priority=dice.between(0, 2),
            depends_on=tuple(earlier),
            array=dice.between(1, world.weather.array_most),
            preemptible=dice.happens(0.5),
            checkpoint=dice.happens(0.3),
            max_price_micro=dice.between(1, 200) * 100_000 if deadline_at and dice.happens(0.4) else None,
            lost_after_s=dice.one_of((120, 300, 1800)),
        )  # fmt: skip

    def meddle(self, number: int) -> None:
        """Something about a job that is on file."""
        if not self.jobs:
            return
        dice = self.world.dice
        job, name = dice.one_of(self.jobs), f"meddle/{number}"
        match dice.between(0, 6):
            case 0:
                self.ask(inputs.CancelJob(name, job))
            case 1:
                self.ask(inputs.ExtendJob(name, job, dice.one_of((60, 600, 3600))))
            case 2:
                self.ask(inputs.PauseJob(name, job))
                at = self.world.calendar.at + dice.between(1, 20) * MINUTE_US
                self.world.calendar.call_at(at, lambda: self.ask(inputs.PauseJob(f"{name}/on", job, True)))
            case 3:
                self.ask(inputs.CancelJob(name, job))
            case _:
                self.redeem(name)

    def redeem(self, name: str) -> None:
        """A grant that begins soon and is soon over, or the end of one."""
        dice, at = self.world.dice, self.world.calendar.at
        if self.grants and dice.happens(0.4):
            over = ClawBack(name, dice.one_of(self.grants), 0, "breach") if dice.happens(0.5) else None
            self.ask(inputs.Book(name, over or Expire(name, PROGRAMME)))
            return
        self.grants.append(f"grant/{name}")
        begins_at = at + dice.between(0, 1) * dice.between(0, 40) * MINUTE_US
        over_at = max(at, begins_at) + dice.between(1, 90) * MINUTE_US
        amount_micro = dice.between(1, 40) * 1_000_000
        self.ask(
            inputs.Book(
                name,
                IssueGrant(
                    name, self.grants[-1], PROGRAMME, dice.one_of(FIRMS), amount_micro, begins_at, over_at
                ),
            )
        )

    def ask(self, given: inputs.AnyInput) -> None:
        """Asks, and again until there is an answer."""
        self.asked[given.id] = given

        def hear(what: object) -> None:
            assert isinstance(what, Ticket)
            self.hear(given, what)

        def again() -> None:
            if given.id not in self.answered:
                self.say(given, hear)
                self.world.calendar.call_at(self.world.calendar.at + RETRY_US, again)

        again()

    def set_back(self, jobs: list[str]) -> None:
        """The platform was set back: what it took and does not know any more is asked again."""
        self.era += 1
        self.jobs = jobs
        recorded = self.world.log.recorded
        lost = [name for name, one in self.answered.items() if one.error is None and recorded(name) is None]
        for name in lost:
            del self.answered[name]
        for name in lost:
            self.ask(self.asked[name])

    def say(self, given: inputs.AnyInput, hear: Reply) -> None:
        """Over the wire and back. An answer of a platform that was set back since is none."""
        wire, server, era = self.world.wire, self.world.server, self.era

        def back(what: object) -> None:
            if era == self.era:
                hear(what)

        def arrive() -> None:
            server.ask(given, lambda what: wire.send("client", lambda: back(what)))

        wire.send("client", arrive)

    def hear(self, given: inputs.AnyInput, ticket: Ticket) -> None:
        """The answer; the same each time it comes.

        A refusal leaves no trace: asked again, the same may be taken, and the refusal come in after that.
        """
        known = self.answered.get(given.id)
        if known is not None and (known.error is None or ticket.error is not None):
            if ticket.error is None and [*map(repr, known.events)] != [*map(repr, ticket.events)]:
                raise AssertionError(f"{given.id} had two answers")
            return
        self.answered[given.id] = ticket
        self.jobs += [event.job for event in ticket.events if isinstance(event, JobAdmitted)]
