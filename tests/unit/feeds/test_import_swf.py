"""Logs in the Standard Workload Format: rules, loads, partitions, and lines that are wrong."""

import bz2
import gzip
import io
import lzma
import zipfile
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suanwang.feeds.import_report import ImportChoices
from suanwang.feeds.scenario_folder import read_scenario
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.feeds.swf import import_swf, option_of
from suanwang.feeds.swf_log import read_swf
from suanwang.units.errors import InvalidInput

HEAD = """; Version: 2.2
; MaxProcs: 64
; MaxNodes: 8
; UnixStartTime: 749458803
; TimeZone: -28800
"""


def line(
    job: int,
    submit: float,
    wait: float,
    run: float,
    processors: int,
    requested: int = -1,
    status: int = 1,
    queue: int = 1,
    partition: int = -1,
) -> str:
    asked, who = f"-1 -1 {requested} -1 -1 {status}", f"1 1 -1 {queue} {partition} -1 -1"
    return f"{job} {submit} {wait} {run} {processors} {asked} {who}"


def log(folder: Path, *lines: str, head: str = HEAD) -> Path:
    path = folder / "log.swf"
    path.write_text(head + "\n".join(lines) + "\n")
    return path


def test_jobs_follow_the_rules(tmp_path: Path) -> None:
    path = log(
        tmp_path,
        line(1, 0, 0, 1800, 16),
        line(2, 900, 0, 1, 10),
        line(3, 1800, 100_000, 901, -1, requested=24, queue=0),
        line(4, 2000, 0, -1, 8),
        line(5, 2000, 0, 0, 8),
        line(6, 2000, -1, -1, 8, status=5),
        line(7, 2000, 0, 500, -1),
        line(8, 2000, 0, 500, 65),
        line(9, 2000, 0, 500, 8, status=2),
        line(9, 2000, 0, 500, 8),
        line(10, 200_000, 0, 900, 64),
    )
    scenario, report = import_swf([path], ImportChoices())
    rows = {row["job"]: row for row in scenario.jobs.to_dicts()}
    # the log starts 3 s after the hour; 8 processors a node, shared evenly among the fewest nodes
    assert {job: row["options"] for job, row in rows.items()} == {
        "swf-1": "cpu:8x2:2",
        "swf-2": "cpu:5x2:1",
        "swf-3": "cpu:8x3:2",
        "swf-9": "cpu:8:1",
        "swf-10": "cpu:8x8:1",
    }
    assert (rows["swf-1"]["release_slot"], rows["swf-1"]["deadline_slot"]) == (0, 2 + 96)
    assert rows["swf-3"]["deadline_slot"] == 2 + 2 + 112  # waited longer than a day: as long again
    assert {count.kind: count.jobs for count in report.dropped} == {
        "partial": 1,
        "cancelled": 1,
        "run time": 1,
        "no time": 1,
        "processors": 1,
        "too large": 1,
    }
    assert report.balances()
    assert scenario.header.start == datetime.fromisoformat("1993-09-30T23:00+08:00")
    assert scenario.pools.select("devices", "devices_per_node").rows() == [(64.0, 8.0)]


def test_load_presses_submissions_and_keeps_jobs_and_machine(tmp_path: Path) -> None:
    path = log(tmp_path, *(line(i, i * 7200, 0, 3600, 32) for i in range(1, 200)))
    before, after = (import_swf([path], ImportChoices(load=load))[1] for load in (None, 0.9))
    assert before.loads[0].load_before == pytest.approx(0.25, abs=0.02)
    assert after.loads[0].load_after == pytest.approx(0.9, rel=0.01)
    assert after.kept == before.kept
    assert after.slots < before.slots / 2


def test_partitions_are_machines_of_the_size_that_ran_at_once(tmp_path: Path) -> None:
    path = log(
        tmp_path,
        line(1, 0, 0, 900, 30, partition=1),
        line(2, 450, 0, 900, 20, partition=1),
        line(3, 900, 0, 900, 10, partition=1),
        line(4, 0, 0, 900, 5, partition=2),
        head="",
    )
    scenario, report = import_swf([path], ImportChoices())
    assert sorted(scenario.pools["devices"].to_list()) == [5.0, 50.0]
    assert scenario.centres.height == 2
    assert any("at once" in note.en for note in report.notes)


@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress])
def test_compressed_logs_read_the_same(tmp_path: Path, pack: Callable[[bytes], bytes]) -> None:
    plain = log(tmp_path, line(1, 0, 0, 900, 3))
    packed = tmp_path / "packed"
    packed.write_bytes(pack(plain.read_bytes()))
    assert (read_swf(packed)["run_s"] == read_swf(plain)["run_s"]).all()


