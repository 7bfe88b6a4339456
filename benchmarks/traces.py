"""Real traces end to end: imported, cleared, first come, first served beside. Skipped where absent."""

import sys
from pathlib import Path

from benchmarks.clearing import FCFS, losses
from benchmarks.inputs import SHARED, scenario
from benchmarks.process import clear_process
from benchmarks.row import Row

ALIBABA = ("alibaba-gpu-2023/openb_node_list_gpu_node.csv", "alibaba-gpu-2023/openb_pod_list_default.csv")
SWF = ("swf/NASA-iPSC-1993-3.1-cln.swf.zip",)


def run(quick: bool) -> list[Row]:
    """Both traces."""
    rows: list[Row] = []
    days = ("--days", "7") if quick else ()
    for name, kind, files, flags in (
        ("Alibaba 2023, load 0.9", "import openb", ALIBABA, ("--load", "0.9", "--seed", "1")),
        ("NASA iPSC 1993", "import swf", SWF, days),
    ):
        paths = [SHARED / file for file in files]
        if not all(path.exists() for path in paths):
            print(f"  {name} skipped: {', '.join(files)} not in ../shared/data", file=sys.stderr)
            continue
        rows += trace(name, kind, paths, flags)
    return rows


def trace(name: str, kind: str, paths: list[Path], flags: tuple[str, ...]) -> list[Row]:
    """One trace."""
    folder = scenario(kind, *paths, *flags)
    ours = clear_process(folder, "--out", folder / "result")
    plain = clear_process(folder, "--out", folder / "fcfs", "--method", "fcfs")
    bound = ours.report.bound_micro
    served = f"{ours.report.served:,} of {ours.report.jobs:,} served, {plain.report.served:,} by {FCFS}"
    plain_gap = 100 * (plain.report.cost_micro - bound) / bound if bound > 0 else float("nan")
    gap = ours.gap_percent
    return [
        Row(f"{name}: time", ours.ran.wall_s, "s", None, None, FCFS, plain.ran.wall_s,
            lower_is_better=True, note=f"{ours.phases}; {served}"),
        Row(f"{name}: gap", gap, "%", None, None, f"{FCFS}, to our bound", plain_gap,
            lower_is_better=True, note=losses(ours) if bound > 0 else ""),
    ]  # fmt: skip
