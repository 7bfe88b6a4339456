"""Real processes through the local driver, money included, beside HyperQueue on the same machine.

Both sides run the program `true` on the same number of slots, from the submission of one batch to the last
end. Ours is admitted, placed, held, staged, run, metered, charged and settled, each step in the log, with a
real server, its database, an agent and its keeper; a script's shell is part of it. HyperQueue keeps no
journal here.

Ours makes and erases five files and folders a job, HyperQueue none. On ext4 making one takes the longer the
more were erased nearby in the last minute (its allocator looks at each), so a minute passes before each run
of ours: it pays for what it erases itself, and not for what ran before.
"""

import os
import subprocess
import sys
import time
from pathlib import Path

import msgspec
from benchmarks.live_platform import DEVICE, REGION, LivePlatform, live_platform
from benchmarks.row import Row

from suanwang.client.client import Client
from suanwang.drivers.process_tree import TICKS_PER_SECOND
from suanwang.model.content import JobContent
from suanwang.model.job import Alternative, JobSpec, Shape

HYPERQUEUE_PYTHON = "SUANWANG_HYPERQUEUE_PYTHON"
PATIENCE_S = 900.0
SLOTS = (2, 32)
WARM_UP = 40
SHARE = 0.5
REST_S = 60.0


def run(quick: bool) -> list[Row]:
    """Jobs a second, on as many slots as here are processors and on more."""
    python = os.environ.get(HYPERQUEUE_PYTHON, "")
    if not python or not Path(python).exists():
        print(f"  skipped: {HYPERQUEUE_PYTHON} does not name a Python that has hyperqueue", file=sys.stderr)
        return []
    jobs = 300 if quick else 3_000
    rows: list[Row] = []
    for slots in SLOTS:
        theirs_per_s = hyperqueue_per_s(python, slots, jobs)
        time.sleep(REST_S)
        ours_per_s, note = measure(slots, jobs)
        name = f"{jobs:,} processes on {slots} slots of {os.cpu_count()} processors"
        rows.append(
            Row(
                name, ours_per_s, "jobs/s", SHARE * theirs_per_s, theirs_per_s, "HyperQueue 0.27",
                theirs_per_s, note=note,
            )
        )  # fmt: skip
    return rows


def hyperqueue_per_s(python: str, slots: int, jobs: int) -> float:
    """HyperQueue's figure, from its own environment."""
    words = [python, str(Path(__file__).with_name("peer_hyperqueue.py")), str(slots), str(jobs)]
    done = subprocess.run(words, check=True, capture_output=True, text=True, timeout=PATIENCE_S)
    return float(done.stdout.split()[-1])


def measure(slots: int, jobs: int) -> tuple[float, str]:
    """Jobs a second; where the processors' time went."""
    with live_platform() as platform:
        platform.open_network(slots)
        firm = platform.client(platform.open_firm("firm"))
        platform.start_agent(slots)
        content = firm.keep(msgspec.json.encode(JobContent("exec true")))
        run_all(platform, firm, content, WARM_UP)
        before = processor_s(platform)
        seconds = run_all(platform, firm, content, jobs)
        used = {name: after - before.get(name, 0.0) for name, after in processor_s(platform).items()}
    parts = ", ".join(f"{name} {1000 * spent / jobs:.2f}" for name, spent in used.items())
    return jobs / seconds, f"ms of processor a job: {parts}"


def processor_s(platform: LivePlatform) -> dict[str, float]:
    """Processor seconds so far, by who spent them; with those of children that have ended."""
    return {
        kind: sum(one.cpu_ticks for one in found) / TICKS_PER_SECOND
        for kind, found in platform.processes().items()
    }


def run_all(platform: LivePlatform, firm: Client, content: str, jobs: int) -> float:
    """Submits so many and waits until the money of all is settled; seconds."""
    operator = platform.client()
    wanted = operator.network().jobs_by_state.get("succeeded", 0) + jobs
    shape = Shape((Alternative(DEVICE, 1000, 1, 60),), REGION)
    began = time.perf_counter()
    firm.submit([JobSpec(name="true", shape=shape, content=content, array=jobs)])
    platform.wait(
        lambda: operator.network().jobs_by_state.get("succeeded", 0) >= wanted,
        "the jobs did not end",
        PATIENCE_S,
        look_s=0.1,
    )
    seconds = time.perf_counter() - began
    assert firm.wallet("firm").held_micro == 0
    return seconds
