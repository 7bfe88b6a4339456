"""What happens by itself at an instant: attempts to start, windows that close, silence that lasts too long.

The agenda follows from the jobs and attempts. An entry that no longer applies is forgotten when it is next in
turn, so that nobody is woken for nothing, and before that where there are many of them.
"""

from collections.abc import Callable, Iterable
from heapq import heapify, heappop, heappush
from typing import Literal

Kind = Literal["start", "look", "expire", "lost", "overdue", "slot", "grant"]
"""start: a reservation's time; look: a job may be placed again; expire: a window closes; lost: silence has
lasted; overdue: an attempt is past its end; slot: a slot begins; grant: an enterprise's can be used now."""
PRUNED_FROM = 4096


Due = tuple[int, int, Kind, str]
"""(at, order, kind, key): look at a job or an attempt then. Entries of one instant keep their order."""


class Agenda:
    """A heap of entries. `applies(entry)`: whether an entry may still mean something."""

    def __init__(self, applies: Callable[[Due], bool]) -> None:
        self.applies = applies
        self.entries: list[Due] = []
        self.count = 0
        self.prune_at = PRUNED_FROM

    def arm(self, at: int, kind: Kind, key: str = "") -> None:
        """Look at `key` at `at`."""
        self.count += 1
        heappush(self.entries, (at, self.count, kind, key))
        if len(self.entries) > self.prune_at:
            self.prune()

    def arm_many(self, dues: Iterable[tuple[int, Kind, str]]) -> None:
        """Look at many at once, in the order in which `arm` would have been told of them."""
        new: list[Due] = [
            (at, order, kind, key) for order, (at, kind, key) in enumerate(dues, self.count + 1)
        ]
        self.entries += new
        self.count += len(new)
        heapify(self.entries)
        self.prune_at = max(PRUNED_FROM, 2 * len(self.entries))

    @property
    def next_at(self) -> int | None:
        """The instant of the earliest entry that may still mean something."""
        entries = self.entries
        while entries and not self.applies(entries[0]):
            heappop(entries)
        return entries[0][0] if entries else None

    def take_due(self, at: int) -> list[Due]:
        """Takes out all entries up to `at`, in order of time."""
        due: list[Due] = []
        while self.entries and self.entries[0][0] <= at:
            due.append(heappop(self.entries))
        return due

    def prune(self) -> None:
        """Forgets what no longer applies, so that the heap stays as large as the live work."""
        self.entries = [entry for entry in self.entries if self.applies(entry)]
        heapify(self.entries)
        self.prune_at = max(PRUNED_FROM, 2 * len(self.entries))
