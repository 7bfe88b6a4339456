"""How a group of entries stands in the log file: one frame, checked as a whole.

    magic 8 | epoch 8 | first event 8 | events 4 | entries 4 | payload bytes 8 | crc of payload 4 | crc of
    the 44 bytes before 4 | payload

and in the payload for each entry: id length 1 | id | input digest 32 | events 4 | bytes of events 8 |
(length 2 | event)…
Numbers are unsigned, big-endian; checksums CRC-32. A frame is the unit of one write and one fsync.
"""

import struct
import zlib
from collections.abc import Iterator, Sequence
from typing import NamedTuple

import msgspec

from suanwang.model.log import DIGEST_BYTES, Entry

MAGIC = b"SWLOG\x00\x01\n"
_HEAD = struct.Struct(">8sQQIIQI")
_CHECK = struct.Struct(">I")
_EVENTS = struct.Struct(">IQ")
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
        events_bytes = sum(map(len, entry.events)) + 2 * len(entry.events)
        parts += [bytes([len(name)]), name, entry.input_digest, _EVENTS.pack(len(entry.events), events_bytes)]
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


class EntryPlace(NamedTuple):
    """An entry in its payload: where it begins, what it says, how many events it has and where they lie."""

    at: int
    input_id: str
    input_digest: bytes
    events: int
    first_byte: int
    end: int


def entries_of(payload: bytes, count: int) -> Iterator[EntryPlace]:
    """The entries of a sound payload, in order."""
    at = 0
    for _ in range(count):
        place = entry_at(payload, at)
        yield place
        at = place.end


def entry_at(payload: bytes, at: int) -> EntryPlace:
    """The entry that begins at `at` of a sound payload; the next one begins at its end."""
    name_end = at + 1 + payload[at]
    digest_end = name_end + DIGEST_BYTES
    events, events_bytes = _EVENTS.unpack_from(payload, digest_end)
    first_byte = digest_end + _EVENTS.size
    name = payload[at + 1 : name_end].decode()
    digest = payload[name_end:digest_end]
    return EntryPlace(at, name, digest, events, first_byte, first_byte + events_bytes)


def events_of(payload: bytes, count: int) -> list[bytes]:
    """The events of all `count` entries of a sound payload, in order."""
    return [event for place in entries_of(payload, count) for event in place_events(payload, place)]


def frame_entries(payload: bytes, count: int) -> Iterator[Entry]:
    """The `count` entries of a sound payload as they were appended."""
    for place in entries_of(payload, count):
        yield Entry(place.input_id, place.input_digest, tuple(place_events(payload, place)))


def place_events(payload: bytes, place: EntryPlace) -> list[bytes]:
    """The events of one entry of a sound payload."""
    events: list[bytes] = []
    at = place.first_byte
    while at < place.end:
        stop = at + 2 + (payload[at] << 8 | payload[at + 1])
        events.append(payload[at + 2 : stop])
        at = stop
    return events
