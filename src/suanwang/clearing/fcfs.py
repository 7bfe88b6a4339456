"""First come, first served: what a plain scheduler does.

Jobs in order of release, then of the jobs table; each takes its cheapest place that is free, at true cost,
if that costs less than its value. Ties go to the lowest pool of the pools table, then slot, then option.
All costs are compared to the last nano-yuan.
"""

from typing import Any

import numpy as np
from numba import njit

from suanwang.clearing.exact_response import FAR, carriage_micro
from suanwang.clearing.places import Places, no_places
from suanwang.clearing.problem import BoolArray, Int32Array, Problem
from suanwang.clearing.response import Float64Array, Index
from suanwang.units.rounding import Int64Array

Whole = int | np.integer[Any]
NO_SUM = np.int64(2**62)
"""The window sum of a column that has no free start."""
SPARSE_SHARE = 4
"""Columns are visited one by one where fewer than one in this many is allowed."""
COST_MOST = 4e18
"""Above any value, and the most that 64 bits hold with room to spare: what costs more is never computed."""


@njit(cache=True, nogil=True)
def least_free_sums(
    least: Int64Array,
    run: Int64Array,
    prefix: Int64Array,
    free_milli: Int64Array,
    first_column: Whole,
    columns: Whole,
    slots: Whole,
    milli: Whole,
    lo: Whole,
    hi: Whole,
) -> None:
    """Fill `least` (column,): the least window sum over the starts in [lo, hi) at which `milli` is free."""
    first, width, held, begin = Index(first_column), Index(columns), Index(slots), Index(lo)
    need, enough = np.int64(milli), np.int64(slots)
    for c in range(width):
        run[c] = 0
        least[c] = NO_SUM
    for i in range(held - Index(1)):
        for c in range(width):
            run[c] = run[c] + 1 if free_milli[begin + i, first + c] >= need else 0
    for s in range(begin, Index(hi)):
        end = s + held
        for c in range(width):
            longer = run[c] + 1 if free_milli[end - Index(1), first + c] >= need else 0
            run[c] = longer
            there = prefix[end, first + c] - prefix[s, first + c]
            there = there if longer >= enough else NO_SUM
            least[c] = min(least[c], there)


@njit(cache=True, nogil=True)
def first_least(
    prefix: Int64Array,
    free_milli: Int64Array,
    column: Whole,
    slots: Whole,
    milli: Whole,
    lo: Whole,
    hi: Whole,
) -> tuple[np.int64, np.int64]:
    """The first start in [lo, hi) of the least window sum at which `milli` is free, and that sum.

    (−1, `NO_SUM`) where there is none.
    """
    at, held = Index(column), Index(slots)
    best, least = np.int64(-1), NO_SUM
    run = 0
    for t in range(Index(lo), Index(hi) + held - Index(1)):
        run = run + 1 if free_milli[t, at] >= milli else 0
        if run >= slots:
            s = t + Index(1) - held
            there = prefix[t + Index(1), at] - prefix[s, at]
            if there < least:
                best, least = np.int64(s), there
    return best, least


