"""The GPU trace: what becomes of each task, what is refused, and that nothing is lost on the way."""

import gzip
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suanwang.feeds.import_report import ImportChoices
from suanwang.feeds.openb import import_openb
from suanwang.feeds.openb_nodes import draw_nodes, pack_arrivals
from suanwang.feeds.openb_tables import NODE_COLUMNS, TASK_COLUMNS, Node, Task, read_openb
from suanwang.feeds.scenario_folder import read_scenario
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.units.errors import InvalidInput

NODES = """
n0,32000,262144,0,
n1,64000,262144,2,T4
n2,96000,262144,8,V100
n3,96000,262144,8,A10
"""
# name,cpu_milli,memory_mib,num_gpu,gpu_milli,gpu_spec,qos,pod_phase,creation,deletion,scheduled
TASKS = """
share,4000,1,1,460,,LS,Running,0,1000,100
whole,4000,1,2,1000,,BE,Succeeded,900,4500,900
gang,4000,1,8,1000,A10|T4,Burstable,Failed,1800,2700,1800
cores,12500,1,0,0,,Guaranteed,Succeeded,2000,2900,2000
waiting,4000,1,1,1000,,LS,Pending,2500,2600,
running,4000,1,1,1000,,BE,Running,3000,9000,3000
nowhere,4000,1,8,1000,P100,BE,Succeeded,3100,3200,3100
instant,4000,1,1,1000,,BE,Succeeded,3200,3200,3200
"""


def lists(folder: Path, nodes: str = NODES, tasks: str = TASKS) -> list[Path]:
    paths = [folder / "tasks.csv", folder / "nodes.csv"]
    paths[0].write_text(",".join(TASK_COLUMNS) + tasks)
    paths[1].write_text(",".join(NODE_COLUMNS) + nodes)
    return paths


def faults(files: list[Path]) -> list[tuple[str, str]]:
    with pytest.raises(InvalidInput) as error:
        read_openb(files)
    return [(fault.where, fault.kind) for fault in error.value.faults]


def test_each_task_becomes_the_job_that_the_rules_say(tmp_path: Path) -> None:
    scenario, report = import_openb(lists(tmp_path), ImportChoices())
    jobs = {row["job"]: row for row in scenario.jobs.to_dicts()}
    slots = {name: row["options"].split(";")[0].rsplit(":", 1)[1] for name, row in jobs.items()}
    classes = {
        name: sorted(o.rsplit(":", 1)[0] for o in row["options"].split(";")) for name, row in jobs.items()
    }
    assert classes == {
        "share": ["A10:0.46", "T4:0.46", "V100:0.46"],
        "whole": ["A10:2", "T4:2", "V100:2"],
        "gang": ["A10:8"],  # T4 nodes are too small
        "cores": ["cpu:12.5"],
        "waiting": ["A10:1", "T4:1", "V100:1"],
        "running": ["A10:1", "T4:1", "V100:1"],
    }
    # 900 s runs; `waiting` takes the LS median (900 s); `running` is cut by the end of the trace at 9000 s
    assert slots == {"share": "1", "whole": "4", "gang": "1", "cores": "1", "waiting": "1", "running": "7"}
    windows = {name: (row["release_slot"], row["deadline_slot"]) for name, row in jobs.items()}
    assert windows["share"] == (0, 5)  # one slot and an hour
    assert windows["running"] == (3, 10)  # the last slot of ten
    assert {count.kind: count.jobs for count in report.dropped} == {"no node": 1, "no run time": 1}
    assert {count.kind: count.jobs for count in report.changed if count.kind != "rounded"} == {
        "unscheduled": 1,
        "running": 1,
    }
    assert report.balances()


def test_pools_are_one_per_centre_model_and_node_size(tmp_path: Path) -> None:
    scenario, _ = import_openb(lists(tmp_path), ImportChoices())
    total = scenario.pools.group_by("device", "devices_per_node").agg(
        devices=scenario.pools["devices"].sum() * 0
    )
    assert sorted(total.select("device", "devices_per_node").rows()) == [
        ("A10", 8.0),
        ("T4", 2.0),
        ("V100", 8.0),
        ("cpu", 32.0),  # cores of GPU nodes stay with their GPUs
    ]
    assert scenario.pools["devices"].sum() == 8 + 2 + 8 + 32


