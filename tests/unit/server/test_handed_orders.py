"""An order that an answer to a report brought is not told a second time to the question that waits."""

import asyncio
from pathlib import Path

from tests.servers import FIRM, Bench, job, serving


async def story(bench: Bench) -> None:
    firm = bench.client(await bench.token("owner", FIRM))
    await bench.wallet(FIRM)
    agent = bench.client(await bench.token("agent", "sh"))
    joined = await agent.post("/v1/centres/sh/join", json={"session": 1})
    assert joined.status_code == 200

    async def exchange(name: str, **body: object) -> list[dict[str, object]]:
        sent = {"report_id": name, "session": 1, **body}
        answer = await agent.post("/v1/centres/sh/exchange", json=sent)
        assert answer.status_code == 200, answer.text
        return answer.json()["orders"]

    whole = {"device": "A100", "units_milli": 8000, "nodes": 4, "limit_s": 600}
    jobs = [job(name=name, shape={"alternatives": [whole]}) for name in ("first", "second")]
    assert (await firm.post("/v1/jobs", json={"jobs": jobs})).status_code == 201
    first = await exchange("a", wait_s=20)
    assert [order["attempt"] for order in first] == ["j1.1"]
    seen = first[0]["number"]
    waiting = asyncio.create_task(exchange("b", seen_order=seen, wait_s=25))
    await asked(bench, waiting)
    at = first[0]["start_at"]
    ended = [{"fact": "ended", "attempt": "j1.1", "at": at, "outcome": "success", "exit_code": 0}]
    brought = await exchange("c", seen_order=seen, facts=ended)
    assert [order["attempt"] for order in brought] == ["j2.1"]
    await asked(bench, waiting)
    assert not waiting.done()
    # who asks anew is told at once: the answer to the report may have been lost
    assert await exchange("d", seen_order=seen, wait_s=20) == brought
    bench.host.let_go()  # nobody waits any longer
    assert await waiting == brought


async def asked(bench: Bench, question: "asyncio.Task[object]") -> None:
    """Until the question waits at the server, or is answered."""
    contacts = bench.host.leading().contacts
    while not (question.done() or contacts.waiting["sh"]._waiters):  # pyright: ignore
        await asyncio.sleep(0.01)


def test_a_waiting_question_is_not_woken_for_what_a_report_brought(tmp_path: Path) -> None:
    async def scene() -> None:
        async with serving(tmp_path) as bench:
            await story(bench)

    asyncio.run(scene())
