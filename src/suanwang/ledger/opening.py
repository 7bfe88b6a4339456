"""Opening accounts, wallets, funds, centres and programmes, and giving programmes their budget."""

from collections.abc import Mapping

from suanwang.ledger.chart import OPENED_BY_HAND
from suanwang.ledger.commands import (
    Appropriate,
    OpenAccount,
    OpenCentre,
    OpenFund,
    OpenProgramme,
    OpenWallet,
    SetCredit,
)
from suanwang.ledger.entry import Entry
from suanwang.ledger.events import (
    AccountOpened,
    Appropriated,
    CentreOpened,
    CreditSet,
    FundOpened,
    ProgrammeOpened,
    Reason,
    WalletOpened,
)
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.state import Ledger
from suanwang.units.money import exact_yuan


def _new(known: Mapping[str, object], name: str) -> None:
    if name in known:
        raise Refusal([Reason("exists", name)])


def decide_open_account(state: Ledger, command: OpenAccount, at: int, digest: str) -> AccountOpened:
    """An income, expense or capital account."""
    _new(state.accounts, command.account)
    if command.account.partition(":")[0] not in OPENED_BY_HAND:
        raise Refusal([Reason("closed_to_journals", command.account, needed=", ".join(OPENED_BY_HAND))])
    return AccountOpened(at, command.id, digest, (), command.account, command.currency)


def decide_open_fund(state: Ledger, command: OpenFund, at: int, digest: str) -> FundOpened:
    """A fund."""
    _new(state.funds, command.fund)
    return FundOpened(at, command.id, digest, (), command.fund, command.currency)


def decide_open_centre(state: Ledger, command: OpenCentre, at: int, digest: str) -> CentreOpened:
    """A centre."""
    _new(state.centres, command.centre)
    return CentreOpened(at, command.id, digest, (), command.centre, command.currency)


def decide_open_wallet(state: Ledger, command: OpenWallet, at: int, digest: str) -> WalletOpened:
    """A wallet."""
    _new(state.enterprises, command.enterprise)
    return WalletOpened(
        at, command.id, digest, (), command.enterprise, command.currency, command.credit_limit_micro
    )


def decide_set_credit(state: Ledger, command: SetCredit, at: int, digest: str) -> CreditSet:
    """A credit limit; not above what is already used of it."""
    account = state.accounts.get(f"wallet:{command.enterprise}")
    if account is None:
        raise Refusal([Reason("unknown", f"wallet:{command.enterprise}")])
    if account.natural_micro < -command.credit_limit_micro:
        used = exact_yuan(-account.natural_micro)
        raise Refusal([Reason("overdraft", account.name, exact_yuan(command.credit_limit_micro), used)])
    return CreditSet(at, command.id, digest, (), command.enterprise, command.credit_limit_micro)


def decide_open_programme(state: Ledger, command: OpenProgramme, at: int, digest: str) -> ProgrammeOpened:
    """A programme; its funds are open and of one currency."""
    _new(state.programmes, command.programme)
    reasons = [Reason("unknown", f"funding:{w.fund}") for w in command.funds if w.fund not in state.funds]
    currencies = sorted({state.funds[w.fund].currency for w in command.funds if w.fund in state.funds})
    if len(currencies) > 1:
        reasons.append(Reason("currency", command.programme, ", ".join(currencies)))
    if reasons:
        raise Refusal(reasons)
    return ProgrammeOpened(
        at,
        command.id,
        digest,
        (),
        command.programme,
        currencies[0],
        command.funds,
        command.reserve_level_micro,
        command.reserve_floor_micro,
        "low" if command.reserve_floor_micro > 0 else "ok",
    )


def decide_appropriate(state: Ledger, command: Appropriate, at: int, digest: str) -> Appropriated:
    """Budget in, or ungranted budget out."""
    if command.programme not in state.programmes:
        raise Refusal([Reason("unknown", f"budget:{command.programme}")])
    appropriation, budget = f"appropriation:{command.programme}", f"budget:{command.programme}"
    entry = Entry()
    if command.amount_micro > 0:
        entry.move(appropriation, budget, command.amount_micro)
    else:
        entry.move(budget, appropriation, -command.amount_micro)
    return Appropriated(at, command.id, digest, entry.booked(state), command.programme, command.amount_micro)
