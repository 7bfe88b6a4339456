"""`suanwang check`: facts and load of a valid folder, faults of another, as words and as JSON."""

import json
from pathlib import Path

import pytest
from tests.networks import small_network

from suanwang.cli.main import main
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.model.load import load_by_class


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_scenario(small_network(), tmp_path / "small", "csv")
    return tmp_path / "small"


def test_load_is_device_slots_of_first_options_over_those_of_the_class() -> None:
    loads = {one.device: one for one in load_by_class(small_network())}
    # jobs 0 and 6 take 8×6, 1 and 7 8×2×4, 3 and 9 half a device for two slots
    assert loads["A100"].demand_device_slots == 2 * (48 + 64 + 1)
    assert loads["A100"].supply_device_slots == (32 + 64) * 24
    assert loads["cpu"].load == pytest.approx(2 * (48 + 320) / (256 * 24))
    assert loads["910B"].jobs == 2


def test_a_valid_folder_shows_its_facts(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder), "--lang", "en"]) == 0
    printed = capsys.readouterr().out
    for words in ("valid", "jobs: 12", "centres: 3", "pools: 4", "24 × 60 min = 24 h", "0.0981"):
        assert words in printed
    assert main(["check", str(folder), "--lang", "zh"]) == 0
    assert "作业: 12" in capsys.readouterr().out


def test_json_of_a_valid_folder_is_one_document(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(folder), "--json"]) == 0
    printed = capsys.readouterr()
    document = json.loads(printed.out)
    assert printed.err == ""
    assert (document["valid"], document["jobs"], document["slots"]) == (True, 12, 24)
    assert document["load"]["A100"]["load"] == pytest.approx(226 / 2304)
    assert document["faults"] == document["warnings"] == []


def test_json_of_a_broken_folder_counts_and_places(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    jobs = (folder / "jobs.csv").read_text().replace(",510107,", ",[red]x,")
    (folder / "jobs.csv").write_text(jobs)
    assert main(["check", str(folder), "--json", "--lang", "en"]) == 2
    document = json.loads(capsys.readouterr().out)
    (fault,) = document["faults"]
    assert (fault["file"], fault["column"], fault["kind"], fault["count"]) == (
        "jobs.csv", "region", "unknown_region", 4,
    )  # fmt: skip
    assert [place["row"] for place in fault["places"]] == [3, 6, 9, 12]
    # a value from a file is shown as it is, never as markup
    assert main(["check", str(folder), "--lang", "en", "--places", "1"]) == 2
    printed = capsys.readouterr().out
    assert "3: [red]x" in printed
    assert "… +3" in printed


def test_a_missing_folder_is_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["check", str(tmp_path / "none"), "--lang", "en"]) == 2
    assert "no such folder" in capsys.readouterr().out
