"""Tokens: make, list, revoke. An owner's are those of its own enterprise."""

import secrets

from litestar import delete, get, post
from litestar.params import FromPath, JSONBody

from suanwang.engine.platform import Platform
from suanwang.engine.tokens import OF_ENTERPRISE, RevokeToken, TokenIssued
from suanwang.model.api.tokens import Me, TokenAsked, TokenMade, Tokens, TokenTold
from suanwang.server.door import Asked, not_found
from suanwang.server.look_up import ONCE
from suanwang.server.problems import Forbidden
from suanwang.server.tokens import Caller, new_token
from suanwang.units.errors import Fault
from suanwang.units.text import Text


@get("/v1/me")
async def show_me(request: Asked) -> Me:
    """Who asks."""
    caller = request.caller
    return Me(caller.token, caller.role, caller.holder)


@post("/v1/tokens", status_code=201)
async def make_token(request: Asked, data: JSONBody[TokenAsked]) -> TokenMade:
    """A new token; its text is told here and never again, so this is not idempotent."""
    caller, holder = request.caller, data.holder
    if caller.role == "owner":
        holder = request.enterprise(holder)
        if data.role not in OF_ENTERPRISE:
            raise Forbidden([Fault("role", Text("not an owner's to give", "所有者无权授予"), data.role)])
    name = f"{ONCE}token/{secrets.token_hex(16)}"
    text, given = new_token(name, data.role, holder, data.about, data.expires_at)
    await request.ask(given)
    return TokenMade(given.token, text)


@get("/v1/tokens")
async def list_tokens(request: Asked) -> Tokens:
    """Tokens without their secrets, newest first."""
    state = request.platform.state
    found = [
        told(request.platform, one) for one in reversed(state.tokens.values()) if knows(request.caller, one)
    ]
    return Tokens(tuple(found))


@delete("/v1/tokens/{token:str}", status_code=200)
async def revoke_token(request: Asked, token: FromPath[str]) -> TokenTold:
    """No more of a token. Again is no fault."""
    known = request.platform.state.tokens.get(token)
    if known is None or not knows(request.caller, known):
        raise not_found("token", token)
    await request.ask(RevokeToken(request.input_id(), token))
    return told(request.platform, known)


def knows(caller: Caller, token: TokenIssued) -> bool:
    """Whether a caller may know of a token."""
    own = caller.enterprise
    return own is None or (token.holder == own and token.role in OF_ENTERPRISE)


def told(platform: Platform, token: TokenIssued) -> TokenTold:
    """A token without its secret."""
    revoked_at = platform.state.revoked_tokens.get(token.token)
    return TokenTold(
        token.token, token.role, token.holder, token.about, token.at, token.expires_at, revoked_at
    )


ROUTES = (show_me, make_token, list_tokens, revoke_token)
