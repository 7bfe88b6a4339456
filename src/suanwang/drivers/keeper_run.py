"""One attempt under the keeper: spawned as the leader of its own session, timed, measured, ended."""

import os
import signal
import time
from typing import Literal

import msgspec

from suanwang.drivers.attempt_folder import CONTROL, folder_bytes, write_script
from suanwang.drivers.device_slots import Assigned
from suanwang.drivers.job_environment import script_environment
from suanwang.drivers.port import Cause, Ended, Launch, Outcome, Usage
from suanwang.drivers.process_tree import TICKS_PER_SECOND, Process

SECOND_NS = 1_000_000_000
KEEPER_MARK = "SUANWANG_KEEPER"
"""The variable that names the keeper in the environment of all it runs, so that its heir can find them."""
LOG_FLAGS = os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_NOFOLLOW
RESET_SIGNALS = (signal.SIGPIPE, signal.SIGINT, signal.SIGXFSZ)
"""What Python ignores or handles and a script expects as it is by default."""


class Run(msgspec.Struct):
    """An attempt that was spawned and has not ended; times in nanoseconds of the monotonic clock.

    `ran_ns`: running time up to `resumed_ns`, from where it runs again unless `state` is paused.
    `kill_at_ns`: when SIGKILL follows. `leader_status`: of the leader once it is gone and others are not.
    """

    attempt: str
    folder: str
    assigned: Assigned
    units_milli: int
    time_limit_ns: int
    memory_limit_kb: int
    output_limit_bytes: int
    lost_after_ns: int
    pid: int
    since_us: int
    resumed_ns: int
    acknowledged_ns: int
    bytes_before: int
    next_reading_ns: int
    state: Literal["running", "paused", "ending"] = "running"
    ran_ns: int = 0
    cause: Cause = ""
    kill_at_ns: int = 0
    leader_status: int | None = None
    cpu_ms: int = 0
    memory_peak_kb: int = 0

    def running_ns(self, now_ns: int) -> int:
        """How long it has run, pauses left out."""
        return self.ran_ns + (now_ns - self.resumed_ns if self.state == "running" else 0)

    def measure(self, tree: list[Process]) -> int:
        """Take in what its processes use, and the memory they hold now in kB."""
        resident_kb = sum(one.resident_kb for one in tree)
        ticks = sum(one.cpu_ticks for one in tree)
        self.cpu_ms = max(self.cpu_ms, ticks * 1000 // TICKS_PER_SECOND)
        self.memory_peak_kb = max(self.memory_peak_kb, resident_kb)
        return resident_kb

    def broken_limit(self, now_ns: int, resident_kb: int) -> Cause:
        """The limit that it passed, if any."""
        if self.running_ns(now_ns) >= self.time_limit_ns:
            return "limit_time"
        if self.lost_after_ns and now_ns - self.acknowledged_ns >= self.lost_after_ns:
            return "unacknowledged"
        if self.memory_limit_kb and resident_kb > self.memory_limit_kb:
            return "limit_memory"
        return ""

    def over_output(self) -> bool:
        """Whether its folder has grown by more than it may."""
        limit = self.output_limit_bytes
        return bool(limit) and folder_bytes(self.folder) - self.bytes_before > limit

    def usage(self, now_ns: int, meter: str) -> Usage:
        """Its meter now."""
        running_us = self.running_ns(now_ns) // 1000
        return Usage(
            attempt=self.attempt,
            meter=meter,
            from_us=self.since_us,
            until_us=time.time_ns() // 1000,
            milli_device_seconds=-(-self.units_milli * running_us // 1_000_000),
            cpu_ms=self.cpu_ms,
            memory_peak_kb=self.memory_peak_kb,
        )

    def ended(self, now_ns: int, meter: str) -> Ended:
        """Its end, once the leader's status is known."""
        status = self.leader_status
        assert status is not None
        code = os.waitstatus_to_exitcode(status)
        outcome: Outcome = "killed" if self.cause else "success" if code == 0 else "failure"
        usage = self.usage(now_ns, meter)
        return Ended(
            attempt=self.attempt,
            at_us=usage.until_us,
            outcome=outcome,
            cause=self.cause,
            exit_code=128 - code if code < 0 else code,
            usage=usage,
        )


def spawn(
    launch: Launch, assigned: Assigned, keeper: str, visible: str, base: dict[str, str], last: dict[str, str]
) -> Run:
    """Start the script as the leader of a session of its own. Raises OSError where it cannot be started.

    Not fork: posix_spawn shares the memory of this process until exec and so costs the same at any size.
    `base` are the variables that all others go over, `last` those that go over all others.
    The folder is entered by this process first, since posix_spawn cannot.
    """
    bytes_before = folder_bytes(launch.folder) if launch.output_limit_bytes else 0
    command = write_script(launch.folder, launch.script)
    environment = script_environment(launch, base)
    environment[KEEPER_MARK] = keeper
    environment["SUANWANG_NODE_RANK"] = "0"
    environment["SUANWANG_DEVICES"] = assigned.indexes
    if visible:
        environment[visible] = assigned.indexes
    environment |= last
    os.chdir(launch.folder)
    try:
        pid = os.posix_spawnp(
            command[0],
            command,
            environment,
            file_actions=(
                (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                (os.POSIX_SPAWN_OPEN, 1, f"{CONTROL}/stdout", LOG_FLAGS, 0o600),
                (os.POSIX_SPAWN_OPEN, 2, f"{CONTROL}/stderr", LOG_FLAGS, 0o600),
            ),
            setsid=True,
            setsigmask=(),
            setsigdef=RESET_SIGNALS,
        )
    finally:
        os.chdir("/")
    now_ns = time.monotonic_ns()
    return Run(
        attempt=launch.attempt,
        folder=launch.folder,
        assigned=assigned,
        units_milli=launch.units_milli,
        time_limit_ns=launch.time_limit_s * SECOND_NS,
        memory_limit_kb=launch.memory_mb * 1024,
        output_limit_bytes=launch.output_limit_bytes,
        lost_after_ns=launch.lost_after_s * SECOND_NS,
        pid=pid,
        since_us=time.time_ns() // 1000,
        resumed_ns=now_ns,
        acknowledged_ns=now_ns,
        bytes_before=bytes_before,
        next_reading_ns=now_ns,
    )
