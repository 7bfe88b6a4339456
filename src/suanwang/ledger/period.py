"""A period of the ledger, read from its events: the balances before, what happened, the state after."""

from collections.abc import Iterable, Iterator

import msgspec

from suanwang.ledger.apply import apply
from suanwang.ledger.chart import KINDS
from suanwang.ledger.events import AnyEvent, Refused
from suanwang.ledger.state import Ledger, empty_ledger
from suanwang.units.text import Text

OPERATIONS: dict[str, Text] = {
    "AccountOpened": Text("account opened", "开立账户"),
    "FundOpened": Text("fund opened", "开立资金"),
    "CentreOpened": Text("centre opened", "开立算力中心"),
    "WalletOpened": Text("wallet opened", "开立钱包"),
    "CreditSet": Text("credit limit", "授信额度"),
    "ProgrammeOpened": Text("programme opened", "开立方案"),
    "Appropriated": Text("appropriation", "预算拨款"),
    "PaidIn": Text("fund's cash", "财政资金到账"),
    "ToppedUp": Text("top-up", "充值"),
    "Withdrawn": Text("withdrawal", "提现"),
    "Transferred": Text("transfer", "转账"),
    "Journalled": Text("journal", "手工分录"),
    "GrantIssued": Text("grant", "发放额度"),
    "GrantsExpired": Text("expiry", "到期失效"),
    "HoldPlaced": Text("hold", "冻结"),
    "HoldExtended": Text("hold extended", "追加冻结"),
    "Captured": Text("capture", "核销"),
    "Released": Text("release", "释放"),
    "Refunded": Text("refund", "退款"),
    "Reimbursed": Text("reimbursement", "兑付"),
    "ClawedBack": Text("claw-back", "追回"),
    "Repaid": Text("repayment", "退还追回款"),
    "Replenished": Text("reserve replenished", "补充备用金"),
    "Settled": Text("settlement", "结算"),
    "Reconciled": Text("claim compared", "对账"),
    "Resolved": Text("dispute resolved", "争议处理"),
    "Refused": Text("refused", "拒绝"),
}


class Period(msgspec.Struct):
    """[from_at, to_at): `opening` balances on each account's own side, `events` inside, `state` after."""

    from_at: int
    to_at: int
    opening: dict[str, int]
    events: list[AnyEvent]
    state: Ledger

    def opened(self, account: str) -> int:
        """The balance at the period's start, on the account's own side."""
        return self.opening.get(account, 0)

    def closed(self, account: str) -> int:
        """The balance at the period's end, on the account's own side."""
        known = self.state.accounts.get(account)
        return known.natural_micro if known is not None else 0

    def changes(self, accounts: set[str]) -> Iterator[tuple[AnyEvent, dict[str, int]]]:
        """The events that touch any of `accounts`, with each one's net change on its own side."""
        for event in self.events:
            net: dict[str, int] = {}
            for leg in event.legs:
                if leg.account in accounts:
                    side = KINDS[leg.account.partition(":")[0]].side
                    net[leg.account] = net.get(leg.account, 0) + side * leg.amount_micro
            if net:
                yield event, net

    def turnover(self, account: str) -> tuple[int, int]:
        """What flowed to the account's own side and away from it."""
        side = KINDS[account.partition(":")[0]].side
        flows = [
            side * leg.amount_micro for event in self.events for leg in event.legs if leg.account == account
        ]
        return sum(flow for flow in flows if flow > 0), -sum(flow for flow in flows if flow < 0)


def read_period(events: Iterable[AnyEvent], from_at: int, to_at: int) -> Period:
    """Replays `events` up to `to_at`; refused commands leave no trace in a statement."""
    state = empty_ledger()
    opening: dict[str, int] | None = None
    inside: list[AnyEvent] = []
    for event in events:
        if event.at >= to_at:
            break
        if event.at >= from_at:
            if opening is None:
                opening = {name: account.natural_micro for name, account in state.accounts.items()}
            if not isinstance(event, Refused):
                inside.append(event)
        apply(state, event)
    if opening is None:
        opening = {name: account.natural_micro for name, account in state.accounts.items()}
    return Period(from_at, to_at, opening, inside, state)
