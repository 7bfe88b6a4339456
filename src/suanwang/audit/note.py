"""Signed notes (C2SP signed-note): a text, a blank line, and one line for each signature.

Nothing of the text counts before a known key's signature over it was verified.
"""

import base64
from collections.abc import Iterable

import msgspec

from suanwang.audit.keys import KEY_ID_BYTES, SigningKey, VerifierKey, decode_base64, name_faults
from suanwang.audit.signatures import TIMESTAMP_BYTES
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

DASH = "\N{EM DASH} "
NOTE_BYTES_MAX = 1_000_000
SIGNATURES_MAX = 128


class NoteSignature(msgspec.Struct, frozen=True):
    """One signature line: the key's name, its id, and what that key's type signs with."""

    name: str
    key_id: bytes
    payload: bytes

    @property
    def line(self) -> str:
        """The line in the note, without its end."""
        return f"{DASH}{self.name} {base64.b64encode(self.key_id + self.payload).decode()}"

    def is_by(self, key: VerifierKey) -> bool:
        """Whether name and key id are those of `key`; says nothing about the signature."""
        return self.name == key.name and self.key_id == key.id

    @property
    def time_seconds(self) -> int:
        """When a witness says it signed, POSIX seconds; means something for timed types only."""
        return int.from_bytes(self.payload[:TIMESTAMP_BYTES], "big")


class SignedNote(msgspec.Struct, frozen=True):
    """A note as read or made: the text with its final newline, and the signatures."""

    text: str
    signatures: tuple[NoteSignature, ...]

    @property
    def bytes(self) -> bytes:
        """The note as it stands in a file."""
        return (self.text + "\n" + "".join(signature.line + "\n" for signature in self.signatures)).encode()

    def signed_by(self, key: SigningKey, time_seconds: int = 0) -> "SignedNote":
        """The note with one more signature; an earlier one by the same key is replaced."""
        verifier = key.verifier
        payload = key.sign(self.text.encode(), time_seconds)
        kept = tuple(signature for signature in self.signatures if not signature.is_by(verifier))
        return SignedNote(self.text, (*kept, NoteSignature(verifier.name, verifier.id, payload)))


class NoteCheck(msgspec.Struct, frozen=True):
    """Which of the keys asked about signed a note, and the faults of signatures in their name."""

    signers: tuple[VerifierKey, ...]
    faults: tuple[Fault, ...]


def check_signatures(note: SignedNote, keys: Iterable[VerifierKey], where: str) -> NoteCheck:
    """Verify every signature by one of `keys`; those of others are ignored, as the specification asks."""
    signers: list[VerifierKey] = []
    faults: list[Fault] = []
    text = note.text.encode()
    for key in dict.fromkeys(keys):
        mine = [signature for signature in note.signatures if signature.is_by(key)]
        if mine and all(key.verifies(text, signature.payload) for signature in mine):
            signers.append(key)
        elif mine:
            faults.append(
                Fault(
                    where,
                    Text(
                        f"the signature of {key.name} does not verify: text or signature was changed",
                        f"{key.name} 的签名验证失败：正文或签名被改动",
                    ),
                    base64.b64encode(mine[0].payload).decode()[:24] + "…",
                    Text(f"a signature by key {key.id.hex()}", f"由密钥 {key.id.hex()} 作出的签名"),
                    Text(
                        "fetch it again from another source; keep this copy as evidence",
                        "从其他来源重新获取，并保留此份作为证据",
                    ),
                    "signature-invalid",
                )
            )
    return NoteCheck(tuple(signers), tuple(faults))


def parse_note(data: bytes, where: str) -> SignedNote:
    """The note in `data`. Raises InvalidInput with every fault."""
    if len(data) > NOTE_BYTES_MAX:
        raise InvalidInput([_malformed(where, "a note is too long", "附注过长", f"{len(data)} bytes")])
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise InvalidInput(
            [_malformed(where, "a note is not UTF-8", "附注不是 UTF-8", f"byte {error.start}")]
        ) from None
    bad = next((at for at, letter in enumerate(whole) if ord(letter) < 32 and letter != "\n"), None)
    if bad is not None:
        found = f"U+{ord(whole[bad]):04X} at {bad}"
        raise InvalidInput([_malformed(where, "a note has a control character", "附注含控制字符", found)])
    text, blank, block = whole.rpartition("\n\n")
    lines = block.split("\n")
    if not blank or not block or lines[-1]:
        raise InvalidInput([
            _malformed(where, "a note has no signature lines at its end", "附注末尾没有签名行", whole[-60:])
        ])  # fmt: skip
    faults: list[Fault] = []
    signatures: list[NoteSignature] = []
    if len(lines) - 1 > SIGNATURES_MAX:
        faults.append(_malformed(where, "a note has too many signatures", "签名过多", str(len(lines) - 1)))
    for number, line in enumerate(lines[:-1], 1):
        name, _, encoded = line.removeprefix(DASH).partition(" ")
        payload = decode_base64(encoded)
        if (
            not line.startswith(DASH)
            or name_faults(name, where)
            or not payload
            or len(payload) <= KEY_ID_BYTES
        ):
            place = f"{where}: signature {number}"
            faults.append(_malformed(place, "a signature line cannot be read", "签名行无法读取", line[:80]))
        else:
            signatures.append(NoteSignature(name, payload[:KEY_ID_BYTES], payload[KEY_ID_BYTES:]))
    if faults:
        raise InvalidInput(faults)
    return SignedNote(text + "\n", tuple(signatures))


def _malformed(where: str, what_en: str, what_zh: str, found: str) -> Fault:
    return Fault(
        where,
        Text(what_en, what_zh),
        found,
        same("TEXT\\n\\n— NAME BASE64\\n"),
        Text("fetch the note again, byte for byte", "请逐字节重新获取该附注"),
        "note-malformed",
    )
