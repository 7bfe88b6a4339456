"""Keys as text: verifier keys (C2SP signed-note vkeys) and signing keys (the form of Go's sumdb/note).

    <name>+<key id, 8 hex digits>+base64(type ‖ public key)
    PRIVATE+KEY+<name>+<key id>+base64(type ‖ seed)

The key id is the first four bytes of SHA-256(name ‖ 0x0A ‖ type ‖ public key), as the note says it; it is an
identifier and no proof of anything, so a key is known by its whole text.
"""

import base64
import binascii
import hashlib

import msgspec

from suanwang.audit.signatures import (
    SEED_BYTES,
    SIGNATURE_TYPES,
    TIMESTAMP_BYTES,
    TIMESTAMP_MAX,
    SignatureType,
)
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

PRIVATE_PREFIX = "PRIVATE+KEY+"
KEY_ID_BYTES = 4


class VerifierKey(msgspec.Struct, frozen=True):
    """A public key with its name and signature type. Equal only where all three are."""

    name: str
    type_identifier: int
    public: bytes

    @property
    def type(self) -> SignatureType:
        """What its signatures say."""
        return SIGNATURE_TYPES[self.type_identifier]

    @property
    def id(self) -> bytes:
        """The four bytes by which a signature line names the key, beside its name."""
        head = self.name.encode() + b"\n" + bytes([self.type_identifier])
        return hashlib.sha256(head + self.public).digest()[:KEY_ID_BYTES]

    @property
    def text(self) -> str:
        """The key as a line of text."""
        public = base64.b64encode(bytes([self.type_identifier]) + self.public).decode()
        return f"{self.name}+{self.id.hex()}+{public}"

    def verifies(self, text: bytes, payload: bytes) -> bool:
        """Whether `payload`, all after the key id in a signature line, is this key's signature of `text`."""
        if len(payload) != self.type.payload_bytes:
            return False
        head = TIMESTAMP_BYTES if self.type.timed else 0
        time_seconds = int.from_bytes(payload[:head], "big")
        if time_seconds > TIMESTAMP_MAX:
            return False
        try:
            message = self.type.message(self.name, text, time_seconds)
        except (ValueError, OverflowError):
            return False
        return self.type.scheme.verify(self.public, message, payload[head:])


class SigningKey(msgspec.Struct, frozen=True):
    """A private key with its name and signature type; `seed` is 32 bytes. Its repr keeps the seed out."""

    name: str
    type_identifier: int
    seed: bytes

    def __repr__(self) -> str:
        return f"SigningKey({self.verifier.text})"

    @property
    def verifier(self) -> VerifierKey:
        """The public half."""
        scheme = SIGNATURE_TYPES[self.type_identifier].scheme
        return VerifierKey(self.name, self.type_identifier, scheme.public_of(self.seed))

    @property
    def text(self) -> str:
        """The key as a line of text, secret included."""
        seed = base64.b64encode(bytes([self.type_identifier]) + self.seed).decode()
        return f"{PRIVATE_PREFIX}{self.name}+{self.verifier.id.hex()}+{seed}"

    def sign(self, text: bytes, time_seconds: int = 0) -> bytes:
        """The payload of a signature line over `text`; `time_seconds` (POSIX) counts for timed types only."""
        kind = SIGNATURE_TYPES[self.type_identifier]
        signature = kind.scheme.sign(self.seed, kind.message(self.name, text, time_seconds))
        return (time_seconds.to_bytes(TIMESTAMP_BYTES, "big") if kind.timed else b"") + signature


def name_faults(name: str, where: str) -> list[Fault]:
    """What makes `name` unfit for a key: it is empty, or has a space, a plus sign or a control character."""
    if name and not any(letter.isspace() or letter == "+" or ord(letter) < 32 for letter in name):
        return []
    return [
        Fault(
            where,
            Text("a key's name cannot be written in a note", "密钥名称无法写入签名附注"),
            name,
            Text("a name without spaces, plus signs and line ends", "不含空格、加号和换行的名称"),
            Text("use a name such as example.cn/log", "使用类似 example.cn/log 的名称"),
            "key-malformed",
        )
    ]


def decode_base64(text: str) -> bytes | None:
    """Standard Base64 (RFC 4648 §4) with padding, or None; a second spelling of the same bytes is refused."""
    try:
        data = base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, ValueError):
        return None
    return data if base64.b64encode(data).decode() == text else None


