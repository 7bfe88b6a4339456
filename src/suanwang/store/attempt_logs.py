"""What attempts write to their streams, as their agents send it on: beside the log, never in an event.

A stream grows at its end. A part that overlaps what is there is taken from where that ends; one that leaves a
gap is not taken, and whoever sent it learns where to begin.
"""

from typing import Literal, Protocol

Stream = Literal["stdout", "stderr"]
STREAM_BYTES_MOST = 64 << 20
"""What a stream has beyond that counts as taken and is not kept."""


class AttemptLogs(Protocol):
    """A place for streams. `tests/contract/test_attempt_logs.py` holds each home to it. For one thread."""

    def append(self, attempt: str, stream: Stream, offset: int, data: bytes) -> int:
        """Takes a part from byte `offset` on; the stream's size then, durable on return."""
        ...

    def read(self, attempt: str, stream: Stream, offset: int, bytes_most: int) -> bytes:
        """From byte `offset` on, at most so much; nothing where nothing is known."""
        ...

    def erase(self, attempt: str) -> None:
        """Erases both streams for good."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...
