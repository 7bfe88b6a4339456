"""What a centre's agent reports: facts about attempts, from the driver, never from the plan.

Instants are the agent's, UTC microseconds. A fact may arrive twice; the attempt, the meter and the interval
name it.
"""

from typing import Literal

import msgspec

from suanwang.model.job import Outcome

EndReason = Literal[
    "",
    "exit",
    "limit_time",
    "limit_memory",
    "limit_output",
    "cancelled",
    "preempted",
    "fenced",
    "start_failed",
    "does_not_fit",
    "vanished",
    "moved",
]


class Fact(msgspec.Struct, frozen=True, gc=False, tag_field="fact"):
    """The root: which attempt it is about."""

    attempt: str


class Started(Fact, frozen=True, tag="started"):
    """It runs since `at`."""

    at: int


class Paused(Fact, frozen=True, tag="paused"):
    """It stands still since `at`."""

    at: int


class Resumed(Fact, frozen=True, tag="resumed"):
    """It goes on since `at`."""

    at: int


class Used(Fact, frozen=True, tag="used"):
    """It held `milli` milli-devices in [from_at, to_at), as `meter` read; energy in Wh where it is read."""

    meter: str
    from_at: int
    to_at: int
    milli: int
    energy_wh: int | None = None


class Progressed(Fact, frozen=True, tag="progressed"):
    """How far it says it is, in parts of 10,000, with a word of its own (at most 200 letters)."""

    done_bp: int
    note: str


class Saved(Fact, frozen=True, tag="saved"):
    """A checkpoint lies beside the log under `content`."""

    content: str
    at: int


class Ended(Fact, frozen=True, tag="ended"):
    """It is over since `at`. `outcome` is never `lost` here: that is what silence says."""

    at: int
    outcome: Outcome
    reason: EndReason = ""
    exit_code: int | None = None
    note: str = ""
    outputs: str = ""


class Erased(Fact, frozen=True, tag="erased"):
    """Scratch and input copies of the attempt are gone: how many files and bytes."""

    at: int
    files: int
    bytes: int


AnyFact = Started | Paused | Resumed | Used | Progressed | Saved | Ended | Erased


class FitShape(msgspec.Struct, frozen=True, gc=False):
    """A gang that fits a pool now: `nodes` nodes of `units_milli` milli-devices each."""

    pool: str
    units_milli: int
    nodes: int