def parse_verifier_key(text: str, where: str) -> VerifierKey:
    """The key of a vkey line. Raises InvalidInput with every fault of it."""
    text = text.strip()
    if text.startswith(PRIVATE_PREFIX):
        raise InvalidInput([
            Fault(
                where,
                Text("this is a private key", "这是私钥"),
                PRIVATE_PREFIX + "…",
                Text("the verifier key", "验证公钥"),
                Text("show it with `suanwang audit keys show FILE`", "用 `audit keys show` 取得公钥"),
                "key-malformed",
            )
        ])  # fmt: skip
    name, identifier, material = _three_parts(text, where)
    faults = name_faults(name, where)
    key = VerifierKey(name, material[0], material[1:])
    kind = SIGNATURE_TYPES.get(material[0])
    if kind is None:
        faults.append(_unknown_type(where, material[0]))
    elif len(key.public) != kind.scheme.public_bytes:
        faults.append(_wrong_length(where, len(key.public), kind.scheme.public_bytes))
    if identifier != key.id.hex():
        faults.append(_wrong_id(where, identifier, key.id.hex()))
    if faults:
        raise InvalidInput(faults)
    return key


def parse_signing_key(text: str, where: str) -> SigningKey:
    """The key of a signing key line. Raises InvalidInput with every fault, the secret in none of them."""
    text = text.strip()
    if not text.startswith(PRIVATE_PREFIX):
        raise InvalidInput([
            Fault(
                where,
                Text("this is no private key", "这不是私钥"),
                text[:40],
                same(PRIVATE_PREFIX + "…"),
                Text("make one with `suanwang audit keys new`", "用 `suanwang audit keys new` 生成"),
                "key-malformed",
            )
        ])  # fmt: skip
    name, identifier, material = _three_parts(text.removeprefix(PRIVATE_PREFIX), where, secret=True)
    faults = name_faults(name, where)
    key = SigningKey(name, material[0], material[1:])
    if material[0] not in SIGNATURE_TYPES:
        faults.append(_unknown_type(where, material[0]))
    elif len(key.seed) != SEED_BYTES:
        faults.append(_wrong_length(where, len(key.seed), SEED_BYTES))
    elif identifier != key.verifier.id.hex():
        faults.append(_wrong_id(where, identifier, key.verifier.id.hex()))
    if faults:
        raise InvalidInput(faults)
    return key


def _three_parts(text: str, where: str, secret: bool = False) -> tuple[str, str, bytes]:
    """Name, key id as written, and the decoded rest (at least one byte)."""
    parts = text.split("+", 2)
    material = decode_base64(parts[2]) if len(parts) == 3 else None
    if not material:
        raise InvalidInput([
            Fault(
                where,
                Text("not a key", "不是密钥"),
                "…" if secret else text[:80],
                Text("NAME+KEYID+BASE64, in three parts", "名称+密钥标识+BASE64，共三部分"),
                Text("copy the whole line", "请复制完整的一行"),
                "key-malformed",
            )
        ])  # fmt: skip
    return parts[0], parts[1], material


def _unknown_type(where: str, identifier: int) -> Fault:
    known = ", ".join(f"0x{kind.identifier:02x} {kind.name}" for kind in SIGNATURE_TYPES.values())
    return Fault(
        where,
        Text("a signature type that is not known here", "未知的签名类型"),
        f"0x{identifier:02x}",
        same(known),
        Text("use a key of one of these types", "请使用上述类型的密钥"),
        "key-malformed",
    )


def _wrong_length(where: str, found: int, expected: int) -> Fault:
    return Fault(
        where,
        Text("the key has the wrong length", "密钥长度不对"),
        f"{found} bytes",
        same(f"{expected} bytes"),
        Text("copy the whole line", "请复制完整的一行"),
        "key-malformed",
    )


def _wrong_id(where: str, found: str, expected: str) -> Fault:
    return Fault(
        where,
        Text("the key id does not belong to this name and key", "密钥标识与名称和密钥不符"),
        found,
        same(expected),
        Text("one of the three parts was changed: fetch the key again", "三部分之一被改动：请重新获取密钥"),
        "key-malformed",
    )
