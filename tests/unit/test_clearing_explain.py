"""Explanations: figures that add up, verdicts that hold, changes that really would have placed the job."""

from collections import Counter

import msgspec
import numpy as np
import polars as pl
import pytest
from tests.clearing_cases import DEAR, every_place, outcome_from, random_scenario, with_figures

from suanwang.clearing.compile import compile_problem
from suanwang.clearing.exact import solve_exact
from suanwang.clearing.explain import explain
from suanwang.clearing.explanation import Change, Explanation
from suanwang.clearing.fcfs import place_first_come
from suanwang.clearing.problem import Problem
from suanwang.clearing.prospect import free_without
from suanwang.clearing.refusal import reasons_of
from suanwang.model.result import Outcome
from suanwang.model.scenario import Scenario

STOPPED = ("class", "size", "grade", "residency", "latency", "window")


def explained(problem: Problem, outcome: Outcome) -> list[Explanation]:
    """Every job explained, with the reasons that the pipeline would give."""
    costs = [
        min([int(value) * 1000, *(place[0] for place in every_place(problem, job))])
        for job, value in enumerate(problem.demand.value_micro)
    ]
    served = msgspec.structs.replace(
        place_first_come(problem), entry=np.where(outcome.served, 0, -1).astype(np.int64)
    )
    reason = reasons_of(problem, served, np.array(costs, np.int64)).astype(np.int8)
    outcome = msgspec.structs.replace(outcome, reason=reason)
    return [explain(problem, outcome, job) for job in range(problem.demand.jobs)]


def test_every_candidate_is_judged_as_the_places_say() -> None:
    seen: Counter[str] = Counter()
    for seed in range(36):
        problem = compile_problem(random_scenario(seed))
        outcome = outcome_from(problem, place_first_come(problem))
        pools = problem.scenario.pools["pool"].to_list()
        for job, told in enumerate(explained(problem, outcome)):
            value = told.value_micro * 1000
            free = free_without(problem, outcome, job)
            places = every_place(problem, job)
            for candidate in told.candidates:
                seen[candidate.verdict] += 1
                mine = [p for p in places if candidate.pool == pools[p[1]] and p[3] == candidate.option]
                assert (candidate.verdict in STOPPED) == (not mine), (seed, job, candidate)
                if not mine or candidate.milli % 1000:
                    continue
                assert candidate.cheapest is not None
                assert candidate.cheapest.total_micro * 1000 == min(p[0] for p in mine)
                fitting = [p for p in mine if is_free(problem, free, p, candidate.milli, candidate.slots)]
                if candidate.verdict == "value":
                    assert min(p[0] for p in mine) >= value
                elif candidate.verdict == "full":
                    assert not [p for p in fitting if p[0] < value]
                elif candidate.verdict in ("dearer", "cheaper"):
                    assert candidate.free is not None and candidate.dearer_micro is not None
                    assert candidate.free.total_micro * 1000 == min(p[0] for p in fitting)
                    assert candidate.dearer_micro == candidate.free.total_micro - told.total_micro
            if outcome.served[job]:
                (taken,) = [c for c in told.candidates if c.verdict == "taken"]
                assert taken is told.candidates[0] and taken.free is not None
                assert taken.free.total_micro == told.total_micro == outcome.total_micro[job]
                assert taken.free.energy_micro == outcome.energy_micro[job]
                assert taken.free.start_slot == outcome.start_slot[job]
                assert told.changes == ()
    assert set(seen) >= {"taken", "dearer", "full", "value", *STOPPED}


def is_free(problem: Problem, free: np.ndarray, place: tuple[int, ...], milli: int, slots: int) -> bool:
    """Whether the place fits what the others leave."""
    return bool(free[place[2] : place[2] + slots, place[5]].min() >= milli)


def test_an_optimal_plan_leaves_nothing_cheaper() -> None:
    for seed in range(0, 60, 3):
        problem = compile_problem(random_scenario(seed))
        exact = solve_exact(problem)
        outcome = outcome_from(problem, exact.places, exact.price_micro)
        for told in explained(problem, outcome):
            assert all(c.verdict != "cheaper" or (c.dearer_micro or 0) >= -3 for c in told.candidates), seed


