"""What a job runs, and with what: kept beside the log under a name, sent to the agent that runs it.

It holds secrets: it goes to the driver from memory, never to a disk of ours, a log or an event.
"""

from typing import Annotated

import msgspec
from msgspec import Meta

from suanwang.model.bounds import Digest

ENGINE_OPTIONS = (
    "account", "qos", "partition", "constraint", "reservation", "exclude", "nodelist", "licenses",
)  # fmt: skip
"""What a job may tell its engine by name: sbatch's own words, for the engines that know them (sbatch(1))."""


class Batch(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How an sbatch script runs: on its first node only, where srun starts `tasks_per_node` on each node.

    `array_tasks`: what SLURM_ARRAY_TASK_ID is for each index of its array; () where it is of none.
    """

    tasks_per_node: Annotated[int, Meta(ge=1, le=100_000)] = 1
    array_tasks: tuple[int, ...] = ()


class JobContent(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A job's script and surroundings.

    `setup`, `run`: shell text; the second may begin with `#!`. `inputs_archive`: the name of the content that
    holds its input files as tar.gz, "" for none. `outputs`: which files to keep, relative to its folder: a
    path (with all below it) or a pattern (`*` within a name, `**` across folders). `checkpoint_path`: what to
    save of it, and to restore, relative to its folder; "" for nothing. `engine_options`: some of
    `ENGINE_OPTIONS`, for an engine that takes them; what the centre has set for its pool stands above them.
    `batch`: for an sbatch script; None: `run` is run on every node.
    """

    run: str
    setup: str = ""
    env: dict[str, str] = {}
    secrets: dict[str, str] = {}
    inputs_archive: Digest = ""
    outputs: tuple[str, ...] = ()
    checkpoint_path: str = ""
    engine_options: dict[str, str] = {}
    batch: Batch | None = None
