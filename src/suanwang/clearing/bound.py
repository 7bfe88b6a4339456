"""The certified bound of given prices.

    bound(λ) = Σ_j min(v[j], min over (o,r,s) of cost[j,o,r,s] + q[j,o]·Σ λ[r,t]) − Σ_{r,t} λ[r,t]·cap[r,t]

Any λ ≥ 0 gives a valid lower bound on the cost of every plan (weak duality). All of it is in integers.
"""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np

from suanwang.clearing.exact_response import NO_COST, least_costs
from suanwang.clearing.ground import Ground, read_only
from suanwang.clearing.problem import Problem
from suanwang.clearing.shards import Shard
from suanwang.units.rounding import Int64Array, exact_sum, exact_sum_of_products


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


def least_of_jobs(problem: Problem, least_nano: Int64Array) -> Int64Array:
    """(job,) min(value, least over the job's entries), nano-yuan."""
    demand = problem.demand
    least = demand.value_micro * 1000
    able = np.diff(demand.first) > 0
    if able.any():
        least[able] = np.minimum(least[able], np.minimum.reduceat(least_nano, demand.first[:-1][able]))
    return least


def bound_of(
    problem: Problem, ground: Ground, shards: list[Shard], pool: ThreadPoolExecutor, price_micro: Int64Array
) -> Bound:
    """bound(λ) for integer prices λ, (slot, column) micro-yuan per device-slot."""
    supply = problem.supply
    prefix = np.zeros((supply.slots + 1, supply.columns))
    micro = supply.unit_micro + price_micro
    np.cumsum(micro, axis=0, out=prefix[1:])
    by_column = read_only(np.ascontiguousarray(prefix.T))
    deepest_micro = float(-micro.min(initial=0))
    least_nano = np.full(problem.demand.entries, NO_COST, np.int64)

    def ask(shard: Shard) -> None:
        answer = np.empty(len(shard.entry), np.int64)
        least_costs(
            shard.tables, shard.entries, ground, read_only(prefix), by_column, deepest_micro, shard.scratch,
            answer,
        )  # fmt: skip
        least_nano[shard.entry] = answer

    list(pool.map(ask, shards))
    job_nano = least_of_jobs(problem, least_nano)
    return Bound(
        exact_sum(job_nano) - exact_sum_of_products(price_micro, problem.supply.capacity_milli),
        least_nano,
        job_nano,
    )
