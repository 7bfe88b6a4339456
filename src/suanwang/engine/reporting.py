"""What agents report, taken in by the fence: facts of a live attempt count, facts of an ended one do not.

A report of an earlier session of a centre is refused whole. A fact that says what is known already leaves no
trace, so reports may come twice.
"""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.dispatching import stop
from suanwang.engine.ending import end_attempt
from suanwang.engine.inputs import AgentReport, JoinCentre
from suanwang.engine.placing import fill
from suanwang.engine.platform import Attempt, Platform
from suanwang.model.facts import AnyFact, Ended, Erased, Paused, Resumed, Started, Used
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same


class StaleSession(InvalidInput):
    """Another agent has taken up work for the centre since."""


def join(platform: Platform, given: JoinCentre, at: int) -> Iterator[events.AnyEvent]:
    """A session begins. Raises InvalidInput for an unknown centre, StaleSession for an old number."""
    centre = platform.state.centres.get(given.centre)
    if centre is None:
        raise unknown_centre(platform, given.centre)
    if given.session <= centre.session:
        raise stale(given.centre, given.session, centre.session)
    yield events.CentreJoined(at, given.centre, given.session)


def take_report(platform: Platform, given: AgentReport, at: int) -> Iterator[events.AnyEvent]:
    """Every fact in turn."""
    centre = platform.state.centres.get(given.centre)
    if centre is None:
        raise unknown_centre(platform, given.centre)
    if given.session != centre.session:
        raise stale(given.centre, given.session, centre.session)
    faults = [
        Fault("facts", Text("no attempt of this centre", "不是该中心的运行"), fact.attempt)
        for fact in given.facts
        if fact.attempt not in platform.state.attempts
        or platform.state.attempts[fact.attempt].centre != given.centre
    ]
    if faults:
        raise InvalidInput(faults)
    yield from hear_again(platform, given.centre, at)
    for fact in given.facts:
        yield from take_fact(platform, given.centre, fact, at)
    if given.fits is not None and given.fits != centre.fits:
        yield events.CentreFits(at, given.centre, given.fits)


def take_fact(platform: Platform, centre: str, fact: AnyFact, at: int) -> Iterator[events.AnyEvent]:
    """One fact: recorded, passed over where it is known, or fenced."""
    attempt = platform.state.attempts[fact.attempt]
    if attempt.state == "ended" and not isinstance(fact, Erased):
        if known_end(attempt, fact):
            return
        yield events.FactFenced(at, centre, fact)
        if not isinstance(fact, Ended):
            yield from stop(platform, fact.attempt, "fenced", at)
    elif isinstance(fact, Ended):
        # a job cannot end before it was sent out, nor in the future
        ended_at = min(fact.at, at)
        yield from end_attempt(
            platform,
            fact.attempt,
            fact.outcome,
            fact.reason,
            at,
            ended_at,
            fact.exit_code,
            fact.note,
            fact.outputs,
        )
    elif news(attempt, fact):
        yield events.FactRecorded(at, fact)


def known_end(attempt: Attempt, fact: AnyFact) -> bool:
    """Whether the fact only repeats how the attempt ended."""
    if isinstance(fact, Ended):
        return attempt.outcome == fact.outcome and not attempt.orders
    return isinstance(fact, Used) and attempt.meters.get(fact.meter, 0) >= fact.to_at


def news(attempt: Attempt, fact: AnyFact) -> bool:
    """Whether the fact changes anything."""
    match fact:
        case Started():
            return attempt.started_at is None
        case Paused():
            return attempt.state == "running"
        case Resumed():
            return attempt.state == "paused"
        case Used():
            return fact.to_at > attempt.meters.get(fact.meter, 0) and fact.to_at > fact.from_at
        case Erased():
            return attempt.erased_at is None
        case _:
            return True


def hear_silence(platform: Platform, centre: str, since_at: int, at: int) -> Iterator[events.AnyEvent]:
    """The centre's attempts are suspect; what was only reserved there looks for another place when due."""
    known = platform.state.centres.get(centre)
    if known is None:
        raise unknown_centre(platform, centre)
    if known.silent_since is None:
        yield events.CentreSilent(at, centre, since_at)


def hear_again(platform: Platform, centre: str, at: int) -> Iterator[events.AnyEvent]:
    """The centre is back: its free capacity is free again."""
    known = platform.state.centres.get(centre)
    if known is not None and known.silent_since is not None:
        yield events.CentreHeard(at, centre)
        for pool in known.pools:
            yield from fill(platform, pool.pool, at)


def unknown_centre(platform: Platform, name: str) -> InvalidInput:
    """The error for a centre that has not been enrolled."""
    known = ", ".join(list(platform.state.centres)[:20])
    return InvalidInput([Fault("centre", Text("no such centre", "没有这个中心"), name, same(known))])


def stale(centre: str, session: int, current: int) -> StaleSession:
    """The error for an agent that was replaced."""
    what = Text("another agent works for this centre", "该中心已有新的代理在工作")
    remedy = Text(
        "run one agent for a centre; start this one again to take over",
        "每个中心只运行一个代理；重新启动以接管",
    )
    return StaleSession([Fault(f"{centre} session", what, str(session), same(f"> {current}"), remedy)])
