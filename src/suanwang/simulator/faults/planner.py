"""A clearing that cannot be trusted: it plans stale, wrong and doubled lines, answers late, or not at all."""

from typing import TYPE_CHECKING

from suanwang.engine.clearing_request import ClearingRequest
from suanwang.engine.inputs import PlanLine, PoolPrices, TakePlan
from suanwang.simulator.faults.plan import SECOND_US

if TYPE_CHECKING:
    from suanwang.simulator.faults.world import World


class RoguePlanner:
    """A solver (see `runtime.ports.Solver`) that draws its plans. The platform has to check every line."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.plans = 0

    def start(self, request: ClearingRequest) -> None:
        """See `Solver.start`."""
        self.plan(request.serial)

    def plan(self, serial: int) -> None:
        """An answer to clearing `serial`, in a while; one in ten never comes."""
        world, dice = self.world, self.world.dice
        writer = world.server.writer
        assert writer is not None
        state, terms = writer.platform.state, writer.platform.terms
        pools = [pool.pool for centre in state.centres.values() for pool in centre.pools]
        now = terms.slot_of(state.at)
        lines: list[PlanLine] = []
        for name, job in state.jobs.items():
            if job.state in ("queued", "active", "held") and dice.happens(0.7):
                lines += [
                    PlanLine(name, dice.between(0, 1), dice.one_of(pools), now + dice.between(0, 6))
                    for _ in range(dice.between(1, 2))
                ]
        lines.append(PlanLine("j999999", 0, pools[0], now))
        prices = (PoolPrices(pools[0], tuple(dice.between(0, 10**6) for _ in range(4))),)
        self.plans += 1
        plan = TakePlan(
            f"plan/{world.log.epoch}/{self.plans}", serial, len(lines), tuple(lines), prices, 1, 1
        )
        if not dice.happens(0.1) or world.is_calm:
            at = world.calendar.at + dice.between(0, 90) * SECOND_US
            world.calendar.call_at(at, lambda: world.server.ask(plan, lambda what: None))
