"""Worlds of faults, each from a seed: what must be true at the end is in `simulator.faults.truth`.

A seed that fails prints the command that shows it again.
"""

import pytest

from suanwang.engine import lateness
from suanwang.engine.events import AnyEvent, AttemptLetIn, JobQueued, decode
from suanwang.runtime.writer import Writer
from suanwang.simulator.faults import world as world_of_faults
from suanwang.simulator.faults.plan import SECOND_US
from suanwang.simulator.faults.server import FaultyServer
from suanwang.simulator.faults.truth import check
from suanwang.simulator.faults.world import World

SEEDS_IN_TEST, SEEDS_IN_SOAK, SEEDS_AT_ONCE = 160, 5000, 20
SEEDS_OF_CLOCKS, CLOCKS_IN_SOAK = 20, 2000
SEEDS_OF_CROWDS, CROWDS_IN_SOAK = 20, 2000
SEEDS_OF_AMBUSHES, AMBUSHES_IN_SOAK = 12, 2000


def live_through(seed: int, kind: str = "any") -> World:
    world = World(seed, kind)
    try:
        world.run()
        faults = check(world)
    except Exception as error:
        error.add_note(world.replay_command)
        raise
    assert not faults, "\n".join([world.replay_command, *faults])
    return world


@pytest.mark.parametrize("first", range(0, SEEDS_IN_TEST, SEEDS_AT_ONCE))
def test_nothing_is_lost_or_charged_twice_or_runs_twice(first: int):
    worlds = [live_through(seed) for seed in range(first, first + SEEDS_AT_ONCE)]
    # the weather was rough, and work was done in it
    assert sum(world.server.crashes for world in worlds) > 0
    assert sum(agent.deaths for world in worlds for agent in world.agents.values()) > 0
    ran = sum(len(agent.machine.runs) for world in worlds for agent in world.agents.values())
    assert ran > 2 * SEEDS_AT_ONCE


def test_a_server_an_hour_ahead_of_its_agents_sends_nothing_out_again_and_again():
    world = live_through(32077)
    assert world.calendar.count < 20_000, "it had more than half a million happenings"


@pytest.mark.soak
@pytest.mark.parametrize("first", range(10_000, 10_000 + SEEDS_IN_SOAK, 100))
def test_thousands_of_worlds(first: int):
    for seed in range(first, first + 100):
        live_through(seed)


@pytest.mark.parametrize("first", range(0, SEEDS_OF_CLOCKS, SEEDS_AT_ONCE))
def test_no_clock_that_jumps_shortens_or_lengthens_what_runs(first: int):
    worlds = [live_through(seed, "clocks") for seed in range(first, first + SEEDS_AT_ONCE)]
    ends = [event for world in worlds for event in ends_of(world)]
    # limits were reached and others not, while clocks stood hours apart
    assert any(reason == "limit_time" for reason, _ in ends)
    assert any(reason == "exit" and ran_us > 3600 * SECOND_US for reason, ran_us in ends)
    assert sum(world.jumps for world in worlds) > 10 * SEEDS_AT_ONCE


@pytest.mark.soak
@pytest.mark.parametrize("first", range(10_000, 10_000 + CLOCKS_IN_SOAK, 100))
def test_thousands_of_worlds_with_jumping_clocks(first: int):
    for seed in range(first, first + 100):
        live_through(seed, "clocks")


@pytest.mark.parametrize("first", range(0, SEEDS_OF_CROWDS, SEEDS_AT_ONCE))
def test_crowds_of_brief_jobs_stand_by_in_any_weather(first: int):
    worlds = [live_through(seed, "brief") for seed in range(first, first + SEEDS_AT_ONCE)]
    found = [decode(record) for world in worlds for record in world.log.records]
    let_in = [bool(event.place_of) for event in found if isinstance(event, AttemptLetIn)]
    assert sum(let_in) > 2 * SEEDS_AT_ONCE, "agents began them by themselves"
    assert not all(let_in), "and the platform let some in"
    back = [event for event in found if isinstance(event, JobQueued) and event.why == "stood_by"]
    assert back, "some stood by in vain"


@pytest.mark.soak
@pytest.mark.parametrize("first", range(10_000, 10_000 + CROWDS_IN_SOAK, 100))
def test_thousands_of_worlds_of_brief_jobs(first: int):
    for seed in range(first, first + 100):
        live_through(seed, "brief")


def test_whatever_befalls_one_that_stands_by_or_whoever_has_its_place():
    worlds = [live_through(seed, "ambush") for seed in range(SEEDS_OF_AMBUSHES)]
    assert sum(world.ambush.laid for world in worlds) > 2 * SEEDS_OF_AMBUSHES
    found = [decode(record) for world in worlds for record in world.log.records]
    assert sum(isinstance(event, AttemptLetIn) for event in found) > 2 * SEEDS_OF_AMBUSHES


@pytest.mark.soak
@pytest.mark.parametrize("first", range(10_000, 10_000 + AMBUSHES_IN_SOAK, 100))
def test_thousands_of_worlds_of_ambushes(first: int):
    for seed in range(first, first + 100):
        live_through(seed, "ambush")


def ends_of(world: World) -> list[tuple[str, int]]:
    """Why each attempt ended and how long it ran."""
    assert world.server.writer is not None
    attempts = world.server.writer.platform.state.attempts
    runs = [one for agent in world.agents.values() for one in agent.runs()]
    return [(attempts[name].reason, run.ran_us(run.ended_at)) for name, run in runs if name in attempts]


def test_a_seed_decides_everything():
    one, other = live_through(7), live_through(7)
    assert one.log.bytes() == other.log.bytes()
    assert one.log.size > 100


# ---------------------------------------------------------------- the test itself can fail


def faults_of(seeds: range) -> list[str]:
    """What is wrong in some of these worlds, those that break on the way counted by the error."""
    found: list[str] = []
    for seed in seeds:
        world = World(seed)
        try:
            world.run()
            found += check(world)
        except Exception as error:
            found.append(f"{type(error).__name__}: {error}")
    return found


def test_a_server_that_is_too_impatient_is_found_out(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(lateness, "LOST_MARGIN_S", -1700)
    assert any("ran until" in fault for fault in faults_of(range(30)))


def test_a_world_that_never_comes_to_rest_is_given_up(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(world_of_faults, "HAPPENINGS_MOST", 1000)
    with pytest.raises(RuntimeError, match="no end") as found:
        live_through(7)
    assert found.value.__notes__ == ["python -m tests.system.replay_fault any 7"]


def test_a_server_that_answers_before_it_is_durable_is_found_out(monkeypatch: pytest.MonkeyPatch):
    honest = FaultyServer.one_round

    def hasty(self: FaultyServer, writer: Writer) -> list[AnyEvent] | None:
        real = writer.log.append
        writer.log.append = lambda entries: []  # pyright: ignore[reportAttributeAccessIssue]  # nothing is kept
        try:
            return honest(self, writer)
        finally:
            writer.log.append = real  # pyright: ignore[reportAttributeAccessIssue]

    monkeypatch.setattr(FaultyServer, "one_round", hasty)
    assert faults_of(range(3))
