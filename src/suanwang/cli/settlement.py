"""`suanwang settlement`: settle a centre's month, compare its claim, resolve disputes, list them."""

import argparse
import csv
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.books import ServerBooks, books_of
from suanwang.cli.ledger_book import (
    add_log,
    add_posting,
    amount_of,
    ledger_time,
    month_of,
    post_one,
    print_json,
    print_sections,
    read_ledger,
    request_id,
    section_data,
    subcommand,
)
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.ledger.commands import ClaimLine

CLAIM_COLUMNS = ("hold", "amount_yuan", "usage_device_seconds")


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the subcommands of `settlement`."""
    below = parser.add_subparsers(
        dest="settlement_command", metavar=Text("COMMAND", "命令").say(language), required=True
    )
    example = "suanwang settlement run tianfu --month 2026-03 --log books"
    run = subcommand(
        below,
        "run",
        Text("settle a centre's month; again books nothing", "结算算力中心一个月；重复运行不再入账"),
        language,
        Text(f"Example:\n  {example}", f"示例：\n  {example}"),
    )
    claim = subcommand(
        below,
        "claim",
        Text("compare a centre's claim with our readings", "将算力中心申报与平台计量对账"),
        language,
    )
    resolve = subcommand(below, "resolve", Text("end a dispute", "处理争议"), language)
    listing = subcommand(below, "list", Text("settlements and open disputes", "结算与未决争议"), language)
    for one in (run, claim):
        one.add_argument("centre", metavar="CENTRE", help=Text("the centre", "算力中心").say(language))
        one.add_argument(
            "--month",
            metavar="YYYY-MM",
            required=True,
            help=Text("the month, local time", "月份（本地时间）").say(language),
        )
    claim.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        help=Text(
            "CSV with the columns hold, amount_yuan, usage_device_seconds",
            "CSV，列为 hold, amount_yuan, usage_device_seconds",
        ).say(language),
    )
    claim.add_argument(
        "--tolerance",
        metavar="BP",
        type=int,
        default=50,
        help=Text("basis points that may differ (default 50)", "容差，基点（默认 50）").say(language),
    )
    resolve.add_argument("dispute", metavar="DISPUTE", help=Text("the dispute", "争议编号").say(language))
    resolve.add_argument(
        "amount", metavar="YUAN", help=Text("what the line is worth", "裁定金额（元）").say(language)
    )
    resolve.add_argument("--reason", metavar="TEXT", default="", help=Text("why", "理由").say(language))
    for one, what in ((run, _run), (claim, _claim), (resolve, _resolve)):
        add_posting(one, language)
        one.set_defaults(run=what)
    listing.set_defaults(run=_list)
    for one in (run, claim, resolve, listing):
        add_log(one, language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Runs the subcommand."""
    return int(arguments.run(arguments, language))


def _run(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.commands import Settle
    from suanwang.ledger.settling import settlement_id

    start, end = month_of("--month", arguments.month)
    name = arguments.id or settlement_id(arguments.centre, arguments.month)
    command = Settle(name, arguments.centre, arguments.month, start, end)
    return post_one(arguments, language, command, ledger_time(arguments.at))


def _claim(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.commands import Reconcile

    start, end = month_of("--month", arguments.month)
    lines = tuple(_claim_lines(arguments.file))
    command = Reconcile(
        arguments.id or f"claim/{arguments.centre}/{arguments.month}",
        arguments.centre,
        arguments.month,
        start,
        end,
        lines,
        arguments.tolerance,
    )
    return post_one(arguments, language, command, ledger_time(arguments.at))


def _claim_lines(file: Path) -> "list[ClaimLine]":
    """The lines of a claim. Raises InvalidInput with every fault of the file."""
    from suanwang.ledger.commands import ClaimLine
    from suanwang.units.errors import Fault, InvalidInput

    try:
        with file.open(encoding="utf-8-sig", newline="") as source:
            rows = list(csv.DictReader(source))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise InvalidInput([Fault(str(file), Text("cannot be read", "无法读取"), found=str(error))]) from None
    lines: list[ClaimLine] = []
    faults: list[Fault] = []
    for number, row in enumerate(rows, start=2):
        words = [row.get(column) or "" for column in CLAIM_COLUMNS]
        if set(row) != set(CLAIM_COLUMNS):
            expected = Text(", ".join(CLAIM_COLUMNS), ", ".join(CLAIM_COLUMNS))
            faults.append(Fault(f"{file}:{number}", Text("the columns differ", "列不符"), expected=expected))
            continue
        try:
            amount = amount_of(f"{file}:{number} amount_yuan", words[1])
        except InvalidInput as error:
            faults += error.faults
            amount = 0
        if not (words[2].isascii() and words[2].isdigit()):
            what = Text("not a whole number", "不是整数")
            faults.append(Fault(f"{file}:{number} usage_device_seconds", what, found=words[2]))
            continue
        lines.append(ClaimLine(words[0], amount, int(words[2]) * 1000))
    if faults:
        raise InvalidInput(faults)
    return lines


def _resolve(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.commands import Resolve

    amount = amount_of("YUAN", arguments.amount)
    command = Resolve(request_id(arguments), arguments.dispute, amount, arguments.reason)
    return post_one(arguments, language, command, ledger_time(arguments.at))


def _list(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.cli.own_books import show_settlements
    from suanwang.ledger.statement import Head, Section

    def money(en: str, zh: str) -> Head:
        return Head(Text(en, zh), "money")

    books = books_of(arguments, language)
    if isinstance(books, ServerBooks):
        return show_settlements(books.connection, arguments, language)
    state = read_ledger(books)
    settled = Section(
        Text("Settlements", "结算"),
        (
            Head(Text("centre", "算力中心")),
            Head(Text("period", "期间")),
            money("earned", "本期所得"),
            money("paid", "本次支付"),
            money("carried on", "结转下期"),
            money("voucher part", "算力券部分"),
            money("voucher part still owed", "算力券部分未付"),
        ),
        tuple(
            (
                event.centre,
                event.period,
                event.earned_micro,
                event.paid_micro,
                event.carried_micro,
                sum(part.captured_micro for part in event.programmes),
                sum(part.owed_micro for part in event.programmes),
            )
            for event in state.settlements.values()
        ),
    )
    disputes = Section(
        Text("Open disputes", "未决争议"),
        (
            Head(Text("dispute", "争议")),
            Head(Text("centre", "算力中心")),
            money("claimed", "申报"),
            money("metered", "计量"),
            money("withheld", "暂扣"),
        ),
        tuple(
            (
                name,
                dispute.centre,
                dispute.opened.claimed_micro,
                dispute.opened.captured_micro,
                dispute.opened.withheld_micro,
            )
            for name, dispute in state.disputes.items()
            if dispute.open
        ),
    )
    if arguments.json:
        print_json([section_data(section, language) for section in (settled, disputes)])
    else:
        print_sections([settled, disputes], language)
    return 0
