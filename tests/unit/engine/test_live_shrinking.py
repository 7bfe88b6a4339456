"""A centre shrinks: what runs runs on and is paid, what is reserved goes elsewhere, nothing is added."""

from collections.abc import Mapping
from fractions import Fraction

import msgspec
import pytest
from tests.unit.engine.stage import EAST, HOUR, TEN, WEST, Stage, all_ends, one, outage, pool, spec

from suanwang.engine import inputs
from suanwang.engine.clearing_request import clearing_request
from suanwang.engine.overload import Load
from suanwang.engine.validate import validate
from suanwang.model.facts import Ended, FitShape, Started
from suanwang.model.network import CentreRow, PoolRow
from suanwang.units.errors import InvalidInput, InvariantBroken

Enrolment = tuple[CentreRow, tuple[PoolRow, ...]]
HOUR_MICRO = 10_800_000
"""A device-hour of the east at ten o'clock, electricity included."""


def changed(enrolment: Enrolment, row: Mapping[str, object] | None = None, **of_pool: object) -> Enrolment:
    """The centre with other figures."""
    centre, (pool,) = enrolment
    return msgspec.structs.replace(centre, **(row or {})), (msgspec.structs.replace(pool, **of_pool),)


def test_what_runs_runs_on_and_nothing_is_added_until_it_fits() -> None:
    stage = Stage(centres=("east",), reserve_hours=24)
    four, three, one_, later = stage.submit(
        spec(one("A100:4", 2)), spec(one("A100:3", 1)), spec(one("A100:1", 1)), spec(one("A100:4", 1))
    )
    stage.begin(four, three, one_)
    assert stage.where(later) == ("east-A", 11), "beside the four"
    stage.take(inputs.EnrolCentre, *changed(EAST, devices="5"))
    assert stage.states(four, three, one_) == "active/running active/running active/running"
    assert not any("Stop" in type(order).__name__ for order in stage.orders("east")), "nobody is stopped"
    assert stage.where(later) == ("east-A", 12), "it looked for another hour"
    (small,) = stage.submit(spec(one("A100:1", 1)))
    assert stage.where(small) == ("east-A", 11), "now 8 of 5 are taken, at eleven 4 of 5"
    stage.use(one_, 10)
    stage.end(one_)
    stage.use(three, 10)
    assert stage.where(small) == ("east-A", 11), "7 of 5"
    stage.end(three)
    assert stage.attempt_of(small).figures.start_at == stage.at, "4 of 5: it comes forward"
    stage.use(four, 40)
    stage.end(four)
    assert sum(stage.captured(four)) == round(4 * HOUR_MICRO * Fraction(40, 60)), "paid for as if nothing was"
    stage.agrees()


def test_a_running_job_is_not_prolonged_into_a_lack() -> None:
    stage = Stage(centres=("east",))
    (job,) = stage.submit(spec(one("A100:8", 1)))
    stage.begin(job)
    stage.take(inputs.EnrolCentre, *changed(EAST, devices="4"))
    with pytest.raises(InvalidInput, match="taken after its present end"):
        stage.take(inputs.ExtendJob, job, 3600)
    stage.take(inputs.EnrolCentre, *EAST)
    stage.take(inputs.ExtendJob, job, 3600)
    all_ends(stage)


@pytest.mark.parametrize("how", ["enrolled", "outage"])
def test_what_is_reserved_beside_a_room_goes_too(how: str) -> None:
    """A room counts twice while its victims run, which says nothing about whether the rest fits."""
    stage = Stage(centres=("east",), reserve_hours=24)
    victim, other, behind = stage.submit(
        spec(one("A100:4", 2), preemptible=True), spec(one("A100:4", 1)), spec(one("A100:4", 3))
    )
    stage.begin(victim, other)
    (high,) = stage.submit(spec(one("A100:4", 0.5), priority=2, deadline_at=TEN + HOUR))
    assert stage.platform.state.rooms[high].victims == {stage.attempt(victim): None}
    assert stage.where(behind) == ("east-A", 11)
    if how == "enrolled":
        stage.take(inputs.EnrolCentre, *changed(EAST, devices="6"))
    else:
        outage(stage, "east-A", 10, 20, "2")
    assert stage.states(victim, other) == "active/running active/running"
    assert stage.where(behind) == ("east-A", 12), "at eleven the victim may still be there"
    stage.end(victim, "killed", "preempted")
    assert stage.states(high) == "queued", "4 of 6: its room is gone with the devices"
    stage.end(other)
    assert stage.states(high) == "active/dispatched"
    all_ends(stage)


