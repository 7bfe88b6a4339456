"""How a group of entries stands in the log file: one frame, checked as a whole.

    magic 8 | epoch 8 | first event 8 | events 4 | entries 4 | payload bytes 8 | crc of payload 4 | crc of
    the 44 bytes before 4 | payload

and in the payload for each entry: id length 1 | id | input digest 32 | events 4 | (length 2 | event)…
Numbers are unsigned, big-endian; checksums CRC-32. A frame is the unit of one write and one fsync.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence

import msgspec

from suanwang.store.log import DIGEST_BYTES, Entry

MAGIC = b"SWLOG\x00\x01\n"
_HEAD = struct.Struct(">8sQQIIQI")
_CHECK = struct.Struct(">I")
HEADER_BYTES = _HEAD.size + _CHECK.size


class FrameHeader(msgspec.Struct, frozen=True):
    """What a frame says of itself before its payload."""

    epoch: int
    first_event: int
    events: int
    entries: int
    payload_bytes: int
    payload_crc: int

    @property
    def frame_bytes(self) -> int:
        """The length of the whole frame."""
        return HEADER_BYTES + self.payload_bytes

    @property
    def next_event(self) -> int:
        """The index of the first event after this frame."""
        return self.first_event + self.events

    @property
    def bytes(self) -> bytes:
        """The header as it stands before its payload."""
        head = _HEAD.pack(
            MAGIC,
            self.epoch,
            self.first_event,
            self.events,
            self.entries,
            self.payload_bytes,
            self.payload_crc,
        )
        return head + _CHECK.pack(zlib.crc32(head))


def encode_frame(entries: Sequence[Entry], epoch: int, first_event: int) -> tuple[FrameHeader, bytes]:
    """Header and payload of a group whose first event gets index `first_event`."""
    parts: list[bytes] = []
    for entry in entries:
        name = entry.input_id.encode()
        parts += [bytes([len(name)]), name, entry.input_digest, len(entry.events).to_bytes(4, "big")]
        for event in entry.events:
            parts += [len(event).to_bytes(2, "big"), event]
    payload = b"".join(parts)
    events = sum(len(entry.events) for entry in entries)
    header = FrameHeader(epoch, first_event, events, len(entries), len(payload), zlib.crc32(payload))
    return header, payload


def decode_header(data: bytes) -> FrameHeader | None:
    """The header in the first bytes of `data`, or None where there is no sound one."""
    if len(data) < HEADER_BYTES or data[: len(MAGIC)] != MAGIC:
        return None
    (check,) = _CHECK.unpack_from(data, _HEAD.size)
    if zlib.crc32(data[: _HEAD.size]) != check:
        return None
    _, epoch, first, events, entries, payload_bytes, payload_crc = _HEAD.unpack_from(data)
    return FrameHeader(epoch, first, events, entries, payload_bytes, payload_crc)


def payload_is_sound(header: FrameHeader, payload: bytes) -> bool:
    """Whether `payload` is all of what the header stands for."""
    return len(payload) == header.payload_bytes and zlib.crc32(payload) == header.payload_crc


class EntryPlace(msgspec.Struct, frozen=True):
    """Where an entry begins in its payload, and what it says; `events` are (start, end) in the payload."""

    at: int
    input_id: str
    input_digest: bytes
    events: tuple[tuple[int, int], ...]


def entries_of(payload: bytes, count: int) -> Iterator[EntryPlace]:
    """The entries of a sound payload, in order."""
    at = 0
    for _ in range(count):
        place, at = entry_at(payload, at)
        yield place


def entry_at(payload: bytes, at: int) -> tuple[EntryPlace, int]:
    """The entry that begins at `at` of a sound payload, and where the next one begins."""
    start = at
    end = at + 1 + payload[at]
    input_id = payload[at + 1 : end].decode()
    digest = payload[end : end + DIGEST_BYTES]
    at = end + DIGEST_BYTES
    count = int.from_bytes(payload[at : at + 4], "big")
    at += 4
    events: list[tuple[int, int]] = []
    for _ in range(count):
        length = int.from_bytes(payload[at : at + 2], "big")
        events.append((at + 2, at + 2 + length))
        at += 2 + length
    return EntryPlace(start, input_id, digest, tuple(events)), at
