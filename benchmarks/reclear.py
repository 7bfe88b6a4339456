"""Clearing again after a hundredth of the jobs has changed, from the last prices; from scratch beside it."""

import shutil
import sys
from pathlib import Path

import numpy as np
import polars as pl
from benchmarks.inputs import network
from benchmarks.process import clear_process, run_suanwang
from benchmarks.row import Row

CHANGED_SHARE = 0.01
WORSE_PERCENT = 0.1


def run(quick: bool) -> list[Row]:
    """The million, or a twentieth of it. Skipped while `clear` has no warm start."""
    if b"--from" not in run_suanwang("clear", "--help").output:
        print("  skipped: `suanwang clear` has no --from", file=sys.stderr)
        return []
    jobs, centres = (50_000, 60) if quick else (1_000_000, 300)
    before = network("national", jobs, centres, 0.8)
    after = before.with_name(f"changed-{before.name}")
    change(before, after)
    clear_process(before, "--out", before / "result")
    scratch = clear_process(after, "--out", after / "scratch")
    again = clear_process(after, "--out", after / "result", "--from", before / "result")
    name = f"national {jobs:,} x {centres} x 168, 1 % of the jobs changed"
    return [
        Row(f"{name}: time", again.ran.wall_s, "s", 5, 1, "from scratch", scratch.ran.wall_s,
            lower_is_better=True, note=again.phases),
        Row(f"{name}: gap", again.gap_percent, "%", scratch.gap_percent + WORSE_PERCENT, None, "from scratch",
            scratch.gap_percent, lower_is_better=True),
    ]  # fmt: skip


def change(before: Path, after: Path) -> None:
    """A copy in which one job of a hundred is gone, and another like some other job stands in its place."""
    shutil.rmtree(after, ignore_errors=True)
    shutil.copytree(before, after, ignore=shutil.ignore_patterns("result", "fcfs", "jobs.parquet"))
    jobs = pl.read_parquet(before / "jobs.parquet")
    random = np.random.Generator(np.random.PCG64([1, 83]))
    count = round(CHANGED_SHARE * jobs.height)
    gone = np.sort(random.permutation(jobs.height)[:count])
    like = np.arange(jobs.height)
    like[gone] = random.integers(0, jobs.height, count)
    new = pl.Series(np.isin(np.arange(jobs.height), gone))
    changed = jobs[like].with_columns(
        pl.when(new).then(pl.lit("new-") + jobs["job"]).otherwise(jobs["job"]).alias("job")
    )
    changed.write_parquet(after / "jobs.parquet")
