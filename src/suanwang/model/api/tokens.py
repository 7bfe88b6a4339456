"""Tokens over HTTP. The text of a token is told once, when it is made."""

from typing import Literal

import msgspec

from suanwang.model.bounds import Instant, Label, MaybeName

Role = Literal["operator", "auditor", "owner", "member", "reader", "agent"]
"""`operator`: runs the platform; `auditor`: reads all of it; of an enterprise, `owner` (its tokens too),
`member` (submits) and `reader`; `agent`: of a centre."""


class TokenAsked(msgspec.Struct, frozen=True):
    """A new token. `holder`: an enterprise or a centre, as the role needs; an owner's own if left out."""

    role: Role
    holder: MaybeName = ""
    about: Label = ""
    expires_at: Instant | None = None


class TokenMade(msgspec.Struct, frozen=True):
    """`text` goes into `Authorization: Bearer`; nobody can read it again."""

    token: str
    text: str


class TokenTold(msgspec.Struct, frozen=True):
    """A token without its secret."""

    token: str
    role: Role
    holder: str
    about: str
    issued_at: int
    expires_at: int | None
    revoked_at: int | None


class Tokens(msgspec.Struct, frozen=True):
    """Those that the caller may know of."""

    tokens: tuple[TokenTold, ...]


class Me(msgspec.Struct, frozen=True):
    """Who asks, as the server sees it."""

    token: str
    role: Role
    holder: str
