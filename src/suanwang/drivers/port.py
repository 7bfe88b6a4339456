"""The port to an engine that runs attempts of jobs: probe, start, poll, stop, read, clean.

An engine may be this machine, a cluster, or another platform that answers for many centres: nothing here
assumes that it is small, near or single. Calls block, take lists, and may come from several threads. They
raise EngineAway when the engine does not answer; nothing is lost by calling again, since an attempt is named
`<job>.<number>` and runs at most once under that name, whoever died in between.

The engine's own records are the truth and a driver reads them: reports may be told twice (always after
`adopt`), never lost, and say the same each time. A meter is read, not reset: each `Usage` counts from the
start of the attempt, so a reading that is missed or doubled changes no bill.
"""

from collections.abc import Sequence
from typing import Literal, Protocol

import msgspec

from suanwang.units.errors import Fault, SuanwangError

Stream = Literal["stdout", "stderr"]
Outcome = Literal["success", "failure", "killed", "lost"]
"""`success`: exit status 0 by itself; `failure`: another one by itself; `killed`: ended by the driver or the
engine, for a `Cause`; `lost`: the engine cannot tell what became of it, and nothing of it runs any more."""
Cause = Literal[
    "", "limit_time", "limit_memory", "limit_output", "cancelled", "unacknowledged", "engine", "refused"
]
"""Why an attempt was killed. `limit_…`: it passed that limit; `cancelled`: `stop` was asked for;
`unacknowledged`: no `acknowledge` for `lost_after_s`; `engine`: the engine took it down for its own reasons
(a node failed, a preemption inside the engine); `refused`: it never began, since the engine took it on and
found later that it may not have what it asks for."""


class EngineAway(SuanwangError):
    """The engine does not answer now. What was asked may or may not have been done; ask again."""

    exit_code = 1