@njit(cache=True, nogil=True)
def serve(
    order: Int64Array,
    # by job
    entry_first: Int64Array,
    value_nano: Int64Array,
    region: Int32Array,
    data_region: Int32Array,
    in_nano_gb: Int64Array,
    out_nano_gb: Int64Array,
    # by entry
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
    column_pool: Int64Array,
    row_first: Int64Array,
    row_column: Int32Array,
    cost_femto_per_gb: Int64Array,
    slot_nano_gb: Float64Array,
    prefix: Int64Array,
    free_milli: Int64Array,
    # the answers
    taken_entry: Int64Array,
    taken_column: Int32Array,
    taken_start: Int32Array,
) -> None:
    """Place the jobs of `order` one after the other; takes what they hold off `free_milli`."""
    columns_most = 1
    for k in range(len(class_first) - 1):
        columns_most = max(columns_most, class_first[k + 1] - class_first[k])
    least, run = np.empty(columns_most, np.int64), np.empty(columns_most, np.int64)
    rough = np.empty(columns_most)
    for j in order:
        best_nano = value_nano[j]
        best_entry, best_column, best_start = np.int64(-1), np.int64(-1), np.int64(-1)
        moves = in_nano_gb[j] > 0 or out_nano_gb[j] > 0
        source, target = data_region[j], region[j]
        for n in range(entry_first[j], entry_first[j + 1]):
            first_column = int(class_first[device_class[n]])
            begin, end = row_first[row[n]], row_first[row[n] + 1]
            lo, hi = np.int64(start[n]), np.int64(start[n] + starts[n])
            dense = not varies[n] and (end - begin) * SPARSE_SHARE >= reach[n]
            if dense:
                least_free_sums(
                    least, run, prefix, free_milli, first_column, reach[n], slots[n], milli[n], lo, hi
                )
            nearest = FAR
            last = begin
            for x in range(begin, end):
                c = row_column[x]
                if c >= reach[n]:
                    break
                last = x + 1
                at = first_column + c
                if not dense:
                    early, late = lo, hi
                    if varies[n]:
                        early += np.int64(np.ceil(in_nano_gb[j] / slot_nano_gb[source, at]))
                        late -= np.int64(np.ceil(out_nano_gb[j] / slot_nano_gb[target, at]))
                    least[c] = NO_SUM
                    if early < late:
                        _, least[c] = first_least(prefix, free_milli, at, slots[n], milli[n], early, late)
                rough[c] = FAR
                if least[c] < NO_SUM:
                    price = np.float64(milli[n]) * np.float64(least[c])
                    if moves:
                        price += 1e-15 * (
                            np.float64(in_nano_gb[j]) * np.float64(cost_femto_per_gb[source, at])
                            + np.float64(out_nano_gb[j]) * np.float64(cost_femto_per_gb[target, at])
                        )
                    rough[c] = price
                    nearest = min(nearest, price)
            # no rounding above can exceed this margin, so the cheapest is among those within it
            margin = min(nearest + 2000.0 + abs(nearest) * 1e-12, COST_MOST)
            if nearest > np.float64(best_nano) + 2000.0 + abs(nearest) * 1e-12:
                continue
            for x in range(begin, last):
                c = row_column[x]
                if rough[c] > margin:
                    continue
                at = first_column + c
                price = milli[n] * least[c]
                if moves:
                    price += 1000 * carriage_micro(
                        int(in_nano_gb[j]), int(cost_femto_per_gb[source, at]),
                        int(out_nano_gb[j]), int(cost_femto_per_gb[target, at]),
                    )  # fmt: skip
                if price > best_nano or (price == best_nano and best_entry < 0):
                    continue
                tied = price == best_nano
                if tied and column_pool[at] > column_pool[best_column]:
                    continue
                early, late = lo, hi
                if varies[n]:
                    early += np.int64(np.ceil(in_nano_gb[j] / slot_nano_gb[source, at]))
                    late -= np.int64(np.ceil(out_nano_gb[j] / slot_nano_gb[target, at]))
                found, _ = first_least(prefix, free_milli, at, slots[n], milli[n], early, late)
                if tied and at == best_column and found >= best_start:
                    continue
                best_nano, best_entry, best_column, best_start = price, np.int64(n), np.int64(at), found
        if best_entry >= 0:
            taken_entry[j] = best_entry
            taken_column[j] = best_column
            taken_start[j] = best_start
            for t in range(best_start, best_start + slots[best_entry]):
                free_milli[t, best_column] -= milli[best_entry]


def place_first_come(problem: Problem) -> Places:
    """The places that jobs find for themselves, first come, first served."""
    supply, demand, carriage, rows = problem.supply, problem.demand, problem.carriage, problem.rows
    prefix = np.zeros((supply.slots + 1, supply.columns), np.int64)
    np.cumsum(supply.unit_micro, axis=0, out=prefix[1:])
    order = np.argsort(problem.scenario.jobs["release_slot"].to_numpy(), kind="stable")
    places = no_places(demand.jobs)
    serve(
        order, demand.first, demand.value_micro * 1000, demand.region, demand.data_region,
        demand.in_nano_gb, demand.out_nano_gb, demand.device_class, demand.milli, demand.slots, demand.reach,
        demand.row, demand.start, demand.starts, demand.varies, supply.class_first, supply.column_pool,
        rows.first, rows.column, carriage.cost_femto_per_gb, carriage.slot_nano_gb, prefix,
        supply.capacity_milli.copy(), places.entry, places.column, places.start,
    )  # fmt: skip
    return places
