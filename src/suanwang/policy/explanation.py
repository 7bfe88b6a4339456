"""A decision in words, from its data and its programme: clauses, margins, remedies, steps, what is open."""

from typing import assert_never

import msgspec

from suanwang.model.programme import Clause, Programme
from suanwang.policy.decision import Decision, Finding, Outcome, Step, StepKind, Verdict
from suanwang.policy.inputs import DECLARED
from suanwang.policy.programme_checks import valued
from suanwang.policy.rules import bound_of
from suanwang.units.money import exact_yuan
from suanwang.units.text import Text, same

OUTCOME_TEXTS: dict[Outcome, Text] = {
    "entitled": Text("entitled", "可享受"),
    "refused": Text("refused", "不予支持"),
    "undecided": Text("undecided", "待定"),
}

VERDICT_TEXTS: dict[Verdict, Text] = {
    "held": Text("holds", "符合"),
    "failed": Text("fails", "不符合"),
    "unknown": Text("not known", "未知"),
}

BUILT_IN_TEXTS: dict[str, Text] = {
    "in_force": Text("the programme is in force", "方案在有效期内"),
    "covered_cost": Text("a cost that it covers", "有其覆盖的费用"),
    "supplier_listed": Text("the supplier is listed", "供应商在目录内"),
    "not_related": Text("the supplier is not a related party", "供应商非关联方"),
    "once_per_contract": Text("the contract was not used before", "该合同未申报过"),
    "not_beside": Text("no support that excludes it", "无互斥的补贴"),
    "alternative": Text("one of its alternatives applies", "适用其中一档"),
    "first_tranche": Text("the first step is reached", "达到首档"),
    "something_left": Text("something is left under its caps", "限额内仍有余额"),
}

BUILT_IN_REMEDIES: dict[str, Text] = {
    "in_force": Text("apply while the programme is in force", "在有效期内申请"),
    "covered_cost": Text("add a cost line of a kind that it covers", "补充其覆盖类型的费用明细"),
    "supplier_listed": Text("buy from a supplier that the programme lists", "向目录内供应商采购"),
    "not_related": Text("buy from a party that is not related", "向非关联方采购"),
    "once_per_contract": Text("claim each contract once", "每份合同仅申报一次"),
    "not_beside": Text("give up the support that excludes it", "放弃互斥的补贴"),
    "alternative": Text("meet the condition of one alternative", "满足其中一档的条件"),
    "first_tranche": Text("reach the first step", "达到首档门槛"),
    "something_left": Text("wait for a new year or pool", "等待新年度或新额度"),
}

EVENT_TEXTS: dict[str, Text] = {
    "signed": Text("signing", "签约"),
    "starts": Text("start", "开始"),
    "ends": Text("end", "结束"),
    "invoiced": Text("invoice", "开票"),
    "paid": Text("payment", "付款"),
    "filed": Text("application", "申报"),
    "established": Text("founding", "成立"),
}


class Line(msgspec.Struct, frozen=True):
    """One clause in words: what it asks, its verdict, by how much it failed, what would change it."""

    clause: str
    about: Text
    verdict: Text
    margin: Text
    remedy: Text


def explain_findings(decision: Decision, programme: Programme) -> list[Line]:
    """Every clause of a decision in words, in the order in which it was asked."""
    clauses = {clause.clause: clause for clause in programme.clauses}
    return [explain_finding(finding, clauses.get(finding.clause), programme) for finding in decision.findings]


def explain_finding(finding: Finding, clause: Clause | None, programme: Programme) -> Line:
    """One finding in words."""
    about = clause.about if clause is not None else built_in_about(finding.clause)
    margin, remedy = same(""), same("")
    if finding.verdict == "failed":
        margin = margin_of(finding, clause)
        remedy = remedy_of(finding, clause)
    elif finding.verdict == "unknown":
        names = [missing_name(name, programme) for name in finding.missing]
        remedy = Text(
            "find out: " + ", ".join(name.en for name in names),
            "需查明：" + "、".join(name.zh for name in names),
        )
    return Line(finding.clause, about, VERDICT_TEXTS[finding.verdict], margin, remedy)


def built_in_about(name: str) -> Text:
    """What a typed field asks."""
    if name.startswith("window:"):
        event = EVENT_TEXTS[name.removeprefix("window:")]
        return Text(f"{event.en} within its window", f"{event.zh}在规定时间内")
    if name.startswith("lag:"):
        since, event = (EVENT_TEXTS[part] for part in name.split(":")[1:])
        return Text(f"not too long from {since.en} to {event.en}", f"{since.zh}至{event.zh}未超期")
    return BUILT_IN_TEXTS[name]


def is_money(clause: Clause | None, finding: Finding) -> bool:
    """Whether the figures of a finding are micro-yuan."""
    if clause is not None:
        return bool(clause.at_least_micro or clause.at_most_micro)
    return finding.clause in ("covered_cost", "something_left")


