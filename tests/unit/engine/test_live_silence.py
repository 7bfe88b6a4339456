"""Silence, fences and starts that fail: what is lost, what is tried again, what is given up."""

from typing import Any

import pytest
from tests.unit.engine.stage import DIGEST, HOUR, MINUTE, PAIRED, TEN, YUAN, Stage, one, spec

from suanwang.engine import events, inputs
from suanwang.model.facts import Ended, FitShape, Saved, Used
from suanwang.model.orders import Stop
from suanwang.units.errors import InvalidInput


def test_a_job_whose_agent_speaks_of_everything_else_ends_all_the_same() -> None:
    stage = Stage(centres=("east",))
    (job,) = stage.submit(spec())
    stage.begin(job)
    stage.until(11.04)
    assert [order.why for order in stage.orders("east") if isinstance(order, Stop)] == ["fenced"]
    stage.until(12)
    assert stage.attempt_of(job).number == 2
    assert stage.platform.state.attempts[f"{job}.1"].outcome == "lost"
    assert stage.states(job) == "active/dispatched"


def test_silence_makes_suspect_then_lost_and_the_fence_holds() -> None:
    stage = Stage(reserve_hours=24)
    (job,) = stage.submit(spec(one("A100:1", 2), lost_after_s=600))
    name = stage.attempt(job)
    stage.begin(job)
    stage.use(job, 10)
    stage.take(inputs.HearSilence, "west", stage.at)
    (other,) = stage.submit(spec())
    assert stage.where(other)[0] == "east-A", "nothing new is sent to the silent"
    stage.after(10.9)
    assert stage.states(job) == "active/running"
    stage.after(0.2)
    assert stage.platform.state.attempts[name].outcome == "lost"
    assert stage.attempt_of(job).number == 2
    assert stage.where(job)[0] == "east-A"
    assert money_of(stage, name) == ("released", 0), "what was metered before is on record and not charged"
    assert sum(stage.platform.state.attempts[name].used_us) == 1000 * 10 * MINUTE
    stage.take(inputs.AgentReport, "west", 1, (Saved(name, DIGEST, stage.at),))
    assert [order.why for order in stage.orders("west") if isinstance(order, Stop)] == ["fenced"]
    assert stage.job(job).checkpoint == "", "a fenced attempt's checkpoint is not taken up"
    late = Used(name, "m", TEN + 10 * MINUTE, TEN + 20 * MINUTE, 1000)
    found = stage.take(inputs.AgentReport, "west", 1, (late, Ended(name, stage.at, "success")))
    assert [type(event) for event in found] == [events.FactFenced, events.FactFenced]
    assert stage.orders("west") == []
    assert money_of(stage, name) == ("released", 0)
    stage.run(job, 10)
    assert stage.states(job) == "succeeded"
    paid = sum(stage.captured(job, 2))
    left = stage.balance("wallet:acme") + stage.balance("wallet_held:acme")
    assert left == 100_000 * YUAN - paid, "the job pays for the attempt that ended, once"
    stage.agrees()


@pytest.mark.parametrize(
    ("outcome", "reason", "status"),
    [
        ("preempted", "fenced", "released"),
        ("preempted", "preempted", "settled"),
        ("preempted", "vanished", "settled"),
        ("killed", "limit_time", "settled"),
        ("failure", "exit", "settled"),
    ],
)
def test_only_a_fence_makes_usage_free(outcome: Any, reason: Any, status: str) -> None:
    """An agent that comes back within the platform's margin tells that it stopped the work for silence: the
    same money as if the platform had given the attempt up a moment before."""
    stage = Stage(centres=("east",), pairings=(PAIRED,))
    (job,) = stage.submit(spec(one("A100:2", 2), lost_after_s=600))
    name = stage.attempt(job)
    stage.begin(job)
    stage.use(job, 30)
    stage.take(inputs.HearSilence, "east", stage.at)
    stage.after(10.5)
    stage.take(inputs.HearAgain, "east")
    stage.end(job, outcome, reason)
    assert stage.platform.state.attempts[name].outcome == outcome
    found, captured_micro = money_of(stage, name)
    assert found == status
    assert (captured_micro > 0) == (status == "settled")
    again_milli_s = 2 * 7200 * 1000 if stage.states(job).startswith("active") else 0
    used_milli_s = 2 * 1800 * 1000 if captured_micro else 0
    assert stage.platform.state.pairings[0].taken_milli_s == used_milli_s + again_milli_s
    stage.agrees()


