"""The certified bound of given prices.

    bound(λ) = Σ_j min(v[j], min over (o,r,s) of cost[j,o,r,s] + q[j,o]·Σ λ[r,t]) − Σ_{r,t} λ[r,t]·cap[r,t]

Any λ ≥ 0 gives a valid lower bound on the cost of every plan (weak duality). All of it is in integers.
"""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
from numba import njit

from suanwang.clearing.demand import in_parts
from suanwang.clearing.exact_response import NO_COST, least_costs
from suanwang.clearing.ground import Entries, Ground, Tables, read_only
from suanwang.clearing.problem import Problem
from suanwang.clearing.shards import BLOCK_SLOTS, cut_tables, room_for, work_of_entries
from suanwang.units.rounding import Int64Array, exact_sum, exact_sum_of_products
from suanwang.units.stable_order import stable_order


class Bound(msgspec.Struct, frozen=True):
    """`nano`: bound(λ) in nano-yuan. `least_nano`: (entry,) least cost under the prices, `NO_COST` for none.

    `job_nano`: (job,) min(value, the least over its entries).
    """

    nano: int
    least_nano: Int64Array
    job_nano: Int64Array

    def published_micro(self, fractional_jobs: int) -> int:
        """The bound on the sum of written totals: rounded down, less 2 for each job with a fractional option.

        Written parts are rounded, which can take up to 3 halves of a micro-yuan off such a job.
        """
        return self.nano // 1000 - 2 * fractional_jobs


class Turn(msgspec.Struct, frozen=True):
    """The entries that one thread asks, by table; `entry`: their places in the problem."""

    entry: Int64Array
    tables: Tables


def turns_of(problem: Problem, threads: int) -> list[Turn]:
    """All entries of the problem by class, duration and start, in parts of about equal work."""
    demand = problem.demand
    span = (problem.supply.slots // BLOCK_SLOTS + 1) * BLOCK_SLOTS
    key = demand.device_class.astype(np.int64) * (int(demand.slots.max(initial=0)) + 1) + demand.slots
    entry, key = stable_order(key * span + demand.start)
    done = np.cumsum(work_of_entries(demand)[entry])
    shares = [int(done[-1]) * part // threads if len(done) else 0 for part in range(1, threads)]
    cuts = np.searchsorted(done, shares)
    return [
        Turn(part, cut_tables(demand, part, of_part // BLOCK_SLOTS, per_scan=0))
        for part, of_part in zip(np.split(entry, cuts), np.split(key, cuts), strict=True)
    ]


class Certifier:
    """Certifies prices of one problem, as often as asked."""

    def __init__(
        self, problem: Problem, ground: Ground, entries: Entries, turns: list[Turn], pool: ThreadPoolExecutor
    ) -> None:
        self.problem, self.ground, self.turns, self.pool = problem, ground, turns, pool

        def lay_out(turn: Turn) -> Entries:
            return Entries._make(read_only(values[turn.entry]) for values in entries)

        # copied into the order of the tables: to jump for them would cost the kernel a quarter of its time
        self.entries = list(pool.map(lay_out, turns))

    def bound(self, price_micro: Int64Array, in_turn: bool = False) -> Bound:
        """bound(λ) for integer prices λ, (slot, column) micro-yuan per device-slot.

        `in_turn`: by the calling thread alone, which leaves the pool to others meanwhile.
        """
        supply = self.problem.supply
        prefix = np.zeros((supply.slots + 1, supply.columns))
        micro = supply.unit_micro + price_micro
        np.cumsum(micro, axis=0, out=prefix[1:])
        by_column = read_only(np.ascontiguousarray(prefix.T))
        deepest_micro = float(-micro.min(initial=0))
        columns = int(np.diff(supply.class_first).max(initial=1))
        least_nano = np.full(self.problem.demand.entries, NO_COST, np.int64)

        def ask(turn: Turn, entries: Entries) -> None:
            least_costs(
                turn.tables, read_only(turn.entry), entries, self.ground, read_only(prefix), by_column,
                deepest_micro, room_for(turn.tables, columns), least_nano,
            )  # fmt: skip

        asking = map if in_turn else self.pool.map
        list(asking(ask, self.turns, self.entries))
        job_nano = least_of_jobs(self.problem, least_nano)
        certified_nano = exact_sum(job_nano) - exact_sum_of_products(price_micro, supply.capacity_milli)
        return Bound(certified_nano, least_nano, job_nano)


def least_of_jobs(problem: Problem, least_nano: Int64Array) -> Int64Array:
    """(job,) min(value, least over the job's entries), nano-yuan."""
    demand = problem.demand
    least = demand.value_micro * 1000

    def lower(first_job: int, last_job: int) -> None:
        lower_to_entries(first_job, last_job, demand.first, least_nano, least)

    in_parts(lower, demand.jobs)
    return least


@njit(cache=True, nogil=True)
def lower_to_entries(
    first_job: int, last_job: int, first: Int64Array, least_nano: Int64Array, least: Int64Array
) -> None:
    """Lower `least` of jobs [first, last) to the least over their entries, where that is below it."""
    for j in range(first_job, last_job):
        for n in range(first[j], first[j + 1]):
            least[j] = min(least[j], least_nano[n])
