"""The search for prices: ask a batch of jobs, step the prices, and average the last steps.

A temperature τ falls from 1/2 to 1/4096. It scales the step; it scales a perturbation of each job's prices,
drawn anew every few steps, which breaks ties among hundreds of nearly equal pools; and it scales a prior that
makes small pools look dearer at first. All three are needed at high load. What is left at the end is the
plain dual ascent, whose averaged prices are published as integers. Every random draw is an integer and every
float operation is elementwise, so the prices are the same on every machine and for every number of shards.
"""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Protocol

import msgspec
import numpy as np

from suanwang.clearing.ground import Ground
from suanwang.clearing.price_step import FLOOR_SHARE, step_prices
from suanwang.clearing.problem import Int32Array, Problem
from suanwang.clearing.shards import NOISE_SPAN, Shard, cut_jobs, draw_batches, lay_out, work_of
from suanwang.clearing.threads import over
from suanwang.clearing.windows import Float32Array, Float64Array
from suanwang.units.rounding import Int64Array

STEPS = 400
AVERAGED_SHARE = 0.15
STEPS_PER_DRAW = 5
COLDEST = 12
"""The temperature ends at 2**-12, and less cold in a short search: see `coldest`."""
WORTH_SHARE = 0.001
"""Prices begin no smaller than at this share of what jobs are worth; see `price_scale_micro`."""
JOBS_PER_BATCH_AND_CELL = 0.2
JOBS_PER_BATCH_LEAST = 100
BATCHES_MOST = 256
WORK_PER_THREAD = 2**18
"""Work of a batch, as `shards.work_of` counts it (about half a millisecond), that is worth a thread."""
CELLS_PER_THREAD = 2**17
"""Prices to step (some 0.4 ms) that are worth a thread."""


class Asked(msgspec.Struct, frozen=True):
    """What a step asks of every shard: `prefix` (slot + 1, column), `weight` (column,), `noise`, `batch`."""

    batch: int
    prefix: Float64Array
    weight: Float32Array
    noise: Float32Array


class Crowd(Protocol):
    """Jobs that answer prices with loads: threads of this process, or workers elsewhere."""

    def answer(self, asked: Asked) -> Int64Array:
        """(shard, slot + 1, column) changes of load, milli-devices."""
        ...


class ThreadCrowd:
    """Shards answered by threads of this process; the kernels release the interpreter lock."""

    def __init__(self, ground: Ground, shards: list[Shard], pool: ThreadPoolExecutor) -> None:
        self.ground, self.shards, self.pool = ground, shards, pool

    def answer(self, asked: Asked) -> Int64Array:
        """See `Crowd`."""
        by_column = np.ascontiguousarray(asked.prefix.T)

        def load(shard: Shard) -> Int64Array:
            return shard.load(self.ground, asked.batch, asked.prefix, by_column, asked.weight, asked.noise)

        return np.stack(over(self.pool, load, self.shards))


