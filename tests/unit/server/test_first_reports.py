"""A report that cannot have come before is not looked up; one that can is, its number in disguise or not."""

import asyncio
from pathlib import Path

from tests.servers import Bench, job, serving
from tests.unit.server.test_api import agent, exchange, firm

from suanwang.server.contacts import Contacts


def test_first_is_what_is_above_all_before_it_in_a_session_that_began_here() -> None:
    contacts = Contacts(0.0, {})
    assert not contacts.is_first("a", 5, "1"), "it joined in another lead"
    contacts.joined("a", 5)
    asked = ["1", "1", "3", "2", "3", "4", "04", "005", "5", "x", "٦", "6"]
    firsts = [contacts.is_first("a", 5, one) for one in asked]
    assert firsts == [True, False, True, False, False, True, False, True, False, False, False, True]
    assert not contacts.is_first("a", 4, "9")
    contacts.joined("a", 7)
    assert not contacts.is_first("a", 5, "9")
    assert contacts.is_first("a", 7, "1")
    assert not contacts.is_first("b", 7, "1")


async def story(bench: Bench) -> None:
    client, driver = await firm(bench), await agent(bench)
    looked: list[str] = []
    lead = bench.host.leading()
    recorded = lead.log._reader.recorded  # pyright: ignore[reportPrivateUsage]

    def counted(input_id: str) -> object:
        looked.append(input_id)
        return recorded(input_id)

    lead.log._reader.recorded = counted  # type: ignore[method-assign]  # pyright: ignore
    await client.post("/v1/jobs", json={"jobs": [job()]})
    orders = []
    while not orders:
        orders = (await exchange(driver, "listen-1", [], wait_s=1))["orders"]
    attempt, now = orders[0]["attempt"], lead.clock.now()
    facts = [{"fact": "started", "attempt": attempt, "at": now}]
    looked.clear()
    await exchange(driver, "1", facts)
    assert looked == []
    events = lead.platform.state.events
    await exchange(driver, "1", facts)
    assert looked == ["report/sh/1/1"], "the answer may have been lost"
    assert lead.platform.state.events == events
    answer = await driver.post(
        "/v1/centres/sh/exchange", json={"report_id": "1", "session": 1, "facts": facts * 2}
    )
    assert answer.status_code == 409, "another body under the same number"


def test_the_log_is_asked_only_for_what_it_may_have_seen(tmp_path: Path) -> None:
    async def told() -> None:
        async with serving(tmp_path) as bench:
            await story(bench)
        async with serving(tmp_path) as bench:
            lead = bench.host.leading()
            assert not lead.contacts.is_first("sh", 1, "2"), "the session began in an earlier lead"

    asyncio.run(told())
