"""`suanwang grant`: vouchers deducted at purchase: apply, review, wait, hold, claw back, list, show."""

import argparse
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.books import books_of
from suanwang.cli.ledger_book import (
    add_log,
    add_posting,
    amount_of,
    ledger_time,
    post_one,
    print_json,
    request_id,
    result_data,
    result_line,
    subcommand,
)
from suanwang.cli.policy_inputs import add_rules, day
from suanwang.cli.voucher_book import ask, grant_dossier, read_vouchers, rules_of
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.engine.dossier import GrantDossier
    from suanwang.engine.voucher_state import ApplicationFile

NAME = Text("the application; its grant has the same name", "申请编号；额度同名")
STEPS: dict[str, Text] = {
    "apply": Text("file an application with its papers", "提交申请与材料"),
    "review": Text("decide on an application; a grant is issued with it", "审核申请；批准即发放额度"),
    "promote": Text("grants for the head of the waiting list", "为排队在前者发放额度"),
    "withdraw": Text("take an application back", "撤回申请"),
    "hold": Text("hold vouchers and wallet for one attempt", "为一次作业冻结算力券与钱包"),
    "claw-back": Text("withdraw a grant", "收回额度"),
    "list": Text("applications and grants", "申请与额度一览"),
    "show": Text("one decision, and the same decision made again", "查看决定并重新计算核对"),
}


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the subcommands of `grant`."""
    below = parser.add_subparsers(
        dest="grant_command", metavar=Text("COMMAND", "命令").say(language), required=True
    )
    made = {name: subcommand(below, name, about, language) for name, about in STEPS.items()}
    for name in ("apply", "review", "withdraw", "show"):
        made[name].add_argument("application", metavar="NAME", help=NAME.say(language))
    made["apply"].add_argument(
        "--programme", metavar="ID", required=True, help=Text("the programme", "方案").say(language)
    )
    made["promote"].add_argument("programme", metavar="ID", help=Text("the programme", "方案").say(language))
    for name in ("apply", "review"):
        _describe_papers(made[name], language, required=name == "apply")
    _describe_hold(made["hold"], language)
    _describe_claw_back(made["claw-back"], language)
    made["apply"].add_argument(
        "--ask", metavar="YUAN", help=Text("ask for less than all", "申请金额（默认全部）").say(language)
    )
    made["apply"].add_argument(
        "--filed",
        metavar="DAY",
        type=day,
        help=Text("day of the application (default: of the ledger time)", "申请日期（默认账本时间当日）").say(
            language
        ),
    )
    for name in ("apply", "review", "promote", "claw-back", "show"):
        add_rules(made[name], language)
    for name in ("apply", "review", "promote", "withdraw", "hold", "claw-back"):
        add_posting(made[name], language)
    for one in made.values():
        add_log(one, language)
    parser.epilog = Text(
        "Exit code 0: done (review: granted); 1: refused, waiting or undecided; 2: bad input.\n\n"
        "Examples:\n  suanwang grant apply g1 --programme guizhou-compute-voucher --enterprise firm.yaml "
        "--purchase buy.yaml --log books\n  suanwang grant review g1 --log books",
        "退出码 0：完成（review：已发放）；1：不予支持、排队或待定；2：输入有误。\n\n"
        "示例：\n  suanwang grant apply g1 --programme guizhou-compute-voucher --enterprise firm.yaml "
        "--purchase buy.yaml --log books\n  suanwang grant review g1 --log books",
    ).say(language)


def _describe_papers(parser: argparse.ArgumentParser, language: Language, required: bool) -> None:
    parser.add_argument(
        "--enterprise",
        metavar="FILE",
        type=Path,
        required=required,
        help=Text("the enterprise, YAML", "企业，YAML").say(language),
    )
    parser.add_argument(
        "--purchase", metavar="FILE", type=Path, help=Text("the purchase, YAML", "采购，YAML").say(language)
    )


def _describe_hold(parser: argparse.ArgumentParser, language: Language) -> None:
    parser.add_argument("hold", metavar="HOLD", help=Text("name of the hold", "冻结编号").say(language))
    words = {
        "--enterprise": ("CODE", Text("credit code of the enterprise", "企业统一社会信用代码")),
        "--centre": ("CENTRE", Text("the centre", "算力中心")),
        "--amount": ("YUAN", Text("the whole charge to freeze", "冻结总额（元）")),
    }
    for flag, (metavar, about) in words.items():
        parser.add_argument(flag, metavar=metavar, required=True, help=about.say(language))
    parser.add_argument(
        "--programme",
        metavar="ID",
        action="append",
        help=Text("only vouchers of this programme; may repeat", "仅用该方案的券，可重复").say(language),
    )


def _describe_claw_back(parser: argparse.ArgumentParser, language: Language) -> None:
    parser.add_argument("application", metavar="GRANT", help=NAME.say(language))
    parser.add_argument(
        "amount",
        metavar="YUAN",
        nargs="?",
        default="0",
        help=Text(
            "of what was spent, how much is owed back (default 0)", "已核销部分中须退还的金额（默认 0）"
        ).say(language),
    )
    parser.add_argument("--reason", metavar="TEXT", required=True, help=Text("why", "理由").say(language))


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Runs the subcommand."""
    from suanwang.cli.grant_list import list_grants, show_grant

    steps = {
        "apply": _apply,
        "review": _review,
        "promote": _promote,
        "withdraw": _withdraw,
        "hold": _hold,
        "claw-back": _claw_back,
        "list": list_grants,
        "show": show_grant,
    }
    return steps[arguments.grant_command](arguments, language)


