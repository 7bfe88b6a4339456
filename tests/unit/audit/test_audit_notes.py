"""Notes, keys, policies and proofs as text: the specifications' own examples, and everything malformed."""

import base64
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.audit.audit_exports import LOG_KEY, OTHER_KEY, events_to, witness_key
from tlog_scales import signing, tlog

from suanwang.audit.checkpoint import Checkpoint, parse_checkpoint
from suanwang.audit.hashing import SHA256
from suanwang.audit.keys import SigningKey, parse_signing_key, parse_verifier_key
from suanwang.audit.merkle import CompactRange
from suanwang.audit.note import SignedNote, check_signatures, parse_note
from suanwang.audit.policy import Policy, parse_policy
from suanwang.audit.proof import (
    ConsistencyProof,
    InclusionProof,
    inclusion_faults,
    parse_proof,
    write_inclusion,
)
from suanwang.audit.publish import GrowingTree
from suanwang.audit.signatures import ED25519, ML_DSA_44
from suanwang.audit.tiles import ENTRIES, Tile, decode_bundle, encode_bundle, tile_at, tiles_of
from suanwang.audit.witness import CosignatureRefused, cosign
from suanwang.units.errors import InvalidInput

# C2SP signed-note.md, "Example".
SPEC_KEY = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
SPEC_NOTE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1"
    "Yu72IneyaQM=\n"
).encode()
# golang.org/x/mod/sumdb/note, package documentation.
GO_PRIVATE = "PRIVATE+KEY+PeterNeumann+c74f20a3+AYEKFALVFGyNhPJEMzD1QIDr+Y7hfZx09iUvxdXHKDFz"
GO_PUBLIC = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"
GO_TEXT = (
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n"
)
GO_LINE = (
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6Ry"
    "yBwJnAM=\n"
)


def faults_of(parse, *arguments) -> list[str]:
    with pytest.raises(InvalidInput) as refused:
        parse(*arguments)
    assert all(fault.where and fault.what.zh and fault.remedy.en for fault in refused.value.faults)
    return [f"{fault.where}: {fault.what.en}" for fault in refused.value.faults]


def test_the_specification_s_own_note_verifies():
    key = parse_verifier_key(SPEC_KEY, "key")
    assert key.text == SPEC_KEY
    check = check_signatures(parse_note(SPEC_NOTE, "note"), [key], "note")
    assert check.signers == (key,) and check.faults == ()


def test_the_reference_implementation_s_signature_is_ours_byte_for_byte():
    key = parse_signing_key(GO_PRIVATE, "key")
    assert key.text == GO_PRIVATE and key.verifier.text == GO_PUBLIC
    assert SignedNote(GO_TEXT, ()).signed_by(key).bytes == (GO_TEXT + "\n" + GO_LINE).encode()


