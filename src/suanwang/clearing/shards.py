"""Jobs cut into shards, and each shard into batches, laid out as the kernels read them.

A *batch* is a sample of all jobs, stratified by class, duration and size: one step of the price search asks
one batch. A *shard* is a share of the jobs that one thread or one worker answers for; which jobs lie in which
shard changes no result, since loads are integers and each job answers alone.
"""

import msgspec
import numpy as np

from suanwang.clearing.ground import Answers, Entries, Ground, Scratch, Tables, read_only, sealed
from suanwang.clearing.problem import Demand, Int32Array, Problem
from suanwang.clearing.response import choose_and_load, respond
from suanwang.clearing.windows import NEVER, Float32Array, Float64Array
from suanwang.units.rounding import Int64Array
from suanwang.units.stable_order import stable_order

BLOCK_SLOTS = 256
"""A table of window minima serves the starts of one block, so that long horizons stay in cache."""
NOISE_SPAN = 8192
"""Distinct offsets into the noise."""
SPARSE_FACTOR = 6
"""Visiting allowed columns one by one costs about this much more a column than passing over all of them."""
WORK_OF_ENTRY = 80
"""What an entry costs beside the pools passed over, in such pools."""
WORK_OF_START = 4
"""What each start that an entry may take costs, in pools passed over."""
DENSE_BYTES_MOST = 2**29


