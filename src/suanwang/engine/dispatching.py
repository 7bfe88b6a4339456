"""Dispatch: what is due is handed to its centre's agent, by an order that carries the fence."""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.platform import Platform
from suanwang.model.orders import AnyOrder, Pause, Proceed, Prolong, Resume, Stop

GRACE_S = 30
"""A job that is told to stop has so long to save itself."""


def dispatch(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """Launches a reserved attempt whose time has come. A closed centre is sent nothing."""
    attempt = platform.state.attempts[name]
    centre = platform.state.centres[attempt.centre]
    if attempt.state != "reserved" or attempt.figures.start_at > at or not centre.open:
        return
    yield events.AttemptDispatched(at, attempt.job, attempt.number, attempt.centre, centre.order_count + 1)


def proceed(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """Tells the agent to begin what stood by."""
    centre = platform.state.attempts[name].centre
    number = platform.state.centres[centre].order_count + 1
    yield events.OrderGiven(at, centre, Proceed(number, name))


def stop(platform: Platform, name: str, why: str, at: int) -> Iterator[events.AnyEvent]:
    """Tells the agent to end an attempt; once for each reason."""
    attempt = platform.state.attempts[name]
    if attempt.stopping == why:
        return
    centre = platform.state.centres[attempt.centre]
    grace_s = 0 if why == "fenced" else GRACE_S
    yield events.OrderGiven(at, attempt.centre, Stop(centre.order_count + 1, name, why, grace_s))


def pause(platform: Platform, name: str, resume: bool, at: int) -> Iterator[events.AnyEvent]:
    """Stops an attempt's clock, or lets it go on."""
    centre_name = platform.state.attempts[name].centre
    number = platform.state.centres[centre_name].order_count + 1
    order = Resume(number, name) if resume else Pause(number, name)
    yield events.OrderGiven(at, centre_name, order)


def prolong(platform: Platform, name: str, at: int) -> Iterator[events.AnyEvent]:
    """Tells the agent the attempt's new limit and end."""
    attempt = platform.state.attempts[name]
    number = platform.state.centres[attempt.centre].order_count + 1
    figures = attempt.figures
    yield events.OrderGiven(at, attempt.centre, Prolong(number, name, figures.limit_s, figures.end_at))


def sent_out(platform: Platform, centre: str) -> tuple[str, ...]:
    """A centre's attempts that were sent out and are not over: all that may run there."""
    attempts = platform.state.attempts
    return tuple(
        name for name in platform.state.centres[centre].attempts if attempts[name].state != "reserved"
    )


def orders_after(platform: Platform, centre: str, number: int) -> list[AnyOrder]:
    """What a centre's agent has still to be told, by number, after the order `number`."""
    found: list[AnyOrder] = []
    # invariant: orders stand in the order of their numbers
    for order in reversed(platform.state.centres[centre].orders.values()):
        if order.number <= number:
            break
        found.append(order)
    return found[::-1]
