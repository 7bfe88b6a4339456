"""Statements for an enterprise, a centre, a programme and the platform: pure functions of a period."""

from collections import defaultdict

from suanwang.ledger.chart import KINDS
from suanwang.ledger.events import Captured, ClawedBack, Reason, Refunded, Reimbursed, Resolved, Settled
from suanwang.ledger.figures import programme_figures
from suanwang.ledger.period import OPERATIONS, Period
from suanwang.ledger.refusals import fault_of
from suanwang.ledger.statement import Cell, Head, Section, Statement
from suanwang.ledger.statement_sections import (
    AMOUNT,
    CLOSING,
    DATE,
    ITEM,
    OPENING,
    REFERENCE,
    TOTAL,
    WHAT,
    grants_section,
    money,
    named,
    reimbursed_section,
    returns_section,
    use_section,
)
from suanwang.units.errors import InvalidInput
from suanwang.units.text import Text

_ALARMS = {
    "ok": Text("in order", "正常"),
    "low": Text("below its floor", "低于下限"),
    "short": Text("short: new holds stopped", "不足，暂停新冻结"),
}


def _known(found: bool, where: str) -> None:
    if not found:
        raise InvalidInput([fault_of(Reason("unknown", where))])


def enterprise_statement(period: Period, enterprise: str) -> Statement:
    """An enterprise's wallet, vouchers, use of compute, and what it owes. Raises InvalidInput if unknown."""
    _known(enterprise in period.state.enterprises, f"wallet:{enterprise}")
    facts = period.state.enterprises[enterprise]
    wallet, held = f"wallet:{enterprise}", f"wallet_held:{enterprise}"
    lines: list[tuple[Cell, ...]] = [
        (period.from_at, OPENING, "", period.opened(wallet), period.opened(held))
    ]
    for event, net in period.changes({wallet, held}):
        lines.append((*named(event), net.get(wallet, 0), net.get(held, 0)))
    closing = (period.to_at - 1, CLOSING, "", period.closed(wallet), period.closed(held))
    sections = [
        Section(
            Text("Wallet", "钱包"),
            (DATE, WHAT, REFERENCE, money("available", "可用"), money("held", "冻结")),
            tuple(lines),
            closing,
        ),
        grants_section(period, facts.grants),
        use_section(
            period,
            [e for e in period.events if isinstance(e, Captured) and e.enterprise == enterprise],
            "centre",
        ),
    ]
    sections.append(returns_section(period, "enterprise", enterprise))
    paid_out = [e for e in period.events if isinstance(e, Reimbursed) and e.enterprise == enterprise]
    if paid_out:
        sections.append(reimbursed_section(paid_out))
    if facts.receivables:
        rows = [(fund, period.closed(f"receivable:{enterprise}:{fund}")) for fund in facts.receivables]
        owed = Text("To be paid back (clawed back)", "应退还（被追回）")
        heads = (Head(Text("fund", "资金来源")), AMOUNT)
        sections.append(Section(owed, heads, tuple(rows), (TOTAL, sum(amount for _, amount in rows))))
    title = Text("Statement of the enterprise", "企业对账单")
    return Statement(title, enterprise, period.from_at, period.to_at, facts.currency, tuple(sections))


