"""Whom an event is for: the enterprise whose job or money it is about; where that is not known, nobody."""

from suanwang.engine import events
from suanwang.engine.events import AnyEvent
from suanwang.engine.platform import Platform


def enterprise_of(platform: Platform, event: AnyEvent) -> str | None:
    """The enterprise that may see the event; None: none, only the operator and the auditor."""
    match event:
        case events.JobAdmitted() | events.JobRefused():
            return event.enterprise
        case events.FactRecorded() | events.FactFenced():
            return of_attempt(platform, event.fact.attempt)
        case events.OrderGiven():
            return of_attempt(platform, event.order.attempt)
        case _:
            job = getattr(event, "job", None)
            if isinstance(job, str):
                return of_job(platform, job)
            hold = getattr(event, "hold", None)
            if isinstance(hold, str):
                known = platform.state.vouchers.ledger.holds.get(hold)
                return None if known is None else known.enterprise
            mine = getattr(event, "enterprise", None)
            return mine if isinstance(mine, str) and not isinstance(event, TOKENS) else None


TOKENS = (events.TokenIssued, events.TokenRevoked)


def of_job(platform: Platform, name: str) -> str | None:
    """Whose job it is."""
    job = platform.state.jobs.get(name)
    return None if job is None else job.enterprise


def of_attempt(platform: Platform, name: str) -> str | None:
    """Whose attempt it is."""
    attempt = platform.state.attempts.get(name)
    return None if attempt is None else of_job(platform, attempt.job)
