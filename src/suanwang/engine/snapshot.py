"""The state as bytes, and back: what a restart reads in place of the log's beginning.

A snapshot is of one version of the program's state; another version's is refused and the log is replayed.
Derived parts (arrays, lines, agenda) are made anew.
"""

from hashlib import sha256
from heapq import heappush

import msgspec

from suanwang.engine.apply import OVERDUE_S, arm_lost, watch_job
from suanwang.engine.platform import Platform, Records

_encoder = msgspec.msgpack.Encoder()
_decoder: msgspec.msgpack.Decoder[Records] = msgspec.msgpack.Decoder(Records)


def shape_of_state() -> str:
    """A digest of the state's own structure: another one cannot be read."""
    return sha256(repr(msgspec.inspect.type_info(Records)).encode()).hexdigest()[:16]


def encode_snapshot(platform: Platform) -> bytes:
    """The records as MessagePack."""
    return _encoder.encode(platform.state)


def decode_snapshot(data: bytes) -> Platform:
    """The platform of a snapshot. Raises msgspec.DecodeError."""
    platform = Platform(_decoder.decode(data))
    rebuild(platform)
    return platform


def rebuild(platform: Platform) -> None:
    """Lines, agenda and indices from the records."""
    state = platform.state
    for name, job in sorted(state.jobs.items(), key=lambda item: item[1].sequence):
        if job.state == "queued":
            watch_job(platform, name)
        elif job.state == "held":
            platform.held_for.setdefault((job.why, job.enterprise), {})[name] = None
            if job.deadline_at is not None:
                watch_job(platform, name)
    if state.terms is not None:
        platform.agenda.arm(state.terms.start_of(state.terms.slot_of(state.at) + 1), "slot")
    for centre in state.centres.values():
        for name in centre.attempts:
            attempt = state.attempts[name]
            figures = attempt.figures
            platform.agenda.arm(figures.end_at + OVERDUE_S * 1_000_000, "overdue", name)
            arm_lost(platform, name)
            if attempt.state == "reserved":
                platform.agenda.arm(figures.start_at, "start", name)
                sequence = state.jobs[attempt.job].sequence
                heappush(platform.reserved.setdefault(figures.pool, []), (figures.start_at, sequence, name))
