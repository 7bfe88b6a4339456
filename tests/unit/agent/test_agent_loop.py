"""The agent's loop on a made clock: fences, pauses, takeover, draining, a full disk."""

from collections.abc import Iterator, Sequence
from pathlib import Path

import msgspec
import pytest
from tests.unit.agent.centre import SECOND, Centre

from suanwang.drivers.fake_engine import Behaviour
from suanwang.model.agent_records import AnyRecord, Memory
from suanwang.model.content import JobContent
from suanwang.model.job import Alternative
from suanwang.model.orders import Pause, Prolong, Resume, Stop


@pytest.fixture
def centre(tmp_path: Path) -> Iterator[Centre]:
    made = Centre(tmp_path, lambda launch: Behaviour(40 * SECOND))
    yield made
    made.loop.home.close()
    made.client.close()


def test_the_platform_dies_and_comes_back_before_the_fence(centre: Centre) -> None:
    centre.launch("j1.1")
    centre.run(5)
    centre.stand_in.away = True
    centre.run(200)
    assert centre.engine.runs["j1.1"].ended is not None  # it ended by itself meanwhile
    before = centre.stand_in.requests
    centre.run(60)
    assert centre.stand_in.requests - before <= 15  # it backs off
    centre.stand_in.away = False
    centre.run(60)
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert ended.outcome == "success"
    assert centre.used_us("j1.1") == 40 * SECOND


def test_silence_ends_the_work_at_the_fence(tmp_path: Path) -> None:
    centre = Centre(tmp_path, lambda launch: Behaviour(5000 * SECOND))
    centre.launch("j1.1", limit_s=500)
    centre.run(10)
    centre.unfenced("j1.1")
    heard = centre.loop.agent.heard_us
    assert heard is not None
    centre.stand_in.away = True
    while centre.moment.steady_us < heard + 299 * SECOND:
        centre.run(1)
    assert centre.engine.runs["j1.1"].ended is None
    centre.run(3)
    assert centre.engine.runs["j1.1"].ended is not None
    centre.restart()
    centre.stand_in.away = False
    centre.run(60)
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.reason) == ("preempted", "fenced")


def test_an_agent_that_was_dead_past_the_fence_ends_the_work_before_it_speaks(tmp_path: Path) -> None:
    centre = Centre(tmp_path, lambda launch: Behaviour(5000 * SECOND))
    centre.launch("j1.1", limit_s=500)
    centre.run(10)
    centre.unfenced("j1.1")
    centre.at += 400 * SECOND
    centre.restart()
    centre.run(5)
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.reason) == ("preempted", "fenced")


def test_what_was_told_to_stop_while_the_engine_was_away_never_begins(centre: Centre) -> None:
    centre.run(2)
    centre.engine.away = True
    centre.launch("j1.1")
    centre.run(10)
    assert centre.engine.runs == {}
    centre.give(Stop(2, "j1.1", "cancelled", 0))
    centre.run(10)
    centre.engine.away = False
    centre.run(30)
    assert centre.engine.runs == {}
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert (ended.outcome, ended.reason) == ("killed", "cancelled")


def test_pause_prolong_and_resume_reach_the_engine(centre: Centre) -> None:
    centre.launch("j1.1", limit_s=20)
    centre.run(10)
    centre.give(Pause(2, "j1.1"))
    centre.run(30)
    assert centre.engine.runs["j1.1"].state == "paused"
    centre.give(Prolong(3, "j1.1", 60, centre.at + 600 * SECOND))
    centre.give(Resume(4, "j1.1"))
    centre.run(60)
    ended = centre.stand_in.ended("j1.1")
    assert ended is not None
    assert ended.outcome == "success"
    assert centre.used_us("j1.1") == 40 * SECOND


