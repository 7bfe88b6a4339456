"""The log was set back: it was made from a backup, and what came after that backup is not in it.

Agents, engines and users know numbers that this log never gave. Were these given once more, an agent would
take new orders for old ones, and the end of one job for that of another. So numbers leap ahead of all that
may have been given; and every centre counts as silent until its agent has joined anew, which stops what the
log does not know of. A restored log is known by its epoch, which is far above its last.
"""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.inputs import SeeAhead
from suanwang.engine.platform import Platform

NUMBERS_LEAPT = 1_000_000
"""So many jobs, and orders of a centre, may have been given after the backup, at least."""


def leap(platform: Platform, at: int) -> Iterator[events.AnyEvent]:
    """Numbers that nobody knows yet, and centres that have to join anew."""
    state = platform.state
    yield events.JobsLeapt(at, beyond(state.job_count))
    for name, centre in state.centres.items():
        yield events.OrdersLeapt(at, name, beyond(centre.order_count), centre.session + 1)
        if centre.silent_since is None:
            yield events.CentreSilent(at, name, at)


def beyond(count: int) -> int:
    """A round number that is far enough above."""
    return (count // NUMBERS_LEAPT + 2) * NUMBERS_LEAPT


def see_ahead(platform: Platform, given: SeeAhead, at: int) -> Iterator[events.AnyEvent]:
    """An agent has seen orders that this log never gave: the next ones come after those."""
    centre = platform.state.centres.get(given.centre)
    if centre is not None and given.seen_order > centre.order_count:
        yield events.OrdersLeapt(at, given.centre, given.seen_order, centre.session)


def jobs_leapt(platform: Platform, event: events.JobsLeapt) -> None:
    """The next job has a number above."""
    platform.state.job_count = event.jobs


def orders_leapt(platform: Platform, event: events.OrdersLeapt) -> None:
    """The centre's next order has a number above; with another session, its agent has to join anew."""
    centre = platform.state.centres[event.centre]
    centre.order_count, centre.session = event.orders, event.session
