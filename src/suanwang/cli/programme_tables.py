"""Programmes and decisions as tables for the terminal."""

import sys
from typing import TYPE_CHECKING

from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

    from suanwang.policy.decision import Decision
    from suanwang.policy.rules import Rules

WIDTH_PIPED = 140

REDEMPTION_TEXTS: dict[str, Text] = {
    "deducted": Text("deducted at purchase", "购买时抵扣"),
    "reimbursed": Text("reimbursed after payment", "付款后兑付"),
    "awarded": Text("awarded", "奖励"),
}


def console() -> "Console":
    """A console on standard output, wide enough when it is no terminal."""
    from rich.console import Console

    return Console(
        width=None if sys.stdout.isatty() else WIDTH_PIPED, highlight=False, emoji=False, markup=False
    )


def table(title: str, *columns: str) -> "Table":
    """A table with these headings."""
    from rich.table import Table

    made = Table(title=title, title_justify="left")
    for column in columns:
        made.add_column(column, overflow="fold")
    return made


def print_list(rules: "tuple[Rules, ...]", language: Language) -> None:
    """Every programme in a line."""
    made = table(
        Text(f"{len(rules)} programmes", f"{len(rules)} 个方案").say(language),
        Text("id", "编号").say(language),
        Text("name", "名称").say(language),
        Text("region", "地区").say(language),
        Text("how it pays", "兑付方式").say(language),
        Text("in force", "有效期").say(language),
    )
    for rule in rules:
        programme = rule.programme
        span = " – ".join(str(day or "?") for day in (programme.effective_from, programme.effective_to))
        made.add_row(
            programme.programme,
            programme.name.say(language),
            programme.region,
            REDEMPTION_TEXTS[programme.redemption].say(language),
            span,
        )
    console().print(made)


def print_programme(rules: "Rules", language: Language) -> None:
    """One programme: its sources, clauses, values with where they are from, and what is open."""
    from suanwang.policy.explanation import open_points
    from suanwang.policy.programme_checks import valued
    from suanwang.units.money import yuan

    programme, out = rules.programme, console()
    out.print(f"{programme.programme}  {programme.name.say(language)}\nSHA-256 {rules.digest}")
    sources = table(
        Text("sources", "出处").say(language),
        *(Text(*pair).say(language) for pair in (("id", "编号"), ("document", "文件"), ("number", "文号"))),
        *(Text(*pair).say(language) for pair in (("article", "条款"), ("address", "网址"), ("mark", "标记"))),
    )
    for citation in programme.citations:
        sources.add_row(
            citation.cite,
            citation.document,
            citation.number,
            citation.article,
            citation.address,
            f"{citation.mark}; {citation.read_in}",
        )
    out.print(sources)
    clauses = table(
        Text("clauses", "条件").say(language),
        Text("clause", "条件").say(language),
        Text("asks", "要求").say(language),
        "CEL",
    )
    for clause in programme.clauses:
        clauses.add_row(clause.clause, clause.about.say(language), clause.holds or clause.figure)
    out.print(clauses)
    values = table(
        Text("values", "数值").say(language),
        *(Text(*pair).say(language) for pair in (("value", "名称"), ("is", "取值"), ("from", "起"))),
        *(Text(*pair).say(language) for pair in (("to", "止"), ("source", "出处"))),
    )
    for place, dated, _ in valued(programme):
        money = not place.endswith(("_bp", "days_most", "_days", "limit"))
        for value in dated:
            numbers = value.readings or (() if value.value is None else (value.value,))
            words = " / ".join(yuan(number) if money else f"{number:,}" for number in numbers)
            values.add_row(
                place,
                words or Text("not seen", "未见").say(language),
                str(value.effective_from or "?"),
                str(value.effective_to or "?"),
                f"{value.cite} {value.mark}",
            )
    out.print(values)
    opened = table(Text("open", "未决事项").say(language), Text("what is open", "事项").say(language))
    for point in open_points(programme):
        opened.add_row(point.say(language))
    out.print(opened)


def print_decision(decision: "Decision", rules: "Rules", language: Language) -> None:
    """One decision with every clause, every step of the amount and what is missing."""
    from suanwang.policy.explanation import (
        OUTCOME_TEXTS,
        STEP_TEXTS,
        explain_findings,
        explain_step,
        missing_name,
    )
    from suanwang.units.money import exact_yuan

    out = console()
    amount = "" if decision.amount_micro is None else f"  {exact_yuan(decision.amount_micro)} CNY"
    name = rules.programme.name.say(language)
    out.print(f"{name}: {OUTCOME_TEXTS[decision.outcome].say(language)}{amount}  ({decision.day})")
    clauses = table(
        Text("clauses", "条件").say(language),
        *(Text(*pair).say(language) for pair in (("clause", "条件"), ("asks", "要求"), ("verdict", "结论"))),
        *(Text(*pair).say(language) for pair in (("by how much", "差距"), ("remedy", "如何改变"))),
    )
    for line in explain_findings(decision, rules.programme):
        cells = (line.about, line.verdict, line.margin, line.remedy)
        clauses.add_row(line.clause, *(cell.say(language) for cell in cells))
    out.print(clauses)
    if decision.steps:
        steps = table(
            Text("amount, yuan", "金额，元").say(language),
            Text("step", "步骤").say(language),
            Text("arithmetic", "算式").say(language),
        )
        for step in decision.steps:
            steps.add_row(STEP_TEXTS[step.step].say(language), explain_step(step).say(language))
        for share in decision.shares:
            steps.add_row(share.payer, exact_yuan(share.amount_micro))
        out.print(steps)
    if decision.missing:
        words = ", ".join(missing_name(name, rules.programme).say(language) for name in decision.missing)
        out.print(Text(f"missing: {words}", f"缺少：{words}").say(language))
    out.print(f"rule   {decision.rule_digest}\ninputs {decision.input_digest}")
