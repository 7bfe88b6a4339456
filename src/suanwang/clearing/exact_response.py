"""The least cost of every entry under integer prices, to the last nano-yuan: what the bound is made of.

Window sums are whole micro-yuan below 2**53, so float64 holds them exactly. Columns are first compared
approximately; those within a margin that no rounding can exceed are then computed in integers.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportOperatorIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportUnknownParameterType=false
# Compiled by numba: scalars there have the compiler's types, which annotations for readers do not follow.

import numpy as np
from numba import njit

from suanwang.clearing.ground import Entries, Ground, Tables
from suanwang.clearing.windows import (
    EXACT_MINIMA,
    Float64Array,
    Index,
    fill_window_minima,
    plain_windows,
    scan_windows,
    shifted_windows,
    transfer_slots,
)
from suanwang.units.rounding import Int64Array

NO_COST = np.int64(2**62)
"""The least cost of an entry that nothing admits; dearer than any value."""
CARRIAGE_DIVISOR = np.int64(10**18)
"""nano-GB · femto-yuan per GB in one micro-yuan."""
FAR = 1e30
HOPELESS_NANO = 1e27


@njit(cache=True, nogil=True, inline="always")
def carriage_micro(in_nano_gb: int, in_femto: int, out_nano_gb: int, out_femto: int) -> int:
    """in·cost + out·cost in micro-yuan, rounded once, half to even; see `units.rounding` for the method."""
    estimate = (
        np.float64(in_nano_gb) * np.float64(in_femto) + np.float64(out_nano_gb) * np.float64(out_femto)
    ) / 1e18
    quotient = np.int64(np.rint(estimate))
    wrapped = np.int64(in_nano_gb) * np.int64(in_femto) + np.int64(out_nano_gb) * np.int64(out_femto)
    remainder = np.int64(wrapped - quotient * CARRIAGE_DIVISOR)
    while remainder < 0:
        remainder += CARRIAGE_DIVISOR
        quotient -= 1
    while remainder >= CARRIAGE_DIVISOR:
        remainder -= CARRIAGE_DIVISOR
        quotient += 1
    other = CARRIAGE_DIVISOR - remainder
    if remainder > other or (remainder == other and quotient & 1):
        quotient += 1
    return quotient


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def least_of_entry(
    n: int,
    entries: Entries,
    ground: Ground,
    window: Float64Array,
    rough: Float64Array,
    first_column: int,
) -> int:
    """The exact least cost of entry n, given the least window sum of every column."""
    first = Index(first_column)
    moves = entries.in_nano_gb[n] > 0 or entries.out_nano_gb[n] > 0
    source, target = Index(entries.data_region[n]), Index(entries.region[n])
    held = np.float64(entries.milli[n])
    begin, last = ground.row_first[entries.row[n]], ground.row_first[entries.row[n]]
    nearest = FAR
    for i in range(begin, ground.row_first[entries.row[n] + 1]):
        c = Index(ground.row_column[i])
        if c >= Index(entries.reach[n]):
            break
        last = i + 1
        price = held * window[c]
        if moves:
            inbound, outbound = (
                ground.cost_femto_per_gb[source, first + c],
                ground.cost_femto_per_gb[target, first + c],
            )
            price += (entries.in_nano_gb[n] * inbound + entries.out_nano_gb[n] * outbound) * 1e-15
        rough[c] = price
        nearest = min(nearest, price)
    least = NO_COST
    if nearest < HOPELESS_NANO:
        margin = nearest + 2000.0 + abs(nearest) * 1e-12
        for i in range(begin, last):
            c = Index(ground.row_column[i])
            if rough[c] <= margin:
                price = entries.milli[n] * np.int64(window[c])
                if moves:
                    price += 1000 * carriage_micro(
                        np.int64(entries.in_nano_gb[n]), ground.cost_femto_per_gb[source, first + c],
                        np.int64(entries.out_nano_gb[n]), ground.cost_femto_per_gb[target, first + c],
                    )  # fmt: skip
                least = min(least, price)
    return least


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def least_costs(
    tables: Tables,
    entries: Entries,
    ground: Ground,
    prefix: Float64Array,
    minima: Float64Array,
    least_nano: Int64Array,
) -> None:
    """Fill `least_nano` (entry,): min over columns and starts of milli · Σ (u + λ) + data, exact."""
    columns_most = minima.shape[2]
    rough, window = np.empty(columns_most), np.empty(columns_most)
    arrive, leave = np.zeros(columns_most, np.int32), np.zeros(columns_most, np.int32)
    ones = np.ones(prefix.shape[1], np.float32)
    for table in range(len(tables.slots)):
        first_column = ground.class_first[tables.device_class[table]]
        columns = ground.class_first[tables.device_class[table] + 1] - first_column
        slots, levels = np.int64(tables.slots[table]), tables.levels[table]
        origin = np.int64(tables.from_start[table])
        if levels > 0:
            fill_window_minima(
                minima, prefix, ones, slots, first_column, columns, origin, tables.to_start[table], levels
            )
        for n in range(tables.entry_first[table], tables.entry_first[table + 1]):
            reach, varies = entries.reach[n], entries.varies[n]
            lo, hi = np.int64(entries.start[n]), np.int64(entries.start[n] + entries.starts[n])
            if varies:
                transfer_slots(
                    arrive, leave, ground.slot_nano_gb, first_column, reach, entries.in_nano_gb[n],
                    entries.out_nano_gb[n], entries.data_region[n], entries.region[n],
                )  # fmt: skip
            if levels == 0:
                scan_windows(window, prefix, ones, first_column, reach, slots, lo, hi, arrive, leave, varies)
            elif varies:
                shifted_windows(window, minima, reach, origin, lo, hi, arrive, leave)
            else:
                plain_windows(window, minima, reach, origin, lo, hi)
            least_nano[n] = least_of_entry(n, entries, ground, window, rough, first_column)
