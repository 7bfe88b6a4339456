"""The newest events of the log, kept at hand for those who follow them."""

import asyncio
from collections import deque

from suanwang.engine.events import AnyEvent

Told = tuple[int, bytes, AnyEvent]
"""An event with its index and its stored bytes."""


class Feed:
    """Durable events from `first` to `end`, the older ones forgotten. For the event loop alone."""

    def __init__(self, end: int, most: int) -> None:
        self.end = end
        self.recent: deque[Told] = deque(maxlen=most)
        self._more: asyncio.Event = asyncio.Event()
        self.closed = False

    @property
    def first(self) -> int:
        """The oldest index that is at hand."""
        return self.end - len(self.recent)

    def tell(self, told: list[Told]) -> None:
        """These are durable now."""
        self.recent.extend(told)
        self.end += len(told)
        self._wake()

    def close(self) -> None:
        """No more will come; whoever follows is let go."""
        self.closed = True
        self._wake()

    def since(self, index: int, most: int) -> list[Told]:
        """At most `most` of what is at hand from `index` on, which is not before `first`."""
        begin = index - self.first
        # whoever follows reads near the end, where a deque is quick
        return [self.recent[number] for number in range(begin, min(begin + most, len(self.recent)))]

    async def wait(self, index: int, seconds: float) -> bool:
        """Whether there is an event `index` (or the feed was closed) within `seconds`."""
        more = self._more
        if self.end > index or self.closed:
            return True
        try:
            await asyncio.wait_for(more.wait(), seconds)
        except TimeoutError:
            return False
        return True

    def _wake(self) -> None:
        more, self._more = self._more, asyncio.Event()
        more.set()
