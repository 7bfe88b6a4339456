"""The hard scenario is valid, reproducible, loaded as asked, and hard in the ways it says."""

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.scenario.cheapest import split
from tests.scenario.test_national import digest, gangs, loads

from suanwang.feeds.hard import make_hard
from suanwang.feeds.scenario_folder import read_scenario
from suanwang.feeds.scenario_writer import write_scenario


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 6)):
        write_scenario(make_hard(3_000, 40, days=3, seed=seed).scenario, tmp_path / name, "parquet")
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a")["jobs.parquet"] != digest(tmp_path / "c")["jobs.parquet"]


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("load", [0.7, 1.3])
def test_each_flavour_is_valid_and_loaded_as_asked(seed: int, load: float, tmp_path: Path) -> None:
    made = make_hard(30_000, 60, load=load, seed=seed)
    write_scenario(made.scenario, tmp_path, "parquet")
    assert read_scenario(tmp_path).warnings == ()
    for device, share in loads(made.scenario).items():
        assert share == pytest.approx(load, rel=0.02), device


@pytest.mark.parametrize(("jobs", "centres", "days"), [(1, 2, 1), (50, 5, 1), (2_000, 30, 14)])
def test_any_size_is_valid(jobs: int, centres: int, days: int, tmp_path: Path) -> None:
    write_scenario(make_hard(jobs, centres, days, seed=jobs).scenario, tmp_path, "csv")
    assert read_scenario(tmp_path).scenario.jobs.height == jobs


def test_it_is_hard_in_the_ways_it_says() -> None:
    scenario = make_hard(100_000, 100, load=0.7, seed=0).scenario
    pools = scenario.pools
    median = pools["devices"].median()
    assert isinstance(median, float) and 20 <= median <= 120
    assert pools["devices"].max() / median > 50  # pyright: ignore[reportOperatorIssue]
    of_class = pools["device"].value_counts().sort("count")["count"].to_list()
    assert of_class[:2] == [8, 8] and of_class[2:] == [60, 60, 60]
    sizes = gangs(scenario)
    assert sizes.max() == 1_024_000
    assert (sizes % 1000 != 0).mean() > 0.4
    jobs = scenario.jobs
    slots = scenario.options.slots[scenario.options.first[:-1][scenario.options.text_of_job]]
    slack = jobs["deadline_slot"].to_numpy() - jobs["release_slot"].to_numpy() - slots
    assert 0.3 < (slack <= 1).mean() < 0.5
    assert slots.max() == 72
    arrivals = np.bincount(jobs["release_slot"].to_numpy(), minlength=168)
    assert arrivals.max() > 4 * np.median(arrivals)
    found = split(scenario, 1_500)
    assert 0.025 < found.nowhere / found.jobs < 0.06
    assert found.shares["data"] > 0.1
    assert pools.group_by("device").agg(pl.col("price_micro_per_device_hour").std()).height == 5
