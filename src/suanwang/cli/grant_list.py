"""Applications and claims as tables, lines and data; a recorded decision made again."""

import argparse
from typing import TYPE_CHECKING, Any

from suanwang.cli.books import ServerBooks, books_of
from suanwang.cli.ledger_book import print_json, print_sections
from suanwang.cli.voucher_book import (
    builtins,
    claim_dossier,
    grant_dossier,
    print_record,
    read_vouchers,
    rules_of,
)
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.engine.voucher_events import ClaimChecked, GrantReviewed
    from suanwang.engine.voucher_state import ApplicationFile, ClaimFile
    from suanwang.ledger.statement import Cell
    from suanwang.policy.inputs import Subject
    from suanwang.policy.rules import Rules

STAGES: dict[str, Text] = {
    "applied": Text("applied", "已申请"),
    "waiting": Text("waiting", "排队"),
    "granted": Text("granted", "已发放"),
    "refused": Text("refused", "不予支持"),
    "undecided": Text("undecided", "待定"),
    "withdrawn": Text("withdrawn", "已撤回"),
    "filed": Text("filed", "已申报"),
    "returned": Text("returned for correction", "退回更正"),
    "approved": Text("approved", "已核准"),
    "paid": Text("paid", "已兑付"),
}


def application_data(file: "ApplicationFile", language: Language) -> dict[str, Any]:
    """An application for `--json`."""
    del language
    return {
        "application": file.applied.application,
        "programme": file.applied.programme,
        "enterprise": file.applied.enterprise,
        "contract": file.applied.contract,
        "filed": file.applied.filed.isoformat(),
        "state": str(file.state.__struct_config__.tag),
        "standing": builtins(file.state),
        "decision": None if file.reviewed is None else builtins(file.reviewed.decision),
        "decision_digest": None if file.reviewed is None else file.reviewed.decision_digest,
    }


def claim_data(file: "ClaimFile", language: Language) -> dict[str, Any]:
    """A claim for `--json`."""
    del language
    return {
        "claim": file.filed.claim,
        "programme": file.filed.programme,
        "enterprise": file.filed.enterprise,
        "contract": file.filed.contract,
        "round": file.filed.round,
        "state": str(file.state.__struct_config__.tag),
        "standing": builtins(file.state),
        "decision": None if file.checked is None else builtins(file.checked.decision),
        "decision_digest": None if file.checked is None else file.checked.decision_digest,
    }


def amounts(file: "ApplicationFile | ClaimFile") -> tuple[int | None, int | None]:
    """(amount, paid net of claw-backs), micro-yuan, none where the state has none."""
    amount: int | None = getattr(file.state, "amount_micro", None)
    paid: int | None = getattr(file.state, "paid_micro", None)
    back: int | None = getattr(file.state, "clawed_back_micro", None)
    return amount, paid if back is None or amount is None else amount - back


def application_line(file: "ApplicationFile", language: Language) -> str:
    """An application in a line."""
    from suanwang.policy.voucher_route import Granted
    from suanwang.units.money import exact_yuan

    amount, _ = amounts(file)
    words = [file.applied.application, STAGES[str(file.state.__struct_config__.tag)].say(language)]
    words += [] if amount is None else [f"{exact_yuan(amount)} CNY"]
    if isinstance(file.state, Granted):
        last = str(file.state.expires or "–")
        words.append(Text(f"usable to {last}", f"有效期至 {last}").say(language))
    if file.reviewed is not None:
        words.append(Text("decision ", "决定 ").say(language) + file.reviewed.decision_digest[:16])
    return "  ".join(words)


def claim_line(file: "ClaimFile", language: Language) -> str:
    """A claim in a line."""
    from suanwang.units.money import exact_yuan

    amount, paid = amounts(file)
    words = [file.filed.claim, STAGES[str(file.state.__struct_config__.tag)].say(language)]
    words += [] if amount is None else [f"{exact_yuan(amount)} CNY"]
    words += [] if paid is None else [Text("paid ", "已付 ").say(language) + exact_yuan(paid)]
    if file.checked is not None:
        words.append(Text("decision ", "决定 ").say(language) + file.checked.decision_digest[:16])
    return "  ".join(words)