def test_the_scenario_passes_its_own_checks_and_the_same_seed_gives_the_same_bytes(tmp_path: Path) -> None:
    files = lists(tmp_path)
    for folder, seed in (("a", 3), ("b", 3), ("c", 4)):
        write_scenario(import_openb(files, ImportChoices(load=0.5, seed=seed))[0], tmp_path / folder, "csv")
        read_scenario(tmp_path / folder)
    content = {
        folder: {path.name: path.read_bytes() for path in (tmp_path / folder).iterdir()} for folder in "abc"
    }
    assert content["a"] == content["b"] != content["c"]


def test_order_of_files_and_columns_and_compression_do_not_matter(tmp_path: Path) -> None:
    files = lists(tmp_path)
    shuffled = tmp_path / "nodes.csv.gz"
    rows = [line.split(",")[::-1] for line in files[1].read_text().splitlines()]
    shuffled.write_bytes(gzip.compress("\n".join(",".join(row) for row in rows).encode()))
    assert read_openb([shuffled, files[0]]) == read_openb(files)


def test_arrivals_only_keeps_every_task_to_the_end(tmp_path: Path) -> None:
    scenario, report = import_openb(lists(tmp_path), ImportChoices(arrivals_only=True))
    assert all(
        row["release_slot"] + int(row["options"].split(";")[0].rsplit(":", 1)[1])
        == row["deadline_slot"]
        == 10
        for row in scenario.jobs.to_dicts()
    )
    assert report.packing is not None
    assert report.packing.gpus == 18
    assert report.packing.allocated_share == pytest.approx((0.46 + 2 + 8 + 1 + 1 + 1) / 18)


@pytest.mark.parametrize(
    ("row", "column"),
    [
        ("x,4000,1,1,460,,LS,Running,0,-5,0", "deletion_time"),
        ("x,4000,1,1,460,,LS,Running,100,50,", "deletion_time"),
        ("x,4000,1,1,460,,LS,Running,100,300,50", "scheduled_time"),
        ("x,4000,1,1,460,,LS,Running,-1,50,0", "creation_time"),
        ("x,4000,1,1,460,,LS,Running,,50,0", "creation_time"),
        ("x,four,1,1,460,,LS,Running,0,50,0", "cpu_milli"),
        ("x,4000,1,1.5,460,,LS,Running,0,50,0", "num_gpu"),
        ("x,4000,1,1,nan,,LS,Running,0,50,0", "gpu_milli"),
        ("x,4000,1,1,1e400,,LS,Running,0,50,0", "gpu_milli"),
        ("x,4000,1,1,1001,,LS,Running,0,50,0", "gpu_milli"),
        ("x,4000,1,2,500,,LS,Running,0,50,0", "gpu_milli"),
        ("x,0,1,0,0,,LS,Running,0,50,0", "cpu_milli"),
        ("x,4000,1,1,460,,Gold,Running,0,50,0", "qos"),
        ("share,4000,1,1,460,,LS,Running,0,50,0", "name"),
        (",4000,1,1,460,,LS,Running,0,50,0", "name"),
        ("x,4000,1,1,460,,LS,Running,0,50", "cells"),
        ("x,4000,1,1,460,,LS,Running,0,50,0,7", "cells"),
    ],
)
def test_a_wrong_task_is_a_fault_at_its_line(tmp_path: Path, row: str, column: str) -> None:
    found = faults(lists(tmp_path, tasks=TASKS + row + "\n"))
    assert [where for where, _ in found] == ["tasks.csv:10"]
    assert found[0][1].startswith(column)


def test_all_faults_of_both_files_come_at_once_and_are_counted(tmp_path: Path) -> None:
    bad = "\n" + "\n".join(f"t{i},1,1,1,500,,??,Running,0,5,0" for i in range(250)) + "\n"
    files = lists(tmp_path, nodes="\nn0,1,1,2,\nn0,-1,1,0,\n", tasks=bad)
    with pytest.raises(InvalidInput) as error:
        read_openb(files)
    by_file = {file: [f for f in error.value.faults if f.file == file] for file in ("nodes.csv", "tasks.csv")}
    assert len(by_file["nodes.csv"]) == 3
    assert len(by_file["tasks.csv"]) == 100
    assert by_file["tasks.csv"][0].count == 250


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (b"", "empty"),
        (b"a,b,c\n1,2,3\n", "header"),
        ("sn,cpu_milli,memory_mib,gpu,model\n甲,1,1,0,\n".encode("gbk"), "encoding"),
        (gzip.compress(b"sn,cpu_milli" * 100, mtime=0)[:-20], "damaged"),
        (b"PK\x03\x04nonsense", "damaged"),
        (",".join(NODE_COLUMNS).encode(), "no rows"),
    ],
)
def test_a_file_that_is_no_list_is_refused(tmp_path: Path, content: bytes, kind: str) -> None:
    files = lists(tmp_path)
    files[1].write_bytes(content)
    assert [found for _, found in faults(files)] == [kind]


