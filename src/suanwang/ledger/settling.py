"""Settlement (结算): one centre, one period, once. Pays the user part, fills the reserves again."""

from suanwang.ledger.commands import Settle
from suanwang.ledger.entry import Entry
from suanwang.ledger.events import ProgrammeSettled, Reason, Settled
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.reserving import alarm_after, draw_from_funds, pay_waiting, waiting_micro
from suanwang.ledger.state import Centre, Ledger
from suanwang.units.instants import iso
from suanwang.units.money import whole_fen


def settlement_id(centre: str, period: str) -> str:
    """The command id under which a settlement is run, so that running it again is the same command."""
    return f"settle/{centre}/{period}"


def decide_settle(state: Ledger, command: Settle, at: int, digest: str) -> Settled:
    """Everything the centre earned before the period's end and was not yet settled.

    Pays what the bank has of it, in whole 分; the remainder is carried on. Fills the reserve of every
    programme that the centre earned from, and pays it what waits there.
    """
    centre = _settled_once(state, command, at)
    entry = Entry()
    payable, bank = f"payable:{command.centre}", f"bank:{centre.currency}"
    earned = sum(amount for earned_at, amount in centre.earned if earned_at < command.to_at)
    due = centre.carried_micro + earned
    paid = min(whole_fen(max(0, due)), max(0, entry.natural_after(state, bank)))
    entry.move(payable, bank, paid)
    programmes = tuple(
        _settle_programme(state, entry, command.centre, programme, captured)
        for programme, captured in _voucher_parts(state, command, centre).items()
    )
    return Settled(
        at,
        command.id,
        digest,
        entry.booked(state),
        command.centre,
        command.period,
        command.from_at,
        command.to_at,
        centre.carried_micro,
        earned,
        paid,
        due - paid,
        programmes,
    )


def _settled_once(state: Ledger, command: Settle, at: int) -> Centre:
    """The centre, whose period is over, not settled, and after the last one. Raises Refusal."""
    centre = state.centres.get(command.centre)
    if centre is None:
        raise Refusal([Reason("unknown", f"payable:{command.centre}")])
    where = f"{command.centre} {command.period}"
    reasons: list[Reason] = []
    if (command.centre, command.period) in state.settlements:
        reasons.append(Reason("already_settled", where))
    elif centre.settled_to is not None and command.from_at < centre.settled_to:
        reasons.append(Reason("period_overlap", where, iso(command.from_at), iso(centre.settled_to)))
    if at < command.to_at:
        reasons.append(Reason("period_open", where, iso(at), iso(command.to_at)))
    if reasons:
        raise Refusal(reasons)
    return centre


def _voucher_parts(state: Ledger, command: Settle, centre: Centre) -> dict[str, int]:
    """By programme, the voucher part earned before the period's end; 0 where only an old part waits."""
    parts: dict[str, int] = {}
    for earned_at, programme, amount in centre.voucher_earned:
        if earned_at < command.to_at:
            parts[programme] = parts.get(programme, 0) + amount
    nothing = Entry()
    for name, programme in state.programmes.items():
        if command.centre in programme.centres and waiting_micro(state, nothing, name, command.centre):
            parts.setdefault(name, 0)
    return parts


def _settle_programme(
    state: Ledger, entry: Entry, centre: str, programme: str, captured_micro: int
) -> ProgrammeSettled:
    drawn = draw_from_funds(state, entry, programme)
    paid = pay_waiting(state, entry, programme, centre)
    owed = max(0, entry.natural_after(state, f"voucher_payable:{centre}:{programme}"))
    alarm = alarm_after(state, entry, programme)
    return ProgrammeSettled(programme, captured_micro, drawn, paid, owed, alarm)
