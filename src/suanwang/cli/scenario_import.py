"""`suanwang scenario import`: a public trace as a scenario folder, with a report of what became of it."""

import argparse
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.out_folder import refuse_file
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from rich.table import Table

    from suanwang.feeds.import_report import Count, ImportReport

SLOT_MINUTES_CHOICES = (5, 10, 15, 20, 30, 60)


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Add the arguments of `scenario import`."""
    parser.add_argument(
        "source",
        choices=("openb", "swf"),
        help=Text(
            "openb: the Alibaba 2023 GPU trace (a node list and a task list); swf: a log in the Standard "
            "Workload Format",
            "openb：阿里巴巴 2023 GPU 轨迹（节点表与任务表）；swf：标准作业格式日志",
        ).say(language),
    )
    parser.add_argument(
        "files",
        nargs="+",
        type=Path,
        metavar="FILE",
        help=Text("plain, gzip, zip, bzip2 or xz", "原文或 gzip、zip、bzip2、xz 压缩").say(language),
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help=Text("folder to write", "输出文件夹").say(language),
    )
    describe_shape(parser, language)
    parser.epilog = Text(
        "Examples:\n"
        "  suanwang scenario import openb node_list.csv pod_list.csv --load 0.9 --seed 1 --out openb\n"
        "  suanwang scenario import swf NASA-iPSC-1993-3.1-cln.swf.gz --out nasa",
        "示例：\n"
        "  suanwang scenario import openb node_list.csv pod_list.csv --load 0.9 --seed 1 --out openb\n"
        "  suanwang scenario import swf NASA-iPSC-1993-3.1-cln.swf.gz --out nasa",
    ).say(language)


def describe_shape(parser: argparse.ArgumentParser, language: Language) -> None:
    """Add what shapes the scenario and how it is told."""
    parser.add_argument(
        "--load",
        type=share,
        metavar="X",
        help=Text(
            "mean demand as a share of capacity: openb draws nodes by seed, swf presses the times between "
            "submissions; without it the trace stays as it is",
            "平均需求占容量的比例：openb 按种子抽取节点，swf 压缩提交间隔；不给则保持原样",
        ).say(language),
    )
    parser.add_argument(
        "--seed",
        type=seed,
        default=0,
        metavar="S",
        help=Text("seed of every draw", "随机种子").say(language),
    )
    parser.add_argument(
        "--arrivals-only",
        action="store_true",
        help=Text(
            "openb: nothing leaves, as the field's papers do; reports the share of GPUs allocated",
            "openb：任务只到不走（同领域论文的做法），并报告 GPU 分配率",
        ).say(language),
    )
    parser.add_argument(
        "--slot-minutes",
        type=int,
        choices=SLOT_MINUTES_CHOICES,
        default=15,
        help=Text("length of a slot (15)", "时段长度（15）").say(language),
    )
    parser.add_argument(
        "--days",
        type=day_count,
        metavar="N",
        help=Text("only the first N days", "只取前 N 天").say(language),
    )
    parser.add_argument(
        "--form",
        choices=("csv", "parquet"),
        default="csv",
        help=Text("of the tables", "表格式").say(language),
    )
    parser.add_argument(
        "--json",
        action="store_true",
        help=Text("the report as JSON on standard output", "在标准输出给出 JSON 报告").say(language),
    )


def number(word: str, least: float, most: float) -> float:
    """A number in [least, most]."""
    try:
        value = float(word)
    except ValueError:
        value = least - 1
    if not least <= value <= most:
        raise argparse.ArgumentTypeError(f"{word!r}: {least:g} … {most:,g}")
    return value


def share(word: str) -> float:
    """A load."""
    return number(word, 0.01, 100)


def day_count(word: str) -> float:
    """A number of days, up to a century."""
    return number(word, 0.01, 36_600)


def seed(word: str) -> int:
    """A seed: a whole number, 0 or more."""
    try:
        value = int(word)
    except ValueError:
        value = -1
    if not 0 <= value < 2**63:
        raise argparse.ArgumentTypeError(f"{word!r}: 0, 1, 2 …")
    return value


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Read the trace, write the scenario, tell what became of it; 0, or InvalidInput with every fault."""
    import msgspec

    from suanwang.feeds.import_report import ImportChoices
    from suanwang.feeds.scenario_writer import write_scenario

    refuse_what_does_not_go(arguments)
    refuse_file(arguments.out)
    choices = ImportChoices(
        load=arguments.load,
        seed=arguments.seed,
        slot_minutes=arguments.slot_minutes,
        days=arguments.days,
        arrivals_only=arguments.arrivals_only,
    )
    if arguments.source == "openb":
        from suanwang.feeds.openb import import_openb

        scenario, report = import_openb(arguments.files, choices)
    else:
        from suanwang.feeds.swf import import_swf

        scenario, report = import_swf(arguments.files, choices)
    write_scenario(scenario, arguments.out, arguments.form, remarks_on(report))
    if arguments.json:
        print(msgspec.json.encode(spoken(report, language)).decode())
    else:
        show(report, language)
        print(Text(f"written to {arguments.out}", f"已写入 {arguments.out}").say(language), file=sys.stderr)
    return 0


