"""What an engine says of an attempt, in the platform's words: how it ended, what it used."""

from typing import NamedTuple

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


class Reading(NamedTuple):
    """A meter of an attempt, read at `until_at`: milli-device-seconds since its start at `from_at`."""

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


def ran_us(work: Work, reading: Reading) -> int:
    """How long it has run by its meter."""
    return reading.milli_device_s * MICROSECONDS_PER_SECOND // work.launch.resources.milli


def use_since(attempt: str, work: Work, reading: Reading, interval_us: int) -> Used | None:
    """The use that is not yet among the facts; None where there is none, or `interval_us` has not gone by.

    invariant: used_to ≤ from_at < to_at, and the lengths of all intervals sum to no more than the meter ran
    """
    room_us = reading.until_at - max(work.used_to, work.started_at or reading.from_at)
    span_us = min(ran_us(work, reading) - work.used_us, room_us)
    if span_us <= 0 or room_us < interval_us:
        return None
    energy_wh = None if reading.energy_j is None else max(0, reading.energy_j // 3600 - work.energy_wh)
    from_at = reading.until_at - span_us
    return Used(attempt, reading.meter, from_at, reading.until_at, work.launch.resources.milli, energy_wh)
