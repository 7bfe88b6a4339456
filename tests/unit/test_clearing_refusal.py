"""Why a job is unserved: the rules one by one, and against a plain reading of the definition."""

import msgspec
import numpy as np
import polars as pl
import pytest
from tests.clearing_cases import every_place, random_scenario
from tests.networks import small_network

from suanwang.clearing.compile import compile_problem
from suanwang.clearing.exact import solve_exact
from suanwang.clearing.fcfs import place_first_come
from suanwang.clearing.places import Places, no_places
from suanwang.clearing.problem import Problem
from suanwang.clearing.recompute import PlainJob, PlainPool, plain_jobs, plain_pools
from suanwang.clearing.refusal import reasons_of
from suanwang.model.result import REASONS, Reason
from suanwang.model.scenario import Scenario
from suanwang.units.rounding import Int64Array


def least_nano(problem: Problem) -> Int64Array:
    """(job,) min(value, cheapest place of the empty network)."""
    value = problem.demand.value_micro * 1000
    return np.array(
        [min([int(value[j]), *(place[0] for place in every_place(problem, j))]) for j in range(len(value))],
        np.int64,
    )


def plain_reason(pools: list[PlainPool], job: PlainJob, places: list[int]) -> Reason:
    """The definition: keep the candidates that pass, rule by rule; `places` are the costs of all places."""
    left = [(option, pool) for option in job.options for pool in pools]
    prefixes = [prefix.strip() for prefix in (job.row["residency"] or "").split(";") if prefix.strip()]
    limit = job.row["max_rtt_ms"]
    rules: list[tuple[Reason, object]] = [
        ("class", lambda o, p: o[0] == p.device),
        ("size", lambda o, p: o[1] <= p.node_milli and o[2] <= max(p.capacity_milli)),
        ("grade", lambda o, p: p.security_grade >= (job.row["min_security_grade"] or 0)),
        ("residency", lambda o, p: not prefixes or p.region.startswith(tuple(prefixes))),
        ("latency", lambda o, p: limit is None or job.rtt_ms[p.centre] <= limit),
    ]
    for reason, passes in rules:
        left = [(option, pool) for option, pool in left if passes(option, pool)]  # type: ignore[operator]
        if not left:
            return reason
    if not places:
        return "window"
    return "full" if min(places) < job.row["value_micro"] * 1000 else "value"


@pytest.mark.parametrize("block", range(2))
def test_reasons_are_the_definition(block: int) -> None:
    seen: set[str] = set()
    for seed in range(block * 60, block * 60 + 60):
        scenario = random_scenario(seed)
        problem = compile_problem(scenario)
        places = place_first_come(problem) if seed % 2 else no_places(problem.demand.jobs)
        reason = reasons_of(problem, places, least_nano(problem))
        pools = plain_pools(scenario)
        for number, job in enumerate(plain_jobs(scenario)):
            if places.served[number]:
                assert reason[number] == 0
                continue
            costs = [place[0] for place in every_place(problem, number)]
            assert REASONS[reason[number]] == plain_reason(pools, job, costs), (seed, number)
            seen.add(REASONS[reason[number]])
    assert seen == set(REASONS[1:])


ONE_RULE: list[tuple[Reason, dict[str, object]]] = [
    ("", {}),
    ("class", {"options": "H100:1:1"}),
    ("size", {"options": "A100:9:6"}),
    ("size", {"options": "A100:8x9:6"}),
    ("size", {"options": "A100:8x9:6;H100:1:1"}),
    ("grade", {"min_security_grade": 5}),
    ("residency", {"residency": "44;51"}),
    ("latency", {"max_rtt_ms": 0.5}),
    ("window", {"gb_in": 900_000.0}),
    ("value", {"value_micro": 1}),
]


@pytest.mark.parametrize(("reason", "change"), ONE_RULE)
def test_one_rule_stops_the_job(reason: Reason, change: dict[str, object]) -> None:
    scenario = one_job(change)
    problem = compile_problem(scenario)
    places = solve_exact(problem).places
    assert REASONS[reasons_of(problem, places, least_nano(problem))[0]] == reason


def test_a_full_network_says_so() -> None:
    scenario = one_job({})
    outages = pl.DataFrame(
        [("sh-a100", 0, 24, 25.0), ("zw-a100", 0, 24, 57.0)], schema=scenario.outages.schema, orient="row"
    )
    # the pools are large enough in the last slot only, so nothing is ruled out and nothing is free
    outages = outages.with_columns(to_slot=pl.lit(23))
    scenario = msgspec.structs.replace(scenario, outages=outages)
    problem = compile_problem(scenario)
    places = place_first_come(problem)
    assert REASONS[reasons_of(problem, places, least_nano(problem))[0]] == "full"


def one_job(change: dict[str, object]) -> Scenario:
    """The small network with one job on its A100 pools, changed."""
    scenario = small_network(outages=False)
    jobs = scenario.jobs.head(1).with_columns(options=pl.lit("A100:8:6"), deadline_slot=pl.lit(12))
    jobs = jobs.with_columns(**{name: pl.lit(value) for name, value in change.items()})
    links = scenario.links.with_columns(gbps=pl.lit(10.0))
    jobs = jobs.cast(dict(scenario.jobs.schema))  # type: ignore[arg-type]
    return msgspec.structs.replace(scenario, jobs=jobs, links=links)


def test_served_jobs_have_no_reason() -> None:
    problem = compile_problem(random_scenario(7))
    all_served = Places(
        np.zeros(problem.demand.jobs, np.int64),
        np.zeros(problem.demand.jobs, np.int32),
        np.zeros(problem.demand.jobs, np.int32),
    )
    assert not reasons_of(problem, all_served, least_nano(problem)).any()
