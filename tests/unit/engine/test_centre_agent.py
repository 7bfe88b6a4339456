"""The agent's brain, one thing at a time: starts, limits, pauses, fences, usage, reports."""

import pytest
from tests.unit.engine.brain import NOON, SECOND, at, begun, launch, said, steps_of, told

from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.engine.centre_facts import Reading
from suanwang.engine.centre_restart import adopt
from suanwang.model import agent_steps as steps
from suanwang.model.facts import (
    Ended,
    FitShape,
    Started,
    Used,
)
from suanwang.model.orders import Pause, Prolong, Resume, Stop


def test_a_launch_waits_for_its_start_and_for_its_inputs() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", start_s=10),)), 0, at(0))
    assert isinstance(steps_of(agent)[0], steps.Prepare)
    agent.prepared("j.1", at(1))
    agent.tick(at(9))
    assert steps_of(agent) == []
    assert agent.due_us() == 10 * SECOND
    agent.tick(at(10))
    assert [type(step) for step in steps_of(agent)] == [steps.Begin]
    agent.answered(said((launch(1, "j.1", start_s=10), launch(2, "j.1"))), 0, at(11))
    agent.tick(at(12))
    assert steps_of(agent) == []


def test_what_begins_before_the_engine_is_adopted_is_not_prepared_twice() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1"),)), 0, at(0))
    agent.prepared("j.1", at(0))
    agent.take()
    adopt(agent, set(), at(0))
    assert steps_of(agent) == []


@pytest.mark.parametrize("standing", [(), ("j.1",)])
def test_what_the_platform_has_given_up_before_it_began_never_begins(standing: tuple[str, ...]) -> None:
    """An agent that died between order and start comes back, and learns what lives on as it joins."""
    before = CentreAgent("chengdu")
    before.joined(1, 0)
    before.answered(said((launch(1, "j.1"),)), 0, at(0))
    agent = CentreAgent("chengdu", before.memory)
    agent.joined(2, 0, standing)
    agent.prepared("j.1", at(1))
    kinds = [type(step) for step in steps_of(agent)]
    if standing:
        assert kinds == [steps.Prepare, steps.Begin]
        return
    assert kinds == [steps.Prepare, steps.End]
    agent.missing("j.1", at(1))
    agent.prepared("j.1", at(2))
    assert steps_of(agent) == []
    assert told(agent) == [Ended("j.1", NOON + SECOND, "preempted", "fenced")]


def test_the_time_given_ends_at_the_latest_end() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", limit_s=100, end_s=50),), second=20), 0, at(20))
    agent.prepared("j.1", at(20))
    (_, begin) = steps_of(agent)
    assert isinstance(begin, steps.Begin)
    assert begin.limit_s == 30


def test_too_late_to_begin_goes_back() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", end_s=50),), second=20), 0, at(20))
    agent.tick(at(50))
    assert told(agent)[0] == Ended(
        "j.1", NOON + 50 * SECOND, "preempted", "start_failed", note="too late to begin"
    )


def test_limit_of_running_time_leaves_pauses_out() -> None:
    agent = begun(limit_s=100)
    agent.answered(said((Pause(2, "j.1"),)), 30 * SECOND, at(30))
    assert [type(step) for step in steps_of(agent)] == [steps.Halt]
    agent.standing("j.1", NOON + 30 * SECOND, at(30))
    agent.tick(at(150))
    assert steps_of(agent) == []
    agent.answered(said((Resume(3, "j.1"),)), 150 * SECOND, at(150))
    assert [type(step) for step in steps_of(agent)] == [steps.GoOn]
    agent.running("j.1", NOON, at(150))
    agent.tick(at(219))
    assert steps_of(agent) == []
    assert agent.due_us() == 220 * SECOND
    agent.tick(at(220))
    assert steps_of(agent) == [steps.End("j.1", 0)]
    agent.over("j.1", NOON + 220 * SECOND, at(220), "killed", "cancelled", 137)
    agent.collected("j.1", "")
    ended = told(agent)[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.reason) == ("killed", "limit_time")


