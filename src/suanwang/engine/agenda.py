"""What happens by itself at an instant: attempts to start, windows that close, silence that lasts too long.

The agenda follows from the jobs and attempts; an entry that no longer applies is passed over when it is due.
"""

from heapq import heapify, heappop, heappush
from typing import Literal, NamedTuple

Kind = Literal["start", "expire", "lost", "overdue", "slot"]


class Due(NamedTuple):
    """At `at`, look at `key` (a job's or an attempt's id). Entries of one instant keep their order."""

    at: int
    order: int
    kind: Kind
    key: str


class Agenda:
    """A heap of entries."""

    def __init__(self) -> None:
        self.entries: list[Due] = []
        self.count = 0

    def arm(self, at: int, kind: Kind, key: str = "") -> None:
        """Look at `key` at `at`."""
        self.count += 1
        heappush(self.entries, Due(at, self.count, kind, key))

    @property
    def next_at(self) -> int | None:
        """The earliest entry's instant."""
        return self.entries[0].at if self.entries else None

    def take_due(self, at: int) -> list[Due]:
        """Takes out all entries up to `at`, in order of time."""
        due: list[Due] = []
        while self.entries and self.entries[0].at <= at:
            due.append(heappop(self.entries))
        return due

    def prune(self, applies: "set[tuple[Kind, str]]") -> None:
        """Forget entries that no longer apply; keeps the heap as small as the live work."""
        self.entries = [entry for entry in self.entries if (entry.kind, entry.key) in applies]
        heapify(self.entries)
