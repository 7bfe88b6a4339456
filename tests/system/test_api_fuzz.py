"""Requests made from the API's own description: none breaks the server, none passes without its token."""

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests
import schemathesis
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis import APIOperation, Case, GenerationMode
from tests.servers import FIRM, Bench, job, serving

from suanwang.server.access import ROUTES

ENDLESS = ("/v1/events", "/v1/jobs/{job}/log", "/v1/centres/{centre}/exchange")
"""Held open by nature: tried by tests of their own."""


class Running:
    """A bench in a loop of its own thread, with an ASGI application that any thread may call."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.ready, self.ends = folder, threading.Event(), threading.Event()
        self.bench: Bench | None = None
        self.loop = asyncio.new_event_loop()
        self.thread = threading.Thread(target=self.loop.run_until_complete, args=(self.serve(),))

    async def serve(self) -> None:
        async with serving(self.folder, network=True) as bench:
            await bench.wallet(FIRM)
            self.token = bench.operator_token
            self.firm = await bench.token("owner", FIRM)
            client = bench.client(self.firm)
            await client.post("/v1/jobs", json={"jobs": [job()] * 3})
            self.schema = (await client.get("/openapi.json")).json()
            self.bench = bench
            self.ready.set()
            while not self.ends.is_set():
                await asyncio.sleep(0.01)

    def call(self, case: Case, token: str | None) -> tuple[int, str]:
        """One request, as it was made, through the application: its status and what was said."""
        made = case.as_transport_kwargs(base_url="http://server")
        made.pop("cookies", None)
        request = requests.Request(**made).prepare()
        dropped = ("authorization", "host", "content-length", "idempotency-key")
        headers = {
            name: value
            for name, value in request.headers.items()
            if name.lower() not in dropped and value.isascii() and value.isprintable()
        }
        body = request.body or b""
        content = body.encode("utf-8", "surrogatepass") if isinstance(body, str) else body

        async def ask() -> tuple[int, str]:
            assert self.bench is not None
            async with self.bench.client(token) as client:
                answer = await client.request(
                    str(request.method), str(request.url), content=content, headers=headers
                )
                return (
                    answer.status_code,
                    f"{request.method} {request.url} {content[:500]!r}: {answer.text[:500]}",
                )

        return asyncio.run_coroutine_threadsafe(ask(), self.loop).result(300)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    made = Running(tmp_path_factory.mktemp("fuzz"))
    made.thread.start()
    assert made.ready.wait(300)
    yield made
    made.ends.set()
    made.thread.join(60)


def trial(running: Running, operation: APIOperation, mode: GenerationMode, examples: int) -> None:
    """Requests by one route, as described or against it; by nobody, a firm and the operator."""
    roles = ROUTES[operation.method.upper(), operation.path]
    # an address that the description does not allow may lead nowhere, or to another route
    alone = {401, 404, 405} if roles is not None else {200, 400, 401, 404, 405}

    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=operation.as_strategy(generation_mode=mode))
    def try_one(case: Case) -> None:
        status, said = running.call(case, None)
        assert status in alone, said
        for token in (running.firm, running.token):
            status, said = running.call(case, token)
            assert status < 500, said

    try_one()


def fuzz(running: Running, examples: int) -> None:
    """Every route, both ways."""
    for found in schemathesis.openapi.from_dict(running.schema).get_all_operations():
        operation = found.ok()
        assert operation is not None
        if operation.path not in ENDLESS:
            trial(running, operation, GenerationMode.POSITIVE, examples)
            # a route that takes nothing cannot be asked wrongly
            with contextlib.suppress(Unsatisfiable):
                trial(running, operation, GenerationMode.NEGATIVE, examples)


def test_no_request_from_the_description_breaks_the_server(running: Running) -> None:
    fuzz(running, 2)


@pytest.mark.soak
def test_no_request_of_many_breaks_the_server(running: Running) -> None:
    fuzz(running, 300)
