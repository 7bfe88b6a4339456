"""The order in which jobs are placed, and the groups they are placed in."""

import msgspec
import numpy as np

from suanwang.clearing.bound import Bound
from suanwang.clearing.exact_response import NO_COST
from suanwang.clearing.ground import Tables
from suanwang.clearing.problem import Demand, Problem
from suanwang.clearing.shards import BLOCK_SLOTS, cut_tables
from suanwang.clearing.windows import Float64Array
from suanwang.units.rounding import Int64Array


class Queue(msgspec.Struct, frozen=True):
    """Entries in the order they are considered, at most one a job, in groups.

    `class_tables`: (class + 1,) where each class's groups begin. `least_milli`: (group,) the least size.
    """

    class_tables: Int64Array
    tables: Tables
    least_milli: Int64Array
    entry: Int64Array


def cheapest_entries(demand: Demand, least_nano: Int64Array) -> Int64Array:
    """The entry with the least cost of each job that has one below `NO_COST`; ties to the first option."""
    able = np.flatnonzero(np.diff(demand.first) > 0)
    if not len(able):
        return np.zeros(0, np.int64)
    first = demand.first[able]
    least = np.minimum.reduceat(least_nano, first)
    is_least = least_nano == np.repeat(least, np.diff(demand.first)[able])
    chosen = np.minimum.reduceat(np.where(is_least, np.arange(demand.entries), demand.entries), first)
    return chosen[least < NO_COST]


def other_entries(demand: Demand, least_nano: Int64Array, taken: Int64Array) -> Int64Array:
    """The cheapest entry of each job apart from those `taken`, where it has another."""
    rest = least_nano.copy()
    rest[taken] = NO_COST
    return cheapest_entries(demand, rest)


def urgency(demand: Demand, entry: Int64Array, bound: Bound) -> Float64Array:
    """Lower goes first: long, wide, tight, few-choice jobs, and those with much value at stake.

    −log2 units − 2·log2 duration + 0.7·log2 window + log2 pools − log2 clip((value − m)/m, 0.05, 4), with m
    the job's least cost under prices.
    """
    value = demand.value_micro[demand.job[entry]] * 1000.0
    least = np.minimum(bound.least_nano[entry].astype(np.float64), value)
    margin = np.clip((value - least) / np.maximum(least, 1.0), 0.05, 4.0)
    return (
        -np.log2(demand.milli[entry] / 1000.0)
        - 2.0 * np.log2(demand.slots[entry])
        + 0.7 * np.log2(demand.starts[entry])
        + np.log2(demand.allowed[entry])
        - np.log2(margin)
    )


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
    arranged = np.argsort(key, kind="stable")
    entry = entry[arranged]
    tables = cut_tables(demand, entry, key[arranged], per_scan=2**30)
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
