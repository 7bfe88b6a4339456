"""Which centres speak: when their agents were last heard, and what they may be told.

Volatile: a new leader begins to count at its own start. Times are those of the loop's monotonic clock.
"""

import asyncio
from collections import defaultdict


class Contacts:
    """`durable_orders`: the last order of each centre that is in the log; none after it is handed out.

    `handed_orders`: the last order that an answer to a report brought; who waits for orders goes on waiting.
    `reports`: of each centre that joined in this lead, its session and the highest number of a report in it.
    """

    def __init__(self, lead_s: float, order_counts: dict[str, int]) -> None:
        self.lead_s = lead_s
        self.heard_s: dict[str, float] = {}
        self.durable_orders = order_counts
        self.handed_orders: dict[str, int] = {}
        self.reports: dict[str, tuple[int, int]] = {}
        self.waiting: defaultdict[str, asyncio.Event] = defaultdict(asyncio.Event)

    def hear(self, centre: str, now_s: float) -> None:
        """Its agent spoke."""
        self.heard_s[centre] = now_s

    def joined(self, centre: str, session: int) -> None:
        """Its agent takes up work in this lead: its reports of this session come this way, after this."""
        self.reports[centre] = session, 0

    def is_first(self, centre: str, session: int, report_id: str) -> bool:
        """Whether no report of this id can have come before: agents number theirs. Asked once for each."""
        known_session, highest = self.reports.get(centre, (0, 0))
        if session != known_session or not (report_id.isascii() and report_id.isdecimal()):
            return False
        number = int(report_id)
        if number <= highest:
            return False
        self.reports[centre] = session, number
        return True

    def silent_s(self, centre: str, now_s: float) -> float:
        """How long nothing was heard of it, from the start of this lead at the earliest."""
        return now_s - max(self.heard_s.get(centre, 0.0), self.lead_s)

    def deliver(self, centre: str) -> None:
        """There are orders for it: its agent, where it waits, may fetch them."""
        waiting = self.waiting.pop(centre, None)
        if waiting is not None:
            waiting.set()

    def let_go(self) -> None:
        """Nobody waits any longer."""
        for centre in list(self.waiting):
            self.deliver(centre)
