"""Two servers on one log, and ten thousand jobs on the way while the lead changes: each is there once."""

import time
from pathlib import Path

import pytest
from tests.servers import town

from suanwang.engine import inputs
from suanwang.engine.events import JobAdmitted
from suanwang.engine.validate import validate
from suanwang.ledger.commands import OpenWallet, TopUp
from suanwang.model.job import Alternative, JobSpec, Shape
from suanwang.model.log import StaleEpoch
from suanwang.runtime.clock import SteadyClock
from suanwang.runtime.writer import Ticket, Writer
from suanwang.server.lead import NoSolver
from suanwang.server.restoring import restore
from suanwang.store.home import FileHome, Home

JOBS = 10_000
SHAPE = Shape((Alternative("A100", 1000, 1, 600),), "310000")
SUBMISSION = inputs.SubmitJobs(
    "batch", "firm", tuple(JobSpec(name=f"n{number}", shape=SHAPE) for number in range(JOBS))
)


class Nobody:
    """No agent waits."""

    def deliver(self, centre: str) -> None:
        """Nothing to hand out."""


def lead(home: Home) -> Writer:
    """A server that takes the lead, whoever has it."""
    log = home.writer(takeover=True)
    clock = SteadyClock(lambda: time.time_ns() // 1000, lambda: time.monotonic_ns() // 1000)
    writer = Writer(restore(home, log, {}), log, clock, NoSolver(), Nobody())
    writer.submit(inputs.TakeLead(f"lead/{log.epoch}", log.epoch))
    writer.commit()
    return writer


def admitted(ticket: Ticket) -> list[str]:
    return [event.job for event in ticket.events if isinstance(event, JobAdmitted)]


@pytest.mark.parametrize("durable", [False, True], ids=["before it is durable", "before it is answered"])
def test_a_lead_that_changes_in_the_middle_of_ten_thousand_jobs(tmp_path: Path, durable: bool) -> None:
    home = FileHome(tmp_path / "log")
    first = lead(home)
    for given in town():
        first.submit(given)
    for command in (OpenWallet("w", "firm", "CNY", 0), TopUp("t", "firm", 10**12, "test")):
        first.submit(inputs.Book(command.id, command))
    while first.due_at() == 0:
        first.commit()
    asked = first.submit(SUBMISSION)
    group = first.round()
    assert group is not None and len(admitted(asked)) == JOBS
    if durable:
        first.log.append(group.entries)
    second = lead(home)
    again = second.submit(SUBMISSION)
    with pytest.raises(StaleEpoch):
        first.log.append(group.entries)
    while second.due_at() == 0:
        second.commit()
    assert again.error is None and again.repeated == durable
    assert len(set(admitted(again))) == JOBS == len(second.platform.state.jobs)
    assert not durable or admitted(again) == admitted(asked)
    third = lead(home)
    assert third.platform.state.jobs.keys() == second.platform.state.jobs.keys()
    validate(third.platform)
    for writer in (first, second, third):
        writer.log.close()
