"""The simulator on a real trace: engine, ledger and centres included, beside AccaSim on the same file.

AccaSim lives in an environment of its own; `SUANWANG_ACCASIM_PYTHON` names its Python. It plays first in,
first out, first fit on 128 nodes; ours reserves, holds money, dispatches, meters and settles beside.
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
from benchmarks.row import Row

from suanwang.feeds.scenario_folder import read_scenario
from suanwang.model.scenario import Scenario
from suanwang.simulator.memory_log import MemoryLog
from suanwang.simulator.simulation import Simulation, Terms

TRACE = SHARED / "swf" / "NASA-iPSC-1993-3.1-cln.swf.zip"
ACCASIM_PYTHON = "SUANWANG_ACCASIM_PYTHON"
NODES = 128
LIMIT_S = 1800
MUST, AIM, MUST_RATIO = 3_000.0, 10_000.0, 2.0


def run(quick: bool) -> list[Row]:
    """Jobs a second, and against AccaSim where it is there."""
    if not TRACE.exists():
        print(f"  skipped: {TRACE.name} is not in ../shared/data", file=sys.stderr)
        return []
    whole = read_scenario(scenario("import swf", TRACE)).scenario
    jobs = 2_000 if quick else whole.jobs.height
    part = msgspec.structs.replace(whole, jobs=whole.jobs.head(jobs))
    live(msgspec.structs.replace(whole, jobs=whole.jobs.head(50)))
    rate, served = live(part)
    note = f"{served:,} of {jobs:,} ended well; log in memory, one process"
    theirs = accasim()
    if theirs is None:
        return [Row("simulator, NASA iPSC 1993", rate, "jobs/s", MUST, AIM, "must", MUST, note=note)]
    return [
        Row("simulator, NASA iPSC 1993", rate, "jobs/s", MUST, AIM, "AccaSim", theirs, note=note),
        Row("simulator against AccaSim", rate / theirs, "times", MUST_RATIO, None, "AccaSim", 1.0),
    ]  # fmt: skip


def live(trace: Scenario) -> tuple[float, int]:
    """(jobs a second, jobs that ended well) of one run, first come, first served."""
    began = time.perf_counter()
    simulation = Simulation(trace, Terms(policy="fcfs", packing="first"), MemoryLog())
    simulation.run()
    seconds = time.perf_counter() - began
    states = [job.state for job in simulation.writer.platform.state.jobs.values()]
    return len(states) / seconds, states.count("succeeded")


def accasim() -> float | None:
    """AccaSim's jobs a second on the same file; None where it is not there."""
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
        done = subprocess.run(
            [python, driver, name, str(NODES), folder], check=True, timeout=LIMIT_S,
            capture_output=True, text=True, cwd=folder,
        )  # fmt: skip
        jobs = sum(
            1 for line in Path(name).read_text(errors="replace").splitlines() if line[:1] not in (";", "")
        )
    return jobs / float(done.stdout.splitlines()[-1])
