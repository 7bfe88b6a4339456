"""The jobs that wait for a place, in lines of jobs alike: same shape, same enterprise, same priority.

Within a line the earlier job goes first. Among lines the higher priority goes first, then the enterprise that
has used less in proportion to its weight, then who came first. A job that left the queue by another way is
passed over when its turn comes.
"""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush, nsmallest

LineKey = tuple[int, str, int]
"""Shape's number, enterprise, priority."""
Ticket = tuple[int, int, str]
"""(−priority, sequence, job): who goes first."""
NEVER = 2**62


class Line:
    """`waits(job)`: whether it still stands in line.

    `unseen`: a heap of jobs that nobody has looked at since they joined. `full`: shape → the latest deadline
    (`NEVER`: none) for which no capacity was found since capacity last became free.
    """

    def __init__(self, waits: Callable[[str], bool]) -> None:
        self.waits = waits
        self.lines: dict[LineKey, list[Ticket]] = {}
        self.of_device: dict[str, dict[int, dict[str, dict[LineKey, None]]]] = {}
        self.unseen: list[Ticket] = []
        self.full: dict[int, int] = {}

    def join(self, key: LineKey, devices: tuple[str, ...], ticket: Ticket) -> None:
        """A job joins its line, to be looked at soon."""
        heappush(self._line(key, devices, ticket[0]), ticket)
        heappush(self.unseen, ticket)

    def join_later(self, key: LineKey, devices: tuple[str, ...], ticket: Ticket) -> None:
        """One of many that join: call `all_joined` after the last. In order within each line."""
        self._line(key, devices, ticket[0]).append(ticket)
        self.unseen.append(ticket)

    def all_joined(self) -> None:
        """Whoever was to join has joined."""
        heapify(self.unseen)

    def _line(self, key: LineKey, devices: tuple[str, ...], rank: int) -> list[Ticket]:
        """The line, made where it is new; `rank`: minus its priority."""
        heap = self.lines.get(key)
        if heap is None:
            heap = self.lines[key] = []
            for device in devices:
                of_priority = self.of_device.setdefault(device, {})
                of_priority.setdefault(rank, {}).setdefault(key[1], {})[key] = None
        return heap

    def take_unseen(self) -> str:
        """The first of those to look at, taken off."""
        return heappop(self.unseen)[2]

    def look_at(self, ticket: Ticket) -> None:
        """Look at a job once more."""
        heappush(self.unseen, ticket)

    def head(self, key: LineKey) -> Ticket | None:
        """The first who still waits in a line."""
        heap = self.lines.get(key)
        while heap and not self.waits(heap[0][2]):
            heappop(heap)
        if not heap:
            self.lines.pop(key, None)
            return None
        return heap[0]

    def first(self, key: LineKey, most: int) -> list[Ticket]:
        """The first `most` of a line, those who have left it perhaps among them."""
        return nsmallest(most, self.lines.get(key, ()))

    def heads(self, device: str, used: Callable[[str], int]) -> Iterator[tuple[LineKey, Ticket]]:
        """The heads of the lines that could use `device`, who goes first in front."""
        of_priority = self.of_device.get(device, {})
        for priority in sorted(of_priority):
            of_enterprise = of_priority[priority]
            order: list[tuple[int, int, str]] = []
            for enterprise, keys in list(of_enterprise.items()):
                oldest = self._oldest(keys)
                if oldest is None:
                    del of_enterprise[enterprise]
                else:
                    order.append((used(enterprise), oldest, enterprise))
            if not order:
                del of_priority[priority]
            for _, _, enterprise in sorted(order):
                for key in list(of_enterprise[enterprise]):
                    head = self.head(key)
                    if head is not None:
                        yield key, head

    def _oldest(self, keys: dict[LineKey, None]) -> int | None:
        """The sequence of the first job of the first line that still has one; lines without are forgotten."""
        for key in list(keys):
            head = self.head(key)
            if head is not None:
                return head[1]
            del keys[key]
        return None

    def is_empty(self) -> bool:
        """Whether nobody waits."""
        return not any(self.head(key) for key in list(self.lines))
