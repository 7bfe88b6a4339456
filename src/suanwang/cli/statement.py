"""`suanwang statement`: of an enterprise, a centre, a programme, the platform; operating statements."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.books import ServerBooks, books_of
from suanwang.cli.ledger_book import (
    add_log,
    amount_of,
    instant_of,
    month_of,
    print_json,
    print_sections,
    read_events,
    section_data,
    subcommand,
)
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.cli.connection import Connection
    from suanwang.ledger.operating import CentreMonth
    from suanwang.ledger.period import Period
    from suanwang.ledger.statement import Statement

KINDS: dict[str, Text] = {
    "enterprise": Text("wallet, vouchers and use of an enterprise", "企业的钱包、算力券与使用"),
    "centre": Text("what a centre earned, was paid and is owed", "算力中心的所得、已付与应付"),
    "programme": Text(
        "budget, reserve, funds and grants of a programme", "方案的预算、备用金、资金来源与额度"
    ),
    "platform": Text("trial balance of the platform", "平台试算平衡表"),
    "operating": Text("operating statement of a centre", "算力中心运营报表"),
}


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the kinds of statement."""
    below = parser.add_subparsers(
        dest="statement_kind", metavar=Text("KIND", "类型").say(language), required=True
    )
    for kind, about in KINDS.items():
        name = {"platform": "", "operating": " tianfu"}.get(kind, " NAME")
        more = (
            " --capacity 720000 --energy-cost 5200.40"
            if kind == "operating"
            else " --format html --out s.html"
        )
        example = f"suanwang statement {kind}{name} --month 2026-03{more}"
        one = subcommand(below, kind, about, language, Text(f"Example:\n  {example}", f"示例：\n  {example}"))
        if kind != "platform":
            one.add_argument("name", metavar="NAME", help=Text("whose statement", "对账单主体").say(language))
        _describe_period(one, language)
        if kind == "operating":
            _describe_operating(one, language)
        add_log(one, language)


def _describe_period(parser: argparse.ArgumentParser, language: Language) -> None:
    parser.add_argument(
        "--month", metavar="YYYY-MM", help=Text("the month, local time", "月份（本地时间）").say(language)
    )
    parser.add_argument(
        "--from",
        dest="start",
        metavar="TIME",
        help=Text("begin, instead of a month", "期初（代替月份）").say(language),
    )
    parser.add_argument(
        "--to", dest="end", metavar="TIME", help=Text("end, exclusive", "期末（不含）").say(language)
    )
    parser.add_argument(
        "--format",
        choices=("table", "csv", "html"),
        default="table",
        help=Text("form (default table)", "形式（默认表格）").say(language),
    )
    parser.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help=Text("file (default: standard output)", "文件（默认标准输出）").say(language),
    )