def batches_for(problem: Problem) -> int:
    """So many that a batch has about a fifth of a job for every pool and slot, and is a sample at all."""
    jobs, cells = problem.demand.jobs, problem.supply.capacity_milli.size
    return max(
        1, min(BATCHES_MOST, jobs // JOBS_PER_BATCH_LEAST, round(jobs / (JOBS_PER_BATCH_AND_CELL * cells)))
    )


def coldest(steps: int) -> float:
    """The temperature ends at 2 to minus this: `COLDEST`, less 2 for each time that `steps` is halved.

    Prices must get where they belong before the steps are too small for it. Straight lines between the
    halvings; never below 1.
    """
    short, halvings = float(steps), 0
    while short * 2 <= STEPS:
        short, halvings = short * 2, halvings + 1
    missing = halvings + max(0.0, STEPS / short - 1.0)
    return max(1.0, COLDEST - 2.0 * missing)


def temperature(step: int, steps: int, hottest: float) -> float:
    """Falls from 2**-hottest to 2**-coldest, geometrically but for straight lines between powers of two.

    So it needs no transcendental function, whose last digit differs between machines.
    """
    exponent = hottest + max(0.0, coldest(steps) - hottest) * step / max(1, steps - 1)
    whole = int(exponent)
    return 2.0**-whole * (1.0 - (exponent - whole) / 2)


def gumbel_table() -> Float64Array:
    """Quantiles of the Gumbel distribution for minima, log(−log u), rounded to 1e-6 for every machine."""
    u: Float64Array = (np.arange(1024, dtype=np.float64) + 0.5) / 1024
    return np.round(np.log(-np.log(u)), 6).astype(np.float64)


def small_pool_prior(problem: Problem) -> Float64Array:
    """(column,) log of the largest pool of the class over this one, rounded to 1e-6."""
    supply = problem.supply
    prior = np.zeros(supply.columns)
    for k in range(supply.classes):
        mine = slice(supply.class_first[k], supply.class_first[k + 1])
        most = supply.most_milli[mine].astype(np.float64)
        prior[mine] = np.log(np.maximum(most.max(), 1) / np.maximum(most, 1))
    return np.round(prior, 6)


def class_of_column(problem: Problem) -> Int64Array:
    """(column,) its device class."""
    return np.repeat(np.arange(problem.supply.classes), np.diff(problem.supply.class_first))


def price_scale_micro(problem: Problem) -> Float64Array:
    """(class,) the size that prices begin at: the mean size of its unit costs, whatever their sign.

    Where devices cost next to nothing, it is `WORTH_SHARE` of the median over options of the job's value for
    each device and slot: starting from nothing, prices would not get where they belong.
    """
    supply, demand = problem.supply, problem.demand
    scale = np.ones(supply.classes)
    worth = demand.value_micro[demand.job] * 1000.0 / (demand.milli * demand.slots)
    for k in range(supply.classes):
        mine = np.abs(supply.unit_micro[:, supply.class_first[k] : supply.class_first[k + 1]])
        asking = worth[demand.device_class == k]
        scale[k] = max(scale[k], float(mine.sum()) / max(mine.size, 1))
        scale[k] = max(scale[k], WORTH_SHARE * float(np.median(asking)) if asking.size else 0.0)
    return scale


def dearest_micro(problem: Problem) -> tuple[Float64Array, Float64Array]:
    """(column,) the price that no job of its class would pay, and the highest that 64 bits allow."""
    supply, demand = problem.supply, problem.demand
    worth = np.zeros(supply.classes)
    held = np.ones(supply.classes)
    np.maximum.at(worth, demand.device_class, np.ceil(demand.value_micro[demand.job] * 1000.0 / demand.milli))
    np.maximum.at(held, demand.device_class, demand.milli.astype(np.float64) * demand.slots)
    unit = np.abs(supply.unit_micro).max(initial=0)
    ceiling = np.maximum(np.minimum(np.floor(2.0**61 / held), 2.0**52 / supply.slots) - unit, 0.0)
    of_column = class_of_column(problem)
    return np.minimum(worth + unit + 1, ceiling)[of_column], ceiling[of_column]


class PriceSearch:
    """One search over one problem. Call `run` once; it returns the published prices."""

    def __init__(
        self, problem: Problem, crowd: Crowd, batch_jobs: Int64Array, pool: ThreadPoolExecutor, seed: int
    ) -> None:
        self.problem, self.crowd, self.pool = problem, crowd, pool
        self.batch_jobs = batch_jobs
        self.random = np.random.Generator(np.random.PCG64([seed, 1]))
        self.gumbel = gumbel_table()
        self.prior = small_pool_prior(problem)
        self.floor_micro = FLOOR_SHARE * price_scale_micro(problem)[class_of_column(problem)]
        self.shut_micro, self.ceiling_micro = dearest_micro(problem)
        self.prefix: Float64Array | None = None

    def prices_now(self) -> Int64Array:
        """(slot, column) the prices that the next step asks with."""
        assert self.prefix is not None
        return np.diff(self.prefix, axis=0).astype(np.int64) - self.problem.supply.unit_micro

    def run(
        self,
        steps: int,
        hottest: float = 1.0,
        start_micro: Int64Array | None = None,
        watch: Callable[[int], None] = lambda step: None,
    ) -> Int64Array:
        """(slot, column) published prices after `steps` steps from `start_micro`, or from zero."""
        supply = self.problem.supply
        shape = supply.capacity_milli.shape
        price = np.zeros(shape) if start_micro is None else start_micro.astype(np.float64)
        excess = np.zeros(shape)
        total = np.zeros(shape, np.int64)
        prefix = np.zeros((shape[0] + 1, shape[1]))
        np.cumsum(supply.unit_micro + np.rint(price), axis=0, out=prefix[1:])
        self.prefix = prefix
        noise = np.ones(NOISE_SPAN + int(np.diff(supply.class_first).max(initial=1)), np.float32)
        draw = np.zeros(len(noise))
        counted = max(1, round(steps * AVERAGED_SHARE))
        for step in range(steps):
            heat = temperature(step, steps, hottest)
            if step % STEPS_PER_DRAW == 0:
                draw = self.gumbel[self.random.integers(0, len(self.gumbel), len(noise))]
            noise = np.clip(1.0 + heat * draw, 0.2, 3.0).astype(np.float32)
            weight = (1.0 + heat * self.prior).astype(np.float32)
            batch = step % len(self.batch_jobs)
            changes = self.crowd.answer(Asked(batch, prefix, weight, noise))
            # batches take turns, so this and no other factor counts every job once on average
            scale = float(len(self.batch_jobs))
            self.step(changes, scale, heat, price, excess, total, step >= steps - counted, prefix)
            watch(step + 1)
        mean = (total * 2 + counted) // (2 * counted)
        return np.minimum(mean, self.ceiling_micro.astype(np.int64))

    def step(
        self, changes: Int64Array, scale: float, heat: float, price: Float64Array, excess: Float64Array,
        total: Int64Array, count: bool, prefix: Float64Array,
    ) -> None:  # fmt: skip
        """One price step, columns split over the threads where there are enough."""
        supply = self.problem.supply

        def step(columns: tuple[int, int]) -> None:
            step_prices(
                *columns, changes, scale, heat, supply.unit_micro, supply.capacity_milli, self.floor_micro,
                self.shut_micro, price, excess, total, count, prefix,
            )  # fmt: skip

        half = supply.columns // 2 if supply.capacity_milli.size >= CELLS_PER_THREAD else 0
        over(self.pool, step, [(0, half), (half, supply.columns)] if half else [(0, supply.columns)])


def shards_for(problem: Problem, batches: int, threads: int) -> int:
    """As many shards as there are threads, but no more than a batch has work for."""
    return max(1, min(threads, int(work_of(problem.demand).sum()) // (batches * WORK_PER_THREAD)))


def gather_crowd(
    problem: Problem, ground: Ground, dense_row: Int32Array, batches: int, shards: int,
    pool: ThreadPoolExecutor, seed: int,
) -> tuple[ThreadCrowd, Int64Array]:  # fmt: skip
    """The jobs of a problem as a crowd of threads, and the number of jobs in each batch."""
    batch = draw_batches(problem.demand, batches, np.random.Generator(np.random.PCG64([seed, 0])))

    def lay(jobs: Int64Array) -> Shard:
        return lay_out(problem, dense_row, jobs, batch, batches)

    laid = over(pool, lay, cut_jobs(problem.demand, shards))
    return ThreadCrowd(ground, laid, pool), np.bincount(batch[batch >= 0], minlength=batches)
