"""Reading a log file: the scan that tells a torn end from damage, and the read-only second reader.

events.log   the frames, one a group
durable      how many of its bytes are on disk for certain; readers look no further
epoch        the epoch of the last leader
"""

import mmap
import os
from collections.abc import Iterator
from pathlib import Path

from suanwang.model.log import Entry, LogDamaged, Recorded
from suanwang.store.group_frame import (
    HEADER_BYTES,
    MAGIC,
    FrameHeader,
    decode_header,
    entry_at,
    events_of,
    frame_entries,
    payload_is_sound,
)
from suanwang.store.log_faults import missing
from suanwang.store.log_index import LogIndex
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

EVENTS_FILE = "events.log"
DURABLE_FILE = "durable"
EPOCH_FILE = "epoch"
READ_BYTES = 1 << 20


class FileLogReader:
    """A log file opened for reading alone, beside a writer or not. Nothing is ever repaired from here."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._path = folder / EVENTS_FILE
        if not self._path.is_file():
            raise InvalidInput([missing(str(folder), EVENTS_FILE)])
        self._descriptor = os.open(self._path, os.O_RDONLY | os.O_CLOEXEC)
        self._index = LogIndex()
        self.refresh()

    @property
    def size(self) -> int:
        """How many events the log had at the last `refresh`."""
        return self._index.size

    def refresh(self) -> int:
        """See what was appended since; the size now."""
        scan_frames(self._descriptor, self._durable_end(), self._index, self._path)
        return self._index.size

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The stored bytes of events `start` to `stop`, in order."""
        return read_events(self._descriptor, self._index, start, stop, self._path)

    def entries(self) -> Iterator[Entry]:
        """Every entry with its events, in the order of their appending."""
        return read_entries(self._descriptor, self._index, self._path)

    def recorded(self, input_id: str) -> Recorded | None:
        """What the log has for an input, or None where it has not seen it."""
        return read_recorded(self._descriptor, self._index, input_id, self._path)

    def close(self) -> None:
        """Close the file."""
        os.close(self._descriptor)

    def _durable_end(self) -> int:
        whole = os.fstat(self._descriptor).st_size
        try:
            durable = int.from_bytes((self.folder / DURABLE_FILE).read_bytes()[:8], "big")
        except FileNotFoundError:
            return whole  # a log that was copied without its mark
        return min(whole, durable)


def scan_frames(descriptor: int, end: int, index: LogIndex, path: Path) -> int:
    """Take the frames from `index.end` to `end` into `index`; how many bytes after them are a torn end.

    Raises LogDamaged where sound frames follow one that is not, or a complete frame is false before the end.
    """
    if end <= index.end:
        return 0
    with mmap.mmap(descriptor, end, prot=mmap.PROT_READ) as view:
        while index.end < end:
            at = index.end
            header = decode_header(view[at : at + HEADER_BYTES])
            body = view[at + HEADER_BYTES : at + header.frame_bytes] if header else b""
            if header and header.first_event == index.size and payload_is_sound(header, body):
                index.add(header, body)
                continue
            if not _is_torn_end(view, at, end, header, index.size):
                raise LogDamaged([_damaged(path, at, index.size)])
            return end - at
    return 0


def _is_torn_end(view: mmap.mmap, at: int, end: int, header: FrameHeader | None, size: int) -> bool:
    """Whether what lies at `at` can be the last append, cut by a crash: nothing sound may follow it."""
    if header is not None:
        return header.first_event == size and at + header.frame_bytes >= end
    found = view.find(MAGIC, at + 1)
    while found >= 0:
        later = decode_header(view[found : found + HEADER_BYTES])
        if later is not None and later.first_event >= size:
            return False
        found = view.find(MAGIC, found + 1)
    return True


def read_events(
    descriptor: int, index: LogIndex, start: int, stop: int | None, path: Path
) -> Iterator[bytes]:
    """Events `start` to `stop` of the frames in `index`. Each frame's checksum is verified again."""
    stop = index.size if stop is None else min(stop, index.size)
    if not 0 <= start < stop:
        return
    offset = index.offset_of_event(start)
    while start < stop:
        header, payload = read_frame(descriptor, offset, path, start)
        offset += header.frame_bytes
        events = events_of(payload, header.entries)
        yield from events[start - header.first_event : stop - header.first_event]
        start = max(start, header.next_event)


def read_entries(descriptor: int, index: LogIndex, path: Path) -> Iterator[Entry]:
    """The entries of the frames in `index`. Each frame's checksum is verified again."""
    offset, end, event = 0, index.end, 0
    while offset < end:
        header, payload = read_frame(descriptor, offset, path, event)
        yield from frame_entries(payload, header.entries)
        offset += header.frame_bytes
        event = header.next_event


def read_recorded(descriptor: int, index: LogIndex, input_id: str, path: Path) -> Recorded | None:
    """What the frames in `index` say of an input."""
    found = index.input(input_id)
    if found is None:
        return None
    offset, at, first = found
    _, payload = read_frame(descriptor, offset, path, first)
    place = entry_at(payload, at)
    return Recorded(input_id, place.input_digest, first, place.events)


def read_frame(descriptor: int, offset: int, path: Path, event: int) -> tuple[FrameHeader, bytes]:
    """The frame at `offset`. Raises LogDamaged where it no longer is what it was when it was indexed."""
    data = os.pread(descriptor, READ_BYTES, offset)
    header = decode_header(data)
    if header is None:
        raise LogDamaged([_damaged(path, offset, event)])
    if header.frame_bytes > len(data):
        data = os.pread(descriptor, header.frame_bytes, offset)
    payload = data[HEADER_BYTES : header.frame_bytes]
    if not payload_is_sound(header, payload):
        raise LogDamaged([_damaged(path, offset, event)])
    return header, payload


def _damaged(path: Path, offset: int, event: int) -> Fault:
    return Fault(
        f"{path}: byte {offset}",
        Text(
            f"the log is damaged at event {event}: a group in it was changed after it was written",
            f"日志在事件 {event} 处损坏：已写入的一组被改动",
        ),
        "",
        Text("a sound frame", "完好的记录组"),
        Text(
            "restore the file from a copy or a replica; nothing was repaired, so as to keep the evidence",
            "请从副本恢复文件；为保留证据，未作任何修复",
        ),
        "log-damaged",
    )
