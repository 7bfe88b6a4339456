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

# pyright: reportArgumentType=false, reportReturnType=false, reportOperatorIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportUnknownParameterType=false
# Compiled by numba: scalars there have the compiler's types, which annotations for readers do not follow.

import numpy as np
from numba import njit

from suanwang.clearing.ground import Answers, Entries, Ground, Scratch, Tables
from suanwang.clearing.problem import Int32Array
from suanwang.clearing.windows import (
    EXACT_MINIMA,
    HOPELESS,
    NEVER,
    Float32Array,
    Float64Array,
    Index,
    fill_window_minima,
    first_cheapest,
    level_of,
    place_of_least,
    plain_windows,
    scan_windows,
    shifted_windows,
    transfer_slots_about,
)
from suanwang.units.rounding import Int64Array


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def respond(
    first_table: int,
    last_table: int,
    tables: Tables,
    entries: Entries,
    noise_at: Int32Array,
    ground: Ground,
    prefix: Float64Array,
    prefix_by_column: Float64Array,
    weight: Float32Array,
    noise: Float32Array,
    scratch: Scratch,
    answers: Answers,
) -> None:
    """Fill `answers` for the entries of tables [first, last).

    `prefix`: (slot + 1, column) prefix sums of unit cost plus price; `prefix_by_column` its transpose.
    `weight`: (column,) and `noise`: perturbations of a price, 1 for none.
    """
    # Taken out of their tuples once: taking an array out is counted, and here that would cost more than the
    # work itself. For the same reason this is one function.
    class_first, row_first, row_column, forbidden, carriage_cost, slot_nano_gb, slots_per_nano_gb, _ = ground
    entry_first, device_class, table_slots, from_start, to_start, table_levels = tables
    (
        milli, _, reach, row, dense, start, starts, varies, region, data_region, in_nano_gb, out_nano_gb,
    ) = entries  # fmt: skip
    minima, window, arrive, leave, _ = scratch
    best_cost, best_column, best_start = answers
    for table in range(first_table, last_table):
        first_column = class_first[device_class[table]]
        columns = class_first[device_class[table] + 1] - first_column
        slots, levels, origin = np.int64(table_slots[table]), table_levels[table], np.int64(from_start[table])
        first = Index(first_column)
        if levels > 0:
            fill_window_minima(
                minima, prefix, weight, slots, first_column, columns, origin, to_start[table], levels
            )
        for n in range(entry_first[table], entry_first[table + 1]):
            width, jitter = Index(reach[n]), Index(noise_at[n])
            source, target = Index(data_region[n]), Index(region[n])
            share_in = np.float32(in_nano_gb[n] / milli[n])
            share_out = np.float32(out_nano_gb[n] / milli[n])
            lo, hi = np.int64(start[n]), np.int64(start[n] + starts[n])
            column, least = Index(0), NEVER
            if dense[n] >= 0:
                # one pass over all columns
                if varies[n]:
                    transfer_slots_about(
                        arrive, leave, slots_per_nano_gb, first_column, reach[n], in_nano_gb[n],
                        out_nano_gb[n], data_region[n], region[n],
                    )  # fmt: skip
                if levels == 0:
                    scan_windows(
                        window, prefix, weight, first_column, reach[n], slots, lo, hi, arrive, leave,
                        varies[n],
                    )  # fmt: skip
                elif varies[n]:
                    shifted_windows(window, minima, reach[n], origin, lo, hi, arrive, leave)
                else:
                    plain_windows(window, minima, reach[n], origin, lo, hi)
                ban = Index(dense[n])
                for c in range(width):
                    inbound, outbound = carriage_cost[source, first + c], carriage_cost[target, first + c]
                    carried = share_in * inbound + share_out * outbound
                    window[c] = window[c] * noise[jitter + c] + forbidden[ban, c] + carried
                column = place_of_least(window, reach[n])
                least = window[column]
            else:
                # the few allowed columns one by one
                for i in range(row_first[row[n]], row_first[row[n] + 1]):
                    c = Index(row_column[i])
                    if c >= width:
                        break
                    at = first + c
                    begin, end = lo, hi
                    if varies[n]:
                        arrive[c] = np.int32(min(np.ceil(in_nano_gb[n] / slot_nano_gb[source, at]), 1e9))
                        leave[c] = np.int32(min(np.ceil(out_nano_gb[n] / slot_nano_gb[target, at]), 1e9))
                        begin += arrive[c]
                        end -= leave[c]
                        if end <= begin:
                            continue
                    if levels > 0:
                        level = level_of(end - begin)
                        early, late = Index(begin - origin), Index(end - origin) - (Index(1) << level)
                        there = min(minima[level, early, c], minima[level, late, c])
                    else:
                        there = NEVER
                        for s in range(Index(begin), Index(end)):
                            ends = prefix_by_column[at, s + Index(slots)]
                            there = min(there, np.float32(ends - prefix_by_column[at, s]))
                        there *= weight[at]
                    carried = share_in * carriage_cost[source, at] + share_out * carriage_cost[target, at]
                    price = there * noise[jitter + c] + carried
                    if price < least:
                        least = price
                        column = c
            best_cost[n] = NEVER
            best_column[n] = -1
            if least < HOPELESS:
                if varies[n]:
                    lo += arrive[column]
                    hi -= leave[column]
                best_cost[n] = least * np.float32(milli[n])
                best_column[n] = np.int32(first + column)
                best_start[n] = first_cheapest(prefix_by_column, first + column, slots, lo, hi)


@njit(cache=True, nogil=True)
def choose_and_load(
    first_job: int,
    last_job: int,
    entry_first: Int64Array,
    entry_at: Int64Array,
    value_nano: Float32Array,
    entries: Entries,
    answers: Answers,
    change_milli: Int64Array,
) -> None:
    """Each job takes its cheapest entry if that costs less than its value; add it to the load.

    `change_milli`: (slot + 1, column) change of load at the begin of each slot. Ties go to the first option.
    """
    for j in range(first_job, last_job):
        taken = np.int64(-1)
        least = value_nano[j]
        for i in range(entry_first[j], entry_first[j + 1]):
            n = entry_at[i]
            if answers.cost[n] < least:
                least = answers.cost[n]
                taken = n
        if taken >= 0:
            begin, column = answers.start[taken], answers.column[taken]
            change_milli[begin, column] += entries.milli[taken]
            change_milli[begin + entries.slots[taken], column] -= entries.milli[taken]
