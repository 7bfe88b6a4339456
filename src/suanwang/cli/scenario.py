"""`suanwang scenario national | hard | import`: a scenario folder, generated or made from a public trace."""

import argparse
import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.out_folder import refuse_file
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.feeds.made import Made

NATIONAL = Text(
    "the reference network: clusters, AI and supercomputing centres and edge sites of every province, with "
    "tariffs, carbon and a mix of work; its figures with their sources are files (see --figures)",
    "全国参考网：各集群、智算与超算中心、各省边缘节点，含电价、碳强度与作业组合；"
    "数据及出处均为文件（见 --figures）",
)
HARD = Text(
    "a network that is hard to clear: heavy-tailed pools, rare classes, gangs to 1,024, bursts, dear data",
    "难以出清的网络：资源池大小悬殊、稀有卡型、上千卡作业、突发到达、数据昂贵",
)


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Add the kinds of scenario, each a command of its own."""
    # Light as this module: what it works with is loaded when it runs.
    from suanwang.cli import scenario_import

    spoken = argparse.ArgumentParser(add_help=False)
    spoken.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    kinds = parser.add_subparsers(
        dest="scenario_kind", metavar=Text("KIND", "类型").say(language), required=True
    )
    for name, about in (("national", NATIONAL), ("hard", HARD)):
        kind = kinds.add_parser(
            name,
            help=about.say(language),
            description=about.say(language),
            parents=[spoken],
            formatter_class=argparse.RawDescriptionHelpFormatter,
            epilog=Text(
                f"Example:\n  suanwang scenario {name} --jobs 100000 --load 0.9 --out {name}",
                f"示例：\n  suanwang scenario {name} --jobs 100000 --load 0.9 --out {name}",
            ).say(language),
        )
        _describe_generated(kind, name, language)
        kind.set_defaults(make=generate)
    about = Text("a public trace as a scenario", "由公开轨迹生成场景")
    imported = kinds.add_parser(
        "import",
        help=about.say(language),
        description=about.say(language),
        parents=[spoken],
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    scenario_import.describe(imported, language)
    imported.set_defaults(make=scenario_import.execute)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Make the kind of scenario asked for."""
    return int(arguments.make(arguments, language))


def _describe_generated(parser: argparse.ArgumentParser, name: str, language: Language) -> None:
    parser.add_argument(
        "--jobs",
        type=_whole(1, 50_000_000),
        required=True,
        metavar="N",
        help=Text("jobs", "作业数").say(language),
    )
    parser.add_argument(
        "--centres",
        type=_whole(1, 5_000),
        metavar="N",
        help=Text("centres (0.3·√jobs, 20 to 2,000)", "算力中心数（0.3·√作业数，20 至 2000）").say(language),
    )
    parser.add_argument(
        "--days",
        type=_whole(1, 3660),
        default=7,
        metavar="N",
        help=Text("horizon in days of 24 slots (7)", "天数，每天 24 个时段（7）").say(language),
    )
    parser.add_argument(
        "--load",
        type=_load,
        default=0.8,
        metavar="X",
        help=Text(
            "device-slots asked for / device-slots there are, of every class (0.8)",
            "每类卡的需求卡时 / 现有卡时（0.8）",
        ).say(language),
    )
    parser.add_argument(
        "--seed",
        type=_whole(0, 2**63 - 1),
        default=0,
        metavar="S",
        help=Text("the same seed gives the same bytes (0)", "同一种子得到同样的字节（0）").say(language),
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="DIR",
        help=Text("folder to write", "输出文件夹").say(language),
    )
    parser.add_argument(
        "--form",
        choices=("parquet", "csv"),
        default="parquet",
        help=Text("form of the tables (parquet)", "表格格式（parquet）").say(language),
    )
    if name == "national":
        parser.add_argument(
            "--figures",
            type=Path,
            metavar="DIR",
            help=Text(
                "folder of reference figures in place of the built-in ones (suanwang/feeds/reference/data)",
                "代替内置参考数据的文件夹（内置于 suanwang/feeds/reference/data）",
            ).say(language),
        )
    parser.add_argument(
        "--json",
        action="store_true",
        help=Text("what was made, as JSON on standard output", "以 JSON 输出生成内容").say(language),
    )


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(word: str) -> int:
        try:
            value = int(word.replace("_", "").replace(",", ""))
        except ValueError:
            value = least - 1
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{word!r}: {least} … {most}")
        return value

    return parse


