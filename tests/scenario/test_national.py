"""The national scenario is valid, reproducible, loaded as asked, and as varied as it says."""

import json
from hashlib import sha256
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from tests.scenario.cheapest import split

from suanwang.cli.main import main
from suanwang.feeds.draws import Dice
from suanwang.feeds.made import Made
from suanwang.feeds.national import make_national
from suanwang.feeds.reference.book import DATA, read_book
from suanwang.feeds.reference.demand import draw_demand, works
from suanwang.feeds.scenario_folder import read_scenario
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.model.scenario import Scenario
from suanwang.units.errors import InvalidInput

TRACES = Path(__file__).parents[2] / ".." / "shared" / "data"


def loads(scenario: Scenario) -> dict[str, float]:
    """The load of each class by its definition, from the tables alone."""
    book, jobs = scenario.options, scenario.jobs
    first = book.first[:-1][book.text_of_job]
    work = (book.units_milli * book.nodes * book.slots)[first]
    asked = (
        pl.DataFrame({"device": book.device.gather(first), "work": work})
        .group_by("device")
        .agg(pl.sum("work"))
    )
    have = scenario.pools.group_by("device").agg(pl.sum("devices"))
    both = asked.join(have, on="device")
    assert jobs.height == work.size
    return {name: work / 1000 / (devices * scenario.header.slots) for name, work, devices in both.iter_rows()}


