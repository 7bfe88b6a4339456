"""What the server says when all is over: every job, every file that was left, every event as stored."""

import base64
import io
import tarfile
from collections import defaultdict
from collections.abc import Sequence
from fractions import Fraction
from hashlib import sha256

import msgspec

from suanwang.cli.connection import Connection, part
from suanwang.cli.event_stream import records_of
from suanwang.engine import events
from suanwang.engine.events import AnyEvent, decode
from suanwang.engine.figures import Figures
from suanwang.ledger.events import Captured
from suanwang.model.api.jobs import JobTold
from suanwang.model.facts import Used

MICRO = 1_000_000


class Evidence(msgspec.Struct):
    """`records`: the log from its beginning, byte for byte; `files`: by job, what it left, by path."""

    jobs: dict[str, JobTold]
    files: dict[str, dict[str, bytes]]
    records: list[bytes]
    checkpoint: bytes

    @property
    def events(self) -> list[AnyEvent]:
        """The records, read."""
        return [decode(record) for record in self.records]


def gather(connection: Connection, jobs: Sequence[str]) -> Evidence:
    """Asks the server for all of it; the checkpoint last, so that it covers the records."""
    told = {job: connection.get(f"/v1/jobs/{part(job)}", JobTold) for job in jobs}
    files = {
        job: unpacked(connection.bytes_at(f"/v1/jobs/{part(job)}/outputs"))
        for job, one in told.items()
        if one.attempts and one.attempts[-1].outputs
    }
    return Evidence(told, files, records_of(connection), connection.bytes_at("/v1/audit/checkpoint"))


def unpacked(archive: bytes) -> dict[str, bytes]:
    """The files of a tar.gz."""
    found: dict[str, bytes] = {}
    with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
        for member in tar:
            file = tar.extractfile(member)
            if file is not None:
                found[member.name] = file.read()
    return found


def root_of(records: Sequence[bytes]) -> bytes:
    """The Merkle root of RFC 6962 over the records, reckoned here and not by the program's own tree."""
    if len(records) == 1:
        return sha256(b"\0" + records[0]).digest()
    width = 1 << ((len(records) - 1).bit_length() - 1)
    return sha256(b"\1" + root_of(records[:width]) + root_of(records[width:])).digest()


def signed_root(checkpoint: bytes) -> tuple[int, bytes]:
    """(size, root) of a signed checkpoint (C2SP tlog-checkpoint: origin, size, root)."""
    _, size, root = checkpoint.decode().split("\n")[:3]
    return int(size), base64.b64decode(root)


class Bill(msgspec.Struct):
    """An attempt's figures and metered stretches, and what was captured for it. `fenced`: nothing is due."""

    figures: Figures
    milli: int
    used: list[tuple[int, int]] = []
    read_to: dict[str, int] = {}
    captured_micro: int = 0
    fenced: bool = False


def bills(found: Sequence[AnyEvent]) -> dict[str, Bill]:
    """By attempt, from the events alone."""
    shapes: dict[str, events.JobAdmitted] = {}
    held: dict[str, Bill] = {}
    for event in found:
        match event:
            case events.JobAdmitted():
                shapes[event.job] = event
            case events.AttemptReserved() | events.AttemptStoodBy():
                alternatives = shapes[event.job].spec.shape.alternatives
                milli = alternatives[event.figures.alternative].milli
                held[f"{event.job}.{event.number}"] = Bill(event.figures, milli)
            case events.AttemptMoved() | events.AttemptProlonged():
                held[f"{event.job}.{event.number}"].figures = event.figures
            case events.FactRecorded(fact=Used() as fact):
                bill = held[fact.attempt]
                begin = max(fact.from_at, bill.read_to.get(fact.meter, fact.from_at))
                if fact.to_at > begin:
                    bill.used.append((begin, fact.to_at))
                    bill.read_to[fact.meter] = fact.to_at
            case events.AttemptEnded() if event.outcome == "lost" or event.reason == "fenced":
                held[f"{event.job}.{event.number}"].fenced = True
            case Captured() if event.hold in held:
                held[event.hold].captured_micro += event.compute_micro + event.energy_micro + event.data_micro
            case _:
                pass
    return held


def due_micro(bill: Bill, slot_us: int, start_at: int) -> int:
    """The charge of what was used, by the figures that were reserved: DESIGN §4, reckoned in fractions.

    Whole seconds of all devices, rounded up and at most the limit; each second at the price of its slot.
    Of an attempt that its fence ended nothing is due.
    """
    if bill.fenced:
        return 0
    figures, by_slot = bill.figures, defaultdict[int, int](int)
    for begin, end in bill.used:
        for slot in range(figures.from_slot, figures.to_slot):
            first, last = start_at + slot * slot_us, start_at + (slot + 1) * slot_us
            by_slot[slot] += max(0, min(end, last) - max(begin, first))
    total_us, seconds, energy = 0, 0, Fraction(0)
    for index, slot in enumerate(range(figures.from_slot, figures.to_slot)):
        total_us += by_slot[slot]
        until = min(figures.limit_s, -(-total_us // MICRO))
        energy += Fraction(figures.energy_micro[index] * (until - seconds) * bill.milli, 1000)
        seconds = until
    slot_s = slot_us // MICRO
    rate = Fraction(figures.compute_micro * (10_000 - figures.discount_bp), 10_000)
    compute = rate * seconds * bill.milli / 1000
    return round(compute / slot_s) + round(energy / slot_s) + (figures.data_micro if bill.used else 0)
