"""The one writer: what a round decides together, and what waits until it is durable."""

from suanwang.engine import events, inputs
from suanwang.engine.clearing_request import ClearingRequest
from suanwang.engine.platform import Platform
from suanwang.model.job import Alternative, JobSpec, Shape
from suanwang.runtime.writer import Group, Writer
from suanwang.simulator.calendar import Calendar
from suanwang.simulator.faults.client import FIRMS
from suanwang.simulator.faults.world import START_AT, network
from suanwang.simulator.memory_log import MemoryLog

SHAPE = Shape((Alternative("A", 1000, 1, 600),), "510000")


class Outside:
    """A solver that is never asked, and centres that remember when they were reached."""

    def __init__(self) -> None:
        self.reached: list[str] = []

    def start(self, request: ClearingRequest) -> None:
        """See `runtime.ports.Solver`."""
        raise AssertionError(request)

    def deliver(self, centre: str) -> None:
        """See `runtime.ports.Transport`."""
        self.reached.append(centre)


def open_writer() -> tuple[Writer, Outside]:
    outside = Outside()
    writer = Writer(Platform(), MemoryLog(), Calendar(START_AT), outside, outside)
    for given in network():
        writer.submit(given)
    while writer.due_at() == 0:
        writer.commit()
    return writer, outside


def submit(writer: Writer, jobs: int) -> None:
    specs = tuple(JobSpec(name=f"one-{number}", shape=SHAPE) for number in range(jobs))
    writer.submit(inputs.SubmitJobs("submit", FIRMS[0], specs))


def kinds(group: Group | None) -> list[type]:
    assert group is not None
    return [type(event) for event in group.events]


def test_a_job_is_placed_in_the_group_that_admits_it():
    writer, outside = open_writer()
    submit(writer, 1)
    group = writer.round()
    assert group is not None
    assert [entry.input_id.partition("/")[0] for entry in group.entries] == ["submit", "place"]
    found = kinds(group)
    assert found[0] is events.JobAdmitted and events.AttemptReserved in found
    assert found[-1] is events.AttemptDispatched
    assert writer.due_at() != 0, "nothing is left to do now"
    # its centre learns of it only once the group is durable
    assert outside.reached == []
    writer.log.append(group.entries)
    writer.acknowledge(group)
    assert len(outside.reached) == 1


def test_those_who_wait_to_be_looked_at_are_taken_a_round_at_a_time():
    writer, _ = open_writer()
    submit(writer, 200)
    first = kinds(writer.round())
    assert first.count(events.JobAdmitted) == 200
    rounds = 1
    while writer.due_at() == 0:
        later = writer.round()
        rounds += 1
        assert later is None or events.JobAdmitted not in kinds(later)
    assert rounds > 1 and not writer.platform.line.unseen
