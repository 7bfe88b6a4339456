"""The Python client against the application, and without a server."""

import asyncio
from pathlib import Path

import httpx
import pytest
from tests.servers import FIRM, Bench, told

from suanwang.client.client import Client
from suanwang.client.line import Answered, Line, Unreachable


def test_the_client_reads_answers_and_refusals(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        await bench.wallet(FIRM)

        class ThroughLoop(httpx.BaseTransport):
            """A synchronous client's way into the application."""

            def handle_request(self, request: httpx.Request) -> httpx.Response:
                async def ask() -> httpx.Response:
                    async with httpx.AsyncClient(transport=httpx.ASGITransport(bench.app)) as client:
                        headers = dict(request.headers)
                        url, content = str(request.url), request.content
                        return await client.request(request.method, url, content=content, headers=headers)

                answer = asyncio.run_coroutine_threadsafe(ask(), loop).result()
                return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

        loop = asyncio.get_running_loop()
        http = httpx.Client(transport=ThroughLoop())
        client = Client(Line("http://server", bench.operator_token, "zh", http))

        def ask() -> None:
            assert client.me().role == "operator"
            assert [one.device for one in client.devices().devices] == ["910B", "A100", "cpu"]
            with pytest.raises(Answered, match="不存在") as refusal:
                client.job("j9")
            assert (refusal.value.status, refusal.value.exit_code) == (404, 1)
            assert client.content(client.keep(b"abc", FIRM)) == b"abc"
            assert client.wallet(FIRM).available_micro == 10**12
            assert b"suanwang/log" in client.checkpoint()

        await loop.run_in_executor(None, ask)

    told(tmp_path, story)


def test_a_client_without_a_server_says_so_after_its_tries() -> None:
    waits: list[float] = []
    line = Line("http://127.0.0.1:9", "", pause=waits.append)
    with pytest.raises(Unreachable, match="no server answers"):
        Client(line).me()
    assert len(waits) == 6
