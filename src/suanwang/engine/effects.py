"""What to do once an event is durable: the runtime carries these out, and their results come back as inputs.

Never on a replay. After a restart `outstanding(platform)` says what to do anew.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import msgspec

from suanwang.engine import events
from suanwang.engine.platform import Platform


class Effect(msgspec.Struct, frozen=True, gc=False):
    """The root."""


class Deliver(Effect, frozen=True):
    """There are orders for the agent of `centre`: `orders_after` has them."""

    centre: str


class Solve(Effect, frozen=True):
    """Clear: `clearing_request` has the problem; the answer is an input `TakePlan` with this `serial`."""

    serial: int


AnyEffect = Deliver | Solve


def effects(found: Sequence[events.AnyEvent]) -> list[AnyEffect]:
    """What follows from events."""
    return [FOLLOWS[type(event)](event) for event in found if type(event) in FOLLOWS]


FOLLOWS: dict[type[Any], Callable[[Any], AnyEffect]] = {
    events.AttemptDispatched: lambda event: Deliver(event.centre),
    events.AttemptStoodBy: lambda event: Deliver(event.centre),
    events.OrderGiven: lambda event: Deliver(event.centre),
    events.CentreJoined: lambda event: Deliver(event.centre),
    events.ClearingAsked: lambda event: Solve(event.serial),
}
"""Events that are not here ask for nothing."""


def outstanding(platform: Platform) -> Iterator[AnyEffect]:
    """What a server that takes over has to do: nothing that was asked before is forgotten.

    But for a clearing whose first slot is past: soon there is another one.
    """
    for name, centre in platform.state.centres.items():
        if centre.orders:
            yield Deliver(name)
    state = platform.state
    if state.clearing is not None and state.cleared_slot >= platform.terms.slot_of(state.at):
        yield Solve(state.clearing)
