"""What each kind of event means beyond its legs. Facts are copied from the event, never computed anew."""

from collections.abc import Callable
from typing import Any

from suanwang.ledger.chart import open_account
from suanwang.ledger.events import (
    AccountOpened,
    Captured,
    CentreOpened,
    ClawedBack,
    CreditSet,
    Event,
    FundOpened,
    Giving,
    GrantIssued,
    GrantsExpired,
    HoldExtended,
    HoldPlaced,
    PaidIn,
    ProgrammeOpened,
    Reconciled,
    Refunded,
    Reimbursed,
    Released,
    Replenished,
    Resolved,
    Settled,
    WalletOpened,
)
from suanwang.ledger.state import (
    CaptureRecord,
    Centre,
    Dispute,
    Enterprise,
    Fund,
    Grant,
    Hold,
    Ledger,
    Programme,
)


def _open(state: Ledger, name: str, currency: str, floor_micro: int | None = None) -> None:
    if name not in state.accounts:
        state.accounts[name] = open_account(name, currency, floor_micro)


def _account_opened(state: Ledger, event: AccountOpened) -> None:
    _open(state, event.account, event.currency)


def _fund_opened(state: Ledger, event: FundOpened) -> None:
    state.funds[event.fund] = Fund(event.currency)
    _open(state, f"treasury:{event.fund}", event.currency)
    _open(state, f"funding:{event.fund}", event.currency)


def _centre_opened(state: Ledger, event: CentreOpened) -> None:
    state.centres[event.centre] = Centre(event.currency, [], [], [])
    _open(state, f"bank:{event.currency}", event.currency)
    _open(state, f"payable:{event.centre}", event.currency)
    _open(state, f"disputed:{event.centre}", event.currency)
    _open(state, f"expense:disputes.{event.currency}", event.currency)


def _wallet_opened(state: Ledger, event: WalletOpened) -> None:
    state.enterprises[event.enterprise] = Enterprise(event.currency, [], [])
    _open(state, f"bank:{event.currency}", event.currency)
    _open(state, f"wallet:{event.enterprise}", event.currency, -event.credit_limit_micro)
    _open(state, f"wallet_held:{event.enterprise}", event.currency)


def _credit_set(state: Ledger, event: CreditSet) -> None:
    state.accounts[f"wallet:{event.enterprise}"].floor_micro = -event.credit_limit_micro


def _programme_opened(state: Ledger, event: ProgrammeOpened) -> None:
    state.programmes[event.programme] = Programme(
        event.currency,
        event.funds,
        event.reserve_level_micro,
        event.reserve_floor_micro,
        [],
        {},
        event.alarm,
    )
    for kind in ("appropriation", "budget", "reserve"):
        _open(state, f"{kind}:{event.programme}", event.currency)


def _paid_in(state: Ledger, event: PaidIn) -> None:
    state.funds[event.fund].paid_in_micro += event.amount_micro


def _grant_issued(state: Ledger, event: GrantIssued) -> None:
    programme = state.programmes[event.programme]
    programme.grants.append(event.grant)
    state.enterprises[event.enterprise].grants.append(event.grant)
    state.grants[event.grant] = Grant(
        event.programme, event.enterprise, event.amount_micro, event.starts_at, event.expires_at, []
    )
    for kind in ("available", "held", "spent", "expired"):
        _open(state, f"{kind}:{event.grant}", programme.currency)


def _grants_expired(state: Ledger, event: GrantsExpired) -> None:
    for lapsed in event.lapsed:
        state.grants[lapsed.grant].swept = True
    programme = state.programmes[event.programme]
    programme.grants = [name for name in programme.grants if not state.grants[name].swept]


def _hold_placed(state: Ledger, event: HoldPlaced) -> None:
    draws = {draw.grant: draw.amount_micro for draw in event.draws}
    placed = event.wallet_micro + sum(draws.values())
    state.holds[event.hold] = Hold(
        event.enterprise, event.centre, event.currency, draws, event.wallet_micro, placed
    )


def _hold_extended(state: Ledger, event: HoldExtended) -> None:
    hold = state.holds[event.hold]
    for draw in event.draws:
        hold.draws[draw.grant] = hold.draws.get(draw.grant, 0) + draw.amount_micro
    hold.wallet_micro += event.wallet_micro
    hold.placed_micro += event.wallet_micro + sum(draw.amount_micro for draw in event.draws)


