"""The ledger behind a log in a folder: reading it, posting to it, and what the money commands share."""

import argparse
import json
import sys
from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Any, Protocol

from suanwang.cli.books import Books, ServerBooks, add_books, books_of
from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.ledger.commands import AnyCommand
    from suanwang.ledger.decide import Result
    from suanwang.ledger.events import AnyEvent
    from suanwang.ledger.state import Ledger
    from suanwang.ledger.statement import Section

WIDTH_PIPED = 140


class Subparsers(Protocol):
    """What `add_subparsers` returns."""

    def add_parser(
        self,
        name: str,
        *,
        help: str,
        description: str,
        epilog: str | None,
        formatter_class: type[argparse.HelpFormatter],
    ) -> argparse.ArgumentParser:
        """A parser for one of the commands below."""
        ...


GROUP_EVENTS = 1_000
"""Events that reach the disk with one fsync."""


def add_log(parser: argparse.ArgumentParser, language: Language) -> None:
    """Whose books, and `--json`, which every money command has."""
    add_books(parser, language)
    add_json(parser, language)


def add_posting(parser: argparse.ArgumentParser, language: Language) -> None:
    """`--at` and `--id`, which every command that books has."""
    parser.add_argument(
        "--at",
        metavar="TIME",
        help=Text("ledger time, ISO-8601 (default: now)", "账本时间，ISO-8601（默认：现在）").say(language),
    )
    parser.add_argument(
        "--id",
        metavar="ID",
        help=Text(
            "id of the request: the same id again books nothing (default: a new one)",
            "请求编号：同一编号重复提交不再入账（默认：新编号）",
        ).say(language),
    )


