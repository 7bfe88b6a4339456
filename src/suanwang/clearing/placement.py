"""Placing the jobs: greedy in the right order under prices, then sweeps in which jobs move to cheaper places.

In one sweep each job is considered in one of its entries, so the classes never touch the same job and go in
parallel; capacity that a job leaves in another class is given back when the sweep is over.
"""

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from suanwang.clearing.ejection import PASSED_MOST, Occupants, eject_class, list_occupants
from suanwang.clearing.ground import Entries, Ground
from suanwang.clearing.places import Places, no_places
from suanwang.clearing.problem import Problem
from suanwang.clearing.queue import Queue
from suanwang.clearing.shards import room_for, room_for_columns
from suanwang.clearing.sweep import Prices, State, give_back, sweep_class
from suanwang.clearing.threads import over
from suanwang.clearing.windows import Float32Array, Float64Array
from suanwang.units.rounding import Int64Array

LIGHT = 10_000
"""So many pools are looked at before threads that wait are woken and have answered."""


def prefix_sums(problem: Problem, price_micro: Int64Array | Float64Array) -> Prices:
    """Prefix sums over slots of unit cost plus (slot, column) price."""
    supply = problem.supply
    prefix = np.zeros((supply.slots + 1, supply.columns))
    np.cumsum(supply.unit_micro + price_micro, axis=0, out=prefix[1:])
    return Prices(prefix, np.ascontiguousarray(prefix.T))


class Placement:
    """A plan in the making: the place of every job, and the capacity that is free."""

    def __init__(self, problem: Problem, ground: Ground, entries: Entries, pool: ThreadPoolExecutor) -> None:
        jobs = problem.demand.jobs
        self.problem, self.ground, self.entries, self.pool = problem, ground, entries, pool
        self.value_nano: Float64Array = (problem.demand.value_micro * 1000).astype(np.float64)
        nobody = no_places(jobs)
        self.state = State(
            problem.supply.capacity_milli.copy(), nobody.entry, nobody.column, nobody.start,
            np.full(jobs, -1, np.int64), np.zeros(jobs, np.int32), np.zeros(jobs, np.int32),
        )  # fmt: skip

    @property
    def current(self) -> Places:
        """The places as they are now, not copied: they change as jobs move."""
        return Places(self.state.entry, self.state.column, self.state.start)

    @property
    def places(self) -> Places:
        """The places as they are now, copied."""
        return Places(self.state.entry.copy(), self.state.column.copy(), self.state.start.copy())

    def clear(self) -> None:
        """Start anew: nobody has a place, all capacity is free."""
        self.state.free_milli[:] = self.problem.supply.capacity_milli
        for taken in (self.state.entry, self.state.column, self.state.start):
            taken.fill(-1)

    def sweep(self, queue: Queue, prices: Prices, mode: int) -> int:
        """One pass of `queue` in the given mode of `sweep`; how many jobs changed place."""
        supply, demand, state = self.problem.supply, self.problem.demand, self.state
        columns = int(np.diff(supply.class_first).max(initial=1))

        def run(k: int) -> int:
            return sweep_class(
                mode, queue.class_tables[k], queue.class_tables[k + 1], queue.tables, queue.least_milli,
                queue.entry, demand.job, demand.device_class, self.entries, self.value_nano, self.ground,
                prices, state, room_for(queue.tables, columns),
            )  # fmt: skip

        work = np.diff(queue.tables.entry_first[queue.class_tables]) * np.diff(supply.class_first)
        heavy_first = [int(k) for k in np.argsort(-work, kind="stable") if work[k]]
        changed = sum(over(self.pool, run, heavy_first, is_light=bool(work.sum() < LIGHT)))
        self.release(
            np.flatnonzero(state.left_entry >= 0), state.left_entry, state.left_column, state.left_start
        )
        state.left_entry.fill(-1)
        return changed

    def eject(self, candidates: Int64Array, steering: Prices, prices: Prices, order: Float32Array) -> int:
        """Try an exchange for each of the entries `candidates`, in order; how many were made."""
        supply, demand = self.problem.supply, self.problem.demand
        columns = int(np.diff(supply.class_first).max(initial=1))
        occupants = Occupants(
            np.empty(supply.columns, np.int64),
            np.empty(demand.jobs, np.int64),
            np.empty(demand.jobs, np.int64),
        )
        list_occupants(self.state.column, *occupants)

        def run(k: int) -> int:
            mine = candidates[demand.device_class[candidates] == k]
            return eject_class(
                mine, demand.job, demand.device_class, int(supply.class_first[k]), self.entries, self.ground,
                steering, prices, self.value_nano, order, self.state, occupants, room_for_columns(columns),
                PASSED_MOST,
            )  # fmt: skip

        # each job in question passes over pools, and over the jobs in them
        asked = np.bincount(demand.device_class[candidates], minlength=supply.classes)
        heavy_first = [int(k) for k in np.argsort(-asked, kind="stable") if asked[k]]
        return sum(over(self.pool, run, heavy_first, is_light=bool(asked.sum() * columns < LIGHT)))

    def release(self, jobs: Int64Array, entry: Int64Array, column: np.ndarray, start: np.ndarray) -> None:
        """Free what `jobs` hold at the given (job,) places."""
        demand = self.problem.demand
        give_back(self.state.free_milli, jobs, entry, column, start, demand.milli, demand.slots)

    def drop(self, jobs: Int64Array) -> None:
        """Take the places of `jobs` away."""
        state = self.state
        self.release(jobs, state.entry, state.column, state.start)
        for taken in (state.entry, state.column, state.start):
            taken[jobs] = -1
