"""The arguments that `programme` and `entitlement` share: which rules, who, what, when, and what was had."""

import argparse
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.model.enterprise import Enterprise
    from suanwang.policy.decision import Position
    from suanwang.policy.inputs import Subject
    from suanwang.policy.rules import Rules

HERE = ZoneInfo("Asia/Shanghai")


def day(words: str) -> date:
    """A day as an argument."""
    try:
        return date.fromisoformat(words)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{words!r}: YYYY-MM-DD") from error


def add_rules(parser: argparse.ArgumentParser, language: Language) -> None:
    """`--programmes` and `--supplement`, for what is decided by a programme."""
    parser.add_argument(
        "--programmes",
        metavar="DIR",
        type=Path,
        help=Text("folder of programme files; default: built in", "方案目录；默认内置").say(language),
    )
    parser.add_argument(
        "--supplement",
        metavar="FILE",
        type=Path,
        action="append",
        default=[],
        help=Text(
            "values that no source shows, supplied by the operator, YAML; may repeat",
            "来源未见、由运营方补充的数值，YAML；可重复",
        ).say(language),
    )


def rules_argument(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds `--programmes`, `--supplement` and `--json`."""
    add_rules(parser, language)
    add_json(parser, language)


def subject_arguments(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds who buys what, when, and what was had before."""
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--enterprise",
        metavar="FILE",
        type=Path,
        help=Text("one enterprise, YAML", "企业，YAML").say(language),
    )
    who.add_argument(
        "--registry",
        metavar="DIR",
        type=Path,
        help=Text("folder of the registry; with --code", "企业名录目录；与 --code 同用").say(language),
    )
    parser.add_argument(
        "--code",
        help=Text("unified social credit code in the registry", "名录中的统一社会信用代码").say(language),
    )
    parser.add_argument(
        "--purchase",
        metavar="FILE",
        type=Path,
        help=Text("the purchase, YAML", "采购，YAML").say(language),
    )
    parser.add_argument(
        "--positions",
        metavar="FILE",
        type=Path,
        help=Text("what was had and what pools hold, YAML", "已获支持与资金池余额，YAML").say(language),
    )
    parser.add_argument(
        "--on",
        metavar="DAY",
        type=day,
        help=Text("day of the decision; default: today", "决定日期；默认今天").say(language),
    )


def read_rules(arguments: argparse.Namespace) -> "tuple[Rules, ...]":
    """The programmes asked for, with the operator's supplements laid over them."""
    from suanwang.feeds.programme_folder import BUILT_IN, read_programmes
    from suanwang.feeds.supplement_file import lay_over

    folder: Path | None = arguments.programmes
    return lay_over(read_programmes(folder or BUILT_IN), arguments.supplement)


def one_rule(name: str, arguments: argparse.Namespace) -> "Rules":
    """The programme of that id, or in that file, with its supplement laid over it."""
    from suanwang.feeds.programme_folder import read_programme
    from suanwang.feeds.supplement_file import lay_over
    from suanwang.units.errors import Fault, InvalidInput
    from suanwang.units.text import same

    if name.endswith((".yaml", ".yml")):
        return lay_over([read_programme(Path(name))], arguments.supplement)[0]
    rules = read_rules(arguments)
    for rule in rules:
        if rule.programme.programme == name:
            return rule
    known = ", ".join(rule.programme.programme for rule in rules)
    raise InvalidInput([Fault(name, Text("no such programme", "没有这个方案"), name, same(known))])


def read_subject(arguments: argparse.Namespace) -> "Subject":
    """The enterprise, its purchase and the day."""
    from suanwang.feeds.purchase_file import read_purchase
    from suanwang.policy.inputs import Subject

    purchase = None if arguments.purchase is None else read_purchase(arguments.purchase)
    return Subject(read_who(arguments), purchase, arguments.on or datetime.now(HERE).date())


def read_who(arguments: argparse.Namespace) -> "Enterprise":
    """The enterprise, from its file or from the registry by its code."""
    from suanwang.feeds.enterprise_table import read_enterprise, read_registry
    from suanwang.units.errors import Fault, InvalidInput

    if arguments.enterprise is not None:
        return read_enterprise(arguments.enterprise)
    for enterprise in read_registry(arguments.registry).enterprises:
        if enterprise.code == arguments.code:
            return enterprise
    raise InvalidInput(
        [
            Fault(
                "--code",
                Text("no such enterprise in the registry", "名录中没有该企业"),
                arguments.code or "",
                Text("a code of the table enterprises", "enterprises 表中的代码"),
            )
        ]
    )


def read_books(arguments: argparse.Namespace) -> "dict[str, Position]":
    """The positions by programme; none where no file is named."""
    from suanwang.feeds.purchase_file import read_positions

    return {} if arguments.positions is None else read_positions(arguments.positions)
