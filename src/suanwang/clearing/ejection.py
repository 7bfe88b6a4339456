"""Ejection: a job far from its best place goes there, and those in its way find other places, if all gain.

Greedy placing and single moves cannot exchange one large job for many small ones. Here a job with regret
takes the place that it would choose under prices, whatever is in it; the least urgent occupants that
stand in the way are put at their cheapest free places; and the exchange stays only if the true cost of
all together falls.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportOperatorIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportUnknownParameterType=false
# Compiled by numba: scalars there have the compiler's types, which annotations for readers do not follow.

from typing import NamedTuple

import numpy as np
from numba import njit

from suanwang.clearing.ground import Entries, Ground, Scratch
from suanwang.clearing.problem import Int32Array
from suanwang.clearing.sweep import GAIN_LEAST, Prices, State, first_free_cheapest, scan_free, take
from suanwang.clearing.windows import (
    EXACT_MINIMA,
    HOPELESS,
    NEVER,
    Float32Array,
    Float64Array,
    Index,
    first_cheapest,
    place_of_least,
    scan_windows,
    transfer_slots,
)
from suanwang.units.rounding import Int64Array

VICTIMS_MOST = 512
TARGETS = 12
"""Columns tried for one job, the cheapest under prices first."""
PASSED_MOST = 2**28
"""Columns × slots that the victims of one class may look at in one pass. Networks of a hundred centres need
a twentieth of it; with thousands of pools of a class, exchanges would take most of the time of placing."""


class Occupants(NamedTuple):
    """The jobs in each column as a list: `head` (column,), `after` and `before` (job,), −1 at the ends."""

    head: Int64Array
    after: Int64Array
    before: Int64Array


@njit(cache=True, nogil=True)
def list_occupants(column: Int32Array, head: Int64Array, after: Int64Array, before: Int64Array) -> None:
    """Fill the lists from (job,) columns."""
    head[:] = -1
    for j in range(len(column)):
        if column[j] >= 0:
            enter(head, after, before, j, column[j])


@njit(cache=True, nogil=True)
def enter(head: Int64Array, after: Int64Array, before: Int64Array, job: int, column: int) -> None:
    """Put a job at the head of a column's list."""
    follower = head[column]
    after[job], before[job] = follower, -1
    if follower >= 0:
        before[follower] = job
    head[column] = job


@njit(cache=True, nogil=True)
def leave(head: Int64Array, after: Int64Array, before: Int64Array, job: int, column: int) -> None:
    """Take a job out of a column's list."""
    if before[job] >= 0:
        after[before[job]] = after[job]
    else:
        head[column] = after[job]
    if after[job] >= 0:
        before[after[job]] = before[job]


@njit(cache=True, nogil=True)
def true_cost(
    n: int, entries: Entries, carriage_cost: Float32Array, by_column: Float64Array, column: int, start: int
) -> float:
    """What entry n costs at a place, nano-yuan, to float precision."""
    cost = entries.milli[n] * (by_column[column, start + entries.slots[n]] - by_column[column, start])
    cost += entries.in_nano_gb[n] * carriage_cost[entries.data_region[n], column]
    return cost + entries.out_nano_gb[n] * carriage_cost[entries.region[n], column]


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def add_carriage(n: int, entries: Entries, ground: Ground, window: Float32Array, first_column: int) -> None:
    """Add to the window what moving data costs, and forbid what the rules forbid."""
    first, source, target = Index(first_column), Index(entries.data_region[n]), Index(entries.region[n])
    share_in = np.float32(entries.in_nano_gb[n] / entries.milli[n])
    share_out = np.float32(entries.out_nano_gb[n] / entries.milli[n])
    forbidden, carriage_cost = ground.forbidden, ground.carriage_cost
    if entries.dense[n] >= 0:
        ban = Index(entries.dense[n])
        for c in range(Index(entries.reach[n])):
            inbound, outbound = carriage_cost[source, first + c], carriage_cost[target, first + c]
            window[c] += forbidden[ban, c] + (share_in * inbound + share_out * outbound)
        return
    i, last = ground.row_first[entries.row[n]], ground.row_first[entries.row[n] + 1]
    for c in range(Index(entries.reach[n])):
        if i < last and ground.row_column[i] == np.int64(c):
            inbound, outbound = carriage_cost[source, first + c], carriage_cost[target, first + c]
            window[c] += share_in * inbound + share_out * outbound
            i += 1
        else:
            window[c] = NEVER


@njit(cache=True, nogil=True)
def set_transfers(n: int, entries: Entries, ground: Ground, scratch: Scratch, first_column: int) -> None:
    """Leave the transfer slots of entry n's columns in `scratch`: zeros where they do not vary."""
    if entries.varies[n]:
        transfer_slots(
            scratch.arrive, scratch.leave, ground.slot_nano_gb, first_column, entries.reach[n],
            entries.in_nano_gb[n], entries.out_nano_gb[n], entries.data_region[n], entries.region[n],
        )  # fmt: skip
    else:
        scratch.arrive[: entries.reach[n]] = 0
        scratch.leave[: entries.reach[n]] = 0


