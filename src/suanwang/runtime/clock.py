"""A clock that never jumps: the wall clock's time, reached by running a little faster or slower.

Silence, leases and limits are measured by differences of instants in the log. Were the wall clock set forward
by an hour, a centre that spoke a minute ago would count as lost while its work still runs; so a server tells
the time by this clock, made anew each time it takes the lead, when patience begins anew.
"""

from collections.abc import Callable

SLEW_PARTS = 1000
"""It gains or loses one part in so many until it agrees with the wall clock."""


class SteadyClock:
    """`wall` and `steady` give microseconds: UTC, which may jump, and since anything, which never does.

    `last_at`: the log's last instant, from which it goes on where the wall clock is behind that: a time that
    stood still would keep all from beginning and ending.
    """

    def __init__(self, wall: Callable[[], int], steady: Callable[[], int], last_at: int = 0) -> None:
        self.wall, self.steady = wall, steady
        self.at, self.looked_us = max(last_at, wall()), steady()

    def now(self) -> int:
        """UTC microseconds; never less than before."""
        passed_us = self.steady() - self.looked_us
        if passed_us > 0:
            most_us = passed_us // SLEW_PARTS
            ahead_us = self.wall() - (self.at + passed_us)
            self.at += passed_us + max(-most_us, min(most_us, ahead_us))
            # what is too short a time to correct in is left for the next look
            self.looked_us += passed_us
        return self.at