def subcommand(
    commands: Subparsers,
    name: str,
    about: Text,
    language: Language,
    epilog: Text | None = None,
) -> argparse.ArgumentParser:
    """A parser below a money command, with its help and `--lang`."""
    parser = commands.add_parser(
        name,
        help=about.say(language),
        description=about.say(language),
        epilog=epilog.say(language) if epilog else None,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--lang", choices=("zh", "en"), default=argparse.SUPPRESS, help=argparse.SUPPRESS)
    return parser


def ledger_time(text: str | None) -> int:
    """`--at` in UTC microseconds; now where it was not given."""
    if text is not None:
        return instant_of("--at", text)
    from datetime import UTC, datetime

    from suanwang.units.instants import instant

    return instant(datetime.now(UTC).isoformat())


def instant_of(flag: str, text: str) -> int:
    """A flag's instant. Raises InvalidInput."""
    from suanwang.units.instants import instant

    try:
        return instant(text)
    except ValueError:
        expected = Text(
            "such as 2026-03-02T20:00+08:00 or 2026-03-02", "如 2026-03-02T20:00+08:00 或 2026-03-02"
        )
        raise _flag(flag, text, expected) from None


def month_of(flag: str, text: str) -> tuple[int, int]:
    """A flag's month as instants. Raises InvalidInput."""
    from suanwang.units.instants import local_month

    try:
        return local_month(text)
    except ValueError:
        raise _flag(flag, text, Text("a month such as 2026-03", "月份，如 2026-03")) from None


def amount_of(flag: str, text: str) -> int:
    """A flag's amount in micro-yuan. Raises InvalidInput."""
    from suanwang.units.money import micro_from_yuan

    try:
        return micro_from_yuan(text)
    except ValueError:
        expected = Text("yuan such as 1250.50, at most 6 decimals", "金额（元），如 1250.50，至多 6 位小数")
        raise _flag(flag, text, expected) from None


def _flag(flag: str, found: str, expected: Text) -> Exception:
    from suanwang.units.errors import Fault, InvalidInput

    return InvalidInput([Fault(flag, Text("cannot be read", "无法识别"), found=found, expected=expected)])


def request_id(arguments: argparse.Namespace) -> str:
    """`--id`, or a new one."""
    from uuid import uuid4

    return arguments.id or f"cli/{uuid4()}"


def read_events(books: Books) -> "list[AnyEvent]":
    """The ledger's events in the log. Raises InvalidInput where there is no log."""
    from suanwang.ledger.apply import read_events as read
    from suanwang.store.log_file_reader import FileLogReader

    if isinstance(books, ServerBooks):
        return list(read(books.records()))
    with closing(FileLogReader(books)) as log:
        return list(read(log.read()))


def read_ledger(books: Books) -> "Ledger":
    """The state that the log makes."""
    from suanwang.ledger.apply import replay
    from suanwang.store.log_file_reader import FileLogReader

    if isinstance(books, ServerBooks):
        return replay(books.records())
    with closing(FileLogReader(books)) as log:
        return replay(log.read())


def post(books: Books, commands: "Sequence[AnyCommand]", at: int) -> "list[tuple[Result, bool]]":
    """Books the commands and makes them durable, in groups; each one's result, and whether it was known.

    A command that is malformed or whose id stands for another body stops it before anything is written.
    """
    from suanwang.ledger.apply import apply, replay
    from suanwang.ledger.decide import decide, result
    from suanwang.ledger.events import encode
    from suanwang.model.log import Entry
    from suanwang.store.log_file import FileLogWriter

    if isinstance(books, ServerBooks):
        return books.post(commands)
    with closing(FileLogWriter(books)) as log:
        for repair in log.repairs:
            print(repair.say("en"), file=sys.stderr)
        state = replay(log.read())
        entries: list[Entry] = []
        known: list[bool] = []
        for command in commands:
            events = decide(state, command, at)
            known.append(not events)
            for event in events:
                apply(state, event)
                entries.append(Entry(event.id, bytes.fromhex(event.digest), (encode(event),)))
        for first in range(0, len(entries), GROUP_EVENTS):
            log.append(entries[first : first + GROUP_EVENTS])
        return [(result(state, command.id), old) for command, old in zip(commands, known, strict=True)]


def post_one(arguments: argparse.Namespace, language: Language, command: "AnyCommand", at: int) -> int:
    """Books one command and tells its result; 1 where it was refused."""
    ((answer, known),) = post(books_of(arguments, language), [command], at)
    data = result_data(answer, known, language)
    if arguments.json:
        print_json(data)
    else:
        print(result_line(answer, known, language))
    return 0 if answer.accepted else 1


def result_data(answer: "Result", known: bool, language: Language) -> dict[str, Any]:
    """A result for `--json`."""
    return {
        "id": answer.id,
        "accepted": answer.accepted,
        "repeated": known,
        "sequence": answer.sequence,
        "reasons": [
            {"code": fault.kind, "where": fault.where, "words": fault.say(language)}
            for fault in answer.faults
        ],
    }


def result_line(answer: "Result", known: bool, language: Language) -> str:
    """A result for people."""
    if not answer.accepted:
        word = Text("refused", "拒绝").say(language)
        return "\n".join([f"{word}: {answer.id}", *(f"  {fault.say(language)}" for fault in answer.faults)])
    word = Text("booked before", "此前已入账") if known else Text("booked", "已入账")
    return f"{word.say(language)}: {answer.id} (#{answer.sequence})"


def print_json(document: object) -> None:
    """One document on standard output."""
    print(json.dumps(document, ensure_ascii=False, indent=2))


def print_sections(sections: "Sequence[Section]", language: Language) -> None:
    """Sections as aligned tables on the terminal."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text as Words

    from suanwang.ledger.statement import rows_of

    width = None if sys.stdout.isatty() else WIDTH_PIPED
    out = Console(width=width, highlight=False, emoji=False, markup=False)
    for section in sections:
        out.print(section.title.say(language))
        if not section.rows:
            out.print(Text("  nothing\n", "  无记录\n").say(language))
            continue
        table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
        for head in section.heads:
            right = head.kind in ("money", "whole", "share")
            table.add_column(head.title.say(language), justify="right" if right else "left", overflow="fold")
        rows = rows_of(section, language)
        for number, row in enumerate(rows, start=1):
            if section.total and number == len(rows):
                table.add_section()
            table.add_row(*(Words(cell) for cell in row))  # names are plain words, never markup
        out.print(table)


def section_data(section: "Section", language: Language) -> dict[str, Any]:
    """A section for `--json`: rows in words, amounts exact in yuan."""
    from suanwang.ledger.statement import rows_of

    return {
        "title": section.title.say(language),
        "columns": [head.title.say(language) for head in section.heads],
        "rows": rows_of(section, language, exact=True),
        "has_total": bool(section.total),
    }