def list_grants(arguments: argparse.Namespace, language: Language) -> int:
    """`grant list`."""
    from suanwang.cli.own_books import show_grants
    from suanwang.ledger.figures import grant_figures

    books = books_of(arguments, language)
    if isinstance(books, ServerBooks):
        return show_grants(books.connection, arguments, language)
    state = read_vouchers(books)
    files = list(state.applications.values())
    if arguments.json:
        print_json([application_data(file, language) for file in files])
        return 0
    rows: list[tuple[Cell, ...]] = []
    for file in files:
        name = file.applied.application
        stage = STAGES[str(file.state.__struct_config__.tag)]
        row: tuple[Cell, ...] = (
            name,
            file.applied.programme,
            file.applied.enterprise,
            stage,
            amounts(file)[0],
        )
        if name in state.ledger.grants:
            one = grant_figures(state.ledger, name)
            row += (one.available_micro, one.held_micro, one.spent_micro, one.expired_micro)
        else:
            row += (None, None, None, None)
        rows.append(row)
    money = ("available", "可用"), ("held", "冻结"), ("spent", "已核销"), ("lapsed", "失效")
    _print_table(Text("Applications and grants", "申请与额度"), rows, money, language)
    return 0


def list_claims(arguments: argparse.Namespace, language: Language) -> int:
    """`claim list`."""
    from suanwang.cli.own_books import show_claims

    books = books_of(arguments, language)
    if isinstance(books, ServerBooks):
        return show_claims(books.connection, arguments, language)
    state = read_vouchers(books)
    files = list(state.claims.values())
    if arguments.json:
        print_json([claim_data(file, language) for file in files])
        return 0
    rows: list[tuple[Cell, ...]] = []
    for file in files:
        stage = STAGES[str(file.state.__struct_config__.tag)]
        rows.append((file.filed.claim, file.filed.programme, file.filed.enterprise, stage, *amounts(file)))
    _print_table(Text("Claims", "兑付申报"), rows, (("paid, net", "已付净额"),), language)
    return 0


def _print_table(
    title: Text, rows: "list[tuple[Cell, ...]]", money: tuple[tuple[str, str], ...], language: Language
) -> None:
    from suanwang.ledger.statement import Head, Section

    heads = (
        Head(Text("name", "编号")),
        Head(Text("programme", "方案")),
        Head(Text("enterprise", "企业")),
        Head(Text("state", "状态")),
        Head(Text("amount", "金额"), "money"),
        *(Head(Text(*pair), "money") for pair in money),
    )
    print_sections([Section(title, heads, tuple(rows))], language)


def show_grant(arguments: argparse.Namespace, language: Language) -> int:
    """`grant show`: 1 where the decision does not come out again."""
    from suanwang.engine.vouchers import programme_on_file
    from suanwang.policy.inputs import Subject

    state = read_vouchers(books_of(arguments, language))
    rules = rules_of(programme_on_file(state, arguments.application), arguments)
    file = state.applications[arguments.application]
    if file.reviewed is None:
        print(application_line(file, language))
        return 0
    dossier = grant_dossier(books_of(arguments, language), file.reviewed.papers)
    subject = Subject(dossier.enterprise, dossier.purchase, file.applied.filed)
    line = application_line(file, language)
    return show(arguments, language, file.reviewed, rules, subject, line, application_data(file, language))


def show_claim(arguments: argparse.Namespace, language: Language) -> int:
    """`claim show`: 1 where the decision does not come out again."""
    from suanwang.engine.vouchers import programme_on_file
    from suanwang.policy.claim_check import Papers, purchase_of
    from suanwang.policy.inputs import Subject

    state = read_vouchers(books_of(arguments, language))
    rules = rules_of(programme_on_file(state, arguments.claim), arguments)
    file = state.claims[arguments.claim]
    if file.checked is None:
        print(claim_line(file, language))
        return 0
    dossier = claim_dossier(books_of(arguments, language), file.filed.papers)
    bought = purchase_of(Papers(dossier.claim, dossier.contract, dossier.invoices))
    subject = Subject(dossier.enterprise, bought, dossier.claim.filed)
    line = claim_line(file, language)
    return show(arguments, language, file.checked, rules, subject, line, claim_data(file, language))


def show(
    arguments: argparse.Namespace,
    language: Language,
    recorded: "GrantReviewed | ClaimChecked",
    rules: "Rules",
    subject: "Subject",
    line: str,
    data: dict[str, Any],
) -> int:
    """A recorded decision in words, then decided again on the same papers, position and rules."""
    from suanwang.engine.voucher_events import recorded_decision, recorded_position
    from suanwang.policy.recompute import recompute

    again = recompute(
        recorded_decision(recorded.decision), rules, subject, recorded_position(recorded.position)
    )
    if arguments.json:
        print_json({**data, "differs": list(again)})
    else:
        print_record(recorded.decision, rules, language)
        print(line)
        differs = Text(
            f"made again, it differs in: {', '.join(again)}", f"重新计算不一致：{'、'.join(again)}"
        )
        agrees = Text("made again: the same to the last field", "重新计算：完全一致")
        print((differs if again else agrees).say(language))
    return 1 if again else 0