@njit(cache=True, nogil=True)
def cheapest_free(
    n: int, entries: Entries, ground: Ground, scratch: Scratch, prices: Prices, free_milli: Int64Array,
    first_column: int,
) -> tuple[int, int]:  # fmt: skip
    """The cheapest free place of entry n, as column and start; start −1 where there is none."""
    set_transfers(n, entries, ground, scratch, first_column)
    lo, hi = np.int64(entries.start[n]), np.int64(entries.start[n] + entries.starts[n])
    scan_free(
        scratch.window, scratch.run, scratch.arrive, scratch.leave, prices.prefix, free_milli, first_column,
        entries.reach[n], np.int64(entries.slots[n]), entries.milli[n], lo, hi, entries.varies[n],
    )  # fmt: skip
    add_carriage(n, entries, ground, scratch.window, first_column)
    local = np.int64(place_of_least(scratch.window, entries.reach[n]))
    if scratch.window[local] >= HOPELESS:
        return np.int64(-1), np.int64(-1)
    start, _ = first_free_cheapest(
        prices.by_column, free_milli, first_column + local, np.int64(entries.slots[n]), entries.milli[n],
        lo + scratch.arrive[local], hi - scratch.leave[local],
    )  # fmt: skip
    return first_column + local, start


@njit(cache=True, nogil=True)
def find_victims(
    need: int, column: int, begin: int, end: int, entries: Entries, order: Float32Array, state: State,
    occupants: Occupants, victims: Int64Array,
) -> int:  # fmt: skip
    """Fill `victims` with the least urgent occupants that must go for `need` to be free in [begin, end).

    Returns how many, −1 where too many would have to.
    """
    missing = np.empty(end - begin, np.int64)
    short = 0
    for t in range(begin, end):
        missing[t - begin] = need - state.free_milli[t, column]
        short += missing[t - begin] > 0
    if short == 0:
        return 0
    count = 0
    job = occupants.head[column]
    while job >= 0:
        n = state.entry[job]
        if state.start[job] < end and state.start[job] + entries.slots[n] > begin:
            count += 1
        job = occupants.after[job]
    there = np.empty(count, np.int64)
    rank = np.empty(count, np.float32)
    count = 0
    job = occupants.head[column]
    while job >= 0:
        n = state.entry[job]
        if state.start[job] < end and state.start[job] + entries.slots[n] > begin:
            there[count] = job
            rank[count] = -order[n]
            count += 1
        job = occupants.after[job]
    found = 0
    for place in np.argsort(rank, kind="mergesort"):
        job = there[place]
        n = state.entry[job]
        a = max(begin, np.int64(state.start[job])) - begin
        b = min(end, np.int64(state.start[job] + entries.slots[n])) - begin
        useful = False
        for t in range(a, b):
            useful |= missing[t] > 0
        if not useful:
            continue
        if found == VICTIMS_MOST:
            return -1
        victims[found] = job
        found += 1
        for t in range(a, b):
            if missing[t] > 0 and missing[t] <= entries.milli[n]:
                short -= 1
            missing[t] -= entries.milli[n]
        if short == 0:
            break
    if short > 0:
        return -1
    # the later ones may have made an earlier one needless
    kept = 0
    for i in range(found):
        job = victims[i]
        n = state.entry[job]
        a = max(begin, np.int64(state.start[job])) - begin
        b = min(end, np.int64(state.start[job] + entries.slots[n])) - begin
        needless = True
        for t in range(a, b):
            needless &= missing[t] + entries.milli[n] <= 0
        if needless:
            for t in range(a, b):
                missing[t] += entries.milli[n]
        else:
            victims[kept] = job
            kept += 1
    return kept


@njit(cache=True, nogil=True)
def settle(
    job: int, n: int, column: int, start: int, entries: Entries, state: State, occupants: Occupants
) -> None:
    """Put a job that has no place at a free one."""
    take(state.free_milli, column, start, start + entries.slots[n], entries.milli[n], 0)
    enter(occupants.head, occupants.after, occupants.before, job, column)
    state.entry[job], state.column[job], state.start[job] = n, column, start


@njit(cache=True, nogil=True)
def unsettle(job: int, entries: Entries, state: State, occupants: Occupants) -> None:
    """Take a job's place away."""
    n, column, start = state.entry[job], np.int64(state.column[job]), np.int64(state.start[job])
    take(state.free_milli, column, start, start + entries.slots[n], -entries.milli[n], 0)
    leave(occupants.head, occupants.after, occupants.before, job, column)
    state.entry[job], state.column[job], state.start[job] = -1, -1, -1


