"""The method `prices`: search prices, certify the bound, place the jobs, move them where it is cheaper."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import msgspec
import numpy as np

from suanwang.clearing.bound import Bound, bound_of
from suanwang.clearing.costs import costs_of
from suanwang.clearing.placement import Placement, prefix_sums
from suanwang.clearing.places import Places
from suanwang.clearing.prices import STEPS, PriceSearch, batches_for, gather_crowd
from suanwang.clearing.problem import Problem
from suanwang.clearing.queue import cheapest_entries, line_up, other_entries, steps_of, urgency
from suanwang.clearing.shards import entries_of, survey
from suanwang.clearing.sweep import MOVE, PLACE
from suanwang.clearing.watch import Watch
from suanwang.clearing.windows import Float64Array
from suanwang.clearing.workers import hired
from suanwang.units.rounding import Int64Array, exact_sum

SWEEPS = (0.0, 0.5, 0.0)
"""After placing under the full prices, jobs move under this share of them."""
EJECTIONS = 2
"""Passes of exchanges after the sweeps, over the jobs that hold most of the regret."""
REGRET_SHARE = 0.97
CANDIDATES_MOST = 2_500
ROUNDS_WORK = 60_000
"""As many rounds of placing as keep jobs · rounds below this, and at least one."""
ROUNDS_MOST = 12


class Priced(msgspec.Struct, frozen=True):
    """`price_micro`: (slot, column), what `bound` is certified at. `free_bound`: the bound at prices zero."""

    places: Places
    price_micro: Int64Array
    bound: Bound
    free_bound: Bound


class Settings(msgspec.Struct, frozen=True):
    """How to clear. `steps` of the price search and `rounds` of placing: None for what suits the size.

    `workers` on Ray answer the price search, 0 for the threads of this process; `ray` is the address of their
    cluster, None for a Ray of their own on this machine.
    """

    seed: int = 0
    threads: int = 2
    steps: int | None = None
    rounds: int | None = None
    workers: int = 0
    ray: str | None = None


def clear_by_prices(problem: Problem, settings: Settings, watch: Watch) -> Priced:
    """Prices, bound and plan. The same for any number of threads and workers."""
    with ThreadPoolExecutor(settings.threads) as pool:
        watch.phase("prices")
        ground, dense_row = survey(problem)
        batches = batches_for(problem)
        crowd, batch_jobs = gather_crowd(
            problem, ground, dense_row, batches, settings.workers or settings.threads, pool, settings.seed
        )
        if settings.workers:
            watch.phase("workers")
        with hired(problem, ground, crowd, settings.ray) if settings.workers else nullcontext(crowd) as asked:
            watch.phase("prices")
            search = PriceSearch(problem, asked, batch_jobs, pool, settings.seed)
            steps = settings.steps or STEPS
            price_micro = search.run(steps, watch=lambda step: watch.advance(step / steps))
        watch.phase("bound")
        bound = bound_of(problem, ground, crowd.shards, pool, price_micro)
        free_bound = bound_of(problem, ground, crowd.shards, pool, np.zeros_like(price_micro))
        if free_bound.nano > bound.nano:
            bound, price_micro = free_bound, np.zeros_like(price_micro)
        watch.bound(bound.nano)
        watch.phase("place")
        entries = entries_of(problem, dense_row, np.arange(problem.demand.entries))
        placer = Placer(problem, Placement(problem, ground, entries, pool), bound, price_micro, watch)
        rounds = settings.rounds or max(1, min(ROUNDS_MOST, ROUNDS_WORK // max(problem.demand.jobs, 1)))
        places = placer.best_of(rounds)
    return Priced(places, price_micro, bound, free_bound)


class Placer:
    """Rounds of placing: each starts anew, with the jobs that fared badly in the last one further ahead."""

    def __init__(
        self, problem: Problem, placement: Placement, bound: Bound, price_micro: Int64Array, watch: Watch
    ) -> None:
        demand = problem.demand
        self.problem, self.placement, self.bound, self.watch = problem, placement, bound, watch
        self.first_choice = cheapest_entries(demand, bound.least_nano)
        self.second_choice = other_entries(demand, bound.least_nano, self.first_choice)
        self.order_first = urgency(demand, self.first_choice, bound)
        self.order_second = urgency(demand, self.second_choice, bound)
        self.order = steps_of(urgency(demand, np.arange(demand.entries), bound)).astype(np.float32)
        self.prices = {share: prefix_sums(problem, np.rint(share * price_micro)) for share in {1.0, *SWEEPS}}
        self.value_nano = demand.value_micro * 1000

    def best_of(self, rounds: int) -> Places:
        """The cheapest plan of several rounds."""
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
        return best

    def round(self, ahead: Float64Array) -> tuple[int, Places]:
        """Place all and let them move; the cost, nano-yuan, and the plan. `ahead`: (job,) sooner by that."""
        demand, placement = self.problem.demand, self.placement
        queues = [
            line_up(self.problem, entry, order - ahead[demand.job[entry]])
            for entry, order in (
                (self.first_choice, self.order_first),
                (self.second_choice, self.order_second),
            )
        ]
        for queue in queues:
            placement.sweep(queue, self.prices[1.0], PLACE)
        self.drop_worthless()
        for share in SWEEPS:
            for queue in queues:
                placement.sweep(queue, self.prices[share], MOVE)
        self.drop_worthless()
        self.exchange()
        for queue in queues:
            placement.sweep(queue, self.prices[0.0], MOVE)
        places = placement.places
        return self.cost_nano(places), places

    def exchange(self) -> None:
        """Let the jobs with most regret push others aside, where that is cheaper for all together."""
        demand, state = self.problem.demand, self.placement.state
        choice = np.full(demand.jobs, -1, np.int64)
        choice[demand.job[self.first_choice]] = self.first_choice
        for _ in range(EJECTIONS):
            regret_nano = self.regret() * self.bound.job_nano
            worst = np.argsort(-regret_nano, kind="stable")[:CANDIDATES_MOST]
            held = np.cumsum(regret_nano[worst])
            worst = worst[: int(np.searchsorted(held, regret_nano.sum() * REGRET_SHARE)) + 1]
            entry = np.where(state.entry[worst] >= 0, state.entry[worst], choice[worst])
            if not self.placement.eject(entry[entry >= 0], self.prices[1.0], self.prices[0.0], self.order):
                break

    def drop_worthless(self) -> None:
        """Take places away that truly cost the job's value or more."""
        state = self.placement.state
        costs = costs_of(self.problem, state.entry, state.column, state.start)
        self.placement.drop(np.flatnonzero((state.entry >= 0) & (costs.exact_nano >= self.value_nano)))

    def cost_nano(self, places: Places) -> int:
        """The cost of a plan, exact."""
        costs = costs_of(self.problem, places.entry, places.column, places.start)
        return exact_sum(np.where(places.served, costs.exact_nano, self.value_nano))

    def regret(self) -> Float64Array:
        """(job,) what each job pays under prices above its least, as a share of its least."""
        state, demand = self.placement.state, self.problem.demand
        costs = costs_of(self.problem, state.entry, state.column, state.start)
        paid_nano = np.where(state.entry >= 0, costs.exact_nano, self.value_nano).astype(np.float64)
        served = np.flatnonzero(state.entry >= 0)
        entry, column = state.entry[served], state.column[served]
        begin, end = state.start[served], state.start[served] + demand.slots[entry]
        of_capacity = self.prices[1.0].by_column - self.prices[0.0].by_column
        paid_nano[served] += demand.milli[entry] * (of_capacity[column, end] - of_capacity[column, begin])
        return (paid_nano - self.bound.job_nano) / np.maximum(self.bound.job_nano, 1)
