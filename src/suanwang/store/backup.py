"""A backup: log, inputs and papers of a home in one file, which any home can be made from again.

    magic 16 | records | SHA-256 of everything before 32
    record   = kind 1 | length 8 | payload

Kinds, in this order: `G` a group of entries framed as in the log file (`group_frame.py`), `P` a paper, `Z`
what is in the file, once: {"events", "inputs", "papers", "root"}, the root being that of the Merkle tree over
the events (RFC 6962, SHA-256), which a published checkpoint of that size has too. Numbers are big-endian.
Snapshots are left out, for the log makes them again.
"""

import hashlib
import os
import struct
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO

import msgspec

from suanwang.audit.hashing import SHA256
from suanwang.audit.merkle import CompactRange
from suanwang.model.log import Entry
from suanwang.store.durable_file import sync_folder
from suanwang.store.group_frame import (
    HEADER_BYTES,
    decode_header,
    encode_frame,
    frame_entries,
    payload_is_sound,
)
from suanwang.store.home import Home
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

MAGIC = b"SUANWANG-BACKUP\x01"
GROUP, PAPER, CONTENTS = b"G", b"P", b"Z"
_RECORD = struct.Struct(">cQ")
SEAL_BYTES = 32
GROUP_EVENTS = 2_000
GROUP_BYTES = 8 << 20


class Contents(msgspec.Struct, frozen=True):
    """What a backup holds. `root`: hex, of the Merkle tree over its events."""

    events: int
    inputs: int
    papers: int
    root: str


class Tally:
    """Counts what goes by and grows the tree over the events."""

    def __init__(self) -> None:
        self._tree = CompactRange(SHA256)
        self._inputs = 0
        self.papers = 0

    def take(self, entries: Iterable[Entry]) -> None:
        """Count entries and their events."""
        for entry in entries:
            self._inputs += 1
            self._tree.extend(SHA256.leaves(entry.events))

    @property
    def contents(self) -> Contents:
        """What went by so far."""
        return Contents(self._tree.size, self._inputs, self.papers, self._tree.root().hex())


class _Sealed:
    """A file in writing or reading, whose bytes are hashed as they go by."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file
        self.hash = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.file.write(data)
        self.hash.update(data)

    def read(self, length: int) -> bytes:
        data = self.file.read(length)
        self.hash.update(data)
        return data


def write_backup(home: Home, out: Path) -> Contents:
    """Write the backup of `home` to `out`, which is replaced whole or not at all; what is in it.

    A platform may run meanwhile: the log is taken as it is at the start. Papers come after it, so none that
    an event names is missing, unless it was erased.
    """
    beside = out.with_name(f".{out.name}.{os.getpid()}.new")
    descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        with os.fdopen(descriptor, "wb") as file:
            contents = _write(home, _Sealed(file))
            file.flush()
            os.fsync(file.fileno())
        beside.replace(out)
    finally:
        beside.unlink(missing_ok=True)
    sync_folder(out.absolute().parent)
    return contents


def _write(home: Home, file: _Sealed) -> Contents:
    tally = Tally()
    file.write(MAGIC)
    log = home.reader()
    try:
        first = 0
        for group in groups(log.entries()):
            tally.take(group)
            header, payload = encode_frame(group, 0, first)
            first = header.next_event
            _write_record(file, GROUP, header.bytes + payload)
    finally:
        log.close()
    papers = home.papers()
    try:
        for digest in papers.digests():
            try:
                paper = papers.read(digest)
            except InvalidInput as error:
                if error.faults[0].kind == "paper-missing":
                    continue  # erased since its name was read
                raise
            _write_record(file, PAPER, paper)
            tally.papers += 1
    finally:
        papers.close()
    _write_record(file, CONTENTS, msgspec.json.encode(tally.contents))
    file.write(file.hash.digest())
    return tally.contents


def _write_record(file: _Sealed, kind: bytes, payload: bytes) -> None:
    file.write(_RECORD.pack(kind, len(payload)))
    file.write(payload)


def groups(entries: Iterable[Entry]) -> Iterator[list[Entry]]:
    """`entries` in groups that a home appends well."""
    group: list[Entry] = []
    events = size = 0
    for entry in entries:
        group.append(entry)
        events += len(entry.events)
        size += sum(map(len, entry.events))
        if events >= GROUP_EVENTS or len(group) >= GROUP_EVENTS or size >= GROUP_BYTES:
            yield group
            group, events, size = [], 0, 0
    if group:
        yield group


def read_backup(path: Path) -> Iterator[list[Entry] | bytes | Contents]:
    """The groups, papers and at last the contents of a backup, its seal verified before the last is given.

    Until the contents came, nothing is to be believed. Raises InvalidInput where it is no backup, is cut
    short or was changed.
    """
    try:
        with path.open("rb") as opened:
            yield from _records(_Sealed(opened), path)
    except OSError as error:
        what = Text("the backup cannot be read", "无法读取备份")
        raise InvalidInput([Fault(str(path), what, error.strerror or str(error), kind="backup")]) from None


def _records(file: _Sealed, path: Path) -> Iterator[list[Entry] | bytes | Contents]:
    if file.read(len(MAGIC)) != MAGIC:
        raise InvalidInput([_spoiled(path, 0, Text("this is no backup", "不是备份文件"))])
    changed = Text("the backup was changed", "备份被改动")
    left = path.stat().st_size - len(MAGIC) - SEAL_BYTES
    first = 0
    while True:
        at = file.file.tell()
        head = file.read(_RECORD.size)
        kind, length = _RECORD.unpack(head) if len(head) == _RECORD.size else (b"", 0)
        left -= _RECORD.size + length
        if left < 0:
            short = Text("the backup is cut short or changed", "备份不完整或被改动")
            raise InvalidInput([_spoiled(path, at, short)])
        payload = file.read(length)
        if kind == GROUP:
            header = decode_header(payload)
            body = payload[HEADER_BYTES:]
            if header is None or header.first_event != first or not payload_is_sound(header, body):
                raise InvalidInput([_spoiled(path, at, changed)])
            first = header.next_event
            yield list(frame_entries(body, header.entries))
        elif kind == PAPER:
            yield payload
        elif kind == CONTENTS:
            seal = file.hash.digest()
            if left or file.file.read(SEAL_BYTES + 1) != seal:
                raise InvalidInput([_spoiled(path, at, changed)])
            yield msgspec.json.decode(payload, type=Contents)
            return
        else:
            raise InvalidInput([_spoiled(path, at, changed)])


def _spoiled(path: Path, at: int, what: Text) -> Fault:
    return Fault(
        f"{path}: byte {at}",
        what,
        expected=Text("the file that `suanwang backup` wrote", "`suanwang backup` 写出的文件"),
        remedy=Text("take another copy of it; nothing was restored", "请换用其他副本；未恢复任何内容"),
        kind="backup",
    )