def test_rfc_8032_test_2():
    seed = bytes.fromhex("4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb")
    public = bytes.fromhex("3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")
    signature = bytes.fromhex(
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    assert ED25519.public_of(seed) == public and ED25519.sign(seed, b"\x72") == signature
    assert ED25519.verify(public, b"\x72", signature) and not ED25519.verify(public, b"\x73", signature)


def test_the_specification_s_own_checkpoint_is_read():
    # C2SP tlog-checkpoint.md and tlog-cosignature.md
    data = (
        "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n"
        "— example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGz"
        "Kku9nTo+zyWE+xeMcTOAYQ8=\n"
        "— witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nP"
        "Zqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n"
    ).encode()
    signed = parse_checkpoint(data, "checkpoint")
    assert signed.checkpoint.origin == "example.com/behind-the-sofa"
    assert signed.checkpoint.size == 20_852_163
    assert signed.note.bytes == data
    assert signed.note.signatures[1].time_seconds == 1_679_315_147
    assert datetime.fromtimestamp(1_679_315_147, UTC).year == 2023


def test_tile_paths_are_those_of_the_specification():
    # C2SP tlog-tiles.md: the index 1234067, and the tree of 70,000
    assert Tile(3, 1_234_067, 256).path == "tile/3/x001/x234/067"
    assert tile_at("tile/3/x001/x234/067") == Tile(3, 1_234_067, 256)
    tiles = list(tiles_of(70_000))
    by_level = {level: [tile for tile in tiles if tile.level == level] for level in (ENTRIES, 0, 1, 2, 3)}
    assert [len(by_level[level]) for level in by_level] == [274, 274, 2, 1, 0]
    assert [by_level[level][-1].width for level in (ENTRIES, 0, 1, 2)] == [112, 112, 17, 1]
    assert [tile.path for tile in tiles_of(256)] == ["tile/entries/000", "tile/0/000", "tile/1/000.p/1"]
    for path in (
        "tile/00/000",
        "tile/0/0",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/0/x000/001",
        "tile/64/000",
        "tile/0/000.p/01",
        "tile/-1/000",
        "tile/entries/1234",
    ):
        assert tile_at(path) is None, path


@given(st.integers(-1, 63), st.integers(0, 10**9), st.integers(1, 256))
def test_a_tile_s_path_names_it_alone(level: int, index: int, width: int):
    assert tile_at(Tile(level, index, width).path) == Tile(level, index, width)


@given(st.lists(st.binary(max_size=300), max_size=20), st.binary(max_size=5))
def test_bundles_come_back_as_stored(events: list[bytes], rest: bytes):
    assert decode_bundle(encode_bundle(events)) == (events, 0)
    if events:
        cut = encode_bundle(events)[:-1]
        assert decode_bundle(cut)[0] == events[:-1] and decode_bundle(cut)[1] == len(events[-1]) + 1


@pytest.mark.parametrize(
    ("data", "found"),
    [
        (b"", "no signature lines"),
        (b"text\n", "no signature lines"),
        (b"text\n\n", "no signature lines"),
        (SPEC_NOTE[:-1], "no signature lines"),
        (b"\xff\n\n", "not UTF-8"),
        (SPEC_NOTE.replace(b"example m", b"example\tm"), "control character"),
        (SPEC_NOTE.replace("— ".encode(), b"- "), "signature 1: a signature line cannot be read"),
        (SPEC_NOTE.replace(b"yaQM=", b"yaQM"), "signature 1"),
        (SPEC_NOTE.replace(b"yaQM=", b"yaQN="), "signature 1"),  # a second spelling of the same bytes
        (SPEC_NOTE + "— a+b AAAAAAA=\n— name\n".encode(), "signature 3"),
        (b"x" * 1_000_001, "too long"),
    ],
)
def test_malformed_notes(data: bytes, found: str):
    assert any(found in fault for fault in faults_of(parse_note, data, "note"))


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("a\n01\n" + "A" * 43 + "=\n", ["line 2"]),
        ("\n-1\nshort\n", ["line 1", "line 2", "line 3"]),
        ("a\n9223372036854775808\n" + "A" * 44 + "\n", ["line 2", "line 3"]),
        ("a\n" + "9" * 5_000 + "\n" + "A" * 43 + "=\n", ["line 2"]),
        ("a\n", ["line 2", "line 3"]),
        ("a\n٣\n" + "A" * 43 + "=\nextra\n\nmore\n", ["line 2", "line 5"]),
    ],
)
def test_malformed_checkpoints_have_all_faults_at_once(text: str, faults: list[str]):
    data = SignedNote(text, ()).signed_by(LOG_KEY).bytes
    found = faults_of(parse_checkpoint, data, "checkpoint")
    assert [fault.split(": ")[1] for fault in found] == faults


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "not a key"),
        ("name", "not a key"),
        ("name+00000000+!!", "not a key"),
        (GO_PRIVATE, "private key"),
        (GO_PUBLIC.replace("c74f", "c74e"), "does not belong"),
        (GO_PUBLIC.replace("PeterN", "Peter N"), "cannot be written"),
        ("n+00000000+" + base64.b64encode(b"\x09" + bytes(32)).decode(), "not known here"),
        ("n+00000000+" + base64.b64encode(b"\x01" + bytes(31)).decode(), "wrong length"),
    ],
)
def test_malformed_keys(text: str, found: str):
    assert any(found in fault for fault in faults_of(parse_verifier_key, text, "key"))


