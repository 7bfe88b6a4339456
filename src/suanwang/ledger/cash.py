"""Cash in and out, transfers and journal entries: the plain double-entry part of the ledger."""

from suanwang.ledger.commands import Journal, Leg, PayIn, TopUp, Transfer, Withdraw
from suanwang.ledger.entry import Entry
from suanwang.ledger.events import Journalled, PaidIn, Reason, ToppedUp, Transferred, Withdrawn
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.state import Ledger
from suanwang.units.money import MICRO_PER_FEN, exact_yuan


def decide_pay_in(state: Ledger, command: PayIn, at: int, digest: str) -> PaidIn:
    """A fund's cash: the treasury holds more, and more is owed to the fund; or the reverse."""
    if command.fund not in state.funds:
        raise Refusal([Reason("unknown", f"funding:{command.fund}")])
    entry = Entry()
    if command.amount_micro > 0:
        entry.move(f"treasury:{command.fund}", f"funding:{command.fund}", command.amount_micro)
    else:
        entry.move(f"funding:{command.fund}", f"treasury:{command.fund}", -command.amount_micro)
    legs = entry.booked(state)
    return PaidIn(at, command.id, digest, legs, command.fund, command.amount_micro, command.reference)


def decide_top_up(state: Ledger, command: TopUp, at: int, digest: str) -> ToppedUp:
    """An enterprise's cash into its wallet."""
    enterprise = state.enterprises.get(command.enterprise)
    if enterprise is None:
        raise Refusal([Reason("unknown", f"wallet:{command.enterprise}")])
    entry = Entry()
    entry.move(f"bank:{enterprise.currency}", f"wallet:{command.enterprise}", command.amount_micro)
    legs = entry.booked(state)
    return ToppedUp(at, command.id, digest, legs, command.enterprise, command.amount_micro, command.reference)


def decide_withdraw(state: Ledger, command: Withdraw, at: int, digest: str) -> Withdrawn:
    """Cash out of a wallet: at most what is there, credit is for compute."""
    enterprise = state.enterprises.get(command.enterprise)
    if enterprise is None:
        raise Refusal([Reason("unknown", f"wallet:{command.enterprise}")])
    wallet = state.accounts[f"wallet:{command.enterprise}"]
    entry = Entry()
    entry.move(wallet.name, f"bank:{enterprise.currency}", command.amount_micro)
    reasons = entry.reasons(state)
    if wallet.natural_micro < command.amount_micro and not any(r.where == wallet.name for r in reasons):
        there = exact_yuan(max(0, wallet.natural_micro))
        reasons.append(Reason("overdraft", wallet.name, there, exact_yuan(command.amount_micro)))
    if reasons:
        raise Refusal(reasons)
    legs = tuple(entry.legs)
    return Withdrawn(
        at, command.id, digest, legs, command.enterprise, command.amount_micro, command.reference
    )


def decide_transfer(state: Ledger, command: Transfer, at: int, digest: str) -> Transferred:
    """Two legs. The common case is kept free of loops: this is the ledger's fastest path."""
    amount = command.amount_micro
    debit = state.accounts.get(command.debit)
    credit = state.accounts.get(command.credit)
    if (
        debit is None
        or credit is None
        or debit is credit
        or not (debit.by_journal and credit.by_journal)
        or debit.currency != credit.currency
        or (debit.side < 0 and -debit.balance_micro - amount < debit.floor_micro)
        or (credit.side > 0 and credit.balance_micro - amount < credit.floor_micro)
        or ((debit.cash or credit.cash) and amount % MICRO_PER_FEN)
    ):
        raise Refusal(_journal_reasons(state, (Leg(command.debit, amount), Leg(command.credit, -amount))))
    return Transferred(at, command.id, digest, (Leg(command.debit, amount), Leg(command.credit, -amount)))


def decide_journal(state: Ledger, command: Journal, at: int, digest: str) -> Journalled:
    """Several legs, all or nothing."""
    reasons = _journal_reasons(state, command.legs)
    if reasons:
        raise Refusal(reasons)
    return Journalled(at, command.id, digest, command.legs, command.memo)


def _journal_reasons(state: Ledger, legs: tuple[Leg, ...]) -> list[Reason]:
    """Everything that speaks against an entry by hand."""
    reasons: list[Reason] = []
    totals: dict[str, int] = {}
    entry = Entry()
    for leg in legs:
        account = state.accounts.get(leg.account)
        if account is None:
            reasons.append(Reason("unknown", leg.account))
            continue
        if not account.by_journal:
            reasons.append(Reason("closed_to_journals", leg.account))
        totals[account.currency] = totals.get(account.currency, 0) + leg.amount_micro
        entry.net[leg.account] = entry.net.get(leg.account, 0) + leg.amount_micro
    if len(legs) == 2 and legs[0].account == legs[1].account:
        reasons.append(Reason("unbalanced", legs[0].account, needed="two accounts"))
    if len(totals) > 1 and len(legs) == 2:
        reasons.append(Reason("currency", legs[0].account, ", ".join(sorted(totals))))
    elif not any(reason.code == "unknown" for reason in reasons):
        reasons += [
            Reason("unbalanced", code, exact_yuan(total), "0.00") for code, total in totals.items() if total
        ]
    return reasons + entry.reasons(state)