def _captured(state: Ledger, event: Captured) -> None:
    hold = state.holds[event.hold]
    centre = state.centres[event.centre]
    charge = event.compute_micro + event.energy_micro + event.data_micro
    shares: dict[tuple[str, str], int] = {}
    earned: dict[str, int] = {}
    for share in event.shares:
        name, amount = share.grant, share.amount_micro
        grant = state.grants[name]
        hold.draws[name] -= amount
        shares[name, share.fund] = amount
        earned[grant.programme] = earned.get(grant.programme, 0) + amount
        if not grant.captures or grant.captures[-1] != event.id:
            grant.captures.append(event.id)
    for programme, amount in earned.items():
        centres = state.programmes[programme].centres
        if event.centre not in centres:
            centres[event.centre] = None
            _open(state, f"voucher_payable:{event.centre}:{programme}", hold.currency)
        centre.voucher_earned.append((event.at, programme, amount))
    hold.wallet_micro -= event.wallet_micro
    if event.wallet_micro:
        centre.earned.append((event.at, event.wallet_micro))
    hold.captured_micro += charge
    centre.captures.append(event.id)
    state.captures[event.id] = CaptureRecord(
        event.hold,
        event.at,
        (event.compute_micro, event.energy_micro, event.data_micro),
        charge,
        event.usage_milli,
        shares,
        event.wallet_micro,
    )
    for alarm in event.alarms:
        state.programmes[alarm.programme].alarm = alarm.alarm
    if event.closes:
        _resolve_hold(hold, "settled")


def _resolve_hold(hold: Hold, status: str) -> None:
    hold.status = "settled" if status == "settled" else "released"
    hold.draws = {}
    hold.wallet_micro = 0


def _released(state: Ledger, event: Released) -> None:
    hold = state.holds[event.hold]
    _resolve_hold(hold, "settled" if hold.captured_micro else "released")


def _given(state: Ledger, giving: Giving, centre: str, at: int) -> None:
    record = state.captures[giving.capture]
    for share in giving.shares:
        record.shares[share.grant, share.fund] -= share.amount_micro
        programme = state.grants[share.grant].programme
        state.centres[centre].voucher_earned.append((at, programme, -share.amount_micro))
    record.wallet_micro -= giving.wallet_micro
    record.refunded_micro += giving.wallet_micro + sum(share.amount_micro for share in giving.shares)


def _refunded(state: Ledger, event: Refunded) -> None:
    _given(state, event.giving, event.centre, event.at)
    if event.giving.wallet_micro:
        state.centres[event.centre].earned.append((event.at, -event.giving.wallet_micro))


def _reimbursed(state: Ledger, event: Reimbursed) -> None:
    amount = sum(share.amount_micro for share in event.shares)
    shares = {(share.grant, share.fund): share.amount_micro for share in event.shares}
    state.grants[event.grant].captures.append(event.id)
    state.captures[event.id] = CaptureRecord("", event.at, (amount, 0, 0), amount, 0, shares, 0)


def _clawed_back(state: Ledger, event: ClawedBack) -> None:
    grant = state.grants[event.grant]
    enterprise = state.enterprises[event.enterprise]
    grant.withdrawn = True
    for take in event.takes:
        record = state.captures[take.capture]
        record.shares[event.grant, take.fund] -= take.amount_micro
        record.wallet_micro += take.amount_micro  # the firm bears it now: a later refund is the firm's
        grant.clawed_back_micro += take.amount_micro
        if take.fund not in enterprise.receivables:
            enterprise.receivables.append(take.fund)
            _open(state, f"receivable:{event.enterprise}:{take.fund}", enterprise.currency)


def _replenished(state: Ledger, event: Replenished) -> None:
    state.programmes[event.programme].alarm = event.alarm


def _settled(state: Ledger, event: Settled) -> None:
    centre = state.centres[event.centre]
    centre.earned = [item for item in centre.earned if item[0] >= event.to_at]
    centre.voucher_earned = [item for item in centre.voucher_earned if item[0] >= event.to_at]
    centre.carried_micro = event.carried_micro
    centre.settled_to = event.to_at
    state.settlements[event.centre, event.period] = event
    for programme in event.programmes:
        state.programmes[programme.programme].alarm = programme.alarm


def _reconciled(state: Ledger, event: Reconciled) -> None:
    centre = state.centres[event.centre]
    state.reconciled[event.centre, event.period] = event.id
    for opened in event.disputes:
        centre.carried_micro -= opened.withheld_micro
        state.disputes[opened.dispute] = Dispute(opened, event.centre, event.from_at, event.to_at)


def _resolved(state: Ledger, event: Resolved) -> None:
    dispute = state.disputes[event.dispute]
    dispute.open = False
    centre = state.centres[event.centre]
    centre.carried_micro += dispute.opened.withheld_micro + event.extra_micro
    for giving in event.givings:
        _given(state, giving, event.centre, event.at)
        centre.carried_micro -= giving.wallet_micro


CHANGES: dict[type[Event], Callable[[Ledger, Any], None]] = {
    AccountOpened: _account_opened,
    FundOpened: _fund_opened,
    CentreOpened: _centre_opened,
    WalletOpened: _wallet_opened,
    CreditSet: _credit_set,
    ProgrammeOpened: _programme_opened,
    PaidIn: _paid_in,
    GrantIssued: _grant_issued,
    GrantsExpired: _grants_expired,
    HoldPlaced: _hold_placed,
    HoldExtended: _hold_extended,
    Captured: _captured,
    Released: _released,
    Refunded: _refunded,
    Reimbursed: _reimbursed,
    ClawedBack: _clawed_back,
    Replenished: _replenished,
    Settled: _settled,
    Reconciled: _reconciled,
    Resolved: _resolved,
}
"""Events that are not here (appropriations, cash, transfers, journals, repayments) are their legs alone."""