def test_no_interval_of_usage_has_a_pause_within() -> None:
    agent = begun(limit_s=1000)
    agent.metered("j.1", Reading("m", NOON, NOON + 10 * SECOND, 2000 * 10), at(10))
    agent.standing("j.1", NOON + 20 * SECOND, at(21))
    agent.metered("j.1", Reading("m", NOON, NOON + 25 * SECOND, 2000 * 20), at(25))
    agent.metered("j.1", Reading("m", NOON, NOON + 400 * SECOND, 2000 * 20), at(400))
    agent.running("j.1", NOON, at(500))
    agent.metered("j.1", Reading("m", NOON, NOON + 600 * SECOND, 2000 * 120), at(600))
    agent.standing("j.1", NOON + 610 * SECOND, at(610))
    agent.metered("j.1", Reading("m", NOON, NOON + 700 * SECOND, 2000 * 130), at(700), last=True)
    used = [fact for fact in told(agent) if isinstance(fact, Used)]
    assert [((one.from_at - NOON) // SECOND, (one.to_at - NOON) // SECOND) for one in used] == [
        (0, 20),
        (500, 600),
        (600, 610),
    ]


def test_what_was_metered_once_is_laid_beside_all_pauses() -> None:
    agent = begun(limit_s=1000)
    for pause_s, again_s in ((20, 100), (130, 500)):
        agent.standing("j.1", NOON + pause_s * SECOND, at(pause_s))
        agent.running("j.1", NOON, at(again_s))
    agent.metered("j.1", Reading("m", NOON, NOON + 510 * SECOND, 2000 * 45), at(510), last=True)
    used = [fact for fact in told(agent) if isinstance(fact, Used)]
    assert [((one.from_at - NOON) // SECOND, (one.to_at - NOON) // SECOND) for one in used] == [
        (15, 20),
        (100, 130),
        (500, 510),
    ]


def test_more_time_moves_limit_and_end() -> None:
    agent = begun(limit_s=100, end_s=110)
    agent.answered(said((Prolong(2, "j.1", 200, NOON + 250 * SECOND),)), 90 * SECOND, at(90))
    assert steps_of(agent) == [steps.GiveTime("j.1", 200)]
    agent.tick(at(199))
    assert steps_of(agent) == []
    agent.tick(at(200))
    assert steps_of(agent) == [steps.End("j.1", 0)]


def test_silence_fences_by_the_steady_clock_whatever_the_calendar_says() -> None:
    agent = begun(limit_s=9_000, end_s=50_000)
    agent.answered(said(()), 50 * SECOND, at(60))  # sent at 50, acknowledged at 60
    agent.tick(Moment(NOON + 9_000 * SECOND, 349 * SECOND))
    assert steps_of(agent) == []
    agent.tick(Moment(NOON + 60 * SECOND, 350 * SECOND))
    assert steps_of(agent) == [steps.End("j.1", 0)]
    agent.over("j.1", NOON + 60 * SECOND, at(60, 350), "killed", "cancelled", 137)
    agent.collected("j.1", "")
    ended = told(agent)[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.reason) == ("preempted", "fenced")


def test_nothing_begins_past_the_fence() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", start_s=400),)), 0, at(0))
    agent.prepared("j.1", at(1))
    agent.take()
    agent.tick(at(400))
    assert steps_of(agent) == []
    ended = told(agent)[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.reason) == ("preempted", "fenced")


def test_a_stop_before_the_start_ends_it_and_one_for_a_stranger_is_answered() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    orders = (launch(1, "j.1"), Stop(2, "j.1", "cancelled", 30), Stop(3, "k.1", "fenced", 0))
    agent.answered(said(orders), 0, at(0))
    agent.prepared("j.1", at(1))
    agent.tick(at(1))
    assert not any(isinstance(step, steps.Begin) for step in steps_of(agent))
    reasons = [(fact.attempt, fact.outcome, fact.reason) for fact in told(agent) if isinstance(fact, Ended)]
    assert reasons == [("j.1", "killed", "cancelled"), ("k.1", "preempted", "fenced")]


def test_what_does_not_fit_now_is_given_back() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1"),)), 0, at(0))
    agent.prepared("j.1", at(0))
    agent.declined("j.1", True, "does not fit now", at(0))
    ended = told(agent)[-1]
    assert isinstance(ended, Ended)
    assert (ended.outcome, ended.reason) == ("failure", "does_not_fit")


def test_usage_comes_by_interval_and_at_the_end() -> None:
    agent = begun(interval_s=60)
    for second in range(5, 91, 5):  # two devices: 2,000 milli-device-seconds a second
        agent.metered(
            "j.1", Reading("m", NOON, NOON + second * SECOND, second * 2000, second * 3600), at(second)
        )
    agent.metered("j.1", Reading("m", NOON, NOON + 92 * SECOND, 92 * 2000, 92 * 3600), at(92), last=True)
    used = [fact for fact in told(agent) if isinstance(fact, Used)]
    assert [((one.from_at - NOON) // SECOND, (one.to_at - NOON) // SECOND, one.milli) for one in used] == [
        (0, 60, 2000),
        (60, 92, 2000),
    ]
    assert [one.energy_wh for one in used] == [60, 32]


def test_a_report_stays_as_it_is_until_it_is_acknowledged_and_then_scratch_is_erased() -> None:
    agent = begun()
    first = agent.next_report()
    assert first is not None
    assert (first.id, first.facts) == ("report/chengdu/1/1", (Started("j.1", NOON),))
    agent.over("j.1", NOON + 5 * SECOND, at(5), "success", "", 0)
    agent.collected("j.1", "outputs")
    assert agent.next_report() == first
    agent.answered(said((), "report/chengdu/1/0"), SECOND, at(6))
    assert agent.next_report() == first
    agent.answered(said((), first.id), SECOND, at(6))
    second = agent.next_report()
    assert second is not None
    assert second.id == "report/chengdu/1/2"
    agent.take()
    agent.answered(said((), second.id), SECOND, at(7))
    assert steps_of(agent) == [steps.Erase("j.1")]
    agent.erased("j.1", 3, 300, at(8))
    third = agent.next_report()
    assert third is not None
    agent.answered(said((), third.id), SECOND, at(9))
    assert agent.idle


def test_a_report_that_is_refused_goes_one_fact_at_a_time() -> None:
    agent = begun()
    agent.over("j.1", NOON + 5 * SECOND, at(5), "success", "", 0)
    agent.collected("j.1", "")
    whole = agent.next_report()
    assert whole is not None
    assert len(whole.facts) == 2
    assert agent.report_refused(whole.id) == []
    one = agent.next_report()
    assert one is not None
    assert (len(one.facts), one.id) == (1, "report/chengdu/1/2")
    assert agent.report_refused(one.id) == [Started("j.1", NOON)]
    other = agent.next_report()
    assert other is not None
    agent.answered(said((), other.id), SECOND, at(7))
    assert agent.next_report() is None


def test_fits_are_told_when_they_change_and_again_in_a_new_session() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.usable([FitShape("pool", 2000, 1)])
    report = agent.next_report()
    assert report is not None
    assert report.fits == (FitShape("pool", 2000, 1),)
    agent.answered(said((), report.id), 0, at(0))
    agent.usable([FitShape("pool", 2000, 1)])
    assert agent.next_report() is None
    agent.joined(2, 0)
    again = agent.next_report()
    assert again is not None
    assert again.id == "report/chengdu/2/1"
    agent.drain(at(1))
    agent.answered(said((launch(1, "j.1"),), again.id), 0, at(1))
    last = agent.next_report()
    assert last is not None
    assert last.fits == ()
    assert isinstance(last.facts[0], Ended)
    assert last.facts[0].reason == "does_not_fit"
