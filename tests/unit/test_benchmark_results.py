"""The registry of benchmarks, and what is kept and shown of a row."""

import math
from pathlib import Path

import msgspec
import pytest
from benchmarks import results
from benchmarks.registry import BENCHMARKS, chosen
from benchmarks.results import Measured
from benchmarks.row import Row

TIME = Row("a: time", 12.0, "s", 40, 15, "fcfs", 24.0, lower_is_better=True, note="read 1.0")
GAP = Row("a: gap", 0.7, "%", 0.5, 0.1, "", math.nan, lower_is_better=True)
RATE = Row("b: rate", 150_000.0, "events/s", 100_000, 200_000, "sqlite3", 1_000.0)


def test_names_are_one_each_and_long_ones_run_only_when_named() -> None:
    names = [one.name for one in BENCHMARKS]
    assert len(set(names)) == len(names)
    usual = {one.name for one in chosen([])}
    assert {"national-1m", "hard", "quote"} <= usual
    assert not usual & {"national-10m", "highs-lp-5k"}
    assert [one.name for one in chosen(["national-10m"])] == ["national-10m"]
    assert [one.name for one in chosen(["clearing", "hard"])] == ["national-1m", "national-100k", "hard"]
    with pytest.raises(KeyError):
        chosen(["nothing"])


def test_a_row_says_whether_it_reached_what_was_asked() -> None:
    assert [results.verdict(row) for row in (TIME, GAP, RATE)] == ["aim", "MISSED", "met"]
    assert results.cells(TIME) == ("a: time", "12 s", "≤ 40", "≤ 15", "aim", "fcfs", "24", "× 2")
    assert results.cells(GAP)[-3:] == ("", "", "")
    table = results.aligned([TIME, GAP, RATE]).splitlines()
    assert len(table) == 5
    assert table[0].index("must") == table[1].index("≤ 40")


def test_a_partial_run_replaces_only_its_own_rows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "ROWS", tmp_path / "results.json")
    monkeypatch.setattr(results, "PAGE", tmp_path / "RESULTS.md")
    first = Measured("command", "2026-03-02T10:00+08:00", "2 cores", 0.1, False, 3.0, [TIME, GAP])
    results.write_rows({"hard": first, "audit": msgspec.structs.replace(first, rows=[RATE])})
    again = results.load_rows()
    assert list(again) == ["hard", "audit"]
    assert math.isnan(again["hard"].rows[1].baseline_figure)
    again["audit"] = msgspec.structs.replace(first, quick=True, rows=[TIME])
    results.write_rows(again)
    assert results.load_rows()["hard"].rows[0] == TIME
    page = (tmp_path / "RESULTS.md").read_text(encoding="utf-8")
    assert "Missed: a: gap." in page
    assert "QUICK" in page
