"""Heat maps over the hours: how busy each device class is, and what its capacity is worth."""

import itertools
import json

import numpy as np
from numpy.typing import NDArray

from suanwang.reports.charts.theme import Chart, Json, Pen, finished
from suanwang.reports.charts.view import Bins, View
from suanwang.reports.words import percent

ROWS_MOST = 14
POOLS_SHOWN = 12
MONTHS_FROM_DAYS = 150
"""From here on an axis has a mark a month."""
LOAD_STEPS = (0.15, 0.3, 0.45, 0.6, 0.75, 0.9)
MICRO = 1e6


def classes_by_size(view: View) -> list[tuple[str, NDArray[np.int64]]]:
    """Device classes with the rows of their pools, the class with the most capacity first."""
    device = view.scenario.pools["device"].to_numpy()
    volume = view.usage.available_milli.sum(axis=1)
    classes = [(str(name), np.flatnonzero(device == name)) for name in dict.fromkeys(device.tolist())]
    return sorted(classes, key=lambda item: -int(volume[item[1]].sum()))[:ROWS_MOST]


def load_by_class(view: View, pen: Pen) -> Chart:
    """Busy share of every device class, hour by hour."""
    bins = view.bins(168)
    busy, available = view.usage.busy_milli, view.usage.available_milli
    rows: list[tuple[str, NDArray[np.float64]]] = []
    for name, members in classes_by_size(view):
        there = bins.sums(available[members].sum(axis=0).astype(np.float64))
        rows.append((name, bins.sums(busy[members].sum(axis=0).astype(np.float64)) / np.maximum(there, 1)))
    cells = [
        cell(bins, name, i, float(share), percent(float(share), 0), LOAD_STEPS)
        for name, shares in rows
        for i, share in enumerate(shares)
    ]
    return Chart(
        "load",
        pen.say("How busy the network is", "各类算力的利用率"),
        pen.say(
            "Busy share of available devices, by device class and hour; the largest classes on top.",
            "各卡型每时段的占用卡数占可用卡数之比；规模大的在上。",
        ),
        heat_map(pen, cells, [name for name, _ in rows], between(LOAD_STEPS, "%"), pen.theme.load, None),
    )


def price_by_class(view: View, pen: Pen) -> Chart:
    """Mean clearing price of every device class, hour by hour, weighted by capacity; yuan per device-hour."""
    bins = view.bins(168)
    available = view.usage.available_milli
    rows: list[tuple[str, NDArray[np.float64]]] = []
    for name, members in classes_by_size(view):
        there = available[members].astype(np.float64)
        value = (view.outcome.price_micro[members] * there).sum(axis=0)
        mean = bins.sums(value) / np.maximum(bins.sums(there.sum(axis=0)), 1) / MICRO / view.slot_hours
        rows.append((name, mean))
    return priced(
        pen,
        bins,
        rows,
        "price",
        pen.say("When capacity is scarce", "算力何时紧缺"),
        pen.say(
            "Clearing price by device class and hour: what one more device-hour would save the network. "
            "Grey is 0: there was room to spare.",
            "各卡型每时段的出清价：多一个卡时可为全网节省的费用（元/卡时）。灰色为 0：尚有余量。",
        ),
    )


def price_of_scarce_pools(view: View, pen: Pen) -> Chart:
    """Clearing price of the pools where one more device would be worth most; yuan per device-hour."""
    bins = view.bins(168)
    row_of = {pool: row for row, pool in enumerate(view.scenario.pools["pool"])}
    scarce = view.report.scarcity.pools[:POOLS_SHOWN] if view.report.scarcity else []
    price = np.where(view.usage.available_milli > 0, view.outcome.price_micro, 0) / MICRO / view.slot_hours
    rows = [(line.pool, bins.means(price[row_of[line.pool]])) for line in scarce]
    return priced(
        pen,
        bins,
        rows,
        "scarce",
        pen.say("The scarcest pools", "最紧缺的资源池"),
        pen.say(
            "Clearing price of the pools where one more device would be worth most, hour by hour.",
            "多一张卡最值钱的资源池，其逐时段出清价（元/卡时）。",
        ),
    )


def priced(
    pen: Pen, bins: Bins, rows: list[tuple[str, NDArray[np.float64]]], name: str, title: str, caption: str
) -> Chart:
    """A heat map of prices; the steps follow the prices that occur."""
    unit = pen.say("CNY per device-hour", "元/卡时")
    steps = price_steps(np.concatenate([prices for _, prices in rows]) if rows else np.zeros(0))
    cells = [
        cell(bins, row, i, float(price), f"{price:,.3f}", steps)
        for row, prices in rows
        for i, price in enumerate(prices)
    ]
    labels = ("0", *between(steps, "")[1:])
    return Chart(
        name, title, caption, heat_map(pen, cells, [row for row, _ in rows], labels, pen.theme.heat, unit)
    )


