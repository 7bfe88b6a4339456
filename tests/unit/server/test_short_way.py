"""The short way of exchanges says what the long way through the framework says, to good and bad alike."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import msgspec
from tests.servers import Bench, job, serving
from tests.unit.server.test_api import agent, firm

from suanwang.server.app import BODY_BYTES_MOST, create_app
from suanwang.server.watch import Watch

EXCHANGE = "/v1/centres/sh/exchange"


def said(answer: httpx.Response) -> tuple[int, dict[str, str], Any]:
    """What was answered, but for the number of the request and the time."""
    headers = {name: value for name, value in answer.headers.items() if name != "x-request-id"}
    body = answer.json()
    body.pop("request", None)
    assert (answer.status_code == 200) == (body.pop("at", None) is not None)
    return answer.status_code, headers, body


def bodies() -> list[bytes]:
    good = {"report_id": "r1", "session": 1, "facts": []}
    unknown = {"fact": "started", "attempt": "j9.1", "at": 1}
    return [
        b"",
        b"{",
        b"[]",
        b"\xff",
        b'{"beside":' + b"[" * 100_000,
        msgspec.json.encode(good | {"session": 7}),
        msgspec.json.encode(good | {"session": 0}),
        msgspec.json.encode(good | {"report_id": "a b"}),
        msgspec.json.encode(good | {"facts": [unknown]}),
        msgspec.json.encode(good | {"facts": [unknown | {"fact": "?"}]}),
        msgspec.json.encode(good | {"beside": 1}),
        msgspec.json.encode(good),
        msgspec.json.encode(good) + b" " * BODY_BYTES_MOST,
    ]


async def compare(bench: Bench) -> None:
    driver, owner = await agent(bench), await firm(bench)
    strangers = [await bench.token("agent", "cd"), await bench.token("reader", "firm-1"), "sw_a_b", ""]
    app, short = create_app(bench.host)
    token = driver.headers["authorization"].split()[1]
    await owner.post("/v1/jobs", json={"jobs": [job()]})
    while not bench.host.leading().contacts.durable_orders.get("sh"):
        await asyncio.sleep(0.01)
    asked = [("POST", EXCHANGE, token, body) for body in bodies()]
    asked += [("POST", EXCHANGE, stranger, bodies()[-2]) for stranger in strangers]
    asked += [
        ("POST", path, token, bodies()[-2])
        for path in ("/v1/centres//exchange", "/v1/centres/a/b/exchange", "/v1/centres/no%20where/exchange")
    ]
    asked += [("GET", EXCHANGE, token, b""), ("PUT", EXCHANGE, token, bodies()[-2])]
    answers: list[list[tuple[int, dict[str, str], Any]]] = []
    for way in (short, Watch(app, bench.host.figures)):
        bench.app = way
        told: list[tuple[int, dict[str, str], Any]] = []
        for method, path, who, body in asked:
            client = bench.client(who, **{"accept-language": "zh"})
            told.append(said(await client.request(method, path, content=body)))
        answers.append(told)
    for one, other, request in zip(*answers, asked, strict=True):
        assert one == other, request
    statuses = {status for status, _, _ in answers[0]}
    assert {200, 400, 401, 403, 404, 405, 409, 413} <= statuses, statuses
    (orders,) = [body["orders"] for status, _, body in answers[0] if status == 200 and body["orders"]][:1]
    assert [one["attempt"] for one in orders] == ["j1.1"]


def test_both_ways_say_the_same(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as bench:
            await compare(bench)

    asyncio.run(story())


def test_the_short_way_is_not_the_framework(tmp_path: Path) -> None:
    async def story() -> None:
        async with serving(tmp_path) as bench:
            driver = await agent(bench)
            app, short = create_app(bench.host)
            app.asgi_handler = None  # type: ignore[assignment]  (whoever comes this way fails)
            bench.app = short
            body = {"report_id": "r1", "session": 1}
            token = driver.headers["authorization"].split()[1]
            answer = await bench.client(token).post(EXCHANGE, json=body)
            assert (answer.status_code, answer.json()["acknowledged"]) == (200, "r1")

    asyncio.run(story())
