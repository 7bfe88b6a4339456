"""The checker accepts plans that keep every rule, and catches each kind of tampering by name."""

from collections.abc import Callable

import msgspec
import numpy as np
import polars as pl
import pytest
from tests.clearing_cases import outcome_from, random_scenario
from tests.networks import small_network

from suanwang.clearing.compile import compile_problem
from suanwang.clearing.fcfs import place_first_come
from suanwang.clearing.verify import verify
from suanwang.model.result import Outcome
from suanwang.model.scenario import Scenario
from suanwang.units.errors import InvariantBroken


@pytest.mark.parametrize("block", range(3))
def test_good_plans_pass(block: int) -> None:
    for seed in range(block * 40, block * 40 + 40):
        scenario = random_scenario(seed)
        problem = compile_problem(scenario)
        verify(scenario, outcome_from(problem, place_first_come(problem)))


def test_no_jobs_and_no_plan_pass() -> None:
    scenario = random_scenario(5)
    scenario = msgspec.structs.replace(scenario, jobs=scenario.jobs.clear())
    problem = compile_problem(scenario)
    verify(scenario, outcome_from(problem, place_first_come(problem)))


Tamper = Callable[[Outcome, int, int], dict[str, object]]
"""From an outcome, a served and an unserved job to the columns that change."""


def bump(column: str, by: int, unserved: bool = False) -> Tamper:
    """Add `by` to one line of a column."""

    def change(outcome: Outcome, served: int, waiting: int) -> dict[str, object]:
        copy = getattr(outcome, column).copy()
        copy[waiting if unserved else served] += by
        return {column: copy}

    return change


def shift(by: int) -> Tamper:
    """Start and end moved together."""
    return lambda outcome, served, waiting: {
        **bump("start_slot", by)(outcome, served, waiting),
        **bump("end_slot", by)(outcome, served, waiting),
    }


TAMPERS: list[tuple[str, Tamper]] = [
    ("option", bump("option", 7)),
    ("option", bump("option", -5)),
    ("pool", bump("pool", 99)),
    ("horizon", shift(500)),
    ("horizon", shift(-500)),
    ("slots", bump("end_slot", 1)),
    ("compute", bump("compute_micro", 1)),
    ("energy", bump("energy_micro", -1)),
    ("carbon", bump("carbon_micro", 1)),
    ("data", bump("data_micro", 1)),
    ("total", bump("total_micro", -1)),
    ("reason", bump("reason", 1)),
    ("reason", bump("reason", 50, unserved=True)),
    ("reason", bump("reason", -8, unserved=True)),
    ("unserved", bump("total_micro", -1, unserved=True)),
    ("unserved", bump("data_micro", 1, unserved=True)),
    ("unserved", bump("start_slot", 1, unserved=True)),
    ("price", lambda outcome, served, waiting: {"price_micro": outcome.price_micro - 1}),
    ("shape", lambda outcome, served, waiting: {"price_micro": outcome.price_micro[1:]}),
    ("shape", lambda outcome, served, waiting: {"reason": outcome.reason[1:]}),
    ("bound", lambda outcome, served, waiting: {"bound_micro": int(outcome.total_micro.sum()) + 1}),
]


def tampered(tamper: Tamper) -> tuple[Scenario, Outcome, str]:
    """A sound outcome of the small network with one change; and the job changed."""
    scenario = small_network()
    jobs = scenario.jobs.with_columns(
        value_micro=pl.when(pl.col("job") == "j3").then(1).otherwise(pl.col("value_micro"))
    )
    scenario = msgspec.structs.replace(scenario, jobs=jobs)
    problem = compile_problem(scenario)
    outcome = outcome_from(problem, place_first_come(problem))
    verify(scenario, outcome)
    served, waiting = int(np.flatnonzero(outcome.served)[1]), 3
    assert not outcome.served[waiting]
    return scenario, msgspec.structs.replace(outcome, **tamper(outcome, served, waiting)), f"j{served}"


@pytest.mark.parametrize(("rule", "tamper"), TAMPERS)
def test_tampering_is_caught(rule: str, tamper: Tamper) -> None:
    scenario, outcome, job = tampered(tamper)
    with pytest.raises(InvariantBroken) as caught:
        verify(scenario, outcome)
    assert rule in {fault.kind for fault in caught.value.faults}
    assert caught.value.exit_code == 70
    if rule in {"option", "slots", "compute", "data", "total"}:
        assert any(fault.where == f"job {job}" for fault in caught.value.faults)


JOB_TIGHTENED: list[tuple[str, str, object]] = [
    ("class", "options", "TPU:1:1"),
    ("size", "options", "A100:9:6"),
    ("capacity", "options", "A100:8x9:6"),
    ("slots", "options", "A100:8:5"),
    ("grade", "min_security_grade", 5),
    ("residency", "residency", "99; 98"),
    ("latency", "max_rtt_ms", 0.01),
    ("window", "deadline_slot", 5),
    ("window", "release_slot", 20),
    ("window", "gb_in", 3_500_000.0),
    ("window", "gb_out", 3_500_000.0),
    ("value", "value_micro", 2),
    ("data", "gb_out", 1234.0),
]


@pytest.mark.parametrize(("rule", "column", "value"), JOB_TIGHTENED)
def test_a_plan_for_another_scenario_is_caught(rule: str, column: str, value: object) -> None:
    scenario = small_network()
    problem = compile_problem(scenario)
    outcome = outcome_from(problem, place_first_come(problem))
    assert outcome.pool[0] in (0, 1) and outcome.option[0] == 0
    # from here on both ends of job 0's window and both its transfers matter: its link carries little
    links = scenario.links.with_columns(gbps=pl.lit(10.0))
    changed = scenario.jobs.with_columns(
        pl.when(pl.col("job") == "j0").then(pl.lit(value)).otherwise(pl.col(column)).alias(column)
    ).cast(dict(scenario.jobs.schema))  # type: ignore[arg-type]
    tight = msgspec.structs.replace(scenario, jobs=changed, links=links)
    with pytest.raises(InvariantBroken) as caught:
        verify(tight, outcome)
    assert rule in {fault.kind for fault in caught.value.faults}
    assert "job j0" in {fault.where for fault in caught.value.faults}


def test_capacity_taken_away_is_caught() -> None:
    scenario = small_network(jobs=40)
    problem = compile_problem(scenario)
    outcome = outcome_from(problem, place_first_come(problem))
    verify(scenario, outcome)
    held = outcome.served & (outcome.pool == 1)
    assert held.any()
    slot = int(outcome.start_slot[held][0])
    outages = pl.DataFrame([("zw-a100", slot, slot + 1, 63.9)], schema=scenario.outages.schema, orient="row")
    with pytest.raises(InvariantBroken) as caught:
        verify(msgspec.structs.replace(scenario, outages=outages), outcome)
    (fault,) = caught.value.faults
    assert fault.kind == "capacity"
    assert fault.where == f"pool zw-a100, slot {slot}"
    with pytest.raises(InvariantBroken):
        header = msgspec.structs.replace(scenario.header, pack_margin=0.99)
        verify(msgspec.structs.replace(scenario, header=header), outcome)
