"""The tables that several statements share: grants, compute used, refunds; and their columns."""

from typing import Literal

from suanwang.ledger.events import AnyEvent, Captured, Refunded, Reimbursed, Resolved
from suanwang.ledger.figures import grant_figures
from suanwang.ledger.period import OPERATIONS, Period
from suanwang.ledger.statement import Cell, Head, Section
from suanwang.units.text import Text

DATE = Head(Text("date", "日期"), "time")
WHAT = Head(Text("operation", "业务"))
REFERENCE = Head(Text("reference", "编号"))
ITEM = Head(Text("item", "项目"))
AMOUNT = Head(Text("amount", "金额"), "money")
OPENING = Text("opening balance", "期初余额")
CLOSING = Text("closing balance", "期末余额")
TOTAL = Text("total", "合计")


def money(en: str, zh: str) -> Head:
    """A column of amounts."""
    return Head(Text(en, zh), "money")


def named(event: AnyEvent) -> tuple[int, Text, str]:
    """When, what and which: the first cells of a row about an event."""
    return event.at, OPERATIONS[type(event).__name__], event.id


def grants_section(period: Period, names: list[str]) -> Section:
    """Where each grant stands at the period's end: issued = available + held + spent + lapsed."""
    rows: list[tuple[Cell, ...]] = []
    sums = [0] * 5
    for name in names:
        one = grant_figures(period.state, name)
        figures = [
            one.issued_micro,
            one.available_micro,
            one.held_micro,
            one.spent_micro,
            one.expired_micro,
        ]
        sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
        rows.append((name, one.programme, one.enterprise, *figures, one.expires_at))
    return Section(
        Text("Vouchers at the end of the period", "期末算力券"),
        (
            Head(Text("grant", "额度")),
            Head(Text("programme", "方案")),
            Head(Text("enterprise", "企业")),
            money("issued", "发放"),
            money("available", "可用"),
            money("held", "冻结"),
            money("spent", "已核销"),
            money("lapsed", "失效"),
            Head(Text("valid to", "有效期至"), "time"),
        ),
        tuple(rows),
        (TOTAL, "", "", *sums, None) if rows else (),
    )


def use_section(period: Period, captures: list[Captured], other: str) -> Section:
    """Each charge of the period by kind, and who bore it."""
    rows: list[tuple[Cell, ...]] = []
    sums = [0] * 5
    for event in captures:
        voucher = sum(share.amount_micro for share in event.shares)
        figures = [event.compute_micro, event.energy_micro, event.data_micro, voucher, event.wallet_micro]
        sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
        rows.append((event.at, event.hold, event.centre if other == "centre" else event.enterprise, *figures))
    return Section(
        Text("Compute used", "算力使用"),
        (
            DATE,
            Head(Text("hold", "冻结编号")),
            Head(Text("centre", "算力中心") if other == "centre" else Text("enterprise", "企业")),
            money("compute", "算力"),
            money("energy", "电费"),
            money("data", "数据"),
            money("voucher part", "算力券部分"),
            money("user part", "用户部分"),
        ),
        tuple(rows),
        (None, TOTAL, "", *sums) if rows else (),
    )


def reimbursed_section(paid: list[Reimbursed]) -> Section:
    """What was paid out to an enterprise in cash, fund by fund."""
    rows = tuple(
        (event.at, event.id, event.grant, event.reference, share.fund, share.amount_micro)
        for event in paid
        for share in event.shares
    )
    return Section(
        Text("Reimbursed", "兑付"),
        (
            DATE,
            REFERENCE,
            Head(Text("grant", "额度")),
            Head(Text("bank's reference", "银行流水号")),
            Head(Text("fund", "资金来源")),
            AMOUNT,
        ),
        rows,
        (None, TOTAL, "", "", "", sum(share.amount_micro for event in paid for share in event.shares)),
    )


def returns_section(period: Period, side: Literal["centre", "enterprise"], owner: str) -> Section:
    """What was given back in the period to an enterprise or by a centre, and what disputes awarded."""
    rows: list[tuple[Cell, ...]] = []
    sums = [0, 0, 0]
    for event in period.events:
        if not isinstance(event, Refunded | Resolved):
            continue
        if owner != (event.centre if side == "centre" else event.enterprise):
            continue
        givings = (event.giving,) if isinstance(event, Refunded) else event.givings
        voucher = sum(share.amount_micro for giving in givings for share in giving.shares)
        user = sum(giving.wallet_micro for giving in givings)
        figures = [voucher, user, event.extra_micro if isinstance(event, Resolved) else 0]
        sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
        what = event.giving.capture if isinstance(event, Refunded) else event.dispute
        rows.append((*named(event), what, event.reason, *figures))
    return Section(
        Text("Refunds and resolved disputes", "退款与争议处理"),
        (
            DATE,
            WHAT,
            REFERENCE,
            Head(Text("of", "所涉业务")),
            Head(Text("reason", "理由")),
            money("voucher part", "算力券部分"),
            money("user part", "用户部分"),
            money("awarded by the platform", "平台补付"),
        ),
        tuple(rows),
        (None, TOTAL, "", "", "", *sums) if rows else (),
    )