def test_missing_folder_and_doubled_lists_are_refused(tmp_path: Path) -> None:
    files = lists(tmp_path)
    assert [kind for _, kind in faults([files[0], tmp_path])] == ["folder"]
    assert [kind for _, kind in faults([files[0], tmp_path / "nothing.csv"])] == ["missing"]
    assert [kind for _, kind in faults([files[0], files[0]])] == ["twice"]
    assert [kind for _, kind in faults([files[0]])] == ["missing list"]


def test_whole_nodes_refuse_what_only_fits_in_pieces() -> None:
    node = [Node("n", 8000, 100, 2, "T4")]
    halves = [Task(f"h{i}", 1000, 1, 1, 600, (), "LS", i, None, None) for i in range(3)]
    packing = pack_arrivals(node, halves)
    assert (packing.tasks_placed, packing.tasks_refused) == (2, 1)  # 0.8 of a GPU is free, on no single card
    assert packing.first_refused_share == pytest.approx(0.6)
    greedy = [
        Task("c", 8000, 1, 1, 100, (), "LS", 0, None, None),
        Task("d", 1, 1, 1, 100, (), "LS", 1, None, None),
    ]
    assert pack_arrivals(node, greedy).tasks_refused == 1  # no core is left


@given(
    sizes=st.lists(st.sampled_from([1000, 2000, 4000, 8000]), min_size=1, max_size=60),
    share=st.floats(0.05, 1),
    seed=st.integers(0, 99),
)
@settings(max_examples=60)
def test_drawn_nodes_come_near_what_is_wanted(sizes: list[int], share: float, seed: int) -> None:
    array = np.asarray(sizes, np.int64)
    wanted, largest = share * array.sum(), int(array.max())
    taken = draw_nodes(array, wanted, [array >= largest, array >= 1000], seed)
    held = array[taken].sum()
    assert array[taken].max() == largest
    left = np.delete(array, taken)
    if held <= wanted:
        assert not left.size or wanted - held <= left.min()
    else:
        assert held - wanted <= largest


task_rows = st.lists(
    st.tuples(
        st.sampled_from([(1, 460), (1, 1000), (2, 1000), (8, 1000), (0, 0)]),
        st.integers(0, 300_000),
        st.integers(0, 90_000),
        st.integers(0, 90_000),
        st.booleans(),
        st.sampled_from(["LS", "BE", "Burstable", "Guaranteed"]),
    ),
    min_size=1,
    max_size=40,
)


@given(
    rows=task_rows,
    load=st.sampled_from([None, 0.3, 0.9, 5.0]),
    days=st.sampled_from([None, 0.5, 2.0]),
    minutes=st.sampled_from([5, 15, 60]),
)
@settings(max_examples=25)
def test_every_device_slot_is_accounted_for(
    tmp_path_factory: pytest.TempPathFactory,
    rows: list[tuple[tuple[int, int], int, int, int, bool, str]],
    load: float | None,
    days: float | None,
    minutes: int,
) -> None:
    lines = [
        f"t{i},4000,1,{gpus},{milli},,{qos},X,{created},{created + wait + run},"
        + (f"{created + wait}" if ran else "")
        for i, ((gpus, milli), created, wait, run, ran, qos) in enumerate(rows)
    ]
    folder = tmp_path_factory.mktemp("trace")
    files = lists(folder, tasks="\n" + "\n".join(lines) + "\n")
    scenario, report = import_openb(files, ImportChoices(load=load, days=days, slot_minutes=minutes, seed=1))
    assert report.balances()
    options, first = scenario.options, scenario.options.first[:-1][scenario.options.text_of_job]
    asked = options.units_milli[first] * options.slots[first]
    assert report.kept.device_slots_milli == int(asked.sum())
    assert report.kept.jobs == scenario.jobs.height
    late = scenario.jobs["deadline_slot"].to_numpy() - scenario.jobs["release_slot"].to_numpy()
    assert (late >= options.slots[first]).all()
    assert scenario.jobs.is_empty() or scenario.jobs["deadline_slot"].max() <= report.slots
