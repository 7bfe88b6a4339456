"""An earlier clearing of the same network, to go on from: its prices, and the places that still hold.

A place holds where the job still has that option, in a pool that still admits it, from a start that its
window and transfers still leave, below its value, and where the pool still has the room. Everything is asked
of the new problem; nothing is believed because it was true before.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportOperatorIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportUnknownParameterType=false
# Compiled by numba: scalars there have the compiler's types, which annotations for readers do not follow.

import msgspec
import numpy as np
from numba import njit
from numpy.typing import NDArray

from suanwang.clearing.costs import exact_costs
from suanwang.clearing.demand import in_parts
from suanwang.clearing.places import Places
from suanwang.clearing.prices import dearest_micro
from suanwang.clearing.problem import BoolArray, Int32Array, Problem
from suanwang.clearing.windows import Float64Array
from suanwang.model.result import Outcome
from suanwang.units.rounding import Int64Array, exact_sum


class LastClearing(msgspec.Struct, frozen=True):
    """What to start from, told in the jobs and pools of the scenario to be cleared now.

    `price_micro`: (pool, slot) ≥ 0. `option`, `pool`, `start_slot`: (job,) the last plan's, −1 where the job
    had no place or was not there. `gap`: the one to be held to, (cost − bound)/bound of the last clearing
    from scratch; None where there was none.
    """

    price_micro: Int64Array
    option: NDArray[np.int32]
    pool: NDArray[np.int32]
    start_slot: NDArray[np.int32]
    gap: float | None

    @classmethod
    def of(cls, outcome: Outcome) -> "LastClearing":
        """The outcome of a scenario with the same jobs and pools in the same order."""
        cost, bound = exact_sum(outcome.total_micro), outcome.bound_micro
        gap = (cost - bound) / bound if bound > 0 else None
        gap = outcome.held_to_gap if outcome.held_to_gap is not None else gap
        return cls(outcome.price_micro, outcome.option, outcome.pool, outcome.start_slot, gap)


def last_prices(problem: Problem, last: LastClearing) -> Int64Array:
    """(slot, column) the last prices; where a pool is shut now, or was and is no longer, a price for that."""
    supply = problem.supply
    price = np.ascontiguousarray(last.price_micro[supply.column_pool].T).astype(np.float64)
    shut, ceiling = dearest_micro(problem)
    closed = supply.capacity_milli == 0
    # a price that nobody would pay was no price but a closed door: there the pool's other slots tell
    was_shut = ~closed & (price >= shut)
    open_now = ~closed & ~was_shut
    usual = (price * open_now).sum(axis=0) // np.maximum(open_now.sum(axis=0), 1)
    price = np.where(was_shut, usual, np.where(closed, shut, price))
    return np.minimum(price, ceiling).astype(np.int64)


@njit(cache=True, nogil=True)
def find_entries(
    first_job: int, last_job: int, option: Int32Array, pool: Int32Array, start_slot: Int32Array,
    pool_column: Int64Array, class_first: Int64Array, row_first: Int64Array, row_column: Int32Array,
    slot_nano_gb: Float64Array,
    region: Int32Array, data_region: Int32Array, in_nano_gb: Int64Array, out_nano_gb: Int64Array,
    first: Int64Array, entry_option: Int32Array, device_class: Int32Array, reach: Int32Array, row: Int32Array,
    start: Int32Array, starts: Int32Array, varies: BoolArray,
    entry: Int64Array, column: Int32Array,
) -> None:  # fmt: skip
    """Fill `entry` and `column` of jobs [first, last) that may take their last place now, −1 elsewhere."""
    for j in range(first_job, last_job):
        entry[j], column[j] = -1, -1
        if pool[j] < 0:
            continue
        at = pool_column[pool[j]]
        for n in range(first[j], first[j + 1]):
            k = device_class[n]
            if entry_option[n] != option[j] or at < class_first[k] or at >= class_first[k + 1]:
                continue
            local = at - class_first[k]
            # halved by hand: to take the slice out is counted, which here costs more than the search
            found, after = row_first[row[n]], row_first[row[n] + 1] - 1
            while found < after:
                middle = (found + after) // 2
                if row_column[middle] < local:
                    found = middle + 1
                else:
                    after = middle
            if local >= reach[n] or found > after or row_column[found] != local:
                continue
            lo, hi = np.int64(start[n]), np.int64(start[n] + starts[n])
            if varies[n]:
                lo += np.int64(min(np.ceil(in_nano_gb[j] / slot_nano_gb[data_region[j], at]), 1e9))
                hi -= np.int64(min(np.ceil(out_nano_gb[j] / slot_nano_gb[region[j], at]), 1e9))
            if start_slot[j] >= lo and start_slot[j] < hi:
                entry[j], column[j] = n, at


@njit(cache=True, nogil=True)
def take_in_turn(
    turn: Int64Array, entry: Int64Array, column: Int32Array, start: Int32Array, milli: Int64Array,
    slots: Int32Array, free_milli: Int64Array, taken_entry: Int64Array, taken_column: Int32Array,
    taken_start: Int32Array,
) -> None:  # fmt: skip
    """Jobs in `turn` take the places (job,) they held, where there still is room: capacity, then `taken`."""
    for j in turn:
        n, at, begin = entry[j], column[j], start[j]
        fits = True
        for t in range(begin, begin + slots[n]):
            if free_milli[t, at] < milli[n]:
                fits = False
                break
        if fits:
            for t in range(begin, begin + slots[n]):
                free_milli[t, at] -= milli[n]
            taken_entry[j], taken_column[j], taken_start[j] = n, at, begin


def places_that_hold(problem: Problem, last: LastClearing) -> Places:
    """The places of the last plan that each job alone may take now; room is not asked about."""
    supply, demand, rows = problem.supply, problem.demand, problem.rows
    pool_column = np.empty(supply.columns, np.int64)
    pool_column[supply.column_pool] = np.arange(supply.columns)
    entry, column = np.empty(demand.jobs, np.int64), np.empty(demand.jobs, np.int32)

    def find(first_job: int, last_job: int) -> None:
        find_entries(
            first_job, last_job, last.option, last.pool, last.start_slot, pool_column, supply.class_first,
            rows.first, rows.column, problem.carriage.slot_nano_gb, demand.region, demand.data_region,
            demand.in_nano_gb, demand.out_nano_gb, demand.first, demand.option, demand.device_class,
            demand.reach, demand.row, demand.start, demand.starts, demand.varies, entry, column,
        )  # fmt: skip

    in_parts(find, demand.jobs)
    dear = exact_costs(problem, Places(entry, column, last.start_slot)) >= demand.value_micro * 1000
    entry[dear], column[dear] = -1, -1
    return Places(entry, column, np.where(entry >= 0, last.start_slot, -1).astype(np.int32))
