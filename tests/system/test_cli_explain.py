"""`suanwang explain` on a folder that was cleared and written."""

import json
from pathlib import Path

import msgspec
import polars as pl
import pytest
from tests.networks import small_network

from suanwang.clearing.clear import clear
from suanwang.cli.main import main
from suanwang.feeds.result_writer import write_result
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.reports.indicators import make_report


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small network, cleared; job j3 is not worth its cost."""
    scenario = small_network()
    value = pl.when(pl.col("job") == "j3").then(100).otherwise(pl.col("value_micro"))
    scenario = msgspec.structs.replace(scenario, jobs=scenario.jobs.with_columns(value_micro=value))
    place = tmp_path_factory.mktemp("explain") / "network"
    write_scenario(scenario, place, "csv")
    outcome = clear(scenario)
    write_result(outcome, scenario, make_report(scenario, outcome, "0"), place / "result", "csv")
    return place


def test_a_served_job(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(folder), "j0", "--lang", "en"]) == 0
    shown = capsys.readouterr().out
    assert "Runs in zw-a100" in shown and "taken" in shown and "dearer by ¥" in shown


def test_an_unserved_job_in_chinese(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(folder), "j3", "--lang", "zh"]) == 0
    shown = capsys.readouterr().out
    assert "未安排" in shown and "价值由 ¥0.000100 提高到" in shown


def test_json_is_one_document(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert main(["explain", str(folder), "j3", "--json"]) == 0
    told = json.loads(capfdbinary.readouterr().out)
    assert told["reason"] == "value"
    assert {candidate["verdict"] for candidate in told["candidates"]} == {"value"}
    assert told["changes"][0]["kind"] == "value"


def test_an_unknown_job_names_the_nearest(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["explain", str(folder), "j33", "--lang", "en"]) == 2
    assert "did you mean: j3" in capsys.readouterr().err
