"""Whatever wall clocks say, an attempt has the time of its limit, and is paid for no more than passed."""

import msgspec
from tests.unit.engine.brain import NOON, SECOND, at, begun, launch, said, steps_of, told

from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.engine.centre_facts import Reading
from suanwang.engine.centre_memory import remember
from suanwang.engine.centre_restart import adopt
from suanwang.model import agent_steps as steps
from suanwang.model.agent_records import AnyRecord, Memory
from suanwang.model.facts import Ended, Started, Used

HOUR_S = 3600


def used_s(agent: CentreAgent) -> list[tuple[int, int]]:
    """Intervals of usage, seconds past noon."""
    found = [fact for fact in told(agent) if isinstance(fact, Used)]
    return [((one.from_at - NOON) // SECOND, (one.to_at - NOON) // SECOND) for one in found]


def test_a_wall_clock_that_jumps_ends_nothing() -> None:
    agent = begun(limit_s=2 * HOUR_S, end_s=2 * HOUR_S)
    for steady_s, wall_s in ((60, 5 * HOUR_S), (120, -9 * HOUR_S), (2 * HOUR_S - 1, 30 * HOUR_S)):
        agent.hear((steady_s - 1) * SECOND)
        agent.tick(at(wall_s, steady_s))
        assert steps_of(agent) == []
    agent.tick(at(-9 * HOUR_S, 2 * HOUR_S))
    assert steps_of(agent) == [steps.End("j.1", 0)]


def test_a_platform_whose_clock_is_an_hour_ahead_is_understood() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    order = launch(1, "j.1", start_s=HOUR_S, limit_s=100, end_s=HOUR_S + 100)
    agent.answered(said((order,), second=HOUR_S), 0, at(0))
    agent.prepared("j.1", at(0))
    (_, begin) = steps_of(agent)
    assert isinstance(begin, steps.Begin) and begin.limit_s == 100
    agent.running("j.1", NOON + 3 * SECOND, at(5))
    assert told(agent) == [Started("j.1", NOON + (HOUR_S + 3) * SECOND)]
    agent.metered("j.1", Reading("m", NOON + 3 * SECOND, NOON + 90 * SECOND, 87 * 2000), at(91))
    assert used_s(agent) == [(HOUR_S + 3, HOUR_S + 90)]


def test_all_that_ran_is_told_where_only_its_end_was_seen() -> None:
    """The platform's clock is half a minute behind the engine's, whose word that it began was missed."""
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", 0, 100, HOUR_S),), second=10), 0, at(40))
    agent.prepared("j.1", at(40))
    agent.metered("j.1", Reading("m", NOON + 43 * SECOND, NOON + 45 * SECOND, 2 * 2000), at(88), last=True)
    agent.over("j.1", NOON + 45 * SECOND, at(88), "success")
    assert used_s(agent) == [(13, 15)]


def test_what_is_heard_too_late_for_its_limit_goes_back() -> None:
    agent = CentreAgent("chengdu")
    agent.joined(1, 0)
    short, enough = launch(1, "j.1", 0, 3000, HOUR_S), launch(2, "k.1", 0, 2000, HOUR_S)
    agent.answered(said((short, enough), second=1000), 0, at(0))
    assert [fact.attempt for fact in told(agent) if isinstance(fact, Ended)] == ["j.1"]
    assert [step.attempt for step in steps_of(agent)] == ["k.1"]


def test_no_usage_is_longer_than_what_passed() -> None:
    """The engine counts by a wall clock that was set forward, as Slurm's run time does."""
    agent = begun(limit_s=HOUR_S, end_s=HOUR_S)
    forward = Reading("m", NOON, NOON + 7300 * SECOND, 7300 * 2000)
    agent.metered("j.1", forward, at(7300, 100))
    assert used_s(agent) == [(0, 100)]
    agent.tick(at(7300, 101))
    assert steps_of(agent) == [], "its limit is not reached"
    agent.metered("j.1", msgspec.structs.replace(forward, until_at=NOON + 7400 * SECOND), at(7400, 200))
    assert used_s(agent) == [(0, 100), (100, 200)]


def test_a_wall_clock_set_back_costs_nobody_what_ran() -> None:
    agent = begun(limit_s=2 * HOUR_S, end_s=3 * HOUR_S)
    for steady_s, wall_s in ((100, 100), (200, -5000), (300, -4900), (400, 9000)):
        reading = Reading("m", NOON, NOON + wall_s * SECOND, steady_s * 2000)
        agent.metered("j.1", reading, at(wall_s, steady_s))
    agent.over("j.1", NOON + 9010 * SECOND, at(9010, 410), "success", "", 0)
    agent.collected("j.1", "")
    assert used_s(agent) == [(0, 100), (100, 200), (200, 300), (300, 400)]
    assert told(agent)[-1] == Ended("j.1", NOON + 410 * SECOND, "success", "exit", 0)


def replayed(agent: CentreAgent) -> Memory:
    """What a journal of all its records gives."""
    memory, decoder = Memory(), msgspec.json.Decoder(AnyRecord)
    for record in agent.take()[0]:
        memory = remember(memory, decoder.decode(msgspec.json.encode(record)))
    return memory


def test_a_machine_that_is_started_anew_waits_for_the_platform_to_tell_the_time() -> None:
    before = CentreAgent("chengdu", boot="one")
    before.joined(1, 9000 * SECOND)
    before.answered(said((launch(1, "j1.1", 0, HOUR_S, HOUR_S),)), 9000 * SECOND, at(0, 9000))
    before.prepared("j1.1", at(0, 9000))
    before.running("j1.1", NOON, at(0, 9000))
    before.metered("j1.1", Reading("m", NOON, NOON + 600 * SECOND, 600 * 2000), at(600, 9600))
    # the machine's wall clock is wrong after its start, and so is that of the platform's new leader
    agent = CentreAgent("chengdu", replayed(before), 0, boot="two")
    agent.tick(at(90 * HOUR_S, 10))
    assert steps_of(agent) == []
    agent.joined(2, 11 * SECOND, ["j1.1"], Moment(NOON + 5 * HOUR_S * SECOND, 11 * SECOND))
    adopt(agent, ["j1.1"], at(90 * HOUR_S, 11))
    for steady_s in (12, 1000, 3010):
        agent.hear(steady_s * SECOND)
        agent.tick(at(90 * HOUR_S, steady_s))
        assert steps_of(agent) == []
    agent.tick(at(90 * HOUR_S, 3011))
    assert steps_of(agent) == [steps.End("j1.1", 0)], "its whole limit but for what it had run"
    begun_s = 5 * HOUR_S - 11
    agent.over("j1.1", NOON + 90 * HOUR_S * SECOND, at(90 * HOUR_S, 3012), "killed", "cancelled", 137)
    agent.collected("j1.1", "")
    last = told(agent)[-1]
    assert isinstance(last, Ended) and (last.at - NOON) // SECOND == begun_s + 3012


def test_an_attempt_that_waits_to_begin_waits_for_its_clock_too() -> None:
    before = CentreAgent("chengdu", boot="one")
    before.joined(1, 0)
    before.answered(said((launch(1, "j1.1", 0, HOUR_S, 2 * HOUR_S),)), 0, at(0))
    agent = CentreAgent("chengdu", replayed(before), 0, boot="two")
    agent.prepared("j1.1", at(0, 1))
    agent.tick(at(0, 2))
    assert [type(step) for step in steps_of(agent)] == [steps.Prepare]
    agent.joined(2, 3 * SECOND, ["j1.1"], Moment(NOON + 60 * SECOND, 3 * SECOND))
    agent.tick(at(0, 4))
    (begin,) = steps_of(agent)
    assert isinstance(begin, steps.Begin) and begin.limit_s == HOUR_S
