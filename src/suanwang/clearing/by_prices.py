"""The method `prices`: search prices, certify the bound, place the jobs; or go on from a last clearing."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext

import msgspec
import numpy as np

from suanwang.clearing.again import place_again
from suanwang.clearing.bound import Bound, Certifier, turns_of
from suanwang.clearing.ground import Entries, Ground
from suanwang.clearing.last import LastClearing, last_prices
from suanwang.clearing.placement import Placement
from suanwang.clearing.placer import Placer
from suanwang.clearing.places import Places
from suanwang.clearing.prices import STEPS, PriceSearch, batches_for, gather_crowd, shards_for
from suanwang.clearing.problem import Int32Array, Problem
from suanwang.clearing.shards import entries_of, survey
from suanwang.clearing.watch import Watch
from suanwang.clearing.workers import hired
from suanwang.units.rounding import Int64Array

WORSE_MOST = 0.001
"""A clearing from the last prices stands where its gap is at most this above the last one's."""
TOLD_AT = 5
"""For a watch that is curious, the search's prices are certified after each such part of it but the last."""
ROUNDS_WORK = 60_000
"""As many rounds of placing as keep jobs · rounds below this, and at least one."""
ROUNDS_MOST = 12


class Priced(msgspec.Struct, frozen=True):
    """`price_micro`: (slot, column), what `bound` is certified at. `free_bound`: the bound at prices zero.

    `cost_nano`: the plan's cost. `afresh`: whether the prices were searched for, or are those of before.
    """

    places: Places
    price_micro: Int64Array
    bound: Bound
    free_bound: Bound
    cost_nano: int
    afresh: bool

    @property
    def gap(self) -> float | None:
        """(cost − bound) / bound, None where the bound is not above 0."""
        return (self.cost_nano - self.bound.nano) / self.bound.nano if self.bound.nano > 0 else None


class Ready(msgspec.Struct, frozen=True):
    """A problem as the kernels read it, who certifies its prices, and the threads that ask.

    `dense_row`: (row,) its place in `ground.forbidden`, −1 for none. `entries`: all, in the problem's order.
    """

    problem: Problem
    ground: Ground
    dense_row: Int32Array
    entries: Entries
    certifier: Certifier
    pool: ThreadPoolExecutor

    def placer(self, bound: Bound, price_micro: Int64Array, watch: Watch) -> Placer:
        """Who places the jobs under prices with that bound."""
        placement = Placement(self.problem, self.ground, self.entries, self.pool)
        return Placer(self.problem, placement, bound, price_micro, watch)


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


def clear_by_prices(
    problem: Problem, settings: Settings, watch: Watch, last: LastClearing | None = None
) -> Priced:
    """Prices, bound and plan. The same for any number of threads and workers.

    With a `last` clearing: from its prices and places, and only where that ends further from the bound than
    `WORSE_MOST` above the last, from scratch too; then the cheaper plan and the higher bound of the two.
    """
    with ThreadPoolExecutor(settings.threads) as pool:
        if last is None:
            return from_scratch(make_ready(problem, settings.threads, pool), settings, watch)
        pricing = pool.submit(last_prices, problem, last)
        ready = make_ready(problem, settings.threads, pool)
        again = clear_again(ready, last, pricing.result(), watch)
        if last.gap is not None and again.gap is not None and again.gap <= last.gap + WORSE_MOST:
            return again
        return better_of(again, from_scratch(ready, settings, watch))


def make_ready(problem: Problem, threads: int, pool: ThreadPoolExecutor) -> Ready:
    """Lay the problem out for the kernels."""
    sorting = pool.submit(turns_of, problem, threads)
    ground, dense_row = survey(problem)
    entries = entries_of(problem, dense_row, slice(None))
    certifier = Certifier(problem, ground, entries, sorting.result(), pool)
    return Ready(problem, ground, dense_row, entries, certifier, pool)


def better_of(one: Priced, other: Priced) -> Priced:
    """The cheaper plan and the higher bound: a bound holds for every plan."""
    plan = one if one.cost_nano <= other.cost_nano else other
    proof = one if one.bound.nano >= other.bound.nano else other
    return msgspec.structs.replace(
        proof, places=plan.places, cost_nano=plan.cost_nano, afresh=one.afresh or other.afresh
    )


def from_scratch(ready: Ready, settings: Settings, watch: Watch) -> Priced:
    """Search prices, certify them, place all jobs."""
    price_micro, bound, free_bound = searched(ready, settings, watch)
    watch.phase("place")
    jobs = ready.problem.demand.jobs
    rounds = settings.rounds or max(1, min(ROUNDS_MOST, ROUNDS_WORK // max(jobs, 1)))
    cost_nano, places = ready.placer(bound, price_micro, watch).best_of(rounds)
    return Priced(places, price_micro, bound, free_bound, cost_nano, afresh=True)


def searched(ready: Ready, settings: Settings, watch: Watch) -> tuple[Int64Array, Bound, Bound]:
    """Prices, the bound at them, and the bound at none; prices of nothing where these are no better."""
    watch.phase("prices")
    problem, ground, pool = ready.problem, ready.ground, ready.pool
    batches = batches_for(problem)
    shards = settings.workers or shards_for(problem, batches, settings.threads)
    crowd, batch_jobs = gather_crowd(problem, ground, ready.dense_row, batches, shards, pool, settings.seed)
    if settings.workers:
        watch.phase("workers")
    with hired(ground, crowd, settings.ray) if settings.workers else nullcontext(crowd) as asked:
        watch.phase("prices")
        search = PriceSearch(problem, asked, batch_jobs, pool, settings.seed)
        steps = settings.steps or STEPS

        def tell(step: int) -> None:
            watch.advance(step / steps)
            if watch.curious and steps > TOLD_AT and step % (steps // TOLD_AT) == 0 and step < steps:
                watch.bound(ready.certifier.bound(search.prices_now()).nano)

        price_micro = search.run(steps, watch=tell)
    watch.phase("bound")
    nothing = np.zeros_like(price_micro)
    bound, free_bound = ready.certifier.bound(price_micro), ready.certifier.bound(nothing)
    if free_bound.nano > bound.nano:
        bound, price_micro = free_bound, nothing
    watch.bound(bound.nano)
    return price_micro, bound, free_bound


def clear_again(ready: Ready, last: LastClearing, price_micro: Int64Array, watch: Watch) -> Priced:
    """Certify the last prices on the new problem, keep the places that hold, place the other jobs."""
    watch.phase("bound")
    bound = ready.certifier.bound(price_micro)
    watch.bound(bound.nano)
    nothing = np.zeros_like(price_micro)
    with ThreadPoolExecutor(1) as beside:
        # in a thread of its own, beside the parts of placing that one thread does
        free = beside.submit(ready.certifier.bound, nothing, in_turn=True)
        watch.phase("place")
        cost_nano, places = place_again(ready.placer(bound, price_micro, watch), last)
        free_bound = free.result()
    if free_bound.nano > bound.nano:
        bound, price_micro = free_bound, nothing
    return Priced(places, price_micro, bound, free_bound, cost_nano, afresh=False)
