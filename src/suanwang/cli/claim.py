"""`suanwang claim`: file, check, correct, pay, claw back, list, show: support reimbursed after payment."""

import argparse
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.books import books_of
from suanwang.cli.ledger_book import add_log, add_posting, amount_of, ledger_time, print_json, subcommand
from suanwang.cli.policy_inputs import add_rules
from suanwang.cli.voucher_book import (
    Answer,
    ask,
    claim_dossier,
    known_word,
    print_record,
    read_vouchers,
    rules_of,
)
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.engine.dossier import ClaimDossier
    from suanwang.engine.voucher_state import Vouchers

CLAIM = Text("the claim", "申报编号")
STEPS: dict[str, Text] = {
    "file": Text("file a claim with contract, invoices and evidence", "提交兑付申报（合同、发票、材料）"),
    "check": Text(
        "check papers and rules; an approval sets the budget aside", "审核材料与规则；核准即占用预算"
    ),
    "correct": Text("file a returned claim again", "更正后重新申报"),
    "pay": Text("pay what is due to the firm", "向企业兑付"),
    "claw-back": Text("take back part or all of a paid claim", "追回已兑付资金"),
    "list": Text("claims", "申报一览"),
    "show": Text("one decision, and the same decision made again", "查看决定并重新计算核对"),
}


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the subcommands of `claim`."""
    below = parser.add_subparsers(
        dest="claim_command", metavar=Text("COMMAND", "命令").say(language), required=True
    )
    made = {name: subcommand(below, name, about, language) for name, about in STEPS.items()}
    for name in ("file", "correct"):
        made[name].add_argument(
            "papers",
            metavar="FILE",
            type=Path,
            help=Text("claim, contract and invoices, YAML", "申报、合同与发票，YAML").say(language),
        )
        made[name].add_argument(
            "--enterprise",
            metavar="FILE",
            type=Path,
            required=True,
            help=Text("the enterprise, YAML", "企业，YAML").say(language),
        )
    for name in ("check", "pay", "claw-back", "show"):
        made[name].add_argument("claim", metavar="CLAIM", help=CLAIM.say(language))
    made["pay"].add_argument(
        "amount",
        metavar="YUAN",
        nargs="?",
        help=Text("amount in whole 分 (default: all that is due)", "金额，整分（默认全部应付）").say(
            language
        ),
    )
    made["pay"].add_argument(
        "--reference",
        metavar="TEXT",
        required=True,
        help=Text("the bank's reference; the same again books nothing", "银行流水号；重复不再入账").say(
            language
        ),
    )
    made["claw-back"].add_argument(
        "amount", metavar="YUAN", help=Text("amount in yuan", "金额（元）").say(language)
    )
    made["claw-back"].add_argument(
        "--reason", metavar="TEXT", required=True, help=Text("why", "理由").say(language)
    )
    for name, one in made.items():
        if name != "list":
            add_rules(one, language)
        if name not in ("list", "show"):
            add_posting(one, language)
        add_log(one, language)
    parser.epilog = Text(
        "Exit code 0: done (check: approved); 1: refused or returned; 2: bad input.\n\n"
        "Examples:\n  suanwang claim file claim.yaml --enterprise firm.yaml --log books\n"
        "  suanwang claim check c1 --log books\n  suanwang claim pay c1 --reference wire-17 --log books",
        "退出码 0：完成（check：已核准）；1：不予支持或退回；2：输入有误。\n\n"
        "示例：\n  suanwang claim file claim.yaml --enterprise firm.yaml --log books\n"
        "  suanwang claim check c1 --log books\n  suanwang claim pay c1 --reference wire-17 --log books",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Runs the subcommand."""
    from suanwang.cli.grant_list import list_claims, show_claim

    steps = {
        "file": _file,
        "check": _check,
        "correct": _file,
        "pay": _pay,
        "claw-back": _claw_back,
        "list": list_claims,
        "show": show_claim,
    }
    return steps[arguments.claim_command](arguments, language)


