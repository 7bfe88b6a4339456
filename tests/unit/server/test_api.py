"""The API as its users meet it: idempotency, pages, limits, errors, streams, money; over a real log."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from tests.servers import FIRM, OTHER, Bench, job, serving

from suanwang.client.client import Client
from suanwang.client.line import Answered, Line, Unreachable
from suanwang.model.log import LogFailed
from suanwang.model.log_cut import cut_line
from suanwang.server.routes import contents
from suanwang.server.serve import listen
from suanwang.store import attempt_log_files
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import same

Story = Callable[[Bench], Awaitable[None]]


def told(folder: Path, story: Story, **settings: Any) -> None:
    """Tells a story on a server of its own."""

    async def run() -> None:
        async with serving(folder, **settings) as bench:
            await story(bench)

    asyncio.run(run())


async def firm(bench: Bench, name: str = FIRM) -> httpx.AsyncClient:
    await bench.wallet(name)
    return bench.client(await bench.token("owner", name))


async def agent(bench: Bench, centre: str = "sh") -> httpx.AsyncClient:
    made = bench.client(await bench.token("agent", centre))
    assert (await made.post(f"/v1/centres/{centre}/join", json={"session": 1})).status_code == 200
    return made


async def exchange(client: httpx.AsyncClient, report: str, facts: list[Any], **more: Any) -> dict[str, Any]:
    body = {"report_id": report, "session": 1, "facts": facts, **more}
    answer = await client.post("/v1/centres/sh/exchange", json=body)
    assert answer.status_code == 200, answer.text
    return answer.json()


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


def test_a_running_job_that_is_cancelled_says_that_it_is_to_stop(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client, driver = await firm(bench), await agent(bench)
        await client.post("/v1/jobs", json={"jobs": [job(limit_s=3600)]})
        (order,) = (await exchange(driver, "r0", [], wait_s=20))["orders"]
        start = {"fact": "started", "attempt": "j1.1", "at": order["start_at"]}
        await exchange(driver, "r1", [start], seen_order=1)
        line = (await client.post("/v1/jobs/j1/cancel")).json()["line"]
        assert (line["state"], line["attempt_state"], line["stopping"]) == ("active", "running", "cancelled")
        chinese = {"accept-language": "zh"}
        words = (await client.get("/v1/jobs/j1/explanation", headers=chinese)).json()["words"]
        assert words.endswith("运行中，已要求停止：用户取消")
        now = bench.host.leading().clock.now()
        end = {"fact": "ended", "attempt": "j1.1", "at": now, "outcome": "killed", "reason": "cancelled"}
        await exchange(driver, "r2", [end], seen_order=2)
        line = (await client.get("/v1/jobs/j1")).json()["line"]
        assert (line["state"], line["why"], line["stopping"]) == ("cancelled", "cancelled", "")

    told(tmp_path, story)


def test_a_job_runs_is_metered_paid_and_read_from_the_top(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def story(bench: Bench) -> None:
        client, driver = await firm(bench), await agent(bench)
        submitted = (await client.post("/v1/jobs", json={"jobs": [job(limit_s=3600)]})).json()
        assert submitted == {"jobs": [{"job": "j1"}]}
        orders = (await exchange(driver, "r0", [], wait_s=20))["orders"]
        assert [(one["order"], one["attempt"]) for one in orders] == [("launch", "j1.1")]
        # the orders stand until the attempt is over; what the agent has seen is not sent again
        assert (await exchange(driver, "r1", [], seen_order=1))["orders"] == []
        start = orders[0]["start_at"]
        now = bench.host.leading().clock.now()
        facts = [
            {"fact": "started", "attempt": "j1.1", "at": start},
            {"fact": "used", "attempt": "j1.1", "meter": "m", "from_at": start, "to_at": now, "milli": 1000},
            {"fact": "ended", "attempt": "j1.1", "at": now, "outcome": "success", "exit_code": 0},
        ]
        await exchange(driver, "r2", facts, seen_order=1)
        before = (await client.get(f"/v1/wallets/{FIRM}")).json()
        await exchange(driver, "r2", facts, seen_order=1)
        assert (await client.get(f"/v1/wallets/{FIRM}")).json() == before, "a report twice is charged once"
        shown = (await client.get("/v1/jobs/j1")).json()
        attempt = shown["attempts"][0]
        assert (shown["line"]["state"], attempt["outcome"], attempt["held_micro"]) == (
            "succeeded",
            "success",
            0,
        )
        assert before["held_micro"] == 0
        assert before["available_micro"] == 10**12 - attempt["captured_micro"] < 10**12
        part = {"stream": "stdout", "offset": 0, "bytes": "aGVsbG8="}
        await driver.post("/v1/attempts/j1.1/log", json=part)
        assert (await client.get("/v1/jobs/j1/log", params={"follow": "true"})).text == "hello"
        monkeypatch.setattr(attempt_log_files, "STREAM_BYTES_MOST", 8)
        monkeypatch.setattr(contents, "STREAM_BYTES_MOST", 8)
        await driver.post("/v1/attempts/j1.1/log", json={**part, "offset": 5})
        for begin, told in ((0, "hellohel"), (6, "el"), (8, "")):
            asked = {"follow": "true", "offset": begin}
            assert (await client.get("/v1/jobs/j1/log", params=asked)).text == told + cut_line(8).decode()
        asked = {"follow": "true", "offset": 9}
        assert (await client.get("/v1/jobs/j1/log", params=asked)).text == "", "it was told"
        seen = (await client.get("/v1/events", params={"after": -1, "follow": "false", "job": "j1"})).text
        tags = [line.removeprefix("event: ") for line in seen.split("\n") if line.startswith("event: ")]
        assert tags[0] == "job_admitted.1" and tags[-1] == "job_ended.1"
        rows = (await client.get("/v1/statistics")).json()["rows"]
        assert [(row["key"], row["jobs"], row["outcomes"]) for row in rows] == [("sh", 1, {"success": 1})]
        period = {"from_at": 0, "to_at": 10**17}
        statement = await client.get(f"/v1/statements/enterprise/{FIRM}", params=period)
        assert statement.status_code == 200 and "j1.1" in statement.text

    told(tmp_path, story)


def test_outputs_are_the_centres_or_the_firms_own(tmp_path: Path) -> None:
    async def story(bench: Bench) -> None:
        client, other, driver = await firm(bench), await firm(bench, OTHER), await agent(bench)
        theirs = (await other.put("/v1/contents", content=b"secret of another")).json()["name"]
        mine = (await driver.put("/v1/contents", content=b"result")).json()["name"]
        for number, (name, status) in enumerate([(theirs, 404), (mine, 200)], 1):
            await client.post("/v1/jobs", json={"jobs": [job(limit_s=600)]})
            seen = number - 1
            await exchange(driver, f"o{number}", [], seen_order=seen, wait_s=20)
            now = bench.host.leading().clock.now()
            end = {
                "fact": "ended",
                "attempt": f"j{number}.1",
                "at": now,
                "outcome": "success",
                "outputs": name,
            }
            await exchange(driver, f"e{number}", [end | {"outputs": name}], seen_order=number)
            assert (await client.get(f"/v1/jobs/j{number}/outputs")).status_code == status

    told(tmp_path, story)


def test_a_quote_and_an_explanation_are_what_placing_does_and_tell_why_not_elsewhere(tmp_path: Path) -> None:
    """`voucher` and `max_price` limit the candidates; the chosen one is where the job goes."""

    async def story(bench: Bench) -> None:
        client = await firm(bench)
        for centre in ("sh", "zw"):
            await agent(bench, centre)

        async def quote(**more: Any) -> dict[str, Any]:
            return (await client.post("/v1/quotes", json={"job": job(**more)})).json()

        def why(told: dict[str, Any]) -> dict[str, str]:
            return {one["centre"]: one["reason"]["rule"] for one in told["elsewhere"]}

        plain = await quote()
        west, east = plain["candidates"]
        assert (west["centre"], east["centre"], why(plain)) == ("zw", "sh", {"cd": "device"})
        assert west["discount_bp"] == 500, "the pairing of Shanghai and Ningxia"
        assert (plain["reasons"], west["charge_micro"] < east["charge_micro"]) == ([], True)
        capped = await quote(max_price_micro=west["charge_micro"])
        assert [one["centre"] for one in capped["candidates"]] == ["zw"]
        assert why(capped) == {"sh": "price", "cd": "device"}
        assert capped["elsewhere"][0]["charge_micro"] == east["charge_micro"]
        poor = await quote(max_price_micro=1)
        assert (poor["candidates"], [one["rule"] for one in poor["reasons"]]) == ([], ["price"])
        required = await quote(voucher="required")
        assert (required["candidates"], [one["rule"] for one in required["reasons"]]) == ([], ["voucher"])
        refused = await quote(device="TPU", voucher="required", deadline_at=1)
        assert len(refused["reasons"]) > 1, "every objection at once"

        sent = (await client.post("/v1/jobs", json={"jobs": [job(), job(max_price_micro=1)]})).json()["jobs"]
        placed, waits = [(await client.get(f"/v1/jobs/{one['job']}/explanation")).json() for one in sent]
        assert [one["centre"] for one in placed["candidates"]] == ["zw", "sh"], "its own place first"
        assert placed["candidates"][0]["charge_micro"] == west["charge_micro"]
        assert placed["expected_at"] == placed["candidates"][0]["start_at"]
        assert (waits["candidates"], waits["expected_at"], waits["position"]) == ([], None, 0)
        assert why(waits) == {"sh": "price", "zw": "price", "cd": "device"}
        shown = (await client.get(f"/v1/jobs/{sent[1]['job']}")).json()
        assert shown["reasons"] == waits["reasons"]
        assert [one["rule"] for one in shown["reasons"]] == ["price"]
        await client.post(f"/v1/jobs/{sent[1]['job']}/cancel", json={})
        closed = (await client.get(f"/v1/jobs/{sent[1]['job']}/explanation")).json()
        assert (closed["candidates"], closed["elsewhere"], closed["reasons"]) == ([], [], [])

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
