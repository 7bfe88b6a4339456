"""The memory of a centre's agent: how each record of its journal changes it. Nothing is decided here."""

from collections.abc import Callable
from typing import Any

import msgspec

from suanwang.model import agent_records as records
from suanwang.model.agent_records import NEVER_ENDED, AnyRecord, Memory, Work
from suanwang.model.facts import Ended, Erased, Paused, Resumed, Started, TookOver, Used
from suanwang.model.orders import Launch, Pause, Proceed, Prolong, Resume, Stop
from suanwang.units.instants import MICROSECONDS_PER_SECOND


def remember(memory: Memory, record: AnyRecord) -> Memory:
    """The memory after one more record. Decides nothing."""
    if isinstance(record, records.Remembered):
        return record.memory
    CHANGES[type(record)](memory, record)
    return memory


def session_begun(memory: Memory, record: records.SessionBegun) -> None:
    """Reports go under it, and the platform has told the time: clocks that are not set are set by it.

    What it says proves nothing of the time that has passed since it spoke before: all that an attempt has not
    been seen to run of its limit may still pass.
    """
    memory.session = record.session
    for work in memory.works.values():
        if work.clock_us is None and record.steady_us is not None:
            work.clock_us = record.at - record.steady_us
            left_us = work.limit_s * MICROSECONDS_PER_SECOND - work.used_us
            work.end_at = max(work.end_at, record.at + left_us)


def booted(memory: Memory, record: records.Booted) -> None:
    """No clock is set any more."""
    memory.boot = record.boot
    for work in memory.works.values():
        work.clock_us = None


def order_taken(memory: Memory, record: records.OrderTaken) -> None:
    """What an order changes; an attempt's first launch is its only one, and sets its clock."""
    order = record.order
    memory.seen_order = order.number
    work = memory.works.get(order.attempt)
    match order:
        case Launch():
            if work is None:
                work = memory.works[order.attempt] = Work(order, order.limit_s, order.end_at)
                work.taken_at = record.at
                work.clock_us = None if record.steady_us is None else record.at - record.steady_us
        case Proceed():
            if work is not None:
                work.launch = msgspec.structs.replace(work.launch, standby=False)
        case Stop():
            if work is not None and not work.stopping:
                work.stopping, work.grace_s = order.why, order.grace_s
        case Pause() | Resume():
            if work is not None:
                work.pause = isinstance(order, Pause)
        case Prolong():
            if work is not None:
                work.limit_s, work.end_at = order.limit_s, order.end_at


def begun(memory: Memory, record: records.Begun) -> None:
    """Its engine is asked to run it."""
    memory.works[record.attempt].phase = "begun"


def stopping(memory: Memory, record: records.Stopping) -> None:
    """The agent stops it."""
    memory.works[record.attempt].stopping = record.why


def over(memory: Memory, record: records.Over) -> None:
    """It does not run any more."""
    work = memory.works[record.attempt]
    work.phase, work.over = "over", record


def acknowledged(memory: Memory, record: records.Acknowledged) -> None:
    """The platform has the first facts; of what is erased nothing is remembered."""
    for fact in memory.facts[: record.facts]:
        if isinstance(fact, Erased):
            memory.works.pop(fact.attempt, None)
        elif isinstance(fact, Ended) and fact.attempt in memory.works:
            memory.works[fact.attempt].end_known = True
    del memory.facts[: record.facts]


def fact_kept(memory: Memory, record: records.FactKept) -> None:
    """A fact to tell, and what it says of its attempt."""
    fact = record.fact
    memory.facts.append(fact)
    work = memory.works.get(fact.attempt)
    if work is None:
        return
    match fact:
        case Started():
            work.phase, work.started_at = "running", fact.at
        case Used():
            work.used_us += fact.to_at - fact.from_at
            work.used_to = fact.to_at
            if work.pauses:
                work.pauses = [pause for pause in work.pauses if pause[1] > fact.to_at]
            work.energy_wh += fact.energy_wh or 0
        case TookOver():
            work.phase = "begun"
        case Ended():
            work.phase = "ended"
        case Erased():
            work.phase = "erased"
        case Paused():
            work.phase = "paused"
            work.pauses.append((fact.at, NEVER_ENDED))
        case Resumed():
            work.phase = "running"
            if work.pauses:
                work.pauses[-1] = (work.pauses[-1][0], fact.at)
        case _:
            pass


CHANGES: dict[type[Any], Callable[[Memory, Any], None]] = {
    records.Booted: booted,
    records.SessionBegun: session_begun,
    records.OrderTaken: order_taken,
    records.Begun: begun,
    records.Stopping: stopping,
    records.Over: over,
    records.FactKept: fact_kept,
    records.Acknowledged: acknowledged,
}
