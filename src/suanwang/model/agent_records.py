"""What a centre's agent writes into its journal before it acts, and what it remembers from it.

Nothing secret: scripts, variables and inputs are fetched anew by the name of their content.
"""

from typing import Literal

import msgspec

from suanwang.model.facts import AnyFact, EndReason
from suanwang.model.job import Outcome
from suanwang.model.orders import AnyOrder, Launch

Phase = Literal["ordered", "begun", "running", "paused", "over", "ended", "erased"]
"""`begun`: its start was asked for; `over`: its engine has ended it; `ended`: that is among the facts."""
LIVE: frozenset[Phase] = frozenset({"begun", "running", "paused"})


class Record(msgspec.Struct, frozen=True, gc=False, tag_field="record"):
    """The root."""


class Booted(Record, frozen=True, tag="booted"):
    """The steady clock counts from the start of the machine that `boot` names, from another one before."""

    boot: str


class SessionBegun(Record, frozen=True, tag="session"):
    """The platform takes reports of this session, as it said when its clock said `at`."""

    session: int
    at: int = 0
    steady_us: int | None = None


class OrderTaken(Record, frozen=True, tag="order"):
    """An order will be carried out. It came when the platform's clock said `at` and the steady one
    `steady_us`."""

    order: AnyOrder
    at: int = 0
    steady_us: int | None = None


class Begun(Record, frozen=True, tag="begun"):
    """Its engine is about to be asked to run it."""

    attempt: str


class Stopping(Record, frozen=True, tag="stopping"):
    """The agent itself is about to stop it."""

    attempt: str
    why: EndReason


class Over(Record, frozen=True, tag="over"):
    """It does not run any more, since `at`."""

    attempt: str
    at: int
    outcome: Outcome
    reason: EndReason
    exit_code: int | None = None
    note: str = ""


class FactKept(Record, frozen=True, tag="fact"):
    """A fact that the platform has to learn."""

    fact: AnyFact


class Acknowledged(Record, frozen=True, tag="acknowledged"):
    """The platform has the first so many of the facts."""

    facts: int


NEVER_ENDED = 2**62
"""The end of a pause that goes on."""


class Work(msgspec.Struct, gc=False):
    """What is remembered of one attempt.

    `stopping`: why it is being stopped, "" while it is not. `used_us`: running time in the facts so far, up
    to `used_to`. `end_known`: the platform has its end. `pauses`: when it stood still since `used_to`.
    `taken_at`: when its launch was heard. `clock_us`: how far its calendar is ahead of the steady clock, see
    `engine.centre_clock`; None where the machine was started anew and the platform has not spoken since.
    """

    launch: Launch
    limit_s: int
    end_at: int
    phase: Phase = "ordered"
    stopping: str = ""
    grace_s: int = 0
    pause: bool = False
    started_at: int | None = None
    used_us: int = 0
    used_to: int = 0
    energy_wh: int = 0
    over: Over | None = None
    end_known: bool = False
    pauses: list[tuple[int, int]] = msgspec.field(default_factory=list)
    taken_at: int = 0
    clock_us: int | None = None


class Memory(msgspec.Struct):
    """All that an agent remembers. `facts`: those not acknowledged, in order. `boot`: see `Booted`."""

    boot: str = ""
    session: int = 0
    seen_order: int = 0
    works: dict[str, Work] = msgspec.field(default_factory=dict)
    facts: list[AnyFact] = msgspec.field(default_factory=list)


class Remembered(Record, frozen=True, tag="remembered"):
    """The memory as it was here: it stands for all records before it."""

    memory: Memory


AnyRecord = (
    Booted | SessionBegun | OrderTaken | Begun | Stopping | Over | FactKept | Acknowledged | Remembered
)
