"""An attempt's clock: the platform's, as it stood when the launch was heard, carried on by the steady clock.

    instant = steady_us + clock_us        clock_us = the platform's instant − steady_us, at that moment

By it an attempt ends at its latest end, and all facts of it are told. No wall clock moves it: neither the
machine's own, nor that of a platform whose next leader has another. Where the machine is started anew, so is
its steady clock; the attempt's clock is set again by the platform's next answer, and nothing is judged by it
before.

An engine tells instants by its wall clock. They count as so long ago, never before the attempt was heard of:
so no running time is longer than what steadily passed, whatever that wall clock did.
"""

import msgspec

from suanwang.model.agent_records import Work


class Moment(msgspec.Struct, frozen=True, gc=False):
    """Now: `at` by the machine's wall clock, UTC microseconds; `steady_us` by a clock that never jumps."""

    at: int
    steady_us: int


def now_at(work: Work, moment: Moment) -> int:
    """Now by the attempt's clock, where that is not set by the wall clock; never before its last word."""
    at = moment.at if work.clock_us is None else moment.steady_us + work.clock_us
    return max(at, earliest_at(work))


def told_at(work: Work, at: int, moment: Moment) -> int:
    """When it was by the attempt's clock, where its engine told `at` by a wall clock; now at the latest."""
    now, ago_us = now_at(work, moment), moment.at - at
    return now if ago_us <= 0 else max(earliest_at(work), now - ago_us)


def earliest_at(work: Work) -> int:
    """Nothing new happens to it before that: its launch, its start, the end of its usage so far."""
    return max(work.taken_at, work.started_at or 0, work.used_to)


def steady_at(work: Work, at: int) -> int | None:
    """When the steady clock reaches an instant of the attempt's; None where that is not known."""
    return None if work.clock_us is None else at - work.clock_us