def survey(problem: Problem) -> tuple[Ground, Int32Array]:
    """The ground of a problem, and each row's place in `Ground.forbidden`, −1 where it has none."""
    supply, rows, demand = problem.supply, problem.rows, problem.demand
    width = int(np.diff(supply.class_first).max(initial=1))
    used = np.zeros(len(rows.first) - 1, np.bool_)
    used[demand.row[passes_over_all(demand)]] = True
    wanted = np.flatnonzero(used)[: DENSE_BYTES_MOST // (4 * width)]
    dense_row = np.full(len(used), -1, np.int32)
    dense_row[wanted] = np.arange(len(wanted))
    forbidden = np.full((max(len(wanted), 1), width), NEVER, np.float32)
    allowed = np.repeat(dense_row, np.diff(rows.first))
    forbidden[allowed[allowed >= 0], rows.column[allowed >= 0]] = 0
    ground = Ground(
        class_first=supply.class_first,
        row_first=rows.first,
        row_column=rows.column,
        forbidden=forbidden,
        # femto-yuan per GB = 1e-6 nano-yuan per GB = 1e-15 nano-yuan per nano-GB
        carriage_cost=(problem.carriage.cost_femto_per_gb * 1e-15).astype(np.float32),
        slot_nano_gb=problem.carriage.slot_nano_gb,
        slots_per_nano_gb=(1.0 / problem.carriage.slot_nano_gb).astype(np.float32),
        cost_femto_per_gb=problem.carriage.cost_femto_per_gb,
    )
    return sealed(ground), dense_row


def passes_over_all(demand: Demand) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    """(entry,) whether so many columns are allowed that a pass over all of them is cheaper."""
    return demand.allowed.astype(np.int64) * SPARSE_FACTOR >= demand.reach


def entries_of(problem: Problem, dense_row: Int32Array, entry: Int64Array | slice) -> Entries:
    """The kernel's form of the given entries, in the order given; of a slice mostly views."""
    demand = problem.demand
    job = demand.job[entry]
    dense = np.where(passes_over_all(demand), dense_row[demand.row], np.int32(-1))
    entries = Entries(
        milli=demand.milli[entry],
        slots=demand.slots[entry],
        reach=demand.reach[entry],
        row=demand.row[entry],
        dense=dense[entry],
        start=demand.start[entry],
        starts=demand.starts[entry],
        varies=demand.varies[entry].astype(np.int8),
        region=demand.region[job],
        data_region=demand.data_region[job],
        in_nano_gb=demand.in_nano_gb[job].astype(np.float64),
        out_nano_gb=demand.out_nano_gb[job].astype(np.float64),
    )
    return sealed(entries)


def room_for(tables: Tables, columns: int) -> Scratch:
    """Scratch that the largest of the tables fits in."""
    worthwhile = tables.levels > 0
    extent = int(np.where(worthwhile, tables.to_start - tables.from_start, 1).max(initial=1))
    return room_for_columns(columns, max(int(tables.levels.max(initial=1)), 1), extent)


def room_for_columns(columns: int, levels: int = 1, starts: int = 1) -> Scratch:
    """Scratch for a class of so many columns, and a table of so many levels and starts."""
    return Scratch(
        minima=np.empty((levels, starts, columns), np.float32),
        window=np.empty(columns, np.float32),
        arrive=np.zeros(columns, np.int32),
        leave=np.zeros(columns, np.int32),
        run=np.zeros(columns, np.int32),
    )


class Shard(msgspec.Struct, frozen=True):
    """One share of the jobs, batch after batch.

    `batch_tables`, `batch_jobs`: (batch + 1,) where each batch's tables and jobs begin. `entry`: where each
    of `entries` stands in the problem. `entry_first`, `entry_at`: entries of each job. `value_nano`: (job,).
    """

    batch_tables: Int64Array
    batch_jobs: Int64Array
    tables: Tables
    entries: Entries
    entry: Int64Array
    noise_at: Int32Array
    entry_first: Int64Array
    entry_at: Int64Array
    value_nano: Float32Array
    scratch: Scratch
    answers: Answers

    def load(
        self,
        ground: Ground,
        batch: int,
        prefix: Float64Array,
        prefix_by_column: Float64Array,
        weight: Float32Array,
        noise: Float32Array,
    ) -> Int64Array:
        """(slot + 1, column) change of load, milli-devices, when the batch's jobs take their cheapest."""
        prefix, prefix_by_column = read_only(prefix), read_only(prefix_by_column)
        weight, noise = read_only(weight), read_only(noise)
        change_milli = np.zeros(prefix.shape, np.int64)
        respond(
            self.batch_tables[batch], self.batch_tables[batch + 1], self.tables, self.entries, self.noise_at,
            ground, prefix, prefix_by_column, weight, noise, self.scratch, self.answers,
        )  # fmt: skip
        choose_and_load(
            self.batch_jobs[batch], self.batch_jobs[batch + 1], self.entry_first, self.entry_at,
            self.value_nano, self.entries, self.answers, change_milli,
        )  # fmt: skip
        return change_milli


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


def work_of_entries(demand: Demand) -> Int64Array:
    """(entry,) about how much work it is, in pools passed over, where transfers take no starts away."""
    return WORK_OF_ENTRY + WORK_OF_START * demand.starts.astype(np.int64) + demand.reach


def work_of(demand: Demand) -> Int64Array:
    """(able job,) about how much work it is to answer, in pools passed over.

    Where transfers do take starts away, a pool is two and a half times the work.
    """
    if not demand.entries:
        return np.zeros(0, np.int64)
    work = work_of_entries(demand) + demand.reach.astype(np.int64) * demand.varies * 3 // 2
    return np.add.reduceat(work, demand.first[np.flatnonzero(np.diff(demand.first) > 0)])


def cut_jobs(demand: Demand, shards: int) -> list[Int64Array]:
    """The able jobs in `shards` parts of about equal work, by class and duration to share tables."""
    able = np.flatnonzero(np.diff(demand.first) > 0)
    entry = demand.first[able]
    key = demand.device_class[entry].astype(np.int64) * 2**20 + demand.slots[entry]
    order, _ = stable_order(key)
    done = np.cumsum(work_of(demand)[order])
    cuts = np.searchsorted(
        done, [int(done[-1]) * part // shards if len(done) else 0 for part in range(1, shards)]
    )
    return list(np.split(able[order], cuts))


def cut_tables(demand: Demand, entry: Int64Array, key: Int64Array, per_scan: int) -> Tables:
    """A table for each run of equal `key` among `entry`, with levels where that beats scanning the starts.

    `per_scan`: slots passed over, beside the starts, when one entry is answered by scanning.
    """
    table = np.flatnonzero(np.diff(key, prepend=-1))
    start, starts = demand.start[entry], demand.starts[entry]
    head = entry[table]
    if not len(table):
        nothing = np.zeros(0, np.int32)
        return sealed(Tables(np.zeros(1, np.int64), nothing, nothing, nothing, nothing, nothing))
    from_start = np.minimum.reduceat(start, table)
    to_start = np.maximum.reduceat(start + starts, table)
    levels = np.frexp(np.maximum.reduceat(starts, table).astype(np.float64))[1]
    extent = (to_start - from_start).astype(np.int64)
    passed = np.minimum(demand.slots[head], per_scan).astype(np.int64)
    scans = np.add.reduceat(starts.astype(np.int64), table) + passed * np.diff(np.append(table, len(entry)))
    builds = extent * (levels + 1) // 2 + passed
    tables = Tables(
        entry_first=np.append(table, len(entry)),
        device_class=demand.device_class[head],
        slots=demand.slots[head],
        from_start=from_start,
        to_start=to_start.astype(np.int32),
        levels=np.where(scans > builds, levels, 0).astype(np.int32),
    )
    return sealed(tables)


def lay_out(
    problem: Problem, dense_row: Int32Array, jobs: Int64Array, batch: Int32Array, batches: int
) -> Shard:
    """The shard of `jobs`, their entries in order of batch, class, duration, block of starts, and start."""
    demand, supply = problem.demand, problem.supply
    jobs = jobs[np.argsort(batch[jobs], kind="stable")]
    count = np.diff(demand.first)[jobs]
    entry_first = np.zeros(len(jobs) + 1, np.int64)
    np.cumsum(count, out=entry_first[1:])
    local = np.repeat(np.arange(len(jobs)), count)
    entry = demand.first[jobs][local] + np.arange(len(local)) - entry_first[local]
    slots, start = demand.slots[entry].astype(np.int64), demand.start[entry].astype(np.int64)
    key = batch[demand.job[entry]].astype(np.int64) * supply.classes + demand.device_class[entry]
    key = key * (int(slots.max(initial=0)) + 1) + slots
    key = key * (supply.slots // BLOCK_SLOTS + 1) + start // BLOCK_SLOTS
    order, key = stable_order(key * BLOCK_SLOTS + start % BLOCK_SLOTS)
    key, entry = key // BLOCK_SLOTS, entry[order]
    entry_at = np.empty(len(order), np.int64)
    entry_at[order] = np.arange(len(order))
    tables = cut_tables(demand, entry, key, per_scan=0)
    table_batch = batch[demand.job[entry[tables.entry_first[:-1]]]]
    return Shard(
        batch_tables=np.searchsorted(table_batch, np.arange(batches + 1)).astype(np.int64),
        batch_jobs=np.searchsorted(batch[jobs], np.arange(batches + 1)).astype(np.int64),
        tables=tables,
        entries=entries_of(problem, dense_row, entry),
        entry=entry,
        # a fixed offset of the entry's own, whatever the shard
        noise_at=read_only((entry * 40503 % NOISE_SPAN).astype(np.int32)),
        entry_first=read_only(entry_first),
        entry_at=read_only(entry_at),
        value_nano=read_only((demand.value_micro[jobs] * 1000.0).astype(np.float32)),
        scratch=room_for(tables, int(np.diff(supply.class_first).max(initial=1))),
        answers=Answers(
            np.empty(len(entry), np.float32), np.empty(len(entry), np.int32), np.empty(len(entry), np.int32)
        ),
    )
