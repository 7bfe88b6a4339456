"""Every kind of tampering is found, and named where it happened."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.audit.audit_exports import (
    LOG_KEY,
    ORIGIN,
    OTHER_KEY,
    event,
    events_to,
    export_of,
    kinds,
    said,
    stored_events,
    verify,
    with_events,
    without_old_partials,
    witness_key,
)

from suanwang.audit.checkpoint import Checkpoint, parse_checkpoint
from suanwang.audit.files import CHECKPOINT, FilesInMemory, history_path, rotation_path
from suanwang.audit.hashing import SHA256, SM3
from suanwang.audit.policy import Policy, flat_policy
from suanwang.audit.publish import GrowingTree
from suanwang.audit.rotation import make_rotation
from suanwang.audit.tiles import ENTRIES, decode_bundle, encode_bundle, tile_in_row
from suanwang.audit.verify import Trust, verify_export
from suanwang.units.errors import InvalidInput

SIZE = 1_300
FILES = export_of(events_to(SIZE))
LEAN = without_old_partials(FILES, SIZE)


@pytest.mark.parametrize("size", [0, 1, 2, 255, 256, 257, 512, 1_000])
def test_a_sound_export_holds(size: int):
    verdict = verify(export_of(events_to(size)))
    assert verdict.holds, said(verdict)
    assert (verdict.origin, verdict.size) == (ORIGIN, size)
    assert verdict.signers == (LOG_KEY.verifier.text,)


def test_a_tree_of_three_levels_holds_and_resumes():
    size = 65_536 + 300
    files = export_of(events_to(size), every=30_000)
    assert "tile/2/000.p/1" in files
    assert verify(files).holds
    head = parse_checkpoint(files[CHECKPOINT], CHECKPOINT).checkpoint
    tree = GrowingTree.resume(head, FilesInMemory(files), SHA256)
    more = [event(number) for number in range(size, size + 700)]
    files |= tree.append(more)
    files |= tree.close(LOG_KEY)[1]
    assert files == files | export_of(events_to(size) + more, every=100_000)
    assert verify(files).holds


def tampered(change) -> dict[str, bytes]:
    events = stored_events(FILES, SIZE)
    change(events)
    return with_events(LEAN, SIZE, events)


def test_a_changed_event_is_named():
    verdict = verify(tampered(lambda events: events.__setitem__(777, event(777, "refused"))))
    assert kinds(verdict) == {"event-changed"}
    assert "event 777 was changed" in said(verdict)
    assert "tile/entries/003" in said(verdict)


def test_a_dropped_event_is_named():
    verdict = verify(tampered(lambda events: events.pop(777)))
    assert "event 777 is missing" in said(verdict)
    assert "event-changed" not in kinds(verdict)


def test_an_event_dropped_from_its_bundle_alone_is_named():
    path = tile_in_row(SIZE, ENTRIES, 3).path
    bundle = decode_bundle(LEAN[path])[0]
    verdict = verify(LEAN | {path: encode_bundle(bundle[:9] + bundle[10:])})
    assert kinds(verdict) == {"event-missing", "bundle-count"}
    assert "event 777 is missing" in said(verdict)


def test_an_inserted_event_is_named():
    verdict = verify(tampered(lambda events: events.insert(777, event(9_999))))
    assert "an event was inserted at place 777" in said(verdict)
    assert "event-changed" not in kinds(verdict)


def test_an_event_inserted_into_the_last_bundle_is_named():
    verdict = verify(tampered(lambda events: events.insert(1_280, event(9_999))))
    assert "an event was inserted at place 1280" in said(verdict)


def test_swapped_events_are_named():
    def swap(events: list[bytes]) -> None:
        events[300], events[900] = events[900], events[300]

    verdict = verify(tampered(swap))
    assert kinds(verdict) == {"events-reordered"}
    assert "event 300 was replaced by event 900" in said(verdict)
    assert "event 900 was replaced by event 300" in said(verdict)


def test_a_moved_event_is_named():
    verdict = verify(tampered(lambda events: events.insert(900, events.pop(300))))
    assert kinds(verdict) == {"events-reordered"}
    assert "300" in said(verdict)


@pytest.mark.parametrize(
    ("path", "at", "named"),
    [
        ("tile/0/002", 40, "hash 1 of the tile"),
        ("tile/0/005.p/20", 0, "hash 0 of the tile"),
        ("tile/1/000.p/5", 64, "hash 2 of the tile"),
    ],
)
def test_a_changed_tile_is_named(path: str, at: int, named: str):
    data = bytearray(LEAN[path])
    data[at] ^= 4
    verdict = verify(LEAN | {path: bytes(data)})
    assert kinds(verdict) == {"tile-changed"}
    assert [fault.where for fault in verdict.faults] == [path]
    assert named in said(verdict)


def test_a_changed_event_with_its_tile_is_pinned_to_that_tile():
    events = events_to(SIZE)
    events[600] = event(600, "refused")
    forged = export_of(events)
    paths = ("tile/entries/002", "tile/0/002")
    verdict = verify(LEAN | {path: forged[path] for path in paths})
    assert kinds(verdict) == {"tile-changed"}
    assert "tile/0/002" in said(verdict)
    assert "events 512 to 767" in said(verdict)


def test_a_tree_rebuilt_over_a_changed_event_is_bounded_by_the_kept_checkpoints():
    events = events_to(SIZE)
    events[640] = event(640, "refused")
    forged = {path: data for path, data in export_of(events).items() if path.startswith("tile/")}
    verdict = verify(without_old_partials(FILES | forged, SIZE))
    assert "root-mismatch" in kinds(verdict)
    assert "an event from 600 to 699" in said(verdict)


def test_a_log_rebuilt_and_signed_with_another_key_is_refused():
    verdict = verify(export_of(events_to(SIZE), OTHER_KEY))
    assert kinds(verdict) == {"key-unknown"}
    assert "no trusted key of this log signed the checkpoint" in said(verdict)


def test_a_missing_tile_and_bundle_are_named():
    files = dict(LEAN)
    del files["tile/0/001"], files["tile/entries/004"]
    verdict = verify(files)
    assert {"tile-missing", "bundle-missing"} <= kinds(verdict)
    assert {fault.where for fault in verdict.faults} >= {"tile/0/001", "tile/entries/004"}


def test_a_forked_log_is_named_by_the_checkpoint_that_was_kept():
    events = events_to(SIZE)
    events[640] = event(640, "refused")
    forked = export_of(events)  # signed by the log's own key
    kept = {path: data for path, data in FILES.items() if path.startswith("checkpoints/")}
    verdict = verify(without_old_partials(forked | kept, SIZE))
    assert kinds(verdict) == {"fork"}
    assert f"checkpoints/{700}" in said(verdict)
    assert f"checkpoints/{600}" not in said(verdict)


def test_a_forked_log_is_named_by_the_checkpoint_that_the_auditor_holds():
    events = events_to(SIZE)
    events[640] = event(640, "refused")
    held = parse_checkpoint(FILES[history_path(800)], "held.checkpoint")
    verdict = verify(export_of(events), trust=Trust(Policy((LOG_KEY.verifier,)), (held,)))
    assert kinds(verdict) == {"fork"}
    assert "held.checkpoint" in said(verdict)


def test_a_replayed_checkpoint_is_named():
    replayed = FILES | {CHECKPOINT: FILES[history_path(500)]}
    verdict = verify(replayed)
    assert {"rollback", "checkpoint-older-than-tiles"} <= kinds(verdict)
    bare = {path: data for path, data in replayed.items() if not path.startswith("checkpoints/")}
    assert kinds(verify(bare)) == {"checkpoint-older-than-tiles"}


def test_an_older_export_is_a_rollback_to_whom_holds_a_newer_checkpoint():
    held = parse_checkpoint(FILES[CHECKPOINT], "held.checkpoint")
    old = export_of(events_to(500))
    assert verify(old).holds
    verdict = verify(old, trust=Trust(Policy((LOG_KEY.verifier,)), (held,)))
    assert kinds(verdict) == {"rollback"}
    assert f"500 events, this earlier one {SIZE}" in said(verdict)


@pytest.mark.parametrize("line", [0, 1, 2, 4])
def test_a_changed_checkpoint_is_refused(line: int):
    lines = LEAN[CHECKPOINT].decode().split("\n")
    lines[line] = {0: "another.example/log", 1: "1299", 2: "A" * 43 + "=", 4: lines[4].replace("A", "B")}[
        line
    ]
    try:
        verdict = verify(LEAN | {CHECKPOINT: "\n".join(lines).encode()})
    except InvalidInput:
        return
    assert not verdict.holds
    assert kinds(verdict) & {"signature-invalid", "key-unknown"}


def test_a_huge_size_is_refused_without_looking_for_its_tiles():
    huge = Checkpoint(ORIGIN, 2**62, bytes(32)).signed(LOG_KEY).bytes
    assert {"bundle-missing", "root-mismatch"} <= kinds(verify(LEAN | {CHECKPOINT: huge}))


def test_another_hash_is_another_tree():
    files = export_of(events_to(300), suite=SM3)
    policy = Policy((LOG_KEY.verifier,))
    assert verify(files, trust=Trust(policy, suite=SM3)).holds
    assert "root-mismatch" in kinds(verify(files))


def rotated() -> dict[str, bytes]:
    """100 events under the first key, then 100 under the second."""
    tree = GrowingTree(ORIGIN, SHA256)
    files = tree.append(events_to(100)) | tree.close(LOG_KEY)[1]
    files[rotation_path(1)] = make_rotation(tree.head, LOG_KEY, OTHER_KEY).bytes
    files |= tree.append([event(number) for number in range(100, 200)])
    return files | tree.close(OTHER_KEY)[1]


@pytest.mark.parametrize("key", [LOG_KEY, OTHER_KEY], ids=["first", "second"])
def test_a_rotation_joins_both_keys(key):
    verdict = verify(rotated(), key.verifier)
    assert verdict.holds, said(verdict)
    assert verdict.signers == (OTHER_KEY.verifier.text,)


def test_a_retired_key_signs_no_more():
    files = rotated()
    head = parse_checkpoint(files[CHECKPOINT], CHECKPOINT).checkpoint
    files[CHECKPOINT] = head.signed(LOG_KEY).bytes
    verdict = verify(files)
    assert kinds(verdict) == {"key-retired"}
    assert "was retired at 100" in said(verdict)


def test_a_rotation_needs_both_signatures_and_the_same_tree():
    files = rotated()
    head = parse_checkpoint(files[history_path(100)], CHECKPOINT).checkpoint
    whole = make_rotation(head, LOG_KEY, OTHER_KEY)
    one = type(whole)(whole.text, whole.signatures[:1])
    verdict = verify(files | {rotation_path(1): one.bytes})
    assert {"rotation-invalid", "key-unknown"} <= kinds(verdict)
    elsewhere = make_rotation(Checkpoint(ORIGIN, 100, bytes(32)), LOG_KEY, OTHER_KEY)
    assert "fork" in kinds(verify(files | {rotation_path(1): elsewhere.bytes}))
    stranger = make_rotation(head, witness_key(8, 1), witness_key(9, 1))
    assert "rotation-invalid" in kinds(verify(files | {rotation_path(2): stranger.bytes}))


def cosigned(*numbers: int, time_seconds: int = 1_700_000_000, kind: int = 0x04) -> dict[str, bytes]:
    note = parse_checkpoint(LEAN[CHECKPOINT], CHECKPOINT).note
    for number in numbers:
        note = note.signed_by(witness_key(number, kind), time_seconds)
    return LEAN | {CHECKPOINT: note.bytes}


@pytest.mark.parametrize("kind", [0x04, 0x06], ids=["ed25519", "ml-dsa-44"])
def test_a_quorum_of_witnesses(kind: int):
    witnesses = [witness_key(number, kind).verifier for number in (1, 2, 3)]
    trust = Trust(flat_policy([LOG_KEY.verifier], witnesses, 2))
    assert verify(cosigned(1, 3, kind=kind), trust=trust).holds
    verdict = verify(cosigned(2, kind=kind), trust=trust)
    assert kinds(verdict) == {"quorum-missing"}
    assert "witness1.example" in said(verdict) and "witness3.example" in said(verdict)
    assert verify(cosigned(1, 2, 9, kind=kind), trust=trust).holds  # a stranger's line is ignored


def test_a_false_cosignature_is_named():
    trust = Trust(flat_policy([LOG_KEY.verifier], [witness_key(1).verifier], 1))
    files = cosigned(1)
    note = parse_checkpoint(files[CHECKPOINT], CHECKPOINT).note
    line = note.signatures[1]
    later = line.payload[:7] + bytes([line.payload[7] ^ 1]) + line.payload[8:]
    forged = type(note)(note.text, (note.signatures[0], type(line)(line.name, line.key_id, later)))
    assert kinds(verify(files | {CHECKPOINT: forged.bytes}, trust=trust)) == {
        "signature-invalid",
        "quorum-missing",
    }


def test_an_old_cosignature_does_not_count():
    policy = flat_policy([LOG_KEY.verifier], [witness_key(1).verifier], 1)
    trust = Trust(policy, cosigned_after_seconds=1_700_000_001)
    assert kinds(verify(cosigned(1), trust=trust)) == {"cosignature-stale", "quorum-missing"}
    assert verify(cosigned(1, time_seconds=1_700_000_001), trust=trust).holds


@settings(max_examples=150)
@given(st.data())
def test_any_flipped_bit_is_found(data: st.DataObject):
    path = data.draw(st.sampled_from(sorted(LEAN)))
    content = bytearray(LEAN[path])
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    try:
        verdict = verify_export(
            FilesInMemory(LEAN | {path: bytes(content)}), Trust(Policy((LOG_KEY.verifier,)))
        )
    except InvalidInput as error:
        assert path == CHECKPOINT and all(CHECKPOINT in fault.where for fault in error.faults)
        return
    assert not verdict.holds
    if path.startswith("tile/"):
        assert all(fault.where.startswith(path) for fault in verdict.faults), said(verdict)
    else:
        assert any(fault.where.startswith(path) for fault in verdict.faults), said(verdict)


@settings(max_examples=60)
@given(st.data())
def test_any_rearrangement_is_found(data: st.DataObject):
    events = stored_events(FILES, SIZE)
    before = list(events)
    for _ in range(data.draw(st.integers(1, 4))):
        at, other = (data.draw(st.integers(0, len(events) - 1)) for _ in range(2))
        match data.draw(st.sampled_from(["drop", "insert", "copy", "swap", "change"])):
            case "drop":
                events.pop(at)
            case "insert":
                events.insert(at, data.draw(st.binary(min_size=1, max_size=9)))
            case "copy":
                events.insert(at, events[other])
            case "swap":
                events[at], events[other] = events[other], events[at]
            case "change":
                events[at] += b" "
            case _:
                raise AssertionError
    verdict = verify(with_events(LEAN, SIZE, events))
    assert verdict.holds == (events == before), said(verdict)
    if events != before:
        named = {"event-changed", "event-missing", "event-inserted", "events-reordered"}
        assert kinds(verdict) & named
