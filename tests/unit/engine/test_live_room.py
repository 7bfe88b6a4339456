"""Room and time: extensions, those who give way, plans that reserve and move."""

from fractions import Fraction

import pytest
from tests.unit.engine.stage import (
    DIGEST,
    HOUR,
    MIDNIGHT,
    PAIRED,
    SECOND,
    TEN,
    YUAN,
    Stage,
    one,
    spec,
)

from suanwang.engine import events, inputs
from suanwang.ledger import commands as c
from suanwang.model.facts import Saved, Used
from suanwang.model.orders import Launch, Prolong, Stop
from suanwang.units.errors import InvalidInput


def test_extended_by_money_and_capacity_both_or_neither() -> None:
    stage = Stage(centres=("east",), wallets={"acme": 40, "bolt": 1000})
    (job,) = stage.submit(spec(one("A100:1", 1)))
    (behind,) = stage.submit(spec(one("A100:8", 1), not_before_at=TEN + 3 * HOUR), by="bolt")
    assert stage.where(behind) == ("east-A", 13)
    stage.begin(job)
    stage.take(inputs.ExtendJob, job, 3600)
    assert stage.balance("wallet_held:acme") == 2 * 10_800_000
    assert [type(order) for order in stage.orders("east")] == [Launch, Prolong]
    for more_s in (0, -5, 3600 * 3, 3600 * 100):
        with pytest.raises(InvalidInput):
            stage.take(inputs.ExtendJob, job, more_s)
    stage.book(c.Withdraw("w1", "acme", 10 * YUAN, "back"))
    with pytest.raises(InvalidInput, match="not enough is available"):
        stage.take(inputs.ExtendJob, job, 3600)
    assert stage.balance("wallet_held:acme") == 2 * 10_800_000
    assert stage.attempt_of(job).figures.limit_s == 7200
    stage.use(job, 110)
    stage.end(job)
    assert stage.captured(job) == (
        round(Fraction(10_000_000 * 110, 60)),
        round(Fraction(800_000 * 110, 60)),
        0,
    )
    stage.agrees()


def test_what_waits_or_was_told_to_stop_cannot_be_extended() -> None:
    stage = Stage()
    (job, waits) = stage.submit(spec(), spec(max_price_micro=1))
    with pytest.raises(InvalidInput):
        stage.take(inputs.ExtendJob, waits, 60)
    stage.take(inputs.CancelJob, job)
    with pytest.raises(InvalidInput):
        stage.take(inputs.ExtendJob, job, 60)


def test_what_runs_past_its_reservation_cannot_be_extended() -> None:
    """A new leader's clock may be far ahead of an attempt that still runs, and the arrays begin after it."""
    stage = Stage(centres=("east",))
    (job,) = stage.submit(spec(one("A100:1", 1)))
    stage.begin(job)
    end_at = stage.attempt_of(job).figures.end_at
    stage.at = end_at - SECOND
    stage.take(inputs.ExtendJob, job, 60)
    end_at = stage.attempt_of(job).figures.end_at
    for later_s in (0, 3600, 30 * 3600):
        stage.at = end_at + later_s * SECOND
        stage.take(inputs.TakeLead, stage.platform.state.epoch + 1)
        stage.platform.network_changed()
        with pytest.raises(InvalidInput, match="its reservation is over"):
            stage.take(inputs.ExtendJob, job, 3600)
    stage.agrees()


# room ------------------------------------------------------------------------------------------------------


def test_a_higher_priority_makes_the_fewest_and_cheapest_give_way() -> None:
    stage = Stage(centres=("east",))
    two, saved, one_, kept, late = stage.submit(
        spec(one("A100:2", 2), preemptible=True),
        spec(one("A100:1", 2), preemptible=True, checkpoint=True),
        spec(one("A100:1", 2), preemptible=True),
        spec(one("A100:2", 2)),
        spec(one("A100:2", 2), preemptible=True, priority=3),
    )
    stage.begin(two, saved, one_, kept, late)
    for job in (two, saved, one_, kept, late):
        stage.tell(Used(stage.attempt(job), "m", stage.at, stage.at + SECOND, 1000))
    stage.tell(Saved(stage.attempt(saved), DIGEST, stage.at))
    (first,) = stage.submit(spec(one("A100:1", 1), priority=2))
    stops = [order.attempt for order in stage.orders("east") if isinstance(order, Stop)]
    assert stops == [stage.attempt(saved)], "one is enough, and its checkpoint is kept"
    assert stage.platform.state.rooms[first].victims == {stage.attempt(saved): None}
    (small,) = stage.submit(spec(one("A100:1", 1)))
    stage.end(saved, "killed", "preempted")
    assert stage.states(first, saved, small).split()[0] == "active/dispatched"
    assert stage.where(first) == ("east-A", 10)
    assert stage.job(saved).why in ("", "preempted")
    assert stage.job(saved).checkpoint == DIGEST
    assert not stage.platform.state.rooms
    (third,) = stage.submit(spec(one("A100:3", 1), priority=2))
    stops = [order.attempt for order in stage.orders("east") if isinstance(order, Stop)]
    assert sorted(stops) == sorted([stage.attempt(two), stage.attempt(one_)])
    (never,) = stage.submit(spec(one("A100:8", 1), priority=2))
    assert not stage.platform.state.rooms.get(never), "some that run may not be stopped"
    stage.end(two, "preempted", "preempted")
    assert stage.states(third) == "queued"
    stage.end(one_)
    assert stage.states(third, one_) == "active/dispatched succeeded"
    stage.agrees()


