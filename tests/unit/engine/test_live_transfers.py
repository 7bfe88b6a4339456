"""Data that moves over links of limited speed: when its job may start, reckoned here once more by hand.

The input moves from admission on, or from `not_before`; the output from the end of the limit on. Each takes
as many slots' lengths as it needs, rounded up.
"""

from fractions import Fraction
from math import ceil
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine.stage import HOUR, MIDNIGHT, MINUTE, SECOND, Stage, one, spec

from suanwang.model.job import JobSpec
from suanwang.model.network import LinkRow

HOME, DATA = "310000", "520000"
HOURLY_GB = 450
"""What a link of 1 Gbit/s carries in an hour."""
POOLS = {"east-A": "east", "west-A": "west"}


def link(region: str, centre: str, gbps: str | None) -> LinkRow:
    return LinkRow(region=region, centre=centre, rtt_ms="5", cost_micro_per_gb="0", gbps=gbps)


def way_us(gb: int, gbps: str | None, slot_minutes: int) -> int:
    """How long so much data is on its way."""
    if gbps is None or not gb:
        return 0
    slots = Fraction(gb * 8) / Fraction(gbps) / (slot_minutes * 60)
    return ceil(slots) * slot_minutes * MINUTE


def starts(asked: JobSpec, at: int, centre: str, speeds: dict[tuple[str, str], str | None], slot_minutes: int,
           horizon_slots: int) -> list[int]:  # fmt: skip
    """Every instant at which the job may start in a centre with room: now, or with a later slot."""
    shape, slot_us = asked.shape, slot_minutes * MINUTE
    limit_us = shape.alternatives[0].limit_s * SECOND
    release_at = max(at, asked.not_before_at)
    ready_at = release_at + way_us(shape.in_nano_gb // 10**9, speeds[DATA, centre], slot_minutes)
    out_us = way_us(shape.out_nano_gb // 10**9, speeds[HOME, centre], slot_minutes)
    now = (at - MIDNIGHT) // slot_us
    last_at = MIDNIGHT + (now + horizon_slots) * slot_us
    found: list[int] = []
    for start_at in (at, *(MIDNIGHT + slot * slot_us for slot in range(now + 1, now + horizon_slots))):
        # with a later slot, whole slots are taken
        end_at = start_at + (limit_us if start_at == at else ceil(limit_us / slot_us) * slot_us)
        inside = start_at == at or end_at <= last_at
        back_at = end_at + out_us
        whole_at = MIDNIGHT + ((asked.deadline_at or 0) - MIDNIGHT) // slot_us * slot_us
        due_at = asked.deadline_at if start_at == at else whole_at
        in_time = asked.deadline_at is None or (due_at is not None and back_at <= due_at)
        if start_at >= ready_at and inside and in_time:
            found.append(start_at)
    return found


SPEED = st.sampled_from([None, "0.5", "1", "3", "10"])


@settings(max_examples=150)
@given(
    st.fixed_dictionaries({(region, centre): SPEED for region in (HOME, DATA) for centre in POOLS.values()}),
    st.integers(0, 2000), st.integers(0, 2000), st.sampled_from([20, 30, 60, 95, 180]), st.integers(0, 59),
    st.one_of(st.none(), st.integers(30, 12 * 60)), st.sampled_from([0, 0, 40, 120]),
    st.sampled_from([15, 60]),
)  # fmt: skip
def test_a_job_starts_when_its_data_can_be_there(
    speeds: dict[tuple[str, str], str | None],
    gb_in: int,
    gb_out: int,
    minutes: int,
    past_ten: int,
    deadline_in: int | None,
    not_before_in: int,
    slot_minutes: int,
) -> None:
    stage = Stage(
        ("east", "west"), slot_minutes=slot_minutes, reserve_hours=24, start_hour=10, checked=False,
        links=tuple(link(region, centre, gbps) for (region, centre), gbps in speeds.items()),
    )  # fmt: skip
    stage.until(10 + past_ten / 60)
    asked = spec(
        one("A100:1", minutes / 60), in_nano_gb=gb_in * 10**9, out_nano_gb=gb_out * 10**9, data_region=DATA,
        not_before_at=stage.at + not_before_in * MINUTE if not_before_in else 0,
        deadline_at=None if deadline_in is None else stage.at + deadline_in * MINUTE,
    )  # fmt: skip
    may = {
        pool: starts(asked, stage.at, centre, speeds, slot_minutes, 24 * 60 // slot_minutes)
        for pool, centre in POOLS.items()
    }
    if not_before_in:
        may = {
            pool: [start for start in found if start >= asked.not_before_at] for pool, found in may.items()
        }
    (job,) = stage.submit(asked)
    possible = [start for found in may.values() for start in found]
    if not possible:
        # it may wait, in vain, or be refused where its limit alone is too long
        assert job not in stage.platform.state.jobs or not stage.job(job).last
        return
    figures = stage.attempt_of(job).figures
    assert figures.start_at in may[figures.pool]
    if deadline_in is None:
        assert figures.start_at == min(possible)


def test_the_input_moves_while_the_job_waits() -> None:
    stage = Stage(("west",), links=(link(HOME, "west", "1"),))
    first, second = stage.submit(spec(one("A100:8", 2, nodes=2)), spec(one("A100:8", 2, nodes=2)))
    data_gb = 2 * HOURLY_GB
    (moving,) = stage.submit(spec(one("A100:8", 1, nodes=2), in_nano_gb=data_gb * 10**9))
    assert [stage.where(job) for job in (first, second, moving)] == [
        ("west-A", 10), ("west-A", 12), ("west-A", 14),
    ]  # fmt: skip
    stage.run(first, 30)
    # the data needs until noon: only the job that has none comes forward
    assert [stage.where(job)[1] for job in (second, moving)] == [10.5, 14]
    stage.run(second, 100)
    assert stage.where(moving) == ("west-A", 10.5 + 100 / 60)
    assert stage.attempt_of(moving).figures.start_at >= MIDNIGHT + 12 * HOUR
    stage.agrees()


def test_a_window_as_long_as_both_ways_and_the_limit_is_enough() -> None:
    stage = Stage(("west",), links=(link(HOME, "west", "1"),))
    data: dict[str, Any] = {"in_nano_gb": HOURLY_GB * 10**9, "out_nano_gb": 2 * HOURLY_GB * 10**9}
    asked = [
        spec(one(hours=3), deadline_at=MIDNIGHT + 16 * HOUR, **data),
        spec(one(hours=3), deadline_at=MIDNIGHT + 16 * HOUR - MINUTE, **data),
    ]
    enough, too_short = stage.submit(*asked)
    assert stage.where(enough) == ("west-A", 11)
    assert stage.states(too_short) == "queued"
    stage.until(16)
    assert stage.states(too_short) == "expired"


def test_only_the_output_moves_so_the_job_starts_now() -> None:
    stage = Stage(("west",), links=(link(HOME, "west", "1"),), start_hour=10.25)
    asked = spec(one(hours=1), out_nano_gb=HOURLY_GB * 10**9, deadline_at=MIDNIGHT + round(12.25 * HOUR))
    (job,) = stage.submit(asked)
    assert stage.where(job) == ("west-A", 10.25)
