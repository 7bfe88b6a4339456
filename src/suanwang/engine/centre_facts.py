"""What an engine says of an attempt, in the platform's words: how it ended, what it used."""

from collections.abc import Iterator

import msgspec

from suanwang.engine.centre_clock import Moment, earliest_at, now_at, told_at
from suanwang.model.agent_records import Work
from suanwang.model.facts import EndReason, Used
from suanwang.model.job import Outcome
from suanwang.units.instants import MICROSECONDS_PER_SECOND

END_OF: dict[str, tuple[Outcome, EndReason]] = {
    "": ("killed", "vanished"),
    "limit_time": ("killed", "limit_time"),
    "limit_memory": ("killed", "limit_memory"),
    "limit_output": ("killed", "limit_output"),
    "cancelled": ("killed", "cancelled"),
    "preempted": ("preempted", "preempted"),
    "engine": ("preempted", "preempted"),
    "refused": ("failure", "start_failed"),
    "fenced": ("preempted", "fenced"),
    "unacknowledged": ("preempted", "fenced"),
}
"""How an attempt that was killed has ended, by its cause: what is not its own fault lets it run again."""


class Reading(msgspec.Struct, frozen=True, gc=False):
    """A meter of an attempt, read at `until_at`: milli-device-seconds since its start at `from_at`.

    The instants are by the engine's wall clock.
    """

    meter: str
    from_at: int
    until_at: int
    milli_device_s: int
    energy_j: int | None = None


def stopped(why: str) -> tuple[Outcome, EndReason]:
    """How an attempt ends that was stopped for `why`."""
    return END_OF.get(why, END_OF["cancelled"])


def end_of(work: Work, outcome: Outcome, cause: str) -> tuple[Outcome, EndReason]:
    """How it ended, from its engine's outcome and cause (see `END_OF`), and why the agent stopped it."""
    if outcome == "lost":
        return "preempted", "vanished"
    if outcome != "killed":
        return outcome, "exit"
    why = work.stopping if cause == "cancelled" and work.stopping else cause
    if why == "limit_time" and work.started_at is None:
        return "failure", "does_not_fit"  # its engine kept it waiting for all of its time
    return stopped(why)


def ran_us(work: Work, reading: Reading, moment: Moment) -> int:
    """How long it has run by its meter: no longer than since it was heard of, where that is known."""
    metered_us = reading.milli_device_s * MICROSECONDS_PER_SECOND // work.launch.resources.milli
    return min(metered_us, now_at(work, moment) - (work.started_at or work.taken_at))


def use_since(attempt: str, work: Work, reading: Reading, moment: Moment, interval_us: int) -> list[Used]:
    """The use that is not yet among the facts; none where `interval_us` has not gone by.

    What the meter ran is laid into the time in which the attempt did not stand still, the latest first. Where
    it stands still now, what it has used is told at once.
    invariant: used_to ≤ from_at < to_at, no pause within, and the lengths of all intervals sum to no more
    than the meter ran
    """
    begin_at = told_at(work, reading.from_at, moment) if work.started_at is None else earliest_at(work)
    until_at = told_at(work, reading.until_at, moment)
    if until_at - begin_at < interval_us and work.phase != "paused":
        return []
    left_us = ran_us(work, reading, moment) - work.used_us
    left_wh = None if reading.energy_j is None else max(0, reading.energy_j // 3600 - work.energy_wh)
    used: list[Used] = []
    for from_at, to_at in running_times(begin_at, until_at, work.pauses):
        span_us = min(left_us, to_at - from_at)
        if span_us > 0:
            milli = work.launch.resources.milli
            used.append(Used(attempt, reading.meter, to_at - span_us, to_at, milli, left_wh))
            left_us, left_wh = left_us - span_us, None if left_wh is None else 0
    return used[::-1]


def running_times(begin_at: int, until_at: int, pauses: list[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """What the pauses leave of the time between two instants, the latest part first; some may be empty."""
    for from_at, to_at in reversed(pauses):
        yield max(begin_at, to_at), until_at
        until_at = min(until_at, from_at)
    yield begin_at, until_at
