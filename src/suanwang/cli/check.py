"""`suanwang check`: is this folder a valid scenario, and what is in it?"""

import argparse
import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from suanwang.feeds.scenario_folder import Checked
    from suanwang.model.load import ClassLoad
    from suanwang.model.scenario import Scenario
    from suanwang.units.errors import InvalidInput

PLACES_SHOWN = 3
WIDTH_PIPED = 140


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `check`."""
    parser.add_argument(
        "folder", metavar="DIR", type=Path, help=Text("scenario folder", "场景目录").say(language)
    )
    parser.add_argument(
        "--places",
        metavar="N",
        type=int,
        default=PLACES_SHOWN,
        help=Text(
            "places shown of each kind of fault, at most 100 (default 3)",
            "每类问题显示的位置数，至多 100（默认 3）",
        ).say(language),
    )
    add_json(parser, language)
    parser.epilog = Text(
        "Exit code 0: valid, perhaps with warnings; 2: faults.\n\n"
        "Examples:\n  suanwang check national\n  suanwang check national --places 20\n"
        "  suanwang check national --json",
        "退出码 0：有效（可能有提醒）；2：有错误。\n\n"
        "示例：\n  suanwang check national\n  suanwang check national --places 20\n"
        "  suanwang check national --json",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Reads and checks the folder; prints its facts, or its faults."""
    from suanwang.feeds.scenario_folder import read_scenario
    from suanwang.units.errors import InvalidInput

    folder: Path = arguments.folder
    try:
        checked = read_scenario(folder, None if arguments.json else show_step(language))
    except InvalidInput as error:
        clear_step()
        if arguments.json:
            print_json(refusal_data(error, language))
        else:
            print_refusal(error, folder, arguments.places, language)
        return error.exit_code
    clear_step()
    if arguments.json:
        print_json(facts_data(checked, language))
    else:
        print_facts(checked, arguments.places, language)
    return 0


def show_step(language: Language) -> Callable[[Text], None] | None:
    """A progress that rewrites one line on a terminal, and is silent elsewhere."""

    def show(step: Text) -> None:
        print(f"\r\x1b[K{step.say(language)}", end="", file=sys.stderr, flush=True)

    return show if sys.stderr.isatty() else None


def clear_step() -> None:
    """Takes the progress line away."""
    if sys.stderr.isatty():
        print("\r\x1b[K", end="", file=sys.stderr, flush=True)


def print_json(document: dict[str, Any]) -> None:
    """One document on standard output."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def console() -> "Console":
    """Standard output; wide enough for a table where it is not a terminal."""
    from rich.console import Console

    return Console(
        width=None if sys.stdout.isatty() else WIDTH_PIPED, highlight=False, emoji=False, markup=False
    )


def refusal_data(error: "InvalidInput", language: Language) -> dict[str, Any]:
    """The faults and warnings of a refused folder as data."""
    from suanwang.cli.fault_report import group_data, grouped

    groups = grouped(error.faults)
    return {
        "valid": False,
        "faults": [group_data(group, language) for group in groups if not group.warning],
        "warnings": [group_data(group, language) for group in groups if group.warning],
    }


def print_refusal(error: "InvalidInput", folder: Path, places: int, language: Language) -> None:
    """The faults and warnings of a refused folder as tables."""
    from suanwang.cli.fault_report import fault_table, grouped

    groups = grouped(error.faults)
    wrong = [group for group in groups if not group.warning]
    odd = [group for group in groups if group.warning]
    total = sum(group.count for group in wrong)
    out = console()
    out.print(
        Text(
            f"{folder}: not valid, {total:,} faults of {len(wrong)} kinds",
            f"{folder}：无效，共 {total:,} 处、{len(wrong)} 类错误",
        ).say(language)
    )
    out.print(fault_table(wrong, language, places))
    if odd:
        out.print(Text("warnings", "提醒").say(language))
        out.print(fault_table(odd, language, places))


def facts_data(checked: "Checked", language: Language) -> dict[str, Any]:
    """The facts of a valid folder as data."""
    from suanwang.cli.fault_report import group_data, grouped
    from suanwang.model.load import load_by_class

    scenario = checked.scenario
    header = scenario.header
    return {
        "valid": True,
        "name": header.name,
        "start": header.start.isoformat(),
        "slot_minutes": header.slot_minutes,
        "slots": header.slots,
        "carbon_price_micro_per_kg": header.carbon_price_micro_per_kg,
        "data_cost_micro_per_gb_1000km": header.data_cost_micro_per_gb_1000km,
        "pack_margin": header.pack_margin,
        **{name: getattr(scenario, name).height for name in ("jobs", "centres", "pools", "links", "outages")},
        "devices": float(scenario.pools["devices"].sum()),
        "load": {
            one.device: {
                "load": one.load,
                "jobs": one.jobs,
                "pools": one.pools,
                "devices": one.devices,
                "demand_device_slots": one.demand_device_slots,
                "supply_device_slots": one.supply_device_slots,
            }
            for one in load_by_class(scenario)
        },
        "faults": [],
        "warnings": [group_data(group, language) for group in grouped(checked.warnings)],
    }


def print_facts(checked: "Checked", places: int, language: Language) -> None:
    """The facts of a valid folder as tables."""
    from suanwang.cli.fault_report import fault_table, grouped
    from suanwang.model.load import load_by_class

    out = console()
    out.print(Text("valid", "有效").say(language))
    out.print()
    for name, value in facts(checked.scenario):
        out.print(f"{name.say(language)}: {value}")
    out.print(load_table(load_by_class(checked.scenario), language))
    if checked.warnings:
        out.print(Text("warnings", "提醒").say(language))
        out.print(fault_table(grouped(checked.warnings), language, places))


def facts(scenario: "Scenario") -> list[tuple[Text, str]]:
    """What the header says, and how much there is of everything."""
    header = scenario.header
    hours = header.slots * header.slot_minutes / 60
    return [
        (Text("name", "名称"), header.name),
        (Text("start", "起点"), header.start.isoformat()),
        (Text("slots", "时段"), f"{header.slots:,} × {header.slot_minutes} min = {hours:,.6g} h"),
        (Text("centres", "算力中心"), f"{scenario.centres.height:,}"),
        (Text("pools", "资源池"), f"{scenario.pools.height:,}"),
        (Text("devices", "卡数"), f"{float(scenario.pools['devices'].sum()):,.15g}"),
        (Text("jobs", "作业"), f"{scenario.jobs.height:,}"),
    ]


def load_table(classes: "tuple[ClassLoad, ...]", language: Language) -> "Table":
    """Load per device class: device-slots of first options over device-slots of the class."""
    from rich import box
    from rich.table import Table
    from rich.text import Text as Words

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(Text("device class", "卡型").say(language))
    for title in (
        Text("pools", "资源池"),
        Text("devices", "卡数"),
        Text("jobs", "作业"),
        Text("device-slots asked", "需求卡时段"),
        Text("device-slots there", "供给卡时段"),
        Text("load", "负载"),
    ):
        table.add_column(title.say(language), justify="right")
    for one in classes:
        table.add_row(
            Words(one.device),
            f"{one.pools:,}",
            f"{one.devices:,.15g}",
            f"{one.jobs:,}",
            f"{one.demand_device_slots:,.15g}",
            f"{one.supply_device_slots:,.15g}",
            "–" if one.load is None else f"{one.load:.4f}",
        )
    return table
