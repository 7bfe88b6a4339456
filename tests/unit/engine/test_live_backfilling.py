"""A wide job of higher priority among a stream of narrow ones: who goes past it, and until when."""

import pytest
from tests.unit.engine.stage import MINUTE, SECOND, Stage, all_ends, one, spec

from suanwang.engine import inputs
from suanwang.model.facts import Ended, Started

MINUTES = 1 / 60
"""Hours."""
LONG = 1.0
SPANS = [(MINUTES, MINUTES), (LONG, LONG), (LONG, MINUTES), (MINUTES, LONG)]


def streaming(
    narrow: float,
    wide: int,
    hours: float,
    priorities: tuple[int, int],
    seconds: int = 30,
) -> tuple[Stage, str, list[float]]:
    """East's 8 devices are full of narrow jobs that end at staggered times, after 2 to 4 s, and more of them
    come than it can take. After 3 s a wide one comes. The seconds after which narrow ones and it began."""
    stage = Stage(("east",), reserve_hours=12, wallets={"acme": 10**7, "bolt": 10**7}, checked=False)
    state, begun_at, ends, late, job = stage.platform.state, stage.at, dict[str, int](), list[float](), ""
    stage.submit(spec(one("A100:1", narrow), priority=priorities[0], array=20))
    for step in range(2 * seconds):
        stage.at = begun_at + step * SECOND // 2
        if step == 6:
            (job,) = stage.submit(spec(one(f"A100:{wide}", hours), priority=priorities[1]), by="bolt")
        stage.submit(spec(one("A100:1", narrow), priority=priorities[0], array=2))
        for name in list(state.centres["east"].attempts):
            attempt = state.attempts[name]
            if attempt.state == "dispatched" and attempt.place == "own":
                stage.tell(Started(name, stage.at))
                ends[name] = stage.at + (4 + len(ends) % 5) * SECOND // 2
                if job and attempt.job != job:
                    late.append(step / 2)
        if job and stage.states(job) == "active/running":
            break
        for name, at in list(ends.items()):
            if at <= stage.at and state.attempts[name].state == "running":
                stage.tell(Ended(name, stage.at, "success", "exit", 0))
    return stage, job, late


@pytest.mark.parametrize("wide", [4, 8])
@pytest.mark.parametrize(("narrow", "hours"), SPANS)
def test_it_begins_as_soon_as_those_that_ran_have_ended(wide: int, narrow: float, hours: float) -> None:
    stage, job, _ = streaming(narrow, wide, hours, (0, 50))
    assert stage.states(job) == "active/running"
    # what was reserved before it came goes first where that is in its way
    assert stage.at - stage.job(job).submitted_at <= 10 * SECOND
    all_ends(stage)


def test_a_wide_one_of_lower_priority_keeps_nobody_waiting() -> None:
    stage, job, late = streaming(MINUTES, 8, MINUTES, (50, 0))
    assert stage.states(job) != "active/running"
    assert len(late) > 40, "as many as ever begin"


def full_but_for(free: int, hours: float) -> tuple[Stage, str, str]:
    """One runs for `hours` at most, `free` devices are free, and a wide one of priority 5 waits for all."""
    stage = Stage(("east",), reserve_hours=12)
    (runs,) = stage.submit(spec(one(f"A100:{8 - free}", hours)))
    stage.begin(runs)
    (wide,) = stage.submit(spec(one("A100:8", LONG), priority=5), by="bolt")
    assert stage.states(wide) != "active/dispatched"
    return stage, runs, wide


def test_who_ends_by_its_limit_before_the_earliest_start_goes_past() -> None:
    stage, runs, wide = full_but_for(3, 0.5)
    brief, long = stage.submit(spec(one("A100:1", 0.25)), spec(one("A100:1", 0.75)))
    assert stage.states(brief) == "active/dispatched"
    assert stage.states(long) != "active/dispatched"
    (higher,) = stage.submit(spec(one("A100:1", 0.25), priority=9))
    assert stage.states(higher) == "active/dispatched"
    stage.end(brief)
    assert stage.states(long) != "active/dispatched", "nor into what becomes free"
    stage.end(higher)
    stage.end(runs)
    assert stage.states(wide) == "active/dispatched"
    stage.restart()
    all_ends(stage)


def test_who_takes_what_it_leaves_over_goes_past() -> None:
    stage = Stage(("east",), reserve_hours=12)
    (runs,) = stage.submit(spec(one("A100:4", 0.5)))
    stage.begin(runs)
    (wide,) = stage.submit(spec(one("A100:6", LONG), priority=5), by="bolt")
    one_, two, three = stage.submit(*[spec(one("A100:1", 3))] * 3)
    assert stage.states(one_, two) == "active/dispatched active/dispatched"
    assert stage.states(three) != "active/dispatched"
    stage.end(runs)
    assert stage.states(wide) == "active/dispatched"
    all_ends(stage)


def test_who_gives_up_keeps_nobody_waiting() -> None:
    stage, runs, wide = full_but_for(3, 0.5)
    (long,) = stage.submit(spec(one("A100:1", 0.75)))
    assert stage.states(long) == "queued"
    stage.take(inputs.CancelJob, wide)
    assert stage.states(long) == "active/dispatched"
    stage.end(runs)
    all_ends(stage)


def test_nobody_stands_by_while_one_of_higher_priority_waits_for_more() -> None:
    stage = Stage(("east",), reserve_hours=12)
    names = stage.submit(spec(one("A100:2", MINUTES), array=20))
    stage.begin(*names[:4])
    (wide,) = stage.submit(spec(one("A100:8", MINUTES), priority=5), by="bolt")
    for name in names[:4]:
        stage.at += SECOND
        stage.end(name)
    assert stage.states(wide) == "active/dispatched"
    assert not [one for one in stage.platform.state.attempts.values() if one.place == "awaited"]
    stage.at += MINUTE // 2
    all_ends(stage)
