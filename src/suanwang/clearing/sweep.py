"""The kernel of placement: jobs of one class, in a given order, each into its cheapest free place.

Groups of jobs that are alike (duration, size within half an octave) share a table of window minima over the
capacity that is free, NEVER where less than the group's least size is free; a commitment refreshes only the
few entries it touches. Small groups are answered by scanning instead.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportOperatorIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportUnknownParameterType=false
# Compiled by numba: scalars there have the compiler's types, which annotations for readers do not follow.

from typing import NamedTuple

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
    level_of,
    place_of_least,
    plain_windows,
    raise_levels,
    shifted_windows,
    transfer_slots,
)
from suanwang.units.rounding import Int64Array

PLACE = 0
"""Jobs that have no place get one."""
MOVE = 1
"""Jobs also move where that is strictly cheaper."""
TOLERATED = 1.02
"""When first placed a job may cost this much of its value under prices: what truly costs more is dropped
later, and meanwhile it settles ties in overload."""
GAIN_LEAST = 1e-6
"""A move must gain at least this share of the cost."""


class State(NamedTuple):
    """A plan in the making. By job: entry, column and start taken, −1 for none; and the place left in another
    class during a sweep, whose capacity is given back after it. `free_milli`: (slot, column)."""

    free_milli: Int64Array
    entry: Int64Array
    column: Int32Array
    start: Int32Array
    left_entry: Int64Array
    left_column: Int32Array
    left_start: Int32Array


class Prices(NamedTuple):
    """Prefix sums over slots of unit cost plus price: (slot + 1, column), and transposed."""

    prefix: Float64Array
    by_column: Float64Array


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def fill_free_minima(
    minima: Float32Array,
    run: Int32Array,
    prefix: Float64Array,
    free_milli: Int64Array,
    least_milli: int,
    slots: int,
    first_column: int,
    columns: int,
    from_start: int,
    to_start: int,
    levels: int,
) -> None:
    """Fill the table (level, start − from_start, column); NEVER where less than `least_milli` is free."""
    first, width, held = Index(first_column), Index(columns), Index(slots)
    begin, count = Index(from_start), Index(to_start - from_start)
    for c in range(width):
        run[c] = 0
    for i in range(count + held - Index(1)):
        for c in range(width):
            run[c] = run[c] + 1 if free_milli[begin + i, first + c] >= least_milli else 0
        if i + Index(1) >= held:
            s = i + Index(1) - held
            for c in range(width):
                there = np.float32(prefix[begin + s + held, first + c] - prefix[begin + s, first + c])
                minima[0, s, c] = there if run[c] >= slots else NEVER
    raise_levels(minima, to_start - from_start, columns, levels)


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA, **BORROWING)
def refresh(
    minima: Float32Array,
    by_column: Float64Array,
    free_milli: Int64Array,
    least_milli: int,
    slots: int,
    column: int,
    local: int,
    origin: int,
    count: int,
    levels: int,
    from_slot: int,
    to_slot: int,
) -> None:
    """Mend one column of the table after its free capacity crossed `least_milli` in [from_slot, to_slot)."""
    lo = max(from_slot - slots + 1 - origin, 0)
    hi = min(to_slot - origin, count)
    for i in range(lo, hi):
        begin = origin + i
        enough = True
        for t in range(begin, begin + slots):
            if free_milli[t, column] < least_milli:
                enough = False
                break
        minima[0, i, local] = (
            np.float32(by_column[column, begin + slots] - by_column[column, begin]) if enough else NEVER
        )
    for level in range(1, levels):
        half = 1 << (level - 1)
        for i in range(max(0, lo - 2 * half + 1), min(hi, count - 2 * half + 1)):
            minima[level, i, local] = min(minima[level - 1, i, local], minima[level - 1, i + half, local])


@njit(cache=True, nogil=True, **BORROWING)
def take(free_milli: Int64Array, column: int, begin: int, end: int, milli: int, mark: int) -> tuple[int, int]:
    """Take `milli` (give back, if negative); the slots [from, to) whose free capacity crossed `mark`."""
    crossed_from, crossed_to = -1, -1
    for t in range(begin, end):
        before = free_milli[t, column]
        after = before - milli
        free_milli[t, column] = after
        if (before >= mark) != (after >= mark):
            if crossed_from < 0:
                crossed_from = t
            crossed_to = t + 1
    return crossed_from, crossed_to


@njit(cache=True, nogil=True)
def give_back(
    free_milli: Int64Array, jobs: Int64Array, entry: Int64Array, column: Int32Array, start: Int32Array,
    milli: Int64Array, slots: Int32Array,
) -> None:  # fmt: skip
    """Free what `jobs` hold at the given (job,) places."""
    for j in jobs:
        take(free_milli, column[j], start[j], start[j] + slots[entry[j]], -milli[entry[j]], 0)


@njit(cache=True, nogil=True, **BORROWING)
def first_free_cheapest(
    by_column: Float64Array, free_milli: Int64Array, column: int, slots: int, milli: int, lo: int, hi: int
) -> tuple[int, float]:
    """The first start in [lo, hi) with the least window sum among those where `milli` is free, and that sum.

    Start −1 where there is none.
    """
    best, least, run = -1, 1e300, 0
    for t in range(lo, hi + slots - 1):
        run = run + 1 if free_milli[t, column] >= milli else 0
        if run >= slots:
            s = t - slots + 1
            there = by_column[column, s + slots] - by_column[column, s]
            if there < least:
                least = there
                best = s
    return best, least


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def scan_free(
    window: Float32Array,
    run: Int32Array,
    arrive: Int32Array,
    leave: Int32Array,
    prefix: Float64Array,
    free_milli: Int64Array,
    first_column: int,
    columns: int,
    slots: int,
    milli: int,
    lo: int,
    hi: int,
    varies: int,
) -> None:
    """Fill `window` (column,) with the least sum over starts where `milli` is free, without a table."""
    first, width, held = Index(first_column), Index(columns), Index(slots)
    for c in range(width):
        run[c] = 0
        window[c] = NEVER
    begin = Index(lo)
    for i in range(Index(hi - lo) + held - Index(1)):
        for c in range(width):
            run[c] = run[c] + 1 if free_milli[begin + i, first + c] >= milli else 0
        if i + Index(1) < held:
            continue
        s = begin + i + Index(1) - held
        if varies:
            for c in range(width):
                there = np.float32(prefix[s + held, first + c] - prefix[s, first + c])
                within = np.int64(s) >= lo + arrive[c] and np.int64(s) < hi - leave[c]
                window[c] = min(window[c], there if within and run[c] >= slots else NEVER)
        else:
            for c in range(width):
                there = np.float32(prefix[s + held, first + c] - prefix[s, first + c])
                window[c] = min(window[c], there if run[c] >= slots else NEVER)


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def sweep_class(
    mode: int,
    first_table: int,
    last_table: int,
    tables: Tables,
    least_milli: Int64Array,
    queue: Int64Array,
    entry_job: Int32Array,
    entry_class: Int32Array,
    entries: Entries,
    value_nano: Float64Array,
    ground: Ground,
    prices: Prices,
    state: State,
    scratch: Scratch,
) -> int:
    """Go through the groups [first, last) once; the number of jobs placed or moved."""
    # Taken out of their tuples once; see `response.respond`.
    class_first, row_first, row_column, forbidden, carriage_cost, slot_nano_gb, _, _ = ground
    entry_first, device_class, table_slots, from_start, to_start, table_levels = tables
    (
        milli, entry_slots, reach, row, dense, start, starts, varies, region, data_region, in_nano_gb,
        out_nano_gb,
    ) = entries  # fmt: skip
    minima, window, arrive, leave, run = scratch
    prefix, by_column = prices
    free_milli, taken_entry, taken_column, taken_start, left_entry, left_column, left_start = state
    changed = 0
    for table in range(first_table, last_table):
        levels, mark = table_levels[table], least_milli[table]
        origin, slots = np.int64(from_start[table]), np.int64(table_slots[table])
        count = np.int64(to_start[table]) - origin
        first_column = class_first[device_class[table]]
        columns = class_first[device_class[table] + 1] - first_column
        first = Index(first_column)
        if levels > 0:
            fill_free_minima(
                minima, run, prefix, free_milli, mark, slots, first_column, columns, origin,
                to_start[table], levels,
            )  # fmt: skip
        for place in range(entry_first[table], entry_first[table + 1]):
            n = queue[place]
            j = entry_job[n]
            current = taken_entry[j]
            if mode == PLACE and current >= 0:
                continue
            need = milli[n]
            source, target = Index(data_region[n]), Index(region[n])
            limit = value_nano[j]
            if current >= 0:
                held_from, held_in = Index(taken_start[j]), Index(taken_column[j])
                held_to = held_from + Index(entry_slots[current])
                limit = milli[current] * (by_column[held_in, held_to] - by_column[held_in, held_from])
                limit += in_nano_gb[n] * carriage_cost[source, held_in]
                limit += out_nano_gb[n] * carriage_cost[target, held_in]
                limit -= abs(limit) * GAIN_LEAST
            elif mode == PLACE:
                limit *= TOLERATED
            limit /= need
            share_in = np.float32(in_nano_gb[n] / need)
            share_out = np.float32(out_nano_gb[n] / need)
            bare_lo, bare_hi = np.int64(start[n]), np.int64(start[n] + starts[n])
            if varies[n] and dense[n] >= 0:
                transfer_slots(
                    arrive, leave, slot_nano_gb, first_column, reach[n], in_nano_gb[n], out_nano_gb[n],
                    data_region[n], region[n],
                )  # fmt: skip
            found, at = np.int64(-1), np.int64(0)
            for scanning in range(0 if levels > 0 else 1, 2):
                # From the group's table, which knows what is free for the group's least size; where a larger
                # job finds less there, once more by a scan for its own size.
                column, least = Index(0), NEVER
                if dense[n] >= 0:
                    if scanning:
                        scan_free(
                            window, run, arrive, leave, prefix, free_milli, first_column, reach[n], slots,
                            need, bare_lo, bare_hi, varies[n],
                        )  # fmt: skip
                    elif varies[n]:
                        shifted_windows(window, minima, reach[n], origin, bare_lo, bare_hi, arrive, leave)
                    else:
                        plain_windows(window, minima, reach[n], origin, bare_lo, bare_hi)
                    ban = Index(dense[n])
                    for c in range(Index(reach[n])):
                        inbound, outbound = carriage_cost[source, first + c], carriage_cost[target, first + c]
                        window[c] += forbidden[ban, c] + (share_in * inbound + share_out * outbound)
                    column = place_of_least(window, reach[n])
                    least = window[column]
                else:
                    for i in range(row_first[row[n]], row_first[row[n] + 1]):
                        c = Index(row_column[i])
                        if c >= Index(reach[n]):
                            break
                        lo, hi = bare_lo, bare_hi
                        if varies[n]:
                            arrive[c] = np.int32(
                                min(np.ceil(in_nano_gb[n] / slot_nano_gb[source, first + c]), 1e9)
                            )
                            leave[c] = np.int32(
                                min(np.ceil(out_nano_gb[n] / slot_nano_gb[target, first + c]), 1e9)
                            )
                            lo += arrive[c]
                            hi -= leave[c]
                            if hi <= lo:
                                continue
                        there = NEVER
                        if scanning:
                            begin, least_sum = first_free_cheapest(
                                by_column, free_milli, np.int64(first + c), slots, need, lo, hi
                            )
                            if begin >= 0:
                                there = np.float32(least_sum)
                        else:
                            level = level_of(hi - lo)
                            early, late = Index(lo - origin), Index(hi - origin) - (Index(1) << level)
                            there = min(minima[level, early, c], minima[level, late, c])
                        inbound, outbound = carriage_cost[source, first + c], carriage_cost[target, first + c]
                        there += share_in * inbound + share_out * outbound
                        if there < least:
                            least = there
                            column = c
                if least >= HOPELESS or least >= limit:
                    break
                at = np.int64(first + column)
                lo, hi = bare_lo, bare_hi
                if varies[n]:
                    lo += arrive[column]
                    hi -= leave[column]
                found, least_sum = first_free_cheapest(by_column, free_milli, at, slots, need, lo, hi)
                if scanning or need == mark:
                    break
                if found >= 0:
                    inbound, outbound = (
                        carriage_cost[source, first + column],
                        carriage_cost[target, first + column],
                    )
                    if np.float32(least_sum) + (share_in * inbound + share_out * outbound) <= least:
                        break
                found = np.int64(-1)
            if found < 0:
                continue
            if current >= 0 and entry_class[current] == entry_class[n]:
                old, begin = np.int64(taken_column[j]), np.int64(taken_start[j])
                a, b = take(free_milli, old, begin, begin + entry_slots[current], -milli[current], mark)
                if a >= 0 and levels > 0:
                    refresh(
                        minima, by_column, free_milli, mark, slots, old, old - first_column, origin, count,
                        levels, a, b,
                    )  # fmt: skip
            elif current >= 0:
                left_entry[j] = current
                left_column[j] = taken_column[j]
                left_start[j] = taken_start[j]
            a, b = take(free_milli, at, found, found + slots, need, mark)
            if a >= 0 and levels > 0:
                refresh(
                    minima, by_column, free_milli, mark, slots, at, at - first_column, origin, count,
                    levels, a, b,
                )  # fmt: skip
            taken_entry[j] = n
            taken_column[j] = np.int32(at)
            taken_start[j] = np.int32(found)
            changed += 1
    return changed
