"""What each placed job costs, part by part, to the last digit."""

import msgspec
import numpy as np
from numba import njit

from suanwang.clearing.demand import in_parts
from suanwang.clearing.exact_response import carriage_micro, rounded
from suanwang.clearing.places import Places
from suanwang.clearing.problem import Int32Array, Problem
from suanwang.energy.unit_parts import unit_parts
from suanwang.units.rounding import Int64Array


class Costs(msgspec.Struct, frozen=True):
    """(job,) the written parts of each job's cost at its place, 0 where unserved."""

    compute_micro: Int64Array
    energy_micro: Int64Array
    carbon_micro: Int64Array
    data_micro: Int64Array

    @property
    def total_micro(self) -> Int64Array:
        """(job,) their sum."""
        return self.compute_micro + self.energy_micro + self.carbon_micro + self.data_micro


@njit(cache=True, nogil=True)
def fill_carriage(
    first_job: int, last_job: int, column: Int32Array, region: Int32Array, data_region: Int32Array,
    in_nano_gb: Int64Array, out_nano_gb: Int64Array, cost_femto_per_gb: Int64Array, micro: Int64Array,
) -> None:  # fmt: skip
    """Fill `micro` of jobs [first, last): what moving data to and from its column costs; 0 where unserved."""
    for j in range(first_job, last_job):
        micro[j] = 0
        if column[j] >= 0 and (in_nano_gb[j] > 0 or out_nano_gb[j] > 0):
            micro[j] = carriage_micro(
                in_nano_gb[j], int(cost_femto_per_gb[data_region[j], column[j]]),
                out_nano_gb[j], int(cost_femto_per_gb[region[j], column[j]]),
            )  # fmt: skip


@njit(cache=True, nogil=True)
def add_held(
    first_job: int, last_job: int, entry: Int64Array, column: Int32Array, start: Int32Array,
    milli: Int64Array, slots: Int32Array, by_column: Int64Array, nano: Int64Array,
) -> None:  # fmt: skip
    """Add to `nano` of jobs [first, last) milli-devices · Σ over the slots held, from sums `by_column`."""
    for j in range(first_job, last_job):
        n = entry[j]
        if n >= 0:
            begin = start[j]
            nano[j] += milli[n] * (by_column[column[j], begin + slots[n]] - by_column[column[j], begin])


def carriage_at(problem: Problem, places: Places) -> Int64Array:
    """(job,) micro-yuan of moving each job's data to and from its place; 0 where unserved."""
    demand = problem.demand
    micro = np.empty(demand.jobs, np.int64)

    def fill(first_job: int, last_job: int) -> None:
        fill_carriage(
            first_job, last_job, places.column, demand.region, demand.data_region, demand.in_nano_gb,
            demand.out_nano_gb, problem.carriage.cost_femto_per_gb, micro,
        )  # fmt: skip

    in_parts(fill, demand.jobs)
    return micro


def held_at(problem: Problem, places: Places, by_column: Int64Array, nano: Int64Array) -> Int64Array:
    """`nano` (job,) with milli-devices · Σ over the slots held added, from sums `by_column`."""
    demand = problem.demand

    def add(first_job: int, last_job: int) -> None:
        add_held(
            first_job, last_job, places.entry, places.column, places.start, demand.milli, demand.slots,
            by_column, nano,
        )  # fmt: skip

    in_parts(add, demand.jobs)
    return nano


def sums_by_column(unit_micro: Int64Array) -> Int64Array:
    """(column, slot + 1) prefix sums over time of a (slot, column) matrix."""
    sums = np.zeros((unit_micro.shape[1], unit_micro.shape[0] + 1), np.int64)
    np.cumsum(unit_micro.T, axis=1, out=sums[:, 1:])
    return sums


def exact_costs(problem: Problem, places: Places) -> Int64Array:
    """(job,) what each place costs in nano-yuan, unrounded but for the data; 0 where unserved."""
    data_nano = 1000 * carriage_at(problem, places)
    return held_at(problem, places, sums_by_column(problem.supply.unit_micro), data_nano)


@njit(cache=True, nogil=True)
def fill_parts(
    first_job: int, last_job: int, entry: Int64Array, column: Int32Array, start: Int32Array,
    milli: Int64Array, slots: Int32Array, column_pool: Int64Array, compute: Int64Array,
    energy_sums: Int64Array, carbon_sums: Int64Array, compute_micro: Int64Array, energy_micro: Int64Array,
    carbon_micro: Int64Array,
) -> None:  # fmt: skip
    """Fill the parts of jobs [first, last) that devices cost, from `UnitParts` and sums of them over time."""
    for j in range(first_job, last_job):
        n = entry[j]
        if n >= 0:
            pool, begin, end = column_pool[column[j]], start[j], start[j] + slots[n]
            compute_micro[j] = rounded(milli[n] * compute[pool] * slots[n], 1000)
            energy_micro[j] = rounded(milli[n] * (energy_sums[pool, end] - energy_sums[pool, begin]), 1000)
            carbon_micro[j] = rounded(milli[n] * (carbon_sums[pool, end] - carbon_sums[pool, begin]), 1000)


def costs_of(problem: Problem, places: Places) -> Costs:
    """The parts of each job's cost at its place."""
    supply, demand = problem.supply, problem.demand
    parts = unit_parts(problem.scenario)
    energy_sums, carbon_sums = sums_by_column(parts.energy.T), sums_by_column(parts.carbon.T)
    compute, energy, carbon = (np.zeros(demand.jobs, np.int64) for _ in range(3))

    def fill(first_job: int, last_job: int) -> None:
        fill_parts(
            first_job, last_job, places.entry, places.column, places.start, demand.milli, demand.slots,
            supply.column_pool, parts.compute, energy_sums, carbon_sums, compute, energy, carbon,
        )  # fmt: skip

    in_parts(fill, demand.jobs)
    return Costs(compute, energy, carbon, carriage_at(problem, places))


def worth_having(problem: Problem, places: Places) -> tuple[Places, Costs]:
    """The places whose written total is below the job's value, and their costs; the others are given up.

    A job with part of a device may cost less than its value by a fraction of a micro-yuan that the rounding
    of its written parts takes away.
    """
    costs = costs_of(problem, places)
    kept = places.served & (costs.total_micro < problem.demand.value_micro)
    if bool((kept == places.served).all()):
        return places, costs
    places = Places(
        np.where(kept, places.entry, -1),
        np.where(kept, places.column, -1).astype(np.int32),
        np.where(kept, places.start, -1).astype(np.int32),
    )
    return places, costs_of(problem, places)
