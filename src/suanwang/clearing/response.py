"""The one kernel: the cheapest (option, pool, start) of every job under given prices.

A job's price for running in column c from slot s is the window sum S[s+d, c] − S[s, c] of the unit cost plus
the price of capacity, S being their prefix sum over time. Entries of one class and duration share a table of
window minima by doubling: level l holds, for each start s, the least window sum over the 2**l starts from s;
so the best start in any range is the lesser of two look-ups, and one pass over the columns answers a job.
Where few entries share a table, scanning their starts is cheaper, and that is done instead.

This is the fast float32 form that steers the search for prices: deterministic (no sum is reassociated), but
not the last digit. `exact_response` has the last digit. Micro-yuan per device and nano-yuan per milli-device
are the same number, which is the unit here.
"""

import numpy as np
from numba import njit
from numpy.typing import NDArray

from suanwang.clearing.problem import Int32Array
from suanwang.units.rounding import Int64Array

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
Int8Array = NDArray[np.int8]

NEVER = np.float32(1e30)
"""Dearer than anything: a column or start that is not allowed."""

# Flags that promise no NaN, no infinity and no signed zero. They let minima be taken many at a time and keep
# every result the same on every machine; `reassoc` and `contract`, which would not, stay off.
EXACT_MINIMA = {"nnan", "ninf", "nsz"}


Index = np.uint64
"""Array indices in the kernels are unsigned: a signed index may count from the end, a test that keeps the
compiler from taking many elements at a time. Nor are arrays sliced there: each slice would be counted."""


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def fill_window_minima(
    minima: Float32Array,
    prefix: Float64Array,
    weight: Float32Array,
    slots: int,
    first_column: int,
    columns: int,
    from_start: int,
    to_start: int,
    levels: int,
) -> None:
    """Fill `minima` (level, start − from_start, column) for starts in [from_start, to_start)."""
    first, width, held = Index(first_column), Index(columns), Index(slots)
    begin, count = Index(from_start), Index(to_start - from_start)
    for i in range(count):
        for c in range(width):
            minima[0, i, c] = (prefix[begin + i + held, first + c] - prefix[begin + i, first + c]) * weight[
                first + c
            ]
    for level in range(Index(1), Index(levels)):
        half = Index(1) << (level - Index(1))
        for i in range(count - half - half + Index(1) if count >= half + half else Index(0)):
            for c in range(width):
                minima[level, i, c] = min(
                    minima[level - Index(1), i, c], minima[level - Index(1), i + half, c]
                )


@njit(cache=True, nogil=True)
def level_of(starts: int) -> Index:
    """The largest level whose 2**level starts fit in `starts` ≥ 1."""
    level = Index(0)
    while (2 << level) <= starts:
        level += Index(1)
    return level


@njit(cache=True, nogil=True)
def place_of_least(bits: NDArray[np.int32], width: int) -> Index:
    """The first place of the least of the first `width` ≥ 1 float32s, given their bits.

    Flipping the lower bits of the negative ones makes the integers sort as the floats do; integer minima are
    taken many at a time, which the compiler does not do for floats.
    """
    least = np.int32(0x7FFFFFFF)
    for c in range(Index(width)):
        word = bits[c]
        least = min(least, word ^ ((word >> np.int32(31)) & np.int32(0x7FFFFFFF)))
    least ^= (least >> np.int32(31)) & np.int32(0x7FFFFFFF)
    place = Index(0)
    while bits[place] != least:
        place += Index(1)
    return place


