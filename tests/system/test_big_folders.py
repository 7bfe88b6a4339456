"""Folders of millions of jobs are read and checked in bounded time and memory."""

import subprocess
import sys
from pathlib import Path

import msgspec
import polars as pl
import pytest
from tests.networks import small_network

from suanwang.feeds.scenario_writer import Form, write_scenario
from suanwang.model.scenario_tables import JOBS

MEMORY_MOST_MB = 4096

READ = """
import resource, sys
from pathlib import Path
from suanwang.feeds.scenario_folder import read_scenario
checked = read_scenario(Path(sys.argv[1]))
print(checked.scenario.jobs.height, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024)
"""


def write_many(jobs: int, folder: Path, form: Form) -> None:
    """The small network with its jobs repeated under new ids."""
    network = small_network()
    few = network.jobs
    index = pl.int_range(jobs, eager=True)
    many = few[(index % few.height).cast(pl.UInt32)].with_columns(
        job=pl.select(pl.format("job-{}", index)).to_series()
    )
    write_scenario(msgspec.structs.replace(network, jobs=many.select(list(JOBS.polars_schema))), folder, form)


def read_apart(folder: Path) -> tuple[int, int]:
    """Jobs read, and the most memory that a process of its own took, in MB."""
    done = subprocess.run(
        [sys.executable, "-c", READ, str(folder)], check=True, capture_output=True, text=True, timeout=900
    )
    jobs, megabytes = done.stdout.split()
    return int(jobs), int(megabytes)


@pytest.mark.soak
@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_ten_million_jobs_in_four_gigabytes(form: Form, tmp_path: Path) -> None:
    write_many(10_000_000, tmp_path, form)
    jobs, megabytes = read_apart(tmp_path)
    assert jobs == 10_000_000
    assert megabytes < MEMORY_MOST_MB


@pytest.mark.parametrize("form", ["parquet", "csv"])
def test_three_hundred_thousand_jobs(form: Form, tmp_path: Path) -> None:
    write_many(300_000, tmp_path, form)
    jobs, megabytes = read_apart(tmp_path)
    assert jobs == 300_000
    assert megabytes < 1024
