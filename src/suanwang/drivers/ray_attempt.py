"""One node's share of an attempt on Ray: a detached actor that holds the devices and drives a local keeper.

It speaks to the driver by files in the attempt's folder only, so neither needs the other to be alive:
`claimed/ran` (it began), `ray.<rank>.json` (what it last knew), `code` (how the first rank that failed did),
and from the driver `stop` (a grace in seconds) and the lease that it renews when the platform is heard.
"""

import contextlib
import importlib
import os
import threading
import time
from pathlib import Path
from typing import Any

import msgspec

from suanwang.drivers.attempt_driver import LIMITS
from suanwang.drivers.attempt_folder import CONTROL
from suanwang.drivers.device_slots import DevicePool, Machine
from suanwang.drivers.lease import LeaseWatch, boot_s
from suanwang.drivers.local import LocalDriver
from suanwang.drivers.port import Cause, Ended, Launch, Refused, Report, Running, Usage

LOOK_EVERY_S = 0.2
KEEPER_PATIENCE_S = 15
"""How long the keeper lets the script run on when this actor is gone."""


LEAVE_SECONDS = 20
STATE_BYTES_MOST = 1 << 16


class RankState(msgspec.Struct):
    """What one rank last knew of its script."""

    since_us: int = 0
    usage: Usage | None = None
    ended: Ended | None = None


class RayAttempt:
    """The actor. It works in a thread of its own and exits when the rank's end is written."""

    def __init__(self, launch: bytes, rank: int, lease: str, gpus: bool) -> None:
        self.launch = msgspec.json.decode(launch, type=Launch)
        self.rank = rank
        self.lease = Path(lease)
        self.limit = self.lease.parent / LIMITS / self.launch.attempt
        self.limit_s = self.launch.time_limit_s
        self.control = Path(self.launch.folder, CONTROL)
        self.state = RankState()
        self.cause: Cause = ""
        self.stopped = False
        self.ray: Any = importlib.import_module("ray")
        self.visible = ",".join(map(str, self.ray.get_gpu_ids())) if gpus else ""
        self.handle = self.ray.get_runtime_context().current_actor
        threading.Thread(target=self.work, daemon=True).start()

    def there(self) -> int:
        """Called by the driver only to see that the actor is there."""
        return self.rank

    def leave(self) -> None:
        """Called by itself: the way out that Ray does not take for an accident."""
        self.ray.actor.exit_actor()

    def work(self) -> None:
        """Run the rank to its end, whatever happens, and leave."""
        try:
            if self.claim():
                self.drive()
        except Exception as error:  # the driver must hear of it, and nobody is above this thread
            now_us = time.time_ns() // 1000
            self.state.ended = Ended(self.launch.attempt, now_us, "killed", "engine", detail=repr(error))
            self.write()
        self.handle.leave.remote()
        time.sleep(LEAVE_SECONDS)
        os._exit(1)

    def claim(self) -> bool:
        """Whether this is the one run of the attempt: rank 0 claims it, the others wait for that."""
        claimed = self.control / "claimed"
        if self.rank == 0:
            try:
                claimed.mkdir()
            except FileExistsError:
                return False
            (claimed / "ran").touch()
        while not (claimed / "ran").exists():
            if (self.control / "stop").exists():
                return False
            time.sleep(LOOK_EVERY_S)
        return True

    def drive(self) -> None:
        """Have the script run by a keeper and write what it reports; the first rank only, if so wished."""
        if self.rank and not self.launch.on_every_node:
            return self.keep_place()
        driver = LocalDriver(self.control / f"ray.{self.rank}", self.machine())
        inner = msgspec.structs.replace(
            self.launch, nodes=1, cpus=0, lost_after_s=KEEPER_PATIENCE_S, engine_options={}
        )
        (answer,) = driver.start([inner])
        if isinstance(answer, Refused):
            raise RuntimeError(answer.faults)
        lease = LeaseWatch(self.lease, boot_s())
        while self.state.ended is None:
            reports = driver.poll(LOOK_EVERY_S)
            for report in reports:
                self.take(report)
            if reports:
                self.write()
            driver.acknowledge()
            self.heed(driver, lease)
        driver.end()
        return None

    def keep_place(self) -> None:
        """Hold the devices until the first rank has ended."""
        first = self.control / "ray.0.json"
        while True:
            time.sleep(LOOK_EVERY_S)
            state = read_state(first)
            if state is not None and state.ended is not None:
                self.state.ended = msgspec.structs.replace(state.ended, usage=None)
                return self.write()

    def machine(self) -> Machine:
        """What Ray gave: this launch's devices and no more."""
        variables = {"SUANWANG_NODE_RANK": str(self.rank), "SUANWANG_NODES": str(self.launch.nodes)}
        if self.visible:
            variables["SUANWANG_DEVICES"] = variables["CUDA_VISIBLE_DEVICES"] = self.visible
        devices = -(-self.launch.units_milli // 1000)
        memory_mb = max(self.launch.memory_mb, 1)
        return Machine((DevicePool(self.launch.device, devices),), devices, memory_mb, variables)

    def take(self, report: Report) -> None:
        """Take in one report of the keeper."""
        match report:
            case Running():
                self.state.since_us = report.since_us
            case Usage():
                self.state.usage = report
            case Ended():
                cause = report.cause if report.cause != "cancelled" else self.cause or "cancelled"
                self.state.ended = msgspec.structs.replace(report, cause=cause)
                if report.outcome == "failure":
                    with contextlib.suppress(OSError), (self.control / "code").open("x") as file:
                        file.write(f"{report.exit_code}\n")
            case _:
                pass

    def heed(self, driver: LocalDriver, lease: LeaseWatch) -> None:
        """Stop where the driver says so, the agent is silent for too long, or another rank has failed.

        A new limit is passed on to the keeper.
        """
        if self.stopped:
            return
        with contextlib.suppress(FileNotFoundError):
            limit_s = int(self.limit.read_text())
            if limit_s != self.limit_s:
                driver.prolong(self.launch.attempt, limit_s)
                self.limit_s = limit_s
        stop, grace_s = self.control / "stop", 0
        if stop.exists():
            text = stop.read_text(errors="replace").strip()
            self.cause, grace_s = "cancelled", int(text) if text.isascii() and text.isdigit() else 0
        elif (self.control / "code").exists() and self.launch.nodes > 1:
            self.cause = "engine"
        elif 0 < self.launch.lost_after_s <= lease.silent_s(boot_s()):
            self.cause = "unacknowledged"
        if self.cause and self.state.ended is None:
            self.stopped = True
            driver.stop([self.launch.attempt], grace_s)

    def write(self) -> None:
        """Put what is known into its file, in one step."""
        path = self.control / f"ray.{self.rank}.json"
        self.control.mkdir(exist_ok=True)  # a job may have removed it
        beside = path.with_suffix(".new")
        beside.write_bytes(msgspec.json.encode(self.state))
        beside.replace(path)


def read_state(path: Path) -> RankState | None:
    """What a rank last wrote; none before it has, or where its job has written something else over it."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError:
        return None
    try:
        return msgspec.json.decode(os.pread(descriptor, STATE_BYTES_MOST, 0), type=RankState)
    except (OSError, msgspec.MsgspecError):
        return None
    finally:
        os.close(descriptor)
