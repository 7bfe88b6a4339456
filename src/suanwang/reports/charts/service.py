"""What is served and what is not, and how long it waits."""

import numpy as np

from suanwang.model.result import REASON_TEXTS
from suanwang.reports.charts.theme import Chart, Json, Pen, Spec, finished
from suanwang.reports.charts.view import View
from suanwang.reports.indicators import group_index, wait_counts
from suanwang.reports.words import hours, percent, short_count
from suanwang.units.text import same

WAIT_BARS = 24
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
        pen.say("Served, and why not", "服务与未服务"),
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
                    "mark": {**words, "align": "right", "x": pen.width_px - 8, "color": pen.theme.muted},
                    "encoding": {"y": y, "text": {"field": "says"}},
                },
            ],
        },
    )


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
                "axis": {
                    "title": pen.say("hours from release to start", "从可运行到开始的小时数"),
                    "labelAngle": 0,
                    "labelOverlap": "greedy",
                },
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
