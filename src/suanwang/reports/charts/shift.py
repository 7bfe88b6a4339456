"""How the plan follows the price of electricity: power drawn hour by hour, beside the price."""

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.reports.charts.heat import time_axis
from suanwang.reports.charts.theme import Chart, Json, Pen, finished
from suanwang.reports.charts.view import View
from suanwang.reports.usage import MILLI, Usage
from suanwang.reports.words import scaled_unit

KILOWATT = ("kW", "MW", "GW")
AXIS_ROOM_PX = 64


class PowerByHour(msgspec.Struct, frozen=True):
    """`plan_kw`, `beside_kw` (None without a baseline): (slot,) power of placed work with PUE.

    `price`: (slot,) CNY per kWh, mean over the network weighted by the power of all available devices.
    """

    plan_kw: NDArray[np.float64]
    beside_kw: NDArray[np.float64] | None
    price: NDArray[np.float64]


def power_by_hour(view: View) -> PowerByHour:
    """Power and price by slot."""
    usage = view.usage

    def drawn(used: Usage) -> NDArray[np.float64]:
        return used.facility_kw @ used.busy_milli / MILLI

    most_kw = usage.available_milli * usage.facility_kw[:, None] / MILLI
    slots = view.scenario.header.slots
    value = np.zeros(slots)
    for zone, price in enumerate(usage.signals.price_micro_per_kwh):
        value += most_kw[usage.zone == zone].sum(axis=0) * price / 1e6
    return PowerByHour(
        drawn(usage),
        drawn(view.beside_usage) if view.beside_usage is not None else None,
        value / np.maximum(most_kw.sum(axis=0), 1e-9),
    )


def paid_per_kwh(view: View, used: Usage) -> float:
    """CNY per kWh that a plan pays on average; 0 where it uses none."""
    energy = cost = 0.0
    for zone, price in enumerate(used.signals.price_micro_per_kwh):
        rows = used.zone == zone
        drawn_kw = used.facility_kw[rows] @ used.busy_milli[rows]
        energy += float(drawn_kw.sum())
        cost += float(drawn_kw @ price) / 1e6
    return cost / energy if energy else 0.0


def load_and_price(view: View, pen: Pen) -> Chart:
    """Two panels over the same hours: power drawn, beside the baseline, and the price of electricity."""
    bins = view.bins(168)
    power = power_by_hour(view)
    plan, price = bins.means(power.plan_kw), bins.means(power.price)
    beside = bins.means(power.beside_kw) if power.beside_kw is not None else None
    rows: list[dict[str, Json]] = []
    for i, label in enumerate(bins.label[:-1]):
        drawn = scaled_unit(float(plan[i]), KILOWATT)
        says = pen.say(f"{label} · {drawn}", f"{label} · {drawn}")
        if beside is not None:
            first = scaled_unit(float(beside[i]), KILOWATT)
            says += pen.say(f" · first come {first}", f" · 先来先服务 {first}")
        says += pen.say(f" · {price[i]:.3f} CNY/kWh", f" · {price[i]:.3f} 元/千瓦时")
        row: dict[str, Json] = {
            "from": bins.wall_ms[i],
            "to": bins.wall_ms[i + 1],
            "plan": float(plan[i]),
            "price": round(float(price[i]), 5),
            "says": says,
        }
        if beside is not None:
            row["beside"] = float(beside[i])
        rows.append(row)
    # Steps need the last value once more at the end.
    rows.append({**rows[-1], "from": bins.wall_ms[-1], "to": bins.wall_ms[-1], "says": ""})
    paid, mean = paid_per_kwh(view, view.usage), float(power.price.mean())
    caption = pen.say(
        f"The plan pays {paid:.3f} CNY/kWh on average, against a mean of {mean:.3f} over the network and all "
        "hours",
        f"本计划平均购电价 {paid:.3f} 元/千瓦时，全网全时段平均为 {mean:.3f}",
    )
    if view.beside_usage is not None:
        first = paid_per_kwh(view, view.beside_usage)
        caption += pen.say(
            f", and {first:.3f} under first come, first served", f"，先来先服务则为 {first:.3f}"
        )
    return Chart(
        "shift",
        pen.say("Load and the price of electricity", "负荷与电价"),
        caption + pen.say(".", "。"),
        panels(pen, rows, float(max(plan.max(), 0 if beside is None else beside.max())), beside is not None),
    )


