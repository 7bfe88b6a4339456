"""What befalls attempts just while one stands by: whoever waits, whoever has the place, or all around them.

Seconds are all that an attempt stands by, and a place is handed on in an instant: what comes once in minutes
misses both. So after a group something may happen at once, and to these.
"""

from typing import TYPE_CHECKING

import msgspec

from suanwang.engine import inputs
from suanwang.engine.events import AnyEvent, AttemptLetIn, AttemptStoodBy
from suanwang.engine.platform import Attempt, Platform, attempt_name
from suanwang.model.job import JobSpec
from suanwang.model.network import Outage
from suanwang.simulator.calendar import Action
from suanwang.simulator.faults.client import FIRMS
from suanwang.simulator.faults.plan import SECOND_US

if TYPE_CHECKING:
    from suanwang.simulator.faults.agent import FaultyAgent
    from suanwang.simulator.faults.world import World

SOON_US = (0, 5000, SECOND_US, 6 * SECOND_US)
URGENT_PRIORITY = 5


class Ambush:
    """Of one world. `laid`: how many there were; `quota_firms`: whose quota is not what it was."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.laid = 0
        self.quota_firms: set[str] = set()

    def watch(self, platform: Platform, events: list[AnyEvent]) -> None:
        """After a group: who has just begun to stand by, or was let in, may be in for something."""
        if not self.world.weather.ambush:
            return
        for event in events:
            if isinstance(event, AttemptStoodBy | AttemptLetIn) and self.happens():
                self.lay(platform, attempt_name(event.job, event.number))

    def happens(self) -> bool:
        """Whether it is for this one."""
        return self.world.dice.happens(self.world.weather.ambush)

    def lay(self, platform: Platform, name: str) -> None:
        """Something happens to it soon, or to one in whose place it could go."""
        world, dice = self.world, self.world.dice
        attempt = platform.state.attempts[name]
        if dice.happens(0.5):
            alike = list(platform.places.alike.get(platform.alike_key(attempt), (name,)))
            name = dice.one_of(alike)
            attempt = platform.state.attempts[name]
        spec = urgent_like(platform, attempt)
        self.laid += 1
        call = dice.one_of(self.perils(f"ambush/{self.laid}", attempt, spec))

        def strike() -> None:
            if not world.is_calm:
                call()

        world.calendar.call_at(world.calendar.at + dice.between(0, dice.one_of(SOON_US)), strike)

    def perils(self, name: str, attempt: Attempt, spec: JobSpec) -> list[Action]:
        """All that may happen."""
        world, job, ask = self.world, attempt.job, self.world.client.ask
        agent = world.agents[attempt.centre]
        return [
            lambda: ask(inputs.CancelJob(name, job)),
            lambda: ask(inputs.ExtendJob(name, job, world.dice.one_of((60, 3600)))),
            lambda: self.pause(name, job),
            lambda: self.submit(name, spec),
            lambda: self.limit_quota(name),
            lambda: world.client.redeem(name),
            lambda: self.shrink(name, attempt),
            lambda: self.withdraw(name, attempt.centre),
            lambda: self.outage(name, attempt.figures.pool),
            lambda: self.cut_off(attempt.centre),
            lambda: self.kill(agent),
            lambda: self.leave(agent),
            lambda: world.fail_node(agent.machine, attempt.figures.pool),
            world.server.crash,
        ]

    # ------------------------------------------------------------ users

    def pause(self, name: str, job: str) -> None:
        """It stands still, and goes on later."""
        self.world.client.ask(inputs.PauseJob(name, job))
        self.world.after(1, 300, lambda: self.world.client.ask(inputs.PauseJob(f"{name}/on", job, True)))

    def submit(self, name: str, spec: JobSpec) -> None:
        """More urgent work comes, of the same shape."""
        self.world.client.wanted += spec.array
        self.world.client.ask(inputs.SubmitJobs(name, self.world.dice.one_of(FIRMS), (spec,)))

    def limit_quota(self, name: str) -> None:
        """A firm may have less than it has, for a while."""
        firm = self.world.dice.one_of(FIRMS)
        self.quota_firms.add(firm)
        given = inputs.SetQuota(name, firm, "", self.world.dice.one_of((None, 0, 2000)), 1)
        self.world.client.ask(given)
        self.world.after(1, 60, lambda: self.lift_quota(f"{name}/lifted", firm))

    def lift_quota(self, name: str, firm: str) -> None:
        """It may have all that it can pay for."""
        self.world.client.ask(inputs.SetQuota(name, firm))

    def mend(self) -> None:
        """As it was before, once all that was asked before is answered."""
        for firm in sorted(self.quota_firms):
            self.world.after(300, 300, lambda firm=firm: self.lift_quota(f"{firm}/quota-mended", firm))

    # ------------------------------------------------------------ the operator

    def enrolment(self, centre: str) -> inputs.EnrolCentre:
        """The centre as it is when all is well."""
        return next(one for one in self.world.operator.enrolments if one.centre.centre == centre)

    def withdraw(self, name: str, centre: str) -> None:
        """It takes no new work for a while."""
        self.world.client.ask(inputs.WithdrawCentre(name, centre))
        self.enrol_again(f"{name}/again", centre)

    def enrol_again(self, name: str, centre: str) -> None:
        """It is there again, as it was."""
        again = msgspec.structs.replace(self.enrolment(centre), id=name)
        self.world.after(1, 60, lambda: self.world.client.ask(again))

    def shrink(self, name: str, attempt: Attempt) -> None:
        """Its pool has fewer devices from now on, for a while."""
        world, given = self.world, self.enrolment(attempt.centre)
        pools = tuple(
            msgspec.structs.replace(pool, devices=str(world.dice.between(0, int(pool.devices))))
            if pool.pool == attempt.figures.pool
            else pool
            for pool in given.pools
        )
        world.client.ask(inputs.EnrolCentre(name, given.centre, pools))
        self.enrol_again(f"{name}/again", attempt.centre)

    def outage(self, name: str, pool: str) -> None:
        """A device is away in this slot and the next."""
        slot = self.world.slot
        outage = Outage(pool=pool, from_slot=slot, to_slot=slot + 2, devices_lost="1")
        self.world.client.ask(inputs.DeclareOutage(name, outage))

    # ------------------------------------------------------------ the centre

    def cut_off(self, centre: str) -> None:
        """Nobody reaches the centre, for seconds or for longer than its lease."""
        wire = self.world.wire
        wire.cut.add(centre)
        self.world.after(1, self.world.dice.one_of((5, 90)), lambda: wire.cut.discard(centre))

    def kill(self, agent: "FaultyAgent") -> None:
        """Its agent dies."""
        if agent.alive:
            agent.die()

    def leave(self, agent: "FaultyAgent") -> None:
        """Its engine does not answer for a while."""
        if not agent.engine_away and not agent.gone:
            agent.engine_leaves()
            self.world.after(1, 30, lambda: agent.engine_returns() if agent.engine_away else None)


def urgent_like(platform: Platform, attempt: Attempt) -> JobSpec:
    """A job that needs what an attempt's does, and goes before all others."""
    shape = platform.shape_of(platform.state.jobs[attempt.job])
    return JobSpec(name="urgent", shape=shape, priority=URGENT_PRIORITY)
