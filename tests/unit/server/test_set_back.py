"""A platform that was restored from a backup while its agents and users know what came after it."""

import asyncio
from pathlib import Path

from tests.servers import job, serving
from tests.unit.server.test_api import agent, exchange, firm

from suanwang.store.backup import write_backup
from suanwang.store.home import FileHome
from suanwang.store.restore import restore


def test_no_number_of_a_restored_platform_was_ever_given(tmp_path: Path) -> None:
    async def story() -> None:
        for _ in range(4):
            async with serving(tmp_path):
                pass  # leaders whose epochs a restored home must not count again
        async with serving(tmp_path) as bench:
            client, driver = await firm(bench), await agent(bench)
            token = client.headers["authorization"].split()[1]
            write_backup(bench.host.home, tmp_path / "backup")
            lost = await client.post("/v1/jobs", json={"jobs": [job()]})
            assert lost.json()["jobs"][0]["job"] == "j1"
            seen = (await exchange(driver, "r1", [], wait_s=20))["orders"][-1]["number"]
            driver_token = driver.headers["authorization"].split()[1]
        home = FileHome(tmp_path / "restored")
        restore(tmp_path / "backup", home)
        async with serving(tmp_path, home=home) as bench:
            state = bench.host.leading().platform.state
            assert state.epoch == bench.host.leading().log.epoch > 10**15, "its lead is on record"
            client, driver = bench.client(token), bench.client(driver_token)
            (new,) = (await client.post("/v1/jobs", json={"jobs": [job()]})).json()["jobs"]
            assert int(new["job"][1:]) > 1_000_000
            page = (await client.get("/v1/jobs")).json()
            assert [one["job"] for one in page["jobs"]] == [new["job"]]
            everything = (await bench.operator.get("/v1/jobs")).json()
            assert ([one["job"] for one in everything["jobs"]], everything["next"]) == ([new["job"]], None)
            assert (await bench.operator.get("/v1/network")).json()["jobs"] == 1
            asked = {"report_id": "r2", "session": 1, "seen_order": seen}
            known = await driver.post("/v1/centres/sh/exchange", json=asked)
            assert known.status_code == 409, "it joins anew, and learns which of its work goes on"
            joined = await driver.post("/v1/centres/sh/join", json={"session": 3})
            assert joined.status_code == 200
            asked = {"report_id": "r3", "session": 3, "seen_order": seen, "wait_s": 20}
            answer = await driver.post("/v1/centres/sh/exchange", json=asked)
            assert [one["attempt"] for one in answer.json()["orders"]] == [f"{new['job']}.1"]
        async with serving(tmp_path, home=home) as bench:
            assert bench.host.leading().platform.state.job_count == int(new["job"][1:]), "once"

    asyncio.run(story())


def test_an_agent_that_has_seen_more_gets_its_next_order(tmp_path: Path) -> None:
    """A database that was set back by its own means says nothing of it."""

    async def story() -> None:
        async with serving(tmp_path) as bench:
            client, driver = await firm(bench), await agent(bench)
            await exchange(driver, "r1", [], seen_order=40)
            await client.post("/v1/jobs", json={"jobs": [job()]})
            while not (orders := (await exchange(driver, "r2", [], seen_order=40, wait_s=1))["orders"]):
                pass
            assert orders[0]["number"] == 41

    asyncio.run(story())


def test_a_withdrawn_centre_that_dies_is_found_silent(tmp_path: Path) -> None:
    """It takes no new work, and what runs there must not wait for its limit to run again."""

    async def story() -> None:
        async with serving(tmp_path, lease_s=0.2) as bench:
            await agent(bench)
            assert (await bench.operator.delete("/v1/centres/sh")).status_code == 200
            state = bench.host.leading().platform.state.centres["sh"]
            while state.silent_since is None:
                await asyncio.sleep(0.02)

    asyncio.run(asyncio.wait_for(story(), 120))
