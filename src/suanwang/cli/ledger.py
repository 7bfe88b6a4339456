"""`suanwang ledger`: post commands, look at accounts, check the invariants, export."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.books import books_of
from suanwang.cli.ledger_book import (
    add_log,
    ledger_time,
    post,
    print_json,
    print_sections,
    read_events,
    read_ledger,
    result_data,
    result_line,
    section_data,
    subcommand,
)
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.ledger.commands import AnyCommand


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the subcommands of `ledger`."""
    below = parser.add_subparsers(
        dest="ledger_command", metavar=Text("COMMAND", "命令").say(language), required=True
    )
    posting = subcommand(
        below,
        "post",
        Text("book commands, one JSON object a line", "入账命令，每行一个 JSON 对象"),
        language,
        Text(
            "Nothing is booked where a line is malformed; a refused command is recorded as refused.\n"
            "Exit code 1: at least one was refused.\n\n"
            "Example:\n  suanwang ledger post commands.jsonl --log books",
            "任一行格式错误则全部不入账；被拒绝的命令记为拒绝。\n"
            "退出码 1：至少一条被拒绝。\n\n"
            "示例：\n  suanwang ledger post commands.jsonl --log books",
        ),
    )
    posting.add_argument(
        "file",
        metavar="FILE",
        help=Text("commands, - for standard input", "命令文件，- 为标准输入").say(language),
    )
    posting.add_argument(
        "--at",
        metavar="TIME",
        help=Text("ledger time, ISO-8601 (default: now)", "账本时间，ISO-8601（默认：现在）").say(language),
    )
    posting.set_defaults(run=_post)
    balances = subcommand(below, "balances", Text("every account with its balance", "各账户余额"), language)
    balances.add_argument(
        "--kind", metavar="KIND", help=Text("only this kind of account", "只看这一类账户").say(language)
    )
    balances.set_defaults(run=_balances)
    shown = subcommand(
        below, "show", Text("what one command led to, leg by leg", "一条命令的结果及分录"), language
    )
    shown.add_argument("name", metavar="ID", help=Text("id of the command", "命令编号").say(language))
    shown.set_defaults(run=_show)
    check = subcommand(
        below,
        "check",
        Text("replay the log and ask every invariant", "重放日志并检查全部不变式"),
        language,
        Text("Exit code 1: one does not hold.", "退出码 1：有不变式不成立。"),
    )
    check.set_defaults(run=_check)
    export = subcommand(
        below, "export", Text("write the ledger for other tools", "导出账本供其他工具使用"), language
    )
    export.add_argument(
        "--format",
        choices=("beancount", "jsonl"),
        default="beancount",
        help=Text("beancount, or the events as stored", "beancount，或原样事件").say(language),
    )
    export.add_argument(
        "--out",
        metavar="FILE",
        type=Path,
        help=Text("file (default: standard output)", "文件（默认标准输出）").say(language),
    )
    export.set_defaults(run=_export)
    for one in (posting, balances, shown, check, export):
        add_log(one, language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Runs the subcommand."""
    return int(arguments.run(arguments, language))


def _post(arguments: argparse.Namespace, language: Language) -> int:
    commands = _read_commands(arguments.file)
    answers = post(books_of(arguments, language), commands, ledger_time(arguments.at))
    if arguments.json:
        print_json([result_data(answer, known, language) for answer, known in answers])
    else:
        for answer, known in answers:
            print(result_line(answer, known, language))
    return 0 if all(answer.accepted for answer, _ in answers) else 1


def _read_commands(name: str) -> "list[AnyCommand]":
    """Every line's command. Raises InvalidInput with the faults of all lines."""
    from suanwang.ledger.shape import read_command
    from suanwang.units.errors import Fault, InvalidInput

    try:
        content = sys.stdin.buffer.read() if name == "-" else Path(name).read_bytes()
    except OSError as error:
        what = Text("cannot be read", "无法读取")
        raise InvalidInput([Fault(name, what, found=error.strerror or "")]) from None
    commands: list[AnyCommand] = []
    faults: list[Fault] = []
    for number, line in enumerate(content.splitlines(), start=1):
        if not line.strip():
            continue
        try:
            commands.append(read_command(line, f"{name}:{number}"))
        except InvalidInput as error:
            faults += error.faults
    if faults:
        raise InvalidInput(faults)
    return commands


def _balances(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.chart import KINDS
    from suanwang.ledger.statement import Head, Section

    state = read_ledger(books_of(arguments, language))
    rows = tuple(
        (account.name, KINDS[account.kind].title, account.currency, account.natural_micro)
        for account in state.accounts.values()
        if arguments.kind in (None, account.kind)
    )
    heads = (
        Head(Text("account", "账户")),
        Head(Text("kind", "科目")),
        Head(Text("currency", "币种")),
        Head(Text("balance", "余额"), "money"),
    )
    section = Section(Text("Balances", "余额"), heads, rows)
    if arguments.json:
        print_json(section_data(section, language))
    else:
        print_sections([section], language)
    return 0


def _show(arguments: argparse.Namespace, language: Language) -> int:
    import msgspec

    from suanwang.ledger.decide import result
    from suanwang.ledger.events import Reason
    from suanwang.ledger.period import OPERATIONS
    from suanwang.ledger.refusals import fault_of
    from suanwang.ledger.statement import Head, Section
    from suanwang.units.errors import InvalidInput
    from suanwang.units.instants import iso

    events = read_events(books_of(arguments, language))
    event = next((event for event in events if event.id == arguments.name), None)
    if event is None:
        raise InvalidInput([fault_of(Reason("unknown", arguments.name))])
    if arguments.json:
        print_json(msgspec.to_builtins(event))
        return 0
    answer = result(read_ledger(books_of(arguments, language)), event.id)
    print(
        f"{OPERATIONS[type(event).__name__].say(language)} {event.id} · {iso(event.at)} · #{answer.sequence}"
    )
    for fault in answer.faults:
        print(f"  {fault.say(language)}")
    heads = (
        Head(Text("account", "账户")),
        Head(Text("debit", "借方"), "money"),
        Head(Text("credit", "贷方"), "money"),
    )
    rows = tuple(
        (
            leg.account,
            leg.amount_micro if leg.amount_micro > 0 else None,
            -leg.amount_micro if leg.amount_micro < 0 else None,
        )
        for leg in event.legs
    )
    if rows:
        print_sections([Section(Text("Entry", "分录"), heads, rows)], language)
    return 0


def _check(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.validate import INVARIANTS, broken_invariants

    state = read_ledger(books_of(arguments, language))
    faults = broken_invariants(state)
    if arguments.json:
        print_json(
            {
                "events": state.sequence,
                "accounts": len(state.accounts),
                "invariants": [invariant.__name__ for invariant in INVARIANTS],
                "broken": [fault.say(language) for fault in faults],
            }
        )
    else:
        print(
            Text(
                f"{state.sequence:,} events, {len(state.accounts):,} accounts, {len(INVARIANTS)} invariants: "
                f"{len(faults)} broken",
                f"{state.sequence:,} 个事件，{len(state.accounts):,} 个账户，{len(INVARIANTS)} 条不变式："
                f"{len(faults)} 处不成立",
            ).say(language)
        )
        for fault in faults:
            print(fault.say(language))
    return 1 if faults else 0


def _export(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.beancount_export import as_beancount
    from suanwang.ledger.events import encode

    events = read_events(books_of(arguments, language))
    if arguments.format == "beancount":
        lines = as_beancount(events)
    else:
        lines = (encode(event).decode() + "\n" for event in events)
    if arguments.out is None:
        sys.stdout.writelines(lines)
        return 0
    with arguments.out.open("w", encoding="utf-8") as out:
        out.writelines(lines)
    wrote = Text(f"wrote {arguments.out}", f"已写入 {arguments.out}")
    print(wrote.say(language), file=sys.stderr)
    return 0
