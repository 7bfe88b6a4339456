"""Slurm's own commands, run and read: jobs, nodes, configuration. Facts as Slurm 22.05 prints them."""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from suanwang.drivers.port import EngineAway
from suanwang.units.errors import Fault, SuanwangError
from suanwang.units.text import Text, same

COMMAND_SECONDS = 60
COMMENT = "suanwang/"
FIELDS = {
    "JobArrayID": 40,
    "JobID": 24,
    "State": 20,
    "StartTime": 20,
    "EndTime": 20,
    "TimeUsed": 24,
    "exit_code": 12,
    "Reason": 60,
    "Comment": 200,
}
"""What squeue is asked of each job, with the width of its column."""
UNUSABLE = ("DOWN", "DRAIN", "FAIL", "MAINT", "NOT_RESPONDING", "RESERVED", "PLANNED", "INVAL", "POWER")


class SlurmRefused(SuanwangError):
    """A command that Slurm answered with no."""


class JobRow(msgspec.Struct, frozen=True):
    """One job, or one element of an array, as squeue tells it; instants in microseconds, 0 where not yet.

    `status` is as wait(2) gives it. `used_s` leaves out the time that it was suspended.
    """

    job: str
    number: str
    state: str
    start_us: int
    end_us: int
    used_s: int
    status: int
    reason: str
    submission: str

    @property
    def index(self) -> int:
        """The element of the array; 0 of what is none."""
        _, _, index = self.job.partition("_")
        return int(index) if index.isdigit() else 0


class NodeRow(msgspec.Struct, frozen=True):
    """One node: what it has, and what of it is taken. `gres` and `gres_used` are counts by `name:type`."""

    name: str
    cpus: int
    cpus_used: int
    memory_mb: int
    memory_used_mb: int
    gres: dict[str, int]
    gres_used: dict[str, int]
    partitions: tuple[str, ...]
    usable: bool


class SlurmCommands:
    """Slurm's commands with one configuration; `conf` empty: the machine's own.

    `token` tells the jobs of one driver from those of others of the same user.
    """

    def __init__(self, conf: str, token: str) -> None:
        self.prefix = f"{COMMENT}{token}/"
        self.environment = {
            "PATH": os.environ.get("PATH", ""),
            "SLURM_TIME_FORMAT": "%s",
            "LC_ALL": "C.UTF-8",
        }
        if conf:
            self.environment["SLURM_CONF"] = conf
        elif "SLURM_CONF" in os.environ:
            self.environment["SLURM_CONF"] = os.environ["SLURM_CONF"]

    def run(self, *command: str, environment: Mapping[str, str] | None = None) -> str:
        """What a command prints. Raises EngineAway where there is no answer, SlurmRefused where it is no."""
        try:
            done = subprocess.run(
                # found by the agent's own path, whatever path a job asks for
                [shutil.which(command[0], path=self.environment["PATH"]) or command[0], *command[1:]],
                env=self.environment if environment is None else environment,
                capture_output=True,
                text=True,
                timeout=COMMAND_SECONDS,
                stdin=subprocess.DEVNULL,
                cwd="/",
                check=False,
            )
        except (OSError, subprocess.TimeoutExpired) as error:
            raise EngineAway([away(command[0], str(error))]) from None
        if done.returncode:
            said = "; ".join((done.stderr.strip() or done.stdout.strip()).splitlines())
            if re.search(
                r"(?i)unable to contact|socket timed out|connection|controller|munge|try again", said
            ):
                raise EngineAway([away(command[0], said)])
            raise SlurmRefused([Fault(command[0], Text("Slurm refuses", "Slurm 拒绝"), said[:500])])
        return done.stdout

    def jobs(self) -> list[JobRow]:
        """All jobs of this driver that Slurm still knows, ended ones for its MinJobAge."""
        columns = ",".join(f"{name}:{width}" for name, width in FIELDS.items())
        told = self.run("squeue", "--me", "-r", "-h", "-t", "all", "-O", columns)
        rows = (job_row(line, self.prefix) for line in told.splitlines() if line.strip())
        return [row for row in rows if row.submission]

    def nodes(self) -> list[NodeRow]:
        """All nodes."""
        told = self.run("scontrol", "show", "node", "-o", "-d")
        return [node_row(line) for line in told.splitlines() if line.startswith("NodeName=")]

    def configuration(self) -> dict[str, str]:
        """The controller's configuration by name."""
        pairs = (line.partition("=") for line in self.run("scontrol", "show", "config").splitlines())
        return {name.strip(): value.strip() for name, _, value in pairs if value}

    def submit(self, options: Sequence[str], script: Sequence[str], environment: Mapping[str, str]) -> str:
        """Submit a batch script with its arguments; the job's number. Raises as `run` does."""
        command = ["sbatch", "--parsable", *options, *script]
        own = {name: self.environment[name] for name in ("SLURM_CONF",) if name in self.environment}
        return self.run(*command, environment={**environment, **own}).strip().split(";")[0]

    def try_on(self, jobs: Sequence[str], *command: str) -> None:
        """A command on jobs, some of which may be gone: that is no error."""
        if jobs:
            try:
                self.run(*command, *jobs)
            except SlurmRefused:
                return