def margin_of(finding: Finding, clause: Clause | None) -> Text:
    """By how much a clause failed."""
    if finding.figure is None or finding.limit is None:
        return same("")
    gap = abs(finding.limit - finding.figure)
    if finding.clause.startswith("window:"):
        return Text(f"{gap} days outside", f"超出 {gap} 天")
    if is_money(clause, finding):
        figure, limit, words = (f"{exact_yuan(value)}" for value in (finding.figure, finding.limit, gap))
        return Text(
            f"{figure} against {limit} yuan, by {words}", f"{figure} 元，界限 {limit} 元，差 {words} 元"
        )
    return Text(
        f"{finding.figure:,} against {finding.limit:,}, by {gap:,}",
        f"{finding.figure:,}，界限 {finding.limit:,}，差 {gap:,}",
    )


def remedy_of(finding: Finding, clause: Clause | None) -> Text:
    """What would change a "no"."""
    if clause is not None:
        if clause.remedy is not None:
            return clause.remedy
        sign, _ = bound_of(clause)
        if sign and finding.limit is not None:
            limit = exact_yuan(finding.limit) if is_money(clause, finding) else f"{finding.limit:,}"
            word = Text("at least", "至少") if sign > 0 else Text("at most", "至多")
            return Text(f"{clause.figure}: {word.en} {limit}", f"{clause.figure}：{word.zh} {limit}")
        return Text(f"meet: {clause.holds}", f"满足：{clause.holds}")
    if finding.clause.startswith(("window:", "lag:")):
        return Text("dates within the programme's", "日期符合规定")
    return BUILT_IN_REMEDIES[finding.clause]


def missing_name(name: str, programme: Programme) -> Text:
    """What a missing fact is called, or which value of the programme no source shows."""
    for fact in programme.facts:
        if fact.fact == name:
            return fact.about
    if name in DECLARED:
        return DECLARED[name].about
    if name in EVENT_TEXTS:
        return Text(f"day of {EVENT_TEXTS[name].en}", f"{EVENT_TEXTS[name].zh}日期")
    if "." in name:
        return Text(f"{name} (not seen in any source)", f"{name}（来源未见）")
    return same(name)


STEP_TEXTS: dict[StepKind, Text] = {
    "base": Text("base", "基数"),
    "rate": Text("rate, rounded down", "按比例，向下取整"),
    "fixed": Text("fixed amount", "定额"),
    "per_unit": Text("per unit", "按单位"),
    "tranche": Text("step reached", "达到档次"),
    "less_received": Text("less what was had before", "扣除已获部分（补足差额）"),
    "cap_alternative": Text("cap of this alternative", "本档上限"),
    "cap_claim": Text("cap per claim", "单次上限"),
    "cap_enterprise": Text("cap per enterprise, what is left", "单家上限余额"),
    "cap_pool": Text("pool, what is left", "资金池余额"),
    "cap_cost": Text("share of the cost, what is left", "费用占比余额"),
}


def explain_step(step: Step) -> Text:
    """One step of the arithmetic as an equation, in yuan."""
    before, by, after = exact_yuan(step.before), exact_yuan(step.by), exact_yuan(step.after)
    match step.step:
        case "base":
            return same(after)
        case "rate":
            return same(f"{before} × {step.by / 100:g}% = {after}")
        case "fixed":
            return same(after)
        case "per_unit":
            return same(f"{step.before:,} × {by} = {after}")
        case "tranche":
            return same(f"≥ {by} → {after}")
        case "less_received":
            return same(f"{before} − {by} → {after}")
        case "cap_alternative" | "cap_claim" | "cap_enterprise" | "cap_pool" | "cap_cost":
            return same(f"min({before}, {by}) = {after}")
        case _:
            assert_never(step.step)


def open_points(programme: Programme) -> list[Text]:
    """What is open in a programme: values not seen, ambiguous or assumed, and what the text leaves open."""
    found = [
        Text(f"{field}: not seen", f"{field}：未见")
        for field in ("effective_from", "effective_to")
        if getattr(programme, field) is None
    ]
    for place, values, _ in valued(programme):
        for value in values:
            note = value.note or same("")
            if value.readings:
                words = " / ".join(f"{reading:,}" for reading in value.readings)
                found.append(Text(f"{place}: ambiguous. {note.en}", f"{place}：有歧义（{words}）。{note.zh}"))
            elif value.value is None:
                found.append(Text(f"{place}: not seen. {note.en}".rstrip(), f"{place}：未见。{note.zh}"))
            elif value.mark == "assumed":
                found.append(Text(f"{place}: assumed. {note.en}".rstrip(), f"{place}：假定。{note.zh}"))
    if programme.vat.mark == "assumed" and programme.covers:
        found.append(Text(f"vat: assumed {programme.vat.value}", f"vat：假定 {programme.vat.value}"))
    found.extend(
        Text(f"clauses.{clause.clause}: assumed", f"clauses.{clause.clause}：假定")
        for clause in programme.clauses
        if clause.mark == "assumed"
    )
    absent = [
        name
        for name in ("related_party_barred", "once_per_contract", "supplier_listed", "stacks")
        if getattr(programme, name).mark == "assumed"
    ]
    if absent and programme.covers:
        listed = ", ".join(f"{name} {str(getattr(programme, name).value).lower()}" for name in absent)
        found.append(Text(f"not in the text, assumed: {listed}", f"原文未提，假定：{listed}"))
    found.extend(
        Text(f"{point.about.en}: {point.treated.en}", f"{point.about.zh}：{point.treated.zh}")
        for point in programme.open_points
    )
    return found
