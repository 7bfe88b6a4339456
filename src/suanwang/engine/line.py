"""The jobs that wait for a place, in lines of jobs alike: same shape, same enterprise, same priority.

Within a line the earlier job goes first. Among lines the higher priority goes first, then the enterprise that
has used less in proportion to its weight, then who came first. A job that left the queue by another way is
passed over when its turn comes.
"""

from collections.abc import Callable, Iterator
from heapq import heapify, heappop, heappush, heapreplace, nsmallest

LineKey = tuple[int, str, int]
"""Shape's number, enterprise, priority."""
Ticket = tuple[int, int, str]
"""(−priority, sequence, job): who goes first."""
NEVER = 2**62


class Line:
    """`waits(job)`: whether it still stands in line.

    `of_device`: device → rank → enterprise → heap of its lines, each with a ticket no later than its first.
    `unseen`: a heap of jobs that nobody has looked at since they joined. `full`: shape → the latest deadline
    (`NEVER`: none) for which no capacity was found since capacity last became free.
    """

    def __init__(self, waits: Callable[[str], bool]) -> None:
        self.waits = waits
        self.lines: dict[LineKey, list[Ticket]] = {}
        self.of_device: dict[str, dict[int, dict[str, list[tuple[Ticket, LineKey]]]]] = {}
        self.unseen: list[Ticket] = []
        self.full: dict[int, int] = {}

    def join(self, key: LineKey, devices: tuple[str, ...], ticket: Ticket) -> None:
        """A job joins its line, to be looked at soon."""
        heappush(self._line(key, devices, ticket), ticket)
        heappush(self.unseen, ticket)

    def join_later(self, key: LineKey, devices: tuple[str, ...], ticket: Ticket) -> None:
        """One of many that join: call `all_joined` after the last. In order within each line."""
        self._line(key, devices, ticket).append(ticket)
        self.unseen.append(ticket)

    def all_joined(self) -> None:
        """Whoever was to join has joined."""
        heapify(self.unseen)

    def _line(self, key: LineKey, devices: tuple[str, ...], ticket: Ticket) -> list[Ticket]:
        """The line that a ticket joins, made where it is new, and told where the ticket goes first in it."""
        heap = self.lines.get(key)
        if heap is None:
            heap = self.lines[key] = []
        if not heap or ticket < heap[0]:
            for device in devices:
                of_enterprise = self.of_device.setdefault(device, {}).setdefault(ticket[0], {})
                heappush(of_enterprise.setdefault(key[1], []), (ticket, key))
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

    def heads(self, device: str, used: Callable[[str], int], most: int) -> Iterator[tuple[LineKey, Ticket]]:
        """The heads of the first `most` lines that could use `device`, who goes first in front."""
        of_priority = self.of_device.get(device, {})
        for priority in sorted(of_priority):
            of_enterprise = of_priority[priority]
            order: list[tuple[int, int, str]] = []
            for enterprise, lines in list(of_enterprise.items()):
                first = self._front(lines)
                if first is None:
                    del of_enterprise[enterprise]
                else:
                    order.append((used(enterprise), first[0][1], enterprise))
            if not order:
                del of_priority[priority]
            for _, _, enterprise in sorted(order):
                for key in self._first_lines(of_enterprise.get(enterprise, []), most):
                    head = self.head(key)
                    if head is not None:
                        yield key, head
                        most -= 1
                    if not most:
                        return

    def _front(self, lines: list[tuple[Ticket, LineKey]]) -> tuple[Ticket, LineKey] | None:
        """The line whose first came first, with that ticket; lines without anybody are forgotten."""
        while lines:
            ticket, key = lines[0]
            head = self.head(key)
            if head == ticket:
                return lines[0]
            if head is None:
                heappop(lines)
            else:
                # whoever came before it has left
                heapreplace(lines, (head, key))
        return None

    def _first_lines(self, lines: list[tuple[Ticket, LineKey]], most: int) -> list[LineKey]:
        """The first `most` lines, in the order of who came first; a line is in the heap once afterwards."""
        found: dict[LineKey, Ticket] = {}
        while len(found) < most and (front := self._front(lines)) is not None:
            heappop(lines)
            found.setdefault(front[1], front[0])
        for key, ticket in found.items():
            heappush(lines, (ticket, key))
        return list(found)

    def is_empty(self) -> bool:
        """Whether nobody waits."""
        return not any(self.head(key) for key in list(self.lines))