@njit(cache=True, nogil=True)
def exchange(
    job: int, n: int, column: int, start: int, first_column: int, current_cost: float, entries: Entries,
    ground: Ground, prices: Prices, value_nano: Float64Array, order: Float32Array, state: State,
    occupants: Occupants, scratch: Scratch, victims: Int64Array, memory: Int64Array,
    passed: Int64Array,
) -> bool:  # fmt: skip
    """Try to put a job, which has no place now, at (column, start); whether all together got cheaper.

    Leaves everything as it was where they did not. `passed`: columns × slots looked at by victims.
    """
    by_column = prices.by_column
    end = start + entries.slots[n]
    gain = current_cost - true_cost(n, entries, ground.carriage_cost, by_column, column, start)
    if gain <= 0:
        return False
    count = find_victims(entries.milli[n], column, start, end, entries, order, state, occupants, victims)
    if count < 0:
        return False
    for i in range(count):
        v = victims[i]
        memory[i, 0], memory[i, 1], memory[i, 2] = state.entry[v], state.column[v], state.start[v]
        gain += true_cost(
            state.entry[v], entries, ground.carriage_cost, by_column, state.column[v], state.start[v]
        )
        unsettle(v, entries, state, occupants)
    settle(job, n, column, start, entries, state, occupants)
    done = 0
    # the most urgent victims choose first: they were listed least urgent first
    for i in range(count - 1, -1, -1):
        v = victims[i]
        e = memory[i, 0]
        passed[0] += np.int64(entries.reach[e]) * np.int64(entries.starts[e] + entries.slots[e])
        at, begin = cheapest_free(e, entries, ground, scratch, prices, state.free_milli, first_column)
        cost = value_nano[v]
        if begin >= 0:
            there = true_cost(e, entries, ground.carriage_cost, by_column, at, begin)
            if there < cost:
                cost = there
                settle(v, e, at, begin, entries, state, occupants)
        gain -= cost
        done += 1
        if gain <= 0:
            break
    if done == count and gain > current_cost * GAIN_LEAST:
        return True
    for i in range(count):
        if state.entry[victims[i]] >= 0:
            unsettle(victims[i], entries, state, occupants)
    unsettle(job, entries, state, occupants)
    for i in range(count):
        settle(victims[i], memory[i, 0], memory[i, 1], memory[i, 2], entries, state, occupants)
    return False


@njit(cache=True, nogil=True)
def eject_class(
    candidates: Int64Array, entry_job: Int32Array, entry_class: Int32Array, first_column: int,
    entries: Entries, ground: Ground, steering: Prices, prices: Prices, value_nano: Float64Array,
    order: Float32Array, state: State, occupants: Occupants, scratch: Scratch, passed_most: int,
) -> int:  # fmt: skip
    """Try an exchange for each entry of `candidates`, all of one class; how many were made.

    Ends where victims have looked at `passed_most` columns × slots, whoever is left then.

    `steering`: unit cost plus prices, where jobs would go; `prices`: unit cost alone, what they pay.
    """
    victims = np.empty(VICTIMS_MOST, np.int64)
    memory = np.empty((VICTIMS_MOST, 3), np.int64)
    plain = np.ones(steering.prefix.shape[1], np.float32)
    passed = np.zeros(1, np.int64)
    changed = 0
    for n in candidates:
        if passed[0] >= passed_most:
            break
        job = np.int64(entry_job[n])
        held, column, start = state.entry[job], np.int64(state.column[job]), np.int64(state.start[job])
        current_cost = value_nano[job]
        if held >= 0:
            if entry_class[held] != entry_class[n]:
                continue
            carriage_cost = ground.carriage_cost
            current_cost = true_cost(held, entries, carriage_cost, prices.by_column, column, start)
            unsettle(job, entries, state, occupants)
        lo, hi = np.int64(entries.start[n]), np.int64(entries.start[n] + entries.starts[n])
        set_transfers(n, entries, ground, scratch, first_column)
        scan_windows(
            scratch.window, steering.prefix, plain, first_column, entries.reach[n],
            np.int64(entries.slots[n]), lo, hi, scratch.arrive, scratch.leave, entries.varies[n],
        )  # fmt: skip
        add_carriage(n, entries, ground, scratch.window, first_column)
        wish = scratch.window[: entries.reach[n]].copy()
        made = False
        for _target in range(TARGETS):
            local = np.int64(place_of_least(wish, len(wish)))
            if wish[local] >= HOPELESS or wish[local] * np.float64(entries.milli[n]) >= value_nano[job]:
                break
            wish[local] = NEVER
            set_transfers(n, entries, ground, scratch, first_column)
            begin = first_cheapest(
                steering.by_column, first_column + local, np.int64(entries.slots[n]),
                lo + scratch.arrive[local], hi - scratch.leave[local],
            )  # fmt: skip
            made = exchange(
                job, n, first_column + local, begin, first_column, current_cost, entries, ground, prices,
                value_nano, order, state, occupants, scratch, victims, memory, passed,
            )  # fmt: skip
            if made:
                changed += 1
                break
        if not made and held >= 0:
            settle(job, held, column, start, entries, state, occupants)
    return changed