def test_room_is_for_whom_it_was_made_and_given_up_with_it() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    victims = stage.submit(*[spec(one("A100:4", 2), preemptible=True)] * 2)
    stage.begin(*victims)
    (high,) = stage.submit(spec(one("A100:8", 1), priority=1))
    (low,) = stage.submit(spec(one("A100:4", 1)))
    stage.end(victims[0], "preempted", "preempted")
    assert stage.states(high, low) == "queued queued", "half the room is not for the small"
    stage.take(inputs.CancelJob, high)
    assert not stage.platform.state.rooms
    assert stage.states(*victims, low) == "active/dispatched active/running queued", "who came first"
    stage.agrees()


def test_nobody_gives_way_for_one_who_cannot_pay_or_for_an_equal() -> None:
    stage = Stage(centres=("east",), wallets={"acme": 1000, "bolt": 0})
    (victim,) = stage.submit(spec(one("A100:8", 2), preemptible=True, priority=1))
    stage.begin(victim)
    (poor,) = stage.submit(spec(one("A100:8"), priority=2), by="bolt")
    (equal,) = stage.submit(spec(one("A100:8"), priority=1))
    assert stage.states(poor) == "held"
    assert not stage.platform.state.rooms
    assert stage.where(equal) == ("east-A", 12)


def test_a_pairing_bounds_an_extension_too() -> None:
    stage = Stage(centres=("east",), pairings=(PAIRED,))
    (job,) = stage.submit(spec(one("A100:8", 1)))
    stage.begin(job)
    with pytest.raises(InvalidInput, match="quota"):
        stage.take(inputs.ExtendJob, job, 1800)
    stage.take(inputs.ExtendJob, job, 900)
    assert stage.platform.state.pairings[0].taken_milli_s == 8_000 * 4500


# clearing --------------------------------------------------------------------------------------------------


def plan(stage: Stage, *lines: tuple[str, str, int], serial: int | None = None) -> list[events.AnyEvent]:
    number = serial if serial is not None else stage.platform.state.clearing
    assert number is not None
    made = tuple(inputs.PlanLine(job, 0, pool, slot) for job, pool, slot in lines)
    return stage.take(inputs.TakePlan, number, len(lines), made, (), 0, 0)


def test_a_plan_reserves_moves_and_returns_what_is_stale() -> None:
    stage = Stage(reserve_hours=24)
    full = stage.submit(*[spec(one("A100:8", 2))] * 3)
    (waits, moves) = stage.submit(
        spec(deadline_at=MIDNIGHT + 40 * HOUR, max_price_micro=6_300_000),
        spec(residency=("31",), deadline_at=MIDNIGHT + 40 * HOUR),
    )
    assert stage.where(moves) == ("east-A", 24)
    stage.until(11)
    assert stage.platform.state.clearing == 1
    found = plan(
        stage,
        (waits, "west-A", 13),
        (moves, "east-A", 26),
        (moves, "west-A", 12),
        (moves, "east-A", 13),
        ("j99", "x", 1),
        (full[0], "west-A", 20),
    )
    assert [event.job for event in found if isinstance(event, events.AttemptReserved)] == []
    assert stage.where(moves) == ("east-A", 26), (
        "the same charge, another hour; never dearer, never where it may not"
    )
    (cleared,) = [event for event in found if isinstance(event, events.Cleared)]
    assert (cleared.reserved, cleared.returned) == (1, 5)
    assert not plan(stage, (moves, "east-A", 25), serial=1), "an answer that nobody waits for"
    stage.agrees()


def test_a_move_to_another_centre_is_one_step_and_never_raises_the_charge() -> None:
    stage = Stage(wallets={"acme": 11}, reserve_hours=24)
    stage.take(inputs.HearSilence, "west", stage.at)
    (job,) = stage.submit(spec(not_before_at=TEN + 4 * HOUR))
    assert stage.where(job) == ("east-A", 14)
    stage.take(inputs.HearAgain, "west")
    stage.until(11)
    found = plan(stage, (job, "west-A", 15))
    assert stage.where(job) == ("east-A", 14), "no later without a deadline"
    stage.until(12)
    found = plan(stage, (job, "west-A", 14))
    kinds = [type(event).__name__ for event in found]
    assert kinds == ["Released", "AttemptEnded", "JobQueued", "HoldPlaced", "AttemptReserved", "Cleared"]
    assert stage.where(job) == ("west-A", 14)
    assert stage.balance("wallet_held:acme") == 6_400_000
    assert stage.job(job).returns == 0
    stage.agrees()


def test_a_clearing_that_is_never_answered_is_asked_for_anew() -> None:
    stage = Stage(reserve_hours=24)
    stage.submit(spec(not_before_at=TEN + 9 * HOUR))
    found = stage.until(14)
    assert [event.serial for event in found if isinstance(event, events.ClearingAsked)] == [1, 2]