def remarks_on(report: "ImportReport") -> list[Text]:
    """What the report of a clearing says of where the jobs come from and what was made of them."""
    files = ", ".join(Path(name).name for name in report.files)
    kept = f"{report.kept.jobs:,} / {report.read.jobs:,}"
    return [
        Text(
            f"Imported from a trace ({report.source}: {files}), {kept} jobs kept; what the trace leaves open "
            "is set by the rules below.",
            f"由公开作业记录导入（{report.source}：{files}），保留作业 {kept}；记录未含者按下列规则设定。",
        ),
        *report.rules,
        *report.notes,
    ]


def refuse_what_does_not_go(arguments: argparse.Namespace) -> None:
    """Raises InvalidInput for flags and files that the source cannot use."""
    from suanwang.units.errors import Fault, InvalidInput

    faults: list[Fault] = []
    wanted = 2 if arguments.source == "openb" else 1
    if len(arguments.files) != wanted:
        faults.append(
            Fault(
                "FILES",
                Text(f"{arguments.source} takes {wanted} files", f"{arguments.source} 需要 {wanted} 个"),
                found=str(len(arguments.files)),
                expected=Text("a node list and a task list", "节点表与任务表")
                if wanted == 2
                else Text("one log", "一个日志"),
                kind="files",
            )
        )
    if arguments.arrivals_only and arguments.source == "swf":
        faults.append(
            Fault(
                "--arrivals-only",
                Text("is for openb: a log's jobs ask for whole machines", "仅用于 openb：日志作业会占满整机"),
                remedy=Text("leave it out", "请去掉该选项"),
                kind="flag",
            )
        )
    if faults:
        raise InvalidInput(faults)


def spoken(report: "ImportReport", language: Language) -> object:
    """The report as plain values, its texts in one language."""
    import msgspec

    def plain(value: object) -> object:
        if isinstance(value, Text):
            return value.say(language)
        if isinstance(value, msgspec.Struct):
            return {name: plain(getattr(value, name)) for name in value.__struct_fields__}
        if isinstance(value, tuple):
            return [plain(part) for part in value]  # pyright: ignore[reportUnknownVariableType]
        return value

    return plain(report)


def show(report: "ImportReport", language: Language) -> None:
    """The report as tables on standard error."""
    from rich.console import Console

    console = Console(stderr=True)

    def say(en: str, zh: str) -> str:
        return Text(en, zh).say(language)

    console.print(fates(report, language, say))
    console.print(loads(report, say))
    if report.packing is not None:
        packing = report.packing
        console.print(
            say(
                f"nothing leaves: {packing.allocated_share:.1%} of {packing.gpus:,} GPUs allocated on whole "
                f"nodes ({packing.asked_share:.1%} asked for), {packing.tasks_refused:,} tasks found no node",
                f"任务只到不走：{packing.gpus:,} 张 GPU 按整节点分配 {packing.allocated_share:.1%}"
                f"（需求 {packing.asked_share:.1%}），{packing.tasks_refused:,} 个任务无节点可放",
            )
        )
    console.print(say("Rules", "规则"), style="bold")
    for text in (*report.rules, *report.notes):
        console.print(f"- {text.say(language)}", highlight=False)


def fates(report: "ImportReport", language: Language, say: Callable[[str, str], str]) -> "Table":
    """What was read, kept, dropped, cut and changed."""
    from rich.table import Table

    table = Table(
        "",
        say("what", "内容"),
        say("jobs", "作业"),
        say("device-slots", "卡时段"),
        title=say(
            f"{report.source}: {report.slots:,} slots of {report.slot_minutes} minutes",
            f"{report.source}：{report.slots:,} 个时段，每个 {report.slot_minutes} 分钟",
        ),
    )
    for column in table.columns[2:]:
        column.justify = "right"

    def line(head: str, count: "Count") -> None:
        table.add_row(
            head, count.about.say(language), f"{count.jobs:,}", f"{count.device_slots_milli / 1000:,.1f}"
        )

    line("", report.read)
    for count in report.dropped:
        line(say("dropped", "舍去"), count)
    if report.cut.jobs:
        line(say("cut", "截断"), report.cut)
    line("", report.kept)
    for count in report.changed:
        line(say("changed", "改动"), count)
    return table


def loads(report: "ImportReport", say: Callable[[str, str], str]) -> "Table":
    """Devices and loads before and after."""
    from rich.table import Table

    table = Table(
        "",
        say("devices in the trace", "轨迹中的卡数"),
        say("load", "负载"),
        say("devices written", "写入的卡数"),
        say("load as written", "写入后负载"),
    )
    for column in table.columns[1:]:
        column.justify = "right"
    for load in report.loads:
        table.add_row(
            load.devices,
            f"{load.devices_before:,.0f}",
            "-" if load.load_before is None else f"{load.load_before:.2%}",
            f"{load.devices_after:,.0f}",
            "-" if load.load_after is None else f"{load.load_after:.2%}",
        )
    return table
