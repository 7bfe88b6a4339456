"""What a centre's agent and the platform say to each other. The agent always calls; the platform answers.

    POST /v1/centres/{centre}/join       Join → Joined
    POST /v1/centres/{centre}/exchange   Exchange → Orders, held open for at most `wait_s` seconds
    GET  /v1/contents/{content}          bytes
    PUT  /v1/contents                    bytes → ContentKept
    POST /v1/attempts/{attempt}/log      LogPart → LogTaken

An agent that gets no answer sends the same exchange again, `report_id` and all: facts count once. The time at
which it *sent* an exchange that was answered is its last acknowledgement, for the fence.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from suanwang.model.bounds import AttemptName, Bytes, Digest, Instant
from suanwang.model.facts import AnyFact, FitShape
from suanwang.model.orders import AnyOrder

WAIT_SECONDS_MOST = 50
FACTS_MOST = 10_000
SESSION_MOST = 2**53
LOG_PART_BYTES_MOST = 1 << 20


class Join(msgspec.Struct, frozen=True):
    """An agent takes up work. `session` is greater than that of any agent before it: its start in ms, say."""

    session: Annotated[int, Meta(ge=1, le=SESSION_MOST)]


class Joined(msgspec.Struct, frozen=True):
    """Taken in, when the platform's clock said `at`. `epoch` counts the platform's leaders.

    `attempts`: those of the centre that are not over.
    """

    centre: str
    session: int
    epoch: int
    attempts: tuple[str, ...]
    at: Instant


class Exchange(msgspec.Struct, frozen=True):
    """What happened since, in order; `fits` where that changed; the last order that the agent has on disk.

    `seen_order` 0 asks for all orders that stand. `wait_s`: how long to wait for one where there is none.
    """

    report_id: Annotated[str, Meta(pattern=r"^[\w.-]{1,80}(?!\n)$")]
    session: Annotated[int, Meta(ge=1, le=SESSION_MOST)]
    facts: Annotated[tuple[AnyFact, ...], Meta(max_length=FACTS_MOST)] = ()
    fits: Annotated[tuple[FitShape, ...], Meta(max_length=10_000)] | None = None
    seen_order: Annotated[int, Meta(ge=0, le=SESSION_MOST)] = 0
    wait_s: Annotated[int, Meta(ge=0, le=WAIT_SECONDS_MOST)] = 0


class Orders(msgspec.Struct, frozen=True):
    """Orders after `seen_order`, by number. `acknowledged`: the report is in the log.

    `at`: what the platform's clock says; the orders' instants are by it. `follow`: attempts whose log
    somebody reads now; send those soon.
    """

    orders: tuple[AnyOrder, ...]
    acknowledged: str
    at: Instant
    follow: tuple[AttemptName, ...] = ()


class ContentKept(msgspec.Struct, frozen=True):
    """A content lies beside the log under this name."""

    name: Digest


class LogPart(msgspec.Struct, frozen=True):
    """What an attempt wrote to one stream, from byte `offset` of it."""

    stream: Literal["stdout", "stderr"]
    offset: Bytes
    bytes: Annotated[bytes, Meta(max_length=LOG_PART_BYTES_MOST)]


class LogTaken(msgspec.Struct, frozen=True):
    """The platform has the stream up to `size` bytes: send what comes after, wherever it was before."""

    size: int
