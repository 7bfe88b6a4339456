"""The state as bytes, and back: what a restart reads in place of the log's beginning.

A snapshot is of one version of the program's state; another version's is refused and the log is replayed.
Derived parts (arrays, lines, agenda) are made anew.
"""

from hashlib import sha256

import msgspec

from suanwang.engine.apply import await_slot
from suanwang.engine.apply_attempts import watch_attempt
from suanwang.engine.apply_jobs import note_held, watch_jobs
from suanwang.engine.apply_network import arm_lost
from suanwang.engine.platform import Platform, Records
from suanwang.units.uncollected import uncollected

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
    with uncollected():
        platform = Platform(_decoder.decode(data))
        rebuild(platform)
    return platform


def rebuild(platform: Platform) -> None:
    """Lines, agenda and indices from the records."""
    state = platform.state
    for name, centre in state.centres.items():
        for pool in centre.pools:
            platform.centre_of[pool.pool] = name
    for job_name, room in state.rooms.items():
        for name in room.victims:
            platform.room_of[name] = job_name
    for name in state.held:
        note_held(platform, name, state.jobs[name])
    watch_jobs(platform)
    await_slot(platform)
    for grant in state.vouchers.ledger.grants.values():
        if grant.starts_at >= state.at:
            platform.agenda.arm(grant.starts_at, "grant", grant.enterprise)
    for centre in state.centres.values():
        for name in centre.attempts:
            attempt = state.attempts[name]
            watch_attempt(platform, name, attempt)
            if attempt.stopping or centre.silent_since is not None:
                arm_lost(platform, name)
