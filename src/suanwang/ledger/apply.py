"""Applying an event: the state follows, nothing is decided. A replay is this, event after event.

The legs change the balances; what else an event means stands in `changes.py`, one function a kind of event.
"""

from collections.abc import Iterable, Iterator

import msgspec

from suanwang.ledger.changes import CHANGES
from suanwang.ledger.events import EVENT_TAGS, AnyEvent, Refused, decode
from suanwang.ledger.refusals import CorruptLog
from suanwang.ledger.state import Done, Ledger, empty_ledger
from suanwang.units.errors import Fault
from suanwang.units.text import Text
from suanwang.units.uncollected import uncollected

_NO_REASONS = ()


def apply(state: Ledger, event: AnyEvent) -> None:
    """Changes `state` by one event. Raises CorruptLog where it cannot follow; the state is then void."""
    if event.id in state.done or event.at < state.at:
        raise _corrupt(event, Text("an id twice, or time running backwards", "编号重复，或时间倒退"))
    sequence = state.sequence = state.sequence + 1
    state.at = event.at
    if isinstance(event, Refused):
        state.done[event.id] = Done(event.digest, sequence, event.reasons)
        return
    state.done[event.id] = Done(event.digest, sequence, _NO_REASONS)
    change = CHANGES.get(type(event))
    accounts = state.accounts
    total = 0
    try:
        if change is not None:
            change(state, event)
        for leg in event.legs:
            amount = leg.amount_micro
            accounts[leg.account].balance_micro += amount
            total += amount
    except KeyError as error:
        raise _corrupt(
            event, Text(f"it names {error}, which is not open", f"引用了未开立的 {error}")
        ) from None
    # invariant: debits = credits in every entry
    if total:
        raise _corrupt(event, Text("its legs do not balance", "借贷不平衡"))


def replay(records: Iterable[bytes]) -> Ledger:
    """The state that a log's records make. Raises CorruptLog at the first that cannot follow."""
    state = empty_ledger()
    with uncollected():
        for event in read_events(records):
            apply(state, event)
    return state


class _Tagged(msgspec.Struct):
    event: str = ""


def read_events(records: Iterable[bytes]) -> Iterator[AnyEvent]:
    """The ledger's events among a log's records; events of other parts, told by their tag, are passed over.

    Raises CorruptLog at a record that is no event, or an event of ours that does not have its shape.
    """
    for number, record in enumerate(records):
        try:
            yield decode(record)
        except msgspec.DecodeError as error:
            try:
                ours = msgspec.json.decode(record, type=_Tagged).event in ("", *EVENT_TAGS)
            except msgspec.DecodeError:
                ours = True
            if ours:
                what = Text(f"not an event: {error}", f"不是事件：{error}")
                raise CorruptLog([Fault(f"event {number}", what, found=repr(record[:80]))]) from None


def _corrupt(event: AnyEvent, what: Text) -> CorruptLog:
    return CorruptLog(
        [
            Fault(
                f"{event.__struct_config__.tag} {event.id}",
                what,
                remedy=Text("verify the log with its proofs and restore it", "请用存证校验日志并恢复"),
            )
        ]
    )
