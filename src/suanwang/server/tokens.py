"""Tokens at the door: made, written as text, and recognised."""

import secrets
from hashlib import sha256
from hmac import compare_digest

import msgspec

from suanwang.engine.platform import Platform
from suanwang.engine.tokens import OF_ENTERPRISE, IssueToken, Role

SECRET_BYTES = 32
NAME_BYTES = 8
PREFIX = "sw"


class Caller(msgspec.Struct, frozen=True):
    """Who asks: by which token, in which role, for which enterprise or centre ("" for neither)."""

    token: str
    role: Role
    holder: str

    @property
    def enterprise(self) -> str | None:
        """The enterprise it speaks for; None: for none in particular."""
        return self.holder if self.role in OF_ENTERPRISE else None

    @property
    def scope(self) -> str:
        """Whose ids of requests these are: another holder's ids are others."""
        return f"{self.role if self.enterprise is None else 'enterprise'}/{self.holder}"

    def sees(self, enterprise: str) -> bool:
        """Whether what belongs to an enterprise is shown."""
        return self.role in ("operator", "auditor") or self.enterprise == enterprise


def new_token(id: str, role: Role, holder: str, about: str, expires_at: int | None) -> tuple[str, IssueToken]:
    """The token's text, told once, and the input that makes it count."""
    name, secret, salt = (
        secrets.token_hex(NAME_BYTES),
        secrets.token_bytes(SECRET_BYTES),
        secrets.token_hex(16),
    )
    text = f"{PREFIX}_{name}_{secret.hex()}"
    digest = sha256(bytes.fromhex(salt) + secret).hexdigest()
    return text, IssueToken(id, name, role, holder, about, salt, digest, expires_at)


def caller_of(platform: Platform, header: str, now: int) -> Caller | None:
    """The holder of `Authorization: Bearer sw_…`; None where it is no token that counts."""
    kind, _, text = header.partition(" ")
    parts = text.strip().split("_")
    if kind.lower() != "bearer" or len(parts) != 3 or parts[0] != PREFIX:
        return None
    known = platform.state.tokens.get(parts[1])
    try:
        secret = bytes.fromhex(parts[2])
    except ValueError:
        return None
    if known is None or len(secret) != SECRET_BYTES:
        return None
    matches = compare_digest(sha256(bytes.fromhex(known.salt) + secret).hexdigest(), known.digest)
    counts = parts[1] not in platform.state.revoked_tokens
    if not matches or not counts or (known.expires_at is not None and known.expires_at <= now):
        return None
    return Caller(known.token, known.role, known.holder)
