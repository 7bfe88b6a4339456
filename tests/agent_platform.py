"""A small platform for the agent's tests: the wire contract of `model.exchange`, as an ASGI application.

It remembers what it was told and hands out the orders that a test gives it. Over a socket it runs in uvicorn;
in one process and thread, `AsgiTransport` calls it.
"""

import asyncio
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from hashlib import sha256
from threading import Thread
from typing import Any

import httpx
import msgspec
import uvicorn

from suanwang.model.api.problem import Problem
from suanwang.model.content import JobContent
from suanwang.model.exchange import ContentKept, Exchange, Join, Joined, LogPart, LogTaken, Orders
from suanwang.model.facts import AnyFact, Ended
from suanwang.model.orders import AnyOrder

TOKEN = "a token"


class StandIn:
    """See above. `away`: it answers 503 to all. `now`: its clock, UTC microseconds."""

    def __init__(self, now: Callable[[], int] = lambda: time.time_ns() // 1000) -> None:
        self.now = now
        self.session = 0
        self.sessions: list[int] = []
        self.orders: list[AnyOrder] = []
        self.reports: dict[tuple[int, str], Exchange] = {}
        self.facts: list[AnyFact] = []
        self.contents: dict[str, bytes] = {}
        self.logs: dict[tuple[str, str], bytes] = {}
        self.follow: set[str] = set()
        self.fits: Any = None
        self.away = self.closing = False
        self.requests = 0

    def keep(self, data: bytes) -> str:
        name = sha256(data).hexdigest()
        self.contents[name] = data
        return name

    def keep_job(self, content: JobContent) -> str:
        return self.keep(msgspec.json.encode(content))

    def of(self, attempt: str) -> list[AnyFact]:
        """What it was told of an attempt, once each."""
        return [fact for fact in dict.fromkeys(self.facts) if fact.attempt == attempt]

    def ended(self, attempt: str) -> Ended | None:
        found = [fact for fact in self.of(attempt) if isinstance(fact, Ended)]
        assert len(found) <= 1, found
        return found[0] if found else None

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        self.requests += 1
        body = bytearray()
        while True:
            message = await receive()
            body += message.get("body", b"")
            if not message.get("more_body"):
                break
        headers = dict(scope["headers"])
        status, data = await self.answer(scope["method"], scope["path"], headers, bytes(body))
        await send({"type": "http.response.start", "status": status, "headers": []})
        await send({"type": "http.response.body", "body": data})

    async def answer(
        self, method: str, path: str, headers: dict[bytes, bytes], body: bytes
    ) -> tuple[int, bytes]:
        if self.away:
            return 503, b""
        if headers.get(b"authorization") != f"Bearer {TOKEN}".encode():
            return 401, b""
        parts = path.strip("/").split("/")
        match method, parts:
            case "POST", ["v1", "centres", centre, "join"]:
                asked = msgspec.json.decode(body, type=Join)
                if asked.session <= self.session:
                    return problem(409, "/problems/stale-session")
                self.session = asked.session
                self.sessions.append(asked.session)
                over = {fact.attempt for fact in self.facts if isinstance(fact, Ended)}
                open_ = tuple(dict.fromkeys(one.attempt for one in self.orders if one.attempt not in over))
                return 200, msgspec.json.encode(Joined(centre, asked.session, 1, open_, self.now()))
            case "POST", ["v1", "centres", _, "exchange"]:
                return await self.exchange(msgspec.json.decode(body, type=Exchange))
            case "GET", ["v1", "contents", name]:
                return (200, self.contents[name]) if name in self.contents else problem(404, "/problems/no")
            case "PUT", ["v1", "contents"]:
                return 201, msgspec.json.encode(ContentKept(self.keep(body)))
            case "POST", ["v1", "attempts", attempt, "log"]:
                part = msgspec.json.decode(body, type=LogPart)
                known = self.logs.get((attempt, part.stream), b"")
                if part.offset <= len(known):
                    known = known[: part.offset] + part.bytes
                self.logs[attempt, part.stream] = known
                return 200, msgspec.json.encode(LogTaken(len(known)))
            case _:
                return problem(404, "/problems/not-found")

    async def exchange(self, given: Exchange) -> tuple[int, bytes]:
        if given.session != self.session:
            return problem(409, "/problems/stale-session")
        known = self.reports.setdefault((given.session, given.report_id), given)
        assert (known.facts, known.fits) == (given.facts, given.fits), "the same id, another body"
        if known is given:
            self.facts += given.facts
            self.fits = given.fits if given.fits is not None else self.fits
        for _ in range(int(given.wait_s * 20) if not given.facts else 0):
            if any(order.number > given.seen_order for order in self.orders) or self.away or self.closing:
                break
            await asyncio.sleep(0.05)
        orders = tuple(order for order in self.orders if order.number > given.seen_order)
        return 200, msgspec.json.encode(
            Orders(orders, given.report_id, self.now(), tuple(sorted(self.follow)))
        )

    @contextmanager
    def served(self) -> Generator[str]:
        """Over a socket of this machine; its address."""
        server = uvicorn.Server(uvicorn.Config(self, port=0, log_level="warning", lifespan="off"))
        thread = Thread(target=server.run, daemon=True)
        thread.start()
        while not server.started:
            thread.join(0.01)
        port = server.servers[0].sockets[0].getsockname()[1]
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            self.closing = server.should_exit = True
            thread.join(10)


def problem(status: int, kind: str) -> tuple[int, bytes]:
    return status, msgspec.json.encode(Problem(kind, "no", status, "no", "r1"))


class AsgiTransport(httpx.BaseTransport):
    """An ASGI application behind a client that waits, in one thread and without sockets."""

    def __init__(self, app: Any) -> None:
        self.app = app
        self.loop = asyncio.new_event_loop()

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        body = b"".join(chunk for chunk in request.stream if isinstance(chunk, bytes))  # type: ignore[union-attr]

        async def ask() -> httpx.Response:
            again = httpx.Request(request.method, request.url, headers=request.headers, content=body)
            response = await httpx.ASGITransport(self.app).handle_async_request(again)
            data = await response.aread()
            return httpx.Response(response.status_code, headers=response.headers, content=data)

        return self.loop.run_until_complete(ask())

    def close(self) -> None:
        self.loop.close()
