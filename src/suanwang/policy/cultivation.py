"""The cultivation library (培育库): firms that qualify and are not yet in.

Asked for by the proposal for Fujian (press, 2023): gather the data of several departments, find firms that
may meet the criteria, and enter them in time. The criteria are a programme file like any other.
"""

from collections.abc import Iterable
from datetime import date

import msgspec

from suanwang.model.enterprise import TIERS, Enterprise, Tier
from suanwang.policy.decide import decide
from suanwang.policy.decision import Decision
from suanwang.policy.inputs import Subject
from suanwang.policy.rules import Rules


class Prospect(msgspec.Struct, frozen=True):
    """A firm that is not in the library: it qualifies, or only facts are missing, or it is near.

    `failed` counts the clauses that failed: 0 for one that qualifies or waits for facts.
    """

    enterprise: str
    name: str
    decision: Decision
    failed: int


class Survey(msgspec.Struct, frozen=True):
    """Who should be entered, who would be once facts are known, and who is one clause away."""

    qualified: tuple[Prospect, ...]
    facts_missing: tuple[Prospect, ...]
    one_clause_away: tuple[Prospect, ...]
    already_in: int
    examined: int


def survey(
    enterprises: Iterable[Enterprise], library: frozenset[str], criteria: Rules, tier: Tier, day: date
) -> Survey:
    """Every firm that is not in `library` and stands below `tier`, judged by `criteria` on `day`."""
    qualified: list[Prospect] = []
    waiting: list[Prospect] = []
    near: list[Prospect] = []
    already = examined = 0
    for enterprise in enterprises:
        if enterprise.code in library or TIERS.index(enterprise.tier) >= TIERS.index(tier):
            already += 1
            continue
        examined += 1
        decision = decide(criteria, Subject(enterprise, None, day))
        prospect = Prospect(enterprise.code, enterprise.name, decision, len(decision.failed))
        # Criteria pay nothing by themselves: who meets every clause qualifies, whatever the amount.
        if all(finding.verdict == "held" for finding in decision.findings):
            qualified.append(prospect)
        elif decision.outcome == "undecided":
            waiting.append(prospect)
        elif prospect.failed == 1:
            near.append(prospect)
    return Survey(tuple(qualified), tuple(waiting), tuple(near), already, examined)
