"""Snapshots: the state of the log's reader at an event, so that opening reads only what came after.

A snapshot is a help and never the truth: one that is not whole is passed over, and the log alone makes the
same state. As stored, in every home:

    magic 8 | format version 4 | index 8 | bytes of state 8 | SHA-256 of state 32 | state
"""

import struct
from collections.abc import Iterable, Iterator
from hashlib import sha256
from io import BytesIO
from typing import Protocol

import msgspec

from suanwang.units.errors import Fault
from suanwang.units.text import Text

KEPT = 2
"""The newest, and one before it in case the newest cannot be read."""
PART_BYTES = 16 << 20
MAGIC = b"SWSNAP\x01\n"
_HEAD = struct.Struct(">8sIQQ32s")


class Snapshot(msgspec.Struct, frozen=True):
    """The state after events 0 to `index` - 1, in the encoding of its owner, whose version is `version`."""

    index: int
    version: int
    state: bytes


class Found(msgspec.Struct, frozen=True):
    """The newest snapshot that can be used, None where there is none, and what was passed over."""

    snapshot: Snapshot | None
    warnings: tuple[Fault, ...] = ()


class Snapshots(Protocol):
    """A place for snapshots. `tests/contract/test_snapshots.py` holds each home to it."""

    def put(self, snapshot: Snapshot) -> None:
        """Keeps a snapshot, durable and whole on return or not at all; only the newest KEPT stay."""
        ...

    def newest(self, version: int, index_most: int) -> Found:
        """The newest snapshot of this format that is not ahead of the log, whose size is `index_most`."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def snapshot_parts(snapshot: Snapshot) -> Iterator[bytes | memoryview]:
    """A snapshot as it is stored, in parts of at most PART_BYTES that are no copies of the state."""
    digest = sha256(snapshot.state).digest()
    yield _HEAD.pack(MAGIC, snapshot.version, snapshot.index, len(snapshot.state), digest)
    state = memoryview(snapshot.state)
    for at in range(0, len(state), PART_BYTES):
        yield state[at : at + PART_BYTES]


def read_snapshot(parts: Iterable[bytes]) -> Snapshot | None:
    """The snapshot that `parts` are, cut anywhere; None where it is not whole. The state is held once."""
    head = b""
    written = BytesIO()
    for part in parts:
        wanted = _HEAD.size - len(head)
        head += part[:wanted]
        written.write(memoryview(part)[wanted:])
    if len(head) < _HEAD.size:
        return None
    magic, version, index, length, digest = _HEAD.unpack(head)
    state = written.getvalue()
    if magic != MAGIC or len(state) != length or sha256(state).digest() != digest:
        return None
    return Snapshot(index, version, state)


def choose(stored: Iterable[tuple[int, str, Iterable[bytes]]], version: int, index_most: int) -> Found:
    """The first usable one of `stored`: (index, place, parts), the newest first."""
    warnings: list[Fault] = []
    for index, place, parts in stored:
        if index > index_most:
            continue
        snapshot = read_snapshot(parts)
        if snapshot is None or snapshot.index != index:
            warnings.append(_unreadable(place))
        elif snapshot.version == version:
            return Found(snapshot, tuple(warnings))
    return Found(None, tuple(warnings))


def _unreadable(place: str) -> Fault:
    return Fault(
        place,
        Text("a snapshot cannot be read and was passed over", "快照无法读取，已跳过"),
        remedy=Text(
            "none is needed: an older one or the log itself gives the same state, only slower",
            "无需处理：旧快照或日志可得到相同状态，只是较慢",
        ),
        kind="snapshot-unreadable",
        warning=True,
    )
