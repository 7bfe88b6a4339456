"""A decision made again: do the rule file, the inputs and the result still agree with what was recorded?"""

from typing import Literal

from suanwang.policy.decide import decide
from suanwang.policy.decision import Decision, Position
from suanwang.policy.inputs import Subject
from suanwang.policy.rules import Rules

Difference = Literal["rule", "inputs", "outcome", "amount", "explanation"]


def recompute(
    recorded: Decision, rules: Rules, subject: Subject, position: Position
) -> tuple[Difference, ...]:
    """What differs when `recorded` is decided again; empty where everything agrees to the last field."""
    again = decide(rules, subject, position)
    compared: tuple[tuple[Difference, bool], ...] = (
        ("rule", recorded.rule_digest == again.rule_digest),
        ("inputs", recorded.input_digest == again.input_digest),
        ("outcome", recorded.outcome == again.outcome),
        ("amount", (recorded.amount_micro, recorded.shares) == (again.amount_micro, again.shares)),
        ("explanation", (recorded.findings, recorded.steps) == (again.findings, again.steps)),
    )
    return tuple(name for name, agrees in compared if not agrees)
