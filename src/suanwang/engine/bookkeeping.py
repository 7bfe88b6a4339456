"""Commands of the ledger and requests on voucher routes, as inputs of the platform.

Holds and captures are the platform's own and cannot be asked for from outside.
"""

from collections.abc import Iterator

from suanwang.engine import events, vouchers
from suanwang.engine.ending import release_held
from suanwang.engine.inputs import Book, Redeem
from suanwang.engine.platform import Platform
from suanwang.ledger.commands import Capture, ExtendHold, PlaceHold, Release, SetCredit, TopUp
from suanwang.ledger.decide import decide as decide_ledger
from suanwang.ledger.events import GrantIssued
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

RELEASED_BY_MONEY = 10_000


def book(platform: Platform, given: Book, at: int) -> Iterator[events.AnyEvent]:
    """The ledger's answer; jobs that waited for money try again. Raises InvalidInput for the platform's own."""
    command = given.command
    if isinstance(command, PlaceHold | ExtendHold | Capture | Release):
        what = Text("holds follow from jobs alone", "冻结与核销只能由作业产生")
        raise InvalidInput([Fault("command", what, str(command.__struct_config__.tag))])
    yield from decide_ledger(platform.state.vouchers.ledger, command, at)
    if isinstance(command, TopUp | SetCredit):
        yield from release_held(platform, command.enterprise, at, RELEASED_BY_MONEY)


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
