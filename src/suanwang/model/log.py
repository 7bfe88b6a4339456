"""The log port: what every home of the log promises. `tests/contract/test_log.py` holds each home to it.

A log is a sequence of events, each the stored bytes of one event, appended in groups and never edited. Each
entry of a group belongs to one input, named by the id that its client made; the log remembers which events an
input led to, so the same input twice has one result.
"""

from collections.abc import Iterator, Sequence
from typing import Protocol

import msgspec

from suanwang.units.errors import Fault, SuanwangError

INPUT_ID_BYTES_MAX = 255
DIGEST_BYTES = 32
EPOCHS_APART = 1_000_000
"""Epochs count the leaders of a log. One that was restored counts on from the calendar's microseconds, so
that its next epoch lies farther above its last than leaders who wrote nothing could have come to."""


class Entry(msgspec.Struct, frozen=True, gc=False):
    """One input's events. `input_digest` is the SHA-256 of the input's body: the body itself is not kept.

    An input may have no events: then it is remembered all the same.
    """

    input_id: str
    input_digest: bytes
    events: tuple[bytes, ...]


class Recorded(msgspec.Struct, frozen=True, gc=False):
    """Where an input's events lie: `count` of them from index `first_index`."""

    input_id: str
    input_digest: bytes
    first_index: int
    count: int


class Appended(msgspec.Struct, frozen=True, gc=False):
    """The result of one entry. `repeated`: the log had the input already, with these events."""

    recorded: Recorded
    repeated: bool


class InputConflict(SuanwangError):
    """An input id came again with another body. Nothing of its group was appended."""


class StaleEpoch(SuanwangError):
    """Another leader has taken over; this one may not append any more."""


class LogBusy(SuanwangError):
    """Another writer holds the log."""


class LogDamaged(SuanwangError):
    """What is stored is not what was appended, and not merely a torn end."""


class LogFailed(SuanwangError):
    """An append did not reach the disk for certain; drop what is in memory and open the log again."""


class LogReader(Protocol):
    """Reads whole, durable groups; never changes anything. Any number may read beside the writer."""

    @property
    def size(self) -> int:
        """How many events the log had at the last `refresh` (or append)."""
        ...

    def refresh(self) -> int:
        """See what was appended since; the size now."""
        ...

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The stored bytes of events `start` to `stop` (exclusive; None: to the end), in order."""
        ...

    def entries(self) -> Iterator[Entry]:
        """Every entry with its events, in an order in which they can be appended to another home."""
        ...

    def recorded(self, input_id: str) -> Recorded | None:
        """What the log has for an input, or None where it has not seen it."""
        ...

    def close(self) -> None:
        """Let go of files and locks."""
        ...


class LogWriter(LogReader, Protocol):
    """The one writer. Opening it takes the lead: a new epoch, written down before the first append."""

    @property
    def epoch(self) -> int:
        """The number of this leadership, larger than all before it."""
        ...

    @property
    def repairs(self) -> tuple[Fault, ...]:
        """What opening had to repair, each a warning with what was set aside and where."""
        ...

    def append(self, entries: Sequence[Entry]) -> list[Appended]:
        """Append a group: all of it durable on return, or none of it.

        Raises InputConflict (an id with another body, also twice in one group), StaleEpoch, LogFailed, and
        InvalidInput for events or ids that no log can hold.
        """
        ...
