"""Jobs that stand by in a centre: who, for whose place, and what comes of them."""

import pytest
from tests.unit.engine.stage import HOUR, MINUTE, SECOND, TEN, Stage, all_ends, one, outage, spec

from suanwang.engine import events, inputs
from suanwang.model.facts import Ended, Started, TookOver, Used
from suanwang.model.orders import Launch, Proceed, Stop
from suanwang.units.errors import InvalidInput

BRIEF = 10 / 3600
"""Hours."""


def crowd(jobs: int = 10, hours: float = BRIEF) -> tuple[Stage, list[str]]:
    """East has room for four; the others wait."""
    stage = Stage(centres=("east",), reserve_hours=0)
    names = stage.submit(spec(one("A100:2", hours), array=jobs))
    stage.begin(*names[:4])
    return stage, names


def short(stage: Stage, job: str) -> Ended:
    """Its end, a second after its start."""
    stage.at += SECOND
    return Ended(stage.attempt(job), stage.at, "success", "exit", 0)


def standing_by(stage: Stage) -> list[str]:
    state = stage.platform.state
    return [name.partition(".")[0] for name, one in state.attempts.items() if one.place == "awaited"]


def test_after_a_short_end_the_next_in_line_stand_by_with_their_money_held() -> None:
    stage, names = crowd()
    held = stage.balance("wallet_held:acme")
    found = stage.tell(short(stage, names[0]))
    assert [one.job for one in found if isinstance(one, events.AttemptReserved)] == [names[4]], (
        "it has a place"
    )
    assert standing_by(stage) == names[5:7]
    assert stage.balance("wallet_held:acme") > held
    launches = {order.attempt: order for order in stage.orders("east") if isinstance(order, Launch)}
    assert [launches[stage.attempt(name)].standby for name in names[4:7]] == [False, True, True]
    assert stage.platform.ground.free_now(0, stage.at) == 0
    all_ends(stage)


def test_its_heir_has_the_place_and_nobody_else_is_sent_out_for_it() -> None:
    stage, names = crowd()
    stage.tell(short(stage, names[0]))
    end = short(stage, names[1])
    found = stage.tell(TookOver(stage.attempt(names[5]), stage.at, stage.attempt(names[1])), end)
    assert [one.place_of for one in found if isinstance(one, events.AttemptLetIn)] == [end.attempt]
    assert not [one for one in found if isinstance(one, events.AttemptReserved | events.AttemptDispatched)]
    assert stage.attempt_of(names[5]).place == "own"
    stage.tell(Started(stage.attempt(names[5]), stage.at))
    stage.use(names[5], 5 / 60)
    stage.end(names[5])
    assert sum(stage.captured(names[5])) == round(5 * 2 * 10_800_000 / 3600)
    all_ends(stage)


def test_the_heir_may_begin_before_its_predecessor_has_told_its_end() -> None:
    """Outputs are uploaded first: the end is told later, and frees nothing then."""
    stage, names = crowd()
    stage.tell(short(stage, names[0]))
    before = stage.attempt(names[1])
    stage.tell(TookOver(stage.attempt(names[5]), stage.at, before))
    assert stage.attempt_of(names[1]).place == "given"
    stage.tell(Used(before, "m", stage.at - SECOND, stage.at, 2000))
    stage.restart()
    found = stage.tell(Ended(before, stage.at, "success", "exit", 0))
    assert not [one for one in found if isinstance(one, events.AttemptReserved | events.AttemptDispatched)]
    assert sum(stage.captured(names[1])) == round(2 * 10_800_000 / 3600)
    all_ends(stage)


@pytest.mark.parametrize("hours", [1, BRIEF])
def test_after_a_long_run_nobody_stands_by(hours: float) -> None:
    stage, names = crowd(hours=hours)
    if hours == BRIEF:
        stage.at += 5 * SECOND
        stage.end(names[0])
    else:
        stage.use(names[0], 5)
        stage.end(names[0])
    assert not standing_by(stage)


def test_no_more_stand_by_than_places_could_follow_soon() -> None:
    stage, names = crowd(40)
    for name in names[:4]:
        stage.tell(short(stage, name))
    for name in names[4:8]:
        stage.begin(name)
        stage.tell(short(stage, name))
    alike = next(iter(stage.platform.places.alike.values()))
    assert 0 < len(standing_by(stage)) <= 2 * len(alike)
    all_ends(stage)


def test_where_many_alike_run_nobody_stands_by() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    names = stage.submit(spec(one("A100:1", BRIEF), array=14))
    stage.begin(*names[:8])
    stage.tell(short(stage, names[0]))
    assert not standing_by(stage)


def test_who_is_not_alike_goes_first_and_nobody_stands_by() -> None:
    stage, names = crowd(5)
    stage.submit(spec(one("A100:1", BRIEF), array=4), by="bolt")
    stage.tell(short(stage, names[0]))
    assert not standing_by(stage)


def test_of_higher_priority_goes_first_into_what_becomes_free() -> None:
    stage, names = crowd()
    stage.tell(short(stage, names[0]))
    (urgent,) = stage.submit(spec(one("A100:1", 1), priority=5))
    stage.tell(short(stage, names[1]))
    assert stage.states(urgent) == "active/dispatched"
    assert stage.attempt_of(urgent).place == "own"
    assert standing_by(stage)[:2] == names[5:7]


def test_what_becomes_free_otherwise_is_for_whoever_stands_by() -> None:
    stage, names = crowd()
    stage.tell(short(stage, names[0]))
    stage.at += 5 * SECOND
    found = stage.end(names[1])
    let_in = [(one.job, one.place_of) for one in found if isinstance(one, events.AttemptLetIn)]
    assert let_in == [(names[5], "")]
    told = [type(order) for order in stage.orders("east") if order.attempt == stage.attempt(names[5])]
    assert told == [Launch, Proceed]
    all_ends(stage)