def _load(word: str) -> float:
    try:
        value = float(word)
    except ValueError:
        value = 0.0
    if not 0.01 <= value <= 100:
        raise argparse.ArgumentTypeError(f"{word!r}: 0.01 … 100")
    return value


def generate(arguments: argparse.Namespace, language: Language) -> int:
    """Generate, write, and tell what was made."""
    from suanwang.feeds.scenario_writer import write_scenario

    out: Path = arguments.out
    refuse_file(out)
    begin = time.monotonic()

    def say(text: Text) -> None:
        print(f"{time.monotonic() - begin:6.1f} s  {text.say(language)}", file=sys.stderr, flush=True)

    if arguments.scenario_kind == "national":
        from suanwang.feeds.national import make_national
        from suanwang.feeds.reference.book import DATA

        made = make_national(
            arguments.jobs,
            arguments.centres,
            arguments.days,
            arguments.load,
            arguments.seed,
            arguments.figures or DATA,
            say,
        )
    else:
        from suanwang.feeds.hard import make_hard

        made = make_hard(
            arguments.jobs, arguments.centres, arguments.days, arguments.load, arguments.seed, say
        )
    say(Text(f"writing {out}", f"写入 {out}"))
    write_scenario(made.scenario, out, arguments.form, made.remarks)
    say(Text("done", "完成"))
    _warn_of_load(made, arguments.load, language)
    if arguments.json:
        print(json.dumps(_summary(made, out), ensure_ascii=False, indent=1))
    else:
        _show(made, language)
    return 0


def _warn_of_load(made: "Made", load: float, language: Language) -> None:
    """Pools are whole nodes, so few jobs cannot load many centres."""
    below = [name for name, share in made.load.items() if share < 0.9 * load]
    if below:
        print(
            Text(
                f"too few jobs for so many centres and days: the load is below {load} on {', '.join(below)}",
                f"作业相对中心数与天数太少：{'、'.join(below)} 的负载低于 {load}",
            ).say(language),
            file=sys.stderr,
        )


def _summary(made: "Made", out: Path) -> dict[str, object]:
    scenario = made.scenario
    return {
        "folder": str(out),
        "name": scenario.header.name,
        "jobs": scenario.jobs.height,
        "centres": scenario.centres.height,
        "pools": scenario.pools.height,
        "slots": scenario.header.slots,
        "jobs_by_kind": {key: count for key, (_, count) in made.jobs_by_kind.items()},
        "devices": made.devices,
        "load": {name: round(load, 4) for name, load in made.load.items()},
    }


def _show(made: "Made", language: Language) -> None:
    from rich.console import Console
    from rich.table import Table

    scenario, console = made.scenario, Console()
    console.print(
        Text(
            f"{scenario.header.name}: {scenario.jobs.height:,} jobs, {scenario.centres.height:,} centres, "
            f"{scenario.pools.height:,} pools, {scenario.header.slots} slots",
            f"{scenario.header.name}：{scenario.jobs.height:,} 个作业，{scenario.centres.height:,} 个中心，"
            f"{scenario.pools.height:,} 个资源池，{scenario.header.slots} 个时段",
        ).say(language),
        highlight=False,
    )
    work = Table(box=None, pad_edge=False)
    work.add_column(Text("work", "作业类型").say(language))
    work.add_column(Text("jobs", "作业数").say(language), justify="right")
    for text, count in made.jobs_by_kind.values():
        work.add_row(text.say(language), f"{count:,}")
    stock = Table(box=None, pad_edge=False)
    stock.add_column(Text("device", "卡型").say(language))
    stock.add_column(Text("devices", "卡数").say(language), justify="right")
    stock.add_column(Text("load", "负载").say(language), justify="right")
    for name, devices in made.devices.items():
        stock.add_row(name, f"{devices:,.6g}", f"{made.load[name]:.3f}" if name in made.load else "–")
    console.print(work)
    console.print(stock)
