"""Virtual time: what happens when. Nothing waits; the clock jumps from one happening to the next."""

from collections.abc import Callable
from heapq import heappop, heappush

Action = Callable[[], object]


class Calendar:
    """A clock (see `runtime.ports.Clock`) and what is due on it.

    Of what is due in one instant the lowest `turn` goes first; within a turn it keeps its order.
    """

    def __init__(self, at: int) -> None:
        self.at = at
        self.heap: list[tuple[int, int, int, Action]] = []
        self.count = 0

    def now(self) -> int:
        """UTC microseconds."""
        return self.at

    def call_at(self, at: int, action: Action, turn: int = 0) -> None:
        """Do `action` at `at`, or now if that has passed."""
        self.count += 1
        heappush(self.heap, (at if at > self.at else self.at, turn, self.count, action))

    def call_soon(self, action: Action, turn: int = 0) -> None:
        """Do `action` in this instant, after all that is due in it already in its turn."""
        self.call_at(self.at, action, turn)

    @property
    def next_at(self) -> int | None:
        """When the next happening is due."""
        return self.heap[0][0] if self.heap else None

    def run_next(self) -> bool:
        """Does the first that is due now. Whether there was anything."""
        found = bool(self.heap) and self.heap[0][0] <= self.at
        if found:
            heappop(self.heap)[3]()
        return found

    def run_due(self) -> bool:
        """Does what is due now, in order, also what that brings about. Whether there was anything."""
        found = self.run_next()
        while self.run_next():
            pass
        return found
