"""Jobs cut into shards, and each shard into batches, laid out as the kernel reads them.

A *batch* is a sample of all jobs, stratified by class, duration and size: one step of the price search asks
one batch. A *shard* is a share of the jobs that one thread or one worker answers for; which jobs lie in which
shard changes no result, since loads are integers and each job answers alone.
"""

import msgspec
import numpy as np

from suanwang.clearing.problem import Demand, Int32Array, Problem
from suanwang.clearing.response import (
    NEVER,
    Float32Array,
    Float64Array,
    Int8Array,
    choose_and_load,
    respond,
)
from suanwang.units.rounding import Int64Array

BLOCK_SLOTS = 256
"""A table of window minima serves the starts of one block, so that long horizons stay in cache."""
NOISE_SPAN = 8192
"""Distinct offsets into the noise."""
SPARSE_FACTOR = 6
"""Visiting allowed columns one by one costs about this much more a column than passing over all of them."""
DENSE_BYTES_MOST = 2**29


class Terrain(msgspec.Struct, frozen=True):
    """What all shards share: where columns lie, which are allowed, and what data costs to move."""

    class_first: Int64Array
    row_first: Int64Array
    row_column: Int32Array
    forbidden: Float32Array
    dense_row: Int32Array
    carriage_cost: Float32Array
    slot_nano_gb: Float64Array


class Shard(msgspec.Struct, frozen=True):
    """One share of the jobs, batch after batch, in columns by table, by entry and by job.

    `batch_tables`, `batch_jobs`: (batch + 1,) where each batch's tables and jobs begin.
    """

    batch_tables: Int64Array
    batch_jobs: Int64Array
    table_first: Int64Array
    table_class: Int32Array
    table_slots: Int32Array
    table_from: Int32Array
    table_to: Int32Array
    table_levels: Int32Array
    entry: Int64Array
    start: Int32Array
    starts: Int32Array
    reach: Int32Array
    row: Int32Array
    dense: Int32Array
    milli: Int64Array
    milli_single: Float32Array
    slots: Int32Array
    in_nano_gb: Float64Array
    out_nano_gb: Float64Array
    region: Int32Array
    data_region: Int32Array
    varies: Int8Array
    noise_at: Int32Array
    job_first: Int64Array
    entry_at: Int64Array
    value_nano: Float32Array
    minima: Float32Array
    scratch: Float32Array
    best_cost: Float32Array
    best_column: Int32Array
    best_start: Int32Array

    def load(
        self,
        terrain: Terrain,
        batch: int,
        prefix: Float64Array,
        prefix_by_column: Float64Array,
        weight: Float32Array,
        noise: Float32Array,
    ) -> Int64Array:
        """(slot + 1, column) change of load, milli-devices, when the batch's jobs take their cheapest."""
        change = np.zeros(prefix.shape, np.int64)
        respond(
            self.batch_tables[batch], self.batch_tables[batch + 1],
            self.table_first, self.table_class, self.table_slots, self.table_from, self.table_to,
            self.table_levels, self.start, self.starts, self.reach, self.row, self.dense, self.milli_single,
            self.in_nano_gb, self.out_nano_gb, self.region, self.data_region, self.varies, self.noise_at,
            terrain.class_first, terrain.row_first, terrain.row_column, terrain.forbidden,
            terrain.carriage_cost, terrain.slot_nano_gb, prefix, prefix_by_column, weight, noise,
            self.minima, self.scratch, self.best_cost, self.best_column, self.best_start,
        )  # fmt: skip
        choose_and_load(
            self.batch_jobs[batch], self.batch_jobs[batch + 1], self.job_first, self.entry_at,
            self.value_nano, self.best_cost, self.best_column, self.best_start, self.milli, self.slots, change,
        )  # fmt: skip
        return change


