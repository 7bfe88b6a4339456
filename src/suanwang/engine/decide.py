"""One step of the platform: an input in, its events out, each applied before the next is decided.

    step(platform, input, at) → events

A decision is a generator: it reads the state, yields an event, and goes on once the event is applied; it
changes nothing itself. An input that cannot be raises before its first event; that its values are of their
types has been asked at the door (`inputs.digest_of`). Anything else that is raised leaves the state void
(`StepBroken`): the caller drops it and rebuilds it from the log.
"""

from collections.abc import Iterator

from suanwang.engine import events, inputs
from suanwang.engine.admission import admit
from suanwang.engine.apply import apply
from suanwang.engine.bookkeeping import book, redeem
from suanwang.engine.conformance import GradeCentre, grade_centre
from suanwang.engine.networking import (
    declare_outage,
    enrol,
    open_network,
    publish_signals,
    set_quota,
    withdraw_centre,
)
from suanwang.engine.placing import place_queue
from suanwang.engine.planning import take_plan
from suanwang.engine.platform import Platform
from suanwang.engine.reporting import hear_again, hear_silence, join, take_lead, take_report
from suanwang.engine.requesting import cancel, extend, pause_job
from suanwang.engine.setting_back import see_ahead
from suanwang.engine.ticking import tick
from suanwang.engine.tokens import IssueToken, RevokeToken, issue_token, revoke_token
from suanwang.ledger.refusals import CorruptLog
from suanwang.units.errors import Fault, InvalidInput, InvariantBroken, SuanwangError
from suanwang.units.text import Text, same


class StepBroken(Exception):
    """A step failed after its first event: the state is void, and must be made anew from the log."""


def step(platform: Platform, given: inputs.AnyInput, at: int) -> list[events.AnyEvent]:
    """Decides and applies one input at `at` (UTC microseconds, never before the last). Its events, in order.

    Raises a SuanwangError for an input that cannot be: the state is as it was. Raises StepBroken for a fault
    of the program.
    """
    if at < platform.state.at:
        what = Text("time does not run backwards", "时间不能倒退")
        raise InvalidInput([Fault("at", what, str(at), same(f">= {platform.state.at}"), kind="time")])
    platform.roll(at)
    found: list[events.AnyEvent] = []
    try:
        for event in decide(platform, given, at):
            found.append(event)
            apply(platform, event)
    except SuanwangError as error:
        if found or isinstance(error, InvariantBroken | CorruptLog) or isinstance(given, inputs.Tick):
            raise StepBroken(f"{type(given).__name__} after {len(found)} events") from error
        raise
    return found


def decide(platform: Platform, given: inputs.AnyInput, at: int) -> Iterator[events.AnyEvent]:
    """The decision of each kind of input."""
    match given:
        case inputs.SubmitJobs():
            return admit(platform, given, at)
        case inputs.AgentReport():
            return take_report(platform, given, at)
        case inputs.PlaceQueue():
            return place_queue(platform, at)
        case inputs.Tick():
            return tick(platform, platform.take_due(at), at)
        case inputs.TakePlan():
            return take_plan(platform, given, at)
        case inputs.CancelJob():
            return cancel(platform, given, at)
        case inputs.ExtendJob():
            return extend(platform, given, at)
        case inputs.PauseJob():
            return pause_job(platform, given, at)
        case inputs.JoinCentre():
            return join(platform, given, at)
        case inputs.HearSilence():
            return hear_silence(platform, given.centre, given.since_at, at)
        case inputs.HearAgain():
            return hear_again(platform, given.centre, at)
        case inputs.TakeLead():
            return take_lead(platform, given, at)
        case inputs.SeeAhead():
            return see_ahead(platform, given, at)
        case inputs.OpenNetwork():
            return open_network(platform, given, at)
        case inputs.EnrolCentre():
            return enrol(platform, given, at)
        case inputs.WithdrawCentre():
            return withdraw_centre(platform, given, at)
        case inputs.PublishSignals():
            return publish_signals(platform, given, at)
        case inputs.DeclareOutage():
            return declare_outage(platform, given, at)
        case inputs.SetQuota():
            return set_quota(platform, given, at)
        case inputs.Book():
            return book(platform, given, at)
        case inputs.Redeem():
            return redeem(platform, given, at)
        case IssueToken():
            return issue_token(platform, given, at)
        case RevokeToken():
            return revoke_token(platform, given, at)
        case GradeCentre():
            return grade_centre(platform, given, at)
