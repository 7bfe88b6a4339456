"""Checkpoints (C2SP tlog-checkpoint): the signed head of the tree, `origin`, size and root."""

import base64

import msgspec

from suanwang.audit.hashing import DIGEST_BYTES
from suanwang.audit.keys import SigningKey, decode_base64
from suanwang.audit.note import SignedNote, parse_note
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

SIZE_MAX = 2**63 - 1


class Checkpoint(msgspec.Struct, frozen=True):
    """What a checkpoint says: the log's `origin`, its `size` in events, the `root` over them."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The text of its note."""
        root = base64.b64encode(self.root).decode()
        return "".join(f"{line}\n" for line in (self.origin, self.size, root, *self.extensions))

    def signed(self, *keys: SigningKey) -> SignedNote:
        """The checkpoint as a note signed by the log's keys."""
        note = SignedNote(self.text, ())
        for key in keys:
            note = note.signed_by(key)
        return note


class SignedCheckpoint(msgspec.Struct, frozen=True):
    """A checkpoint together with the note it was read from, and the place of that."""

    checkpoint: Checkpoint
    note: SignedNote
    where: str


def parse_checkpoint(data: bytes, where: str) -> SignedCheckpoint:
    """The checkpoint in `data`, its signatures not yet verified. Raises InvalidInput with every fault."""
    note = parse_note(data, where)
    lines = note.text.split("\n")[:-1]
    origin, size, root, *extensions = lines + [""] * (3 - len(lines))
    faults: list[Fault] = []
    if not origin:
        faults.append(
            _fault(where, "line 1", "the origin is missing", "缺少日志标识", origin, "a name", "名称")
        )
    if not _is_size(size):
        faults.append(
            _fault(
                where, "line 2", "the size is no number of events", "事件数无效", size, "0, 1, 2…", "0、1、2…"
            )
        )
    decoded = decode_base64(root)
    if decoded is None or len(decoded) != DIGEST_BYTES:
        faults.append(
            _fault(
                where,
                "line 3",
                "the root is no hash",
                "根哈希无效",
                root,
                "32 bytes in Base64",
                "32 字节 Base64",
            )
        )
    for number, line in enumerate(extensions, 4):
        if not line:
            faults.append(
                _fault(where, f"line {number}", "a line is empty", "出现空行", line, "text", "文字")
            )
    if faults or decoded is None:
        raise InvalidInput(faults)
    return SignedCheckpoint(Checkpoint(origin, int(size), decoded, tuple(extensions)), note, where)


def _is_size(text: str) -> bool:
    """Whether `text` is a size in its only spelling."""
    digits = text.isascii() and text.isdigit() and len(text) <= len(str(SIZE_MAX))
    return digits and str(int(text)) == text and int(text) <= SIZE_MAX


def _fault(where: str, line: str, en: str, zh: str, found: str, expected_en: str, expected_zh: str) -> Fault:
    return Fault(
        f"{where}: {line}",
        Text(en, zh),
        found[:80],
        Text(expected_en, expected_zh),
        Text("fetch the checkpoint again, byte for byte", "请逐字节重新获取检查点"),
        "checkpoint-malformed",
    )
