"""First come, first served: what a plain scheduler does.

Jobs in order of release, then of the jobs table; each takes its cheapest place that is free, at true cost,
if that costs less than its value. Ties go to the lowest pool of the pools table, then slot, then option.
All costs are compared to the last nano-yuan.
"""

from typing import Any, NamedTuple

import numpy as np
from numba import njit

from suanwang.clearing.exact_response import COST_MOST, FAR, carriage_micro
from suanwang.clearing.places import Places, no_places
from suanwang.clearing.problem import BoolArray, Int32Array, Problem
from suanwang.clearing.response import Float64Array, Index
from suanwang.units.rounding import Int64Array

Whole = int | np.integer[Any]
NO_SUM = np.int64(2**62)
"""The window sum of a column that has no free start."""
SPARSE_SHARE = 4
"""Columns are visited one by one where fewer than one in this many is allowed."""


class Ground(NamedTuple):
    """What all entries share; see `Rows`, `Carriage` and `Supply`."""

    class_first: Int64Array
    row_first: Int64Array
    row_column: Int32Array
    slot_nano_gb: Float64Array
    cost_femto_per_gb: Int64Array


class Entries(NamedTuple):
    """The entries, with what is their job's beside them; see `Demand`. Data in float64, exactly."""

    device_class: Int32Array
    milli: Int64Array
    slots: Int32Array
    reach: Int32Array
    row: Int32Array
    start: Int32Array
    starts: Int32Array
    varies: BoolArray
    region: Int32Array
    data_region: Int32Array
    in_nano_gb: Float64Array
    out_nano_gb: Float64Array


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
def window_in(ground: Ground, entries: Entries, n: int, at: int) -> tuple[np.int64, np.int64]:
    """The starts [lo, hi) of entry `n` in column `at`."""
    lo, hi = np.int64(entries.start[n]), np.int64(entries.start[n] + entries.starts[n])
    if entries.varies[n]:
        carried_in = ground.slot_nano_gb[entries.data_region[n], at]
        carried_out = ground.slot_nano_gb[entries.region[n], at]
        lo += np.int64(np.ceil(entries.in_nano_gb[n] / carried_in))
        hi -= np.int64(np.ceil(entries.out_nano_gb[n] / carried_out))
    return lo, hi


@njit(cache=True, nogil=True)
def roughly(
    ground: Ground,
    entries: Entries,
    n: int,
    prefix: Int64Array,
    free_milli: Int64Array,
    least: Int64Array,
    run: Int64Array,
    rough: Float64Array,
) -> tuple[float, int]:
    """Fill `least` and `rough` (column,), sums and approximate costs of entry `n`; the least of the costs.

    With it the end of the entry's allowed columns in `Ground.row_column`.
    """
    first_column = int(ground.class_first[entries.device_class[n]])
    begin, end = int(ground.row_first[entries.row[n]]), int(ground.row_first[entries.row[n] + 1])
    slots, milli = entries.slots[n], entries.milli[n]
    moves = entries.in_nano_gb[n] > 0 or entries.out_nano_gb[n] > 0
    dense = not entries.varies[n] and (end - begin) * SPARSE_SHARE >= entries.reach[n]
    if dense:
        lo, hi = window_in(ground, entries, n, first_column)
        least_free_sums(least, run, prefix, free_milli, first_column, entries.reach[n], slots, milli, lo, hi)
    nearest, last = FAR, begin
    for x in range(begin, end):
        c = ground.row_column[x]
        if c >= entries.reach[n]:
            break
        last = x + 1
        at = first_column + c
        if not dense:
            lo, hi = window_in(ground, entries, n, at)
            least[c] = NO_SUM
            if lo < hi:
                _, least[c] = first_least(prefix, free_milli, at, slots, milli, lo, hi)
        rough[c] = FAR
        if least[c] < NO_SUM:
            price = np.float64(milli) * np.float64(least[c])
            if moves:
                price += 1e-15 * (
                    entries.in_nano_gb[n] * ground.cost_femto_per_gb[entries.data_region[n], at]
                    + entries.out_nano_gb[n] * ground.cost_femto_per_gb[entries.region[n], at]
                )
            rough[c] = price
            nearest = min(nearest, price)
    return nearest, last