def money_of(stage: Stage, attempt: str) -> tuple[str, int]:
    """How an attempt's hold was resolved, and what was captured of it."""
    hold = stage.platform.state.vouchers.ledger.holds[attempt]
    return hold.status, hold.captured_micro


def test_a_centre_that_speaks_in_time_keeps_its_work() -> None:
    stage = Stage(centres=("west",), reserve_hours=24)
    (job,) = stage.submit(spec(one("A100:1", 3), lost_after_s=600))
    stage.begin(job)
    stage.take(inputs.HearSilence, "west", stage.at)
    stage.after(9)
    stage.take(inputs.HearAgain, "west")
    stage.after(30)
    assert stage.states(job) == "active/running"
    stage.agrees()


def test_a_new_lead_counts_silence_anew() -> None:
    stage = Stage(centres=("west",))
    (job,) = stage.submit(spec(one("A100:1", 3), lost_after_s=600))
    stage.begin(job)
    stage.take(inputs.HearSilence, "west", stage.at)
    stage.after(9)
    stage.take(inputs.TakeLead, 2)
    stage.after(9)
    assert stage.states(job) == "active/running"
    stage.after(3)
    assert stage.states(job) == "queued"
    with pytest.raises(InvalidInput):
        stage.take(inputs.TakeLead, 2)


def test_a_leader_whose_clock_is_hours_ahead_calls_nothing_overdue_that_has_its_time_left() -> None:
    stage = Stage(centres=("west",))
    (job,) = stage.submit(spec(one("A100:1", 3)))
    stage.begin(job)
    stage.use(job, 60)
    for epoch, ahead_min in ((2, 120), (3, 90)):
        stage.at += ahead_min * MINUTE
        stage.take(inputs.TakeLead, epoch)
        stage.after(1)
    # an hour and two minutes have passed, whatever clocks skipped
    stage.after(118)
    assert stage.attempt_of(job).stopping == ""
    stage.after(5)
    assert stage.attempt_of(job).stopping == "fenced"
    stage.agrees()


@pytest.mark.parametrize("hindrance", ["a new lead", "a word"])
def test_what_was_told_to_stop_is_lost_however_often_its_patience_began_anew(hindrance: str) -> None:
    stage = Stage(centres=("west",))
    (job,) = stage.submit(spec(lost_after_s=600))
    stage.begin(job)
    stage.until(11)
    if hindrance == "a word":
        stage.take(inputs.HearSilence, "west", stage.at)
    stage.after(3)
    assert stage.attempt_of(job).stopping == "fenced"
    stage.after(5)
    if hindrance == "a word":
        stage.take(inputs.HearAgain, "west")
    else:
        stage.take(inputs.TakeLead, 2)
    stage.after(4)
    assert stage.platform.state.attempts[f"{job}.1"].state == "running", "its patience has not run out yet"
    stage.after(8)
    assert stage.platform.state.attempts[f"{job}.1"].outcome == "lost"


def test_a_reservation_whose_centre_is_silent_looks_elsewhere_when_due() -> None:
    stage = Stage(reserve_hours=24)
    (job,) = stage.submit(spec(not_before_at=TEN + 2 * HOUR))
    stage.take(inputs.HearSilence, "west", stage.at)
    stage.until(12)
    assert stage.where(job) == ("east-A", 12)
    assert stage.job(job).returns == 0, "it was never sent out"


