"""What it costs, by part, beside the baseline."""

from collections.abc import Sequence

from suanwang.model.result import Outcome
from suanwang.reports.charts.theme import Chart, Json, Pen, finished
from suanwang.reports.charts.view import View
from suanwang.reports.words import PART_TEXTS, percent, short_yuan
from suanwang.units.rounding import exact_sum

BAR_PX = 24


def parts_micro(outcome: Outcome) -> list[int]:
    """Compute, electricity, carbon, data, and the value of what is not served."""
    parts = (outcome.compute_micro, outcome.energy_micro, outcome.carbon_micro, outcome.data_micro)
    return [*(exact_sum(part) for part in parts), exact_sum(outcome.total_micro[~outcome.served])]


def cost_by_part(view: View, pen: Pen) -> Chart:
    """The parts of the cost, with those of the baseline under them."""
    names = [part.say(pen.language) for part in PART_TEXTS]
    plan, total = parts_micro(view.outcome), max(view.report.cost_micro, 1)
    both = [pen.say("this plan", "本计划"), pen.say("first come", "先来先服务")]
    rows = [
        bar(name, both[0], part, f"{short_yuan(part, pen.language)} · {percent(part / total)}")
        for name, part in zip(names, plan, strict=True)
    ]
    if view.beside is not None:
        rows += [
            bar(name, both[1], part, short_yuan(part, pen.language))
            for name, part in zip(names, parts_micro(view.beside), strict=True)
        ]
    spec = labelled_bars(pen, rows, names, both if view.beside is not None else both[:1])
    return Chart(
        "cost",
        pen.say("What it costs", "费用构成"),
        pen.say(
            f"In all {short_yuan(view.report.cost_micro, 'en')}; what is not served counts with its value.",
            f"合计 {short_yuan(view.report.cost_micro, 'zh')}；未安排的作业按其价值计入。",
        ),
        spec,
    )


def bar(name: str, who: str, amount_micro: int, says: str) -> dict[str, Json]:
    """One bar, as long as its yuan."""
    return {"name": name, "who": who, "value": amount_micro / 1e6, "says": says}


def labelled_bars(
    pen: Pen, rows: Sequence[dict[str, Json]], names: list[str], who: list[str]
) -> dict[str, Json]:
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
                    "mark": {
                        "type": "text",
                        "align": "left",
                        "dx": 5,
                        "fontSize": 12 if len(who) == 1 else 11,
                    },
                    "encoding": {**shared, "text": {"field": "says"}},
                },
            ],
        },
    )
