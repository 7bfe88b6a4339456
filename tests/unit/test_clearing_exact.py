"""The exact program against every combination of places; bound ≤ relaxation ≤ optimum ≤ any plan."""

from itertools import product

import numpy as np
import pytest
from tests.clearing_cases import every_place, outcome_from, random_scenario
from tests.networks import small_network

from suanwang.clearing.compile import compile_problem
from suanwang.clearing.exact import PLACES_MOST, solve_exact
from suanwang.clearing.fcfs import place_first_come
from suanwang.clearing.places import Places
from suanwang.clearing.problem import Problem
from suanwang.clearing.recompute import recompute_bound
from suanwang.clearing.verify import verify
from suanwang.units.errors import InvalidInput
from suanwang.units.rounding import exact_sum


def cost_nano(problem: Problem, places: Places) -> int:
    """What a plan costs, exactly."""
    total = 0
    for job in range(problem.demand.jobs):
        place = (int(places.entry[job]), int(places.column[job]), int(places.start[job]))
        found = [p[0] for p in every_place(problem, job) if (p[4], p[5], p[2]) == place]
        assert len(found) == (place[0] >= 0)
        total += found[0] if found else int(problem.demand.value_micro[job]) * 1000
    return total


def brute_force_nano(problem: Problem) -> int:
    """The least cost over every combination of places."""
    demand, capacity = problem.demand, problem.supply.capacity_milli
    worth = [int(value) * 1000 for value in demand.value_micro]
    choices = [
        [None, *(place for place in every_place(problem, job) if place[0] < worth[job])]
        for job in range(demand.jobs)
    ]
    best = sum(worth)
    for plan in product(*choices):
        cost = sum(place[0] if place else worth[job] for job, place in enumerate(plan))
        if cost >= best:
            continue
        load = np.zeros_like(capacity)
        for place in plan:
            if place:
                entry = place[4]
                load[place[2] : place[2] + int(demand.slots[entry]), place[5]] += demand.milli[entry]
        if (load <= capacity).all():
            best = cost
    return best


def test_the_plan_is_the_best_of_all() -> None:
    tried = 0
    for seed in range(300):
        problem = compile_problem(random_scenario(seed, jobs=1 + seed % 4, slots=5))
        sizes = [1 + len(every_place(problem, job)) for job in range(problem.demand.jobs)]
        if np.prod(sizes) > 1500 or max(sizes) == 1:
            continue
        tried += 1
        best = brute_force_nano(problem)
        assert abs(cost_nano(problem, solve_exact(problem).places) - best) <= best * 1e-9 + 1000, seed
    assert tried > 100


@pytest.mark.parametrize("block", range(3))
def test_bound_relaxation_optimum_and_plan_stand_in_order(block: int) -> None:
    for seed in range(block * 30, block * 30 + 30):
        scenario = random_scenario(seed)
        problem = compile_problem(scenario)
        exact = solve_exact(problem, start=place_first_come(problem))
        assert exact.proven and exact.relaxed and exact.reproducible and exact.gap == 0.0
        assert exact.relaxation_micro is not None
        outcome = outcome_from(problem, exact.places, exact.price_micro)
        verify(scenario, outcome)
        bound = recompute_bound(scenario, outcome.price_micro)
        slack = 2 + 1e-7 * abs(exact.relaxation_micro)
        assert bound <= exact.relaxation_micro + slack, seed
        # the duals certify the relaxation but for their rounding to whole micro-yuan and part devices
        rounding = exact_sum(problem.supply.capacity_milli) // 1000 + 2 * problem.demand.jobs
        held = int((problem.demand.milli * problem.demand.slots).sum()) // 1000
        assert bound >= exact.relaxation_micro - slack - rounding - held, seed
        optimum = cost_nano(problem, exact.places)
        assert exact.relaxation_micro * 1000 <= optimum + slack * 1000, seed
        assert optimum <= cost_nano(problem, place_first_come(problem)) + slack * 1000, seed


def test_the_same_plan_every_time() -> None:
    problem = compile_problem(random_scenario(12, jobs=14, slots=12))
    first, second = solve_exact(problem), solve_exact(problem)
    assert (first.places.entry == second.places.entry).all()
    assert (first.places.start == second.places.start).all()
    assert (first.price_micro == second.price_micro).all()


def test_a_program_too_large_is_refused_with_the_remedy() -> None:
    problem = compile_problem(small_network(jobs=20_000, slots=500))
    places = int((problem.demand.allowed.astype(np.int64) * problem.demand.starts).sum())
    if places <= PLACES_MOST:
        problem.demand.starts[:] *= PLACES_MOST // places + 1
    with pytest.raises(InvalidInput) as refused:
        solve_exact(problem)
    assert "--method prices" in refused.value.faults[0].remedy.en


def test_the_time_limit_keeps_the_plan_it_started_from() -> None:
    problem = compile_problem(small_network(jobs=600, slots=100))
    start = place_first_come(problem)
    exact = solve_exact(problem, time_limit_s=0.02, start=start)
    assert not exact.reproducible and not exact.proven
    assert exact.notes
    assert exact.places.served.sum() > 0
