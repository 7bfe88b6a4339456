"""`suanwang prices`: what a device costs in the coming hours, and where capacity is scarce."""

import argparse
from collections.abc import Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

from suanwang.cli.connection import add_connection, connect
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.model.api.network import PriceLine, Prices

BARS = "▁▂▃▄▅▆▇█"
WIDTH_MOST = 48
SLOTS_MOST = 2000
"""What a server tells at once."""


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `prices`."""
    parser.add_argument(
        "--device", metavar="CLASS", help=Text("only of this device class", "仅此卡型").say(language)
    )
    parser.add_argument(
        "--hours",
        metavar="N",
        type=int,
        default=24,
        help=Text("so many hours ahead (default 24)", "未来多少小时（默认 24）").say(language),
    )
    add_connection(parser, language)
    parser.epilog = Text(
        "The charge is compute + electricity of the slots used; the scarcity price steers only.\n\n"
        "Examples:\n  suanwang prices\n  suanwang prices --device A100 --json",
        "费用为所用时段的算力费与电费；紧缺价只用于引导，不收取。\n\n"
        "示例：\n  suanwang prices\n  suanwang prices --device A100 --json",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Asks and shows."""
    from suanwang.cli.tables import clock, print_told
    from suanwang.model.api.network import Prices

    connection = connect(arguments, language)
    slot_minutes = connection.get("/v1/prices", Prices, slots=1).slot_minutes
    slots = min(SLOTS_MOST, max(1, arguments.hours * 60 // max(1, slot_minutes)))
    told = connection.get("/v1/prices", Prices, slots=slots, of=arguments.device)
    if arguments.json:
        print_told(told)
        return 0
    show(told, language)
    slots = max((len(one.energy_micro) for one in told.pools), default=0)
    until = clock(told.from_at + slots * told.slot_minutes * 60_000_000)
    print(Text(f"{clock(told.from_at)} to {until}", f"{clock(told.from_at)} 至 {until}").say(language))
    return 0


def show(told: "Prices", language: Language) -> None:
    """A line for each pool."""
    from suanwang.cli.tables import money, print_table

    hour = 60 / told.slot_minutes
    columns = (
        (Text("pool", "资源池"), "left"),
        (Text("¥ a device-hour now", "当前 ¥/卡时"), "right"),
        (Text("of it electricity", "其中电费"), "right"),
        (Text("electricity, least to most", "电费走势"), "left"),
        (Text("scarcity now ¥", "当前紧缺价 ¥"), "right"),
        (Text("scarcity", "紧缺价走势"), "left"),
    )
    rows = [
        (
            one.pool,
            money(round((one.compute_micro + first(one.energy_micro)) * hour)),
            money(round(first(one.energy_micro) * hour)),
            sparkline(one.energy_micro),
            money(round(first(one.scarcity_micro) * hour)),
            sparkline(one.scarcity_micro),
        )
        for one in sorted(told.pools, key=pool_of)
    ]
    print_table(columns, rows, language)


def pool_of(line: "PriceLine") -> str:
    """Its pool."""
    return line.pool


def first(figures: Sequence[int]) -> int:
    """The figure of the present slot."""
    return figures[0] if figures else 0


def sparkline(figures: Sequence[int]) -> str:
    """At most `WIDTH_MOST` bars from the least figure to the most; of more, means of neighbours."""
    if not figures or not any(figures):
        return ""
    width = min(WIDTH_MOST, len(figures))
    edges = [len(figures) * place // width for place in range(width + 1)]
    means = [sum(figures[a:b]) / (b - a) for a, b in pairwise(edges)]
    low, high = min(means), max(means)
    if high == low:
        return BARS[0] * width
    return "".join(BARS[round((mean - low) / (high - low) * (len(BARS) - 1))] for mean in means)
