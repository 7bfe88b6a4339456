"""The signature port: the primitives behind it, and what each C2SP signature type signs with them.

A *scheme* is a primitive (Ed25519, ML-DSA-44; SM2 would be another). A *signature type* says under which
identifier byte it stands in a signed note, and which message it signs for a note: the note's text itself
(C2SP signed-note), or a statement with a time about it (C2SP tlog-cosignature).
"""

import base64
from collections.abc import Callable
from dataclasses import dataclass

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.mldsa import MLDSA44PrivateKey, MLDSA44PublicKey

SEED_BYTES = 32
TIMESTAMP_BYTES = 8
TIMESTAMP_MAX = 2**63 - 1


@dataclass(frozen=True)
class SignatureScheme:
    """One signature primitive. Private keys are seeds of 32 bytes; `verify` never raises."""

    name: str
    public_bytes: int
    signature_bytes: int
    public_of: Callable[[bytes], bytes]
    sign: Callable[[bytes, bytes], bytes]
    verify: Callable[[bytes, bytes, bytes], bool]


def _ed25519_public(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def _ed25519_sign(seed: bytes, message: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).sign(message)


def _ed25519_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def _mldsa44_public(seed: bytes) -> bytes:
    return MLDSA44PrivateKey.from_seed_bytes(seed).public_key().public_bytes_raw()


def _mldsa44_sign(seed: bytes, message: bytes) -> bytes:
    return MLDSA44PrivateKey.from_seed_bytes(seed).sign(message)


def _mldsa44_verify(public: bytes, message: bytes, signature: bytes) -> bool:
    try:
        MLDSA44PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


ED25519 = SignatureScheme("Ed25519", 32, 64, _ed25519_public, _ed25519_sign, _ed25519_verify)
"""RFC 8032."""

ML_DSA_44 = SignatureScheme("ML-DSA-44", 1312, 2420, _mldsa44_public, _mldsa44_sign, _mldsa44_verify)
"""FIPS 204; stands against quantum computers."""


@dataclass(frozen=True)
class SignatureType:
    """What a signature under one identifier byte says.

    `message(name, text, time_seconds)` gives the bytes that are signed for a note's text by a key of that
    name; it raises ValueError where the text cannot be signed so. `timed` types carry POSIX seconds before
    the signature and belong to witnesses, the others to logs.
    """

    identifier: int
    name: str
    scheme: SignatureScheme
    timed: bool
    message: Callable[[str, bytes, int], bytes]

    @property
    def payload_bytes(self) -> int:
        """The length of what follows the key id in a signature line."""
        return self.scheme.signature_bytes + (TIMESTAMP_BYTES if self.timed else 0)


def _text_itself(name: str, text: bytes, time_seconds: int) -> bytes:
    del name, time_seconds
    return text


def _cosignature_v1(name: str, text: bytes, time_seconds: int) -> bytes:
    del name
    return b"cosignature/v1\ntime %d\n" % time_seconds + text


def _subtree_v1(name: str, text: bytes, time_seconds: int) -> bytes:
    """`cosigned_message` of C2SP tlog-cosignature for a whole tree: start 0, end the size."""
    origin, size, root = text.split(b"\n")[:3]
    signer = name.encode()
    if not (1 <= len(signer) <= 255 and 1 <= len(origin) <= 255):
        raise ValueError("names of cosigner and log are 1 to 255 bytes in an ML-DSA-44 cosignature")
    start = (0).to_bytes(8, "big")
    return b"".join([
        b"subtree/v1\n\0",
        bytes([len(signer)]), signer, time_seconds.to_bytes(8, "big"),
        bytes([len(origin)]), origin, start, int(size).to_bytes(8, "big"), base64.b64decode(root),
    ])  # fmt: skip


NOTE_ED25519 = SignatureType(0x01, "ed25519", ED25519, False, _text_itself)
COSIGNATURE_ED25519 = SignatureType(0x04, "cosignature-ed25519", ED25519, True, _cosignature_v1)
COSIGNATURE_ML_DSA_44 = SignatureType(0x06, "cosignature-mldsa44", ML_DSA_44, True, _subtree_v1)

SIGNATURE_TYPES = {
    kind.identifier: kind for kind in (NOTE_ED25519, COSIGNATURE_ED25519, COSIGNATURE_ML_DSA_44)
}
