"""Every route against every role: who may not is refused, and nobody sees or changes what is another's."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.servers import FIRM, OTHER, Bench, job, serving

from suanwang.server.access import LETTERS, ROUTES

MARK = "a-name-that-nobody-else-may-read"
BODIES: dict[tuple[str, str], Any] = {
    ("POST", "/v1/network"): {
        "terms": {"name": "x", "start_at": 0, "slot_minutes": 60, "horizon_slots": 24, "reserve_slots": 24}
    },
    ("PUT", "/v1/centres/{centre}"): {
        "centre": {
            "centre": "sh", "name": "x", "kind": "edge", "region": "310000", "lat": "1", "lon": "1",
            "grid_zone": "上海", "pue": "1.1", "security_grade": 1, "operator": "x",
        },
        "pools": [{
            "pool": "p", "centre": "sh", "device": "A100", "devices": "1", "devices_per_node": "1",
            "power_w_per_device": "1", "idle_w_per_device": "1", "price_micro_per_device_hour": 1,
        }],
    },
    ("POST", "/v1/centres/{centre}/conformance"): {
        "driver": "local", "version": "1", "checks": [{"check": "runs", "passed": True}]
    },
    ("POST", "/v1/centres/{centre}/join"): {"session": 2**50},
    ("POST", "/v1/centres/{centre}/exchange"): {"report_id": "r", "session": 1},
    ("POST", "/v1/signals"): {
        "signals": [
            {"zone": "x", "from_slot": 0, "price_micro_per_kwh": ["1"], "carbon_g_per_kwh": ["1"]}
        ]
    },
    ("POST", "/v1/outages"): {"pool": "sh-a100", "from_slot": 0, "to_slot": 1, "devices_lost": "1"},
    ("POST", "/v1/quotes"): {"job": job(), "enterprise": FIRM},
    ("POST", "/v1/jobs"): {"jobs": [job()], "enterprise": FIRM},
    ("POST", "/v1/jobs/{job}/cancel"): None,
    ("POST", "/v1/jobs/{job}/extend"): {"more_s": 60},
    ("POST", "/v1/jobs/{job}/pause"): None,
    ("POST", "/v1/jobs/{job}/resume"): None,
    ("POST", "/v1/attempts/{attempt}/log"): {"stream": "stdout", "offset": 0, "bytes": "eA=="},
    ("PUT", "/v1/contents"): b"x",
    ("POST", "/v1/ledger/commands"): {
        "do": "top_up", "id": "x", "enterprise": FIRM, "amount_micro": 10_000, "reference": "x"
    },
    ("POST", "/v1/settlements"): {"centre": "sh", "period": "p", "from_at": 0, "to_at": 1},
    ("POST", "/v1/vouchers"): {"do": "withdraw_grant", "id": "x", "application": "nobody"},
    ("POST", "/v1/quotas"): {"enterprise": FIRM, "jobs_most": 1},
    ("POST", "/v1/tokens"): {"role": "owner", "holder": FIRM},
}  # fmt: skip
OF_A_HOLDER = ("job", "content", "enterprise", "name")
FOR_ALL = {("GET", "/v1/me"), ("PUT", "/v1/contents")}
"""What has no holder but the caller: it may succeed for anyone who may ask it."""


async def settled(bench: Bench) -> tuple[dict[str, str], dict[str, str]]:
    """(values of the parameters of paths, all the firm's or its centre's; tokens by role, all another's)."""
    await bench.wallet(FIRM)
    await bench.wallet(OTHER)
    firm = bench.client(await bench.token("owner", FIRM))
    agent = bench.client(await bench.token("agent", "sh"))
    answer = await agent.post("/v1/centres/sh/join", json={"session": 1})
    assert answer.status_code == 200, answer.text
    content = (await firm.put("/v1/contents", content=MARK.encode())).json()["name"]
    answer = await firm.post("/v1/jobs", json={"jobs": [job(MARK, content=content)]})
    assert answer.status_code == 201, answer.text
    answer = await agent.post("/v1/centres/sh/exchange", json={"report_id": "r1", "session": 1, "wait_s": 20})
    assert [one["attempt"] for one in answer.json()["orders"]] == ["j1.1"]
    part = {"stream": "stdout", "offset": 0, "bytes": "YS1uYW1l"}
    assert (await agent.post("/v1/attempts/j1.1/log", json=part)).json() == {"size": 6}
    token = (await firm.get("/v1/tokens")).json()["tokens"][0]["token"]
    paths = {
        "centre": "sh", "job": "j1", "attempt": "j1.1", "content": content, "enterprise": FIRM,
        "kind": "enterprise", "name": FIRM, "token": token, "index": "1", "size": "1",
    }  # fmt: skip
    tokens = {"operator": bench.operator_token, "auditor": await bench.token("auditor")}
    for role in ("owner", "member", "reader"):
        tokens[role] = await bench.token(role, OTHER)
    tokens["agent"] = await bench.token("agent", "zw")
    return paths, tokens


async def call(
    bench: Bench, token: str | None, route: tuple[str, str], paths: dict[str, str]
) -> tuple[int, bytes]:
    """The answer to a route whose parameters are another's; streams are asked to end."""
    method, path = route
    body = BODIES.get(route)
    given: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body} if body else {}
    params: dict[str, Any] = {}
    if path == "/v1/events":
        params = {"after": -1, "follow": "false"}
    elif path.startswith("/v1/statements"):
        params = {"from_at": 0, "to_at": 10**17}
    elif path in ("/v1/jobs",) and method == "GET":
        params = {"limit": 1000}
    async with bench.client(token) as client:
        answer = await client.request(method, path.format(**paths), params=params, **given)
    return answer.status_code, answer.content


