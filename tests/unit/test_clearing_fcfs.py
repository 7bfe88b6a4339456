"""First come, first served against a plain loop over every place."""

import math
from fractions import Fraction

import msgspec
import numpy as np
import pytest
from tests.clearing_cases import every_place, random_scenario

from suanwang.clearing.compile import compile_problem
from suanwang.clearing.fcfs import place_first_come
from suanwang.clearing.problem import Problem
from suanwang.clearing.supply import kept_free


def brute_force(problem: Problem) -> list[tuple[int, int, int]]:
    """(entry, column, start) of every job, −1 where unserved."""
    free = problem.supply.capacity_milli.copy()
    release = problem.scenario.jobs["release_slot"].to_list()
    answer = [(-1, -1, -1)] * problem.demand.jobs
    for job in sorted(range(problem.demand.jobs), key=lambda j: (release[j], j)):
        for cost, _, start, _, entry, column in sorted(every_place(problem, job)):
            milli, slots = int(problem.demand.milli[entry]), int(problem.demand.slots[entry])
            if cost >= int(problem.demand.value_micro[job]) * 1000:
                break
            if free[start : start + slots, column].min() >= milli:
                free[start : start + slots, column] -= milli
                answer[job] = (entry, column, start)
                break
    return answer


@pytest.mark.parametrize("block", range(4))
def test_every_job_takes_its_cheapest_free_place(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        problem = compile_problem(random_scenario(seed))
        places = place_first_come(problem)
        found = list(zip(places.entry.tolist(), places.column.tolist(), places.start.tolist(), strict=True))
        assert found == brute_force(problem), seed


def test_the_cases_are_not_trivial() -> None:
    shares = [place_first_come(compile_problem(random_scenario(seed))).served.mean() for seed in range(100)]
    assert 0.3 < float(np.mean(shares)) < 0.8


def test_without_jobs() -> None:
    scenario = random_scenario(3)
    empty = msgspec.structs.replace(scenario, jobs=scenario.jobs.clear())
    assert len(place_first_come(compile_problem(empty)).entry) == 0


def test_the_pack_margin_is_rounded_up() -> None:
    there = np.array([0, 1, 3, 1000, 999_999_999_999, 10**11], np.int64)
    for margin, share in (
        (0.05, Fraction(5, 100)),
        (0.333333333, Fraction(333333333, 10**9)),
        (1.0, Fraction(1)),
    ):
        assert kept_free(there, margin).tolist() == [math.ceil(share * int(amount)) for amount in there]
