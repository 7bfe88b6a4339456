"""Two things at once: a plan and a voucher that runs out, a move and a room, a cancellation and an end."""

from typing import Any

from tests.unit.engine.stage import HOUR, TEN, WEST, YUAN, Stage, all_ends, grant, one, spec

from suanwang.engine import inputs
from suanwang.ledger import commands as c
from suanwang.model.facts import Ended, Started, Used
from suanwang.model.job import JobSpec
from suanwang.model.network import CentreRow, PoolRow


def plan(stage: Stage, job: str, pool: str, slot: int) -> None:
    """A plan with one line, as the answer to the clearing under way."""
    serial = stage.platform.state.clearing
    assert serial is not None
    stage.take(inputs.TakePlan, serial, 1, (inputs.PlanLine(job, 0, pool, slot),), (), 0, 0)


def enter(stage: Stage, enrolment: tuple[CentreRow, tuple[PoolRow, ...]]) -> None:
    """A centre joins the network."""
    stage.take(inputs.EnrolCentre, *enrolment)
    stage.take(inputs.JoinCentre, enrolment[0].centre, 1)


def later(hours: int, **more: Any) -> JobSpec:
    """A job that starts some hours after ten and may shift for long."""
    return spec(one("A100:8"), not_before_at=TEN + hours * HOUR, deadline_at=TEN + 14 * HOUR, **more)


def test_a_reservation_on_a_voucher_that_has_run_out_is_not_moved_away_from_it() -> None:
    """Moved, it would lose the voucher: what a hold gives back to a grant that is over is gone."""
    stage = Stage(centres=("east",), wallets={"acme": 0, "bolt": 1000}, reserve_hours=24)
    grant(stage, "acme", 100, days=1)
    stage.book(c.IssueGrant("g2", "g2", "voucher", "acme", 200 * YUAN, stage.at, TEN + HOUR))
    (job,) = stage.submit(later(3, residency=("31", "64")))
    assert stage.where(job) == ("east-A", 13)
    draws = stage.platform.state.vouchers.ledger.holds[stage.attempt(job)].draws
    assert set(draws) == {"g2"}, "soonest to expire first"
    stage.top_up("acme", 1000)
    enter(stage, WEST)
    stage.until(12)
    assert stage.at > TEN + HOUR
    plan(stage, job, "west-A", 14)
    assert stage.where(job) == ("east-A", 13), "the hold is still worth something there, and only there"
    stage.until(13)
    stage.run(job, 60)
    assert stage.balance("wallet:acme") == 1000 * YUAN, "the voucher pays, a day later too"
    all_ends(stage)


def test_a_move_that_cannot_be_paid_for_leaves_a_reservation_beside_a_room_as_it_was() -> None:
    """The room counts twice while its victims run, so its pool looks full to whoever goes back to it."""
    stage = Stage(centres=("east",), wallets={"acme": 0, "bolt": 1000}, reserve_hours=24)
    grant(stage, "acme", 500)
    near = {"residency": ("31",)}
    (victim,) = stage.submit(spec(one("A100:4", 5), preemptible=True, **near), by="bolt")
    (job,) = stage.submit(
        spec(one("A100:4"), not_before_at=TEN + 3 * HOUR, deadline_at=TEN + 4 * HOUR, residency=("31", "64"))
    )
    assert stage.where(job) == ("east-A", 13), "where its voucher is taken"
    enter(stage, WEST)
    stage.begin(victim)
    (high,) = stage.submit(spec(one("A100:4", 4), priority=1, deadline_at=TEN + 5 * HOUR, **near), by="bolt")
    assert stage.platform.state.rooms[high].victims == {stage.attempt(victim): None}
    stage.until(11)
    plan(stage, job, "west-A", 13)
    assert stage.where(job) == ("east-A", 13)
    assert stage.states(job) == "active/reserved"
    all_ends(stage)


def test_a_cancellation_that_comes_with_the_end_costs_what_was_used() -> None:
    for first in ("cancel", "end"):
        stage = Stage(centres=("east",))
        had = stage.balance("wallet:acme")
        (job,) = stage.submit(spec(one("A100:8")))
        stage.begin(job)
        stage.use(job, 30)
        if first == "cancel":
            stage.take(inputs.CancelJob, job)
            stage.end(job)
            assert stage.states(job) == "cancelled"
        else:
            stage.end(job)
            stage.take(inputs.CancelJob, job)
            assert stage.states(job) == "succeeded"
        assert stage.balance("wallet:acme") == had - sum(stage.captured(job)) == had - 4 * 10_800_000
        assert not stage.orders("east")
        all_ends(stage)


def test_a_stop_to_make_room_that_comes_too_late_stops_nothing() -> None:
    stage = Stage(centres=("east",))
    (victim,) = stage.submit(spec(one("A100:8", 2), preemptible=True))
    stage.begin(victim)
    (high,) = stage.submit(spec(one("A100:8"), priority=1))
    assert stage.platform.state.rooms
    name = stage.attempt(victim)
    stage.tell(Used(name, "m", stage.at - 1, stage.at, 8000), Ended(name, stage.at, "success", "exit", 0))
    assert stage.states(victim, high) == "succeeded active/dispatched"
    stage.tell(Started(stage.attempt(high), stage.at))
    all_ends(stage)


def test_a_job_that_waits_for_a_voucher_runs_when_the_voucher_begins() -> None:
    for restarted in (False, True):
        stage = Stage(centres=("east",), wallets={"acme": 0, "bolt": 0})
        grant(stage, "bolt", 100)
        (job,) = stage.submit(spec())
        begins_at = TEN + 2 * HOUR + HOUR // 7
        stage.book(c.IssueGrant("g2", "g2", "voucher", "acme", 100 * YUAN, begins_at, begins_at + HOUR))
        assert stage.states(job) == "held"
        if restarted:
            stage.restart()
        stage.until(12)
        assert stage.states(job) == "held"
        stage.until(13)
        assert stage.states(job) == "active/dispatched"
        assert stage.attempt_of(job).figures.start_at == begins_at
        all_ends(stage)