def centre_statement(period: Period, centre: str) -> Statement:
    """What a centre earned, was paid and is owed. Raises InvalidInput where the centre is unknown."""
    _known(centre in period.state.centres, f"payable:{centre}")
    programmes = [name for name, known in period.state.programmes.items() if centre in known.centres]
    accounts = [f"payable:{centre}", *(f"voucher_payable:{centre}:{name}" for name in programmes)]
    rows: list[tuple[Cell, ...]] = []
    sums = [0] * 4
    for account in accounts:
        earned, paid = period.turnover(account)
        figures = [period.opened(account), earned, paid, period.closed(account)]
        sums = [total + figure for total, figure in zip(sums, figures, strict=True)]
        part = Text("user part", "用户部分") if account == accounts[0] else Text("voucher", "算力券")
        rows.append((part, account.split(":")[2] if account != accounts[0] else "", *figures))
    owed = Section(
        Text("Owed to the centre", "应付算力中心"),
        (
            ITEM,
            Head(Text("programme", "方案")),
            money("opening", "期初"),
            money("earned", "增加"),
            money("paid, refunded, withheld", "已付、退款、暂扣"),
            money("closing", "期末"),
        ),
        tuple(rows),
        (TOTAL, "", *sums),
    )
    captures = [e for e in period.events if isinstance(e, Captured) and e.centre == centre]
    sections = (
        owed,
        use_section(period, captures, "enterprise"),
        returns_section(period, "centre", centre),
        _settled(period, centre),
        _disputes(period, centre),
    )
    title = Text("Statement of the compute centre", "算力中心对账单")
    currency = period.state.centres[centre].currency
    return Statement(title, centre, period.from_at, period.to_at, currency, sections)


def _settled(period: Period, centre: str) -> Section:
    rows = tuple(
        (
            event.at,
            event.period,
            event.brought_micro,
            event.earned_micro,
            event.paid_micro,
            event.carried_micro,
            sum(part.captured_micro for part in event.programmes),
            sum(part.paid_micro for part in event.programmes),
        )
        for event in period.events
        if isinstance(event, Settled) and event.centre == centre
    )
    return Section(
        Text("Settlements", "结算"),
        (
            DATE,
            Head(Text("period", "期间")),
            money("brought forward", "上期结转"),
            money("earned", "本期所得"),
            money("paid", "本次支付"),
            money("carried on", "结转下期"),
            money("voucher part", "算力券部分"),
            money("paid late from the reserve", "备用金补付"),
        ),
        rows,
    )


def _disputes(period: Period, centre: str) -> Section:
    rows = tuple(
        (
            name,
            dispute.opened.hold,
            dispute.opened.claimed_micro,
            dispute.opened.captured_micro,
            dispute.opened.withheld_micro if dispute.open else 0,
            Text("open", "未决") if dispute.open else Text("resolved", "已处理"),
        )
        for name, dispute in period.state.disputes.items()
        if dispute.centre == centre
    )
    return Section(
        Text("Disputes", "争议"),
        (
            Head(Text("dispute", "争议")),
            Head(Text("hold", "冻结编号")),
            money("claimed", "申报"),
            money("metered", "计量"),
            money("withheld", "暂扣"),
            Head(Text("state", "状态")),
        ),
        rows,
    )


def programme_statement(period: Period, programme: str) -> Statement:
    """A programme's budget, reserve, funds and grants. Raises InvalidInput where it is unknown."""
    _known(programme in period.state.programmes, f"budget:{programme}")
    known = period.state.programmes[programme]
    names = [name for name, grant in period.state.grants.items() if grant.programme == programme]
    figures = programme_figures(period.state, programme)
    budget = (
        (KINDS["budget"].title, figures.budget_micro),
        (KINDS["available"].title, figures.available_micro),
        (KINDS["held"].title, figures.held_micro),
        (KINDS["spent"].title, figures.spent_micro),
        (KINDS["expired"].title, figures.expired_micro),
    )
    reserve = f"reserve:{programme}"
    filled, paid = period.turnover(reserve)
    borne = _borne(period, programme)
    sections = (
        Section(
            Text("Budget at the end of the period", "期末预算"),
            (ITEM, AMOUNT),
            budget,
            (KINDS["appropriation"].title, figures.appropriated_micro),
        ),
        Section(
            Text("Reserve", "备用金"),
            (ITEM, AMOUNT),
            (
                (OPENING, period.opened(reserve)),
                (Text("filled", "补充"), filled),
                (Text("paid to centres", "支付算力中心"), -paid),
                (CLOSING, period.closed(reserve)),
                (Text("level", "额度"), known.reserve_level_micro),
                (Text("floor", "下限"), known.reserve_floor_micro),
                (Text("alarm", "警报"), _ALARMS[known.alarm]),
            ),
        ),
        Section(
            Text("Funds", "资金来源"),
            (
                Head(Text("fund", "资金来源")),
                Head(Text("weight", "权重"), "whole"),
                money("borne in the period, net", "本期净承担"),
                money("current account", "往来余额"),
                money("lodged here", "存放资金"),
            ),
            tuple(
                (
                    weight.fund,
                    weight.weight,
                    borne[weight.fund],
                    period.closed(f"funding:{weight.fund}"),
                    period.closed(f"treasury:{weight.fund}"),
                )
                for weight in known.funds
            ),
        ),
        grants_section(period, names),
    )
    title = Text("Statement of the voucher programme", "算力券方案对账单")
    return Statement(title, programme, period.from_at, period.to_at, known.currency, sections)


