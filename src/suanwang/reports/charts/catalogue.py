"""All charts of a report, in the order in which they are shown."""

from collections.abc import Callable

import msgspec

from suanwang.reports.charts.cost import cost_by_part
from suanwang.reports.charts.flows import flow_map
from suanwang.reports.charts.heat import load_by_class, price_by_class, price_of_scarce_pools
from suanwang.reports.charts.power import power_by_province
from suanwang.reports.charts.service import served_and_not, waits
from suanwang.reports.charts.shift import load_and_price
from suanwang.reports.charts.theme import Chart, Pen
from suanwang.reports.charts.view import View

WIDE_PX = 1040
MAP_PX = 700
NARROW_PX = 490
Draw = Callable[[View, Pen], Chart]


class Entry(msgspec.Struct, frozen=True):
    """How a chart is drawn, its width on a desk's screen, and whether it says nothing without prices.

    Those wider than `NARROW_PX` have a second shape of that width, for a phone.
    """

    draw: Draw
    width_px: int = WIDE_PX
    needs_prices: bool = False


CHARTS: dict[str, Entry] = {
    "flows": Entry(flow_map, width_px=MAP_PX),
    "load": Entry(load_by_class),
    "shift": Entry(load_and_price),
    "price": Entry(price_by_class, needs_prices=True),
    "scarce": Entry(price_of_scarce_pools, needs_prices=True),
    "cost": Entry(cost_by_part, width_px=NARROW_PX),
    "served": Entry(served_and_not, width_px=NARROW_PX),
    "power": Entry(power_by_province, width_px=NARROW_PX),
    "waits": Entry(waits, width_px=NARROW_PX),
}


def charts_of(view: View) -> dict[str, Entry]:
    """The charts that have something to say about this outcome."""
    priced = view.report.scarcity is not None
    return {name: entry for name, entry in CHARTS.items() if priced or not entry.needs_prices}
