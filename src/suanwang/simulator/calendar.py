"""Virtual time: what happens when. Nothing waits; the clock jumps from one happening to the next."""

from collections.abc import Callable
from heapq import heappop, heappush

Action = Callable[[], object]


class Calendar:
    """A clock (see `runtime.ports.Clock`) and what is due on it; what is due at once keeps its order."""

    def __init__(self, at: int) -> None:
        self.at = at
        self.heap: list[tuple[int, int, Action]] = []
        self.count = 0

    def now(self) -> int:
        """UTC microseconds."""
        return self.at

    def call_at(self, at: int, action: Action) -> None:
        """Do `action` at `at`, or now if that has passed."""
        self.count += 1
        heappush(self.heap, (max(at, self.at), self.count, action))

    def call_soon(self, action: Action) -> None:
        """Do `action` in this instant, after all that is due in it already."""
        self.call_at(self.at, action)

    @property
    def next_at(self) -> int | None:
        """When the next happening is due."""
        return self.heap[0][0] if self.heap else None

    def run_due(self) -> bool:
        """Does what is due now, in order, also what that brings about. Whether there was anything."""
        found = bool(self.heap) and self.heap[0][0] <= self.at
        while self.heap and self.heap[0][0] <= self.at:
            heappop(self.heap)[2]()
        return found