def _apply(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.engine.dossier import GrantDossier
    from suanwang.engine.voucher_inputs import ApplyGrant
    from suanwang.feeds.enterprise_table import read_enterprise
    from suanwang.feeds.purchase_file import read_purchase
    from suanwang.units.instants import local_time

    at, name = ledger_time(arguments.at), arguments.application
    rules = rules_of(arguments.programme, arguments)
    purchase = None if arguments.purchase is None else read_purchase(arguments.purchase)
    dossier = GrantDossier(read_enterprise(arguments.enterprise), purchase)
    asked = None if arguments.ask is None else amount_of("--ask", arguments.ask)
    filed = arguments.filed or local_time(at).date()
    request = ApplyGrant(
        arguments.id or f"grant/apply/{name}", name, arguments.programme, dossier, filed, asked
    )
    answer = ask(books_of(arguments, language), request, rules, at, dossier)
    return _tell(arguments, language, answer.state.applications[name], request.id, answer.repeated)


def _review(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.cli.voucher_book import print_record
    from suanwang.engine.dossier import dossier_digest
    from suanwang.engine.voucher_inputs import ReviewGrant
    from suanwang.engine.vouchers import programme_on_file

    name = arguments.application
    state = read_vouchers(books_of(arguments, language))
    rules = rules_of(programme_on_file(state, name), arguments)
    dossier = _papers(arguments, state.applications[name], language)
    mark = f"{dossier_digest(dossier)[:12]}-{rules.digest[:12]}"
    request = ReviewGrant(arguments.id or f"grant/review/{name}/{mark}", name, dossier)
    answer = ask(books_of(arguments, language), request, rules, ledger_time(arguments.at), dossier)
    file = answer.state.applications[name]
    if not arguments.json and file.reviewed is not None:
        print_record(file.reviewed.decision, rules, language)
    return _tell(arguments, language, file, request.id, answer.repeated)


def _papers(arguments: argparse.Namespace, file: "ApplicationFile", language: Language) -> "GrantDossier":
    """The application's papers, those that are given anew in their place."""
    from suanwang.engine.dossier import GrantDossier
    from suanwang.feeds.enterprise_table import read_enterprise
    from suanwang.feeds.purchase_file import read_purchase

    last = file.applied.papers if file.reviewed is None else file.reviewed.papers
    kept = grant_dossier(books_of(arguments, language), last)
    enterprise = kept.enterprise if arguments.enterprise is None else read_enterprise(arguments.enterprise)
    purchase = kept.purchase if arguments.purchase is None else read_purchase(arguments.purchase)
    return GrantDossier(enterprise, purchase)


def _tell(
    arguments: argparse.Namespace, language: Language, file: "ApplicationFile", request: str, repeated: bool
) -> int:
    """The application's standing; 1 where it was reviewed and not granted."""
    from suanwang.cli.grant_list import application_data, application_line
    from suanwang.cli.voucher_book import known_word

    if arguments.json:
        print_json({"id": request, "repeated": repeated, **application_data(file, language)})
    else:
        print(f"{known_word(repeated).say(language)}: {application_line(file, language)}")
    return 1 if application_data(file, language)["state"] in ("refused", "waiting", "undecided") else 0


def _promote(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.cli.grant_list import application_data, application_line
    from suanwang.engine.voucher_inputs import PromoteGrants

    at = ledger_time(arguments.at)
    rules = rules_of(arguments.programme, arguments)
    before = read_vouchers(books_of(arguments, language))
    request = PromoteGrants(request_id(arguments), arguments.programme)
    after = ask(books_of(arguments, language), request, rules, at).state
    changed = [
        file for name, file in after.applications.items() if file.state != before.applications[name].state
    ]
    if arguments.json:
        print_json({"id": request.id, "granted": [application_data(file, language) for file in changed]})
    else:
        for file in changed:
            print(application_line(file, language))
        print(Text(f"{len(changed)} granted", f"已发放 {len(changed)} 项").say(language))
    return 0


def _withdraw(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.engine.voucher_inputs import WithdrawGrant
    from suanwang.engine.vouchers import programme_on_file

    name = arguments.application
    rules = rules_of(programme_on_file(read_vouchers(books_of(arguments, language)), name), arguments)
    request = WithdrawGrant(arguments.id or f"grant/withdraw/{name}", name)
    answer = ask(books_of(arguments, language), request, rules, ledger_time(arguments.at))
    return _tell(arguments, language, answer.state.applications[name], request.id, answer.repeated)


def _hold(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.engine.redemption import hold_for, hold_request, is_held
    from suanwang.engine.request_faults import unknown
    from suanwang.ledger.decide import result

    at, amount = ledger_time(arguments.at), amount_of("--amount", arguments.amount)
    state = read_vouchers(books_of(arguments, language))
    if arguments.enterprise not in state.ledger.enterprises:
        raise unknown(arguments.enterprise, Text("it has no wallet", "尚未开立钱包"))
    name = arguments.id or hold_request(state, arguments.hold)
    asked = (arguments.hold, arguments.enterprise, arguments.centre, amount)
    if name in state.ledger.done and is_held(state, *asked):
        # what the vouchers have left has changed since, so the same request would be reckoned differently
        answer = result(state.ledger, name)
        data = result_data(answer, True, language)
        print_json(data) if arguments.json else print(result_line(answer, True, language))
        return 0
    only = None if arguments.programme is None else frozenset(arguments.programme)
    return post_one(arguments, language, hold_for(state, name, *asked, at, only), at)


def _claw_back(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.engine.grant_route import claw_back_of
    from suanwang.engine.vouchers import programme_on_file

    at, name = ledger_time(arguments.at), arguments.application
    state = read_vouchers(books_of(arguments, language))
    rules = rules_of(programme_on_file(state, name), arguments)
    amount = amount_of("YUAN", arguments.amount)
    mark = sha256(f"{amount} {arguments.reason}".encode()).hexdigest()[:12]
    request = arguments.id or f"grant/claw-back/{name}/{mark}"
    command = claw_back_of(state, request, name, amount, arguments.reason, rules, at)
    return post_one(arguments, language, command, at)
