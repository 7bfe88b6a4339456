"""A million jobs that wait: what the server takes in memory, and how soon it answers again after a restart.

The network is full: a few jobs of hours hold all of it. The jobs come over HTTP in batches, are of several
shapes, firms and windows, each with a content of its own, and stay queued. The server is killed and started
again, then stopped in order and started again; a start ends when `/readyz` says that it leads.
"""

import math
import time
from collections.abc import Sequence

from benchmarks.live_platform import DEVICE, REGION, LivePlatform, live_platform
from benchmarks.row import Row

from suanwang.client.client import Client
from suanwang.model.job import Alternative, JobSpec, Shape

BATCH = 5_000
FIRMS, SHAPES = 20, 12
HOUR_S = 3_600
HOUR_US = HOUR_S * 1_000_000
GB_MOST, RESTART_S_MOST, RESTART_S_AIM = 1.5, 20, 5


def run(quick: bool) -> list[Row]:
    """Memory when all wait and after a restart; seconds of each restart."""
    jobs = 100_000 if quick else 1_000_000
    with live_platform() as platform:
        platform.open_network(devices=2)
        firms = [platform.client(platform.open_firm(f"firm-{number}")) for number in range(FIRMS)]
        platform.start_agent(devices=2)
        submit_s = submit_all(platform, firms, jobs)
        queued = platform.client().network().jobs_by_state["queued"]
        assert queued > 0.99 * jobs, "the network was not full"
        full_gb, beside_gb = resident_gb(platform)
        platform.kill_server()
        killed_s = platform.start_server()
        restored_gb, _ = resident_gb(platform)
        assert platform.client().network().jobs_by_state["queued"] > 0.99 * jobs
        platform.stop_server()
        stopped_s = platform.start_server()
    submitted = f"submitted at {jobs / submit_s:,.0f} jobs/s in batches of {BATCH:,}"
    beside = f"{submitted}; its children beside it {beside_gb:.2f} GB"
    return [
        row(f"{jobs:,} queued: memory of the server", full_gb, "GB", GB_MOST, None, beside),
        row(f"{jobs:,} queued: memory after a restart", restored_gb, "GB", GB_MOST, None),
        row(f"{jobs:,} queued: restart after SIGKILL", killed_s, "s", RESTART_S_MOST, RESTART_S_AIM),
        row(f"{jobs:,} queued: restart after a stop", stopped_s, "s", RESTART_S_MOST, RESTART_S_AIM),
    ]


def row(name: str, figure: float, unit: str, must: float, aim: float | None, note: str = "") -> Row:
    """A row without a peer."""
    return Row(name, figure, unit, must, aim, "", math.nan, lower_is_better=True, note=note)


def submit_all(platform: LivePlatform, firms: Sequence[Client], jobs: int) -> float:
    """Submits them; the seconds that took."""
    shapes = [
        Shape((Alternative(DEVICE, 2000 - 100 * (number % 3), 1, HOUR_S * (1 + number)),), REGION)
        for number in range(SHAPES)
    ]
    began, now = time.perf_counter(), time.time_ns() // 1000
    for first in range(0, jobs, BATCH):
        firms[first // BATCH % FIRMS].submit([
            JobSpec(
                name=f"train-{number}",
                shape=shapes[number % SHAPES],
                content=f"{number:064x}",
                priority=number % 3,
                project=f"project-{number % 5}",
                deadline_at=now + (40 + number % 7) * HOUR_US,
            )
            for number in range(first, min(first + BATCH, jobs))
        ])  # fmt: skip
    return time.perf_counter() - began


def resident_gb(platform: LivePlatform) -> tuple[float, float]:
    """Of the server, and of its children together (clearing, snapshots, its database's keeper)."""
    found = {kind: sum(one.resident_kb for one in of) for kind, of in platform.processes().items()}
    return found["server"] * 1024 / 1e9, found["its children"] * 1024 / 1e9
