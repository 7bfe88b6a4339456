"""A log is restored from a backup older than what agents know: no number is given twice, all ends."""

import pytest
from tests.unit.engine.stage import MINUTE, Stage, all_ends, one, spec

from suanwang.engine import events, inputs
from suanwang.engine.apply import replay
from suanwang.engine.platform import Platform
from suanwang.engine.reporting import StaleSession
from suanwang.engine.validate import validate
from suanwang.model.facts import Ended
from suanwang.model.log import EPOCHS_APART
from suanwang.model.orders import Launch

RESTORED = 1_800_000_000_000_000


def set_back(stage: Stage, events_kept: int) -> None:
    """The platform as a backup has it, led from a restored home."""
    stage.log = stage.log[:events_kept]
    stage.platform = Platform()
    replay(stage.platform, stage.log)
    stage.take(inputs.TakeLead, RESTORED)


def test_no_number_is_given_twice_and_centres_join_anew() -> None:
    stage = Stage(centres=("east", "west"))
    stage.take(inputs.TakeLead, 1)
    (kept,) = stage.submit(spec(one("A100:1", 5)))
    stage.begin(kept)
    backup = len(stage.log)
    (lost, also) = stage.submit(spec(one("A100:1", 5)), spec(one("A100:1", 5)))
    assert (lost, also) == ("j2", "j3")
    seen = max(order.number for order in stage.orders("west"))
    set_back(stage, backup)
    assert all(centre.silent_since == stage.at for centre in stage.platform.state.centres.values())
    (new,) = stage.submit(spec(one("A100:1", 5)))
    assert int(new[1:]) > 1_000_000
    assert stage.states(kept, new) == "active/running queued", "to nobody before its agent has joined anew"
    with pytest.raises(StaleSession):
        stage.tell(Ended(stage.attempt(kept), stage.at, "success", "exit", 0))
    stage.take(inputs.JoinCentre, "west", 3)
    assert stage.states(kept, new) == "active/running active/dispatched"
    launches = [order for order in stage.orders("west") if isinstance(order, Launch)]
    assert [order.attempt for order in launches] == [f"{kept}.1", f"{new}.1"]
    assert launches[-1].number > seen, "an agent that has seen the lost orders takes the new one"
    stage.tell(Ended(stage.attempt(kept), stage.at, "success", "exit", 0), session=3)
    assert stage.states(kept) == "succeeded"
    all_ends(stage)


def test_what_ended_after_the_backup_is_told_to_stop_and_runs_again() -> None:
    """The agent was done with it before: it has nothing to say, and answers a stop with an end."""
    stage = Stage(centres=("east",))
    stage.take(inputs.TakeLead, 1)
    (job,) = stage.submit(spec(one("A100:1", 1), lost_after_s=600))
    stage.begin(job)
    backup = len(stage.log)
    stage.use(job, 20)
    stage.end(job)
    set_back(stage, backup)
    stage.take(inputs.JoinCentre, "east", 3)
    stage.after(65)  # the time between backup and lead may not have passed
    (launch, stop) = stage.orders("east")
    assert (launch.attempt, stop.attempt) == (f"{job}.1", f"{job}.1")
    stage.tell(Ended(f"{job}.1", stage.at, "preempted", "fenced", None, "not known"), session=3)
    assert stage.attempt(job) == f"{job}.2"
    assert not stage.platform.state.vouchers.ledger.captures
    all_ends(stage)


def test_leads_one_after_the_other_leap_nowhere() -> None:
    stage = Stage(centres=("east",))
    for epoch in (1, 2, 3, EPOCHS_APART):
        found = stage.take(inputs.TakeLead, epoch)
        assert [type(event) for event in found] == [events.LeadTaken]
    (job,) = stage.submit(spec())
    assert job == "j1"
    (job,) = stage.submit(spec())
    set_back(stage, len(stage.log))
    before = stage.platform.state.job_count
    stage.take(inputs.TakeLead, RESTORED + 1)
    assert stage.platform.state.job_count == before
    stage.at += MINUTE
    found = stage.take(inputs.TakeLead, RESTORED + 60_000_000)
    assert stage.platform.state.job_count >= before + 1_000_000, "restored again a minute later"
    assert any(isinstance(event, events.OrdersLeapt) for event in found)
    validate(stage.platform)
    stage.agrees()


def test_an_agent_that_has_seen_more_is_believed_its_own_orders_alone() -> None:
    """A database that was set back by other means has no sign of it but what agents know."""
    stage = Stage(centres=("east", "west"))
    (job,) = stage.submit(spec(residency=("31",)))
    assert stage.take(inputs.SeeAhead, "east", 1) == [] == stage.take(inputs.SeeAhead, "nowhere", 9)
    stage.take(inputs.SeeAhead, "east", 700)
    stage.take(inputs.CancelJob, job)
    assert [order.number for order in stage.orders("east")] == [1, 701]
    assert stage.platform.state.centres["west"].order_count == 0
    stage.agrees()