def panels(pen: Pen, rows: list[dict[str, Json]], most_kw: float, with_beside: bool) -> dict[str, Json]:
    """The two panels, one over the other."""
    scale, unit = next(((s, u) for s, u in ((1e6, "GW"), (1e3, "MW")) if most_kw >= 2 * s), (1.0, "kW"))
    series = pen.theme.series
    width = pen.width_px - AXIS_ROOM_PX + 14
    first, last = int(str(rows[0]["from"])), int(str(rows[-1]["to"]))
    x: dict[str, Json] = {
        "field": "from",
        "type": "temporal",
        "scale": {"type": "utc", "nice": False},
    }
    axis = time_axis(pen, first, last)
    value_axis: dict[str, Json] = {
        "minExtent": AXIS_ROOM_PX - 24,
        "tickCount": 4,
        "titleAnchor": "end",
        "titleAngle": 0,
        "titleAlign": "left",
        "titleX": -AXIS_ROOM_PX + 24,
        "titleY": -8,
    }
    names = [pen.say("this plan", "本计划")]
    if with_beside:
        names.append(pen.say("first come, first served", "先来先服务"))
    drawn: list[Json] = [
        {
            "mark": {"type": "area", "interpolate": "step-after", "opacity": 0.25, "color": series[0]},
            "encoding": {"x": {**x, "axis": None}, "y": power_channel("plan", scale, unit, value_axis)},
        },
        line(x, power_channel("plan", scale, unit, value_axis), names, series, 0, 2.0),
    ]
    if with_beside:
        drawn.append(line(x, power_channel("beside", scale, unit, value_axis), names, series, 1, 1.6))
    price: dict[str, Json] = {
        "field": "price",
        "type": "quantitative",
        "axis": {**value_axis, "title": pen.say("CNY/kWh", "元/千瓦时"), "tickCount": 3},
    }
    return finished(
        pen,
        {
            "data": {"values": rows},
            "spacing": 26,
            "vconcat": [
                {"width": width, "height": 170, "layer": [*drawn, hover({**x, "axis": None})]},
                {
                    "width": width,
                    "height": 80,
                    "layer": [
                        {
                            "mark": {
                                "type": "area",
                                "interpolate": "step-after",
                                "color": series[3],
                                "opacity": 0.18,
                                "line": {"color": series[3], "strokeWidth": 1.8},
                            },
                            "encoding": {"x": {**x, "axis": axis}, "y": price},
                        },
                        hover({**x, "axis": axis}),
                    ],
                },
            ],
        },
    )


def hover(x: dict[str, Json]) -> dict[str, Json]:
    """Unseen bands, one for each bin, that carry its figures."""
    return {
        "transform": [{"filter": "datum.to > datum.from"}],
        "mark": {"type": "rect", "opacity": 0},
        "encoding": {"x": x, "x2": {"field": "to"}, "tooltip": {"field": "says"}},
    }


def power_channel(field: str, scale: float, unit: str, axis: dict[str, Json]) -> dict[str, Json]:
    """The vertical channel of a power, labelled in `unit`."""
    return {
        "field": field,
        "type": "quantitative",
        "axis": {**axis, "title": unit, "labelExpr": f"format(datum.value / {scale:g}, ',~g')"},
    }


def line(
    x: dict[str, Json],
    y: dict[str, Json],
    names: list[str],
    series: tuple[str, ...],
    which: int,
    width: float,
) -> dict[str, Json]:
    """A stepped line with its entry in the legend."""
    return {
        "mark": {"type": "line", "interpolate": "step-after", "strokeWidth": width},
        "encoding": {
            "x": {**x, "axis": None},
            "y": y,
            "color": {
                "datum": names[which],
                "scale": {"domain": names, "range": list(series[: len(names)])},
                "legend": {"title": None},
            },
        },
    }
