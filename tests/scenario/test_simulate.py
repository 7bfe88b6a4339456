"""A simulated run against the checker of plans, the bound, the books and the machines."""

import json
from pathlib import Path

import msgspec
import polars as pl
import pytest

from suanwang.clearing.recompute import recompute_bound
from suanwang.clearing.verify import verify
from suanwang.cli.main import main
from suanwang.engine.apply import replay
from suanwang.engine.events import AttemptReserved, decode
from suanwang.engine.platform import Platform
from suanwang.engine.snapshot import encode_snapshot
from suanwang.engine.validate import validate
from suanwang.feeds.national import make_national
from suanwang.feeds.result_folder import read_result
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.ledger.events import Captured
from suanwang.model.result import Outcome
from suanwang.model.scenario import Scenario
from suanwang.simulator.comparing import foresight_of, live
from suanwang.simulator.lived import live_outcome
from suanwang.simulator.memory_log import MemoryLog
from suanwang.simulator.mishaps import Mishaps
from suanwang.simulator.policies import POLICIES, Policy
from suanwang.simulator.simulation import Simulation, Terms
from suanwang.units.errors import InvariantBroken

ROUGH = Terms(
    policy="fcfs", seed=5, runtime_least=0.2, runtime_most=0.9, failing=0.1, start_s=20, report_delay_s=3,
    mishaps=Mishaps(node_mtbf_h=150, centre_mtbf_h=15, repair_h=2),
)  # fmt: skip


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return make_national(60, centres=4, days=1, seed=2).scenario


def run(scenario: Scenario, **changes: object) -> Simulation:
    terms = Terms(**{"policy": "fcfs", "steps": 40, **changes})  # pyright: ignore[reportArgumentType]
    simulation = Simulation(scenario, terms, MemoryLog())
    simulation.run()
    return simulation


def broken_rules(scenario: Scenario, outcome: Outcome) -> list[str]:
    """What the checker of plans says, but that a job may cost more than its value: carbon is not charged."""
    try:
        verify(scenario, outcome)
    except InvariantBroken as error:
        return [fault.say("en") for fault in error.faults if "value or more" not in fault.what.en]
    return []


@pytest.mark.parametrize("policy", POLICIES)
def test_a_run_on_whole_slots_is_a_plan_that_the_checker_accepts(scenario: Scenario, policy: Policy):
    # what no set of nodes can take begins later, within a slot; a pool in one piece takes it
    simulation = run(scenario, policy=policy, packing="pooled")
    assert simulation.open == 0 and not simulation.refusals
    validate(simulation.writer.platform)
    outcome = live_outcome(simulation, 1).outcome
    assert outcome.served.sum() > (0 if policy == "local-only" else 20)
    assert not broken_rules(scenario, outcome)
    assert outcome.bound_micro == recompute_bound(scenario, outcome.price_micro)
    foresight = foresight_of(scenario, simulation.terms)
    assert outcome.total_micro.sum() >= foresight.bound_micro


def test_local_work_stays_in_its_province(scenario: Scenario):
    outcome = live_outcome(run(scenario, policy="local-only"), 1).outcome
    homes = dict(zip(scenario.centres["centre"], scenario.centres["region"], strict=True))
    served = outcome.served.nonzero()[0].tolist()
    for row in served:
        centre = scenario.pools["centre"][int(outcome.pool[row])]
        assert homes[centre][:2] == scenario.jobs["region"][row][:2]


def test_the_log_gives_the_run_again_and_two_runs_are_one(scenario: Scenario):
    one, other = run(scenario), run(scenario)
    assert isinstance(one.log, MemoryLog) and isinstance(other.log, MemoryLog)
    assert one.log.bytes() == other.log.bytes() and one.log.size > 300
    again = Platform()
    replay(again, one.log.records)
    assert encode_snapshot(again) == encode_snapshot(one.writer.platform)


def test_users_pay_what_ran_and_no_more_than_they_would(scenario: Scenario):
    simulation = run(scenario, policy="price", runtime_least=0.3, runtime_most=0.8)
    assert isinstance(simulation.log, MemoryLog)
    worth = dict(zip(scenario.jobs["job"], scenario.jobs["value_micro"], strict=True))
    machines = {name: r for centre in simulation.centres.values() for name, r in centre.machine.runs.items()}
    charged = 0
    for record in simulation.log.records:
        event = decode(record)
        if isinstance(event, Captured):
            job, run_ = (
                simulation.writer.platform.state.jobs[event.hold.rpartition(".")[0]],
                machines[event.hold],
            )
            assert event.usage_milli == run_.need_us // 1_000_000 * run_.launch.resources.milli
            assert event.compute_micro + event.energy_micro + event.data_micro <= worth[job.name]
            charged += 1
    assert charged > 30


