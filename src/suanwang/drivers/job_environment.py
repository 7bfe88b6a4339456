"""The environment of a script: a clean base, what the job asked for, and what Suanwang tells it."""

import os

from suanwang.drivers.port import Launch
from suanwang.drivers.process_tree import MARK

BASE = ("PATH", "HOME", "USER", "LOGNAME", "SHELL", "LANG", "LC_ALL", "TZ", "TMPDIR", "LD_LIBRARY_PATH")
"""What a job takes over from the agent. Nothing else: the agent's own environment holds its token."""
DEFAULT_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


def base_environment() -> dict[str, str]:
    """The part of this process's environment that others may see."""
    return {"PATH": DEFAULT_PATH} | {name: os.environ[name] for name in BASE if name in os.environ}


def told(launch: Launch) -> dict[str, str]:
    """What Suanwang tells the script of itself, node and devices apart."""
    variables = {
        MARK: launch.attempt,
        "SUANWANG_DEVICE": launch.device,
        "SUANWANG_UNITS_MILLI": str(launch.units_milli),
        "SUANWANG_NODES": str(launch.nodes),
    }
    if launch.array_index >= 0:
        variables["SUANWANG_ARRAY_INDEX"] = str(launch.array_index)
    variables |= launch.array_variables
    if launch.checkpoint_path:
        variables["SUANWANG_CHECKPOINT"] = launch.checkpoint_path
    return variables


def script_environment(launch: Launch, base: dict[str, str]) -> dict[str, str]:
    """All variables for the script of `launch`, but those that only its node can tell."""
    return base | launch.env | launch.secrets | told(launch)
