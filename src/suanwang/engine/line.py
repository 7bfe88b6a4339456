"""The jobs that wait for a place, in lines of jobs alike: same shape, same enterprise.

Within a line the higher priority goes first, then the earlier job. Among lines the head decides: priority,
then what its enterprise has used in proportion to its weight, then who came first. A job that left the queue
by another way is passed over when its turn comes.
"""

from collections import deque
from collections.abc import Callable, Iterator
from heapq import heappop, heappush
from itertools import islice

LineKey = tuple[int, str]
"""Shape's number, enterprise."""
Ticket = tuple[int, int, str]
"""(−priority, sequence, job): the order within a line."""
LINES_LOOKED_AT = 64
"""As many lines are asked when capacity becomes free; clearing looks at all of them."""


class Line:
    """`unseen`: jobs that nobody has looked at since they joined. `waits(job)`: whether it still stands."""

    def __init__(self, waits: Callable[[str], bool]) -> None:
        self.waits = waits
        self.lines: dict[LineKey, list[Ticket]] = {}
        self.of_device: dict[str, dict[LineKey, None]] = {}
        self.unseen: deque[str] = deque()
        self.full: set[LineKey] = set()

    def join(self, key: LineKey, devices: tuple[str, ...], ticket: Ticket) -> None:
        """A job joins its line, to be looked at soon."""
        heap = self.lines.get(key)
        if heap is None:
            heap = self.lines[key] = []
            for device in devices:
                self.of_device.setdefault(device, {})[key] = None
        heappush(heap, ticket)
        self.unseen.append(ticket[2])

    def head(self, key: LineKey) -> Ticket | None:
        """The first who still waits in a line."""
        heap = self.lines.get(key)
        while heap and not self.waits(heap[0][2]):
            heappop(heap)
        if not heap:
            self.lines.pop(key, None)
            return None
        return heap[0]

    def heads(self, device: str, used: Callable[[str], int]) -> Iterator[Ticket]:
        """The heads of lines that could use `device`, who goes first in front."""
        keys = self.of_device.get(device, {})
        found: list[tuple[int, int, int, Ticket]] = []
        for key in list(islice(keys, LINES_LOOKED_AT)):
            head = self.head(key)
            if head is None:
                del keys[key]
            else:
                found.append((head[0], used(key[1]), head[1], head))
        for *_, head in sorted(found):
            yield head
