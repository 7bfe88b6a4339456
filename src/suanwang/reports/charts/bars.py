"""Bars: cost by part, what is not served and why, energy and carbon by province, waits."""

from collections.abc import Sequence

import numpy as np

from suanwang.model.result import REASON_TEXTS, Outcome
from suanwang.reports.charts.theme import Chart, Json, Pen, finished
from suanwang.reports.charts.view import View
from suanwang.reports.charts.words import carbon, energy, hours, percent, short_count, short_yuan
from suanwang.reports.indicators import carbon_by_pool, wait_counts
from suanwang.units.rounding import exact_sum
from suanwang.units.text import Text

PROVINCES_SHOWN = 14
WAIT_BARS = 24
BAR_PX = 24


def parts_micro(outcome: Outcome) -> list[int]:
    """Compute, electricity, carbon, data, and the value of what is not served."""
    parts = (outcome.compute_micro, outcome.energy_micro, outcome.carbon_micro, outcome.data_micro)
    return [*(exact_sum(part) for part in parts), exact_sum(outcome.total_micro[~outcome.served])]


def cost_by_part(view: View, pen: Pen) -> Chart:
    """The parts of the cost, with those of the baseline under them."""
    names = [
        pen.say("compute", "算力"),
        pen.say("electricity", "电力"),
        pen.say("carbon", "碳"),
        pen.say("moving data", "数据传输"),
        pen.say("value not served", "未服务的价值"),
    ]
    plan, total = parts_micro(view.outcome), max(view.report.cost_micro, 1)
    both = [pen.say("this plan", "本计划"), pen.say("first come", "先来先服务")]
    rows: list[dict[str, Json]] = [
        {
            "name": name,
            "who": both[0],
            "value": part / 1e6,
            "says": f"{short_yuan(part, pen.language)} · {percent(part / total)}",
        }
        for name, part in zip(names, plan, strict=True)
    ]
    if view.beside is not None:
        rows += [
            {"name": name, "who": both[1], "value": part / 1e6, "says": short_yuan(part, pen.language)}
            for name, part in zip(names, parts_micro(view.beside), strict=True)
        ]
    spec = labelled_bars(pen, rows, names, both if view.beside is not None else both[:1])
    return Chart(
        "cost",
        pen.say("What it costs", "费用构成"),
        pen.say(
            f"In all {short_yuan(view.report.cost_micro, 'en')}; what is not served counts with its value.",
            f"合计 {short_yuan(view.report.cost_micro, 'zh')}；未服务的作业按其价值计入。",
        ),
        spec,
    )


def labelled_bars(pen: Pen, rows: Sequence[dict[str, Json]], names: list[str], who: list[str]) -> dict[str, Json]:
    """Horizontal bars with their amounts written behind them, one colour for each of `who`."""
    largest = max((float(str(row["value"])) for row in rows), default=0.0)
    series = pen.theme.series
    y: dict[str, Json] = {
        "field": "name",
        "type": "nominal",
        "sort": names,
        "axis": {"title": None, "labelColor": pen.theme.ink, "labelLimit": 150},
        "scale": {"paddingInner": 0.28},
    }
    x: dict[str, Json] = {
        "field": "value",
        "type": "quantitative",
        "axis": None,
        "scale": {"domain": [0, max(largest, 1e-9) * (1.75 if pen.narrow else 1.3)]},
    }
    shared: dict[str, Json] = {"x": x, "y": y}
    if len(who) > 1:
        shared["yOffset"] = {"field": "who", "sort": who, "scale": {"paddingInner": 0.1}}
    return finished(
        pen,
        {
            "width": pen.width_px,
            "height": {"step": BAR_PX if len(who) == 1 else BAR_PX * 0.8},
            "autosize": {"type": "fit-x", "contains": "padding"},
            "data": {"values": list(rows)},
            "layer": [
                {
                    "mark": {"type": "bar", "cornerRadiusEnd": 2},
                    "encoding": {
                        **shared,
                        "color": {
                            "field": "who",
                            "type": "nominal",
                            "scale": {"domain": who, "range": list(series[: len(who)])},
                            "legend": {"title": None, "symbolType": "square"} if len(who) > 1 else None,
                        },
                    },
                },
                {
                    "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 12 if len(who) == 1 else 11},
                    "encoding": {**shared, "text": {"field": "says"}},
                },
            ],
        },
    )