class Launch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One attempt to be run.

    `attempt`: `<job>.<number>`, at most 128 of letters, digits and `._-`: its identity everywhere.
    `name`: what people call the job; shown by the engine, never parsed.
    `script`: shell text, set-up and run in one; a first line `#!` names another interpreter than sh.
    `folder`: absolute, made by the agent and seen by every node that will run the attempt; inputs lie in it
    already. The script starts in it; its logs go to `.suanwang/` in it; all of it is scratch to `clean`.
    `device`, `units_milli`, `nodes`: a gang of `nodes` nodes with `units_milli` thousandths of a device each.
    `cpus`, `memory_mb`: per node; 0 leaves both to the engine. More memory than `memory_mb` ends the attempt.
    `time_limit_s`: of running time, pauses left out; always finite, as money is held for it.
    `output_limit_bytes`: by how much the folder, logs included, may grow; 0 is no limit.
    `lost_after_s`: end the attempt if `acknowledge` is not called for so long; 0 never.
    `on_every_node`: run the script once on each node (rank in SUANWANG_NODE_RANK), or on the first only.
    `checkpoint_path`: relative to the folder, told to the script as SUANWANG_CHECKPOINT; empty: none.
    `array`, `array_index`: launches of one array (its name; "": of none) share all but attempt, folder,
    index and variables; told as SUANWANG_ARRAY_INDEX; -1: not of an array. `array_variables`: told too, as
    Slurm would tell them.
    `tasks_per_node`: so many tasks srun starts on each node, where there is one; they share its `cpus`.
    `env`: told to the script. `secrets`: the same, and written nowhere that outlives the attempt.
    `outputs`: files and folders, relative to the folder, that `outputs` lists; empty: all files.
    `engine_options`: passed through by name; some of `Features.options`.
    """

    attempt: str
    name: str
    script: str
    folder: str
    device: str
    units_milli: int
    time_limit_s: int
    nodes: int = 1
    cpus: int = 0
    memory_mb: int = 0
    output_limit_bytes: int = 0
    lost_after_s: int = 0
    on_every_node: bool = True
    checkpoint_path: str = ""
    array: str = ""
    array_index: int = -1
    array_variables: dict[str, str] = {}
    tasks_per_node: int = 1
    env: dict[str, str] = {}
    secrets: dict[str, str] = {}
    outputs: tuple[str, ...] = ()
    engine_options: dict[str, str] = {}


class Started(msgspec.Struct, frozen=True, tag="started"):
    """The engine has the attempt, from now or from before: `already` says it was known under this name.

    `engine_id` is the engine's own name of it, for people (a Slurm job id, a process id).
    """

    attempt: str
    engine_id: str
    already: bool = False


NO_ROOM = "no_room"
"""The kind of the fault of an attempt that this engine can never hold; another one may."""


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """The attempt was not started, and nothing of it remains. `retry`: it may fit later, unchanged."""

    attempt: str
    faults: tuple[Fault, ...]
    retry: bool = False


class Running(msgspec.Struct, frozen=True, tag="running"):
    """The script runs on its devices since `since_us`."""

    attempt: str
    since_us: int


class Paused(msgspec.Struct, frozen=True, tag="paused"):
    """The script stands still since `since_us`; another `Running` follows when it goes on."""

    attempt: str
    since_us: int


class Usage(msgspec.Struct, frozen=True, tag="usage"):
    """A reading of the attempt's meter: what it used from `from_us`, its start, to `until_us`.

    Figures are of the operating system or of the engine, never of the plan, and only grow.
    `meter`: which meter it is, `<engine>/<place>`; one attempt keeps one meter.
    `milli_device_seconds`: devices held × seconds of running, rounded up: what ran has used something.
    `cpu_ms`: user and system time of all its processes. `memory_peak_kb`: the highest seen; 0: not known.
    `energy_j`: where the engine measures it.
    """

    attempt: str
    meter: str
    from_us: int
    until_us: int
    milli_device_seconds: int
    cpu_ms: int = 0
    memory_peak_kb: int = 0
    energy_j: int | None = None


class Ended(msgspec.Struct, frozen=True, tag="ended"):
    """The attempt is over at `at_us`, no process of it is left and its devices are free.

    `exit_code`: of the script, 128 + signal if a signal ended it; none where `lost` or never begun.
    `usage`: the last reading; none if it never ran. `detail`: what the engine says of it, for people.
    """

    attempt: str
    at_us: int
    outcome: Outcome
    cause: Cause = ""
    exit_code: int | None = None
    usage: Usage | None = None
    detail: str = ""


Report = Running | Paused | Usage | Ended


class Pool(msgspec.Struct, frozen=True):
    """Nodes of one kind: `nodes` times `devices_per_node` of `device`, with `cpus` and `memory_mb` each.

    `declared`: the devices are told by the configuration, not seen by the machine or the engine.
    `place`: the engine's name for where they are (a partition), empty if it has none.
    """

    device: str
    nodes: int
    devices_per_node: int
    cpus: int
    memory_mb: int
    declared: bool = False
    place: str = ""


class Features(msgspec.Struct, frozen=True):
    """What the engine can do.

    `accounting` names where its usage comes from; `options`: what a launch may tell it by name.
    """

    multi_node: bool
    arrays: bool
    pause: bool
    fractions: bool
    checkpoint: bool
    memory_limit: bool
    accounting: str
    options: tuple[str, ...] = ()


class Capabilities(msgspec.Struct, frozen=True):
    """What an engine is and has, as read from it."""

    engine: str
    version: str
    pools: tuple[Pool, ...]
    features: Features


class Shape(msgspec.Struct, frozen=True):
    """A gang that fits now: `nodes` nodes with `units_milli` thousandths of `device` each.

    Of shapes that hold each other only the largest are told: a gang fits if some shape has its device, as
    many nodes and as many units or more.
    """

    device: str
    units_milli: int
    nodes: int


class OutputFile(msgspec.Struct, frozen=True):
    """One file that the attempt left: its path relative to the folder, with `/`, and its size."""

    path: str
    bytes: int


class Erased(msgspec.Struct, frozen=True, tag="erased"):
    """What `clean` erased of one attempt: the folder with inputs, scratch, outputs and logs."""

    attempt: str
    files: int
    bytes: int


class Driver(Protocol):
    """An engine, driven. Made by its class; `close` lets go of it, and what it runs goes on."""

    def probe(self) -> Capabilities:
        """What the engine is and has, as read from it now."""
        ...

    def usable(self) -> tuple[Shape, ...]:
        """Which gangs fit now: usable capacity, not idle capacity."""
        ...

    def start(self, launches: Sequence[Launch]) -> list[Started | Refused]:
        """Take on attempts, one answer each in order. The intention is durable before anything runs."""
        ...

    def poll(self, wait_s: float = 0.0) -> list[Report]:
        """What is new since the last poll, waiting up to `wait_s` for the first report."""
        ...

    def adopt(self) -> list[Report]:
        """All that is known of every attempt that is not yet cleaned, as after the agent's own death."""
        ...

    def acknowledge(self) -> None:
        """The platform has just heard from this agent: every attempt's `lost_after_s` begins anew."""
        ...

    def stop(self, attempts: Sequence[str], grace_s: int) -> list[Refused]:
        """SIGTERM to the whole tree of each, SIGKILL after `grace_s`. `Ended` follows by `poll`."""
        ...

    def prolong(self, attempt: str, time_limit_s: int) -> list[Refused]:
        """From now on it may run for `time_limit_s` seconds in all; nothing to one that has ended.

        Refused where the engine does not give it more time: it ends at its old limit then.
        """
        ...

    def pause(self, attempts: Sequence[str]) -> list[Refused]:
        """Let them stand still, devices kept. Those that cannot are refused."""
        ...

    def resume(self, attempts: Sequence[str]) -> list[Refused]:
        """Let paused ones go on."""
        ...

    def read_log(self, attempt: str, stream: Stream, offset: int, limit: int) -> bytes:
        """Up to `limit` bytes of what the script wrote, from `offset`; empty at the end for now."""
        ...

    def outputs(self, attempt: str) -> tuple[OutputFile, ...]:
        """The files it left under the paths of `Launch.outputs`, sorted; links are not followed."""
        ...

    def read_output(self, attempt: str, path: str, offset: int, limit: int) -> bytes:
        """Up to `limit` bytes of one of `outputs`, from `offset`."""
        ...

    def clean(self, attempts: Sequence[str]) -> list[Erased | Refused]:
        """Erase what each left behind and forget it. One that still runs, or is not known, is refused.

        The name stays used: an attempt that was cleaned does not start again.
        """
        ...

    def close(self) -> None:
        """Let go of the engine. What it runs goes on."""
        ...