def gangs(scenario: Scenario) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(option) milli-devices of every option there is."""
    return scenario.options.units_milli * scenario.options.nodes


def digest(folder: Path) -> dict[str, str]:
    return {path.name: sha256(path.read_bytes()).hexdigest() for path in sorted(folder.iterdir())}


@pytest.fixture(scope="module")
def hundred() -> Made:
    return make_national(100_000, 100, seed=5)


def test_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    for name, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_scenario(make_national(3_000, 40, days=3, seed=seed).scenario, tmp_path / name, "parquet")
    assert digest(tmp_path / "a") == digest(tmp_path / "b")
    assert digest(tmp_path / "a")["jobs.parquet"] != digest(tmp_path / "c")["jobs.parquet"]


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_it_passes_the_checks_at_the_door_and_comes_back_equal(form: str, tmp_path: Path) -> None:
    made = make_national(20_000, seed=1).scenario
    write_scenario(made, tmp_path, "csv" if form == "csv" else "parquet")
    checked = read_scenario(tmp_path)
    assert checked.warnings == ()
    assert checked.scenario.jobs.equals(made.jobs)
    assert checked.scenario.pools.equals(made.pools)
    assert checked.scenario.signals.equals(made.signals)


@pytest.mark.parametrize(
    ("jobs", "centres", "days"),
    [(1, 1, 1), (10, 20, 1), (400, 20, 2), (900, 3, 7), (2_000, 60, 31), (5_000, 2000, 1)],
)
def test_any_size_is_valid(jobs: int, centres: int, days: int, tmp_path: Path) -> None:
    made = make_national(jobs, centres, days, seed=jobs)
    write_scenario(made.scenario, tmp_path, "parquet")
    assert read_scenario(tmp_path).warnings == ()
    assert made.scenario.jobs.height == jobs
    assert made.scenario.centres.height == centres
    assert set(made.scenario.pools["centre"]) == set(made.scenario.centres["centre"])


@pytest.mark.parametrize("load", [0.5, 0.8, 1.3])
def test_every_class_has_the_load_asked_for(load: float) -> None:
    made = make_national(60_000, 60, load=load, seed=2)
    found = loads(made.scenario)
    assert set(found) == set(made.load)
    pools = made.scenario.pools
    for device, share in found.items():
        mine = pools.filter(pl.col("device") == device)
        # whole nodes: within 2 %, or within one node of a small class
        one_node = mine["devices_per_node"].max() / mine["devices"].sum()
        assert share == pytest.approx(load, rel=max(0.02, one_node)), device
        assert share == pytest.approx(made.load[device], rel=1e-9), device


def test_pools_are_whole_nodes_from_a_few_devices_to_thousands(hundred: Made) -> None:
    pools = hundred.scenario.pools
    assert (pools["devices"] % pools["devices_per_node"] == 0).all()
    cards = pools.filter(pl.col("device") != "cpu")["devices"].to_numpy()
    assert cards.min() <= 16 and cards.max() >= 1_000


def test_the_largest_gangs_find_a_pool_with_room_to_spare(hundred: Made) -> None:
    book, pools = hundred.scenario.options, hundred.scenario.pools
    most = dict(pools.group_by("device").agg(pl.max("devices")).iter_rows())
    first = book.first[:-1]
    for device, gang in zip(book.device.gather(first), gangs(hundred.scenario)[first], strict=True):
        assert gang * 13 // 10 <= most[device] * 1000 or gang <= 8_000
    assert gangs(hundred.scenario).max() == 1_024_000


def test_a_larger_network_holds_the_smaller_one() -> None:
    small = make_national(500, 50, seed=9).scenario.centres
    large = make_national(500, 200, seed=9).scenario.centres
    assert small["centre"].to_list() == large["centre"].to_list()[:50]


def test_the_network_of_300_is_national() -> None:
    scenario = make_national(2_000, 300, seed=0).scenario
    centres = scenario.centres
    assert set(centres["region"].str.slice(0, 2)) == set(read_book().grid_zones["province"])
    assert set(centres["kind"]) == {"supercomputing", "intelligent", "general", "edge"}
    hubs = centres.filter(pl.col("hub").is_not_null())
    assert hubs["hub"].n_unique() == 8
    for _, group in hubs.group_by("hub"):
        assert group["operator"].n_unique() > 1
    assert scenario.links.height == scenario.regions.height * 300
    assert set(scenario.pairings["to_hub"]) <= set(hubs["hub"])


def test_clusters_keep_their_pue_ceilings() -> None:
    book, centres = read_book(), make_national(2_000, 300, seed=0).scenario.centres
    for cluster in book.clusters.to_dicts():
        own = centres.filter(pl.col("centre").str.contains(rf"^{cluster['slug']}-\d+$"))
        assert own.height >= 1
        assert own["pue"].max() <= float(cluster["pue_ceiling"])  # pyright: ignore[reportOperatorIssue]


def test_tariffs_follow_their_rules() -> None:
    signals = make_national(100, 20, days=2).scenario.signals
    west = signals.filter(pl.col("grid_zone") == "neimenggu")["price_micro_per_kwh"].to_list()[:24]
    # June in 蒙西: flat 0.40, peak x 1.54, sharp peak x 1.2 more, valley x 0.44, deep valley x 0.8 more
    assert [west[hour] for hour in (0, 6, 11, 13, 18, 19, 21, 22)] == [
        400_000, 616_000, 176_000, 140_800, 616_000, 739_200, 616_000, 400_000,
    ]  # fmt: skip
    solar = signals.filter(pl.col("grid_zone") == "ningxia")["price_micro_per_kwh"].to_list()[:24]
    assert [solar[hour] for hour in (3, 9, 10, 12, 20)] == [193_500, 430_000, 688_000, 215_000, 688_000]
    plain = signals.filter(pl.col("grid_zone") == "shanghai")["price_micro_per_kwh"].to_list()[:24]
    assert [plain[hour] for hour in (3, 9, 11, 13, 20)] == [319_500, 710_000, 1_136_000, 710_000, 1_136_000]


def test_carbon_keeps_the_published_mean_and_dips_at_noon() -> None:
    book = read_book()
    signals = make_national(100, 20, days=7).scenario.signals
    for row in book.grid_zones.to_dicts():
        carbon = signals.filter(pl.col("grid_zone") == row["grid_zone"])["carbon_g_per_kwh"].to_numpy()
        published = float(row["carbon_kg_per_kwh"] or book.assumed.carbon.xizang_kg_per_kwh) * 1000
        assert carbon.mean() == pytest.approx(published, abs=0.05)
        day = carbon.reshape(7, 24).mean(axis=0)
        assert day[12] < day[19]
    dip = {
        zone: signals.filter(pl.col("grid_zone") == zone)["carbon_g_per_kwh"]
        .to_numpy()
        .reshape(7, 24)
        .mean(axis=0)
        for zone in ("qinghai", "chongqing")
    }
    assert dip["qinghai"][12] / dip["qinghai"].mean() < dip["chongqing"][12] / dip["chongqing"].mean()


def test_a_job_can_run_somewhere_and_rent_is_at_most_four_fifths(hundred: Made) -> None:
    found = split(hundred.scenario, 700)
    assert found.nowhere <= found.jobs * 0.01
    # a hundred centres have few training pools, some far from the data
    assert found.too_dear <= found.jobs * 0.08
    assert found.shares["compute"] <= 0.80
    assert found.shares["energy"] >= 0.04 and found.shares["data"] >= 0.05


def test_a_million_jobs_are_as_varied_as_stated() -> None:
    scenario = make_national(1_000_000, 300, seed=0).scenario
    jobs = scenario.jobs
    windows = jobs.select(
        "options", "region", (pl.col("deadline_slot") - pl.col("release_slot")).alias("window")
    )
    assert windows.n_unique() >= 100_000
    sizes = gangs(scenario)
    cards = np.array(scenario.options.device.to_list()) != "cpu"
    assert sizes[cards].max() == 1_024_000
    assert (sizes[cards] < 1_000).any() and (sizes[cards] == 1_000).any()
    assert sizes.max() == 1_024_000
    pools = scenario.pools.filter(pl.col("device") != "cpu")["devices"].to_numpy()
    assert np.quantile(pools, 0.2) < 100 and pools.max() > 5_000
    assert (jobs["deadline_slot"] <= scenario.header.slots).all()
    several = jobs["options"].str.contains(";").mean()
    assert isinstance(several, float) and 0.3 < several < 0.5
    for column, least, most in (
        ("max_rtt_ms", 0.15, 0.35),
        ("residency", 0.08, 0.2),
        ("min_security_grade", 0.15, 0.35),
    ):
        assert least < 1 - jobs[column].null_count() / jobs.height < most, column


@pytest.mark.skipif(not TRACES.exists(), reason="needs ../shared/data")
def test_run_times_of_ai_tasks_follow_the_pai_trace() -> None:
    book = read_book()
    start = make_national(10, 20).scenario.header.start
    demand = draw_demand(book, 200_000, start, 24 * 28, Dice(1, 3))
    kinds = [index for index, work in enumerate(works(book)) if work.hours == "pai"]
    ours = demand.hours[np.isin(demand.kind, kinds)]
    trace = pl.read_csv(TRACES / "gaia" / "pai-100k.csv.gz")["length"].to_numpy()
    assert len(kinds) == 3
    for hours in (1, 2, 3, 6, 12, 24, 48):
        assert (ours <= hours).mean() == pytest.approx((trace <= hours).mean(), abs=0.006), hours


@pytest.mark.skipif(not TRACES.exists(), reason="needs ../shared/data")
def test_gpu_counts_of_inference_follow_the_openb_trace() -> None:
    book = read_book()
    start = make_national(10, 20).scenario.header.start
    demand = draw_demand(book, 200_000, start, 168, Dice(1, 3))
    kind = list(book.assumed.work).index("inference")
    ours = demand.units_milli[demand.shape[demand.kind == kind]] / 1000
    tasks = pl.read_csv(TRACES / "alibaba-gpu-2023" / "openb_pod_list_default.csv").filter(
        pl.col("num_gpu") > 0
    )
    theirs = (tasks["num_gpu"] * tasks["gpu_milli"]).to_numpy() / 1000
    for size in (0.2, 0.5, 0.7, 0.9, 1, 2, 4, 8):
        assert (ours <= size).mean() == pytest.approx((theirs <= size).mean(), abs=0.005), size


def test_figures_of_the_user_are_used(tmp_path: Path) -> None:
    for path in DATA.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / "assumptions.yaml").read_text(encoding="utf-8")
    changed = text.replace('carbon_price_yuan_per_t: "1000"', 'carbon_price_yuan_per_t: "74.63"')
    assert changed != text
    (tmp_path / "assumptions.yaml").write_text(changed, encoding="utf-8")
    assert make_national(10, 20, figures=tmp_path).scenario.header.carbon_price_micro_per_kg == 74_630
    (tmp_path / "assumptions.yaml").write_text("mark: 3\n")
    (tmp_path / "devices.csv").unlink()
    with pytest.raises(InvalidInput, match=r"devices\.csv"):
        make_national(10, 20, figures=tmp_path)


@pytest.mark.parametrize(
    ("file", "old", "new", "where"),
    [
        ("devices.csv", "0.989", "much", "devices.csv row 2 fp16_pflops"),
        ("devices.csv", "H800,", "H100,", "devices.csv row 3 device"),
        ("devices.csv", "board_w", "watts", "devices.csv row 1 board_w"),
        ("devices.csv", "RTX4090,", "RTX5090,", "assumptions.yaml devices"),
        ("clusters.csv", "1.25", "0.5", "clusters.csv row 2 pue_ceiling"),
        ("clusters.csv", "40.4", "404", "clusters.csv row 2 lat"),
        ("grid_zones.csv", "0.5554", "-0.5554", "grid_zones.csv row 2 carbon_kg_per_kwh"),
        ("grid_zones.csv", "plain", "plane", "grid_zones.csv rule"),
    ],
)
def test_figures_that_cannot_be_are_refused(
    tmp_path: Path, file: str, old: str, new: str, where: str
) -> None:
    for path in DATA.iterdir():
        (tmp_path / path.name).write_bytes(path.read_bytes())
    text = (tmp_path / file).read_text(encoding="utf-8")
    assert old in text
    (tmp_path / file).write_text(text.replace(old, new, 1), encoding="utf-8")
    with pytest.raises(InvalidInput) as error:
        read_book(tmp_path)
    assert where in {fault.where for fault in error.value.faults}
    assert all(fault.remedy.en for fault in error.value.faults)


def test_every_figure_is_marked() -> None:
    book = read_book()
    marks = {"published", "transcribed", "assumed"}
    for frame, columns in (
        (book.clusters, ("pue_mark", "place_mark")),
        (book.grid_zones, ("carbon_mark", "tariff_mark")),
        (book.devices, ("mark",)),
    ):
        for column in columns:
            assert set(frame[column]) <= marks
    assert {rule.mark for rule in book.tariff_rules.values()} <= marks
    assert {trace.mark for trace in book.traces.values()} <= marks
    assert book.assumed.mark == "assumed"


def test_the_command_writes_and_tells(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    words = ["scenario", "national", "--jobs", "500", "--out", str(tmp_path / "n"), "--form", "csv", "--json"]
    assert main(words) == 0
    out, err = capsys.readouterr()
    told = json.loads(out)
    assert told["jobs"] == 500 and sum(told["jobs_by_kind"].values()) == 500
    assert "jobs" in err
    assert (tmp_path / "n" / "jobs.csv").exists()
    assert main([*words[:-1], "--lang", "zh"]) == 0
    assert "作业类型" in capsys.readouterr().out


def test_the_command_refuses_a_file_and_bad_flags(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    assert main(["scenario", "national", "--jobs", "5", "--out", str(tmp_path / "file")]) == 2
    for flags in (
        ["--jobs", "0"],
        ["--jobs", "x"],
        ["--jobs", "5", "--load", "nan"],
        ["--jobs", "5", "--days", "0"],
    ):
        with pytest.raises(SystemExit) as stopped:
            main(["scenario", "national", *flags, "--out", str(tmp_path / "n")])
        assert stopped.value.code == 2
