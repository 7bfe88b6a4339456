"""The API as its users meet it: idempotency, pages, limits, errors, streams, faults; over a real log."""

import asyncio
from pathlib import Path
from typing import Any

import pytest
from tests.servers import FIRM, OTHER, Bench, agent, exchange, firm, job, told

from suanwang.model.log import LogFailed
from suanwang.server.serve import listen
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import same


def test_the_same_key_has_the_same_answer_and_another_body_is_refused(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client, other = await firm(bench), await firm(bench, OTHER)
        keyed = {"idempotency-key": "k1"}
        body = {"jobs": [job(), job("b", units=2000)]}
        first = await client.post("/v1/jobs", json=body, headers=keyed)
        events = bench.host.leading().platform.state.events
        again = await client.post("/v1/jobs", json=body, headers=keyed)
        assert first.json() == again.json()
        assert bench.host.leading().platform.state.events <= events + 4, "only the platform went on"
        changed = await client.post("/v1/jobs", json={"jobs": [job("c")]}, headers=keyed)
        assert (changed.status_code, changed.json()["type"]) == (409, "/problems/id-conflict")
        others = await other.post("/v1/jobs", json={"jobs": [job()]}, headers=keyed)
        assert others.json() != first.json(), "a key is the caller's own"
        bad = await client.post("/v1/jobs", json={"jobs": [job()]}, headers={"idempotency-key": "a b"})
        assert bad.status_code == 422

    told(tmp_path, story)


def test_two_that_come_at_once_with_one_key_are_one(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client = await firm(bench)
        asked = [
            client.post("/v1/jobs", json={"jobs": [job()]}, headers={"idempotency-key": "k"})
            for _ in range(8)
        ]
        answers = {answer.text for answer in await asyncio.gather(*asked)}
        assert len(answers) == 1
        assert len((await client.get("/v1/jobs")).json()["jobs"]) == 1

    told(tmp_path, story)


def test_pages_of_jobs_cover_all_once_whatever_comes_meanwhile(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client, other = await firm(bench), await firm(bench, OTHER)
        for number in range(5):
            await client.post("/v1/jobs", json={"jobs": [job(f"a{number}-{i}") for i in range(7)]})
            await other.post("/v1/jobs", json={"jobs": [job("not mine")] * 3})
        found: list[str] = []
        after: str | None = None
        while True:
            page = (
                await client.get("/v1/jobs", params={"limit": 4, **({"after": after} if after else {})})
            ).json()
            found += [one["name"] for one in page["jobs"]]
            after = page["next"]
            await client.post("/v1/jobs", json={"jobs": [job("later")]})
            if after is None:
                break
        assert found == [f"a{number}-{i}" for number in reversed(range(5)) for i in reversed(range(7))]
        waiting = (await client.get("/v1/jobs", params={"state": "queued", "limit": 1000})).json()["jobs"]
        assert waiting and all(one["state"] == "queued" for one in waiting)
        assert (await client.get("/v1/jobs", params={"after": "x"})).status_code == 422
        assert (await client.get("/v1/jobs", params={"limit": 0})).status_code == 400

    told(tmp_path, story)


def test_errors_name_every_fault_in_the_language_asked_for(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        wrong = await bench.operator.post(
            "/v1/jobs", content=b"{", headers={"content-type": "application/json"}
        )
        assert wrong.status_code == 400
        assert wrong.headers["content-type"].startswith("application/problem+json")
        assert (await bench.operator.post("/v1/jobs", json={"jobs": []})).status_code == 400
        many = {"jobs": [job()] * 10_001, "enterprise": FIRM}
        assert (await bench.operator.post("/v1/jobs", json=many)).status_code == 400
        zh = {"accept-language": "zh-CN,en;q=0.5"}
        refused = await bench.operator.post("/v1/jobs", json={"jobs": [job()], "enterprise": "x"}, headers=zh)
        assert refused.json()["jobs"][0]["reasons"][0]["words"] == "x 没有钱包"
        row = {"pool": "sh-a100", "from_slot": 5, "to_slot": 5, "devices_lost": "-1"}
        both = (await bench.operator.post("/v1/outages", json=row)).json()
        assert both["status"] == 422 and len(both["faults"]) == 2
        assert all(fault["where"] and fault["what"] for fault in both["faults"])
        lost = await bench.client(None).get("/v2/nothing", headers=zh)
        assert (lost.status_code, lost.json()["title"]) == (404, "路径不存在")
        assert lost.json()["request"] == lost.headers["x-request-id"]

    told(tmp_path, story)


def test_sizes_and_rates_have_limits(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client = bench.client(await bench.token("reader", FIRM))
        statuses = [(await client.get("/v1/me")).status_code for _ in range(30)]
        assert statuses.count(200) < 30 and set(statuses) == {200, 429}
        slow = await client.get("/v1/me")
        assert slow.headers["retry-after"] == "1"
        huge = await bench.operator.post("/v1/jobs", content=b"x" * (33 << 20))
        assert huge.status_code == 413

    told(tmp_path, story, rate_per_s=0.01, rate_burst=20.0)


def test_a_body_that_nests_without_end_is_no_fault_of_the_program(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client, nobody, deep = await firm(bench), bench.client(""), b'{"beside":' + b"[" * 100_000
        for caller, path, status in ((client, "/v1/jobs", 400), (nobody, "/v1/centres/sh/exchange", 401)):
            answer = await caller.post(path, content=deep)
            assert (answer.status_code, answer.headers["content-type"]) == (
                status,
                "application/problem+json",
            )

    told(tmp_path, story)


def test_an_address_that_is_taken_is_told_as_one() -> None:
    with listen("127.0.0.1", 0) as first:
        port = first.getsockname()[1]
        for address, number in (("127.0.0.1", port), ("127.0.0.1", 65_536), ("192.0.2.1", 0)):
            with pytest.raises(InvalidInput, match="cannot listen there"):
                listen(address, number)


def test_events_are_followed_as_they_come_and_from_where_one_stopped(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client, other = await firm(bench), await firm(bench, OTHER)
        feed = bench.host.leading().feed
        begin, wait, reached = feed.end - 1, feed.wait, [0]

        async def waits(index: int, seconds: float) -> bool:
            reached[0] = index  # it has told all that is before
            return await wait(index, seconds)

        feed.wait = waits  # type: ignore[method-assign]

        async def follow() -> list[str]:
            async with client.stream("GET", "/v1/events", params={"after": begin}) as answer:
                return [line async for line in answer.aiter_lines() if line.startswith("data: ")]

        # ASGITransport hands out an answer once it is whole: the stream ends when the server lets go
        following = asyncio.create_task(follow())
        while reached[0] < feed.end:
            await asyncio.sleep(0.01)
        for name in ("one", "two"):
            await client.post("/v1/jobs", json={"jobs": [job(name)]})
            await other.post("/v1/jobs", json={"jobs": [job("not for the first")]})
        while reached[0] < feed.end:
            await asyncio.sleep(0.01)
        bench.host.let_go()
        lines = await following
        assert [
            line.count('"name":"one"') + line.count('"name":"two"') for line in lines if "admitted" in line
        ] == [1, 1]
        assert not any("not for the first" in line for line in lines)

    told(tmp_path, story)


def test_what_is_not_at_hand_any_more_is_read_from_the_log(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client = await firm(bench)
        for number in range(30):
            await client.post("/v1/jobs", json={"jobs": [job(f"n{number}")]})
        text = (await client.get("/v1/events", params={"after": -1, "follow": "false"})).text
        assert [text.count(f'"name":"n{number}"') for number in range(30)] == [1] * 30
        ids = [int(line[4:]) for line in text.split("\n") if line.startswith("id: ")]
        assert ids == sorted(set(ids))

    told(tmp_path, story, follow_events=10)


def test_an_append_that_fails_loses_what_was_not_durable_and_nothing_else(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client = await firm(bench)
        await client.post("/v1/jobs", json={"jobs": [job("before")]})
        lead = bench.host.leading()
        whole = lead.log.append

        def fails(entries: Any) -> Any:
            lead.log.append = whole  # type: ignore[method-assign]  # the disk is back for the next lead
            raise LogFailed([Fault("disk", same("full"))])

        lead.log.append = fails  # type: ignore[method-assign]
        keyed = {"idempotency-key": "during"}
        answer = await client.post("/v1/jobs", json={"jobs": [job("during")]}, headers=keyed)
        assert answer.status_code == 503 and answer.headers["retry-after"] == "1"
        while bench.host.lead is None or bench.host.lead is lead:
            await asyncio.sleep(0.01)
        names = [one["name"] for one in (await client.get("/v1/jobs")).json()["jobs"]]
        assert names == ["before"]
        again = await client.post("/v1/jobs", json={"jobs": [job("during")]}, headers=keyed)
        assert again.status_code == 201
        assert bench.host.leading().platform.state.epoch == lead.log.epoch + 1

    told(tmp_path, story)


def test_a_silent_centre_is_suspect_and_back_when_it_speaks(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        driver, lead = await agent(bench), bench.host.leading()
        state = lead.platform.state.centres["sh"]
        assert state.silent_since is None
        lead.contacts.lead_s -= 3601  # as if an hour had passed
        lead.contacts.heard_s["sh"] -= 3601
        while state.silent_since is None:
            await asyncio.sleep(0.02)
        await exchange(driver, "again", [])
        assert state.silent_since is None
        stale = await driver.post("/v1/centres/sh/join", json={"session": 1})
        assert (stale.status_code, stale.json()["type"]) == (409, "/problems/stale-session")

    told(tmp_path, story)


def test_a_stalled_leader_acknowledges_no_agent(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        driver = await agent(bench)
        lead = bench.host.leading()
        lead.proved_s -= 1000
        answer = await driver.post("/v1/centres/sh/exchange", json={"report_id": "r", "session": 1})
        assert answer.status_code == 503

    told(tmp_path, story, proof_s=60.0)
