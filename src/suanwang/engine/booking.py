"""The ledger's side of a voucher outcome: the command that books it, or everything that speaks against it."""

from datetime import date, timedelta

from suanwang.ledger.commands import AnyCommand, IssueGrant
from suanwang.ledger.decide import decide
from suanwang.ledger.events import AnyEvent, Refused
from suanwang.ledger.refusals import IdConflict, fault_of
from suanwang.ledger.state import Ledger
from suanwang.units.errors import Fault, SuanwangError
from suanwang.units.instants import instant

NEVER = date(9999, 12, 30)
"""The last day of a grant whose end no rule gives."""


class BooksRefuse(SuanwangError):
    """The books cannot follow an outcome, so nothing of it is recorded: correct them and ask again."""

    exit_code = 1


def booked(ledger: Ledger, commands: list[AnyCommand], at: int) -> tuple[AnyEvent, ...]:
    """The ledger's events for these commands, which touch different accounts. All of them, or BooksRefuse."""
    events: list[AnyEvent] = []
    faults: list[Fault] = []
    for command in commands:
        if command.id in ledger.done:
            raise IdConflict(command.id)
        for event in decide(ledger, command, at):
            if isinstance(event, Refused):
                faults += [fault_of(reason) for reason in event.reasons]
            events.append(event)
    if faults:
        raise BooksRefuse(faults)
    return tuple(events)


def issue(
    request: str,
    name: str,
    programme: str,
    enterprise: str,
    amount_micro: int,
    first: date,
    last: date | None,
) -> IssueGrant:
    """The command that issues a grant usable on the days [first, last], local time."""
    after = (last or NEVER) + timedelta(days=1)
    return IssueGrant(
        f"{request}/grant",
        name,
        programme,
        enterprise,
        amount_micro,
        instant(first.isoformat()),
        instant(after.isoformat()),
    )
