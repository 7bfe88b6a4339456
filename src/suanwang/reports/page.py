"""`report.html`: one file with everything in it, for a screen, a phone or paper; no other host is asked."""

from collections.abc import Sequence
from typing import Literal

import jinja2
import msgspec
from markupsafe import Markup

from suanwang.model.result import Outcome, Report
from suanwang.model.scenario import Scenario
from suanwang.reports.charts.catalogue import NARROW_PX, charts_of
from suanwang.reports.charts.embed import embedded
from suanwang.reports.charts.theme import DARK, FONTS, LIGHT, PAGE, Pen, css_variables
from suanwang.reports.charts.view import View
from suanwang.reports.headline import METHOD_TEXTS, baseline, claim, figures, span
from suanwang.reports.tables import (
    Table,
    flow_table,
    region_table,
    scarce_class_table,
    scarce_hour_table,
    scarce_pool_table,
)
from suanwang.reports.usage import Usage
from suanwang.reports.vega_script import vega_script
from suanwang.reports.words import phase, short_yuan
from suanwang.units.text import Language, Text

Place = Literal["full", "half", "map", "side"]

WORDS = {
    "brand": Text("Suanwang · clearing of a computing-power network", "算网 · 算力网出清报告"),
    "how": Text("How it was made", "如何得出"),
    "notes": Text("To know when reading", "阅读须知"),
    "assumptions": Text("Assumptions and sources of the scenario", "场景的假设与来源"),
    "no_script": Text(
        "The charts are drawn by JavaScript, which is off here.", "图表由 JavaScript 绘制，此处未启用。"
    ),
    "failed": Text("This chart could not be drawn", "此图未能绘出"),
}
SECTIONS = (
    (Text("Space: where work runs", "空间：算力在哪里"), ("flows",)),
    (Text("Time: when it runs", "时间：何时运行"), ("shift", "load", "waits", "served")),
    (Text("Money, power and carbon", "费用、电力与碳"), ("cost", "power")),
    (Text("Scarcity: what the prices say", "紧缺：价格说明了什么"), ("price", "scarce")),
)


class Panel(msgspec.Struct, frozen=True):
    """One box of the page: a chart, as JSON with a shape for a desk and one for a phone, or a table."""

    title: str
    caption: str
    place: Place
    chart: Markup | None = None
    table: Table | None = None


class Section(msgspec.Struct, frozen=True):
    """Panels under a heading."""

    title: str
    panels: list[Panel]


def render_page(
    scenario: Scenario,
    outcome: Outcome,
    report: Report,
    language: Language,
    beside: Outcome | None = None,
    assumptions: Sequence[Text] = (),
    usage: Usage | None = None,
) -> str:
    """The page of an outcome, in one language.

    `beside` is the first-come plan to compare with; `assumptions` are listed at the foot; `usage` saves
    measuring again. The page draws its charts itself, to its width and in the reader's light or dark scheme,
    and may load nothing.
    """
    view = View.of(scenario, outcome, report, beside, usage)
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("suanwang.reports"), autoescape=True, trim_blocks=True, lstrip_blocks=True
    )
    compared = baseline(report)
    return environment.get_template("report.html").render(
        html_language="zh-CN" if language == "zh" else "en",
        title=scenario.header.name,
        span=span(scenario).say(language),
        claim=claim(report).say(language),
        aside=compared.say(language) if compared else "",
        excess=excess_bars(report, language),
        cards=[
            {"what": f.what.say(language), "figure": f.figure.say(language), "more": f.more.say(language)}
            for f in figures(scenario, report, view.usage)
        ],
        sections=sections(view, language),
        facts=facts(scenario, report, language),
        notes=[note.say(language) for note in report.notes],
        assumptions=[assumption.say(language) for assumption in assumptions],
        words={name: text.say(language) for name, text in WORDS.items()},
        light=css_variables(LIGHT),
        dark=css_variables(DARK),
        fonts=FONTS,
        vega=Markup(vega_script()),
    )


def excess_bars(report: Report, language: Language) -> list[dict[str, str | float]]:
    """What each plan spends above the bound, as bars; none without a baseline."""
    if report.fcfs_cost_micro is None or report.gap is None:
        return []
    own, first = (max(cost - report.bound_micro, 0) for cost in (report.cost_micro, report.fcfs_cost_micro))
    most = max(own, first, 1)
    names = (
        Text("this plan, above the bound", "本计划高出下界"),
        Text("first come, above the bound", "先来先服务高出下界"),
    )
    return [
        {
            "name": name.say(language),
            "share": round(100 * excess / most, 2),
            "says": short_yuan(excess, language),
            "colour": f"var(--series-{which})",
        }
        for which, (name, excess) in enumerate(zip(names, (own, first), strict=True))
    ]


