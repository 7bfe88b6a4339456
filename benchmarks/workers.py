"""Two Ray workers of one thread each against one, on the price steps, with two local threads beside them.

All are asked the same at every step, one after the other, so that whatever else the machine does falls on all
alike; their loads must be equal. Of each batch of jobs the fastest answer counts.
"""

import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from benchmarks.inputs import network
from benchmarks.row import Row

from suanwang.clearing.compile import compile_problem
from suanwang.clearing.prices import Asked, Crowd, PriceSearch, batches_for, gather_crowd
from suanwang.clearing.problem import Problem
from suanwang.clearing.ray_cluster import running_ray
from suanwang.clearing.shards import survey
from suanwang.clearing.workers import RayCrowd, store_bytes
from suanwang.feeds.scenario_folder import read_scenario
from suanwang.units.rounding import Int64Array

STEPS_A_BATCH = 5


def run(quick: bool) -> list[Row]:
    """The speed of two workers over one; `quick` with fewer jobs, where sending weighs more."""
    jobs, centres = (50_000, 60) if quick else (1_000_000, 300)
    problem = compile_problem(read_scenario(network("national", jobs, centres, 0.8)).scenario)
    one_s, two_s, threads_s, step_s = seconds_of(problem)
    ratio = (one_s + step_s) / (two_s + step_s)
    return [
        Row(
            name=f"price steps, {problem.demand.jobs:,} jobs: two Ray workers against one",
            figure=ratio,
            unit="×",
            must=1.5,
            aim=1.9,
            baseline="one Ray worker",
            baseline_figure=1.0,
            note=f"ms a step: one worker {1000 * (one_s + step_s):.1f}, two {1000 * (two_s + step_s):.1f}, "
            f"two local threads {1000 * (threads_s + step_s):.1f}; {1000 * step_s:.1f} of each in the "
            "coordinator; the loads are the same bit for bit",
        )
    ]


class Race:
    """A crowd that asks several crowds in turn, times each, and compares their loads."""

    def __init__(self, crowds: list[Crowd]) -> None:
        self.crowds = crowds
        self.fastest_s: list[defaultdict[int, float]] = [defaultdict(lambda: np.inf) for _ in crowds]
        self.spent_s = 0.0

    def answer(self, asked: Asked) -> Int64Array:
        """See `prices.Crowd`."""
        loads: list[Int64Array] = []
        begin = time.perf_counter()
        for crowd, fastest_s in zip(self.crowds, self.fastest_s, strict=True):
            before = time.perf_counter()
            loads.append(crowd.answer(asked))
            fastest_s[asked.batch] = min(fastest_s[asked.batch], time.perf_counter() - before)
        sums = [load.sum(axis=0) for load in loads]
        assert all(np.array_equal(sums[0], other) for other in sums[1:])
        self.spent_s += time.perf_counter() - begin
        return loads[-1]

    def mean_s(self) -> list[float]:
        """Seconds of a step with each crowd, the mean over the batches of the fastest."""
        return [sum(fastest.values()) / len(fastest) for fastest in self.fastest_s]


def seconds_of(problem: Problem) -> tuple[float, float, float, float]:
    """Seconds a step waits for one worker, two workers, two threads; and those of the coordinator."""
    ground, dense_row = survey(problem)
    batches = batches_for(problem)
    with ThreadPoolExecutor(2) as pool:
        whole, batch_jobs = gather_crowd(problem, ground, dense_row, batches, 1, pool, 0)
        halves, _ = gather_crowd(problem, ground, dense_row, batches, 2, pool, 0)
        shards = whole.shards + halves.shards
        with running_ray(len(shards), store_bytes(ground, shards), None) as cluster:
            crowds = [RayCrowd(cluster, ground, whole.shards), RayCrowd(cluster, ground, halves.shards)]
            for crowd in crowds:
                crowd.meet()
            race = Race([*crowds, halves])
            search = PriceSearch(problem, race, batch_jobs, pool, 0)
            search.run(2)  # what each process does once, loading its kernels above all, is not counted
            race = search.crowd = Race([*crowds, halves])
            begin = time.perf_counter()
            steps = STEPS_A_BATCH * batches
            search.run(steps)
            rest_s = time.perf_counter() - begin - race.spent_s
    one_s, two_s, threads_s = race.mean_s()
    return one_s, two_s, threads_s, rest_s / steps