def served_and_not(view: View, pen: Pen) -> Chart:
    """How many jobs are served, and why the others are not."""
    report, everyone = view.report, max(view.report.jobs, 1)
    reasons = {str(reason): text for reason, text in REASON_TEXTS.items()}
    rows = [(pen.say("served", "已安排"), report.served, "served")]
    rows += [
        (reasons.get(reason, Text(reason, reason)).say(pen.language), count, "not")
        for reason, count in sorted(report.unserved_by_reason.items(), key=lambda item: -item[1])
    ]
    values: list[dict[str, Json]] = [
        {
            "name": name,
            "kind": kind,
            "value": count,
            "says": f"{count:,} · {percent(count / everyone, 2 if count / everyone < 0.01 else 1)}",
        }
        for name, count, kind in rows
    ]
    y: dict[str, Json] = {
        "field": "name",
        "type": "nominal",
        "sort": [name for name, _, _ in rows],
        "axis": None,
    }
    x: dict[str, Json] = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": [0, everyone]}}
    series = pen.theme.series
    body: dict[str, Json] = {
        "width": pen.width_px - 8,
        "height": {"step": 44},
        "data": {"values": values},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2, "height": 12, "yOffset": 9},
                "encoding": {
                    "x": x,
                    "y": y,
                    "color": {
                        "field": "kind",
                        "type": "nominal",
                        "scale": {"domain": ["served", "not"], "range": [series[2], series[3]]},
                        "legend": None,
                    },
                },
            },
            {
                "mark": {"type": "text", "align": "left", "dy": -7, "x": 0},
                "encoding": {"y": y, "text": {"field": "name"}},
            },
            {
                "mark": {"type": "text", "align": "right", "dy": -7, "x": pen.width_px - 8, "color": pen.theme.muted},
                "encoding": {"y": y, "text": {"field": "says"}},
            },
        ],
    }
    return Chart(
        "served",
        pen.say("Served, and why not", "服务与未服务"),
        pen.say(
            f"{report.served:,} of {report.jobs:,} jobs have a place.",
            f"{report.jobs:,} 个作业中，{report.served:,} 个已安排。",
        ),
        finished(pen, body),
    )


def power_by_province(view: View, pen: Pen) -> Chart:
    """Energy and carbon of placed work, by the province in which it runs."""
    usage = view.usage
    kwh = usage.busy_milli.sum(axis=1) / 1000 * usage.facility_kw * view.slot_hours
    grams = carbon_by_pool(view.scenario, usage)
    sums: dict[str, tuple[float, float]] = {}
    for place, used, emitted in zip(usage.province.to_list(), kwh.tolist(), grams.tolist(), strict=True):
        before = sums.get(place, (0.0, 0.0))
        sums[place] = (before[0] + used * 1000, before[1] + emitted)
    ordered = sorted((item for item in sums.items() if item[1][0] > 0), key=lambda item: (-item[1][0], item[0]))
    lines = [
        (view.places.names[place].say(pen.language), amounts) for place, amounts in ordered[:PROVINCES_SHOWN]
    ]
    if rest := ordered[PROVINCES_SHOWN:]:
        others = (sum(amounts[0] for _, amounts in rest), sum(amounts[1] for _, amounts in rest))
        lines.append((pen.say(f"{len(rest)} others", f"其余 {len(rest)} 个"), others))
    names = [name for name, _ in lines]
    values: list[dict[str, Json]] = [
        {
            "name": name,
            "energy": used / 1000,
            "carbon": emitted / 1000,
            "energy_says": energy(used),
            "carbon_says": carbon(emitted),
        }
        for name, (used, emitted) in lines
    ]
    room = 90
    panel_px = (pen.width_px - room - 24) // 2
    series = pen.theme.series
    panels: list[Json] = [
        province_panel(pen, names, "energy", pen.say("energy", "用电量"), series[0], panel_px, True),
        province_panel(pen, names, "carbon", pen.say("carbon dioxide", "碳排放"), series[3], panel_px, False),
    ]
    intensity = view.report.carbon_location_g / max(view.report.energy_wh / 1000, 1e-9)
    return Chart(
        "power",
        pen.say("Energy and carbon by province", "各省用电与碳排放"),
        pen.say(
            f"{energy(view.report.energy_wh)} with cooling, {carbon(view.report.carbon_location_g)} of CO₂ at "
            f"grid factors: {intensity:,.0f} g per kWh.",
            f"含制冷用电 {energy(view.report.energy_wh)}，按电网因子排放 {carbon(view.report.carbon_location_g)} "
            f"二氧化碳，每千瓦时 {intensity:,.0f} 克。",
        ),
        finished(pen, {"data": {"values": values}, "spacing": 12, "hconcat": panels}),
    )


