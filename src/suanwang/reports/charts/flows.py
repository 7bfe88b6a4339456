"""A map-like picture of who computes where: arcs from the provinces of users to those of centres.

Only points and a graticule are drawn, no borders.
"""

from math import pi, sqrt

import msgspec
import numpy as np
import polars as pl

from suanwang.reports.charts.projection import ARC_POINTS, Frame, Plane, Point, arc, graticule
from suanwang.reports.charts.theme import Chart, Json, Pen, finished
from suanwang.reports.charts.view import View
from suanwang.reports.indicators import group_index
from suanwang.reports.places import PROVINCES, provinces_of
from suanwang.reports.words import percent, short_count

FLOWS_SHOWN = 45
FLOWS_SHOWN_NARROW = 30
# Where neighbours crowd, names stand to the left of their point, so that they do not cover each other.
NAMED_TO_THE_LEFT = frozenset(("11", "14", "15", "23", "34", "42", "45", "50", "51", "52", "53", "62", "63"))
Row = dict[str, Json]


class Flow(msgspec.Struct, frozen=True):
    """Device-hours that users in `begin` run in centres in `end`; codes of provinces."""

    begin: str
    end: str
    device_hours: float


def flows_of(view: View) -> list[Flow]:
    """Every flow between two provinces and within one, the largest first."""
    usage, outcome = view.usage, view.outcome
    homes = provinces_of(view.scenario.jobs["region"])
    places, code = group_index(pl.concat([homes, usage.province]))
    jobs, served, count = len(homes), outcome.served, len(places)
    here, there = code[:jobs][served], code[jobs:][outcome.pool[served]]
    work = (usage.job_milli * usage.job_slots)[served] * view.slot_hours / 1000
    hours = np.bincount(here * count + there, work, count**2)
    order = np.argsort(-hours, kind="stable")
    return [
        Flow(places[index // count], places[index % count], float(hours[index]))
        for index in order[hours[order] > 0].tolist()
    ]


def flow_map(view: View, pen: Pen) -> Chart:
    """Arcs for the largest flows between provinces, thickest where they arrive; discs for work done there."""
    flows = flows_of(view)
    points = view.places.points
    if any(place in PROVINCES for place in points):
        points = {code: (province.lon, province.lat) for code, province in PROVINCES.items()} | points
    plane = Plane.about(list(points.values()))
    at = {place: plane.put(*point) for place, point in points.items()}
    frame = Frame.around(list(at.values()), pen.width_px - 8)
    net: list[Row] = [
        {"line": number, "step": step, "x": round(x, 5), "y": round(y, 5)}
        for number, line in enumerate(graticule(list(points.values()), plane))
        for step, (x, y) in enumerate(line)
    ]
    total = sum(flow.device_hours for flow in flows)
    away = sum(flow.device_hours for flow in flows if flow.begin != flow.end)
    caption = pen.say(
        f"{percent(away / total if total else 0)} of {short_count(total, 'en')} device-hours run outside the "
        "user's own province. Each arc swells towards the place where the work runs; discs show work done in "
        "a province, rings the work its users ask for.",
        f"{short_count(total, 'zh')}卡时中，{percent(away / total if total else 0)} 在用户所在省以外运行。"
        "弧线由用户地指向算力地，末端渐粗；圆面为当地承担的算力，圆环为当地用户的需求。",
    )
    layers = [
        *background(pen, frame, net, at),
        arcs_layer(pen, frame, arc_rows(view, pen, flows, at)),
        *discs_layers(pen, frame, disc_rows(view, pen, flows, at)),
    ]
    body: dict[str, Json] = {
        "width": frame.width_px,
        "height": frame.height_px,
        "layer": layers,
        "resolve": {"scale": {"size": "independent"}},
    }
    return Chart(
        "flows", pen.say("Where the work goes", "算力流向"), caption, finished(pen, body, keeps_shape=True)
    )


def arc_rows(view: View, pen: Pen, flows: list[Flow], at: dict[str, Point]) -> list[Row]:
    """Rows of the largest flows between two places, each a run of points with a growing width."""
    moving = [flow for flow in flows if flow.begin != flow.end and flow.begin in at and flow.end in at]
    shown = moving[:FLOWS_SHOWN]
    unit = pen.say(" device-hours", "卡时")
    rows: list[Row] = []
    # The largest flow is drawn last, on top.
    for number, flow in reversed(list(enumerate(shown))):
        width = sqrt(flow.device_hours / shown[0].device_hours)
        west = at[flow.end][0] < at[flow.begin][0]
        names = [view.places.names[place].say(pen.language) for place in (flow.begin, flow.end)]
        # A trail is one mark: it says what its first point says.
        told = {"says": f"{names[0]} → {names[1]} · {short_count(flow.device_hours, pen.language)}{unit}"}
        for step, (x, y) in enumerate(arc(at[flow.begin], at[flow.end])):
            rows.append(
                {
                    "flow": number,
                    "step": step,
                    "x": round(x, 5),
                    "y": round(y, 5),
                    "width": round(width * (0.12 + 0.88 * (step / (ARC_POINTS - 1)) ** 1.5), 4),
                    "way": "west" if west else "east",
                    **(told if step == 0 else {}),
                }
            )
    return rows


def disc_rows(view: View, pen: Pen, flows: list[Flow], at: dict[str, Point]) -> list[Row]:
    """A row for every place with demand or work: what its users ask for, what it runs, and its name."""
    unit = pen.say(" device-hours", "卡时")
    asked: dict[str, float] = {}
    run: dict[str, float] = {}
    for flow in flows:
        asked[flow.begin] = asked.get(flow.begin, 0.0) + flow.device_hours
        run[flow.end] = run.get(flow.end, 0.0) + flow.device_hours
    largest = max([*asked.values(), *run.values(), 1e-9])
    rows: list[Row] = []
    for place in sorted((asked | run).keys() & at.keys(), key=lambda p: (-run.get(p, 0.0), p)):
        name = view.places.names[place].say(pen.language)
        wants, does = asked.get(place, 0.0), run.get(place, 0.0)
        demand, work = short_count(wants, pen.language), short_count(does, pen.language)
        rows.append(
            {
                "name": name,
                "x": round(at[place][0], 5),
                "y": round(at[place][1], 5),
                "side": "right" if place in NAMED_TO_THE_LEFT else "left",
                "asked": round(wants / largest, 6),
                "run": round(does / largest, 6),
                "says": pen.say(
                    f"{name} · runs {work}{unit} · its users ask for {demand}",
                    f"{name} · 承担 {work}{unit} · 本地需求 {demand}{unit}",
                ),
            }
        )
    return rows


def disc_area_px(pen: Pen) -> float:
    """Area of the largest disc or ring."""
    return 420 if pen.narrow else 900


def position(frame: Frame) -> dict[str, Json]:
    """The channels that put a row on the picture."""
    return {
        channel: {
            "field": channel,
            "type": "quantitative",
            "scale": {"domain": list(domain), "nice": False, "zero": False},
            "axis": None,
        }
        for channel, domain in (("x", (frame.left, frame.right)), ("y", (frame.low, frame.high)))
    }


def background(pen: Pen, frame: Frame, net: list[Row], at: dict[str, Point]) -> list[Json]:
    """The graticule and a quiet point for every place."""
    quiet: list[Row] = [{"x": round(x, 5), "y": round(y, 5)} for x, y in at.values()]
    return [
        {
            "data": {"values": net},
            "mark": {"type": "line", "stroke": pen.theme.grid, "strokeWidth": 1, "clip": True},
            "encoding": {**position(frame), "detail": {"field": "line"}, "order": {"field": "step"}},
        },
        {
            "data": {"values": quiet},
            "mark": {"type": "circle", "size": 14, "color": pen.theme.muted, "opacity": 0.6},
            "encoding": position(frame),
        },
    ]


def arcs_layer(pen: Pen, frame: Frame, rows: list[Row]) -> Json:
    """The arcs, coloured by whether they lead west or east."""
    words = json_words(pen.say("westward", "向西"), pen.say("eastward", "向东"))
    return {
        "data": {"values": rows},
        "transform": [{"filter": f"datum.flow < {FLOWS_SHOWN_NARROW if pen.narrow else FLOWS_SHOWN}"}],
        "mark": {"type": "trail", "opacity": 0.55},
        "encoding": {
            **position(frame),
            "detail": {"field": "flow"},
            "order": {"field": "step"},
            "size": {
                "field": "width",
                "type": "quantitative",
                "scale": {"domain": [0, 1], "range": [0, 6 if pen.narrow else 9]},
                "legend": None,
            },
            "color": {
                "field": "way",
                "type": "nominal",
                "scale": {"domain": ["west", "east"], "range": [pen.theme.series[0], pen.theme.series[3]]},
                "legend": {
                    "title": None,
                    "orient": "bottom-left",
                    "symbolType": "stroke",
                    "labelExpr": f"datum.value == 'west' ? {words[0]} : {words[1]}",
                },
            },
            "tooltip": {"field": "says"},
        },
    }


def json_words(*words: str) -> list[str]:
    """Words as literals of an expression."""
    return [msgspec.json.encode(word).decode() for word in words]


def discs_layers(pen: Pen, frame: Frame, rows: list[Row]) -> list[Json]:
    """Discs of work done, rings of work asked for, and names with a halo."""
    ink, surface = pen.theme.ink, pen.theme.surface
    size: dict[str, Json] = {
        "type": "quantitative",
        "scale": {"domain": [0, 1], "range": [0, disc_area_px(pen)]},
        "legend": None,
    }
    side = "datum.side == 'left' ? 1 : -1"
    name: dict[str, Json] = {
        "type": "text",
        "align": {"expr": "datum.side"},
        "baseline": "middle",
        "dx": {"expr": f"(sqrt({disc_area_px(pen) / pi:.3f} * max(datum.asked, datum.run)) + 3) * ({side})"},
        "fontSize": 11 if pen.narrow else 12,
    }
    named: dict[str, Json] = {**position(frame), "text": {"field": "name"}}
    data: dict[str, Json] = {"values": rows}
    return [
        {
            "data": data,
            "mark": {"type": "circle", "opacity": 0.9, "color": pen.theme.series[2]},
            "encoding": {
                **position(frame),
                "size": {"field": "run", **size},
                "tooltip": {"field": "says"},
            },
        },
        {
            "data": data,
            "mark": {"type": "point", "filled": False, "stroke": ink, "strokeWidth": 1.2, "opacity": 0.8},
            "encoding": {
                **position(frame),
                "size": {"field": "asked", **size},
                "tooltip": {"field": "says"},
            },
        },
        {
            "data": data,
            "mark": {**name, "color": surface, "stroke": surface, "strokeWidth": 3.5, "opacity": 0.85},
            "encoding": named,
        },
        {"data": data, "mark": {**name, "color": ink}, "encoding": named},
    ]
