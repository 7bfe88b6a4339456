"""A server in this process for tests: a real log in a folder, the real application, no sockets."""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import msgspec
from tests.networks import small_network

from suanwang.engine.inputs import AnyInput
from suanwang.feeds.network_inputs import network_inputs
from suanwang.model.scenario import Scenario
from suanwang.server.app import create_app
from suanwang.server.first_start import OPERATOR_FILE, FirstStart
from suanwang.server.host import Host
from suanwang.server.settings import Settings
from suanwang.store.home import FileHome, Home

FIRM, OTHER = "firm-1", "firm-2"
HOUR_NS = 3600 * 10**9


def town() -> Iterable[AnyInput]:
    """What opens a platform on the small network."""
    return network_inputs(recent(small_network()))


def recent(scenario: Scenario) -> Scenario:
    """The scenario as if it had begun an hour ago."""
    start = datetime.fromtimestamp(time.time_ns() // HOUR_NS * 3600 - 3600, UTC)
    header = msgspec.structs.replace(scenario.header, start=start)
    return msgspec.structs.replace(scenario, header=header)


class Bench:
    """A running server: its host, its application, a client for each who asks."""

    def __init__(self, host: Host, app: Any, operator: str) -> None:
        self.host, self.app, self.operator_token = host, app, operator
        self.operator = self.client(operator)

    def client(self, token: str | None, **headers: str) -> httpx.AsyncClient:
        if token is not None:
            headers["authorization"] = f"Bearer {token}"
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=True)
        return httpx.AsyncClient(transport=transport, base_url="http://server", headers=headers, timeout=30)

    async def token(self, role: str, holder: str = "") -> str:
        answer = await self.operator.post(
            "/v1/tokens", json={"role": role, "holder": holder, "about": "test"}
        )
        assert answer.status_code == 201, answer.text
        return str(answer.json()["text"])

    async def wallet(self, enterprise: str, yuan: int = 1_000_000) -> None:
        for number, body in enumerate((
            {"do": "open_wallet", "enterprise": enterprise, "currency": "CNY", "credit_limit_micro": 0},
            {"do": "top_up", "enterprise": enterprise, "amount_micro": yuan * 1_000_000, "reference": "test"},
        )):  # fmt: skip
            body["id"] = f"w{number}-{enterprise}"
            answer = await self.operator.post("/v1/ledger/commands", json=body)
            assert answer.status_code == 201, answer.text


@asynccontextmanager
async def serving(
    folder: Path, home: Home | None = None, network: bool = True, **settings: Any
) -> AsyncIterator[Bench]:
    """A server that leads, by its own record; stopped and its log closed at the end."""
    settings.setdefault("clears", False)
    settings.setdefault("rate_per_s", 1e6)
    settings.setdefault("rate_burst", 1e6)
    # a machine that stands still for a minute makes nobody silent and no lead doubtful
    settings.setdefault("lease_s", 3600.0)
    settings.setdefault("proof_s", 60.0)
    data = folder / "data"
    host = Host(
        home or FileHome(folder / "log"),
        Settings(data, **settings),
        {},
        FirstStart(data, town if network else None),
    )
    running = asyncio.create_task(host.run())
    try:
        while host.lead is None or host.lead.platform.state.epoch != host.lead.log.epoch:
            assert not running.done(), running.result()
            await asyncio.sleep(0.005)
        _, app = create_app(host)
        yield Bench(host, app, (data / OPERATOR_FILE).read_text().strip())
    finally:
        host.stop()
        await running


def job(
    name: str = "a", device: str = "A100", units: int = 1000, limit_s: int = 600, **more: Any
) -> dict[str, Any]:
    """A job as it is submitted."""
    shape = {
        "alternatives": [{"device": device, "units_milli": units, "nodes": 1, "limit_s": limit_s}],
        "region": "310000",
    }
    return {"name": name, "shape": shape | more.pop("shape", {}), **more}


def told(folder: Path, story: Callable[[Bench], Awaitable[None]], **settings: Any) -> None:
    """Tells a story on a server of its own."""

    async def run() -> None:
        async with serving(folder, **settings) as bench:
            await story(bench)

    asyncio.run(run())


async def firm(bench: Bench, name: str = FIRM) -> httpx.AsyncClient:
    """The owner of a firm that has money."""
    await bench.wallet(name)
    return bench.client(await bench.token("owner", name))


async def agent(bench: Bench, centre: str = "sh") -> httpx.AsyncClient:
    """The agent of a centre, joined."""
    made = bench.client(await bench.token("agent", centre))
    assert (await made.post(f"/v1/centres/{centre}/join", json={"session": 1})).status_code == 200
    return made


async def exchange(client: httpx.AsyncClient, report: str, facts: list[Any], **more: Any) -> dict[str, Any]:
    """What the platform answers to facts of the centre sh."""
    body = {"report_id": report, "session": 1, "facts": facts, **more}
    answer = await client.post("/v1/centres/sh/exchange", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()
