"""Every place of every job, one by one, with its exact cost: the variables of the integer program."""

from typing import Any

import msgspec
import numpy as np
from numba import njit

from suanwang.clearing.exact_response import COST_MOST, carriage_micro
from suanwang.clearing.problem import BoolArray, Int32Array, Problem
from suanwang.clearing.response import Float64Array
from suanwang.units.rounding import Int64Array


class Choices(msgspec.Struct, frozen=True):
    """Places that cost less than their job's value, in order of job, option, column and start.

    By place: `entry`, `column`, `start`; `cost_nano`, exact.
    """

    entry: Int64Array
    column: Int32Array
    start: Int32Array
    cost_nano: Int64Array


def count_at_most(problem: Problem) -> tuple[int, int]:
    """How many places the jobs have at most, and how many slots these hold in all."""
    demand = problem.demand
    places = demand.allowed.astype(np.int64) * demand.starts
    return int(places.sum()), int((places * demand.slots).sum())


@njit(cache=True, nogil=True)
def fill_choices(
    # by job
    value_nano: Int64Array,
    region: Int32Array,
    data_region: Int32Array,
    in_nano_gb: Int64Array,
    out_nano_gb: Int64Array,
    # by entry
    job: Int32Array,
    device_class: Int32Array,
    milli: Int64Array,
    slots: Int32Array,
    reach: Int32Array,
    row: Int32Array,
    start: Int32Array,
    starts: Int32Array,
    varies: BoolArray,
    # shared
    class_first: Int64Array,
    row_first: Int64Array,
    row_column: Int32Array,
    cost_femto_per_gb: Int64Array,
    slot_nano_gb: Float64Array,
    prefix: Int64Array,
    # the answers
    entry: Int64Array,
    column: Int32Array,
    begin: Int32Array,
    cost_nano: Int64Array,
) -> int:
    """Fill the columns of `Choices`; how many there are."""
    found = 0
    for n in range(len(job)):
        j = job[n]
        source, target = data_region[j], region[j]
        for i in range(row_first[row[n]], row_first[row[n] + 1]):
            local = row_column[i]
            if local >= reach[n]:
                break
            at = class_first[device_class[n]] + local
            lo, hi = np.int64(start[n]), np.int64(start[n] + starts[n])
            if varies[n]:
                lo += np.int64(np.ceil(in_nano_gb[j] / slot_nano_gb[source, at]))
                hi -= np.int64(np.ceil(out_nano_gb[j] / slot_nano_gb[target, at]))
            data_nano = 1000 * carriage_micro(
                int(in_nano_gb[j]), int(cost_femto_per_gb[source, at]),
                int(out_nano_gb[j]), int(cost_femto_per_gb[target, at]),
            )  # fmt: skip
            for s in range(lo, hi):
                window = prefix[s + slots[n], at] - prefix[s, at]
                if np.float64(milli[n]) * np.float64(window) > COST_MOST:
                    continue
                price = milli[n] * window + data_nano
                if price < value_nano[j]:
                    entry[found] = n
                    column[found] = at
                    begin[found] = s
                    cost_nano[found] = price
                    found += 1
    return found


def list_choices(problem: Problem) -> Choices:
    """The places; see `count_at_most` for how much room they take."""
    supply, demand, rows, carriage = problem.supply, problem.demand, problem.rows, problem.carriage
    most, _ = count_at_most(problem)
    prefix = np.zeros((supply.slots + 1, supply.columns), np.int64)
    np.cumsum(supply.unit_micro, axis=0, out=prefix[1:])
    entry, cost_nano = np.empty(most, np.int64), np.empty(most, np.int64)
    column, begin = np.empty(most, np.int32), np.empty(most, np.int32)
    found = fill_choices(
        demand.value_micro * 1000, demand.region, demand.data_region, demand.in_nano_gb, demand.out_nano_gb,
        demand.job, demand.device_class, demand.milli, demand.slots, demand.reach, demand.row, demand.start,
        demand.starts, demand.varies, supply.class_first, rows.first, rows.column,
        carriage.cost_femto_per_gb, carriage.slot_nano_gb, prefix, entry, column, begin, cost_nano,
    )  # fmt: skip
    return Choices(
        entry[:found].copy(), column[:found].copy(), begin[:found].copy(), cost_nano[:found].copy()
    )


class Matrix(msgspec.Struct, frozen=True):
    """The constraints by place, compressed: place i has `row[first[i]:first[i+1]]` with `coefficient`.

    Rows are the jobs first (at most one place), then the cells (at most the capacity): `cells` holds their
    numbers slot · columns + column. Devices are counted in multiples of `step_milli`.
    """

    first: Int64Array
    row: Int32Array
    coefficient: Float64Array
    most: Float64Array
    cells: Int64Array
    step_milli: int


def constraints(problem: Problem, choices: Choices) -> Matrix:
    """The matrix of the integer program over `choices`."""
    supply, demand = problem.supply, problem.demand
    slots = demand.slots[choices.entry].astype(np.int64)
    milli = demand.milli[choices.entry]
    step_milli = max(int(np.gcd.reduce(milli)), 1) if len(milli) else 1
    first = np.zeros(len(slots) + 1, np.int64)
    np.cumsum(1 + slots, out=first[1:])
    place = np.repeat(np.arange(len(slots)), slots)
    offset = np.arange(len(place)) - np.repeat(np.cumsum(slots) - slots, slots)
    cell = (choices.start[place] + offset) * supply.columns + choices.column[place]
    cells, cell_row = np.unique(cell, return_inverse=True)
    at = np.ones(int(first[-1]), np.bool_)
    at[first[:-1]] = False
    row = np.empty(len(at), np.int32)
    coefficient: np.ndarray[Any, np.dtype[np.float64]] = np.ones(len(at))
    row[first[:-1]] = demand.job[choices.entry]
    row[at] = demand.jobs + cell_row
    coefficient[at] = milli[place] / step_milli
    most = np.concatenate([np.ones(demand.jobs), supply.capacity_milli.ravel()[cells] / step_milli])
    return Matrix(first, row, coefficient, most, cells, step_milli)
