"""`suanwang pools`: what is free now, "3 of 8 free" by pool or by device class."""

import argparse

from suanwang.cli.connection import add_connection, connect
from suanwang.units.text import Language, Text


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `pools`."""
    parser.add_argument(
        "--device", metavar="CLASS", help=Text("only of this device class", "仅此卡型").say(language)
    )
    parser.add_argument(
        "--by-class", action="store_true", help=Text("summed by device class", "按卡型合计").say(language)
    )
    add_connection(parser, language)
    parser.epilog = Text(
        "Examples:\n  suanwang pools\n  suanwang pools --device A100\n  suanwang pools --by-class --json",
        "示例：\n  suanwang pools\n  suanwang pools --device A100\n  suanwang pools --by-class --json",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Asks and shows."""
    return (_classes if arguments.by_class else _pools)(arguments, language)


def _pools(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.cli.tables import devices, money, print_table, print_told
    from suanwang.model.api.network import Pools

    told = connect(arguments, language).get("/v1/pools", Pools)
    pools = tuple(one for one in told.pools if arguments.device in (None, one.device))
    if arguments.json:
        print_told(Pools(pools))
        return 0
    columns = (
        (Text("pool", "资源池"), "left"),
        (Text("device", "卡型"), "left"),
        (Text("free", "空闲"), "left"),
        (Text("fits now", "当前可容纳"), "left"),
        (Text("¥ a device-hour", "¥/卡时"), "right"),
        (Text("scarcity ¥", "稀缺 ¥"), "right"),
        (Text("open", "开放"), "left"),
    )
    rows = [
        (
            one.pool,
            one.device,
            free(one.free_milli, one.milli, language),
            ", ".join(f"{devices(fit.units_milli)} × {fit.nodes}" for fit in one.fits),
            money(one.price_micro),
            money(one.scarcity_micro),
            Text("yes", "是").say(language) if one.open else Text("no", "否").say(language),
        )
        for one in pools
    ]
    print_table(columns, rows, language)
    return 0


def _classes(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.cli.tables import print_table, print_told
    from suanwang.model.api.network import Devices

    told = connect(arguments, language).get("/v1/devices", Devices)
    found = tuple(one for one in told.devices if arguments.device in (None, one.device))
    if arguments.json:
        print_told(Devices(found))
        return 0
    columns = (
        (Text("device", "卡型"), "left"),
        (Text("pools", "资源池数"), "right"),
        (Text("free", "空闲"), "left"),
    )
    rows = [(one.device, str(one.pools), free(one.free_milli, one.milli, language)) for one in found]
    print_table(columns, rows, language)
    return 0


def free(free_milli: int, milli: int, language: Language) -> str:
    """`3 of 8 free`."""
    from suanwang.cli.tables import devices

    there, whole = devices(free_milli), devices(milli)
    return Text(f"{there} of {whole} free", f"{there}/{whole} 空闲").say(language)
