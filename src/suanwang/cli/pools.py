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
    from suanwang.cli.tables import Field, amount, devices, show
    from suanwang.model.api.network import Pools, PoolTold

    fields: tuple[Field[PoolTold], ...] = (
        Field(Text("pool", "资源池"), lambda one: one.pool),
        Field(Text("device", "卡型"), lambda one: one.device),
        Field(Text("free", "空闲"), lambda one: free(one.free_milli, one.milli)),
        Field(
            Text("fits now", "当前可容纳"),
            lambda one: ", ".join(f"{devices(fit.units_milli)} × {fit.nodes}" for fit in one.fits),
        ),
        amount(Text("¥ a device-hour", "¥/卡时"), lambda one: one.price_micro),
        amount(Text("scarcity ¥", "紧缺价 ¥"), lambda one: one.scarcity_micro),
        Field(Text("open", "开放"), lambda one: Text("yes", "是") if one.open else Text("no", "否")),
    )
    told = connect(arguments, language).get("/v1/pools", Pools)
    pools = tuple(one for one in told.pools if arguments.device in (None, one.device))
    return show(Pools(pools), pools, fields, arguments.json, language)


def _classes(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.cli.tables import Field, show
    from suanwang.model.api.network import Devices, DeviceTold

    fields: tuple[Field[DeviceTold], ...] = (
        Field(Text("device", "卡型"), lambda one: one.device),
        Field(Text("pools", "资源池数"), lambda one: str(one.pools), "right"),
        Field(Text("free", "空闲"), lambda one: free(one.free_milli, one.milli)),
    )
    told = connect(arguments, language).get("/v1/devices", Devices)
    found = tuple(one for one in told.devices if arguments.device in (None, one.device))
    return show(Devices(found), found, fields, arguments.json, language)


def free(free_milli: int, milli: int) -> Text:
    """`3 of 8 free`."""
    from suanwang.cli.tables import devices

    there, whole = devices(free_milli), devices(milli)
    return Text(f"{there} of {whole} free", f"{there}/{whole} 空闲")
