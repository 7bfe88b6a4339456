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
    from suanwang.cli.tables import Field, clock, devices, show
    from suanwang.model.api.network import Centres, CentreTold

    def free(one: CentreTold) -> str:
        return f"{devices(sum(p.free_milli for p in one.pools))} / {devices(sum(p.milli for p in one.pools))}"

    fields: tuple[Field[CentreTold], ...] = (
        Field(Text("centre", "中心"), lambda one: one.row.centre),
        Field(Text("name", "名称"), lambda one: one.row.name),
        Field(Text("kind", "类型"), lambda one: KIND[one.row.kind]),
        Field(Text("region", "地区"), lambda one: one.row.region),
        Field(Text("PUE", "PUE"), lambda one: one.row.pue, "right"),
        Field(Text("security", "安全等级"), lambda one: str(one.row.security_grade), "right"),
        Field(Text("contact", "联络"), lambda one: CONTACT[one.contact]),
        Field(Text("since", "失联时间"), lambda one: clock(one.silent_since)),
        Field(Text("attempts", "在运行"), lambda one: str(one.attempts), "right"),
        Field(Text("free / devices", "空闲 / 总数"), free, "right"),
        Field(Text("conformance", "并网等级"), lambda one: one.grade),
    )
    told = connect(arguments, language).get("/v1/centres", Centres)
    return show(told, told.centres, fields, arguments.json, language)
