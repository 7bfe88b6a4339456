"""The worked cases of a programme, run: each gives its decision and how it differs from what is stated."""

import msgspec

from suanwang.model.enterprise import CreditFlag, Enterprise, Fact
from suanwang.model.programme import Case
from suanwang.model.purchase import CostLine, Purchase
from suanwang.policy.decide import decide
from suanwang.policy.decision import Beside, Decision, Paid, Position
from suanwang.policy.inputs import Subject
from suanwang.policy.rules import Rules
from suanwang.units.errors import Fault
from suanwang.units.text import Text, same

BUYER = "91110108MA01CAXE5L"
SUPPLIER = "91110108MA02CAXE31"
ENTERPRISE_FIELDS = frozenset(Enterprise.__struct_fields__)
PURCHASE_FIELDS = frozenset(("supplier_region", "domestic_compute", "through_platform"))
FLAGS = ("bad_credit_now", "bad_credit_3_years")
SOURCE = "worked case"


def subject_of(case: Case, programme: str) -> Subject:
    """The enterprise, purchase and day that a case describes."""
    fields: dict[str, object] = {"region": "000000", "kind": "firm", "industry": "other"}
    bought: dict[str, object] = {}
    facts: list[Fact] = []
    flags: tuple[CreditFlag, ...] = ()
    for name, value in case.inputs.items():
        if name in FLAGS:
            flags += (CreditFlag("case", case.day, SOURCE),) if value else ()
        elif name in ENTERPRISE_FIELDS:
            fields[name] = value
        elif name in PURCHASE_FIELDS:
            bought[name] = value
        else:
            facts.append(Fact(name, value, SOURCE, case.day))
    if "established" in case.events:
        fields["established"] = case.events["established"]
    enterprise = msgspec.convert({"code": BUYER, "name": case.case, **fields}, Enterprise, builtin_types=())
    enterprise = msgspec.structs.replace(
        enterprise, flags=flags, facts=tuple(facts), related=(SUPPLIER,) if case.related else ()
    )
    purchase = None
    if case.lines_micro:
        purchase = Purchase(
            lines=tuple(
                CostLine(kind, net, case.vat_micro.get(kind, 0)) for kind, net in case.lines_micro.items()
            ),
            supplier=SUPPLIER,
            contract="case",
            catalogues=(programme,) if case.listed else (),
        )
        days = {event: day for event, day in case.events.items() if event in Purchase.__struct_fields__}
        purchase = msgspec.structs.replace(purchase, **days, **bought)
    return Subject(enterprise, purchase, case.day)


def run_case(rules: Rules, case: Case) -> tuple[Decision, list[Fault]]:
    """The decision of a case, and a fault for each difference from the outcome it states."""
    position = Position(
        paid=(Paid(case.day, case.received_micro),) if case.received_micro else (),
        beside=tuple(Beside(other, "compute", "city", 0) for other in case.beside),
        pool_left_micro=case.pool_left_micro,
    )
    decision = decide(rules, subject_of(case, rules.programme.programme), position)
    stated: list[tuple[str, object, object]] = [("outcome", case.outcome, decision.outcome)]
    if case.outcome != "undecided":
        stated.append(("amount_micro", case.amount_micro, decision.amount_micro))
    stated.append(("failed", set(case.failed), {finding.clause for finding in decision.failed}))
    if case.missing:
        stated.append(("missing", set(case.missing), set(decision.missing)))
    faults = [
        Fault(
            f"{rules.programme.programme} case {case.case!r} {name}",
            Text("the worked case does not come out", "算例结果不符"),
            str(found),
            same(str(expected)),
            Text("correct the rule or the case", "改正规则或算例"),
            kind="case",
        )
        for name, expected, found in stated
        if expected != found
    ]
    return decision, faults


def run_cases(rules: Rules) -> list[Fault]:
    """Every difference of every worked case of a programme; a programme without cases is a fault."""
    if not rules.programme.cases:
        return [
            Fault(
                rules.programme.programme,
                Text("no worked case", "没有算例"),
                remedy=Text("add at least one under `cases`", "在 cases 中至少写一个"),
                kind="case",
            )
        ]
    return [fault for case in rules.programme.cases for fault in run_case(rules, case)[1]]
