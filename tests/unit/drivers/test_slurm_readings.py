"""Slurm's words as 22.05 prints them, read."""

import pytest

from suanwang.drivers.attempt_folder import interpreter
from suanwang.drivers.local_machine import device_class
from suanwang.drivers.slurm_commands import FIELDS, gres_counts, job_row, node_row, seconds
from suanwang.drivers.slurm_reports import cpu_ms


@pytest.mark.parametrize(
    ("text", "expected"),
    [("0:02", 2), ("1:00", 60), ("1:02:03", 3723), ("2-01:00:00", 176_400), ("INVALID", 0), ("", 0)],
)
def test_times(text: str, expected: int):
    assert seconds(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("(null)", {}),
        ("gpu:a100:4", {"gpu:a100": 4}),
        ("gpu:a100:4(S:0-1),gpu:v100:2(S:0),shard:8", {"gpu:a100": 4, "gpu:v100": 2, "shard": 8}),
        ("gpu:a100:2(IDX:0-1)", {"gpu:a100": 2}),
        ("gpu:a100:0(IDX:N/A)", {"gpu:a100": 0}),
    ],
)
def test_gres(text: str, expected: dict[str, int]):
    assert gres_counts(text) == expected


@pytest.mark.parametrize(
    ("state", "usable"),
    [("IDLE", True), ("MIXED", True), ("ALLOCATED", True), ("IDLE+DRAIN", False), ("DOWN*", False),
     ("MIXED+NOT_RESPONDING", False), ("IDLE*", False), ("IDLE+MAINTENANCE+RESERVED", False)],
)  # fmt: skip
def test_nodes(state: str, usable: bool):
    line = (
        f"NodeName=n7 Arch=x86_64 CPUAlloc=3 CPUEfctv=30 CPUTot=32 Gres=gpu:a100:8(S:0)"
        f" GresUsed=gpu:a100:5(IDX:0-4)"
        f" OS=Linux 6.1 #1 SMP  RealMemory=1000 AllocMem=64 State={state} ThreadsPerCore=1 Partitions=a,b "
    )
    node = node_row(line)
    assert (node.name, node.cpus, node.cpus_used, node.memory_mb, node.memory_used_mb) == (
        "n7",
        30,
        3,
        1000,
        64,
    )
    assert (node.gres, node.gres_used, node.partitions) == ({"gpu:a100": 8}, {"gpu:a100": 5}, ("a", "b"))
    assert node.usable == usable


def test_jobs_of_this_driver_and_of_others():
    cells = {
        "JobArrayID": "12_3",
        "JobID": "15",
        "State": "FAILED",
        "StartTime": "1795307967",
        "EndTime": "1795307969",
        "TimeUsed": "0:02",
        "exit_code": "768",
        "Reason": "NonZeroExitCode",
        "Comment": "suanwang/abc/a.1-4",
    }
    line = "".join(cells[name].ljust(width) for name, width in FIELDS.items())
    row = job_row(line, "suanwang/abc/")
    assert (row.job, row.index, row.state, row.used_s, row.status, row.submission) == (
        "12_3", 3, "FAILED", 2, 768, "a.1-4",
    )  # fmt: skip
    assert row.end_us - row.start_us == 2_000_000
    assert job_row(line, "suanwang/other/").submission == ""


def test_processor_time_of_a_shell():
    assert cpu_ms("0m0.010s 0m0.020s\n1m1.250s 0m0.300s") == 61_580


def test_interpreters_as_linux_reads_them():
    assert interpreter("echo") == ["/bin/sh"]
    assert interpreter("#!/usr/bin/env -S python3 -u\nx") == ["/usr/bin/env", "-S python3 -u"]
    assert interpreter("#!\nx") == ["/bin/sh"]


@pytest.mark.parametrize(
    ("product", "device"),
    [("NVIDIA A100-SXM4-80GB", "A100"), ("Tesla V100-PCIE-16GB", "V100"), ("NVIDIA H100 80GB HBM3", "H100")],
)
def test_products(product: str, device: str):
    assert device_class(product) == device