@njit(cache=True, nogil=True)
def exactly(ground: Ground, entries: Entries, n: int, at: int, window_sum: int) -> int:
    """The cost of entry `n` in column `at`, nano-yuan."""
    if entries.in_nano_gb[n] == 0 and entries.out_nano_gb[n] == 0:
        return entries.milli[n] * window_sum
    return entries.milli[n] * window_sum + 1000 * carriage_micro(
        int(entries.in_nano_gb[n]), int(ground.cost_femto_per_gb[entries.data_region[n], at]),
        int(entries.out_nano_gb[n]), int(ground.cost_femto_per_gb[entries.region[n], at]),
    )  # fmt: skip


@njit(cache=True, nogil=True)
def serve(
    order: Int64Array,
    entry_first: Int64Array,
    value_nano: Int64Array,
    column_pool: Int64Array,
    ground: Ground,
    entries: Entries,
    prefix: Int64Array,
    free_milli: Int64Array,
    places: tuple[Int64Array, Int32Array, Int32Array],
) -> None:
    """Place the jobs of `order` one after the other; takes what they hold off `free_milli`."""
    columns_most = len(column_pool)
    least, run = np.empty(columns_most, np.int64), np.empty(columns_most, np.int64)
    rough = np.empty(columns_most)
    for j in order:
        best_nano = value_nano[j]
        best_entry, best_column, best_start = np.int64(-1), np.int64(-1), np.int64(-1)
        for n in range(entry_first[j], entry_first[j + 1]):
            nearest, last = roughly(ground, entries, n, prefix, free_milli, least, run, rough)
            # no rounding above can exceed this margin, so the cheapest is among those within it
            margin = 2000.0 + abs(nearest) * 1e-12
            if nearest > np.float64(best_nano) + margin:
                continue
            first_column = int(ground.class_first[entries.device_class[n]])
            for x in range(ground.row_first[entries.row[n]], last):
                c = ground.row_column[x]
                if rough[c] > min(nearest + margin, COST_MOST):
                    continue
                at = first_column + c
                price = exactly(ground, entries, n, at, int(least[c]))
                if price > best_nano or (price == best_nano and best_entry < 0):
                    continue
                if price == best_nano and column_pool[at] > column_pool[best_column]:
                    continue
                lo, hi = window_in(ground, entries, n, at)
                found, _ = first_least(prefix, free_milli, at, entries.slots[n], entries.milli[n], lo, hi)
                if price == best_nano and at == best_column and found >= best_start:
                    continue
                best_nano, best_entry, best_column, best_start = price, np.int64(n), np.int64(at), found
        if best_entry >= 0:
            places[0][j], places[1][j], places[2][j] = best_entry, best_column, best_start
            for t in range(best_start, best_start + entries.slots[best_entry]):
                free_milli[t, best_column] -= entries.milli[best_entry]


def place_first_come(problem: Problem) -> Places:
    """The places that jobs find for themselves, first come, first served."""
    supply, demand, carriage, rows = problem.supply, problem.demand, problem.carriage, problem.rows
    prefix = np.zeros((supply.slots + 1, supply.columns), np.int64)
    np.cumsum(supply.unit_micro, axis=0, out=prefix[1:])
    order = np.argsort(problem.scenario.jobs["release_slot"].to_numpy(), kind="stable")
    ground = Ground(
        supply.class_first, rows.first, rows.column, carriage.slot_nano_gb, carriage.cost_femto_per_gb
    )
    job = demand.job
    entries = Entries(
        demand.device_class, demand.milli, demand.slots, demand.reach, demand.row, demand.start,
        demand.starts, demand.varies, demand.region[job], demand.data_region[job],
        demand.in_nano_gb[job].astype(np.float64), demand.out_nano_gb[job].astype(np.float64),
    )  # fmt: skip
    places = no_places(demand.jobs)
    serve(
        order, demand.first, demand.value_micro * 1000, supply.column_pool, ground, entries, prefix,
        supply.capacity_milli.copy(), (places.entry, places.column, places.start),
    )  # fmt: skip
    return places