def survey(problem: Problem) -> Terrain:
    """The shared arrays of a problem."""
    supply, rows, demand = problem.supply, problem.rows, problem.demand
    width = int(np.diff(supply.class_first).max(initial=1))
    worthwhile = ~demand.varies & (demand.allowed.astype(np.int64) * SPARSE_FACTOR >= demand.reach)
    used = np.zeros(len(rows.first) - 1, np.bool_)
    used[demand.row[worthwhile]] = True
    wanted = np.flatnonzero(used)[: DENSE_BYTES_MOST // (4 * width)]
    dense_row = np.full(len(used), -1, np.int32)
    dense_row[wanted] = np.arange(len(wanted))
    forbidden = np.full((max(len(wanted), 1), width), NEVER, np.float32)
    allowed = np.repeat(dense_row, np.diff(rows.first))
    forbidden[allowed[allowed >= 0], rows.column[allowed >= 0]] = 0
    return Terrain(
        class_first=supply.class_first,
        row_first=rows.first,
        row_column=rows.column,
        forbidden=forbidden,
        dense_row=dense_row,
        # femto-yuan per GB = 1e-6 nano-yuan per GB = 1e-15 nano-yuan per nano-GB
        carriage_cost=(problem.carriage.cost_femto_per_gb * 1e-15).astype(np.float32),
        slot_nano_gb=problem.carriage.slot_nano_gb,
    )


def draw_batches(demand: Demand, batches: int, random: np.random.Generator) -> Int32Array:
    """(job,) the batch of each job, −1 for jobs without an entry; every batch a stratified sample."""
    batch = np.full(demand.jobs, -1, np.int32)
    able = np.flatnonzero(np.diff(demand.first) > 0)
    if batches == 1:
        batch[able] = 0
        return batch
    entry = demand.first[able]
    size = np.frexp(demand.milli[entry].astype(np.float64))[1].astype(np.int64)
    stratum = (demand.device_class[entry].astype(np.int64) * 2**20 + demand.slots[entry]) * 64 + size
    order = np.argsort(stratum * 2**16 + random.integers(0, 2**16, len(able)), kind="stable")
    batch[able[order]] = np.arange(len(able)) % batches
    return batch


def cut_jobs(demand: Demand, shards: int) -> list[Int64Array]:
    """The able jobs in `shards` parts of about equal work, by class and duration to share tables."""
    able = np.flatnonzero(np.diff(demand.first) > 0)
    entry = demand.first[able]
    order = able[
        np.argsort(demand.device_class[entry].astype(np.int64) * 2**20 + demand.slots[entry], kind="stable")
    ]
    work = np.add.reduceat(40 + demand.reach, demand.first[:-1][able]) if len(able) else np.zeros(0, np.int64)
    by_job = np.zeros(demand.jobs, np.int64)
    by_job[able] = work
    done = np.cumsum(by_job[order])
    cuts = np.searchsorted(done, [done[-1] * part // shards if len(done) else 0 for part in range(1, shards)])
    return list(np.split(order, cuts))


def lay_out(problem: Problem, terrain: Terrain, jobs: Int64Array, batch: Int32Array, batches: int) -> Shard:
    """The shard of `jobs`, their entries in order of batch, class, duration, block of starts, and start."""
    demand, supply = problem.demand, problem.supply
    jobs = jobs[np.argsort(batch[jobs], kind="stable")]
    count = np.diff(demand.first)[jobs]
    job_first = np.zeros(len(jobs) + 1, np.int64)
    np.cumsum(count, out=job_first[1:])
    local = np.repeat(np.arange(len(jobs)), count)
    entry = demand.first[jobs][local] + np.arange(len(local)) - job_first[local]
    slots, start = demand.slots[entry].astype(np.int64), demand.start[entry].astype(np.int64)
    key = batch[demand.job[entry]].astype(np.int64) * supply.classes + demand.device_class[entry]
    key = key * (int(slots.max(initial=0)) + 1) + slots
    key = key * (supply.slots // BLOCK_SLOTS + 1) + start // BLOCK_SLOTS
    order = np.argsort(key * BLOCK_SLOTS + start % BLOCK_SLOTS, kind="stable")
    key, entry = key[order], entry[order]
    entry_at = np.empty(len(order), np.int64)
    entry_at[order] = np.arange(len(order))
    table = np.flatnonzero(np.diff(key, prepend=-1))
    table_first = np.append(table, len(entry))
    start, starts = demand.start[entry], demand.starts[entry]
    tables = len(table)
    head = entry[table]
    table_from = start[table]
    table_to = np.maximum.reduceat(start + starts, table) if tables else np.zeros(0, np.int32)
    levels = np.frexp((np.maximum.reduceat(starts, table) if tables else np.zeros(0)).astype(np.float64))[1]
    scanned = np.add.reduceat(starts.astype(np.int64), table) if tables else np.zeros(0, np.int64)
    worthwhile = scanned > (table_to - table_from).astype(np.int64) * (levels + 1) // 2
    table_levels = np.where(worthwhile, levels, 0).astype(np.int32)
    extent = np.where(worthwhile, table_to - table_from, 0)
    width = int(np.diff(supply.class_first).max(initial=1))
    job = demand.job[entry]
    milli = demand.milli[entry]
    dense = terrain.dense_row[demand.row[entry]]
    dense[
        demand.varies[entry] | (demand.allowed[entry].astype(np.int64) * SPARSE_FACTOR < demand.reach[entry])
    ] = -1
    table_batch = batch[job[table]]
    return Shard(
        batch_tables=np.searchsorted(table_batch, np.arange(batches + 1)).astype(np.int64),
        batch_jobs=np.searchsorted(batch[jobs], np.arange(batches + 1)).astype(np.int64),
        table_first=table_first,
        table_class=demand.device_class[head],
        table_slots=demand.slots[head],
        table_from=table_from,
        table_to=table_to.astype(np.int32),
        table_levels=table_levels,
        entry=entry,
        start=start,
        starts=starts,
        reach=demand.reach[entry],
        row=demand.row[entry],
        dense=dense,
        milli=milli,
        milli_single=milli.astype(np.float32),
        slots=demand.slots[entry],
        in_nano_gb=demand.in_nano_gb[job].astype(np.float64),
        out_nano_gb=demand.out_nano_gb[job].astype(np.float64),
        region=demand.region[job],
        data_region=demand.data_region[job],
        varies=demand.varies[entry].astype(np.int8),
        # a fixed offset of the entry's own, whatever the shard
        noise_at=(entry * 40503 % NOISE_SPAN).astype(np.int32),
        job_first=job_first,
        entry_at=entry_at,
        value_nano=(demand.value_micro[jobs] * 1000.0).astype(np.float32),
        minima=np.empty(
            (max(int(table_levels.max(initial=1)), 1), max(int(extent.max(initial=1)), 1), width), np.float32
        ),
        scratch=np.empty(width, np.float32),
        best_cost=np.empty(len(entry), np.float32),
        best_column=np.empty(len(entry), np.int32),
        best_start=np.empty(len(entry), np.int32),
    )
