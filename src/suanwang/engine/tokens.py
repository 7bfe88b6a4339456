"""Who may speak to the platform: tokens by role and holder. Only a salted hash of a secret is ever recorded.

A token is `sw_<name>_<secret>`; the secret is 32 random bytes, so one salted SHA-256 is enough to keep it.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta

from suanwang.model.api.tokens import Role
from suanwang.model.bounds import Instant, Label, MaybeName
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

if TYPE_CHECKING:
    from suanwang.engine.platform import Platform

OF_ENTERPRISE: frozenset[Role] = frozenset({"owner", "member", "reader"})
TOKENS_OF_HOLDER_MOST = 1000

Hex = Annotated[str, Meta(pattern=r"^[0-9a-f]{16,64}(?!\n)$")]


class IssueToken(msgspec.Struct, frozen=True, tag_field="input", tag="issue_token"):
    """A token `token` for `holder` (an enterprise, a centre; "" for operator and auditor)."""

    id: str
    token: Hex
    role: Role
    holder: MaybeName
    about: Label
    salt: Hex
    digest: Hex
    expires_at: Instant | None = None


class RevokeToken(msgspec.Struct, frozen=True, tag_field="input", tag="revoke_token"):
    """No more of this token."""

    id: str
    token: Hex


class TokenIssued(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag="token_issued.1"):
    """A token counts from `at` on. `digest`: SHA-256 of salt and secret, both as bytes."""

    at: int
    token: str
    role: Role
    holder: str
    about: str
    salt: str
    digest: str
    expires_at: int | None


class TokenRevoked(msgspec.Struct, frozen=True, gc=False, tag_field="event", tag="token_revoked.1"):
    """A token does not count any more."""

    at: int
    token: str


def issue_token(platform: "Platform", given: IssueToken, at: int) -> Iterator[TokenIssued]:
    """Raises InvalidInput for a name that is taken, or a holder that does not fit the role."""
    state, faults = platform.state, list[Fault]()
    if given.token in state.tokens:
        faults.append(Fault("token", Text("this name is taken", "该名称已被占用"), given.token))
    if (given.role in ("operator", "auditor")) != (given.holder == ""):
        what = Text("this role goes with another kind of holder", "角色与持有者不符")
        faults.append(Fault("holder", what, given.holder))
    if given.role == "agent" and given.holder not in state.centres:
        faults.append(Fault("holder", Text("no such centre", "没有这个中心"), given.holder))
    held = sum(1 for one in state.tokens.values() if one.holder == given.holder)
    if held >= TOKENS_OF_HOLDER_MOST:
        what = Text("it has too many tokens", "令牌过多")
        remedy = Text("revoke what is not used", "请先吊销不用的令牌")
        faults.append(Fault("holder", what, str(held), same(f"< {TOKENS_OF_HOLDER_MOST}"), remedy))
    if faults:
        raise InvalidInput(faults)
    yield TokenIssued(
        at, given.token, given.role, given.holder, given.about, given.salt, given.digest, given.expires_at
    )


def revoke_token(platform: "Platform", given: RevokeToken, at: int) -> Iterator[TokenRevoked]:
    """Nothing where it does not count any more. Raises InvalidInput for an unknown one."""
    if given.token not in platform.state.tokens:
        raise InvalidInput([Fault("token", Text("no such token", "没有这个令牌"), given.token)])
    if given.token not in platform.state.revoked_tokens:
        yield TokenRevoked(at, given.token)


def token_issued(platform: "Platform", event: TokenIssued) -> None:
    """It counts."""
    platform.state.tokens[event.token] = event


def token_revoked(platform: "Platform", event: TokenRevoked) -> None:
    """It does not count any more; it stays listed."""
    platform.state.revoked_tokens[event.token] = event.at
