"""What each placed job costs, part by part, to the last digit."""

import msgspec
import numpy as np
from numba import njit

from suanwang.clearing.exact_response import carriage_micro
from suanwang.clearing.places import Places
from suanwang.clearing.problem import Int32Array, Problem
from suanwang.energy.unit_parts import unit_parts
from suanwang.units.rounding import Int64Array, half_even


class Costs(msgspec.Struct, frozen=True):
    """Parts of each job's cost at its place, 0 where unserved. `exact_nano`: (job,) their sum, unrounded."""

    compute_micro: Int64Array
    energy_micro: Int64Array
    carbon_micro: Int64Array
    data_micro: Int64Array
    exact_nano: Int64Array


@njit(cache=True, nogil=True)
def carriage_at(
    column: Int32Array,
    region: Int32Array,
    data_region: Int32Array,
    in_nano_gb: Int64Array,
    out_nano_gb: Int64Array,
    cost_femto_per_gb: Int64Array,
) -> Int64Array:
    """(job,) micro-yuan of moving its data to and from its column; 0 where unserved."""
    cost = np.zeros(len(column), np.int64)
    for j in range(len(column)):
        if column[j] >= 0 and (in_nano_gb[j] > 0 or out_nano_gb[j] > 0):
            cost[j] = carriage_micro(
                in_nano_gb[j], int(cost_femto_per_gb[data_region[j], column[j]]),
                out_nano_gb[j], int(cost_femto_per_gb[region[j], column[j]]),
            )  # fmt: skip
    return cost


@njit(cache=True, nogil=True)
def held_at(
    entry: Int64Array, column: Int32Array, start: Int32Array, milli: Int64Array, slots: Int32Array,
    by_column: Int64Array,
) -> Int64Array:  # fmt: skip
    """(job,) milli-devices · Σ over the slots held, from prefix sums `by_column`; 0 where unserved."""
    held = np.zeros(len(entry), np.int64)
    for j in range(len(entry)):
        n = entry[j]
        if n >= 0:
            begin = start[j]
            held[j] = milli[n] * (by_column[column[j], begin + slots[n]] - by_column[column[j], begin])
    return held


def sums_by_column(unit_micro: Int64Array) -> Int64Array:
    """(column, slot + 1) prefix sums over time of a (slot, column) matrix."""
    sums = np.zeros((unit_micro.shape[1], unit_micro.shape[0] + 1), np.int64)
    np.cumsum(unit_micro.T, axis=1, out=sums[:, 1:])
    return sums


def exact_costs(problem: Problem, places: Places) -> Int64Array:
    """(job,) what each place costs in nano-yuan, unrounded but for the data; 0 where unserved."""
    supply, demand = problem.supply, problem.demand
    data_micro = carriage_at(
        places.column, demand.region, demand.data_region, demand.in_nano_gb, demand.out_nano_gb,
        problem.carriage.cost_femto_per_gb,
    )  # fmt: skip
    by_column = sums_by_column(supply.unit_micro)
    held_nano = held_at(places.entry, places.column, places.start, demand.milli, demand.slots, by_column)
    return held_nano + 1000 * data_micro


def costs_of(problem: Problem, entry: Int64Array, column: Int32Array, start: Int32Array) -> Costs:
    """The parts for places given as (job,) entry, column and start, −1 where unserved."""
    supply, demand = problem.supply, problem.demand
    served = np.flatnonzero(entry >= 0)
    at, begin = column[served], start[served].astype(np.int64)
    slots = demand.slots[entry[served]]
    milli = demand.milli[entry[served]]
    parts = unit_parts(problem.scenario)
    pool = supply.column_pool[at]

    def held(unit_micro: Int64Array) -> Int64Array:
        prefix = np.zeros((unit_micro.shape[0], unit_micro.shape[1] + 1), np.int64)
        np.cumsum(unit_micro, axis=1, out=prefix[:, 1:])
        return milli * (prefix[pool, begin + slots] - prefix[pool, begin])

    nano = {
        "compute": milli * parts.compute[pool] * slots,
        "energy": held(parts.energy),
        "carbon": held(parts.carbon),
    }
    data_micro = carriage_at(
        column, demand.region, demand.data_region, demand.in_nano_gb, demand.out_nano_gb,
        problem.carriage.cost_femto_per_gb,
    )  # fmt: skip
    exact_nano = data_micro * 1000
    exact_nano[served] += nano["compute"] + nano["energy"] + nano["carbon"]

    def rounded(part: Int64Array) -> Int64Array:
        micro = np.zeros(demand.jobs, np.int64)
        micro[served] = half_even(part, 1000)
        return micro

    return Costs(
        rounded(nano["compute"]), rounded(nano["energy"]), rounded(nano["carbon"]), data_micro, exact_nano
    )


def worth_having(problem: Problem, places: Places) -> tuple[Places, Costs]:
    """The places whose written total is below the job's value, and their costs; the others are given up.

    A job with part of a device may cost less than its value by a fraction of a micro-yuan that the rounding
    of its written parts takes away.
    """
    costs = costs_of(problem, places.entry, places.column, places.start)
    total_micro = costs.compute_micro + costs.energy_micro + costs.carbon_micro + costs.data_micro
    kept = places.served & (total_micro < problem.demand.value_micro)
    if bool((kept == places.served).all()):
        return places, costs
    places = Places(
        np.where(kept, places.entry, -1),
        np.where(kept, places.column, -1).astype(np.int32),
        np.where(kept, places.start, -1).astype(np.int32),
    )
    return places, costs_of(problem, places.entry, places.column, places.start)
