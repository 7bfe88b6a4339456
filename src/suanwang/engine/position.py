"""Where the books stand for a decision: what a firm had, what it has beside, what the pool still holds."""

from datetime import date

from suanwang.engine.voucher_state import Vouchers
from suanwang.ledger.figures import grant_figures
from suanwang.model.programme import Programme, value_on
from suanwang.policy.claim_route import Approved, ClaimPaid
from suanwang.policy.decision import Beside, Paid, Position
from suanwang.policy.voucher_route import Granted, Waiting


def position_of(
    state: Vouchers,
    programme: Programme,
    enterprise: str,
    contract: str,
    purchase: str,
    but: str,
    day: date,
) -> Position:
    """The firm's position in the programme for a decision on `day`, without the application or claim `but`.

    What waits counts as had, so that two applications in line cannot together pass a cap. Other support
    stands beside where it is for the same contract, or for the same purchase where no contract is named.
    """
    paid: list[Paid] = []
    beside: list[Beside] = []
    for name in state.by_firm.get(enterprise, ()):
        if name == but:
            continue
        had, other, family, level, other_contract, other_purchase = had_by(state, name)
        if had is None:
            continue
        if other == programme.programme:
            paid.append(had)
        elif other_contract == contract if contract else (purchase and other_purchase == purchase):
            beside.append(Beside(other, family, level, had.amount_micro))  # pyright: ignore[reportArgumentType]
    return Position(merged(paid, contract, day), tuple(beside))


def merged(paid: list[Paid], contract: str, day: date) -> tuple[Paid, ...]:
    """What was had, summed by day, so that the event of a firm with thousands of grants stays small.

    Every cap comes out the same: what was had under `contract` stays apart, and what is more than a year old
    is summed by calendar year.
    """
    sums: dict[tuple[date, str], int] = {}
    for one in paid:
        recent = (day - one.day).days <= 366
        key = (
            one.day if recent else date(one.day.year, 1, 1),
            one.contract if contract and one.contract == contract else "",
        )
        sums[key] = sums.get(key, 0) + one.amount_micro
    return tuple(Paid(when, amount, under) for (when, under), amount in sorted(sums.items()))


def had_by(state: Vouchers, name: str) -> tuple[Paid | None, str, str, str, str, str]:
    """(what was had, programme, family, level, contract, purchase) through one application or claim.

    A grant counts for what it was issued for less what can never be used: lapsed or clawed back.
    """
    application = state.applications.get(name)
    if application is not None:
        filed = application.applied
        found: Paid | None = None
        match application.state:
            case Granted(valid_from=day):
                figures = grant_figures(state.ledger, name)
                found = Paid(day, figures.issued_micro - figures.expired_micro, filed.contract)
            case Waiting(amount_micro=amount):
                found = Paid(filed.filed, amount, filed.contract)
            case _:
                pass
        return found, filed.programme, filed.family, filed.level, filed.contract, filed.purchase
    claimed = state.claims[name].filed
    found = None
    match state.claims[name].state:
        case Approved(amount_micro=amount):
            found = Paid(claimed.filed, amount, claimed.contract)
        case ClaimPaid(amount_micro=amount, clawed_back_micro=back, day=day):
            found = Paid(day, amount - back, claimed.contract)
        case _:
            pass
    return found, claimed.programme, claimed.family, claimed.level, claimed.contract, ""


def pool_left(state: Vouchers, programme: Programme, day: date) -> int | None:
    """What this year's pool still holds, micro-yuan; none where no pool is known of."""
    value = value_on(programme.caps.pool_per_year_micro, day)
    if value is None or (value.value is None and not value.readings):
        return None
    most = value.value if value.value is not None else min(value.readings)
    return max(0, most - state.used_of_pool.get((programme.programme, day.year), 0))


def budget_left(state: Vouchers, programme: Programme, day: date) -> int:
    """What can be granted now: the ledger's ungranted budget, within the year's pool where there is one."""
    account = state.ledger.accounts.get(f"budget:{programme.programme}")
    budget = 0 if account is None else account.natural_micro
    pool = pool_left(state, programme, day)
    return budget if pool is None else min(budget, pool)
