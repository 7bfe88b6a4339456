"""The order in which jobs are placed, and the groups they are placed in."""

import msgspec
import numpy as np
from numba import njit

from suanwang.clearing.bound import Bound
from suanwang.clearing.demand import in_parts
from suanwang.clearing.exact_response import NO_COST
from suanwang.clearing.ground import Tables
from suanwang.clearing.problem import Demand, Problem
from suanwang.clearing.shards import BLOCK_SLOTS, cut_tables
from suanwang.clearing.windows import Float64Array
from suanwang.units.rounding import PART, Int64Array
from suanwang.units.stable_order import stable_order


class Queue(msgspec.Struct, frozen=True):
    """Entries in the order they are considered, at most one a job, in groups.

    `class_tables`: (class + 1,) where each class's groups begin. `least_milli`: (group,) the least size.
    """

    class_tables: Int64Array
    tables: Tables
    least_milli: Int64Array
    entry: Int64Array


@njit(cache=True, nogil=True)
def rank_entries(first: Int64Array, least_nano: Int64Array) -> tuple[Int64Array, Int64Array]:
    """(job,) the entry with the least cost of each job, and the next; −1 for none below `NO_COST`.

    Ties go to the first option.
    """
    best = np.full(len(first) - 1, -1, np.int64)
    next_best = np.full(len(first) - 1, -1, np.int64)
    for j in range(len(first) - 1):
        least, second = NO_COST, NO_COST
        for n in range(first[j], first[j + 1]):
            if least_nano[n] < least:
                next_best[j], second = best[j], least
                best[j], least = n, least_nano[n]
            elif least_nano[n] < second:
                next_best[j], second = n, least_nano[n]
    return best, next_best


def urgency(demand: Demand, bound: Bound) -> Float64Array:
    """(entry,) lower goes first: long, wide, tight, few-choice jobs, and those with much value at stake.

    −log2 units − 2·log2 duration + 0.7·log2 window + log2 pools − log2 clip((value − m)/m, 0.05, 4), with m
    the job's least cost under prices.
    """
    most = max(int(counts.max(initial=1)) for counts in (demand.slots, demand.starts, demand.allowed))
    log2_of = np.zeros(most + 1)
    log2_of[1:] = np.log2(np.arange(1, most + 1))
    order = np.empty(demand.entries)

    def rank(part: slice) -> None:
        value = demand.value_micro[demand.job[part]] * 1000.0
        least = np.minimum(bound.least_nano[part].astype(np.float64), value)
        margin = np.clip((value - least) / np.maximum(least, 1.0), 0.05, 4.0)
        order[part] = (
            -np.log2(demand.milli[part] / 1000.0)
            - 2.0 * log2_of[demand.slots[part]]
            + 0.7 * log2_of[demand.starts[part]]
            + log2_of[demand.allowed[part]]
            - np.log2(margin)
        )

    def fill(first_entry: int, last_entry: int) -> None:
        for begin in range(first_entry, last_entry, PART):
            rank(slice(begin, min(begin + PART, last_entry)))

    in_parts(fill, demand.entries)
    return order


def steps_of(order: Float64Array) -> Int64Array:
    """`order` in steps of a half.

    The nudge keeps a sum that is exactly between two steps from turning on the last digit of a logarithm.
    """
    return np.floor(2.0 * order + 0.5 + 1e-9).astype(np.int64)


def line_up(problem: Problem, entry: Int64Array, order: Float64Array) -> Queue:
    """The queue of `entry` by class, then `order` in steps of a half, then groups of like jobs."""
    demand = problem.demand
    step = steps_of(order)
    size = np.floor(2.0 * np.log2(demand.milli[entry]) + 1e-9).astype(np.int64)
    key = demand.device_class[entry].astype(np.int64)
    for part in (
        step - step.min(initial=0),
        size,
        demand.slots[entry].astype(np.int64),
        demand.start[entry].astype(np.int64) // BLOCK_SLOTS,
    ):
        key = key * (int(part.max(initial=0)) + 1) + part
    arranged, key = stable_order(key)
    entry = entry[arranged]
    tables = cut_tables(demand, entry, key, per_scan=2**30)
    return Queue(
        class_tables=np.searchsorted(tables.device_class, np.arange(problem.supply.classes + 1)).astype(
            np.int64
        ),
        tables=tables,
        least_milli=(
            np.minimum.reduceat(demand.milli[entry], tables.entry_first[:-1])
            if len(entry)
            else np.zeros(0, np.int64)
        ),
        entry=entry,
    )
