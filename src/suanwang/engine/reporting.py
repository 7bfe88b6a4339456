"""What agents report, taken in by the fence: facts of a live attempt count, facts of an ended one do not.

A report of an earlier session of a centre is refused whole. A fact that says what is known already leaves no
trace, so reports may come twice.
"""

from collections.abc import Iterator

import msgspec

from suanwang.engine import events
from suanwang.engine.apply_facts import clock_off_us
from suanwang.engine.dispatching import stop
from suanwang.engine.ending import end_attempt
from suanwang.engine.filling import fill
from suanwang.engine.inputs import AgentReport, JoinCentre, TakeLead
from suanwang.engine.letting_in import take_over
from suanwang.engine.platform import Attempt, CentreState, Platform
from suanwang.engine.refusals import changed_pools, reopened
from suanwang.engine.setting_back import leap
from suanwang.engine.standing_by import stand_by
from suanwang.model.facts import AnyFact, Ended, Erased, Paused, Progressed, Resumed, Started, TookOver, Used
from suanwang.model.log import EPOCHS_APART
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same


class StaleSession(InvalidInput):
    """Another agent has taken up work for the centre since."""


def join(platform: Platform, given: JoinCentre, at: int) -> Iterator[events.AnyEvent]:
    """A session begins. Raises InvalidInput for an unknown centre, StaleSession for an old number."""
    centre = known_centre(platform, given.centre)
    if given.session <= centre.session:
        raise stale(given.centre, given.session, centre.session)
    was_silent = centre.silent_since is not None
    yield events.CentreJoined(at, given.centre, given.session)
    if was_silent:
        yield from fill_centre(platform, given.centre, at)


def take_report(platform: Platform, given: AgentReport, at: int) -> Iterator[events.AnyEvent]:
    """Every fact in turn. Raises InvalidInput with all that is wrong, StaleSession for an old session."""
    centre = known_centre(platform, given.centre)
    if given.session != centre.session:
        raise stale(given.centre, given.session, centre.session)
    faults = fact_faults(platform, given)
    if faults:
        raise InvalidInput(faults)
    if centre.silent_since is not None:
        yield from hear_again(platform, given.centre, at)
    attempts = platform.state.attempts
    for fact in given.facts:
        attempt = attempts[fact.attempt]
        if attempt.state == "ended" and not isinstance(fact, Erased):
            yield from take_late(platform, given.centre, attempt, fact, at)
        elif isinstance(fact, Ended):
            # an attempt cannot end in the time to come
            end = msgspec.structs.replace(fact, at=at) if fact.at > at else fact
            yield from end_attempt(platform, fact.attempt, end, at)
            yield from stand_by(platform, attempt, at)
        elif isinstance(fact, TookOver):
            yield from take_over(platform, fact, at)
        elif news(attempt, fact, at):
            yield events.FactRecorded(at, fact)
    if given.fits is not None and given.fits != centre.fits:
        # an agent may have pools that its centre has not enrolled, or no longer: no reason to lose its facts
        pools = {pool.pool for pool in centre.pools}
        shapes = tuple(shape for shape in given.fits if shape.pool in pools)
        if shapes != centre.fits:
            changed = changed_pools(centre.fits, shapes)
            asked_again = reopened(platform.state, given.centre, changed)
            yield events.CentreFits(at, given.centre, shapes)
            for pool in asked_again:
                yield from fill(platform, pool, at)


def fact_faults(platform: Platform, given: AgentReport) -> list[Fault]:
    """What speaks against facts whatever their attempts came to."""
    faults: list[Fault] = []
    attempts, centre = platform.state.attempts, given.centre
    for index, fact in enumerate(given.facts):
        attempt = attempts.get(fact.attempt)
        if attempt is None or attempt.centre != centre:
            what = Text("no attempt of this centre", "不是该中心的运行")
            faults.append(Fault(f"facts[{index}]", what, fact.attempt, kind="unknown"))
        elif attempt.state == "reserved":
            what = Text("it was not sent out yet", "尚未派发")
            faults.append(Fault(f"facts[{index}]", what, fact.attempt, kind="stage"))
        if isinstance(fact, Used) and fact.to_at <= fact.from_at:
            what, found = Text("the interval is empty", "时间区间为空"), f"[{fact.from_at}, {fact.to_at})"
            faults.append(Fault(f"facts[{index}]", what, found, same("from_at < to_at"), kind="interval"))
        if isinstance(fact, Ended) and fact.outcome == "lost":
            what = Text("an agent cannot report a loss", "代理不能报告丢失")
            remedy = Text(
                "report success, failure, killed or preempted", "请报告 success、failure、killed 或 preempted"
            )
            faults.append(Fault(f"facts[{index}]", what, fact.outcome, remedy=remedy, kind="outcome"))
    return faults


