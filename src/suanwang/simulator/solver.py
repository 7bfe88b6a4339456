"""Clearing in virtual time: the answer is there in the instant in which it was asked for."""

from collections.abc import Callable
from time import perf_counter

from suanwang.clearing.by_prices import Settings
from suanwang.engine.clearing_request import ClearingRequest
from suanwang.engine.inputs import PoolPrices, TakePlan
from suanwang.runtime.solving import plan_of
from suanwang.simulator.policies import Policy, steered


class VirtualSolver:
    """A solver (see `runtime.ports.Solver`) under a policy. `answer` puts the plan in the platform's inbox.

    `clear_every`: only each so-many-th slot is cleared; between, the last prices go on.
    """

    def __init__(
        self, policy: Policy, settings: Settings, clear_every: int, answer: Callable[[TakePlan], object]
    ) -> None:
        self.policy: Policy = policy
        self.settings, self.clear_every, self.answer = settings, clear_every, answer
        self.cleared = 0
        self.seconds = 0.0

    def start(self, request: ClearingRequest) -> None:
        """Clears, or lets the last prices stand."""
        name = f"plan/{request.serial}"
        if request.from_slot % self.clear_every:
            prices = tuple(
                PoolPrices(pool, by_slot) for pool, by_slot in request.prices.items() if any(by_slot)
            )
            self.answer(TakePlan(name, request.serial, 0, (), prices, 0, 0))
            return
        began = perf_counter()
        network = steered(self.policy, request.network)
        plan = plan_of(request._replace(network=network), self.settings, name)
        self.seconds += perf_counter() - began
        self.cleared += 1
        self.answer(plan)