def price_steps(values: NDArray[np.float64]) -> tuple[float, ...]:
    """Six limits between seven colours: 0 alone, then even ratios from the 20 % price to the 97 % one."""
    positive = values[values > 0]
    low, high = (
        (float(value) for value in np.quantile(positive, [0.2, 0.97])) if positive.size else (1.0, 1.0)
    )
    ratio = max(high / max(low, high / 1000), 1.5) ** (1 / 4)
    return (0.0, *(float(f"{high * ratio**step:.2g}") for step in range(-4, 1)))


def between(limits: tuple[float, ...], unit: str) -> tuple[str, ...]:
    """What each colour stands for: below the first limit, between two, from the last on."""
    words = [f"{limit:.0%}"[:-1] if unit == "%" else f"{limit:,g}" for limit in limits]
    spans = [f"{low}–{high}" for low, high in itertools.pairwise(words)]
    return (f"<{words[0]}{unit}", *(span + unit for span in spans), f"≥{words[-1]}{unit}")


def cell(
    bins: Bins, row: str, index: int, value: float, told: str, limits: tuple[float, ...]
) -> dict[str, Json]:
    """One cell of a heat map. `step` is its colour; a value on a limit takes the higher, but 0 the lowest."""
    step = int(np.searchsorted(limits, value, side="right")) if value > 0 else 0
    return {
        "row": row,
        "from": bins.wall_ms[index],
        "to": bins.wall_ms[index + 1],
        "step": step,
        "told": told,
    }


def time_axis(pen: Pen, first_ms: int, last_ms: int) -> dict[str, Json]:
    """The axis of hours, days or months that suits the span; within a day the hour, at midnight the date."""
    days = (last_ms - first_ms) / 86_400_000
    date = "'%m-%d'" if days <= MONTHS_FROM_DAYS else "'%Y-%m'"
    hour = "utchours(datum.value) + utcminutes(datum.value) > 0 ? '%H:%M' : "
    return {
        "labelExpr": f"utcFormat(datum.value, {hour}{date})",
        "grid": False,
        "title": None,
        "tickCount": 5 if pen.narrow else 9,
        "labelOverlap": "greedy",
        "labelSeparation": 8,
    }


def heat_map(
    pen: Pen,
    cells: list[dict[str, Json]],
    rows: list[str],
    labels: tuple[str, ...],
    colours: tuple[str, ...],
    unit: str | None,
) -> dict[str, Json]:
    """A grid of rows by time, coloured in steps; `labels` say what each colour stands for."""
    first = min((int(str(cell["from"])) for cell in cells), default=0)
    last = max((int(str(cell["to"])) for cell in cells), default=1)
    # Each cell reaches a little under the next, which is drawn over it, so that no seam shows.
    under = f"min(datum.to + 0.4 * (datum.to - datum.from), {last})"
    after = json.dumps(f" {unit}" if unit else "")
    says = f"datum.row + ' · ' + utcFormat(datum.from, '%m-%d %H:%M') + ' · ' + datum.told + {after}"
    body: dict[str, Json] = {
        "width": pen.width_px,
        "height": {"step": 22 if pen.narrow else 26},
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": cells},
        "transform": [{"calculate": under, "as": "end"}, {"calculate": says, "as": "says"}],
        "mark": {"type": "rect"},
        "encoding": {
            "x": {
                "field": "from",
                "type": "temporal",
                "scale": {"type": "utc", "nice": False},
                "axis": time_axis(pen, first, last),
            },
            "x2": {"field": "end"},
            "y": {
                "field": "row",
                "type": "nominal",
                "sort": rows,
                "scale": {"paddingInner": 0.12},
                "axis": {
                    "title": None,
                    "labelLimit": 110 if pen.narrow else 170,
                    "labelColor": pen.theme.ink,
                },
            },
            "color": {
                "field": "step",
                "type": "ordinal",
                "scale": {"domain": list(range(len(colours))), "range": list(colours)},
                "legend": {
                    "title": unit,
                    "symbolType": "square",
                    "symbolSize": 150,
                    "symbolStrokeWidth": 0,
                    "columns": 4 if pen.narrow else len(colours),
                    "labelExpr": f"{json.dumps(labels)}[datum.value]",
                },
            },
            "tooltip": {"field": "says"},
        },
    }
    return finished(pen, body)
