"""The chart of accounts: what kinds there are, which side they grow on, and how far they may fall.

Two books in one ledger, as public bodies keep them (平行记账): the money book says who holds or owes cash,
the budget book says what became of every appropriation. Every entry balances in each book by itself.
An account's name is its kind and its owners joined by `:`, e.g. `payable:tianfu` or `receivable:acme:city`.
"""

from typing import Literal

import msgspec

from suanwang.units.text import Text

Book = Literal["money", "budget"]
Side = Literal[1, -1]
"""1: grows with debits (assets, expense, appropriation); -1: grows with credits (what is owed, income)."""

NO_FLOOR = -(1 << 62)
"""The floor of an account that may fall without limit."""


class Kind(msgspec.Struct, frozen=True, gc=False):
    """One kind of account. `floor_micro` is the least balance on its own side; `owners` counts its owners.

    `cash` accounts hold real payments and so always whole 分.
    """

    name: str
    title: Text
    book: Book
    side: Side
    owners: int
    floor_micro: int
    cash: bool = False


def _kinds(*kinds: Kind) -> dict[str, Kind]:
    return {kind.name: kind for kind in kinds}


KINDS: dict[str, Kind] = _kinds(
    Kind("bank", Text("platform's bank account", "平台银行存款"), "money", 1, 1, 0, cash=True),
    Kind("treasury", Text("fund's money lodged here", "财政存放资金"), "money", 1, 1, 0, cash=True),
    Kind("reserve", Text("reserve", "备用金"), "money", 1, 1, 0, cash=True),
    Kind("receivable", Text("to be paid back by the firm", "应收追回款"), "money", 1, 2, 0),
    Kind("expense", Text("expense of the platform", "平台费用"), "money", 1, 1, NO_FLOOR),
    Kind("wallet", Text("wallet", "钱包"), "money", -1, 1, 0),
    Kind("wallet_held", Text("wallet, held", "钱包冻结"), "money", -1, 1, 0),
    Kind(
        "payable",
        Text("payable to the centre, user part", "应付算力中心（用户部分）"),
        "money",
        -1,
        1,
        NO_FLOOR,
    ),
    Kind(
        "voucher_payable",
        Text("payable to the centre, voucher part", "应付算力中心（算力券部分）"),
        "money",
        -1,
        2,
        NO_FLOOR,
    ),
    Kind("disputed", Text("withheld while disputed", "争议暂扣"), "money", -1, 1, 0),
    Kind("funding", Text("current account with the fund", "财政资金往来"), "money", -1, 1, NO_FLOOR),
    Kind("income", Text("income of the platform", "平台收入"), "money", -1, 1, NO_FLOOR),
    Kind("capital", Text("capital of the platform", "平台资本"), "money", -1, 1, NO_FLOOR),
    Kind("appropriation", Text("appropriation", "预算拨款"), "budget", 1, 1, 0),
    Kind("budget", Text("budget not yet granted", "未发放预算"), "budget", -1, 1, 0),
    Kind("available", Text("grant, available", "额度可用"), "budget", -1, 1, 0),
    Kind("held", Text("grant, held", "额度冻结"), "budget", -1, 1, 0),
    Kind("spent", Text("grant, spent", "额度已核销"), "budget", -1, 1, 0),
    Kind("expired", Text("grant, lapsed", "额度失效"), "budget", -1, 1, 0),
)
"""`expired` holds whatever a grant can never use again: what ran out of time and what was clawed back."""

OPENED_BY_HAND = ("expense", "income", "capital")
"""Kinds that `open_account` opens; all others open with the wallet, centre, fund, programme or grant."""

JOURNAL_KINDS = ("bank", "expense", "wallet", "income", "capital")
"""Kinds that transfers and journal entries may touch: those with nothing else behind their balance."""


class Account(msgspec.Struct, gc=False):
    """One account. `balance_micro` is debit positive; `side · balance_micro` ≥ `floor_micro` always."""

    name: str
    kind: str
    book: Book
    currency: str
    side: int
    floor_micro: int
    cash: bool
    by_journal: bool
    balance_micro: int = 0

    @property
    def natural_micro(self) -> int:
        """The balance on the account's own side: what an asset holds, what a debt amounts to."""
        return self.side * self.balance_micro


def open_account(name: str, currency: str, floor_micro: int | None = None) -> Account:
    """A new account with a zero balance. KeyError where its kind is not in the chart."""
    kind = KINDS[name.partition(":")[0]]
    return Account(
        name=name,
        kind=kind.name,
        book=kind.book,
        currency=currency,
        side=kind.side,
        floor_micro=kind.floor_micro if floor_micro is None else floor_micro,
        cash=kind.cash,
        by_journal=kind.name in JOURNAL_KINDS,
    )
