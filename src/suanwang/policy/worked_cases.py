"""The worked cases of a programme, run: each gives its decision and how it differs from what is stated."""

from typing import get_args

import msgspec

from suanwang.model.enterprise import CreditFlag, Enterprise, Fact
from suanwang.model.programme import Case, Event
from suanwang.model.purchase import CostLine, Purchase
from suanwang.policy.decide import decide
from suanwang.policy.decision import Beside, Decision, Paid, Position
from suanwang.policy.inputs import Subject
from suanwang.policy.rules import Rules
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

BUYER = "91110108MA01CAXE5L"
SUPPLIER = "91110108MA02CAXE31"
ENTERPRISE_FIELDS = frozenset(Enterprise.__struct_fields__)
PURCHASE_FIELDS = frozenset(("supplier_region", "domestic_compute", "through_platform"))
FLAGS = ("bad_credit_now", "bad_credit_3_years")
SOURCE = "worked case"


EVENTS = get_args(Event)
WRITTEN = Text("values of the declared types", "符合声明类型的取值")


def case_fault(programme: str, case: Case, place: str, found: str, expected: Text) -> Fault:
    """A worked case that is wrong or does not come out."""
    return Fault(
        f"{programme} case {case.case!r} {place}",
        Text("the worked case does not come out", "算例结果不符"),
        found,
        expected,
        Text("correct the rule or the case", "改正规则或算例"),
        kind="case",
    )


def subject_of(case: Case, programme: str) -> Subject:
    """The enterprise, purchase and day that a case describes. InvalidInput where it describes none."""
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
    faults = [
        case_fault(programme, case, f"events.{name}", name, same(", ".join(EVENTS)))
        for name in case.events
        if name not in EVENTS
    ]
    try:
        enterprise = msgspec.convert({"code": BUYER, "name": case.case, **fields}, Enterprise)
    except msgspec.ValidationError as error:
        faults.append(case_fault(programme, case, "inputs", str(error), WRITTEN))
        raise InvalidInput(faults) from error
    if faults:
        raise InvalidInput(faults)
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
        case_fault(rules.programme.programme, case, name, str(found), same(str(expected)))
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
    faults: list[Fault] = []
    for case in rules.programme.cases:
        try:
            faults.extend(run_case(rules, case)[1])
        except InvalidInput as error:
            faults.extend(error.faults)
    return faults
