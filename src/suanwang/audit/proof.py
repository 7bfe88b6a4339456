"""Proofs as files: inclusion (C2SP tlog-proof), consistency (C2SP tlog-witness, body of add-checkpoint).

    c2sp.org/tlog-proof@v1             old SIZE
    extra BASE64-OF-THE-EVENT          BASE64-OF-A-HASH …
    index INDEX
    BASE64-OF-A-HASH …                 CHECKPOINT
                                       (after an empty line, as in the left column)
    CHECKPOINT

`extra` carries the event's stored bytes. The format does not protect that line; the proof itself does,
because the leaf is hashed from it.
"""

import base64
import re
from collections.abc import Sequence

import msgspec

from suanwang.audit.checkpoint import SignedCheckpoint, parse_checkpoint
from suanwang.audit.hashing import DIGEST_BYTES, HashSuite
from suanwang.audit.keys import decode_base64
from suanwang.audit.note import SignedNote
from suanwang.audit.paths import PATH_LENGTH_MAX, consistency_holds, root_by_inclusion
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

PROOF_LINE = "c2sp.org/tlog-proof@v1"
_NUMBER = re.compile(r"0|[1-9]\d{0,18}")


class InclusionProof(msgspec.Struct, frozen=True):
    """That an event stands at `index` of the tree of a checkpoint; `event` is its stored bytes, if sent."""

    index: int
    event: bytes | None
    path: tuple[bytes, ...]
    signed: SignedCheckpoint


class ConsistencyProof(msgspec.Struct, frozen=True):
    """That the tree of a checkpoint begins with the `old_size` events of an earlier one."""

    old_size: int
    path: tuple[bytes, ...]
    signed: SignedCheckpoint


def write_inclusion(index: int, event: bytes | None, path: Sequence[bytes], note: SignedNote) -> bytes:
    """The bytes of an inclusion proof."""
    extra = [] if event is None else [f"extra {base64.b64encode(event).decode()}"]
    lines = [PROOF_LINE, *extra, f"index {index}", *map(_base64, path), ""]
    return "".join(line + "\n" for line in lines).encode() + note.bytes


def write_consistency(old_size: int, path: Sequence[bytes], note: SignedNote) -> bytes:
    """The bytes of a consistency proof, which are those of a request to a witness."""
    lines = [f"old {old_size}", *map(_base64, path), ""]
    return "".join(line + "\n" for line in lines).encode() + note.bytes


def parse_proof(data: bytes, where: str) -> InclusionProof | ConsistencyProof:
    """The proof in `data`; nothing of it is verified yet. Raises InvalidInput with every fault."""
    head, blank, note = data.partition(b"\n\n")
    lines = head.decode(errors="replace").split("\n")
    faults: list[Fault] = []
    event: bytes | None = None
    if not blank:
        faults.append(_malformed(where, "no empty line before the checkpoint", "检查点前缺少空行", ""))
    inclusion = lines[0] == PROOF_LINE
    if inclusion:
        lines.pop(0)
        if lines and lines[0].startswith("extra "):
            event = decode_base64(lines.pop(0).removeprefix("extra "))
            if event is None:
                faults.append(_malformed(f"{where}: extra", "the event is not Base64", "事件不是 Base64", ""))
    word, _, number = (lines.pop(0) if lines else "").partition(" ")
    if word != ("index" if inclusion else "old") or not _NUMBER.fullmatch(number):
        found = f"{word} {number}"[:60]
        faults.append(_malformed(where, "no line `index N` or `old N`", "缺少 index N 或 old N 行", found))
    path = [decode_base64(line) for line in lines]
    for at, digest in enumerate(path, 1):
        if digest is None or len(digest) != DIGEST_BYTES:
            place = f"{where}: hash {at}"
            faults.append(_malformed(place, "a line is no hash", "该行不是哈希", lines[at - 1][:60]))
    if len(path) > PATH_LENGTH_MAX:
        faults.append(_malformed(where, "the path is too long", "路径过长", str(len(path))))
    try:
        signed = parse_checkpoint(note, where) if blank else None
    except InvalidInput as error:
        faults += error.faults
        signed = None
    if faults or signed is None:
        raise InvalidInput(faults)
    hashes = tuple(digest for digest in path if digest is not None)
    if inclusion:
        return InclusionProof(int(number), event, hashes, signed)
    return ConsistencyProof(int(number), hashes, signed)


def inclusion_faults(proof: InclusionProof, event: bytes, suite: HashSuite) -> list[Fault]:
    """Why the proof does not show `event` at its index; empty where it does. Signatures are not looked at."""
    head, where = proof.signed.checkpoint, proof.signed.where
    if proof.index >= head.size:
        return [
            _refused(
                where,
                Text("the index lies outside the tree", "序号超出树的范围"),
                str(proof.index),
                Text(f"below {head.size}", f"小于 {head.size}"),
            )
        ]
    root = root_by_inclusion(suite.leaf(event), proof.index, head.size, proof.path, suite)
    if root == head.root:
        return []
    what = Text(
        f"event {proof.index} is not in the signed tree of {head.size} events: event or path was changed",
        f"事件 {proof.index} 不在已签名的 {head.size} 个事件之中：事件或路径被改动",
    )
    found = "a path of the wrong length" if root is None else _base64(root)
    return [_refused(where, what, found, same(_base64(head.root)))]


def consistency_faults(proof: ConsistencyProof, old: SignedCheckpoint, suite: HashSuite) -> list[Fault]:
    """Why the proof does not show the new tree to continue the old one; empty where it does."""
    head, where, earlier = proof.signed.checkpoint, proof.signed.where, old.checkpoint
    if earlier.origin != head.origin:
        what = Text("the two checkpoints are of different logs", "两个检查点属于不同日志")
        return [_refused(where, what, head.origin, same(earlier.origin))]
    if earlier.size != proof.old_size:
        what = Text("the proof starts at another size than the checkpoint", "证明的起点与检查点不符")
        return [_refused(where, what, str(proof.old_size), same(str(earlier.size)))]
    if consistency_holds(earlier.size, earlier.root, head.size, head.root, proof.path, suite):
        return []
    what = Text(
        f"the tree of {head.size} events does not continue the tree of {earlier.size}: the log was forked",
        f"{head.size} 个事件的树不是 {earlier.size} 个事件的树的延续：日志已分叉",
    )
    return [_refused(where, what, _base64(head.root), Text("a path that joins both", "能连接两者的路径"))]


def _base64(digest: bytes) -> str:
    return base64.b64encode(digest).decode()


def _refused(where: str, what: Text, found: str, expected: Text) -> Fault:
    remedy = Text(
        "fetch event and proof again; keep these as evidence", "重新获取事件与证明，并保留此份作为证据"
    )
    return Fault(where, what, found, expected, remedy, "proof-refused")


def _malformed(where: str, en: str, zh: str, found: str) -> Fault:
    remedy = Text("make it again with `suanwang audit prove`", "用 `suanwang audit prove` 重新生成")
    expected = same(f"{PROOF_LINE} | old N")
    return Fault(where, Text(en, zh), found, expected, remedy, "proof-malformed")
