"""When an attempt is too late to begin, and when the platform gives it up: overdue, or lost after a silence.

An agent ends work by a steady clock, and so does the platform within one lead; what a new leader's clock says
proves nothing of the time that has passed before.
"""

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from suanwang.engine.platform import Platform

LOST_MARGIN_S = 60
"""The server waits this much longer than the agent before it calls an attempt lost."""
LATE_S = 60
"""So much later than reserved an attempt may begin that is short of time then."""
OVERDUE_S = 120
"""So long after its latest end an attempt that has not ended is told to stop."""
CLOCKS_APART_PARTS = 500
"""Two steady clocks tell of a time that passes one part in so many more or less than each other, at most."""


class Timed(Protocol):
    """A reservation, or the order to launch it. Instants in UTC microseconds."""

    @property
    def start_at(self) -> int:
        """When it begins."""
        ...

    @property
    def end_at(self) -> int:
        """Its latest end."""
        ...

    @property
    def limit_s(self) -> int:
        """How long it may run."""
        ...


def is_late(reserved: Timed, at: int) -> bool:
    """Whether an attempt that is not under way at `at` has not the time for its limit any more."""
    late = at > reserved.start_at + LATE_S * 1_000_000
    return late and at + reserved.limit_s * 1_000_000 > reserved.end_at


def overdue_at(platform: "Platform", attempt: str) -> int:
    """When an attempt that was sent out is past its latest end, however clocks run.

    What the clock skipped at a change of the lead since then may still pass.
    """
    known = platform.state.attempts[attempt]
    apart_us = (known.figures.end_at - known.figures.start_at) // CLOCKS_APART_PARTS
    skipped_us = platform.state.skipped_us - known.skipped_us
    return known.figures.end_at + skipped_us + apart_us + OVERDUE_S * 1_000_000


def lost_at(platform: "Platform", attempt: str) -> int:
    """When an attempt counts as lost, if nothing is heard until then.

    While its centre is silent: from the later of the centre's last word and the lead of this server. At the
    latest when it is long overdue and nobody has said that it ended.
    """
    known = platform.state.attempts[attempt]
    patience_us = (platform.state.jobs[known.job].lost_after_s + LOST_MARGIN_S) * 1_000_000
    latest_at = max(overdue_at(platform, attempt), platform.state.lead_at) + patience_us
    since_at = platform.state.centres[known.centre].silent_since
    if since_at is None:
        return latest_at
    return min(latest_at, max(since_at, platform.state.lead_at) + patience_us)