def test_faults_of_private_keys_never_show_the_secret():
    for text in (GO_PRIVATE.replace("c74f", "c74e"), GO_PRIVATE[:-8], GO_PRIVATE + "AAAA"):
        with pytest.raises(InvalidInput) as refused:
            parse_signing_key(text, "key")
        assert "AYEKFALV" not in str(refused.value)
    assert "AYEKFALV" not in repr(parse_signing_key(GO_PRIVATE, "key"))
    faults_of(parse_signing_key, GO_PUBLIC, "key")


@pytest.mark.parametrize("kind", [0x04, 0x06], ids=["ed25519", "ml-dsa-44"])
def test_cosignatures_agree_with_the_independent_implementation(kind: int):
    key = witness_key(1, kind)
    note = Checkpoint("a.example/log", 3, bytes(range(32))).signed(LOG_KEY).signed_by(key, 1_679_315_147)
    theirs = tlog.Checkpoint.from_text(note.bytes.decode())
    theirs.verify(signing.Vkey.from_string(key.verifier.text))
    if kind == 0x06:
        signer = signing.MLDSA44CosignatureSigner(key.name, key.seed)
        assert signer.vkey.serialize() == key.verifier.text
        made = signer.sign(theirs)
        assert key.verifier.verifies(note.text.encode(), made.payload)
    payload = note.signatures[1].payload
    for wrong in (
        payload[:-1],
        payload + b"\0",
        b"\xff" + payload[1:],
        payload[:-1] + bytes([payload[-1] ^ 1]),
    ):
        assert not key.verifier.verifies(note.text.encode(), wrong)


def test_a_key_signs_for_its_own_type_alone():
    seed = bytes(32)
    log, witness = SigningKey("n", 0x01, seed), SigningKey("n", 0x04, seed)
    assert log.verifier.public == witness.verifier.public and log.verifier.id != witness.verifier.id
    text = b"a\n1\nroot\n"
    assert not witness.verifier.verifies(text, bytes(8) + log.sign(text))
    assert ML_DSA_44.public_of(seed) != log.verifier.public


GOOD_POLICY = f"""# two of three, and the regulator
log {LOG_KEY.verifier.text} https://suanwang.example/log
witness a {witness_key(1).verifier.text}
witness b {witness_key(2).verifier.text}
\twitness c {witness_key(3, 0x06).verifier.text}
witness regulator {witness_key(4).verifier.text} https://regulator.example
group two-of-three 2 a b c
group all-of-it all two-of-three regulator
quorum all-of-it
"""


def test_a_policy_of_groups():
    policy = parse_policy(GOOD_POLICY.encode(), "policy")
    assert policy.logs == (LOG_KEY.verifier,)
    for cosigned, enough in [
        ({"a", "b", "regulator"}, True), ({"a", "c", "regulator"}, True), ({"a", "b", "c"}, False),
        ({"a", "regulator"}, False), (set(), False),
    ]:  # fmt: skip
        assert policy.witnessed(policy.quorum, cosigned) == enough
    assert Policy(()).witnessed("none", ())
    assert not parse_policy(b"quorum none\n", "policy").logs


def test_a_malformed_policy_has_all_faults_at_once():
    first, second = witness_key(1).verifier.text, LOG_KEY.verifier.text
    text = f"""log nonsense
witness a {first}
witness a {first}
witness b {second}
witness none {first}
group g 2 a
group h any a missing
group i all
group j x a
quorum g
quorum unknown
shout
"""
    found = faults_of(parse_policy, text.encode(), "policy")
    for place in ("policy:1:", "policy:3:", "policy:5:", "policy:7:", "policy:8:", "policy:9:", "policy:11:",
                  "policy:12:", "policy: g:", "stands for a witness"):  # fmt: skip
        assert any(place in fault for fault in found), (place, found)
    assert any("no quorum" in fault for fault in faults_of(parse_policy, b"", "policy"))


def proof_of(size: int, index: int) -> tuple[bytes, bytes]:
    from tests.unit.audit.test_audit_merkle import node_of

    from suanwang.audit.paths import inclusion_path

    events = events_to(size)
    tree = GrowingTree(LOG_KEY.name, SHA256)
    tree.append(events)
    path = inclusion_path(index, size, node_of(events, SHA256), SHA256)
    return write_inclusion(index, events[index], path, tree.close(LOG_KEY)[0]), events[index]


