"""The log in memory: the third home of the port, for runs whose log nobody keeps."""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from itertools import islice

from suanwang.model.log import Appended, Entry, Recorded
from suanwang.store.group_rules import check_entries, sort_out
from suanwang.units.errors import Fault


class MemoryLog:
    """A `LogWriter` that keeps everything and loses nothing until its process ends."""

    def __init__(self) -> None:
        self.records: list[bytes] = []
        self.known: dict[str, Recorded] = {}
        self.epoch = 1
        self.repairs: tuple[Fault, ...] = ()

    @property
    def size(self) -> int:
        """How many events."""
        return len(self.records)

    def refresh(self) -> int:
        """The size."""
        return len(self.records)

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The stored bytes of events `start` to `stop`."""
        return islice(self.records, start, stop)

    def entries(self) -> Iterator[Entry]:
        """Every entry with its events, in the order of their appending."""
        for one in self.known.values():
            events = tuple(self.records[one.first_index : one.first_index + one.count])
            yield Entry(one.input_id, one.input_digest, events)

    def recorded(self, input_id: str) -> Recorded | None:
        """What the log has for an input."""
        return self.known.get(input_id)

    def append(self, entries: Sequence[Entry]) -> list[Appended]:
        """Appends a group. Errors as the port says."""
        check_entries(entries, len(self.records))
        fresh, appended = sort_out(entries, self.recorded, len(self.records))
        for one in appended:
            if not one.repeated:
                self.known[one.recorded.input_id] = one.recorded
        for entry in fresh:
            self.records += entry.events
        return appended

    def close(self) -> None:
        """Nothing to let go of."""

    def bytes(self) -> bytes:
        """The whole log, a record a line: what two runs are compared by."""
        return b"\n".join(self.records)

    def digest(self) -> str:
        """SHA-256 of the whole log."""
        return sha256(self.bytes()).hexdigest()
