"""What a centre's agent reports: facts about attempts, from the driver, never from the plan.

Instants are the agent's, UTC microseconds. A fact may arrive twice; the attempt, the meter and the interval
name it.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from suanwang.model.bounds import AttemptName, BasisPoints, Bytes, Count, Digest, Instant, Name
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

    attempt: AttemptName


class Started(Fact, frozen=True, tag="started"):
    """It runs since `at`."""

    at: Instant


class TookOver(Fact, frozen=True, tag="took_over"):
    """It stood by, and its agent begins it where `place_of`, which is alike, has just ended."""

    at: Instant
    place_of: AttemptName


class Paused(Fact, frozen=True, tag="paused"):
    """It stands still since `at`."""

    at: Instant


class Resumed(Fact, frozen=True, tag="resumed"):
    """It goes on since `at`."""

    at: Instant


class Used(Fact, frozen=True, tag="used"):
    """It held `milli` milli-devices in [from_at, to_at), as `meter` read; energy in Wh where it is read."""

    meter: Annotated[str, Meta(min_length=1, max_length=100)]
    from_at: Instant
    to_at: Instant
    milli: Annotated[int, Meta(ge=0, le=10**14)]
    energy_wh: Count | None = None


class Progressed(Fact, frozen=True, tag="progressed"):
    """How far it says it is, in parts of 10,000, with a word of its own (at most 200 letters)."""

    done_bp: BasisPoints
    note: Annotated[str, Meta(max_length=200)]


class Saved(Fact, frozen=True, tag="saved"):
    """A checkpoint lies beside the log under `content`."""

    content: Digest
    at: Instant


class Ended(Fact, frozen=True, tag="ended"):
    """It is over since `at`. `outcome` is never `lost` here: that is what silence says."""

    at: Instant
    outcome: Outcome
    reason: EndReason = ""
    exit_code: Annotated[int, Meta(ge=-(2**31), le=2**32)] | None = None
    note: Annotated[str, Meta(max_length=1000)] = ""
    outputs: Digest = ""


class Erased(Fact, frozen=True, tag="erased"):
    """Scratch and input copies of the attempt are gone: how many files and bytes."""

    at: Instant
    files: Count
    bytes: Bytes


AnyFact = Started | TookOver | Paused | Resumed | Used | Progressed | Saved | Ended | Erased


class FitShape(msgspec.Struct, frozen=True, gc=False):
    """A gang that fits a pool now: `nodes` nodes of `units_milli` milli-devices each."""

    pool: Name
    units_milli: Annotated[int, Meta(ge=1, le=10**9)]
    nodes: Annotated[int, Meta(ge=0, le=10**6)]