@njit(cache=True, nogil=True)
def first_cheapest(prefix_by_column: Float64Array, column: int, slots: int, lo: int, hi: int) -> int:
    """The first start in [lo, hi) with the least window sum of a column."""
    at, held, best = Index(column), Index(slots), Index(lo)
    least = prefix_by_column[at, best + held] - prefix_by_column[at, best]
    for s in range(Index(lo) + Index(1), Index(hi)):
        there = prefix_by_column[at, s + held] - prefix_by_column[at, s]
        if there < least:
            least = there
            best = s
    return np.int64(best)


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def respond(
    table_first: int,
    table_last: int,
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
    dense: Int32Array,
    milli: Float32Array,
    in_nano_gb: Float64Array,
    out_nano_gb: Float64Array,
    region: Int32Array,
    data_region: Int32Array,
    varies: Int8Array,
    noise_at: Int32Array,
    # shared
    class_first: Int64Array,
    row_first: Int64Array,
    row_column: Int32Array,
    forbidden: Float32Array,
    carriage_cost: Float32Array,
    slot_nano_gb: Float64Array,
    # of this step
    prefix: Float64Array,
    prefix_by_column: Float64Array,
    weight: Float32Array,
    noise: Float32Array,
    # scratch, and the answers
    minima: Float32Array,
    scratch: Float32Array,
    best_cost: Float32Array,
    best_column: Int32Array,
    best_start: Int32Array,
) -> None:
    """Each entry's least cost in nano-yuan, with its column (global) and start; NEVER where there is none.

    `dense` is the entry's row in `forbidden` (0 or NEVER by column of its class), or −1 where its columns are
    visited one by one. `carriage_cost`: (region, column) nano-yuan per nano-GB.
    """
    bits = scratch.view(np.int32)
    for table in range(table_first, table_last):
        first_column = class_first[table_class[table]]
        columns = class_first[table_class[table] + 1] - first_column
        slots = table_slots[table]
        origin = table_from[table]
        levels = table_levels[table]
        if levels > 0:
            fill_window_minima(
                minima, prefix, weight, slots, first_column, columns, origin, table_to[table], levels
            )
        first = Index(first_column)
        held = Index(slots)
        for n in range(entry_first[table], entry_first[table + 1]):
            width = Index(reach[n])
            source, target, jitter = Index(data_region[n]), Index(region[n]), Index(noise_at[n])
            share_in = np.float32(in_nano_gb[n] / milli[n])
            share_out = np.float32(out_nano_gb[n] / milli[n])
            best_cost[n] = NEVER
            best_column[n] = -1
            lo, hi = np.int64(start[n]), np.int64(start[n] + starts[n])
            column = Index(0)
            least = NEVER
            if dense[n] >= 0:
                ban = Index(dense[n])
                if levels > 0:
                    level = level_of(hi - lo)
                    early = Index(lo - origin)
                    late = Index(hi - origin) - (Index(1) << level)
                    for c in range(width):
                        scratch[c] = min(minima[level, early, c], minima[level, late, c])
                else:
                    for c in range(width):
                        scratch[c] = NEVER
                    for s in range(Index(lo), Index(hi)):
                        for c in range(width):
                            there = np.float32(prefix[s + held, first + c] - prefix[s, first + c])
                            scratch[c] = min(scratch[c], there)
                    for c in range(width):
                        scratch[c] *= weight[first + c]
                for c in range(width):
                    scratch[c] = (
                        scratch[c] * noise[jitter + c]
                        + forbidden[ban, c]
                        + (
                            share_in * carriage_cost[source, first + c]
                            + share_out * carriage_cost[target, first + c]
                        )
                    )
                column = place_of_least(bits, width)
                least = scratch[column]
            else:
                bare_lo, bare_hi = lo, hi
                for i in range(row_first[row[n]], row_first[row[n] + 1]):
                    c = Index(row_column[i])
                    if c >= width:
                        break
                    at = first + c
                    begin, end = bare_lo, bare_hi
                    if varies[n]:
                        begin += np.int64(np.ceil(in_nano_gb[n] / slot_nano_gb[source, at]))
                        end -= np.int64(np.ceil(out_nano_gb[n] / slot_nano_gb[target, at]))
                        if end <= begin:
                            continue
                    if levels > 0:
                        level = level_of(end - begin)
                        early = Index(begin - origin)
                        late = Index(end - origin) - (Index(1) << level)
                        there = min(minima[level, early, c], minima[level, late, c])
                    else:
                        there = NEVER
                        for s in range(Index(begin), Index(end)):
                            there = min(
                                there, np.float32(prefix_by_column[at, s + held] - prefix_by_column[at, s])
                            )
                        there *= weight[at]
                    price = there * noise[jitter + c] + (
                        share_in * carriage_cost[source, at] + share_out * carriage_cost[target, at]
                    )
                    if price < least:
                        least = price
                        column = c
                        lo, hi = begin, end
            if least < NEVER:
                at = first + column
                best_cost[n] = least * milli[n]
                best_column[n] = np.int32(at)
                best_start[n] = first_cheapest(prefix_by_column, at, slots, lo, hi)


@njit(cache=True, nogil=True)
def choose_and_load(
    job_first: int,
    job_last: int,
    entry_first: Int64Array,
    entry_at: Int64Array,
    value_nano: Float32Array,
    best_cost: Float32Array,
    best_column: Int32Array,
    best_start: Int32Array,
    milli: Int64Array,
    slots: Int32Array,
    change_milli: Int64Array,
) -> None:
    """Each job takes its cheapest entry if that costs less than its value; add it to the load.

    `change_milli`: (slot + 1, column) change of load at the begin of each slot. Ties go to the first option.
    """
    for j in range(job_first, job_last):
        taken = np.int64(-1)
        least = value_nano[j]
        for i in range(entry_first[j], entry_first[j + 1]):
            n = entry_at[i]
            if best_cost[n] < least:
                least = best_cost[n]
                taken = n
        if taken >= 0:
            begin = best_start[taken]
            column = best_column[taken]
            change_milli[begin, column] += milli[taken]
            change_milli[begin + slots[taken], column] -= milli[taken]
