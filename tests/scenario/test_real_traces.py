"""The real traces, where they are: read whole, within what is known of them."""

from pathlib import Path

import pytest

from suanwang.feeds.import_report import ImportChoices
from suanwang.feeds.openb import import_openb
from suanwang.feeds.scenario_folder import read_scenario
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.feeds.swf import import_swf

DATA = Path(__file__).parents[2] / ".." / "shared" / "data"
OPENB = DATA / "alibaba-gpu-2023"
NASA = DATA / "swf" / "NASA-iPSC-1993-3.1-cln.swf.zip"


def openb_lists() -> list[Path]:
    files = [OPENB / "openb_node_list_all_node.csv", OPENB / "openb_pod_list_default.csv"]
    if not all(file.exists() for file in files):
        pytest.skip("the Alibaba GPU trace is not beside the project (../shared/data/alibaba-gpu-2023)")
    return files


def test_openb_at_load(tmp_path: Path) -> None:
    scenario, report = import_openb(openb_lists(), ImportChoices(load=0.9, seed=1))
    assert report.read.jobs == report.kept.jobs == 8152
    assert report.balances()
    assert {count.kind: count.jobs for count in report.changed}["unscheduled"] == 897
    gpu, cpu = report.loads
    assert gpu.devices_before == 6212
    assert gpu.load_after == pytest.approx(0.9, abs=0.02)
    assert cpu.load_after is not None
    assert 0.7 < cpu.load_after < 1.1  # nodes of 32 cores and more are coarse against a demand of 80 cores
    write_scenario(scenario, tmp_path, "csv")
    read_scenario(tmp_path)


def test_openb_when_nothing_leaves() -> None:
    scenario, report = import_openb(openb_lists(), ImportChoices(arrivals_only=True))
    assert scenario.pools.filter(scenario.pools["device"] != "cpu")["devices"].sum() == 6212
    assert report.packing is not None
    assert report.packing.asked_share == pytest.approx(0.98, abs=0.005)
    assert 0.9 < report.packing.allocated_share < report.packing.asked_share


def test_nasa_log(tmp_path: Path) -> None:
    if not NASA.exists():
        pytest.skip("the NASA iPSC log is not beside the project (../shared/data/swf)")
    scenario, report = import_swf([NASA], ImportChoices())
    assert report.read.jobs == 18239
    assert {count.kind: count.jobs for count in report.dropped} == {"no time": 173}
    # the archive gives 46.6 % utilisation for this log
    assert report.loads[0].load_before == pytest.approx(0.466, abs=0.003)
    write_scenario(scenario, tmp_path, "parquet")
    read_scenario(tmp_path)
