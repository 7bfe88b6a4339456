"""Energy and carbon by province."""

from suanwang.reports.charts.theme import Chart, Json, Pen, finished
from suanwang.reports.charts.view import View
from suanwang.reports.indicators import carbon_by_pool
from suanwang.reports.words import carbon, energy

PROVINCES_SHOWN = 14
NAMES_PX = 90


def power_by_province(view: View, pen: Pen) -> Chart:
    """Energy and carbon of placed work, by the province in which it runs."""
    usage = view.usage
    kwh = usage.busy_milli.sum(axis=1) / 1000 * usage.facility_kw * view.slot_hours
    grams = carbon_by_pool(view.scenario, usage)
    sums: dict[str, tuple[float, float]] = {}
    for place, used, emitted in zip(usage.province.to_list(), kwh.tolist(), grams.tolist(), strict=True):
        before = sums.get(place, (0.0, 0.0))
        sums[place] = (before[0] + used * 1000, before[1] + emitted)
    ordered = sorted(
        (item for item in sums.items() if item[1][0] > 0), key=lambda item: (-item[1][0], item[0])
    )
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
    panel_px = (pen.width_px - NAMES_PX - 8) // 2
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
            f"{energy(view.report.energy_wh)} with cooling, {carbon(view.report.carbon_location_g)} of CO₂ "
            f"at grid factors: {intensity:,.0f} g per kWh.",
            f"含制冷用电 {energy(view.report.energy_wh)}，按电网因子排放 "
            f"{carbon(view.report.carbon_location_g)} 二氧化碳，每千瓦时 {intensity:,.0f} 克。",
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
        "title": {
            "text": title,
            "fontSize": 12,
            "fontWeight": "normal",
            "color": pen.theme.muted,
            "anchor": "start",
        },
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
                "transform": [{"calculate": "datum.most * 1.8", "as": "room"}],
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
