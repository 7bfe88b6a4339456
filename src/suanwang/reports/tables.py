"""The tables of a report, as rows of words in one language."""

from datetime import datetime

import msgspec

from suanwang.model.scarcity import Scarcity
from suanwang.reports.charts.flows import flows_of
from suanwang.reports.charts.view import View
from suanwang.reports.places import province_of
from suanwang.reports.words import percent, short_yuan
from suanwang.units.money import yuan
from suanwang.units.text import Language, Text

FLOW_ROWS = 18
REGION_ROWS = 12
SCARCE_ROWS = 12
CLASS_ROWS = 10


class Heading(msgspec.Struct, frozen=True):
    """The head of a column; `number` ones stand to the right."""

    name: str
    number: bool = False


class Table(msgspec.Struct, frozen=True):
    """A table to be read."""

    columns: list[Heading]
    rows: list[list[str]]


def headings(language: Language, *columns: tuple[Text, bool]) -> list[Heading]:
    """Column heads in a language."""
    return [Heading(name.say(language), number) for name, number in columns]


def flow_table(view: View, language: Language) -> Table:
    """The largest flows between two provinces, with their share of all work."""
    flows = flows_of(view)
    total = sum(flow.device_hours for flow in flows)
    names = view.places.names
    away = [flow for flow in flows if flow.begin != flow.end][:FLOW_ROWS]
    return Table(
        headings(
            language,
            (Text("from → to", "流向"), False),
            (Text("device-hours", "卡时"), True),
            (Text("share", "占比"), True),
        ),
        [
            [
                f"{names[flow.begin].say(language)} → {names[flow.end].say(language)}",
                f"{flow.device_hours:,.0f}",
                percent(flow.device_hours / total),
            ]
            for flow in away
        ],
    )


def region_table(view: View, language: Language) -> Table:
    """The regions whose users ask for most, and how they are served."""
    named = {
        str(code): str(name) for code, name in view.scenario.regions.select("region", "name").iter_rows()
    }
    lines = sorted(view.report.by_region.items(), key=lambda item: (-item[1].device_hours, item[0]))
    rows: list[list[str]] = []
    for code, line in lines[:REGION_ROWS]:
        is_province = province_of(code) != code and code[2:].strip("0") == ""
        name = (
            view.places.names[province_of(code)].say(language)
            if is_province or code not in named
            else named[code]
        )
        rows.append(
            [
                name,
                f"{line.jobs:,}",
                percent(line.served / max(line.jobs, 1)),
                percent(line.served_away / max(line.served, 1)),
                f"{line.device_hours:,.0f}",
                short_yuan(line.cost_micro, language),
            ]
        )
    return Table(
        headings(
            language,
            (Text("region", "地区"), False),
            (Text("jobs", "作业"), True),
            (Text("served", "已安排"), True),
            (Text("of these elsewhere", "其中外省"), True),
            (Text("device-hours", "卡时"), True),
            (Text("cost", "费用"), True),
        ),
        rows,
    )


def scarce_pool_table(view: View, scarcity: Scarcity, language: Language) -> Table:
    """The pools where one more device would be worth most, beside its rent."""
    centre = {
        str(code): str(name) for code, name in view.scenario.centres.select("centre", "name").iter_rows()
    }
    unit = Text("CNY", "元").say(language)
    step = view.scenario.header.slot_minutes
    return Table(
        headings(
            language,
            (Text("pool", "资源池"), False),
            (Text("centre", "算力中心"), False),
            (Text("province", "省份"), False),
            (Text("device", "卡型"), False),
            (Text("devices", "卡数"), True),
            (Text("scarce hours", "紧缺小时"), True),
            (Text(f"worth of one more, {unit}", f"多一张的价值（{unit}）"), True),
            (Text(f"its rent, {unit}", f"其租价（{unit}）"), True),
            (Text("worth ÷ rent", "价值/租价"), True),
        ),
        [
            [
                line.pool,
                centre[line.centre],
                view.places.names[province_of(line.region)].say(language),
                line.device,
                f"{line.devices:,.10g}",
                f"{line.scarce_slots * step / 60:,.4g}",
                yuan(line.worth_micro_per_device),
                yuan(line.rent_micro_per_device),
                f"{line.worth_micro_per_device / line.rent_micro_per_device:.0%}"
                if line.rent_micro_per_device
                else "–",
            ]
            for line in scarcity.pools[:SCARCE_ROWS]
        ],
    )


def scarce_class_table(view: View, scarcity: Scarcity, language: Language) -> Table:
    """Device classes by the mean worth of one more device over the horizon."""
    return Table(
        headings(
            language,
            (Text("device", "卡型"), False),
            (Text("devices", "卡数"), True),
            (Text("mean worth, CNY", "平均价值（元）"), True),
            (Text("highest, CNY", "最高（元）"), True),
            (Text("where", "所在"), False),
        ),
        [
            [
                line.name,
                f"{line.devices:,.10g}",
                yuan(line.mean_worth_micro_per_device),
                yuan(line.best_worth_micro_per_device),
                line.best_pool,
            ]
            for line in scarcity.by_device[:CLASS_ROWS]
        ],
    )


def scarce_hour_table(view: View, scarcity: Scarcity, language: Language) -> Table:
    """The slots with the highest mean price over the network."""
    pools = view.scenario.pools.height
    return Table(
        headings(
            language,
            (Text("from", "起始"), False),
            (Text("pools with a price", "有价的资源池"), True),
            (Text("mean price, CNY per device-hour", "平均价（元/卡时）"), True),
        ),
        [
            [
                f"{datetime.fromisoformat(line.start):%m-%d %H:%M}",
                f"{line.pools_priced:,} / {pools:,}",
                f"{line.mean_price_micro / 1e6 / view.slot_hours:,.4f}",
            ]
            for line in scarcity.slots[:CLASS_ROWS]
        ],
    )