def test_what_does_not_fit_and_what_cannot_be_fetched_go_back(centre: Centre) -> None:
    for number in range(1, 6):  # eight devices hold four of them
        centre.launch(f"j{number}.1")
    centre.launch("j9.1", content="ab" * 32)
    centre.run(5)
    reasons = {name: centre.stand_in.ended(name) for name in ("j5.1", "j9.1")}
    assert reasons["j5.1"] is not None
    assert reasons["j9.1"] is not None
    assert reasons["j5.1"].reason == "does_not_fit"
    assert reasons["j9.1"].reason == "start_failed"


def test_what_the_agent_has_no_pool_for_and_what_no_node_can_hold_is_for_others(centre: Centre) -> None:
    for change in ({"pool": "chengdu-h100"}, {"resources": Alternative("A100", 5000, 1, 100)}):
        number = len(centre.stand_in.orders) + 1
        order = centre.launch(f"j{number}.1")
        centre.stand_in.orders[-1] = msgspec.structs.replace(order, **change)
    centre.run(5)
    for name in ("j1.1", "j2.1"):
        ended = centre.stand_in.ended(name)
        assert ended is not None
        assert (ended.outcome, ended.reason) == ("failure", "does_not_fit")


def test_a_second_agent_takes_over_and_the_first_ends_only_when_its_work_has(centre: Centre) -> None:
    centre.launch("j1.1", limit_s=500)
    centre.run(5)
    centre.stand_in.session += 10**9
    centre.run(5)
    assert centre.loop.conversation.replaced
    assert not centre.loop.over
    centre.run(60)
    assert centre.loop.over


def test_drained_it_takes_nothing_and_is_over_when_its_work_is(centre: Centre) -> None:
    centre.launch("j1.1")
    centre.run(5)
    (centre.folder / "data" / "drain").touch()
    centre.run(5)
    centre.launch("j2.1")
    centre.run(5)
    assert not centre.loop.over
    refused = centre.stand_in.ended("j2.1")
    assert refused is not None
    assert (refused.outcome, refused.reason) == ("preempted", "does_not_fit")
    centre.run(60)
    assert centre.loop.over
    assert centre.stand_in.fits == ()


def test_a_disk_that_takes_nothing_stops_all_but_the_agent(centre: Centre) -> None:
    centre.run(3)
    write = centre.loop.home.write

    def full(*given: object) -> None:
        raise OSError(28, "No space left on device")

    centre.loop.home.write = full  # type: ignore[method-assign]
    centre.launch("j1.1")
    centre.run(5)
    assert "j1.1" not in centre.engine.runs
    centre.loop.home.write = write  # type: ignore[method-assign]
    centre.run(60)
    assert centre.stand_in.ended("j1.1") is not None


def test_the_disk_has_all_before_anything_is_done_or_told_and_is_written_seldom(centre: Centre) -> None:
    loop, writes, deeds = centre.loop, list[int](), list[str]()
    write = loop.home.write

    def counted(records: Sequence[AnyRecord], memory: Memory) -> None:
        writes.append(len(records))
        write(records, memory)

    def watched(whose: object, name: str) -> None:
        call = getattr(whose, name)

        def checked(*given: object) -> object:
            assert not loop.unwritten, name
            assert not loop.agent.records, name
            deeds.append(name)
            return call(*given)

        setattr(whose, name, checked)

    loop.home.write = counted
    for name in ("start", "stop", "clean"):
        watched(loop.body.driver, name)
    for name in ("join", "exchange", "keep"):
        watched(loop.conversation.platform, name)
    content = centre.stand_in.keep_job(JobContent("true"))
    for name in ("j1.1", "j2.1"):
        del writes[:], deeds[:]
        centre.launch(name, content, limit_s=20)
        centre.run(60)
        assert centre.stand_in.ended(name) is not None
        assert {"start", "clean", "exchange"} <= set(deeds)
    # once the content is at hand: the order and the start; that it runs; the end; that it is erased; and
    # four acknowledgements, each with what comes next or a second later
    assert len(writes) <= 8, writes