def _describe_operating(parser: argparse.ArgumentParser, language: Language) -> None:
    parser.add_argument(
        "--capacity",
        metavar="SECONDS",
        type=int,
        default=0,
        help=Text("device-seconds offered in the period", "本期可供卡·秒").say(language),
    )
    parser.add_argument(
        "--energy-wh",
        metavar="WH",
        type=int,
        default=0,
        help=Text("energy bought in the period, Wh", "本期购电量（瓦时）").say(language),
    )
    parser.add_argument(
        "--energy-cost",
        metavar="YUAN",
        default="0",
        help=Text("what the energy cost", "电费（元）").say(language),
    )
    parser.add_argument(
        "--cost",
        metavar="NAME=YUAN",
        action="append",
        default=[],
        help=Text("another operating cost; may be repeated", "其他运营成本，可重复").say(language),
    )


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Makes the statement and writes it in the form asked for."""
    from suanwang.ledger.period import read_period
    from suanwang.ledger.statement import as_csv, as_html

    start, end = _period(arguments)
    books = books_of(arguments, language)
    if isinstance(books, ServerBooks) and arguments.statement_kind != "operating":
        return _from_server(books.connection, arguments, start, end, language)
    statement = _make(arguments, read_period(read_events(books), start, end))
    if arguments.json:
        print_json(_data(statement, language))
        return 0
    if arguments.format == "table" and arguments.out is None:
        _print_table(statement, language)
        return 0
    text = as_html(statement, language) if arguments.format == "html" else as_csv(statement, language)
    if arguments.out is None:
        sys.stdout.write(text)
    else:
        # a spreadsheet reads Chinese in CSV only behind a byte-order mark
        arguments.out.write_text(text, "utf-8" if arguments.format == "html" else "utf-8-sig", newline="")
    return 0


def _from_server(
    connection: "Connection", arguments: argparse.Namespace, start: int, end: int, language: Language
) -> int:
    """A statement that the platform makes. Raises Unsupported for a form that only a folder gives."""
    from suanwang.cli.own_books import print_statement, statement_of
    from suanwang.cli.tables import print_told
    from suanwang.units.errors import Fault, Unsupported

    if arguments.format != "table" or arguments.out is not None:
        what = Text("a server gives tables and JSON", "服务器仅提供表格与 JSON")
        raise Unsupported([Fault("--format, --out", what, arguments.format)])
    told = statement_of(connection, arguments.statement_kind, getattr(arguments, "name", ""), start, end)
    if arguments.json:
        print_told(told)
    else:
        print_statement(told, language)
    return 0


def _period(arguments: argparse.Namespace) -> tuple[int, int]:
    from suanwang.units.errors import Fault, InvalidInput

    if arguments.month is not None and arguments.start is None and arguments.end is None:
        return month_of("--month", arguments.month)
    if arguments.month is None and arguments.start is not None and arguments.end is not None:
        start, end = instant_of("--from", arguments.start), instant_of("--to", arguments.end)
        if start < end:
            return start, end
    expected = Text("--month, or --from before --to", "--month，或 --from 早于 --to")
    raise InvalidInput([Fault("--month", Text("no period", "未指定期间"), expected=expected)])


def _make(arguments: argparse.Namespace, period: "Period") -> "Statement":
    from suanwang.ledger import statements
    from suanwang.ledger.operating import operating_statement

    kind = arguments.statement_kind
    if kind == "enterprise":
        return statements.enterprise_statement(period, arguments.name)
    if kind == "centre":
        return statements.centre_statement(period, arguments.name)
    if kind == "programme":
        return statements.programme_statement(period, arguments.name)
    if kind == "platform":
        return statements.platform_statement(period)
    return operating_statement(period, arguments.name, _month(arguments))


def _month(arguments: argparse.Namespace) -> "CentreMonth":
    from suanwang.ledger.operating import CentreMonth

    costs: list[tuple[str, int]] = []
    for word in arguments.cost:
        name, _, amount = word.partition("=")
        costs.append((name, amount_of(f"--cost {name}", amount)))
    energy_cost = amount_of("--energy-cost", arguments.energy_cost)
    return CentreMonth(arguments.capacity * 1000, arguments.energy_wh, energy_cost, tuple(costs))


def _print_table(statement: "Statement", language: Language) -> None:
    from suanwang.ledger.statement import period_of

    title = f"{statement.title.say(language)} · {statement.subject} · {period_of(statement)}"
    print(f"{title} · {statement.currency}\n")
    print_sections(statement.sections, language)
    for note in statement.notes:
        print(note.say(language))


def _data(statement: "Statement", language: Language) -> dict[str, object]:
    from suanwang.ledger.statement import notes_of
    from suanwang.units.instants import iso

    return {
        "title": statement.title.say(language),
        "subject": statement.subject,
        "from": iso(statement.from_at),
        "to": iso(statement.to_at),
        "currency": statement.currency,
        "sections": [section_data(section, language) for section in statement.sections],
        "notes": notes_of(statement, language, exact=True),
    }
