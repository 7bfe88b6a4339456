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

NEVER = np.float32(1e30)
"""Dearer than anything: a column or start that is not allowed."""

# Flags that promise no NaN, no infinity and no signed zero. They let minima be taken many at a time and keep
# every result the same on every machine; `reassoc` and `contract`, which would not, stay off.
EXACT_MINIMA = {"nnan", "ninf", "nsz"}


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
    count = to_start - from_start
    for i in range(count):
        ends = prefix[from_start + i + slots]
        begins = prefix[from_start + i]
        for c in range(columns):
            minima[0, i, c] = (ends[first_column + c] - begins[first_column + c]) * weight[first_column + c]
    for level in range(1, levels):
        half = 1 << (level - 1)
        for i in range(count - (1 << level) + 1):
            for c in range(columns):
                minima[level, i, c] = min(minima[level - 1, i, c], minima[level - 1, i + half, c])


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA, inline="always")
def level_of(starts: int) -> int:
    """The largest level whose 2**level starts fit in `starts` ≥ 1."""
    level = 0
    while (2 << level) <= starts:
        level += 1
    return level


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
        for n in range(entry_first[table], entry_first[table + 1]):
            least = NEVER
            shift = noise_at[n]
            inbound = carriage_cost[data_region[n], first_column:]
            outbound = carriage_cost[region[n], first_column:]
            share_in = np.float32(in_nano_gb[n] / milli[n])
            share_out = np.float32(out_nano_gb[n] / milli[n])
            if dense[n] >= 0:
                width = reach[n]
                ban = forbidden[dense[n]]
                if levels > 0:
                    level = level_of(starts[n])
                    early = minima[level, start[n] - origin]
                    late = minima[level, start[n] - origin + starts[n] - (1 << level)]
                    for c in range(width):
                        scratch[c] = min(early[c], late[c])
                else:
                    for c in range(width):
                        scratch[c] = NEVER
                    for s in range(start[n], start[n] + starts[n]):
                        for c in range(width):
                            there = np.float32(
                                prefix[s + slots, first_column + c] - prefix[s, first_column + c]
                            )
                            scratch[c] = min(scratch[c], there)
                    for c in range(width):
                        scratch[c] *= weight[first_column + c]
                for c in range(width):
                    price = scratch[c] * noise[shift + c] + ban[c]
                    price += share_in * inbound[c] + share_out * outbound[c]
                    scratch[c] = price
                    least = min(least, price)
                column = np.int32(1 << 30)
                for c in range(width):
                    column = min(column, np.int32(c) if scratch[c] == least else np.int32(1 << 30))
                from_start = start[n]
                to_start = start[n] + starts[n]
            else:
                column = np.int32(-1)
                from_start, to_start = 0, 0
                for i in range(row_first[row[n]], row_first[row[n] + 1]):
                    c = row_column[i]
                    if c >= reach[n]:
                        break
                    at = first_column + c
                    arrive = np.int64(np.ceil(in_nano_gb[n] / slot_nano_gb[data_region[n], at]))
                    leave = np.int64(np.ceil(out_nano_gb[n] / slot_nano_gb[region[n], at]))
                    lo = start[n] + arrive
                    hi = start[n] + starts[n] - leave
                    if hi <= lo:
                        continue
                    if levels > 0:
                        level = level_of(hi - lo)
                        there = min(
                            minima[level, lo - origin, c], minima[level, hi - (1 << level) - origin, c]
                        )
                    else:
                        there = NEVER
                        for s in range(lo, hi):
                            there = min(there, np.float32(prefix[s + slots, at] - prefix[s, at]))
                        there *= weight[at]
                    price = there * noise[shift + c] + (share_in * inbound[c] + share_out * outbound[c])
                    if price < least:
                        least = price
                        column = np.int32(c)
                        from_start, to_start = lo, hi
            best_cost[n] = NEVER
            best_column[n] = -1
            if least >= NEVER:
                continue
            at = first_column + column
            earliest = from_start
            there = prefix[earliest + slots, at] - prefix[earliest, at]
            for s in range(from_start + 1, to_start):
                other = prefix[s + slots, at] - prefix[s, at]
                if other < there:
                    there = other
                    earliest = s
            best_cost[n] = least * milli[n]
            best_column[n] = at
            best_start[n] = earliest


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
