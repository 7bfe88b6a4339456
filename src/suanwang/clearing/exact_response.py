"""The least cost of every entry under integer prices, to the last nano-yuan: what the bound is made of.

Columns are first compared by a lower bound in float32: the least window sum over all starts of the window,
before transfers take some away, plus the cost of the data. Only those whose bound, less a margin that no
rounding can exceed, is not above the best so far are computed: window sums are whole micro-yuan below 2**53,
which float64 holds exactly, and the rest is integers.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportOperatorIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportUnknownParameterType=false
# Compiled by numba: scalars there have the compiler's types, which annotations for readers do not follow.

import numpy as np
from numba import njit

from suanwang.clearing.ground import Entries, Ground, Scratch, Tables
from suanwang.clearing.problem import Int32Array
from suanwang.clearing.windows import (
    BORROWING,
    EXACT_MINIMA,
    HOPELESS,
    NEVER,
    Float32Array,
    Float64Array,
    Index,
    fill_window_minima,
    level_of,
    place_of_least,
    plain_windows,
    scan_windows,
)
from suanwang.units.rounding import Int64Array, half_even

NO_COST = np.int64(2**62)
"""The least cost of an entry that nothing admits; dearer than any value."""
COST_MOST = 4e18
"""Above any value, and the most that 64 bits hold with room to spare: what costs more is never computed."""
CARRIAGE_MOST = np.int64(2 * 10**15)
"""Above any value, micro-yuan: data that costs more is said to cost this, so that sums stay in 64 bits."""
CARRIAGE_DIVISOR = np.int64(10**18)
"""nano-GB · femto-yuan per GB in one micro-yuan."""
FAR = 1e30
ROUGHNESS = 1e-6
"""More than float32 can be off in a lower bound, as a share of the sizes of its terms; see `limit_of`."""
ROUNDED_NANO = 2000.0
"""More than the rounding of the cost of data to micro-yuan can take off, in nano-yuan."""

rounded = njit(cache=True, nogil=True)(half_even)


@njit(cache=True, nogil=True, inline="always")
def carriage_micro(in_nano_gb: int, in_femto: int, out_nano_gb: int, out_femto: int) -> int:
    """in·cost + out·cost in micro-yuan, rounded once, half to even; at most `CARRIAGE_MOST`.

    See `units.rounding` for the method.
    """
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
    return min(quotient, CARRIAGE_MOST)


@njit(cache=True, nogil=True, **BORROWING)
def exact_cost(
    milli: int, column: int, slots: int, lo: int, hi: int, varies: int, in_nano_gb: float,
    out_nano_gb: float, source: int, target: int, by_column: Float64Array, slot_nano_gb: Float64Array,
    cost_femto_per_gb: Int64Array,
) -> int:  # fmt: skip
    """The least cost in one column over the starts of [lo, hi) that transfers leave, nano-yuan."""
    at, held = Index(column), Index(slots)
    begin, end = np.int64(lo), np.int64(hi)
    if varies:
        begin += np.int64(min(np.ceil(in_nano_gb / slot_nano_gb[source, at]), 1e9))
        end -= np.int64(min(np.ceil(out_nano_gb / slot_nano_gb[target, at]), 1e9))
        if end <= begin:
            return NO_COST
    least = FAR
    for s in range(Index(begin), Index(end)):
        least = min(least, by_column[at, s + held] - by_column[at, s])
    if np.float64(milli) * least > COST_MOST:
        return NO_COST
    cost = np.int64(milli) * np.int64(least)
    if in_nano_gb > 0 or out_nano_gb > 0:
        cost += 1000 * carriage_micro(
            np.int64(in_nano_gb), cost_femto_per_gb[source, at],
            np.int64(out_nano_gb), cost_femto_per_gb[target, at],
        )  # fmt: skip
    return cost


@njit(cache=True, nogil=True, **BORROWING)
def limit_of(best_nano: int, milli: int, deepest: float) -> float:
    """The highest lower bound, in nano-yuan per milli-device, at which a column may still be the cheapest.

    A bound W + D (window sum and data per device, D ≥ 0) is off by less than a millionth of |W| + D, which is
    W + D, plus 2·|W| where W < 0; `deepest` is at least −W.
    """
    best = best_nano / milli
    size = abs(best) + 2.0 * deepest
    return np.float32(best + ROUNDED_NANO / milli + ROUGHNESS * size)


@njit(cache=True, nogil=True, **BORROWING)
def least_of_candidates(
    milli: int, first: int, nearest: int, width: int, row_column: Int32Array, begin: int, end: int,
    filled: bool, window: Float32Array, slots: int, lo: int, hi: int, varies: int, in_nano_gb: float,
    out_nano_gb: float, source: int, target: int, by_column: Float64Array, slot_nano_gb: Float64Array,
    cost_femto_per_gb: Int64Array, deepest_micro: float,
) -> int:  # fmt: skip
    """The least exact cost over the allowed columns `row_column[begin:end]` below `width`.

    `window` (column,): lower bounds, the least of them at `nearest`; `filled`: also where it is not allowed.
    """
    best = exact_cost(
        milli, first + nearest, slots, lo, hi, varies, in_nano_gb, out_nano_gb, source, target, by_column,
        slot_nano_gb, cost_femto_per_gb,
    )  # fmt: skip
    limit = limit_of(best, milli, deepest_micro * slots)
    if filled:
        # mostly there is no other candidate, which one pass over all columns tells
        near = np.int32(0)
        for c in range(width):
            near += np.int32(window[c] <= limit)
        if near <= 1:
            return best
    for i in range(begin, end):
        c = Index(row_column[i])
        if c >= width:
            break
        if window[c] <= limit and c != nearest:
            cost = exact_cost(
                milli, first + c, slots, lo, hi, varies, in_nano_gb, out_nano_gb, source, target, by_column,
                slot_nano_gb, cost_femto_per_gb,
            )  # fmt: skip
            if cost < best:
                best = cost
                limit = limit_of(best, milli, deepest_micro * slots)
    return best


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def least_costs(
    tables: Tables, turn: Int64Array, entries: Entries, ground: Ground, prefix: Float64Array,
    by_column: Float64Array, deepest_micro: float, scratch: Scratch, least_nano: Int64Array,
) -> None:  # fmt: skip
    """Fill `least_nano` (entry,): min over columns and starts of milli · Σ (u + λ) + data, exact.

    `entries`: those asked, as the tables count them; `turn`: their places in `least_nano`. `prefix`:
    (slot + 1, column) prefix sums of u + λ; `by_column` its transpose; `deepest_micro` ≥ 0 is at least
    −(u + λ) everywhere.
    """
    # Taken out of their tuples once; see `response.respond`.
    class_first, row_first, row_column, forbidden, carriage_cost, slot_nano_gb, _, cost_femto_per_gb = ground
    entry_first, device_class, table_slots, from_start, to_start, table_levels = tables
    (
        milli, _, reach, row, dense, start, starts, varies, region, data_region, in_nano_gb, out_nano_gb,
    ) = entries  # fmt: skip
    minima, window, arrive, leave, _ = scratch
    ones = np.ones(prefix.shape[1], np.float32)
    for table in range(len(table_slots)):
        first_column = class_first[device_class[table]]
        columns = class_first[device_class[table] + 1] - first_column
        slots, levels, origin = np.int64(table_slots[table]), table_levels[table], np.int64(from_start[table])
        first = Index(first_column)
        if levels > 0:
            fill_window_minima(
                minima, prefix, ones, slots, first_column, columns, origin, to_start[table], levels
            )
        for n in range(entry_first[table], entry_first[table + 1]):
            width, source, target = Index(reach[n]), Index(data_region[n]), Index(region[n])
            share_in = np.float32(in_nano_gb[n] / milli[n])
            share_out = np.float32(out_nano_gb[n] / milli[n])
            lo, hi = np.int64(start[n]), np.int64(start[n] + starts[n])
            begin, end = row_first[row[n]], row_first[row[n] + 1]
            nearest, lowest = Index(0), NEVER
            if dense[n] >= 0 or levels == 0:
                if levels == 0:
                    scan_windows(
                        window, prefix, ones, first_column, reach[n], slots, lo, hi, arrive, leave, 0
                    )
                else:
                    plain_windows(window, minima, reach[n], origin, lo, hi)
            if dense[n] >= 0:
                ban = Index(dense[n])
                for c in range(width):
                    inbound, outbound = carriage_cost[source, first + c], carriage_cost[target, first + c]
                    window[c] += forbidden[ban, c] + (share_in * inbound + share_out * outbound)
                nearest = place_of_least(window, reach[n])
                lowest = window[nearest]
            else:
                level = level_of(hi - lo)
                early, late = Index(lo - origin), Index(hi - origin) - (Index(1) << level)
                for i in range(begin, end):
                    c = Index(row_column[i])
                    if c >= width:
                        break
                    if levels > 0:
                        window[c] = min(minima[level, early, c], minima[level, late, c])
                    inbound, outbound = carriage_cost[source, first + c], carriage_cost[target, first + c]
                    window[c] += share_in * inbound + share_out * outbound
                    if window[c] < lowest:
                        lowest = window[c]
                        nearest = c
            least_nano[turn[n]] = NO_COST
            if lowest >= HOPELESS:
                continue
            least_nano[turn[n]] = least_of_candidates(
                milli[n], first, nearest, width, row_column, begin, end, dense[n] >= 0, window, slots, lo, hi,
                varies[n], in_nano_gb[n], out_nano_gb[n], source, target, by_column, slot_nano_gb,
                cost_femto_per_gb, deepest_micro,
            )  # fmt: skip