def test_the_table_names_the_routes_that_there_are_and_the_test_has_a_body_for_each(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(tmp_path) as bench:
            described = (await bench.client(None).get("/openapi.json")).json()["paths"]
            routes = {
                (method.upper(), path)
                for path, methods in described.items()
                for method in methods
                if method in ("get", "put", "post", "delete", "patch")
            }
            assert routes == set(ROUTES) - {("GET", "/openapi.json")}
            assert {one for one in routes if one[0] in ("POST", "PUT")} == set(BODIES)

    asyncio.run(run())


def test_nobody_passes_without_a_token_or_with_a_role_that_may_not(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(tmp_path) as bench:
            paths, tokens = await settled(bench)
            events = bench.host.leading().platform.state.events
            for route, roles in ROUTES.items():
                if roles is None:
                    assert (await call(bench, None, route, paths))[0] == 200, route
                    continue
                for bad in (None, "sw_0123456789abcdef_" + "0" * 64, "nonsense", tokens["owner"][:-1] + "x"):
                    status, body = await call(bench, bad, route, paths)
                    assert status == 401, (route, bad, body)
                for role in set(LETTERS.values()) - roles:
                    status, body = await call(bench, tokens[role], route, paths)
                    assert status == 403, (route, role, body)
            assert bench.host.leading().platform.state.events == events, "nothing has changed"

    asyncio.run(run())


def test_nobody_sees_or_changes_what_is_anothers(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(tmp_path) as bench:
            paths, tokens = await settled(bench)
            platform = bench.host.leading().platform
            before = platform.state.events
            for route, roles in ROUTES.items():
                for role in ("owner", "member", "reader", "agent"):
                    if roles is None or role not in roles:
                        continue
                    status, body = await call(bench, tokens[role], route, paths)
                    where = (*route, role, body[:300])
                    for word in (MARK, FIRM, "j1.1", paths["token"]):
                        assert route[1] == "/v1/me" or word.encode() not in without_question(body, paths), (
                            where
                        )
                    changes = route[0] != "GET" and route not in FOR_ALL
                    if changes or any(f"{{{name}}}" in route[1] for name in OF_A_HOLDER):
                        assert status in (403, 404), where
                    assert status < 500, where
            assert platform.state.events == before, "nothing has changed"

    asyncio.run(run())


def without_question(body: bytes, paths: dict[str, str]) -> bytes:
    """An answer less what it repeats of the question: a refusal names what was asked for."""
    for found in (f'"found":"{paths["enterprise"]}"', f'"found":"enterprise {paths["enterprise"]}"'):
        body = body.replace(found.encode(), b"")
    return body.replace(b'"found":"j1.1"', b"").replace(f'"found":"{paths["token"]}"'.encode(), b"")


def test_an_owner_gives_tokens_of_its_own_enterprise_alone_and_takes_them_back(tmp_path: Path) -> None:
    async def run() -> None:
        async with serving(tmp_path) as bench:
            owner = bench.client(await bench.token("owner", FIRM))
            made = (await owner.post("/v1/tokens", json={"role": "reader"})).json()
            reader = bench.client(made["text"])
            assert (await reader.get("/v1/me")).json() == {
                "token": made["token"], "role": "reader", "holder": FIRM
            }  # fmt: skip
            for asked in (
                {"role": "operator"},
                {"role": "agent", "holder": FIRM},
                {"role": "owner", "holder": OTHER},
            ):
                assert (await owner.post("/v1/tokens", json=asked)).status_code == 403
            assert (await owner.delete(f"/v1/tokens/{made['token']}")).status_code == 200
            assert (await owner.delete(f"/v1/tokens/{made['token']}")).status_code == 200, "again is no fault"
            assert (await reader.get("/v1/me")).status_code == 401
            log = b"".join(bench.host.home.reader().read())
            assert made["text"].rpartition("_")[2].encode() not in log, "the secret is nowhere in the log"

    asyncio.run(run())


@pytest.mark.parametrize("expires_in_s", [-1, 3600])
def test_a_token_ends_when_it_was_to_end(tmp_path: Path, expires_in_s: int) -> None:
    async def run() -> None:
        async with serving(tmp_path) as bench:
            now = bench.host.leading().clock.now()
            asked = {"role": "auditor", "expires_at": now + expires_in_s * 1_000_000}
            made = (await bench.operator.post("/v1/tokens", json=asked)).json()
            status = (await bench.client(made["text"]).get("/v1/me")).status_code
            assert status == (200 if expires_in_s > 0 else 401)

    asyncio.run(run())