def test_zip_holds_one_log_and_is_whole(tmp_path: Path) -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("log.swf", HEAD + "\n".join(line(i, i, 0, 900, 3) for i in range(1, 500)))
    path = tmp_path / "log.swf.zip"
    path.write_bytes(buffer.getvalue())
    assert len(read_swf(path)["run_s"]) == 499
    path.write_bytes(buffer.getvalue()[: len(buffer.getvalue()) // 2])
    assert kinds(path) == ["damaged"]
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("a", "1")
        archive.writestr("b", "2")
    assert kinds(path) == ["members"]


def kinds(path: Path) -> list[str]:
    with pytest.raises(InvalidInput) as error:
        read_swf(path)
    return [fault.kind for fault in error.value.faults]


@pytest.mark.parametrize(
    ("wrong", "kind"),
    [
        ("1 2 3", "fields"),
        (line(7, 0, 0, 900, 3) + " 5", "fields"),
        (line(7, 0, 0, 900, 3).replace("900", "soon"), "number"),
        (line(7, 0, 0, 900, 3).replace("900", "nan"), "number"),
        (line(7, 0, 0, 900, 3).replace("900", "1e999"), "number"),
        (line(7, -5, 0, 900, 3), "submit_s negative"),
        (line(7, 0, 0, -900, 3), "run_s negative"),
        (line(7, 0, 0, 900, -3), "processors negative"),
        (line(-7, 0, 0, 900, 3), "job negative"),
        (line(1, 0, 0, 900, 3), "twice"),
        (line(7, 0, 0, 900, 3).replace("900", "9_00"), "number"),
        (line(7, 0, 0, 900, 3).replace("900", "９００"), "number"),
        (line(7, 1e300, 0, 900, 3), "submit_s large"),
        (line(7, 0, 0, 10**15, 3), "run_s large"),
        (line(7, 0, 0, 900, 10**18), "processors large"),
        (line(10**30, 0, 0, 900, 3), "job large"),
    ],
)
def test_a_wrong_line_is_a_fault_with_its_number(tmp_path: Path, wrong: str, kind: str) -> None:
    path = log(tmp_path, line(1, 0, 0, 900, 3), wrong)
    with pytest.raises(InvalidInput) as error:
        read_swf(path)
    assert [(fault.kind, fault.row) for fault in error.value.faults] == [(kind, 7)]
    assert all(fault.remedy.en for fault in error.value.faults)


def test_all_wrong_lines_come_at_once(tmp_path: Path) -> None:
    path = log(tmp_path, "1 2", line(2, -5, 0, 1, 1), "x " * 18, head="; MaxProcs: many\n")
    assert kinds(path) == ["header MaxProcs", "fields", "submit_s negative", "number"]
    assert kinds(log(tmp_path)) == ["no jobs"]


@pytest.mark.parametrize(
    "clock", ["UnixStartTime: 99999999999999999999", "UnixStartTime: -5", "TimeZone: 999999"]
)
def test_a_clock_that_no_machine_had_is_a_fault(tmp_path: Path, clock: str) -> None:
    key = clock.partition(":")[0]
    assert kinds(log(tmp_path, line(1, 0, 0, 900, 3), head=f"; {clock}\n")) == [f"header {key}"]


def test_a_log_longer_than_a_scenario_can_be_is_refused(tmp_path: Path) -> None:
    path = log(tmp_path, line(1, 0, 0, 900, 3), line(2, 10**9, 0, 900, 3))
    with pytest.raises(InvalidInput) as error:
        import_swf([path], ImportChoices())
    assert [fault.kind for fault in error.value.faults] == ["horizon"]
    scenario, _ = import_swf([path], ImportChoices(days=2.0))
    assert scenario.jobs.height == 1


def test_a_form_feed_in_a_comment_begins_no_line(tmp_path: Path) -> None:
    head = HEAD + "; Note: page one\x0cpage two\n"
    assert len(read_swf(log(tmp_path, line(1, 0, 0, 900, 3), head=head))["job"]) == 1


def test_zero_bytes_are_no_text(tmp_path: Path) -> None:
    path = tmp_path / "log.swf"
    path.write_bytes((HEAD + line(1, 0, 0, 900, 3)).encode("utf-16"))
    assert kinds(path) == ["not text"]


@given(processors=st.integers(1, 5000), per_node=st.integers(1, 96))
def test_an_option_asks_for_exactly_its_processors(processors: int, per_node: int) -> None:
    units, _, nodes = option_of(processors, per_node, 3).split(":")[1].partition("x")
    assert int(units) * int(nodes or 1) == processors
    assert int(units) <= per_node


@given(
    jobs=st.lists(
        st.tuples(
            st.integers(0, 200_000),
            st.integers(-1, 50_000),
            st.integers(-1, 100_000),
            st.integers(-1, 80),
            st.sampled_from([0, 1, 2, 5, -1]),
        ),
        min_size=1,
        max_size=30,
    ),
    load=st.sampled_from([None, 0.5]),
    days=st.sampled_from([None, 1.0]),
)
@settings(max_examples=25)
def test_every_device_slot_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory,
    jobs: list[tuple[int, int, int, int, int]],
    load: float | None,
    days: float | None,
) -> None:
    folder = tmp_path_factory.mktemp("log")
    path = log(folder, *(line(i, s, w, r, p, status=status) for i, (s, w, r, p, status) in enumerate(jobs)))
    scenario, report = import_swf([path], ImportChoices(load=load, days=days))
    assert report.balances()
    assert report.kept.jobs == scenario.jobs.height
    if scenario.jobs.height:
        options, text = scenario.options, scenario.options.text_of_job
        per_job = options.units_milli * options.nodes * options.slots
        assert report.kept.device_slots_milli == int(per_job[text].sum())
        write_scenario(scenario, folder / "out", "parquet")
        read_scenario(folder / "out")