def _borne(period: Period, programme: str) -> dict[str, int]:
    """What each fund bore through the programme's grants in the period, net of refunds and claw-backs."""
    borne: dict[str, int] = defaultdict(int)

    def add(grant: str, fund: str, amount_micro: int) -> None:
        if period.state.grants[grant].programme == programme:
            borne[fund] += amount_micro

    for event in period.events:
        if isinstance(event, Captured | Reimbursed):
            for share in event.shares:
                add(share.grant, share.fund, share.amount_micro)
        elif isinstance(event, Refunded | Resolved):
            for giving in (event.giving,) if isinstance(event, Refunded) else event.givings:
                for share in giving.shares:
                    add(share.grant, share.fund, -share.amount_micro)
        elif isinstance(event, ClawedBack):
            for take in event.takes:
                add(event.grant, take.fund, -take.amount_micro)
    return borne


def platform_statement(period: Period, currency: str = "CNY") -> Statement:
    """The trial balance by kind of account: opening, flows, closing; both books close to zero."""
    names = [name for name, account in period.state.accounts.items() if account.currency == currency]
    figures: dict[str, list[int]] = {}
    for name in names:
        kind = KINDS[name.partition(":")[0]]
        row = figures.setdefault(kind.name, [0, 0, 0, 0])
        row[0] += kind.side * period.opened(name)
        row[3] += period.state.accounts[name].balance_micro
    known = set(names)
    counts: dict[str, int] = defaultdict(int)
    for event in period.events:
        counts[type(event).__name__] += 1
        for leg in event.legs:
            if leg.account in known:
                figures[leg.account.partition(":")[0]][1 if leg.amount_micro > 0 else 2] += abs(
                    leg.amount_micro
                )
    heads = (
        Head(Text("account", "科目")),
        money("opening, debit positive", "期初（借方为正）"),
        money("debit", "借方发生额"),
        money("credit", "贷方发生额"),
        money("closing, debit positive", "期末（借方为正）"),
    )
    books: tuple[tuple[str, Text], ...] = (
        ("money", Text("Money book", "财务账")),
        ("budget", Text("Budget book", "预算账")),
    )
    sections: list[Section] = []
    for book, title in books:
        rows = [
            (KINDS[kind].title, *figures[kind])
            for kind in KINDS
            if KINDS[kind].book == book and kind in figures
        ]
        totals = [sum(figures[kind][at] for kind in figures if KINDS[kind].book == book) for at in range(4)]
        sections.append(Section(title, heads, tuple(rows), (TOTAL, *totals)))
    done = tuple((OPERATIONS[name], count) for name, count in counts.items())
    count_head = Head(Text("number", "笔数"), "whole")
    sections.append(Section(Text("Operations", "业务笔数"), (WHAT, count_head), done))
    title = Text("Statement of the platform", "平台试算平衡表")
    return Statement(title, currency, period.from_at, period.to_at, currency, tuple(sections))
