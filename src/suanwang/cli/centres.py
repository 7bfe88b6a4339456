"""`suanwang centres`: the centres of the network: what they are, whether they speak, what they run."""

import argparse

from suanwang.cli.connection import add_connection, connect
from suanwang.units.text import Language, Text

CONTACT = {
    "speaks": Text("speaks", "在线"),
    "silent": Text("silent", "失联"),
    "never": Text("no agent yet", "尚无代理"),
    "withdrawn": Text("withdrawn", "已退出"),
}
KIND = {
    "supercomputing": Text("supercomputing", "超算"),
    "intelligent": Text("AI", "智算"),
    "general": Text("general", "通算"),
    "edge": Text("edge", "边缘"),
}


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `centres`."""
    add_connection(parser, language)
    parser.epilog = Text(
        "Examples:\n  suanwang centres\n  suanwang centres --json",
        "示例：\n  suanwang centres\n  suanwang centres --json",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Asks and shows."""
    from suanwang.cli.tables import clock, devices, print_table, print_told
    from suanwang.model.api.network import Centres

    told = connect(arguments, language).get("/v1/centres", Centres)
    if arguments.json:
        print_told(told)
        return 0
    columns = (
        (Text("centre", "中心"), "left"),
        (Text("name", "名称"), "left"),
        (Text("kind", "类型"), "left"),
        (Text("region", "地区"), "left"),
        (Text("PUE", "PUE"), "right"),
        (Text("security", "安全等级"), "right"),
        (Text("contact", "联络"), "left"),
        (Text("since", "自"), "left"),
        (Text("attempts", "在运行"), "right"),
        (Text("free / devices", "空闲 / 总数"), "right"),
        (Text("conformance", "并网等级"), "left"),
    )
    rows = [
        (
            one.row.centre,
            one.row.name,
            KIND[one.row.kind].say(language),
            one.row.region,
            one.row.pue,
            str(one.row.security_grade),
            CONTACT[one.contact].say(language),
            clock(one.silent_since),
            str(one.attempts),
            f"{devices(sum(p.free_milli for p in one.pools))} / {devices(sum(p.milli for p in one.pools))}",
            one.grade,
        )
        for one in told.centres
    ]
    print_table(columns, rows, language)
    return 0
