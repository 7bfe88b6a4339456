"""Attempts that stand by at a centre: its agent begins one where one alike has ended, or gives it back."""

from collections.abc import Iterable

from suanwang.engine.centre_clock import Moment, steady_at
from suanwang.model.agent_records import Memory, Work
from suanwang.units.instants import MICROSECONDS_PER_SECOND

STANDBY_S = 5
"""So long an attempt stands by; then its job is for the platform to place again."""


def stands_by(work: Work) -> bool:
    """Whether it waits for one alike to end."""
    return work.launch.standby and work.phase == "ordered"


def until_us(work: Work) -> int | None:
    """Until when it stands by, steady; None while that is not known."""
    return steady_at(work, work.launch.start_at + STANDBY_S * MICROSECONDS_PER_SECOND)


def is_over(work: Work, moment: Moment) -> bool:
    """Whether an attempt that stands by has done so for long enough."""
    until = until_us(work)
    return until is not None and moment.steady_us >= until


def find_heir(memory: Memory, ready: Iterable[str], ended: Work, moment: Moment) -> Work | None:
    """The first that stands by, is prepared, is not told to stop and fits exactly where `ended` was."""
    was = ended.launch
    for name in ready:
        work = memory.works[name]
        launch, start_us = work.launch, steady_at(work, work.launch.start_at)
        alike = (launch.pool, launch.shape, launch.resources) == (was.pool, was.shape, was.resources)
        in_time = start_us is not None and start_us <= moment.steady_us and not is_over(work, moment)
        if alike and stands_by(work) and in_time and not work.stopping:
            return work
    return None
