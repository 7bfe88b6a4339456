"""The anchor port: a second place, out of the log's operator's hands, that remembers checkpoints.

A newspaper, another ministry's server, a blockchain: whatever cannot quietly forget. It keeps 32 bytes for a
checkpoint, SHA-256 over its text, so that a chain need not carry more; the text can be computed by anyone
from the export. An auditor who reads the anchor finds a fork or a rollback even where every signature is
sound.
"""

import hashlib
from collections.abc import Iterable
from typing import Protocol

import msgspec

from suanwang.audit.checkpoint import Checkpoint


class AnchorRecord(msgspec.Struct, frozen=True):
    """What an anchor remembers: the tree's size, the digest of the checkpoint's text, and where it stands."""

    size: int
    digest: bytes
    place: str


class Anchor(Protocol):
    """A home of anchored checkpoints."""

    def anchor(self, checkpoint: Checkpoint) -> AnchorRecord:
        """Remember a checkpoint; the same one twice is one record."""
        ...

    def records(self, origin: str) -> Iterable[AnchorRecord]:
        """All that is remembered of a log, oldest first."""
        ...


def anchor_digest(checkpoint: Checkpoint) -> bytes:
    """The 32 bytes that stand for a checkpoint: SHA-256 over origin, size and root as its text has them."""
    return hashlib.sha256(
        Checkpoint(checkpoint.origin, checkpoint.size, checkpoint.root).text.encode()
    ).digest()