def sections(view: View, language: Language) -> list[Section]:
    """The sections that have something to show, with their charts and tables."""
    chosen = charts_of(view)
    found: list[Section] = []
    for heading, names in SECTIONS:
        panels = [chart_panel(view, name, language) for name in names if name in chosen]
        panels += tables_for(names[0], view, language)
        if panels:
            found.append(Section(heading.say(language), panels))
    return found


def chart_panel(view: View, name: str, language: Language) -> Panel:
    """A chart in its box; wide ones with a second shape for narrow screens."""
    entry = charts_of(view)[name]
    widths_px = [entry.width_px, NARROW_PX] if entry.width_px > NARROW_PX else [entry.width_px]
    shapes = [entry.draw(view, Pen(language, PAGE, width_px)) for width_px in widths_px]
    place: Place = "map" if name == "flows" else "full" if len(shapes) > 1 else "half"
    chart = Markup(embedded([shape.spec for shape in shapes]))
    return Panel(shapes[0].title, shapes[0].caption, place, chart)


def tables_for(first_chart: str, view: View, language: Language) -> list[Panel]:
    """The tables that stand in the section that begins with a chart of that name."""
    if first_chart == "flows":
        return [
            table_panel(Text("Largest flows", "最大的流向"), "side", flow_table(view, language), language),
            table_panel(
                Text("By region of users", "按用户所在地"), "full", region_table(view, language), language
            ),
        ]
    scarcity = view.report.scarcity
    if first_chart != "price" or scarcity is None:
        return []
    title = Text("What one more device would be worth", "多一张卡值多少")
    about = Text(
        f"Sum of the clearing prices over the horizon, for the pools where it is highest: what the network "
        "would save after paying the device's own rent and power. "
        f"Scarce capacity earns {short_yuan(scarcity.rent_micro, 'en')} in all; {scarcity.pools_priced:,} of "
        f"{view.scenario.pools.height:,} pools are scarce at some time.",
        f"出清价在整个时间范围内之和，列出最高的资源池：在付清该卡自身租价与电费之后，还能为全网节省的费用。"
        f"紧缺算力的总价值为 {short_yuan(scarcity.rent_micro, 'zh')}；"
        f"{view.scenario.pools.height:,} 个资源池中有 {scarcity.pools_priced:,} 个曾经紧缺。",
    ).say(language)
    return [
        table_panel(title, "full", scarce_pool_table(view, scarcity, language), language, about),
        table_panel(
            Text("By device class", "按卡型"), "half", scarce_class_table(view, scarcity, language), language
        ),
        table_panel(
            Text("Scarcest hours", "最紧缺的时段"),
            "half",
            scarce_hour_table(view, scarcity, language),
            language,
        ),
    ]


def table_panel(title: Text, place: Place, table: Table, language: Language, caption: str = "") -> Panel:
    """A table in its box."""
    return Panel(title.say(language), caption, place, table=table)


def facts(scenario: Scenario, report: Report, language: Language) -> list[tuple[str, str]]:
    """How the plan was made and at what prices: enough to make it again."""
    header = scenario.header
    spent = [f"{phase(name).say(language)} {seconds:.2f}" for name, seconds in report.seconds.items()]
    zero_bound = short_yuan(report.bound_uncapacitated_micro, language)
    losses = [short_yuan(loss, language) for loss in (report.price_loss_micro, report.place_loss_micro)]
    rows = [
        (Text("method", "方法"), METHOD_TEXTS[report.method].say(language)),
        (Text("seed, version", "种子、版本"), f"{report.seed}, suanwang {report.version}"),
        (Text("seconds by phase", "各阶段用时（秒）"), ", ".join(spent) or "–"),
        (Text("bound if capacity were unlimited", "不计容量限制的下界"), zero_bound),
        (
            Text("gap from prices and from placement", "差距来源：价格、安排"),
            f"{losses[0]}, {losses[1]}",
        ),
        (
            Text("carbon price", "碳价"),
            Text(
                f"CNY {header.carbon_price_micro_per_kg / 1000:,.2f} per tonne",
                f"{header.carbon_price_micro_per_kg / 1000:,.2f} 元/吨",
            ).say(language),
        ),
        (
            Text("moving data", "数据传输"),
            Text(
                f"CNY {header.data_cost_micro_per_gb_1000km / 1e6:,.4f} per GB and 1000 km, "
                "where no link is given",
                f"未列出的链路按 {header.data_cost_micro_per_gb_1000km / 1e6:,.4f} 元/GB·千公里",
            ).say(language),
        ),
    ]
    return [(name.say(language), value) for name, value in rows]
