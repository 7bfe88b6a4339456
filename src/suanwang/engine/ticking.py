"""What happens by itself when its time has come."""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.agenda import Due
from suanwang.engine.dispatching import dispatch, stop
from suanwang.engine.ending import attempt_running, end_attempt, end_job, withdraw
from suanwang.engine.placing import fill
from suanwang.engine.platform import Platform


def tick(platform: Platform, due: list[Due], at: int) -> Iterator[events.AnyEvent]:
    """Each entry in turn; one that no longer applies leaves no trace."""
    for entry in due:
        match entry.kind:
            case "start":
                yield from start(platform, entry.key, at)
            case "expire":
                yield from expire(platform, entry.key, at)
            case "lost":
                yield from lose(platform, entry.key, at)
            case "overdue":
                yield from overdue(platform, entry.key, at)
            case "slot":
                yield from new_slot(platform, at)


def start(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """A reservation's time has come. Where its centre is silent, the job looks for another place."""
    attempt = platform.state.attempts[name]
    if attempt.state != "reserved" or attempt.figures.start_at > at:
        return
    if platform.state.centres[attempt.centre].open:
        yield from dispatch(platform, name, at)
    else:
        yield from withdraw(platform, name, "vanished", at)


def expire(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """A job that waits can no longer end by its deadline."""
    job = platform.state.jobs[name]
    if job.state in ("queued", "held") and attempt_running(platform, name) is None:
        assert job.deadline_at is not None
        if at + platform.shape_of(job).shortest_s * 1_000_000 > job.deadline_at:
            yield from end_job(platform, name, "expired", "deadline", at)


def lose(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """Silence has lasted longer than the job's agent would have kept it running: it is lost, and runs again."""
    attempt = platform.state.attempts[name]
    lost_at = platform.lost_at(name)
    if attempt.state != "ended" and lost_at is not None and lost_at <= at:
        yield from end_attempt(platform, name, "lost", "vanished", at, at)


def overdue(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """An attempt is long past its end and nobody said so: its agent is told to stop it."""
    attempt = platform.state.attempts[name]
    running = attempt.state in ("dispatched", "running", "paused")
    if running and attempt.figures.end_at < at and not attempt.stopping:
        yield from stop(platform, name, "fenced", at)


def new_slot(platform: Platform, at: int) -> Iterator[events.AnyEvent]:
    """A slot begins: the horizon reaches further, who waits is looked at again, and the network clears."""
    platform.line.full.clear()
    for pool in list(platform.ground.row_of) if platform.has_network else []:
        yield from fill(platform, pool, at)
    if platform.state.clearing is None and platform.has_network and platform.has_work():
        serial = platform.state.clearing_count + 1
        slot = platform.terms.slot_of(at) + platform.terms.freeze_slots
        yield events.ClearingAsked(at, serial, slot)
