"""Placing the jobs: greedy in the right order under prices, then sweeps in which jobs move where it is cheaper.

In one sweep each job is considered in one of its entries, so the classes never touch the same job and go in
parallel; capacity that a job leaves in another class is given back when the sweep is over.
"""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np

from suanwang.clearing.bound import Bound
from suanwang.clearing.exact_response import NO_COST
from suanwang.clearing.problem import Int32Array, Problem
from suanwang.clearing.response import Float64Array
from suanwang.clearing.shards import BLOCK_SLOTS, SPARSE_FACTOR, Terrain
from suanwang.clearing.sweep import MOVE, PLACE, sweep_class, take
from suanwang.units.rounding import Int64Array


class Queue(msgspec.Struct, frozen=True):
    """Entries in the order they are considered, in groups; columns by group as `sweep_class` reads them.

    `class_groups`: (class + 1,) where each class's groups begin. `entry`: (queue,).
    """

    class_groups: Int64Array
    group_first: Int64Array
    group_from: Int32Array
    group_to: Int32Array
    group_levels: Int32Array
    group_least: Int64Array
    entry: Int64Array
    minima_shape: tuple[int, int]


def cheapest_entries(problem: Problem, least_nano: Int64Array) -> Int64Array:
    """(able job,) the entry with the least cost; ties to the first option."""
    demand = problem.demand
    able = np.flatnonzero(np.diff(demand.first) > 0)
    first = demand.first[able]
    least = np.minimum.reduceat(least_nano, first)
    is_least = least_nano == np.repeat(least, np.diff(demand.first)[able])
    place = np.where(is_least, np.arange(demand.entries), demand.entries)
    return np.minimum.reduceat(place, first)


def urgency(problem: Problem, entry: Int64Array, bound: Bound) -> Float64Array:
    """Lower goes first: long, wide, tight, few-choice jobs, and those with much value at stake.

    −log2 units − 2·log2 duration + log2 window + 1.5·log2 pools − log2 clip((value − m)/m, 0.05, 4), with m
    the job's least cost under prices.
    """
    demand = problem.demand
    value = demand.value_micro[demand.job[entry]] * 1000.0
    least = np.minimum(bound.least_nano[entry].astype(np.float64), value)
    margin = np.clip((value - least) / np.maximum(least, 1.0), 0.05, 4.0)
    return (
        -np.log2(demand.milli[entry] / 1000.0)
        - 2.0 * np.log2(demand.slots[entry])
        + np.log2(demand.starts[entry])
        + 1.5 * np.log2(demand.allowed[entry])
        - np.log2(margin)
    )


def line_up(problem: Problem, entry: Int64Array, order: Float64Array) -> Queue:
    """The queue of `entry` by class, then `order` in steps of a half, then groups of like size and duration."""
    demand, supply = problem.demand, problem.supply
    # The nudge keeps a sum that is exactly between two steps from depending on the last digit of a logarithm.
    step = np.floor(2.0 * order + 0.5 + 1e-9).astype(np.int64)
    step -= step.min(initial=0)
    milli = demand.milli[entry].astype(np.float64)
    size = np.floor(2.0 * np.log2(milli) + 1e-9).astype(np.int64)
    slots = demand.slots[entry].astype(np.int64)
    block = demand.start[entry].astype(np.int64) // BLOCK_SLOTS
    key = demand.device_class[entry].astype(np.int64)
    for part in (step, size, slots, block):
        key = key * (int(part.max(initial=0)) + 1) + part
    arranged = np.argsort(key, kind="stable")
    entry, key = entry[arranged], key[arranged]
    group = np.flatnonzero(np.diff(key, prepend=-1))
    start, ends = demand.start[entry], demand.start[entry] + demand.starts[entry]
    if not len(group):
        nothing = np.zeros(0, np.int32)
        return Queue(
            np.zeros(supply.classes + 1, np.int64), np.zeros(1, np.int64), nothing, nothing, nothing,
            np.zeros(0, np.int64), entry, (1, 1),
        )  # fmt: skip
    group_from = np.minimum.reduceat(start, group)
    group_to = np.maximum.reduceat(ends, group)
    levels = np.frexp(np.maximum.reduceat(demand.starts[entry], group).astype(np.float64))[1]
    head = entry[group]
    held = demand.slots[head].astype(np.int64)
    scanned = np.add.reduceat(demand.starts[entry].astype(np.int64) + demand.slots[entry], group)
    worthwhile = (
        scanned
        > (group_to - group_from).astype(np.int64) + held + (group_to - group_from) * (levels - 1) // 2
    )
    group_levels = np.where(worthwhile, levels, 0).astype(np.int32)
    extent = int(np.where(worthwhile, group_to - group_from, 1).max())
    return Queue(
        class_groups=np.searchsorted(demand.device_class[head], np.arange(supply.classes + 1)).astype(
            np.int64
        ),
        group_first=np.append(group, len(entry)),
        group_from=group_from,
        group_to=group_to.astype(np.int32),
        group_levels=group_levels,
        group_least=np.minimum.reduceat(demand.milli[entry], group),
        entry=entry,
        minima_shape=(max(int(group_levels.max()), 1), extent),
    )


