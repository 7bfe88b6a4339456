"""Fair competition: does a programme favour local suppliers beyond what its text says?

Source: the notice of four departments on clearing policies that hinder the unified market and fair
competition (《关于开展妨碍统一市场和公平竞争的政策措施清理工作的通知》, press 2023-07-05, transcribed).
Two looks: what the rules name, and what they do: the same purchase from a local and from another supplier
must come to the same decision unless the text itself says otherwise.
"""

from typing import Literal

import msgspec

from suanwang.model.programme import Programme
from suanwang.model.purchase import Purchase
from suanwang.policy.decide import decide
from suanwang.policy.decision import Decision
from suanwang.policy.inputs import SUPPLIER_INPUTS, Subject
from suanwang.policy.rules import Rules
from suanwang.policy.worked_cases import subject_of

Standing = Literal["none", "in_its_text", "beyond_its_text"]


class FairnessReport(msgspec.Struct, frozen=True):
    """What the check found on one programme.

    `named`: clauses and alternatives that look at the supplier; `cases`: worked cases that come out
    differently for a local and for another supplier. `standing`: none; in_its_text (the text limits
    suppliers: for the reviewing authority); beyond_its_text (no text carries it: correct the rule).
    """

    programme: str
    standing: Standing
    named: tuple[str, ...]
    cases: tuple[str, ...]


def names_supplier(rules: Rules) -> tuple[str, ...]:
    """Clauses and alternatives whose predicate names an input of the supplier."""
    programme = rules.programme
    places = [clause.clause for clause in programme.clauses]
    for option in programme.alternatives:
        places += [option.alternative] if option.when else []
        places += [option.alternative] if option.of else []
    found = [
        place
        for place, expression in zip(places, rules.bundle.expressions, strict=True)
        if expression.needs & set(SUPPLIER_INPUTS)
    ]
    if programme.supplier_listed.value:
        found.append("supplier_listed")
    return tuple(dict.fromkeys(found))


def elsewhere(region: str) -> str:
    """A region of another province."""
    return "110000" if not region.startswith("11") else "310000"


def differs(rules: Rules, subject: Subject) -> bool:
    """Whether a supplier of the programme's own region comes out otherwise than one from elsewhere."""
    if subject.purchase is None:
        return False
    local = at_region(subject, rules.programme.region)
    other = at_region(subject, elsewhere(rules.programme.region))
    one, two = decide(rules, local), decide(rules, other)
    return (one.outcome, one.amount_micro, verdicts(one)) != (two.outcome, two.amount_micro, verdicts(two))


def verdicts(decision: Decision) -> tuple[str, ...]:
    """Every clause's verdict in order."""
    return tuple(finding.verdict for finding in decision.findings)


def at_region(subject: Subject, region: str) -> Subject:
    """The same subject, bought from a supplier of `region`."""
    assert isinstance(subject.purchase, Purchase)
    purchase = msgspec.structs.replace(subject.purchase, supplier_region=region)
    return Subject(subject.enterprise, purchase, subject.day)


def stated(programme: Programme) -> bool:
    """Whether a text that was read says that suppliers are limited."""
    flag = programme.local_supplier_stated
    return flag.value is True and flag.mark != "assumed"


def check_fairness(rules: Rules) -> FairnessReport:
    """The report on one programme, over its worked cases."""
    named = names_supplier(rules)
    by_region = tuple(
        case.case
        for case in rules.programme.cases
        if differs(rules, subject_of(case, rules.programme.programme))
    )
    local = bool(by_region) or any(place != "supplier_listed" for place in named)
    # A list of suppliers that is open to all favours nobody; one that its text closes to named centres does.
    closed_list = "supplier_listed" in named and rules.programme.local_supplier_stated.value is True
    standing: Standing = "none"
    if local or closed_list:
        standing = "in_its_text" if stated(rules.programme) else "beyond_its_text"
    return FairnessReport(rules.programme.programme, standing, named, by_region)
