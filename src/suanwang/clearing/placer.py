"""Placing a problem's jobs under given prices: greedy, sweeps, exchanges, and rounds of all of it."""

from functools import cached_property

import numpy as np

from suanwang.clearing.bound import Bound
from suanwang.clearing.costs import exact_costs, held_at, sums_by_column
from suanwang.clearing.placement import Placement, prefix_sums
from suanwang.clearing.places import Places
from suanwang.clearing.problem import Problem
from suanwang.clearing.queue import Queue, line_up, rank_entries, steps_of, urgency
from suanwang.clearing.shards import work_of
from suanwang.clearing.sweep import MOVE, PLACE
from suanwang.clearing.watch import Watch
from suanwang.clearing.windows import Float32Array, Float64Array
from suanwang.units.rounding import Int64Array, exact_sum

SHARES = (0.7, 0.3)
"""After placing under the full prices, jobs move under these shares of them, and in the end under none."""
EJECTIONS = 2
"""Passes of exchanges after the sweeps, over the jobs that hold most of the regret."""
REGRET_PERCENT = 97
CANDIDATES_MOST = 2_500
VAST_WORK = 2**32
"""Above so much work, as `shards.work_of` counts it (six million jobs and 500 centres), only the restless
move after the first sweep, and exchanges, too few to matter there, are left out."""
RESTLESS = 0.001
"""A job is restless whose regret is above this share of its least cost under prices."""


class Placer:
    """Rounds of placing: each starts anew, with the jobs that fared badly in the last one further ahead."""

    def __init__(
        self, problem: Problem, placement: Placement, bound: Bound, price_micro: Int64Array, watch: Watch
    ) -> None:
        demand = problem.demand
        self.problem, self.placement, self.bound, self.watch = problem, placement, bound, watch
        self.choices = rank_entries(demand.first, bound.least_nano)
        self.urgency = urgency(demand, bound)
        shares = (1.0, *SHARES, 0.0)
        self.prices = {share: prefix_sums(problem, np.rint(share * price_micro)) for share in shares}
        self.price_by_column = sums_by_column(price_micro)
        self.value_nano = demand.value_micro * 1000

    @cached_property
    def order(self) -> Float32Array:
        """(entry,) the urgency of every entry, in steps."""
        return steps_of(self.urgency).astype(np.float32)

    @cached_property
    def is_vast(self) -> bool:
        """Whether the problem has more than `VAST_WORK`."""
        return int(work_of(self.problem.demand).sum()) > VAST_WORK

    def best_of(self, rounds: int) -> tuple[int, Places]:
        """The cheapest plan of several rounds: its cost, nano-yuan, and the plan."""
        ahead = np.zeros(self.problem.demand.jobs)
        best_nano, best = self.round(ahead)
        for number in range(1, rounds):
            self.watch.cost(best_nano)
            self.watch.advance(number / rounds)
            ahead = ahead + 2.0 * np.clip(5.0 * self.regret(), 0.0, 1.0)
            self.placement.clear()
            cost_nano, places = self.round(ahead)
            if cost_nano < best_nano:
                best_nano, best = cost_nano, places
        self.watch.cost(best_nano)
        return best_nano, best

    def round(self, ahead: Float64Array) -> tuple[int, Places]:
        """Place all and let them move; the cost, nano-yuan, and the plan. `ahead`: (job,) sooner by that."""
        placement = self.placement
        queues = self.queues(ahead, slice(None))
        for queue in queues:
            placement.sweep(queue, self.prices[1.0], PLACE)
        self.drop_worthless()
        for share in SHARES:
            for queue in queues:
                placement.sweep(queue, self.prices[share], MOVE)
            if self.is_vast:
                queues = self.queues(ahead, np.flatnonzero(self.regret() > RESTLESS))
        self.drop_worthless()
        if not self.is_vast:
            self.exchange()
        for queue in queues:
            placement.sweep(queue, self.prices[0.0], MOVE)
        places = placement.places
        return self.cost_nano(places), places

    def queues(self, ahead: Float64Array, jobs: Int64Array | slice) -> list[Queue]:
        """`jobs` lined up by their best options, and those that have one by their second best."""
        entries = [choice[jobs][choice[jobs] >= 0] for choice in self.choices]
        return [
            line_up(self.problem, entry, self.urgency[entry] - ahead[self.problem.demand.job[entry]])
            for entry in entries
        ]

    def exchange(self, passes: int = EJECTIONS) -> None:
        """Let the jobs with most regret push others aside, where that is cheaper for all together."""
        demand, state, choice = self.problem.demand, self.placement.state, self.choices[0]
        for _ in range(passes):
            # capped so that the sum of all holds in 64 bits
            regret_nano = np.minimum(self.regret_nano(), 2**62 // max(demand.jobs, 1))
            worst = np.argsort(-regret_nano, kind="stable")[:CANDIDATES_MOST]
            held = np.cumsum(regret_nano[worst])
            enough = int(regret_nano.sum()) * REGRET_PERCENT // 100
            worst = worst[: int(np.searchsorted(held, enough)) + 1]
            entry = np.where(state.entry[worst] >= 0, state.entry[worst], choice[worst])
            if not self.placement.eject(entry[entry >= 0], self.prices[1.0], self.prices[0.0], self.order):
                break

    def drop_worthless(self) -> None:
        """Take places away that truly cost the job's value or more."""
        places = self.placement.current
        self.placement.drop(
            np.flatnonzero(places.served & (exact_costs(self.problem, places) >= self.value_nano))
        )

    def cost_nano(self, places: Places) -> int:
        """The cost of a plan, exact."""
        return exact_sum(np.where(places.served, exact_costs(self.problem, places), self.value_nano))

    def regret(self) -> Float64Array:
        """(job,) what each job pays under prices above its least, as a share of its least."""
        return self.regret_nano() / np.maximum(self.bound.job_nano, 1)

    def regret_nano(self) -> Int64Array:
        """(job,) what each job pays under prices above its least, nano-yuan; unserved, its value."""
        places = self.placement.current
        paid_nano = held_at(self.problem, places, self.price_by_column, exact_costs(self.problem, places))
        return np.where(places.served, paid_nano, self.value_nano) - self.bound.job_nano