def test_a_reservation_that_new_rows_forbid_looks_elsewhere() -> None:
    """A grade that fell, nodes too small for the gang: what was promised to the job holds when it starts."""
    for row, of_pool in (
        ({"security_grade": 1}, {}),
        ({"region": "990000"}, {}),
        ({}, {"devices_per_node": "4"}),
    ):
        stage = Stage(centres=("east", "west"), reserve_hours=24)
        asked = spec(one("A100:8", 1), min_grade=3, residency=("31", "64"), not_before_at=TEN + HOUR)
        (job, runs) = stage.submit(asked, spec(one("A100:8", 1), min_grade=3))
        stage.begin(runs)
        assert stage.where(job) == ("west-A", 11)
        stage.take(inputs.EnrolCentre, *changed(WEST, row, **of_pool))
        assert stage.where(job) == ("east-A", 11)
        assert stage.states(runs) == "active/running"
        stage.agrees()


def test_the_checks_can_fail() -> None:
    stage = Stage(centres=("east",), reserve_hours=24)
    runs, waits = stage.submit(spec(one("A100:8", 1)), spec(one("A100:4", 1)))
    before = Load(stage.platform)
    figures = stage.attempt_of(waits).figures
    stage.attempt_of(waits).figures = msgspec.structs.replace(figures, from_slot=10)
    stage.platform.network_changed()
    assert Load(stage.platform).overloaded_since(before) == ["east-A"]
    with pytest.raises(InvariantBroken, match="more is reserved than there is"):
        validate(stage.platform)
    stage.attempt_of(waits).figures = figures
    stage.platform.network_changed()
    validate(stage.platform)
    assert stage.states(runs) == "active/dispatched"
    assert not Load(stage.platform).overloaded_since(before)


def test_a_pool_leaves_with_an_outage_and_a_price_and_comes_back() -> None:
    """What is told of a pool outlives it: the network goes on without, and takes it up again."""
    centre, (a_pool,) = EAST
    other = pool("east-B", "east", "910B", "8", 4)
    stage = Stage(centres=("east", "west"), reserve_hours=24)
    stage.take(inputs.EnrolCentre, centre, (a_pool, other))
    outage(stage, "east-B", 9, 40, "6")
    prices = (inputs.PoolPrices("east-B", (5,) * 6),)
    (waits,) = stage.submit(spec(one("910B:8")))
    stage.until(11)
    assert stage.platform.state.clearing is not None
    stage.take(inputs.TakePlan, stage.platform.state.clearing, 0, (), prices, 0, 0)
    stage.take(inputs.EnrolCentre, *EAST)
    (job,) = stage.submit(spec(one("A100:8"), residency=("31",)))
    assert stage.where(job)[0] == "east-A"
    assert stage.states(waits) == "queued"
    stage.until(12)
    assert clearing_request(stage.platform).network.pools["pool"].to_list() == ["east-A", "west-A"]
    stage.restart()
    stage.agrees()
    stage.take(inputs.EnrolCentre, centre, (a_pool, other))
    (two, three) = stage.submit(spec(one("910B:2")), spec(one("910B:1")))
    assert stage.states(two) == "active/dispatched", "2 of 8 are there, for all of its outage"
    assert stage.where(three) == ("east-B", 13)
    all_ends(stage)


def test_an_agent_with_pools_of_its_own_loses_no_fact() -> None:
    """Its file names a pool that its centre has not enrolled: what fits there is passed over."""
    stage = Stage(centres=("east",))
    (job,) = stage.submit(spec())
    shapes = (FitShape("east-A", 8000, 1), FitShape("east-Z", 8000, 1))
    facts = (Started(stage.attempt(job), stage.at), Ended(stage.attempt(job), stage.at, "success", "exit", 0))
    stage.take(inputs.AgentReport, "east", 1, facts, shapes)
    assert stage.states(job) == "succeeded"
    assert stage.platform.state.centres["east"].fits == shapes[:1]
    stage.agrees()