def test_a_proof_comes_back_and_every_flipped_bit_of_it_is_found():
    data, event = proof_of(11, 7)
    proof = parse_proof(data, "proof")
    assert isinstance(proof, InclusionProof) and (proof.index, proof.event) == (7, event)
    assert inclusion_faults(proof, event, SHA256) == []
    for bit in range(len(data) * 8):
        changed = bytearray(data)
        changed[bit // 8] ^= 1 << bit % 8
        try:
            forged = parse_proof(bytes(changed), "proof")
        except InvalidInput:
            continue
        assert isinstance(forged, InclusionProof) and forged.event is not None
        check = check_signatures(forged.signed.note, [LOG_KEY.verifier], "proof")
        assert inclusion_faults(forged, forged.event, SHA256) or not check.signers, bit


def test_malformed_proofs_have_all_faults_at_once():
    data, _ = proof_of(11, 7)
    broken = data.replace(b"extra ", b"extra !").replace(b"index 7", b"index 07").replace(b"=\n", b"\n", 1)
    assert len(faults_of(parse_proof, broken, "proof")) >= 2
    for junk in (b"", b"\n\n", b"c2sp.org/tlog-proof@v1\n\n", b"old 3\nxyz\n\na\n", bytes(range(256))):
        faults_of(parse_proof, junk, "proof")


@given(st.binary(max_size=200))
def test_no_bytes_bring_a_parser_down(data: bytes):
    for parse in (parse_note, parse_checkpoint, parse_proof, parse_policy):
        try:
            parse(data, "x")
        except InvalidInput as error:
            assert error.faults
    for parse in (parse_verifier_key, parse_signing_key):
        try:
            parse(data.decode("latin-1"), "x")
        except InvalidInput as error:
            assert error.faults


def request(old: int, new: int, key: SigningKey = LOG_KEY, events: list[bytes] | None = None):
    from tests.unit.audit.test_audit_merkle import node_of

    from suanwang.audit.paths import consistency_path

    events = (events or events_to(new))[:new]
    tree = GrowingTree(key.name, SHA256)
    tree.append(events)
    path = consistency_path(old, new, node_of(events, SHA256), SHA256)
    signed = parse_checkpoint(tree.close(key)[0].bytes, "request")
    return ConsistencyProof(old, tuple(path), signed)


def test_a_witness_cosigns_continuations_alone():
    keys, witness = [LOG_KEY.verifier], witness_key(1)
    first = request(0, 10)
    note = cosign(first, None, keys, witness, 1_700_000_000, SHA256)
    assert check_signatures(note, [witness.verifier], "note").signers == (witness.verifier,)
    last = parse_checkpoint(note.bytes, "state")
    assert cosign(request(10, 25), last, keys, witness, 1_700_000_001, SHA256).signatures
    assert cosign(request(10, 10), last, keys, witness, 1_700_000_001, SHA256).signatures
    forked = [*events_to(9), b"other", *events_to(30)]
    for refused, state in [
        (request(10, 25, events=forked), last), (request(5, 25), last), (request(10, 25), None),
        (request(10, 25, key=OTHER_KEY), last), (request(10, 10, events=forked), last),
        (ConsistencyProof(10, (bytes(32),), request(10, 25).signed), last),
    ]:  # fmt: skip
        with pytest.raises(CosignatureRefused):
            cosign(refused, state, keys, witness, 1_700_000_001, SHA256)
    with pytest.raises(InvalidInput):
        cosign(first, None, keys, LOG_KEY, 0, SHA256)


def test_events_that_no_bundle_can_hold_are_refused_together():
    tree = GrowingTree(LOG_KEY.name, SHA256)
    with pytest.raises(InvalidInput) as refused:
        tree.append([b"fine", b"", bytes(65_536)])
    assert [fault.where for fault in refused.value.faults] == ["event 1", "event 2"]
    assert tree.size == 0 and tree.head.root == CompactRange(SHA256).root()
    tree.append([bytes(65_535)])