def province_panel(
    pen: Pen, names: list[str], field: str, title: str, colour: str, width_px: int, labelled: bool
) -> dict[str, Json]:
    """One of the two columns of bars; only the first has the names."""
    y: dict[str, Json] = {
        "field": "name",
        "type": "nominal",
        "sort": names,
        "axis": {"title": None, "labelColor": pen.theme.ink, "minExtent": 78} if labelled else None,
        "scale": {"paddingInner": 0.3},
    }
    return {
        "width": width_px,
        "height": {"step": 20},
        "title": {"text": title, "fontSize": 12, "fontWeight": "normal", "color": pen.theme.muted, "anchor": "start"},
        "encoding": {"y": y},
        "transform": [{"joinaggregate": [{"op": "max", "field": field, "as": "most"}]}],
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2, "color": colour},
                "encoding": {
                    "x": {"field": field, "type": "quantitative", "axis": None, "scale": {"zero": True}},
                },
            },
            {
                "mark": {"type": "bar", "opacity": 0},
                "transform": [{"calculate": "datum.most * 1.55", "as": "room"}],
                "encoding": {"x": {"field": "room", "type": "quantitative"}},
            },
            {
                "mark": {"type": "text", "align": "left", "dx": 5, "fontSize": 11},
                "encoding": {
                    "x": {"field": field, "type": "quantitative"},
                    "text": {"field": f"{field}_says"},
                },
            },
        ],
    }


def waits(view: View, pen: Pen) -> Chart:
    """How long served jobs wait from release to start; the longest waits are taken together."""
    counts = wait_counts(view.scenario, view.outcome)
    everyone = max(int(counts.sum()), 1)
    step = max(1, -(-(len(counts) - 1) // WAIT_BARS))
    edges = [1, *range(1 + step, len(counts), step)] if len(counts) > 1 else []
    shares = [float(counts[0])] + ([float(n) for n in np.add.reduceat(counts, edges)] if edges else [])
    labels = [hours(0, pen.language)]
    for edge in edges:
        last = min(edge + step, len(counts)) - 1
        span = f"{edge * view.slot_hours:g}" + (f"–{last * view.slot_hours:g}" if last > edge else "")
        labels.append(pen.say(f"{span} h", f"{span} 小时"))
    values: list[dict[str, Json]] = [
        {
            "bar": i,
            "label": "0" if i == 0 else f"{edges[i - 1] * view.slot_hours:g}",
            "share": count / everyone,
            "kind": "now" if i == 0 else "later",
            "says": f"{label} · {short_count(count, pen.language)} · {percent(count / everyone)}",
        }
        for i, (label, count) in enumerate(zip(labels, shares, strict=True))
    ]
    series = pen.theme.series
    middle, late = (view.report.wait_slots_p50, view.report.wait_slots_p95)
    said = [hours((wait or 0) * view.slot_hours, pen.language) for wait in (middle, late)]
    body: dict[str, Json] = {
        "width": pen.width_px,
        "height": 220,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": values},
        "mark": {"type": "bar", "cornerRadiusEnd": 2},
        "encoding": {
            "x": {
                "field": "label",
                "type": "ordinal",
                "sort": None,
                "axis": {"title": pen.say("hours from release to start", "从可运行到开始的小时数"), "labelAngle": 0,
                         "labelOverlap": "greedy"},
                "scale": {"paddingInner": 0.15},
            },
            "y": {
                "field": "share",
                "type": "quantitative",
                "axis": {"title": None, "format": ".0%", "tickCount": 4},
            },
            "color": {
                "field": "kind",
                "type": "nominal",
                "scale": {"domain": ["now", "later"], "range": [series[2], series[0]]},
                "legend": None,
            },
            "description": {"field": "says"},
        },
    }
    return Chart(
        "waits",
        pen.say("How long jobs wait", "等待多久"),
        pen.say(
            f"{percent(shares[0] / everyone)} start at once; half within {said[0]}, 95 % within {said[1]}. "
            "A wait is a cheaper hour before the deadline, or a full pool.",
            f"{percent(shares[0] / everyone)} 立即开始；半数在 {said[0]}内，95 % 在 {said[1]}内。等待或是为了"
            "截止前更便宜的时段，或因资源已满。",
        ),
        finished(pen, body),
    )
