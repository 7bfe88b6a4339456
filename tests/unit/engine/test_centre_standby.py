"""The agent's brain with attempts that stand by: one begins where one alike has ended, or goes back."""

import msgspec
import pytest
from tests.unit.engine.brain import LOST_AFTER_S, NOON, SECOND, at, launch, said, steps_of, told

from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_restart import adopt
from suanwang.engine.centre_standby import STANDBY_S
from suanwang.model import agent_steps as steps
from suanwang.model.facts import Ended, TookOver
from suanwang.model.orders import Launch, Proceed, Stop


def waiting(*standbys: Launch) -> CentreAgent:
    """`j.1` runs since second 0, the others stand by since then."""
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1"), *standbys)), 0, at(0))
    for order in (launch(1, "j.1"), *standbys):
        agent.prepared(order.attempt, at(0))
    agent.running("j.1", NOON, at(0))
    assert [type(step) for step in steps_of(agent)] == [steps.Prepare] * (1 + len(standbys)) + [steps.Begin]
    return agent


def ended(agent: CentreAgent, attempt: str, second: float) -> list[steps.AnyStep]:
    agent.over(attempt, NOON + int(second * SECOND), at(second), "success", code=0)
    agent.collected(attempt, "")
    return steps_of(agent)


def test_one_begins_where_one_alike_has_ended_and_that_is_told_before_the_end() -> None:
    agent = waiting(launch(2, "k.1", standby=True), launch(3, "l.1", standby=True))
    begins = [step for step in ended(agent, "j.1", 1) if isinstance(step, steps.Begin)]
    assert [step.attempt for step in begins] == ["k.1"]
    kinds = [(type(fact), fact.attempt) for fact in told(agent) if isinstance(fact, TookOver | Ended)]
    assert kinds == [(TookOver, "k.1"), (Ended, "j.1")]
    agent.running("k.1", NOON + SECOND, at(1))
    begins = [step for step in ended(agent, "k.1", 2) if isinstance(step, steps.Begin)]
    assert [step.attempt for step in begins] == ["l.1"]
    assert TookOver("l.1", NOON + 2 * SECOND, "k.1") in told(agent)
    agent.running("l.1", NOON + 2 * SECOND, at(2))
    assert not [step for step in ended(agent, "l.1", 3) if isinstance(step, steps.Begin)], "nobody is left"


@pytest.mark.parametrize(
    "other",
    [
        launch(2, "k.1", standby=True, shape=1),
        launch(2, "k.1", standby=True, limit_s=101),
        msgspec.structs.replace(launch(2, "k.1", standby=True), pool="other"),
        launch(2, "k.1", standby=True, start_s=3),
    ],
)
def test_what_is_not_alike_or_not_yet_due_does_not_follow(other: Launch) -> None:
    agent = waiting(other)
    assert not [step for step in ended(agent, "j.1", 1) if isinstance(step, steps.Begin)]


def test_nobody_follows_what_was_told_to_stop() -> None:
    agent = waiting(launch(2, "k.1", standby=True))
    agent.answered(said((Stop(3, "j.1", "preempted", 30),)), 0, at(1))
    agent.over("j.1", NOON + SECOND, at(1), "killed", "cancelled")
    agent.collected("j.1", "")
    assert not [step for step in steps_of(agent) if isinstance(step, steps.Begin)]


def test_what_is_not_prepared_is_passed_over() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    orders = (launch(1, "j.1"), launch(2, "k.1", standby=True), launch(3, "l.1", standby=True))
    agent.answered(said(orders), 0, at(0))
    agent.prepared("j.1", at(0))
    agent.prepared("l.1", at(0))
    agent.running("j.1", NOON, at(0))
    begins = [step.attempt for step in ended(agent, "j.1", 1) if isinstance(step, steps.Begin)]
    assert begins == ["j.1", "l.1"]


def test_it_goes_back_in_time_and_once_more_may_be_sent() -> None:
    agent = waiting(launch(2, "k.1", standby=True))
    assert agent.due_us() == STANDBY_S * SECOND
    agent.tick(at(STANDBY_S))
    (end,) = (fact for fact in told(agent) if isinstance(fact, Ended))
    assert (end.attempt, end.outcome, end.reason) == ("k.1", "preempted", "moved")
    assert not [step for step in ended(agent, "j.1", STANDBY_S + 1) if isinstance(step, steps.Begin)]


def test_let_in_it_begins_at_once_and_only_once() -> None:
    agent = waiting(launch(2, "k.1", standby=True))
    agent.answered(said((Proceed(3, "k.1"),)), 0, at(1))
    assert [step.attempt for step in steps_of(agent) if isinstance(step, steps.Begin)] == ["k.1"]
    assert not [step for step in ended(agent, "j.1", 2) if isinstance(step, steps.Begin)]
    assert not [fact for fact in told(agent) if isinstance(fact, TookOver)]


def test_what_has_begun_by_itself_is_not_begun_by_the_order_that_crossed() -> None:
    agent = waiting(launch(2, "k.1", standby=True))
    assert [step.attempt for step in ended(agent, "j.1", 1) if isinstance(step, steps.Begin)] == ["k.1"]
    agent.answered(said((Proceed(3, "k.1"),)), 0, at(1))
    assert not [step for step in steps_of(agent) if isinstance(step, steps.Begin)]


def test_an_agent_that_dies_before_it_could_begin_the_heir_begins_it_afterwards() -> None:
    agent = waiting(launch(2, "k.1", standby=True))
    agent.over("j.1", NOON + SECOND, at(1), "success", code=0)
    again = CentreAgent("chengdu", agent.memory, heard_us=at(1).steady_us)
    adopt(again, {"j.1"}, at(2))
    assert "k.1" in [step.attempt for step in steps_of(again) if isinstance(step, steps.Prepare)]
    again.prepared("k.1", at(2))
    assert [step.attempt for step in steps_of(again) if isinstance(step, steps.Begin)] == ["k.1"]


def test_an_order_that_comes_when_all_is_forgotten_begins_nothing() -> None:
    agent = waiting(launch(2, "k.1", standby=True))
    ended(agent, "j.1", 1)
    agent.running("k.1", NOON + SECOND, at(1))
    ended(agent, "k.1", 2)
    report = agent.next_report()
    assert report is not None
    agent.answered(said((), report.id), 2 * SECOND, at(2))
    agent.erased("k.1", 1, 1, at(2))
    again = agent.next_report()
    assert again is not None
    agent.answered(said((), again.id), 2 * SECOND, at(2))
    assert "k.1" not in agent.memory.works
    agent.take()
    agent.answered(said((Proceed(3, "k.1"),)), 2 * SECOND, at(2))
    assert steps_of(agent) == []


def test_silence_ends_what_stands_by_too() -> None:
    agent = waiting(launch(2, "k.1", start_s=0, standby=True))
    agent.tick(at(LOST_AFTER_S))
    ends = {fact.attempt: fact.reason for fact in told(agent) if isinstance(fact, Ended)}
    assert ends["k.1"] in ("fenced", "moved")