def test_what_does_not_fit_goes_elsewhere_and_is_asked_again_later() -> None:
    stage = Stage()
    (job,) = stage.submit(spec())
    stage.end(job, "failure", "does_not_fit")
    assert stage.where(job)[0] == "east-A"
    stage.end(job, "failure", "does_not_fit")
    assert stage.states(job) == "queued", "both have said no"
    stage.after(2)
    assert stage.where(job)[0] == "east-A", "the last is asked again after a while, the other when it may"
    stage.until(11.1)
    stage.end(job, "failure", "does_not_fit")
    assert stage.where(job)[0] == "west-A"
    alone = Stage(centres=("east",))
    (job,) = alone.submit(spec())
    for _ in range(7):
        alone.end(job, "failure", "does_not_fit")
        assert alone.states(job) == "queued"
        alone.after(61)
        assert alone.states(job) == "active/dispatched"
    alone.agrees()


def test_what_an_agent_refuses_is_not_sent_there_again_until_something_changes_there() -> None:
    """The cheapest centre has enrolled a pool that its agent has not: seven jobs, seven times elsewhere."""
    stage = Stage()
    cheap, other = "west", "east"
    for centre in (cheap, other):
        fits = (FitShape(f"{centre}-B", 1000, 1),)
        stage.take(inputs.AgentReport, centre, stage.platform.state.centres[centre].session, (), fits)
    jobs = [name for _ in range(3) for name in stage.submit(spec())]
    assert {stage.where(name)[0] for name in jobs} == {f"{cheap}-A"}
    stage.end(jobs[0], "failure", "does_not_fit")
    assert stage.where(jobs[0])[0] == f"{other}-A"
    (later,) = stage.submit(spec())
    assert stage.where(later)[0] == f"{other}-A", "its like was refused: it is not even asked"
    (small,) = stage.submit(spec(one("A100:2", 1)))
    assert stage.where(small)[0] == f"{cheap}-A", "another shape is asked for"
    # another pool of the centre says nothing of this one
    stage.take(inputs.AgentReport, cheap, 1, (), (FitShape(f"{cheap}-B", 2000, 1),))
    assert stage.where(*stage.submit(spec()))[0] == f"{other}-A"
    shapes = (FitShape(f"{cheap}-A", 2000, 1), FitShape(f"{cheap}-B", 2000, 1))
    stage.take(inputs.AgentReport, cheap, 1, (), shapes)
    assert stage.where(*stage.submit(spec()))[0] == f"{cheap}-A"
    stage.agrees()


def test_a_job_is_sent_again_where_it_alone_was_refused() -> None:
    for ends in (False, True):
        stage = Stage(centres=("west",))
        stage.take(inputs.AgentReport, "west", 1, (), (FitShape("west-A", 1000, 1),))
        one_job, other = (*stage.submit(spec()), *stage.submit(spec()))
        stage.end(one_job, "failure", "does_not_fit")
        assert stage.states(one_job) == "queued"
        stage.after(2)
        if ends:
            stage.end(other)
        else:
            stage.end(one_job, "failure", "does_not_fit")
            stage.until(12.5)
        assert stage.states(one_job).startswith("active")
        stage.agrees()


def test_a_job_that_cannot_start_is_given_up() -> None:
    stage = Stage()
    (job,) = stage.submit(spec())
    for _ in range(5):
        assert stage.job(job).state == "active"
        stage.end(job, "failure", "start_failed")
    assert stage.states(job) == "failed"
    assert stage.job(job).why == "start_failed"


def test_a_job_that_comes_back_for_ever_is_given_up() -> None:
    stage = Stage()
    (job,) = stage.submit(spec())
    for _ in range(20):
        assert stage.job(job).state == "active"
        stage.end(job, "preempted", "preempted")
    assert (stage.states(job), stage.job(job).why) == ("failed", "attempts")


def test_it_expires_where_its_window_closes() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    (gang,) = stage.submit(spec(one("A100:8", 4)))
    (job,) = stage.submit(spec(one("A100:1", 1), deadline_at=TEN + 3 * HOUR))
    stage.until(11.99)
    assert stage.states(gang, job) == "active/dispatched queued"
    stage.until(12.01)
    assert stage.states(gang, job) == "active/dispatched expired"
    assert stage.job(job).why == "deadline"


# more time -------------------------------------------------------------------------------------------------
