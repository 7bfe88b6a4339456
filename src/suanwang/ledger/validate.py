"""The invariants of the ledger, each a small check over the whole state. Every command keeps all of them.

They are not asked at each entry (the entries' own checks imply them); tests, `suanwang ledger check` and any
auditor ask them of a replayed state.
"""

from collections import defaultdict
from collections.abc import Callable

from suanwang.ledger.refusals import CorruptLog
from suanwang.ledger.state import Ledger
from suanwang.units.errors import Fault
from suanwang.units.money import MICRO_PER_FEN, exact_yuan, whole_fen
from suanwang.units.text import Text

Broken = list[Fault]


def _broken(where: str, what: Text, found_micro: int, expected_micro: int) -> Fault:
    found, expected = exact_yuan(found_micro), exact_yuan(expected_micro)
    return Fault(where, what, found=found, expected=Text(expected, expected), kind=what.en)


def _natural(state: Ledger, name: str) -> int:
    account = state.accounts.get(name)
    return account.natural_micro if account is not None else 0


def books_balance(state: Ledger) -> Broken:
    """Σ balances = 0 in each book and currency."""
    totals: dict[tuple[str, str], int] = defaultdict(int)
    for account in state.accounts.values():
        totals[account.book, account.currency] += account.balance_micro
    what = Text("the book does not balance", "账不平")
    return [_broken(f"{book} {code}", what, total, 0) for (book, code), total in totals.items() if total]


def nothing_overdrawn(state: Ledger) -> Broken:
    """side · balance ≥ floor, for every account; held money is not in it."""
    what = Text("an account is below its floor", "账户低于下限")
    return [
        _broken(account.name, what, account.natural_micro, account.floor_micro)
        for account in state.accounts.values()
        if account.natural_micro < account.floor_micro
    ]


def payments_are_whole_fen(state: Ledger) -> Broken:
    """Cash accounts hold whole 分, since every payment was."""
    what = Text("cash in parts of a fen", "现金不是整分")
    return [
        _broken(account.name, what, account.balance_micro, whole_fen(account.balance_micro))
        for account in state.accounts.values()
        if account.cash and account.balance_micro % MICRO_PER_FEN
    ]


def grants_add_up(state: Ledger) -> Broken:
    """issued = available + held + spent + expired, for every grant (spent net of refunds, claw-backs)."""
    what = Text("issued differs from its uses", "发放额与去向不符")
    faults: Broken = []
    for name, grant in state.grants.items():
        uses = sum(_natural(state, f"{kind}:{name}") for kind in ("available", "held", "spent", "expired"))
        if uses != grant.issued_micro:
            faults.append(_broken(name, what, uses, grant.issued_micro))
    return faults


def budgets_add_up(state: Ledger) -> Broken:
    """appropriation = budget + Σ issued, for every programme."""
    what = Text("the appropriation differs from its uses", "拨款与去向不符")
    uses = {name: _natural(state, f"budget:{name}") for name in state.programmes}
    for grant in state.grants.values():
        uses[grant.programme] += grant.issued_micro
    return [
        _broken(name, what, used, _natural(state, f"appropriation:{name}"))
        for name, used in uses.items()
        if used != _natural(state, f"appropriation:{name}")
    ]


def holds_add_up(state: Ledger) -> Broken:
    """Held accounts = Σ what open holds freeze; captured + frozen = placed; resolved holds freeze nothing."""
    held: dict[str, int] = defaultdict(int)
    faults: Broken = []
    for name, hold in state.holds.items():
        for grant, left in hold.draws.items():
            held[f"held:{grant}"] += left
        held[f"wallet_held:{hold.enterprise}"] += hold.wallet_micro
        frozen = hold.wallet_micro + sum(hold.draws.values())
        over = hold.captured_micro + frozen - hold.placed_micro
        if over > 0 or (hold.status == "open" and over):
            what = Text("captured and frozen differ from the hold", "核销与冻结之和不等于原冻结额")
            faults.append(_broken(name, what, hold.captured_micro + frozen, hold.placed_micro))
        if hold.status != "open" and frozen:
            faults.append(_broken(name, Text("a resolved hold freezes", "已了结的冻结仍有余额"), frozen, 0))
    what = Text("the held account differs from the holds", "冻结账户与冻结明细不符")
    for account in state.accounts.values():
        if account.kind in ("held", "wallet_held") and account.natural_micro != held[account.name]:
            faults.append(_broken(account.name, what, account.natural_micro, held[account.name]))
    return faults