def take_late(
    platform: Platform, centre: str, attempt: Attempt, fact: AnyFact, at: int
) -> Iterator[events.AnyEvent]:
    """A fact of an attempt that is over. Usage is on record, never captured; what still runs is stopped."""
    was_lost = attempt.outcome == "lost"
    if isinstance(fact, Ended):
        if attempt.orders:
            yield events.FactFenced(at, centre, fact)
        return
    if isinstance(fact, Used) and attempt.meters.get(fact.meter, 0) < fact.to_at:
        yield events.FactFenced(at, centre, fact)
    if was_lost:
        yield from stop(platform, fact.attempt, "fenced", at)


def news(attempt: Attempt, fact: AnyFact, at: int) -> bool:
    """Whether the fact changes anything."""
    match fact:
        case Started():
            return attempt.started_at is None
        case Used():
            latest_at = at + clock_off_us(attempt, at)
            return attempt.meters.get(fact.meter, fact.from_at) < min(fact.to_at, latest_at)
        case Erased():
            return attempt.erased_at is None
        case Paused():
            return attempt.state == "running"
        case Resumed():
            return attempt.state == "paused"
        case Progressed():
            return (fact.done_bp, fact.note) != (attempt.progress_bp, attempt.note)
        case _:
            return True


def hear_silence(platform: Platform, centre: str, since_at: int, at: int) -> Iterator[events.AnyEvent]:
    """The centre's attempts are suspect; what was only reserved there looks for another place when due."""
    if known_centre(platform, centre).silent_since is None:
        yield events.CentreSilent(at, centre, min(since_at, at))


def hear_again(platform: Platform, centre: str, at: int) -> Iterator[events.AnyEvent]:
    """The centre is back: its free capacity is free again."""
    if known_centre(platform, centre).silent_since is not None:
        yield events.CentreHeard(at, centre)
        yield from fill_centre(platform, centre, at)


def take_lead(platform: Platform, given: TakeLead, at: int) -> Iterator[events.AnyEvent]:
    """A server leads, of a log that was restored maybe. Raises InvalidInput for an epoch that is over."""
    state = platform.state
    if given.epoch <= state.epoch:
        what = Text("another server has led since", "之后已有其他服务器接管")
        raise InvalidInput([Fault("epoch", what, str(given.epoch), same(f"> {state.epoch}"))])
    was_set_back = 0 < state.epoch <= given.epoch - EPOCHS_APART
    yield events.LeadTaken(at, given.epoch)
    if was_set_back:
        yield from leap(platform, at)


def fill_centre(platform: Platform, centre: str, at: int) -> Iterator[events.AnyEvent]:
    """All pools of a centre that is open (again)."""
    for pool in platform.state.centres[centre].pools:
        yield from fill(platform, pool.pool, at)


def known_centre(platform: Platform, name: str) -> CentreState:
    """The centre. Raises InvalidInput where it has not been enrolled."""
    centre = platform.state.centres.get(name)
    if centre is None:
        known = ", ".join(list(platform.state.centres)[:20])
        what = Text("no such centre", "没有这个中心")
        raise InvalidInput([Fault("centre", what, name, same(known), kind="unknown")])
    return centre


def stale(centre: str, session: int, current: int) -> StaleSession:
    """The error for an agent that was replaced."""
    what = Text("another agent works for this centre", "该中心已有新的代理在工作")
    remedy = Text(
        "run one agent for a centre; start this one again to take over",
        "每个中心只运行一个代理；重新启动以接管",
    )
    return StaleSession([Fault(f"{centre} session", what, str(session), same(f"> {current}"), remedy)])
