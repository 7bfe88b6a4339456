"""The simulator on a real trace: engine, ledger and centres included, beside AccaSim on the same file.

AccaSim lives in an environment of its own; `SUANWANG_ACCASIM_PYTHON` names its Python. It plays first in,
first out, first fit on 128 nodes; ours reserves, holds money, dispatches, meters and settles beside.

Twice: as either is used, as a process from its start to its results on disk (AccaSim with the settings that
it comes with writes its schedule and statistics; ours plan, prices and report); and the two loops alone,
with no results written, which leaves AccaSim without any record and ours with its log in memory.

As processes they run in turn, `TURNS` times each, and the fastest of each counts: what else the machine does
takes a tenth of a run here and there.
"""

import os
import subprocess
import sys
import tempfile
import time
import zipfile
from pathlib import Path

import msgspec
from benchmarks.inputs import SHARED, scenario
from benchmarks.process import run_suanwang
from benchmarks.row import Row

from suanwang.feeds.scenario_folder import read_scenario
from suanwang.model.scenario import Scenario
from suanwang.simulator.memory_log import MemoryLog
from suanwang.simulator.simulation import Simulation, Terms

TRACE = SHARED / "swf" / "NASA-iPSC-1993-3.1-cln.swf.zip"
ACCASIM_PYTHON = "SUANWANG_ACCASIM_PYTHON"
NODES = 128
LIMIT_S = 1800
TURNS = 3
MUST, AIM, MUST_RATIO = 3_000.0, 10_000.0, 2.0


def run(quick: bool) -> list[Row]:
    """Jobs a second, and against AccaSim where it is there."""
    if not TRACE.exists():
        print(f"  skipped: {TRACE.name} is not in ../shared/data", file=sys.stderr)
        return []
    folder = scenario("import swf", TRACE)
    whole = read_scenario(folder).scenario
    jobs = 2_000 if quick else whole.jobs.height
    part = msgspec.structs.replace(whole, jobs=whole.jobs.head(jobs))
    live(msgspec.structs.replace(whole, jobs=whole.jobs.head(50)))
    rate, served = live(part)
    note = f"{served:,} of {jobs:,} ended well; log in memory, one process"
    theirs = None if quick else accasim("nothing")
    if theirs is None:
        return [Row("simulator, NASA iPSC 1993", rate, "jobs/s", MUST, AIM, "must", MUST, note=note)]
    run_suanwang("warm")
    turns = [(whole.jobs.height / command_s(folder), accasim("results")) for _ in range(TURNS)]
    ours, others = (max(rate for rate in rates if rate is not None) for rates in zip(*turns, strict=True))
    against, must = "simulator against AccaSim, ", MUST_RATIO
    written = f"processes with their results written, fastest of {TURNS}: {ours:,.0f}, {others:,.0f} jobs/s"
    return [
        Row("simulator, NASA iPSC 1993", rate, "jobs/s", MUST, AIM, "AccaSim, its loop", theirs, note=note),
        Row(against + "each as it comes", ours / others, "times", must, None, "AccaSim", 1.0, note=written),
        Row(against + "no results written", rate / theirs, "times", None, None, "AccaSim", 1.0),
    ]  # fmt: skip


def command_s(folder: Path) -> float:
    """Seconds of `suanwang simulate` on the whole trace, first come, first served; warm, as set up."""
    with tempfile.TemporaryDirectory() as out:
        flags = ("--policy", "fcfs", "--packing", "first", "--no-foresight", "--no-page")
        return run_suanwang("simulate", folder, *flags, "--out", out).wall_s


def live(trace: Scenario) -> tuple[float, int]:
    """(jobs a second, jobs that ended well) of one run, first come, first served."""
    began = time.perf_counter()
    simulation = Simulation(trace, Terms(policy="fcfs", packing="first"), MemoryLog())
    simulation.run()
    seconds = time.perf_counter() - began
    states = [job.state for job in simulation.writer.platform.state.jobs.values()]
    return len(states) / seconds, states.count("succeeded")


def accasim(writes: str) -> float | None:
    """AccaSim's jobs a second on the same file; None where it is not there.

    `writes`: `results`, then by the time of its whole process; or `nothing`, by that of its loop alone.
    """
    python = os.environ.get(ACCASIM_PYTHON, "")
    if not python or not Path(python).exists():
        print(
            f"  AccaSim left out: {ACCASIM_PYTHON} does not name a Python that has accasim", file=sys.stderr
        )
        return None
    driver = Path(__file__).with_name("peer_accasim.py")
    with tempfile.TemporaryDirectory() as folder:
        with zipfile.ZipFile(TRACE) as packed:
            name = packed.extract(packed.namelist()[0], folder)
        began = time.perf_counter()
        done = subprocess.run(
            [python, driver, name, str(NODES), folder, writes], check=True, timeout=LIMIT_S,
            capture_output=True, text=True, cwd=folder,
        )  # fmt: skip
        whole_s = time.perf_counter() - began
        jobs = sum(
            1 for line in Path(name).read_text(errors="replace").splitlines() if line[:1] not in (";", "")
        )
    return jobs / (whole_s if writes == "results" else float(done.stdout.splitlines()[-1]))
