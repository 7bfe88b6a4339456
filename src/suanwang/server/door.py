"""The door: who asks, whether they may, how fast; and what each route needs of its request."""

import asyncio
import secrets
from collections.abc import Mapping
from typing import Any, cast

import msgspec
from litestar import Request
from litestar.connection import ASGIConnection
from litestar.datastructures import State
from litestar.handlers import BaseRouteHandler

from suanwang.engine.inputs import AnyInput
from suanwang.engine.platform import Job, Platform
from suanwang.model.bounds import Name
from suanwang.runtime.writer import Ticket
from suanwang.server.access import ROUTES
from suanwang.server.host import Host
from suanwang.server.lead import Lead
from suanwang.server.look_up import ONCE
from suanwang.server.pace import Pace
from suanwang.server.problems import Forbidden, NotAuthorised, NotFound, TooMany, language_of
from suanwang.server.tokens import Caller, caller_of
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Language, Text, same

KEY_HEADER = "idempotency-key"
KEY_LETTERS_MOST = 64
KEY_LETTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._-")


class Asked(Request[Caller, Any, State]):
    """A request, with the server behind it."""

    @property
    def host(self) -> Host:
        """This server."""
        return cast(Host, self.app.state["host"])

    @property
    def lead(self) -> Lead:
        """The lead. Raises Unavailable."""
        return self.host.leading()

    @property
    def platform(self) -> Platform:
        """The platform as it is decided now. Raises Unavailable."""
        return self.lead.platform

    @property
    def caller(self) -> Caller:
        """Who asks."""
        return cast(Caller, self.scope["user"])

    @property
    def language(self) -> Language:
        """In which language."""
        return language_of(self.headers.get("accept-language", ""))

    def input_id(self) -> str:
        """The id of the input: the caller's key within its scope, or one that never comes again."""
        key = self.headers.get(KEY_HEADER)
        if key is None:
            return f"{ONCE}{secrets.token_hex(16)}"
        if not 1 <= len(key) <= KEY_LETTERS_MOST or not KEY_LETTERS.issuperset(key):
            expected = Text(
                f"1 to {KEY_LETTERS_MOST} letters, digits, . _ -",
                f"1 至 {KEY_LETTERS_MOST} 个字母、数字或 . _ -",
            )
            raise InvalidInput(
                [Fault("Idempotency-Key", Text("not a valid key", "键无效"), key[:80], expected)]
            )
        return f"api/{self.caller.scope}/{key}"

    async def ask(self, given: AnyInput) -> Ticket:
        """The input, decided and durable. Raises what it was refused for."""
        return await self.lead.ask(given)

    def enterprise(self, named: str = "") -> str:
        """The enterprise that the request is about: the caller's own, or for others the one named.

        Raises Forbidden for another's, InvalidInput where one has to be named.
        """
        own = self.caller.enterprise
        if own is None:
            if not named:
                what = Text("name the enterprise", "请指定企业")
                raise InvalidInput([Fault("enterprise", what)])
            return named
        if named not in ("", own):
            raise Forbidden([Fault("enterprise", Text("another's", "属于他人"), named, same(own))])
        return own

    def job(self, name: str) -> Job:
        """The job, where the caller sees it. Raises NotFound."""
        job = self.platform.state.jobs.get(name)
        if job is None or not self.caller.sees(job.enterprise):
            raise not_found("job", name)
        return job

    def own_centre(self, name: str) -> str:
        """The centre, where it is the agent's own (or the operator asks). Raises Forbidden, NotFound."""
        return own_centre(self.platform, self.caller, name)


def own_centre(platform: Platform, caller: Caller, name: str) -> str:
    """The centre, where it is the agent's own (or the operator asks). Raises Forbidden, NotFound."""
    if caller.role == "agent" and caller.holder != name:
        raise Forbidden([Fault("centre", Text("another's", "属于他人"), name, same(caller.holder))])
    if name not in platform.state.centres:
        raise not_found("centre", name)
    return name


def not_found(what: str, name: str) -> NotFound:
    """The error for what is not there, or is another's."""
    return NotFound([Fault(what, Text("there is no such thing", "不存在"), name[:80], kind="unknown")])


async def guard(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Lets in who may. Raises NotAuthorised, Forbidden, TooMany, Unavailable."""
    del handler
    scope, app_state = cast(dict[str, object], connection.scope), connection.app.state
    caller = let_in(scope, str(scope["path_template"]), app_state["host"], app_state["pace"])
    if caller is not None:
        scope["user"] = caller


def let_in(scope: Mapping[str, object], path: str, host: Host, pace: Pace) -> Caller | None:
    """Who asks for the path (with its names in braces), where they may; None where anybody may.

    Raises NotAuthorised, Forbidden, TooMany, Unavailable.
    """
    method = str(scope["method"])
    roles = ROUTES.get((method, path), frozenset())
    if roles is None:
        return None
    lead = host.leading()
    # the headers as they came: to make a mapping of all of them takes longer than the rest of this
    headers = cast("list[tuple[bytes, bytes]]", scope["headers"])
    given = next((value for name, value in headers if name == b"authorization"), b"")
    caller = caller_of(lead.platform, given.decode("latin-1"), lead.clock.now())
    if caller is None:
        remedy = Text("send Authorization: Bearer sw_…", "请发送 Authorization: Bearer sw_…")
        raise NotAuthorised(
            [Fault("Authorization", Text("no token that counts", "缺少有效令牌"), remedy=remedy)]
        )
    if caller.role not in roles:
        expected = same(", ".join(sorted(roles)))
        raise Forbidden(
            [Fault(f"{method} {path}", Text("not for this role", "角色无权"), caller.role, expected)]
        )
    if not pace.allows(caller.token, asyncio.get_running_loop().time()):
        what = Text("faster than this token may ask", "超出该令牌的速率")
        raise TooMany([Fault("token", what, remedy=Text("send jobs in batches", "请批量提交"))])
    return caller


def named(value: str, where: str) -> str:
    """A name in a path or query within its bounds. Raises NotFound."""
    try:
        return msgspec.convert(value, Name)
    except msgspec.ValidationError:
        raise not_found(where, value) from None