def _file(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.engine.dossier import ClaimDossier, dossier_digest
    from suanwang.engine.voucher_inputs import CorrectClaim, FileClaim
    from suanwang.feeds.claim_file import read_claim
    from suanwang.feeds.enterprise_table import read_enterprise

    papers = read_claim(arguments.papers)
    name = papers.claim.claim
    dossier = ClaimDossier(
        read_enterprise(arguments.enterprise), papers.claim, papers.contract, papers.invoices
    )
    rules = rules_of(papers.claim.programme, arguments)
    if arguments.claim_command == "file":
        request = FileClaim(arguments.id or f"claim/file/{name}", dossier)
    else:
        mark = dossier_digest(dossier)[:12]
        request = CorrectClaim(arguments.id or f"claim/correct/{name}/{mark}", dossier)
    answer = ask(books_of(arguments, language), request, rules, ledger_time(arguments.at), dossier)
    return _tell(arguments, language, name, request.id, answer)


def _on_file(arguments: argparse.Namespace, language: Language) -> "tuple[Vouchers, str]":
    """The state, and the programme of the claim that is named. Raises InvalidInput."""
    from suanwang.engine.request_faults import unknown

    state = read_vouchers(books_of(arguments, language))
    if arguments.claim not in state.claims:
        raise unknown(arguments.claim, Text("no such claim", "没有这个申报"))
    return state, state.claims[arguments.claim].filed.programme


def _check(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.engine.voucher_inputs import CheckClaim

    state, programme = _on_file(arguments, language)
    rules = rules_of(programme, arguments)
    name, filed = arguments.claim, state.claims[arguments.claim].filed
    dossier: ClaimDossier = claim_dossier(books_of(arguments, language), filed.papers)
    request = CheckClaim(arguments.id or f"claim/check/{name}/{filed.round}", name, dossier)
    answer = ask(books_of(arguments, language), request, rules, ledger_time(arguments.at))
    checked = answer.state.claims[name].checked
    if not arguments.json and checked is not None:
        print_record(checked.decision, rules, language)
        for fault in checked.faults:
            what = Text(fault.what_en, fault.what_zh).say(language)
            expected = Text(fault.expected_en, fault.expected_zh).say(language)
            print("  " + "  ".join(word for word in (fault.where, what, fault.found, expected) if word))
    return _tell(arguments, language, name, request.id, answer)


def _pay(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.engine.voucher_inputs import PayClaim
    from suanwang.policy.claim_route import Approved

    state, programme = _on_file(arguments, language)
    name, standing = arguments.claim, state.claims[arguments.claim].state
    request_id = arguments.id or f"claim/pay/{name}/{_mark(arguments.reference)}"
    if arguments.amount is None and request_id in state.done:
        return _tell(arguments, language, name, request_id, Answer(True, 0, state))
    if arguments.amount is not None:
        amount = amount_of("YUAN", arguments.amount)
    else:
        amount = standing.amount_micro - standing.paid_micro if isinstance(standing, Approved) else 0
    request = PayClaim(request_id, name, amount, arguments.reference)
    answer = ask(
        books_of(arguments, language), request, rules_of(programme, arguments), ledger_time(arguments.at)
    )
    return _tell(arguments, language, name, request.id, answer)


def _claw_back(arguments: argparse.Namespace, language: Language) -> int:
    from suanwang.engine.voucher_inputs import ClawBackClaim

    _, programme = _on_file(arguments, language)
    name, amount = arguments.claim, amount_of("YUAN", arguments.amount)
    mark = _mark(f"{amount} {arguments.reason}")
    request = ClawBackClaim(arguments.id or f"claim/claw-back/{name}/{mark}", name, amount, arguments.reason)
    answer = ask(
        books_of(arguments, language), request, rules_of(programme, arguments), ledger_time(arguments.at)
    )
    return _tell(arguments, language, name, request.id, answer)


def _mark(words: str) -> str:
    """A short mark of words for an id, so that the same words again are the same request."""
    return sha256(words.encode()).hexdigest()[:12]


def _tell(arguments: argparse.Namespace, language: Language, name: str, request: str, answer: Answer) -> int:
    """The claim's standing; 1 where it was checked and not approved."""
    from suanwang.cli.grant_list import claim_data, claim_line

    file = answer.state.claims[name]
    data = claim_data(file, language)
    if arguments.json:
        print_json({"id": request, "repeated": answer.repeated, **data})
    else:
        print(f"{known_word(answer.repeated).say(language)}: {claim_line(file, language)}")
    return 1 if data["state"] in ("refused", "returned") else 0
