"""`suanwang wallet`: open, top up, withdraw, credit limit, balance."""

import argparse

from suanwang.cli.books import ServerBooks, books_of
from suanwang.cli.ledger_book import (
    add_log,
    add_posting,
    amount_of,
    ledger_time,
    post_one,
    print_json,
    print_sections,
    read_ledger,
    request_id,
    section_data,
    subcommand,
)
from suanwang.units.text import Language, Text

ENTERPRISE = Text("the enterprise", "企业")


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the subcommands of `wallet`."""
    below = parser.add_subparsers(
        dest="wallet_command", metavar=Text("COMMAND", "命令").say(language), required=True
    )
    opening = subcommand(below, "open", Text("open a wallet", "开立钱包"), language)
    top_up = subcommand(below, "top-up", Text("book money that arrived", "登记到账金额"), language)
    withdraw = subcommand(below, "withdraw", Text("book money paid back", "登记提现"), language)
    credit = subcommand(below, "credit", Text("set the credit limit", "设定授信额度"), language)
    show = subcommand(
        below,
        "show",
        Text("balances of one wallet, or of all", "一个或全部钱包的余额"),
        language,
        Text(
            "Example:\n  suanwang wallet show acme --log books",
            "示例：\n  suanwang wallet show acme --log books",
        ),
    )
    for one, run in ((opening, _open), (top_up, _top_up), (withdraw, _withdraw), (credit, _credit)):
        one.add_argument("enterprise", metavar="ENTERPRISE", help=ENTERPRISE.say(language))
        add_posting(one, language)
        one.set_defaults(run=run)
    for one in (top_up, withdraw, credit):
        one.add_argument("amount", metavar="YUAN", help=Text("amount in yuan", "金额（元）").say(language))
    for one in (top_up, withdraw):
        one.add_argument(
            "--reference",
            metavar="TEXT",
            default="",
            help=Text("the bank's reference", "银行流水号").say(language),
        )
    opening.add_argument(
        "--credit",
        metavar="YUAN",
        default="0",
        help=Text("credit limit (default 0)", "授信额度（默认 0）").say(language),
    )
    opening.add_argument(
        "--currency",
        metavar="CODE",
        default="CNY",
        help=Text("currency (default CNY)", "币种（默认 CNY）").say(language),
    )
    show.add_argument("enterprise", metavar="ENTERPRISE", nargs="?", help=ENTERPRISE.say(language))
    show.set_defaults(run=_show)
    for one in (opening, top_up, withdraw, credit, show):
        add_log(one, language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Runs the subcommand."""
    return int(arguments.run(arguments, language))


def _open(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.commands import OpenWallet

    limit = amount_of("--credit", arguments.credit)
    command = OpenWallet(request_id(arguments), arguments.enterprise, arguments.currency, limit)
    return post_one(arguments, language, command, ledger_time(arguments.at))


def _top_up(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.commands import TopUp

    amount = amount_of("YUAN", arguments.amount)
    command = TopUp(request_id(arguments), arguments.enterprise, amount, arguments.reference)
    return post_one(arguments, language, command, ledger_time(arguments.at))


def _withdraw(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.commands import Withdraw

    amount = amount_of("YUAN", arguments.amount)
    command = Withdraw(request_id(arguments), arguments.enterprise, amount, arguments.reference)
    return post_one(arguments, language, command, ledger_time(arguments.at))


def _credit(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.ledger.commands import SetCredit

    command = SetCredit(request_id(arguments), arguments.enterprise, amount_of("YUAN", arguments.amount))
    return post_one(arguments, language, command, ledger_time(arguments.at))


def _show(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.cli.own_books import show_wallets
    from suanwang.ledger.events import Reason
    from suanwang.ledger.refusals import fault_of
    from suanwang.ledger.statement import Head, Section
    from suanwang.units.errors import InvalidInput

    books = books_of(arguments, language)
    if isinstance(books, ServerBooks):
        return show_wallets(books.connection, arguments, language)
    state = read_ledger(books)
    if arguments.enterprise not in (None, *state.enterprises):
        raise InvalidInput([fault_of(Reason("unknown", f"wallet:{arguments.enterprise}"))])
    names = [arguments.enterprise] if arguments.enterprise else list(state.enterprises)
    rows = tuple(
        (
            name,
            state.accounts[f"wallet:{name}"].natural_micro,
            state.accounts[f"wallet_held:{name}"].natural_micro,
            -state.accounts[f"wallet:{name}"].floor_micro,
            sum(
                state.accounts[f"available:{grant}"].natural_micro for grant in state.enterprises[name].grants
            ),
            sum(state.accounts[f"held:{grant}"].natural_micro for grant in state.enterprises[name].grants),
        )
        for name in names
    )
    heads = (
        Head(ENTERPRISE),
        Head(Text("available", "可用"), "money"),
        Head(Text("held", "冻结"), "money"),
        Head(Text("credit limit", "授信额度"), "money"),
        Head(Text("vouchers available", "算力券可用"), "money"),
        Head(Text("vouchers held", "算力券冻结"), "money"),
    )
    section = Section(Text("Wallets", "钱包"), heads, rows)
    if arguments.json:
        print_json(section_data(section, language))
    else:
        print_sections([section], language)
    return 0