def away(command: str, said: str) -> Fault:
    """Slurm does not answer."""
    return Fault(
        command,
        Text("Slurm does not answer", "Slurm 没有应答"),
        said[:500],
        remedy=same("sinfo; scontrol ping"),
    )


def job_row(line: str, prefix: str) -> JobRow:
    """One line of squeue, in columns of fixed width (a wide sign counts as one)."""
    cells: dict[str, str] = {}
    at = 0
    for name, width in FIELDS.items():
        cells[name] = line[at : at + width].strip()
        at += width
    comment = cells["Comment"]
    return JobRow(
        job=cells["JobArrayID"],
        number=cells["JobID"],
        state=cells["State"],
        start_us=instant_us(cells["StartTime"]),
        end_us=instant_us(cells["EndTime"]),
        used_s=seconds(cells["TimeUsed"]),
        status=int(cells["exit_code"] or 0),
        reason=cells["Reason"],
        submission=comment[len(prefix) :] if comment.startswith(prefix) else "",
    )


def instant_us(text: str) -> int:
    """`%s` of SLURM_TIME_FORMAT in microseconds; 0 for N/A."""
    return int(text) * 1_000_000 if text.isdigit() else 0


def seconds(text: str) -> int:
    """`[days-][hours:]minutes:seconds` in seconds; 0 for what is none."""
    days, _, clock = text.rpartition("-")
    parts = clock.split(":")
    if not all(part.isdigit() for part in parts):
        return 0
    total = 0
    for part in parts:
        total = total * 60 + int(part)
    return total + int(days or 0) * 86_400


def node_row(line: str) -> NodeRow:
    """One line of `scontrol show node -o -d`."""
    cells = dict(re.findall(r"(\w+)=(\S*)", line))
    state = cells.get("State", "DOWN").upper()
    return NodeRow(
        name=cells["NodeName"],
        cpus=int(cells.get("CPUEfctv", cells.get("CPUTot", 0))),
        cpus_used=int(cells.get("CPUAlloc", 0)),
        memory_mb=int(cells.get("RealMemory", 0)),
        memory_used_mb=int(cells.get("AllocMem", 0)),
        gres=gres_counts(cells.get("Gres", "")),
        gres_used=gres_counts(cells.get("GresUsed", "")),
        partitions=tuple(cells.get("Partitions", "").split(",")),
        usable=not any(word in state for word in UNUSABLE) and not state.endswith("*"),
    )


def gres_counts(text: str) -> dict[str, int]:
    """`gpu:a100:4(S:0),shard:8` as counts by `gpu:a100`; (null) is none."""
    found: dict[str, int] = {}
    for part in re.sub(r"\([^)]*\)", "", text).split(","):
        name, _, count = part.rpartition(":")
        if name and count.isdigit():
            found[name] = found.get(name, 0) + int(count)
    return found


def write_scripts(folder: Path, scripts: Mapping[str, str]) -> None:
    """Put scripts into the folder, each in one step."""
    for name, text in scripts.items():
        beside = folder / f".{name}.{os.getpid()}"
        beside.write_text(text)
        beside.replace(folder / name)
