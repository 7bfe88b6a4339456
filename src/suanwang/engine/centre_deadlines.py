"""What is due, and when, for the attempts of one centre: starts and latest ends, limits, fences."""

from collections.abc import Iterator
from heapq import heappop, heappush

from suanwang.engine.centre_clock import Moment
from suanwang.units.instants import MICROSECONDS_PER_SECOND


class Deadlines:
    """All go by the steady clock: starts, latest ends, running time and silence.

    `ran`: running time of an attempt up to a steady instant from which it runs on, None while it stands.
    `patience`: attempts that may still run, by how long they bear silence (0: for ever).
    """

    def __init__(self) -> None:
        self.due: list[tuple[int, str]] = []
        self.ran: dict[str, tuple[int, int | None]] = {}
        self.patience: dict[int, dict[str, None]] = {}
        self.fenced: set[str] = set()

    def expect(self, attempt: str, due_us: int | None) -> None:
        """Something is due for it then; nothing where that is not known."""
        if due_us is not None:
            heappush(self.due, (due_us, attempt))

    def limit(self, attempt: str, limit_s: int) -> None:
        """Its running time will reach its limit, if nothing stops it before."""
        ran_us, since_us = self.ran.get(attempt, (0, None))
        if since_us is not None:
            left_us = limit_s * MICROSECONDS_PER_SECOND - ran_us
            self.expect(attempt, since_us + max(0, left_us))

    def go(self, attempt: str, least_us: int, limit_s: int, moment: Moment) -> None:
        """Its running time grows from now on; it is `least_us` at least."""
        self.ran[attempt] = max(self.ran_us(attempt, moment), least_us), moment.steady_us
        self.limit(attempt, limit_s)

    def stand(self, attempt: str, moment: Moment) -> None:
        """Its running time does not grow any more."""
        self.ran[attempt] = self.ran_us(attempt, moment), None

    def ran_us(self, attempt: str, moment: Moment) -> int:
        """How long it has run."""
        ran_us, since_us = self.ran.get(attempt, (0, None))
        return ran_us + (max(0, moment.steady_us - since_us) if since_us is not None else 0)

    def has_run(self, attempt: str, limit_s: int, moment: Moment) -> bool:
        """Whether it has run for its limit."""
        return self.ran_us(attempt, moment) >= limit_s * MICROSECONDS_PER_SECOND

    def runs(self, attempt: str) -> bool:
        """Whether its running time grows now."""
        return self.ran.get(attempt, (0, None))[1] is not None

    def bear(self, attempt: str, lost_after_s: int) -> None:
        """It must end when silence lasts for so long."""
        if lost_after_s > 0:
            self.patience.setdefault(lost_after_s, {})[attempt] = None

    def forget(self, attempt: str, lost_after_s: int) -> None:
        """It is over."""
        self.patience.get(lost_after_s, {}).pop(attempt, None)
        self.ran.pop(attempt, None)
        self.fenced.discard(attempt)

    def take_due(self, moment: Moment) -> Iterator[str]:
        """Attempts to look at: a start or a latest end, or a limit that may be reached."""
        while self.due and self.due[0][0] <= moment.steady_us:
            yield heappop(self.due)[1]

    def take_fences(self, heard_us: int | None, moment: Moment) -> list[str]:
        """Attempts whose patience has just ended; `heard_us` None: nobody knows when the platform spoke."""
        found = [
            attempt
            for lost_after_s, who in self.patience.items()
            if who and self.silent(heard_us, lost_after_s, moment)
            for attempt in who
            if attempt not in self.fenced
        ]
        self.fenced.update(found)
        return found

    def silent(self, heard_us: int | None, lost_after_s: int, moment: Moment) -> bool:
        """Whether silence has lasted that long."""
        if lost_after_s <= 0:
            return False
        return heard_us is None or moment.steady_us >= heard_us + lost_after_s * MICROSECONDS_PER_SECOND

    def next_us(self, heard_us: int | None) -> int | None:
        """When something is due next, perhaps some time ago; None: never."""
        due = [self.due[0][0]] if self.due else []
        for lost_after_s, who in self.patience.items():
            if not self.fenced.issuperset(who):
                due.append(0 if heard_us is None else heard_us + lost_after_s * MICROSECONDS_PER_SECOND)
        return min(due, default=None)
