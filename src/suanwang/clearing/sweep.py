"""The kernel of placement: jobs of one class, in a given order, each into its cheapest free place.

Groups of jobs that are alike (duration, size within half an octave) share a table of window minima over the
capacity that is free, infinite where less than the group's least size is free; a commitment refreshes only
the few entries it touches. Small groups are answered by scanning instead.
"""

import numpy as np
from numba import njit

from suanwang.clearing.problem import Int32Array
from suanwang.clearing.response import (
    EXACT_MINIMA,
    NEVER,
    Float32Array,
    Float64Array,
    Index,
    Int8Array,
    level_of,
    place_of_least,
)
from suanwang.units.rounding import Int64Array

PLACE = 0
MOVE = 1
TOLERATED = 1.02
"""In the first pass a job may cost this much of its value under prices: what truly costs more is dropped
later, and meanwhile it settles ties in overload."""
CHEAPER = 1.0 - 1e-6
"""A move must gain at least this share."""


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
    """Fill `minima` (level, start − from_start, column); NEVER where less than `least_milli` is free."""
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
    for level in range(Index(1), Index(levels)):
        half = Index(1) << (level - Index(1))
        for i in range(count - half - half + Index(1) if count >= half + half else Index(0)):
            for c in range(width):
                minima[level, i, c] = min(
                    minima[level - Index(1), i, c], minima[level - Index(1), i + half, c]
                )


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def refresh(
    minima: Float32Array,
    prefix_by_column: Float64Array,
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
    """Mend the table of one column after its free capacity crossed `least_milli` within [from_slot, to_slot)."""
    lo = max(from_slot - slots + 1 - origin, 0)
    hi = min(to_slot - origin, count)
    for i in range(lo, hi):
        begin = origin + i
        enough = True
        for t in range(begin, begin + slots):
            if free_milli[t, column] < least_milli:
                enough = False
                break
        there = NEVER
        if enough:
            there = np.float32(prefix_by_column[column, begin + slots] - prefix_by_column[column, begin])
        minima[0, i, local] = there
    for level in range(1, levels):
        half = 1 << (level - 1)
        for i in range(max(0, lo - 2 * half + 1), min(hi, count - 2 * half + 1)):
            minima[level, i, local] = min(minima[level - 1, i, local], minima[level - 1, i + half, local])


@njit(cache=True, nogil=True)
def take(free_milli: Int64Array, column: int, begin: int, end: int, milli: int, mark: int) -> tuple[int, int]:
    """Take `milli` (or give back, if negative); the slots [from, to) whose free capacity crossed `mark`."""
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
def first_free_cheapest(
    prefix_by_column: Float64Array,
    free_milli: Int64Array,
    column: int,
    slots: int,
    milli: int,
    lo: int,
    hi: int,
) -> tuple[int, float]:
    """The first start in [lo, hi) with the least window sum among those where `milli` is free, and that sum.

    Start −1 where there is none.
    """
    best = -1
    least = 1e300
    run = 0
    for t in range(lo, hi + slots - 1):
        run = run + 1 if free_milli[t, column] >= milli else 0
        if run >= slots:
            s = t - slots + 1
            there = prefix_by_column[column, s + slots] - prefix_by_column[column, s]
            if there < least:
                least = there
                best = s
    return best, least


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def scan_free(
    scratch: Float32Array,
    run: Int32Array,
    prefix: Float64Array,
    free_milli: Int64Array,
    first_column: int,
    columns: int,
    slots: int,
    milli: int,
    lo: int,
    hi: int,
) -> None:
    """Fill `scratch` (column,) with the least window sum over free starts in [lo, hi), without a table."""
    first, width, held = Index(first_column), Index(columns), Index(slots)
    for c in range(width):
        run[c] = 0
        scratch[c] = NEVER
    begin = Index(lo)
    for i in range(Index(hi - lo) + held - Index(1)):
        for c in range(width):
            run[c] = run[c] + 1 if free_milli[begin + i, first + c] >= milli else 0
        if i + Index(1) >= held:
            s = begin + i + Index(1) - held
            for c in range(width):
                there = np.float32(prefix[s + held, first + c] - prefix[s, first + c])
                scratch[c] = min(scratch[c], there if run[c] >= slots else NEVER)


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def sweep_class(
    mode: int,
    first_column: int,
    columns: int,
    group_begin: int,
    group_end: int,
    # by group
    group_first: Int64Array,
    group_from: Int32Array,
    group_to: Int32Array,
    group_levels: Int32Array,
    group_least: Int64Array,
    queue: Int64Array,
    # by entry
    entry_job: Int32Array,
    entry_class: Int32Array,
    milli: Int64Array,
    entry_slots: Int32Array,
    reach: Int32Array,
    row: Int32Array,
    start: Int32Array,
    starts: Int32Array,
    varies: Int8Array,
    dense: Int32Array,
    # by job
    value_nano: Float64Array,
    region: Int32Array,
    data_region: Int32Array,
    in_nano_gb: Int64Array,
    out_nano_gb: Int64Array,
    # shared
    row_first: Int64Array,
    row_column: Int32Array,
    forbidden: Float32Array,
    carriage_cost: Float32Array,
    slot_nano_gb: Float64Array,
    prefix: Float64Array,
    prefix_by_column: Float64Array,
    # the state
    free_milli: Int64Array,
    taken_entry: Int64Array,
    taken_column: Int32Array,
    taken_start: Int32Array,
    left_entry: Int64Array,
    left_column: Int32Array,
    left_start: Int32Array,
    # scratch
    minima: Float32Array,
    scratch: Float32Array,
    run: Int32Array,
) -> int:
    """Go through the groups once; the number of jobs placed or moved.

    `mode` PLACE puts jobs that have no place; MOVE also moves those that get strictly cheaper. `left_*`
    record places left in another class, whose capacity is given back after the sweep.
    """
    bits = scratch.view(np.int32)
    first = Index(first_column)
    changed = 0
    for group in range(group_begin, group_end):
        levels = group_levels[group]
        least_milli = group_least[group]
        origin = group_from[group]
        count = group_to[group] - origin
        slots = entry_slots[queue[group_first[group]]]
        held = Index(slots)
        if levels > 0:
            fill_free_minima(
                minima, run, prefix, free_milli, least_milli, slots, first_column, columns, origin,
                group_to[group], levels,
            )  # fmt: skip
        for place in range(group_first[group], group_first[group + 1]):
            n = queue[place]
            j = entry_job[n]
            current = taken_entry[j]
            if mode == PLACE and current >= 0:
                continue
            need = milli[n]
            source, target = Index(data_region[j]), Index(region[j])
            limit = value_nano[j] * (TOLERATED if mode == PLACE else 1.0)
            if current >= 0:
                c0, s0 = Index(taken_column[j]), Index(taken_start[j])
                e0 = s0 + Index(entry_slots[current])
                limit = np.float64(milli[current]) * (prefix_by_column[c0, e0] - prefix_by_column[c0, s0])
                limit += in_nano_gb[j] * np.float64(carriage_cost[source, c0])
                limit += out_nano_gb[j] * np.float64(carriage_cost[target, c0])
                limit -= abs(limit) * (1.0 - CHEAPER)
            limit /= need
            share_in = np.float32(in_nano_gb[j] / need)
            share_out = np.float32(out_nano_gb[j] / need)
            lo, hi = np.int64(start[n]), np.int64(start[n] + starts[n])
            bare_lo, bare_hi = lo, hi
            width = Index(reach[n])
            column = Index(0)
            least = NEVER
            scanned = levels == 0
            for attempt in range(2):
                # First by the group's table, which promises least_milli; where the job needs more and the
                # place found has less, once more by a scan for its own size.
                least = NEVER
                if dense[n] >= 0:
                    ban = Index(dense[n])
                    if scanned:
                        scan_free(scratch, run, prefix, free_milli, first_column, width, slots, need, lo, hi)
                    else:
                        level = level_of(hi - lo)
                        early = Index(lo - origin)
                        late = Index(hi - origin) - (Index(1) << level)
                        for c in range(width):
                            scratch[c] = min(minima[level, early, c], minima[level, late, c])
                    for c in range(width):
                        scratch[c] = (
                            scratch[c]
                            + forbidden[ban, c]
                            + (
                                share_in * carriage_cost[source, first + c]
                                + share_out * carriage_cost[target, first + c]
                            )
                        )
                    column = place_of_least(bits, width)
                    least = scratch[column]
                else:
                    for i in range(row_first[row[n]], row_first[row[n] + 1]):
                        c = Index(row_column[i])
                        if c >= width:
                            break
                        at = first + c
                        begin, end = bare_lo, bare_hi
                        if varies[n]:
                            begin += np.int64(np.ceil(in_nano_gb[j] / slot_nano_gb[source, at]))
                            end -= np.int64(np.ceil(out_nano_gb[j] / slot_nano_gb[target, at]))
                            if end <= begin:
                                continue
                        if scanned:
                            found, there64 = first_free_cheapest(
                                prefix_by_column, free_milli, np.int64(at), slots, need, begin, end
                            )
                            there = np.float32(there64) if found >= 0 else NEVER
                        else:
                            level = level_of(end - begin)
                            early = Index(begin - origin)
                            late = Index(end - origin) - (Index(1) << level)
                            there = min(minima[level, early, c], minima[level, late, c])
                        price = there + (
                            share_in * carriage_cost[source, at] + share_out * carriage_cost[target, at]
                        )
                        if price < least:
                            least = price
                            column = c
                            lo, hi = begin, end
                if not least < limit or least >= NEVER:
                    break
                found, _ = first_free_cheapest(
                    prefix_by_column, free_milli, np.int64(first + column), slots, need, lo, hi
                )
                if scanned or need == least_milli:
                    break
                # the group's promise may be too small for this job: is the promised start free for it?
                promised = NEVER
                if found >= 0:
                    at = first + column
                    promised = np.float32(
                        prefix_by_column[at, Index(found) + held] - prefix_by_column[at, Index(found)]
                    )
                    promised += share_in * carriage_cost[source, at] + share_out * carriage_cost[target, at]
                if promised <= least:
                    break
                scanned = True
                lo, hi = bare_lo, bare_hi
            if not least < limit or least >= NEVER:
                continue
            at64 = np.int64(first + column)
            begin, _ = first_free_cheapest(prefix_by_column, free_milli, at64, slots, need, lo, hi)
            assert begin >= 0
            if current >= 0:
                if entry_class[current] == entry_class[n]:
                    old = np.int64(taken_column[j])
                    a, b = take(
                        free_milli, old, taken_start[j], taken_start[j] + entry_slots[current],
                        -milli[current], least_milli,
                    )  # fmt: skip
                    if a >= 0 and levels > 0:
                        refresh(
                            minima, prefix_by_column, free_milli, least_milli, slots, old,
                            old - first_column, origin, count, levels, a, b,
                        )  # fmt: skip
                else:
                    left_entry[j] = current
                    left_column[j] = taken_column[j]
                    left_start[j] = taken_start[j]
            a, b = take(free_milli, at64, begin, begin + slots, need, least_milli)
            if a >= 0 and levels > 0:
                refresh(
                    minima, prefix_by_column, free_milli, least_milli, slots, at64,
                    at64 - first_column, origin, count, levels, a, b,
                )  # fmt: skip
            taken_entry[j] = n
            taken_column[j] = np.int32(at64)
            taken_start[j] = np.int32(begin)
            changed += 1
    return changed
