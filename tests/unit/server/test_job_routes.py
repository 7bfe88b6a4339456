"""Jobs over the API: quoted, run, metered, paid, explained, cancelled, read from the top; over a real log."""

from pathlib import Path
from typing import Any

import pytest
from tests.servers import FIRM, OTHER, Bench, agent, exchange, firm, job, told

from suanwang.model.log_cut import cut_line
from suanwang.server.routes import contents
from suanwang.store import attempt_log_files


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
        for begin, text in ((0, "hellohel"), (6, "el"), (8, "")):
            asked = {"follow": "true", "offset": begin}
            assert (await client.get("/v1/jobs/j1/log", params=asked)).text == text + cut_line(8).decode()
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
