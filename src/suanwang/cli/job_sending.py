"""Jobs of one command line, quoted and submitted: together where nothing waits for another, else in turns.

`depends_on` may name a job by its number on the platform, or another file of the same command by its `name`.
"""

import re
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from suanwang.model.api.jobs import Quote, QuoteAsked, Submission, Submitted, SubmittedJob
from suanwang.model.job import JobSpec
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

if TYPE_CHECKING:
    from suanwang.cli.connection import Connection
    from suanwang.cli.job_reading import Read

JOB = re.compile(r"j[0-9]{1,15}", re.ASCII)


class Sent(msgspec.Struct, frozen=True):
    """A file and what became of its jobs."""

    file: str
    name: str
    jobs: tuple[SubmittedJob, ...]


def quote_of(connection: "Connection", read: "Read", enterprise: str) -> Quote:
    """What the job would cost now; whom it waits for does not matter for that."""
    spec = msgspec.structs.replace(read.job.spec, depends_on=(), array=1)
    return connection.post("/v1/quotes", QuoteAsked(spec, enterprise), Quote)


def turns(reads: "Sequence[Read]") -> "list[list[Read]]":
    """The jobs in an order in which each comes after those it waits for. Raises InvalidInput."""
    by_name: dict[str, Read] = {}
    faults: list[Fault] = []
    for read in reads:
        by_name.setdefault(read.job.spec.name, read)
    waits: dict[str, set[str]] = {}
    for read in reads:
        others = {one for one in read.job.spec.depends_on if not JOB.fullmatch(one)}
        waits[read.file] = {by_name[one].file for one in others if one in by_name}
        remedy = Text(
            "name a job j17, or the name of another file given here",
            "写作业编号 j17，或同一命令中另一文件的 name",
        )
        faults += [
            Fault(read.place("depends_on"), Text("no such job here", "此处没有这个作业"), one, remedy=remedy)
            for one in sorted(others - set(by_name))
        ]
    if faults:
        raise InvalidInput(faults)
    found: list[list[Read]] = []
    done: set[str] = set()
    left = list(reads)
    while left:
        turn = [read for read in left if waits[read.file] <= done]
        if not turn:
            what = Text("these wait for each other", "这些作业互相等待")
            raise InvalidInput([Fault("depends_on", what, ", ".join(read.file for read in left))])
        found.append(turn)
        done |= {read.file for read in turn}
        left = [read for read in left if read not in turn]
    return found


def send(connection: "Connection", reads: "Sequence[Read]", enterprise: str) -> list[Sent]:
    """Uploads and submits all."""
    from suanwang.cli.job_upload import upload

    order = turns(reads)
    found: list[Sent] = []
    numbers: dict[str, tuple[str, ...]] = {}
    for turn in order:
        specs = [with_numbers(upload(connection, read, enterprise), numbers) for read in turn]
        told = connection.post("/v1/jobs", Submission(tuple(specs), enterprise), Submitted).jobs
        at = 0
        for read, spec in zip(turn, specs, strict=True):
            count = 1 if told[at].state == "refused" else spec.array
            jobs = told[at : at + count]
            at += count
            found.append(Sent(read.file, spec.name, jobs))
            numbers.setdefault(spec.name, tuple(one.job for one in jobs))
    order_of = {read.file: place for place, read in enumerate(reads)}
    return sorted(found, key=lambda sent: order_of[sent.file])


def with_numbers(spec: JobSpec, numbers: dict[str, tuple[str, ...]]) -> JobSpec:
    """The spec with the platform's numbers in the place of names."""
    found = [job for one in spec.depends_on for job in numbers.get(one, (one,))]
    return msgspec.structs.replace(spec, depends_on=tuple(found))