def test_what_is_forecast_is_charged_and_the_truth_is_told_as_a_slot_begins(scenario: Scenario):
    perfect, noisy = run(scenario), run(scenario, forecast="noisy", noise=0.5)
    true_micro = {
        (zone, slot): price
        for zone, slot, price in scenario.signals.select(
            "grid_zone", "slot", "price_micro_per_kwh"
        ).iter_rows()
    }
    zone_of = dict(zip(scenario.centres["centre"], scenario.centres["grid_zone"], strict=True))
    pools = {row["pool"]: row for row in scenario.pools.iter_rows(named=True)}
    pue = dict(zip(scenario.centres["centre"], scenario.centres["pue"], strict=True))
    off = 0
    for simulation in (perfect, noisy):
        assert isinstance(simulation.log, MemoryLog)
        for record in simulation.log.records:
            event = decode(record)
            if not isinstance(event, AttemptReserved):
                continue
            figures, pool = event.figures, pools[event.figures.pool]
            hours = scenario.header.slot_minutes / 60
            for index, unit_micro in enumerate(figures.energy_micro):
                slot = figures.from_slot + index
                if slot >= scenario.header.slots:
                    continue
                kwh = pool["power_w_per_device"] * pue[pool["centre"]] * hours / 1000
                truth = kwh * true_micro[zone_of[pool["centre"]], slot]
                is_true = abs(unit_micro - truth) <= 1
                if simulation is perfect or slot == simulation.platform_terms.slot_of(event.at):
                    assert is_true
                off += not is_true
    assert off > 20


def test_yesterday_repeats_where_only_today_is_known():
    scenario = make_national(20, centres=3, days=2, seed=1).scenario
    price = pl.col("price_micro_per_kwh")
    scenario = msgspec.structs.replace(
        scenario,
        signals=scenario.signals.with_columns(pl.when(pl.col("slot") >= 24).then(price * 3).otherwise(price)),
    )
    simulation = Simulation(scenario, Terms(policy="fcfs", forecast="persistence"), MemoryLog())
    first = simulation.writer.platform.ground.energy_micro
    assert (first[:, 24:48] == first[:, :24]).all()
    simulation.run()
    ground = simulation.writer.platform.ground
    assert (ground.energy_micro[:, : 48 - ground.from_slot].max(axis=1) > first[:, :24].max(axis=1)).any()


def test_nodes_turn_gangs_away_and_their_cost_is_measured(scenario: Scenario):
    pools = scenario.pools.with_columns(pl.lit(8.0).alias("devices"), pl.lit(4.0).alias("devices_per_node"))
    device = pools["device"][0]
    jobs = scenario.jobs.head(40).with_columns(
        pl.Series("options", [f"{device}:3:4" if row % 2 else f"{device}:2x1:2" for row in range(40)]),
        pl.lit(0).alias("release_slot"), pl.lit(24).alias("deadline_slot"),
        pl.lit(None, pl.Float64).alias("max_rtt_ms"),
        pl.lit(None, pl.Int64).alias("min_security_grade"), pl.lit(None, pl.String).alias("residency"),
    )  # fmt: skip
    tight = msgspec.structs.replace(scenario, pools=pools, jobs=jobs, outages=scenario.outages.clear())
    loss = live(tight, Terms(policy="fcfs"), None, with_pooled=True).report.simulation.packing
    assert loss.sent_back > 0 and loss.cost_micro is not None
    whole = live(tight, Terms(policy="fcfs", packing="pooled"), None).report.simulation.packing
    assert whole.sent_back == 0


def test_mishaps_lose_no_job_and_no_money(scenario: Scenario):
    simulation = Simulation(scenario, ROUGH, MemoryLog())
    simulation.run()
    platform = simulation.writer.platform
    assert simulation.open == 0
    validate(platform)
    assert sum(simulation.tally.back.values()) > 0
    runs = {name: one for centre in simulation.centres.values() for name, one in centre.machine.runs.items()}
    for name, job in platform.state.jobs.items():
        if job.state == "succeeded":
            assert runs[f"{name}.{job.last}"].outcome == "success"
    assert all(hold.status != "open" for hold in platform.state.vouchers.ledger.holds.values())


def test_the_command_compares_policies(
    scenario: Scenario, tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    folder = tmp_path / "small"
    few = msgspec.structs.replace(scenario, jobs=scenario.jobs.head(25))
    write_scenario(few, folder, "csv")
    assert (
        main(["simulate", str(folder), "--policy", "price,fcfs", "--steps", "30", "--no-page", "--json"]) == 0
    )
    told = json.loads(capsys.readouterr().out)
    assert list(told) == ["price", "fcfs"]
    for policy, report in told.items():
        assert report["simulation"]["regret"]["over_bound_micro"] >= 0
        assert report["simulation"]["regret"]["comparable"]
        outcome = read_result(folder / "simulated" / policy, few).outcome
        assert not broken_rules(few, outcome)
    assert (
        main(["simulate", str(folder), "--policy", "fcfs", "--lang", "zh", "--log", str(tmp_path / "log")])
        == 0
    )
    assert "遗憾" in capsys.readouterr().out
    assert (folder / "simulated" / "report.html").exists()
    assert any((tmp_path / "log").iterdir())


@pytest.mark.parametrize(
    "flags",
    [["--policy", "best"], ["--runtime", "0-2"], ["--seed", "-1"], ["--policy", "all", "--log", "x"]],
)
def test_flags_that_make_no_sense_are_told(scenario: Scenario, tmp_path: Path, flags: list[str]):
    assert main(["simulate", str(tmp_path), *flags]) == 2
