"""The way of what agents say with nearly every job: past the web framework, which takes longer than they do.

What is out of the ordinary goes the long way, from the first byte, and is told there what is wrong with it.
"""

from typing import cast

import msgspec
from litestar import Litestar
from litestar.types import (
    HTTPReceiveMessage,
    HTTPResponseBodyEvent,
    HTTPResponseStartEvent,
    Receive,
    Scope,
    Send,
)

from suanwang.model.exchange import Exchange
from suanwang.server.door import Asked, let_in, own_centre
from suanwang.server.exchanging import exchanged
from suanwang.server.host import Host
from suanwang.server.pace import Pace
from suanwang.server.problems import answer_crash, answer_error
from suanwang.units.errors import SuanwangError

BEFORE, AFTER = "/v1/centres/", "/exchange"
PATH = f"{BEFORE}{{centre}}{AFTER}"


class ShortWay:
    """Around the application: answers exchanges itself, which are in the application's route table too."""

    def __init__(self, app: Litestar, host: Host, pace: Pace, body_bytes_most: int) -> None:
        self.app, self.host, self.pace = app, host, pace
        self.body_bytes_most = body_bytes_most
        self.decoder = msgspec.json.Decoder(Exchange)
        self.encoder = msgspec.json.Encoder()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """One request."""
        centre = centre_of(scope)
        messages = await self.read(receive) if centre else []
        given = self.ordinary(scope, centre, messages) if centre else None
        if given is None:
            await self.app(scope, replayed(messages, receive) if messages else receive, send)
            return
        try:
            answer = self.encoder.encode(await exchanged(self.host, centre, given))
        except Exception as error:
            asked = Asked(scope)
            problem = (
                answer_error(asked, error) if isinstance(error, SuanwangError) else answer_crash(asked, error)
            )
            await problem.to_asgi_response(None, asked)(scope, receive, send)
            return
        length = str(len(answer)).encode()
        headers = [(b"content-type", b"application/json"), (b"content-length", length)]
        start: HTTPResponseStartEvent = {"type": "http.response.start", "status": 200, "headers": headers}
        body: HTTPResponseBodyEvent = {"type": "http.response.body", "body": answer, "more_body": False}
        await send(start)
        await send(body)

    async def read(self, receive: Receive) -> list[HTTPReceiveMessage]:
        """The parts of the request's body; the last one says that more follows where it is too long."""
        messages, length = [cast(HTTPReceiveMessage, await receive())], 0
        while messages[-1]["type"] == "http.request" and messages[-1].get("more_body"):
            length += len(messages[-1]["body"])
            if length > self.body_bytes_most:
                break
            messages.append(cast(HTTPReceiveMessage, await receive()))
        return messages

    def ordinary(self, scope: Scope, centre: str, messages: list[HTTPReceiveMessage]) -> Exchange | None:
        """The exchange of an agent that may ask for it; None where anything is not as it should be."""
        last = messages[-1]
        if last["type"] != "http.request" or last["more_body"]:
            return None
        body = b"".join([one["body"] for one in messages if one["type"] == "http.request"])
        try:
            given = self.decoder.decode(body)
            caller = let_in(cast("dict[str, object]", scope), PATH, self.host, self.pace)
            assert caller is not None
            own_centre(self.host.leading().platform, caller, centre)
        except (msgspec.MsgspecError, RecursionError, SuanwangError):
            return None
        scope["user"], scope["path_template"] = caller, PATH
        return given


def centre_of(scope: Scope) -> str:
    """The centre of an exchange; "" for every other request."""
    if scope["type"] != "http" or scope["method"] != "POST":
        return ""
    path = scope["path"]
    if not path.startswith(BEFORE) or not path.endswith(AFTER):
        return ""
    centre = path[len(BEFORE) : -len(AFTER)]
    return "" if "/" in centre else centre


def replayed(messages: list[HTTPReceiveMessage], receive: Receive) -> Receive:
    """What was read, and then what comes."""
    left = iter(messages)

    async def again() -> HTTPReceiveMessage:
        for message in left:
            return message
        return cast(HTTPReceiveMessage, await receive())

    return again