def test_who_was_told_to_stop_is_not_let_in() -> None:
    stage, names = crowd()
    stage.tell(short(stage, names[0]))
    stage.take(inputs.CancelJob, names[5])
    stage.at += 5 * SECOND
    found = stage.end(names[1])
    assert [one.job for one in found if isinstance(one, events.AttemptLetIn)] == [names[6]]
    all_ends(stage)


def test_in_vain_it_goes_back_to_its_place_in_line_and_that_counts_for_nothing() -> None:
    stage, names = crowd()
    stage.tell(short(stage, names[0]))
    stage.at += 5 * SECOND
    stage.tell(Ended(stage.attempt(names[5]), stage.at, "preempted", "moved"))
    job = stage.job(names[5])
    assert (job.state, job.why, job.returns) == ("queued", "stood_by", 0)
    assert stage.platform.state.vouchers.ledger.holds[f"{names[5]}.1"].status != "open"
    all_ends(stage)


def test_a_place_that_was_given_away_meanwhile_has_to_be_left_again() -> None:
    """Its predecessor was lost and its place taken; the agent comes back and has begun the heir."""
    stage, names = crowd()
    stage.tell(short(stage, names[0]))
    lost = stage.attempt(names[1])
    stage.tell(Ended(lost, stage.at + 5 * SECOND, "failure", "exit", 1))
    outage(stage, "east-A", 10, 12, "8")
    stage.tell(TookOver(stage.attempt(names[6]), stage.at, lost))
    stops = [one for one in stage.orders("east") if isinstance(one, Stop)]
    assert [(one.attempt, one.why) for one in stops] == [(stage.attempt(names[6]), "fenced")]
    all_ends(stage)


def fenced(stage: Stage) -> list[str]:
    """Those that were told to leave a place that they had no right to."""
    return [one.attempt for one in stage.orders("east") if isinstance(one, Stop) and one.why == "fenced"]


def test_the_place_of_something_smaller_is_none() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    (small,) = stage.submit(spec(one("A100:1", 1)), by="bolt")
    names = stage.submit(spec(one("A100:2", BRIEF), array=8))
    stage.begin(small, *names[:3])
    stage.tell(short(stage, names[0]))
    heir = stage.attempt(standing_by(stage)[0])
    stage.tell(TookOver(heir, stage.at, stage.attempt(small)))
    assert fenced(stage) == [heir]
    all_ends(stage)


def test_a_place_that_does_not_last_as_long_is_none() -> None:
    """It would run into the next hour, which is somebody's; only where one was prolonged is there a place."""
    stage = Stage(centres=("east",), reserve_hours=1, start_hour=10.5)
    alike = one("A100:2", 1795 / 3600)
    names = stage.submit(spec(alike, array=4))
    stage.begin(*names[1:])
    stage.at += 10 * SECOND
    stage.take(inputs.ExtendJob, names[1], 1800)
    stage.submit(spec(one("A100:6", 1), not_before_at=TEN + HOUR), by="bolt")
    stage.submit(spec(alike, array=2, priority=1))
    stage.begin(names[0])
    stage.tell(short(stage, names[0]))
    heir, other = [stage.attempt(name) for name in standing_by(stage)]
    stage.tell(TookOver(heir, stage.at, stage.attempt(names[2])))
    assert fenced(stage) == [heir]
    found = stage.tell(TookOver(other, stage.at, stage.attempt(names[1])))
    assert [one.place_of for one in found if isinstance(one, events.AttemptLetIn)] == [
        stage.attempt(names[1])
    ]
    all_ends(stage)


def test_where_the_slot_ends_soon_it_stands_by_only_if_the_next_one_has_room() -> None:
    """Alike that began before the hour's last minutes hold this hour alone; the next is somebody's."""
    stage = Stage(centres=("east",), reserve_hours=2, start_hour=10.98)
    names = stage.submit(spec(one("A100:2", BRIEF), array=8))
    stage.begin(*names[:4])
    stage.submit(spec(one("A100:8", 1), not_before_at=stage.at + 20 * MINUTE), by="bolt")
    stage.tell(short(stage, names[0]))
    for name in standing_by(stage):
        figures, first = stage.attempt_of(name).figures, stage.attempt_of(name).first_slot
        assert first <= figures.to_slot
    all_ends(stage)


def test_what_would_lack_the_time_for_its_limit_does_not_stand_by() -> None:
    """The reservation ends with the hour: what begins five seconds late still has its whole limit."""
    stage = Stage(centres=("east",), reserve_hours=0, start_hour=10.5)
    names = stage.submit(spec(one("A100:2", (1798 - 1) / 3600), array=8))
    stage.begin(*names[:4])
    stage.tell(short(stage, names[0]))
    assert stage.states(names[4]) == "active/dispatched"
    assert not standing_by(stage)


def test_a_reservation_before_a_deadline_is_not_given_up() -> None:
    stage = Stage(centres=("east",))
    names = stage.submit(spec(one("A100:2", BRIEF), array=4))
    later = stage.submit(*[spec(one("A100:2", BRIEF), deadline_at=stage.at + 3 * HOUR)] * 2)
    stage.begin(*names)
    stage.tell(short(stage, names[0]))
    stage.tell(short(stage, names[1]))
    stage.tell(short(stage, names[2]))
    assert not set(later) & set(standing_by(stage))


def test_a_fact_of_nobody_is_refused() -> None:
    stage, names = crowd()
    with pytest.raises(InvalidInput):
        stage.tell(Started(stage.attempt(names[0]), stage.at), TookOver("j99.1", stage.at, "j1.1"))
