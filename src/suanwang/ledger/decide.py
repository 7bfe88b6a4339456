"""The route of a command: its id, its form, the time, then the one function that knows its business.

    decide(state, command, at) → (event,) or () → apply(state, event)

`answer` is the same for a command that the platform itself made of what it has on record: its form is not
asked for again.

The same id with the same body was answered before: there is nothing to book, `result` tells what came of
it, a refusal included. The same id with another body raises IdConflict. A batch is decided and applied one
by one, so an id that stands in it twice meets its own first result.
"""

from collections.abc import Callable, Iterable
from typing import Any

import msgspec

from suanwang.ledger import (
    capturing,
    cash,
    commands,
    granting,
    holding,
    opening,
    reconciling,
    reimbursing,
    reserving,
    settling,
)
from suanwang.ledger.apply import apply
from suanwang.ledger.commands import AnyCommand, Command, digest_of
from suanwang.ledger.events import AnyEvent, Refused
from suanwang.ledger.refusals import IdConflict, Refusal, fault_of
from suanwang.ledger.shape import check_shape
from suanwang.ledger.state import Ledger
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.instants import iso
from suanwang.units.text import Text

DECIDERS: dict[type[Command], Callable[[Ledger, Any, int, str], AnyEvent]] = {
    commands.OpenAccount: opening.decide_open_account,
    commands.OpenFund: opening.decide_open_fund,
    commands.OpenCentre: opening.decide_open_centre,
    commands.OpenWallet: opening.decide_open_wallet,
    commands.SetCredit: opening.decide_set_credit,
    commands.OpenProgramme: opening.decide_open_programme,
    commands.Appropriate: opening.decide_appropriate,
    commands.PayIn: cash.decide_pay_in,
    commands.TopUp: cash.decide_top_up,
    commands.Withdraw: cash.decide_withdraw,
    commands.Transfer: cash.decide_transfer,
    commands.Journal: cash.decide_journal,
    commands.IssueGrant: granting.decide_issue_grant,
    commands.Expire: granting.decide_expire,
    commands.PlaceHold: holding.decide_place_hold,
    commands.ExtendHold: holding.decide_extend_hold,
    commands.Capture: capturing.decide_capture,
    commands.Release: holding.decide_release,
    commands.Refund: capturing.decide_refund,
    commands.Reimburse: reimbursing.decide_reimburse,
    commands.ClawBack: granting.decide_claw_back,
    commands.Repay: granting.decide_repay,
    commands.Replenish: reserving.decide_replenish,
    commands.Settle: settling.decide_settle,
    commands.Reconcile: reconciling.decide_reconcile,
    commands.Resolve: reconciling.decide_resolve,
}


class Result(msgspec.Struct, frozen=True):
    """What came of a command: the number of its event (from 1), and why it was refused if it was."""

    id: str
    sequence: int
    faults: tuple[Fault, ...]

    @property
    def accepted(self) -> bool:
        """True where something was booked."""
        return not self.faults


def decide(state: Ledger, command: AnyCommand, at: int) -> tuple[AnyEvent, ...]:
    """The event that answers `command` at ledger time `at` (UTC microseconds); none for a known command.

    The state is not changed. Raises InvalidInput for a malformed command or a time before the ledger's,
    IdConflict for an id that stands for another body.
    """
    if command.id not in state.done:
        check_shape(command)
    return answer(state, command, at)


def answer(state: Ledger, command: AnyCommand, at: int) -> tuple[AnyEvent, ...]:
    """See `decide`, for a command whose form is right because of where its parts come from."""
    digest = digest_of(command)
    done = state.done.get(command.id)
    if done is not None:
        if done.digest == digest:
            return ()
        raise IdConflict(command.id)
    if type(at) is not int or at < state.at:
        raise InvalidInput([_backwards(command, at, state.at)])
    try:
        return (DECIDERS[type(command)](state, command, at, digest),)
    except Refusal as refusal:
        return (Refused(at, command.id, digest, (), refusal.reasons),)


def post(state: Ledger, batch: Iterable[AnyCommand], at: int) -> list[AnyEvent]:
    """Decides and applies each command in turn; the events, in order, for the log.

    Raises what `decide` raises, with the state as it is after the commands before: a caller that needs the
    whole batch or nothing drops the state and rebuilds it from the log.
    """
    events: list[AnyEvent] = []
    for command in batch:
        for event in decide(state, command, at):
            apply(state, event)
            events.append(event)
    return events


def result(state: Ledger, command_id: str) -> Result:
    """What came of the command. KeyError where it was never answered."""
    done = state.done[command_id]
    return Result(command_id, done.sequence, tuple(fault_of(reason) for reason in done.reasons))


def _backwards(command: Command, at: object, ledger_at: int) -> Fault:
    return Fault(
        where=command.id,
        what=Text("the ledger's time does not run backwards", "账本时间不能倒退"),
        found=str(at),
        expected=Text(f"at least {ledger_at} ({iso(ledger_at)})", f"不早于 {ledger_at}（{iso(ledger_at)}）"),
        kind="time",
    )
