"""`suanwang` as a process of its own, timed from its start to its end."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from suanwang.model.result import Report


class Ran(msgspec.Struct, frozen=True):
    """One process: wall and processor seconds, peak resident memory, standard output."""

    wall_s: float
    cpu_s: float
    peak_gb: float
    output: bytes


class Cleared(msgspec.Struct, frozen=True):
    """One `suanwang clear`."""

    ran: Ran
    report: Report

    @property
    def gap_percent(self) -> float:
        """(cost − bound) / bound."""
        return 100 * self.report.gap if self.report.gap is not None else float("nan")

    @property
    def phases(self) -> str:
        """Seconds by phase, and what lies outside of them: start, imports, exit."""
        inside = ", ".join(f"{name} {seconds:.2f}" for name, seconds in self.report.seconds.items())
        rest = self.ran.wall_s - sum(self.report.seconds.values())
        return f"{inside}, outside of them {rest:.2f} s; processor {self.ran.cpu_s:.1f} s"


def run_suanwang(*arguments: str | Path) -> Ran:
    """Run the command. Raises CalledProcessError where it fails."""
    command = [sys.executable, "-m", "suanwang", *map(str, arguments)]
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        began = time.perf_counter()
        process = subprocess.Popen(command, stdout=output, stderr=errors)
        # wait4 and not wait: it tells the peak memory of this child alone
        _, status, usage = os.wait4(process.pid, 0)
        wall_s = time.perf_counter() - began
        process.returncode = os.waitstatus_to_exitcode(status)
        output.seek(0)
        errors.seek(0)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, command, stderr=errors.read()[-2000:])
        cpu_s = usage.ru_utime + usage.ru_stime
        return Ran(wall_s, cpu_s, usage.ru_maxrss * 1024 / 1e9, output.read())


def clear_process(folder: Path, *flags: str | Path) -> Cleared:
    """`suanwang clear FOLDER --no-page --json FLAGS`, result beside the scenario unless `--out` says else."""
    ran = run_suanwang("clear", folder, "--no-page", "--json", *flags)
    return Cleared(ran, msgspec.json.decode(ran.output, type=Report))
