"""The operating statement of one centre and month, as the owner of a data centre, or a trust, reads it.

Revenue is what the ledger captured at the centre, net of refunds and awards. Costs, capacity and energy are
readings of the centre that the caller brings: the ledger does not know them.
"""

import msgspec

from suanwang.ledger.events import Captured, Reason, Refunded, Resolved
from suanwang.ledger.period import Period
from suanwang.ledger.refusals import fault_of
from suanwang.ledger.statement import ROUNDING_NOTE, Head, Section, Statement
from suanwang.units.errors import InvalidInput
from suanwang.units.money import split
from suanwang.units.text import Text

BASIS_POINTS = 10_000


class CentreMonth(msgspec.Struct, frozen=True):
    """What the centre reports beside the ledger.

    `capacity_milli`: device time offered, in milli-device-seconds; `energy_wh`: bought for IT and cooling;
    `energy_cost_micro`: what it cost; `other_costs`: name and micro-yuan (staff, rent, upkeep, insurance).
    """

    capacity_milli: int
    energy_wh: int
    energy_cost_micro: int
    other_costs: tuple[tuple[str, int], ...] = ()


class Revenue(msgspec.Struct, frozen=True):
    """A centre's revenue of a period by kind, net of refunds and awards; `usage_milli` as metered."""

    compute_micro: int
    energy_micro: int
    data_micro: int
    awards_micro: int
    voucher_micro: int
    user_micro: int
    usage_milli: int

    @property
    def total_micro(self) -> int:
        """All kinds together; equal to voucher part + user part + awards."""
        return self.compute_micro + self.energy_micro + self.data_micro + self.awards_micro


def revenue_of(period: Period, centre: str) -> Revenue:
    """The centre's revenue in `period`. A refund reduces its capture's kinds by largest remainders."""
    by_kind = [0, 0, 0]
    voucher = user = usage = awards = 0
    for event in period.events:
        if isinstance(event, Captured) and event.centre == centre:
            charge = (event.compute_micro, event.energy_micro, event.data_micro)
            by_kind = [total + part for total, part in zip(by_kind, charge, strict=True)]
            voucher += sum(share.amount_micro for share in event.shares)
            user += event.wallet_micro
            usage += event.usage_milli
        elif isinstance(event, Refunded | Resolved) and event.centre == centre:
            awards += event.extra_micro if isinstance(event, Resolved) else 0
            for giving in (event.giving,) if isinstance(event, Refunded) else event.givings:
                back = sum(share.amount_micro for share in giving.shares)
                voucher -= back
                user -= giving.wallet_micro
                parts = split(back + giving.wallet_micro, list(period.state.captures[giving.capture].kinds))
                by_kind = [total - part for total, part in zip(by_kind, parts, strict=True)]
    compute, energy, data = by_kind
    return Revenue(compute, energy, data, awards, voucher, user, usage)


def operating_statement(period: Period, centre: str, month: CentreMonth) -> Statement:
    """Revenue by kind, energy cost, other costs, net operating income; utilisation and energy beside them."""
    if centre not in period.state.centres:
        raise InvalidInput([fault_of(Reason("unknown", f"payable:{centre}"))])
    revenue = revenue_of(period, centre)
    costs = month.energy_cost_micro + sum(amount for _, amount in month.other_costs)
    income = revenue.total_micro - costs
    money = (Head(Text("item", "项目")), Head(Text("amount", "金额"), "money"))
    utilisation = revenue.usage_milli * BASIS_POINTS // month.capacity_milli if month.capacity_milli else None
    margin = income * BASIS_POINTS // revenue.total_micro if revenue.total_micro > 0 and income >= 0 else None
    sections = (
        Section(
            Text("Revenue", "营业收入"),
            money,
            (
                (Text("compute", "算力服务"), revenue.compute_micro),
                (Text("energy passed on", "电费转收"), revenue.energy_micro),
                (Text("data transfer", "数据传输"), revenue.data_micro),
                (Text("awards in disputes", "争议裁定"), revenue.awards_micro),
            ),
            (Text("total revenue", "收入合计"), revenue.total_micro),
        ),
        Section(
            Text("Who pays", "收入来源"),
            money,
            (
                (Text("voucher programmes", "算力券"), revenue.voucher_micro),
                (Text("users", "用户"), revenue.user_micro),
                (Text("platform (awards)", "平台（裁定）"), revenue.awards_micro),
            ),
        ),
        Section(
            Text("Operating costs", "运营成本"),
            money,
            ((Text("energy", "能源"), month.energy_cost_micro), *month.other_costs),
            (Text("total costs", "成本合计"), costs),
        ),
        Section(Text("Result", "经营结果"), money, ((Text("net operating income", "运营净收益"), income),)),
        Section(
            Text("Operation", "运行情况"),
            (
                Head(Text("item", "项目")),
                Head(Text("share", "比率"), "share"),
                Head(Text("count", "数量"), "whole"),
            ),
            (
                (Text("utilisation", "利用率"), utilisation, None),
                (Text("net operating margin", "运营净收益率"), margin, None),
                (
                    Text("device time used (device-seconds)", "使用时长（卡·秒）"),
                    None,
                    revenue.usage_milli // 1000,
                ),
                (
                    Text("device time offered (device-seconds)", "可供时长（卡·秒）"),
                    None,
                    month.capacity_milli // 1000,
                ),
                (Text("energy bought (Wh)", "购入电量（瓦时）"), None, month.energy_wh),
            ),
        ),
    )
    note = Text(
        "Shares are rounded down to 0.01 %. Costs, capacity and energy are the centre's own readings.",
        "比率向下取至 0.01%。成本、容量与电量为算力中心自报读数。",
    )
    title = Text("Operating statement of the compute centre", "算力中心运营报表")
    currency = period.state.centres[centre].currency
    return Statement(title, centre, period.from_at, period.to_at, currency, sections, (ROUNDING_NOTE, note))
