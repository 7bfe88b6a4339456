"""The memory of a centre's agent: how each record of its journal changes it. Nothing is decided here."""

from suanwang.model import agent_records as records
from suanwang.model.agent_records import NEVER_ENDED, AnyRecord, Memory, Work
from suanwang.model.facts import AnyFact, Ended, Erased, Paused, Resumed, Started, Used
from suanwang.model.orders import AnyOrder, Launch, Pause, Prolong, Resume, Stop


def remember(memory: Memory, record: AnyRecord) -> Memory:
    """The memory after one more record. Decides nothing."""
    match record:
        case records.FactKept():
            memory.facts.append(record.fact)
            remember_fact(memory.works.get(record.fact.attempt), record.fact)
        case records.OrderTaken():
            remember_order(memory, record.order)
        case records.Begun():
            memory.works[record.attempt].phase = "begun"
        case records.Stopping():
            memory.works[record.attempt].stopping = record.why
        case records.Over():
            work = memory.works[record.attempt]
            work.phase, work.over = "over", record
        case records.Acknowledged():
            for fact in memory.facts[: record.facts]:
                if isinstance(fact, Erased):
                    memory.works.pop(fact.attempt, None)
                elif isinstance(fact, Ended) and fact.attempt in memory.works:
                    memory.works[fact.attempt].end_known = True
            del memory.facts[: record.facts]
        case records.SessionBegun():
            memory.session = record.session
        case records.Remembered():
            return record.memory
    return memory


def remember_order(memory: Memory, order: AnyOrder) -> None:
    """What an order changes; an attempt's first launch is its only one."""
    memory.seen_order = order.number
    work = memory.works.get(order.attempt)
    match order:
        case Launch():
            if work is None:
                memory.works[order.attempt] = Work(order, order.limit_s, order.end_at)
        case Stop():
            if work is not None and not work.stopping:
                work.stopping, work.grace_s = order.why, order.grace_s
        case Pause() | Resume():
            if work is not None:
                work.pause = isinstance(order, Pause)
        case Prolong():
            if work is not None:
                work.limit_s, work.end_at = order.limit_s, order.end_at


def remember_fact(work: Work | None, fact: AnyFact) -> None:
    """What a fact says of its attempt."""
    if work is None:
        return
    match fact:
        case Started():
            work.phase, work.started_at = "running", fact.at
        case Used():
            work.used_us += fact.to_at - fact.from_at
            work.used_to = fact.to_at
            work.pauses = [pause for pause in work.pauses if pause[1] > fact.to_at]
            work.energy_wh += fact.energy_wh or 0
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
