"""What became of an input, from its events alone: the same answer now, and for whoever asks again later."""

from collections.abc import Iterable

import msgspec

from suanwang.engine import events
from suanwang.engine.events import ReasonRecord
from suanwang.ledger.events import Reason, Refused


class RefusedJob(msgspec.Struct, frozen=True):
    """A job that was not accepted, under a number of its own."""

    job: str
    name: str
    reasons: tuple[ReasonRecord, ...]


class RefusedCommand(msgspec.Struct, frozen=True):
    """A command that the books refused."""

    command: str
    reasons: tuple[Reason, ...]


class Answer(msgspec.Struct, frozen=True):
    """`jobs`: those admitted, in the order of the submission, arrays element by element."""

    jobs: tuple[str, ...] = ()
    refused: tuple[RefusedJob, ...] = ()
    commands: tuple[RefusedCommand, ...] = ()


def result_of(found: Iterable[events.AnyEvent]) -> Answer:
    """The answer to an input, from the events of its step."""
    jobs: list[str] = []
    refused: list[RefusedJob] = []
    commands: list[RefusedCommand] = []
    for event in found:
        match event:
            case events.JobAdmitted():
                jobs.append(event.job)
            case events.JobRefused():
                refused.append(RefusedJob(event.job, event.name, event.reasons))
            case Refused():
                commands.append(RefusedCommand(event.id, event.reasons))
            case _:
                pass
    return Answer(tuple(jobs), tuple(refused), tuple(commands))