def changed_job(scenario: Scenario, job: int, change: Change, then: str) -> Scenario:
    """The scenario with the change made to the job."""
    row = scenario.jobs.row(job, named=True)
    column = {
        "value": "value_micro", "deadline": "deadline_slot", "release": "release_slot",
        "latency": "max_rtt_ms", "grade": "min_security_grade", "residency": "residency",
        "devices": "options",
    }[change.kind]  # fmt: skip
    value: object = then
    if change.kind in ("value", "deadline", "release", "grade"):
        value = int(then)
    elif change.kind == "latency":
        value = float(then)
    elif change.kind == "devices":
        parts = row["options"].split(";")
        device, _, slots = parts[change.option].split(":")
        parts[change.option] = f"{device}:{then}:{slots}"
        value = ";".join(parts)
    jobs = scenario.jobs.with_row_index("at").with_columns(
        pl.when(pl.col("at") == job).then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    )
    jobs = jobs.drop("at").cast(dict(scenario.jobs.schema))  # type: ignore[arg-type]
    return msgspec.structs.replace(scenario, jobs=jobs)


def open_places(problem: Problem, free: np.ndarray, job: int) -> list[tuple[int, ...]]:
    """The places that cost less than the job's value and fit."""
    demand = problem.demand
    return [
        place
        for place in every_place(problem, job)
        if place[0] + (1500 if demand.milli[place[4]] % 1000 else 0) < int(demand.value_micro[job]) * 1000
        and is_free(problem, free, place, int(demand.milli[place[4]]), int(demand.slots[place[4]]))
    ]


@pytest.mark.parametrize("block", range(2))
def test_changes_place_the_job_and_less_would_not(block: int) -> None:
    seen: Counter[str] = Counter()
    for seed in range(block * 40, block * 40 + 40):
        scenario = random_scenario(seed)
        problem = compile_problem(scenario)
        outcome = outcome_from(problem, place_first_come(problem))
        for job, told in enumerate(explained(problem, outcome)):
            free = free_without(problem, outcome, job)
            if outcome.served[job] or open_places(problem, free, job):
                continue
            for change in told.changes:
                seen[change.kind] += 1
                after = compile_problem(changed_job(scenario, job, change, change.then))
                found = open_places(after, free, job)
                pools = scenario.pools["pool"].to_list()
                here = [p for p in found if pools[p[1]] == change.pool and p[2] == change.start_slot]
                assert [p for p in here if p[3] == change.option], (seed, job, change)
                if change.kind in ("deadline", "release", "grade"):
                    less = int(change.then) + {"deadline": -1, "release": 1, "grade": 1}[change.kind]
                    before = compile_problem(changed_job(scenario, job, change, str(less)))
                    assert not open_places(before, free, job), (seed, job, change)
    assert set(seen) >= {"value", "deadline", "release", "devices"}, seen


def test_explanations_are_plain_data() -> None:
    problem = compile_problem(random_scenario(9))
    outcome = outcome_from(problem, place_first_come(problem))
    told = explained(problem, outcome)
    assert msgspec.json.decode(msgspec.json.encode(told), type=list[Explanation]) == told


@pytest.mark.parametrize("dear", DEAR)
def test_what_64_bits_cannot_hold_costs_the_value_or_more(dear: str) -> None:
    seen: Counter[str] = Counter()
    for seed in (1, 4, 6, 9):
        problem = compile_problem(with_figures(random_scenario(seed), DEAR[dear]))
        pools = problem.scenario.pools["pool"].to_list()
        outcome = outcome_from(problem, place_first_come(problem))
        for job, told in enumerate(explained(problem, outcome)):
            assert msgspec.json.decode(msgspec.json.encode(told), type=Explanation) == told
            assert all(int(change.then) <= 10**15 for change in told.changes if change.kind == "value")
            for candidate in told.candidates:
                mine = [
                    place[0]
                    for place in every_place(problem, job)
                    if pools[place[1]] == candidate.pool and place[3] == candidate.option
                ]
                if mine and min(mine) >= told.value_micro * 1000:
                    assert candidate.verdict == "value"
                    seen["shown" if candidate.cheapest else "beyond"] += 1
    assert seen
