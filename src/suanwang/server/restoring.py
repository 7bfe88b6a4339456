"""From what is stored to the state in memory: the newest snapshot, then the events after it."""

import gc

import msgspec

from suanwang.engine.apply import replay
from suanwang.engine.platform import Platform
from suanwang.engine.snapshot import decode_snapshot, encode_snapshot, shape_of_state
from suanwang.engine.warm_up import warm_up
from suanwang.model.log import LogReader
from suanwang.policy.rules import Rules
from suanwang.store.home import Home
from suanwang.store.snapshots import Snapshot

STATE_VERSION = int(shape_of_state()[:8], 16)
"""Names the structure of the state: a snapshot of another one is passed over."""


def restore(home: Home, log: LogReader, rules: dict[str, Rules]) -> Platform:
    """The platform after all events of `log`. Raises CorruptLog where they cannot be followed."""
    snapshots = home.snapshots()
    try:
        found = snapshots.newest(STATE_VERSION, log.size).snapshot
    finally:
        snapshots.close()
    platform, index = Platform(), 0
    if found is not None:
        try:
            platform, index = decode_snapshot(found.state), found.index
        except msgspec.DecodeError:
            platform = Platform()  # a help that does not help: the log alone makes the same state
        found = None  # as large as the state itself
    platform.rules = rules
    replay(platform, log.read(index))
    gc.freeze()  # what is restored stays: the collector need not look through it again and again
    warm_up()
    return platform


def keep_snapshot(home: Home, platform: Platform) -> None:
    """Keeps the state as it is now, all of whose events are in the log."""
    snapshots = home.snapshots()
    try:
        snapshots.put(Snapshot(platform.state.events, STATE_VERSION, encode_snapshot(platform)))
    finally:
        snapshots.close()
