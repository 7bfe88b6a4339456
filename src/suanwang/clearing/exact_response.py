"""The least cost of every entry under integer prices, to the last nano-yuan: what the bound is made of.

Window sums are whole micro-yuan below 2**53, so float64 holds them exactly. Columns are first compared
approximately; those within a margin that no rounding can exceed are then computed in integers.
"""

import numpy as np
from numba import njit

from suanwang.clearing.problem import Int32Array
from suanwang.clearing.response import EXACT_MINIMA, Float64Array, Int8Array, fill_window_minima, level_of
from suanwang.units.rounding import Int64Array

NO_COST = np.int64(2**62)
"""The least cost of an entry that nothing admits; dearer than any value."""
CARRIAGE_DIVISOR = np.int64(10**18)
"""nano-GB · femto-yuan per GB in one micro-yuan."""
FAR = 1e300


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
def least_costs(
    # by table
    entry_first: Int64Array,
    table_class: Int32Array,
    table_slots: Int32Array,
    table_from: Int32Array,
    table_to: Int32Array,
    table_levels: Int32Array,
    # by entry
    start: Int32Array,
    starts: Int32Array,
    reach: Int32Array,
    row: Int32Array,
    varies: Int8Array,
    milli: Int64Array,
    in_nano_gb: Float64Array,
    out_nano_gb: Float64Array,
    region: Int32Array,
    data_region: Int32Array,
    # shared
    class_first: Int64Array,
    row_first: Int64Array,
    row_column: Int32Array,
    cost_femto_per_gb: Int64Array,
    slot_nano_gb: Float64Array,
    prefix: Float64Array,
    # scratch, and the answer
    minima: Float64Array,
    least_nano: Int64Array,
) -> None:
    """Fill `least_nano` (entry,): min over columns and starts of milli · Σ (u + λ) + data, exact."""
    columns_most = minima.shape[2]
    rough = np.empty(columns_most)
    window = np.empty(columns_most)
    ones = np.ones(prefix.shape[1])
    for table in range(len(table_class)):
        first_column = class_first[table_class[table]]
        columns = class_first[table_class[table] + 1] - first_column
        slots = table_slots[table]
        origin = table_from[table]
        levels = table_levels[table]
        if levels > 0:
            fill_window_minima(
                minima, prefix, ones, slots, first_column, columns, origin, table_to[table], levels
            )
        for n in range(entry_first[table], entry_first[table + 1]):
            held = np.float64(milli[n])
            moves = in_nano_gb[n] > 0 or out_nano_gb[n] > 0
            from_region, to_region = data_region[n], region[n]
            nearest = FAR
            last = row_first[row[n]]
            for i in range(row_first[row[n]], row_first[row[n] + 1]):
                c = row_column[i]
                if c >= reach[n]:
                    break
                last = i + 1
                at = first_column + c
                lo, hi = np.int64(start[n]), np.int64(start[n] + starts[n])
                if varies[n]:
                    lo += np.int64(np.ceil(in_nano_gb[n] / slot_nano_gb[from_region, at]))
                    hi -= np.int64(np.ceil(out_nano_gb[n] / slot_nano_gb[to_region, at]))
                rough[c] = FAR
                if hi <= lo:
                    continue
                if levels > 0:
                    level = level_of(hi - lo)
                    there = min(minima[level, lo - origin, c], minima[level, hi - (1 << level) - origin, c])
                else:
                    there = FAR
                    for s in range(lo, hi):
                        there = min(there, prefix[s + slots, at] - prefix[s, at])
                window[c] = there
                price = held * there
                if moves:
                    price += (
                        in_nano_gb[n] * cost_femto_per_gb[from_region, at]
                        + out_nano_gb[n] * cost_femto_per_gb[to_region, at]
                    ) * 1e-15
                rough[c] = price
                nearest = min(nearest, price)
            least = NO_COST
            margin = nearest + 2000.0 + abs(nearest) * 1e-12
            for i in range(row_first[row[n]], last):
                c = row_column[i]
                if rough[c] <= margin and rough[c] < FAR:
                    at = first_column + c
                    price = milli[n] * np.int64(window[c])
                    if moves:
                        price += 1000 * carriage_micro(
                            np.int64(in_nano_gb[n]), cost_femto_per_gb[from_region, at],
                            np.int64(out_nano_gb[n]), cost_femto_per_gb[to_region, at],
                        )  # fmt: skip
                    least = min(least, price)
            least_nano[n] = least