def captures_add_up(state: Ledger) -> Broken:
    """spent = Σ captures' shares; captured = borne + refunded; each fund's account = paid in − borne."""
    spent: dict[str, int] = defaultdict(int)
    borne: dict[str, int] = defaultdict(int)
    faults: Broken = []
    for name, record in state.captures.items():
        left = record.wallet_micro + sum(record.shares.values())
        if left != record.left_micro or min(record.wallet_micro, *record.shares.values(), left) < 0:
            what = Text("captured differs from borne and refunded", "核销额与承担、退款之和不符")
            faults.append(_broken(name, what, left, record.left_micro))
        for (grant, fund), amount in record.shares.items():
            spent[grant] += amount
            borne[fund] += amount
    for name in state.grants:
        if _natural(state, f"spent:{name}") != spent[name]:
            what = Text("spent differs from the captures", "已核销额与核销明细不符")
            faults.append(_broken(name, what, _natural(state, f"spent:{name}"), spent[name]))
    for name, fund in state.funds.items():
        expected = fund.paid_in_micro - borne[name]
        if _natural(state, f"funding:{name}") != expected:
            what = Text("the fund's account differs from what it bore", "资金往来与承担额不符")
            faults.append(_broken(name, what, _natural(state, f"funding:{name}"), expected))
    return faults


def centres_add_up(state: Ledger) -> Broken:
    """payable = carried + Σ not yet settled; disputed = Σ withheld by open disputes."""
    withheld: dict[str, int] = defaultdict(int)
    for dispute in state.disputes.values():
        if dispute.open:
            withheld[dispute.centre] += dispute.opened.withheld_micro
    faults: Broken = []
    for name, centre in state.centres.items():
        expected = centre.carried_micro + sum(amount for _, amount in centre.earned)
        if _natural(state, f"payable:{name}") != expected:
            what = Text("payable differs from what was earned", "应付与所得不符")
            faults.append(_broken(name, what, _natural(state, f"payable:{name}"), expected))
        if _natural(state, f"disputed:{name}") != withheld[name]:
            what = Text("withheld differs from the open disputes", "暂扣与未决争议不符")
            faults.append(_broken(name, what, _natural(state, f"disputed:{name}"), withheld[name]))
    return faults


def reserves_tell(state: Ledger) -> Broken:
    """A reserve that is not short owes no centre a whole 分."""
    what = Text("something waits and no alarm is raised", "有待付款而未报警")
    faults: Broken = []
    for name, programme in state.programmes.items():
        for centre in programme.centres if programme.alarm != "short" else ():
            owed = _natural(state, f"voucher_payable:{centre}:{name}")
            if owed >= MICRO_PER_FEN:
                faults.append(_broken(f"voucher_payable:{centre}:{name}", what, owed, 0))
    return faults


INVARIANTS: tuple[Callable[[Ledger], Broken], ...] = (
    books_balance,
    nothing_overdrawn,
    payments_are_whole_fen,
    grants_add_up,
    budgets_add_up,
    holds_add_up,
    captures_add_up,
    centres_add_up,
    reserves_tell,
)


def broken_invariants(state: Ledger) -> list[Fault]:
    """Every invariant that does not hold, with the place and both figures."""
    return [fault for invariant in INVARIANTS for fault in invariant(state)]


def validate(state: Ledger) -> None:
    """Raises CorruptLog with every invariant that does not hold."""
    faults = broken_invariants(state)
    if faults:
        raise CorruptLog(faults)
