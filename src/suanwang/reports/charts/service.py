"""What is served and what is not, and how long it waits."""

import numpy as np

from suanwang.model.result import REASON_TEXTS
from suanwang.reports.charts.theme import Chart, Json, Pen, Spec, finished
from suanwang.reports.charts.view import View
from suanwang.reports.indicators import group_index, wait_counts
from suanwang.reports.words import hours, percent
from suanwang.units.text import same

CLASSES_SHOWN = 5


def served_and_not(view: View, pen: Pen) -> Chart:
    """How many jobs are served, and why the others are not."""
    report = view.report
    reasons = {str(reason): text for reason, text in REASON_TEXTS.items()}
    told = [(pen.say("served", "已安排"), report.served, report.jobs, "served")]
    told += [
        (reasons.get(reason, same(reason)).say(pen.language), count, report.jobs, "not")
        for reason, count in sorted(report.unserved_by_reason.items(), key=lambda item: -item[1])
    ]
    told += [
        (pen.say(f"not served of those asking for {name}", f"{name} 作业中未安排"), missed, asked, "class")
        for name, missed, asked in unserved_by_class(view)
    ]
    return Chart(
        "served",
        pen.say("Served, and why not", "已安排与未安排"),
        pen.say(
            f"{report.served:,} of {report.jobs:,} jobs have a place.",
            f"{report.jobs:,} 个作业中，{report.served:,} 个已安排。",
        ),
        shares(pen, told),
    )


def unserved_by_class(view: View) -> list[tuple[str, int, int]]:
    """Device class that jobs name first, how many of its jobs are unserved, and how many ask; worst first."""
    book = view.scenario.options
    first = book.first[:-1][book.text_of_job]
    classes, code = group_index(book.device)
    if not classes:
        return []
    asked = np.bincount(code[first], minlength=len(classes))
    missed = np.bincount(code[first], ~view.outcome.served, len(classes)).astype(int)
    order = np.argsort(-missed / np.maximum(asked, 1), kind="stable")[:CLASSES_SHOWN]
    return [(classes[i], int(missed[i]), int(asked[i])) for i in order.tolist() if missed[i]]


def shares(pen: Pen, told: list[tuple[str, int, int, str]]) -> Spec:
    """Bars of shares: words over each on the left, the count and share on the right."""
    values: list[Json] = [
        {
            "name": name,
            "kind": kind,
            "value": count / max(everyone, 1),
            "says": f"{count:,} · {percent(count / max(everyone, 1), 2 if count * 100 < everyone else 1)}",
        }
        for name, count, everyone, kind in told
    ]
    series = pen.theme.series
    y: dict[str, Json] = {
        "field": "name",
        "type": "nominal",
        "sort": [name for name, *_ in told],
        "axis": None,
    }
    x: dict[str, Json] = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domain": [0, 1]}}
    colours = {"domain": ["served", "not", "class"], "range": [series[2], series[3], series[1]]}
    words: dict[str, Json] = {"type": "text", "dy": -7}
    return finished(
        pen,
        {
            "width": pen.width_px - 8,
            "height": {"step": 40},
            "data": {"values": values},
            "layer": [
                {
                    "mark": {"type": "bar", "cornerRadiusEnd": 2, "height": 11, "yOffset": 8},
                    "encoding": {
                        "x": x,
                        "y": y,
                        "color": {"field": "kind", "type": "nominal", "scale": colours, "legend": None},
                    },
                },
                {
                    "mark": {**words, "align": "left", "x": 0},
                    "encoding": {"y": y, "text": {"field": "name"}},
                },
                {
                    "mark": {**words, "align": "right", "x": "width", "color": pen.theme.muted},
                    "encoding": {"y": y, "text": {"field": "says"}},
                },
            ],
        },
    )


def doubling(length: int) -> list[int]:
    """Edges 0, 1, 2, 3, 5, 9, 17 … up to `length`: after the third, each bin is twice the one before."""
    edges = [0, 1]
    while edges[-1] < length:
        edges.append(max(2 * edges[-1] - 1, edges[-1] + 1))
    edges[-1] = length
    return edges


def waits(view: View, pen: Pen) -> Chart:
    """How long served jobs wait from release to start in bins that double."""
    counts = wait_counts(view.scenario, view.outcome)
    everyone = max(int(counts.sum()), 1)
    edges = doubling(len(counts))
    shares = np.add.reduceat(counts, edges[:-1]) / everyone
    values: list[Json] = []
    for first, end, share in zip(edges, edges[1:], shares.tolist(), strict=False):
        span = f"{first * view.slot_hours:g}" + (
            f"–{(end - 1) * view.slot_hours:g}" if end > first + 1 else ""
        )
        values.append(
            {
                "label": span,
                "share": share,
                "kind": "now" if first == 0 else "later",
                "told": percent(share, 2 if share < 0.001 else 1),
                "says": pen.say(f"{span} h · {percent(share)}", f"{span} 小时 · {percent(share)}"),
            }
        )
    series = pen.theme.series
    middle, late = (view.report.wait_slots_p50, view.report.wait_slots_p95)
    said = [hours((wait or 0) * view.slot_hours, pen.language) for wait in (middle, late)]
    x: dict[str, Json] = {
        "field": "label",
        "type": "ordinal",
        "sort": None,
        "axis": {
            "title": pen.say("hours from release to start", "从可运行到开始的小时数"),
            "labelOverlap": True,
            "labelAngle": 0,
        },
        "scale": {"paddingInner": 0.15},
    }
    y: dict[str, Json] = {"field": "share", "type": "quantitative", "axis": None}
    colours = {"domain": ["now", "later"], "range": [series[2], series[0]]}
    body: dict[str, Json] = {
        "width": pen.width_px,
        "height": 230,
        "autosize": {"type": "fit-x", "contains": "padding"},
        "data": {"values": values},
        "encoding": {"x": x, "y": y},
        "layer": [
            {
                "mark": {"type": "bar", "cornerRadiusEnd": 2},
                "encoding": {
                    "color": {"field": "kind", "type": "nominal", "scale": colours, "legend": None},
                    "tooltip": {"field": "says"},
                },
            },
            {
                "mark": {"type": "text", "dy": -8, "fontSize": 11},
                "encoding": {"text": {"field": "told"}},
            },
        ],
    }
    return Chart(
        "waits",
        pen.say("How long jobs wait", "等待多久"),
        pen.say(
            f"{percent(float(shares[0]))} start at once; half within {said[0]}, 95 % within {said[1]}. "
            "A wait is a cheaper hour before the deadline, or a full pool.",
            f"{percent(float(shares[0]))} 立即开始；半数在 {said[0]}内，95 % 在 {said[1]}内。等待或是为了"
            "截止前更便宜的时段，或因资源已满。",
        ),
        finished(pen, body),
    )