class Placement:
    """A plan in the making: the place of every job, and the capacity that is free."""

    def __init__(self, problem: Problem, terrain: Terrain, pool: ThreadPoolExecutor) -> None:
        demand = problem.demand
        self.problem, self.terrain, self.pool = problem, terrain, pool
        self.value_nano = demand.value_micro * 1000.0
        self.dense = terrain.dense_row[demand.row]
        self.dense[demand.varies | (demand.allowed.astype(np.int64) * SPARSE_FACTOR < demand.reach)] = -1
        self.varies = demand.varies.astype(np.int8)
        self.free_milli = problem.supply.capacity_milli.copy()
        self.entry = np.full(demand.jobs, -1, np.int64)
        self.column = np.full(demand.jobs, -1, np.int32)
        self.start = np.full(demand.jobs, -1, np.int32)

    def sweep(self, queue: Queue, price_micro: Int64Array | Float64Array, mode: int) -> int:
        """One pass of `queue` at unit cost + `price_micro` (slot, column); how many jobs changed place."""
        supply, demand, terrain = self.problem.supply, self.problem.demand, self.terrain
        prefix = np.zeros((supply.slots + 1, supply.columns))
        np.cumsum(supply.unit_micro + price_micro, axis=0, out=prefix[1:])
        by_column = np.ascontiguousarray(prefix.T)
        left_entry = np.full(demand.jobs, -1, np.int64)
        left_column, left_start = np.zeros(demand.jobs, np.int32), np.zeros(demand.jobs, np.int32)

        def run(k: int) -> int:
            first_column = int(supply.class_first[k])
            columns = int(supply.class_first[k + 1]) - first_column
            return sweep_class(
                mode, first_column, columns, queue.class_groups[k], queue.class_groups[k + 1],
                queue.group_first, queue.group_from, queue.group_to, queue.group_levels, queue.group_least,
                queue.entry, demand.job, demand.device_class, demand.milli, demand.slots, demand.reach,
                demand.row, demand.start, demand.starts, self.varies, self.dense,
                self.value_nano, demand.region, demand.data_region, demand.in_nano_gb, demand.out_nano_gb,
                terrain.row_first, terrain.row_column, terrain.forbidden, terrain.carriage_cost,
                terrain.slot_nano_gb, prefix, by_column, self.free_milli, self.entry, self.column, self.start,
                left_entry, left_column, left_start,
                np.empty((*queue.minima_shape, columns), np.float32), np.empty(columns, np.float32),
                np.empty(columns, np.int32),
            )  # fmt: skip

        heavy_first = np.argsort(-np.diff(queue.group_first[queue.class_groups]), kind="stable")
        changed = sum(self.pool.map(run, (int(k) for k in heavy_first)))
        for job in np.flatnonzero(left_entry >= 0):
            self.give_back(int(left_entry[job]), int(left_column[job]), int(left_start[job]))
        return changed

    def give_back(self, entry: int, column: int, start: int) -> None:
        """Free the capacity that `entry` held at a place."""
        demand = self.problem.demand
        take(self.free_milli, column, start, start + int(demand.slots[entry]), -int(demand.milli[entry]), 0)

    def drop(self, jobs: Int64Array) -> None:
        """Take the places of `jobs` away."""
        for job in jobs:
            self.give_back(int(self.entry[job]), int(self.column[job]), int(self.start[job]))
        self.entry[jobs] = -1
        self.column[jobs] = -1
        self.start[jobs] = -1


def other_entries(problem: Problem, least_nano: Int64Array, taken: Int64Array) -> Int64Array:
    """The cheapest entry of each job apart from `taken` (able job,), for jobs that have another."""
    rest = least_nano.copy()
    rest[taken] = NO_COST
    other = cheapest_entries(problem, rest)
    return other[rest[other] < NO_COST]


__all__ = ["MOVE", "PLACE", "Placement", "Queue", "cheapest_entries", "line_up", "other_entries", "urgency"]
