"""Commands of the ledger and requests on voucher routes, as inputs of the platform.

Holds and captures are the platform's own and cannot be asked for from outside.
"""

import re
from collections.abc import Iterator

from suanwang.engine import events, vouchers
from suanwang.engine.inputs import Book, Redeem
from suanwang.engine.platform import Platform
from suanwang.engine.releasing import release_held
from suanwang.ledger.commands import Capture, ExtendHold, PlaceHold, Release
from suanwang.ledger.decide import decide as decide_ledger
from suanwang.ledger.events import CreditSet, GrantIssued, Refunded, Replenished, Resolved, ToppedUp
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

RELEASED_BY_MONEY = 10_000
OWN_IDS = re.compile(r"j\d+\.\d+/.*")
"""Ids of the commands by which the platform holds and captures money: `<attempt>/…`."""


def book(platform: Platform, given: Book, at: int) -> Iterator[events.AnyEvent]:
    """The ledger's answer; jobs that waited for money try again. Raises InvalidInput for what is its own."""
    command = given.command
    faults: list[Fault] = []
    if isinstance(command, PlaceHold | ExtendHold | Capture | Release):
        what = Text("holds follow from jobs alone", "冻结与核销只能由作业产生")
        faults.append(Fault("command", what, str(command.__struct_config__.tag)))
    if OWN_IDS.fullmatch(command.id):
        what = Text("ids of this form are the platform's own", "此类编号由平台使用")
        faults.append(Fault("command.id", what, command.id, remedy=Text("another id", "换一个编号")))
    if faults:
        raise InvalidInput(faults)
    for event in decide_ledger(platform.state.vouchers.ledger, command, at):
        yield event
        if isinstance(event, ToppedUp | CreditSet | Refunded | Replenished | GrantIssued | Resolved):
            yield from release_all(platform, at)


def redeem(platform: Platform, given: Redeem, at: int) -> Iterator[events.AnyEvent]:
    """The outcome of a request on a voucher route. Raises InvalidInput where its programme is not known."""
    name = vouchers.programme_of(platform.state.vouchers, given.request)
    rules = platform.rules.get(name)
    if rules is None:
        raise InvalidInput([Fault("programme", Text("no such programme", "没有这个方案"), name)])
    for event in vouchers.decide(platform.state.vouchers, given.request, rules, at):
        yield event
        if isinstance(event, GrantIssued):
            yield from release_held(platform, event.enterprise, at, RELEASED_BY_MONEY)


def release_all(platform: Platform, at: int) -> Iterator[events.AnyEvent]:
    """Jobs of every enterprise that can pay now."""
    for why, enterprise in list(platform.held_for):
        if why == "budget":
            yield from release_held(platform, enterprise, at, RELEASED_BY_MONEY)
