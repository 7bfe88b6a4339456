"""The amount: base, rate or award, then every cap, each step kept.

Integers in micro-yuan throughout. A rate is rounded down, so that support never exceeds its rate; nothing
else rounds. What no source shows leaves the amount open and is named.
"""

from datetime import date, timedelta

from suanwang.model.programme import Value
from suanwang.policy.decision import Finding, Position, Step, StepKind
from suanwang.policy.inputs import InputValue, Subject
from suanwang.policy.rules import AlternativeOnDay, DayRules, Rules

FULL_BP = 10_000


class Reckoning:
    """An amount on its way through the steps. `missing` names what leaves it open; `failed` what bars it."""

    __slots__ = ("amount", "failed", "missing", "steps")

    def __init__(self) -> None:
        self.amount = 0
        self.steps: list[Step] = []
        self.missing: list[str] = []
        self.failed: list[Finding] = []

    def take(self, step: StepKind, by: int, after: int) -> None:
        """Set the amount by one step."""
        self.steps.append(Step(step, self.amount, by, after))
        self.amount = after

    def cap(self, step: StepKind, limit: int) -> None:
        """amount ← min(amount, limit), kept as a step only where it could bind."""
        self.take(step, limit, min(self.amount, max(0, limit)))

    def cap_by(self, step: StepKind, value: Value, used: int, name: str) -> None:
        """Cap by a value of the programme less what is used of it; open where the value decides and is open.

        An ambiguous value (`readings`) decides as long as all its readings give the same amount.
        """
        if value.value is not None:
            self.cap(step, value.value - used)
        elif value.readings and self.amount <= min(value.readings) - used:
            self.cap(step, min(value.readings) - used)
        else:
            self.missing.append(name)


def covered_cost(rules: Rules, subject: Subject) -> int:
    """Σ of the lines whose kind the programme covers, micro-yuan, with or without tax as it says."""
    if subject.purchase is None:
        return 0
    total = 0
    for line in subject.purchase.lines:
        if line.kind in rules.covers:
            total += line.net_micro + (line.vat_micro if rules.with_tax else 0)
    return total


def received(rules: Rules, position: Position, day: date) -> int:
    """What the enterprise already had of the programme in the period of its cap, micro-yuan."""
    period = rules.programme.caps.period
    if not position.paid:
        return 0
    if period == "calendar_year":
        return sum(paid.amount_micro for paid in position.paid if paid.day.year == day.year)
    if period == "rolling_year":
        first = day - timedelta(days=364)
        return sum(paid.amount_micro for paid in position.paid if first <= paid.day <= day)
    return sum(paid.amount_micro for paid in position.paid)


def by_method(
    reckoning: Reckoning,
    option: AlternativeOnDay,
    base: int,
    answers: list[InputValue | None],
    needs: tuple[str, ...],
) -> None:
    """The amount of one alternative before the caps of the programme."""
    name = f"alternatives.{option.alternative.alternative}"
    of = answers[option.of] if option.of >= 0 else None
    if option.of >= 0 and of is None:
        reckoning.missing.extend(needs)
        return
    figure = int(of) if of is not None else 0
    if option.rate is not None:
        base = figure if option.of >= 0 else base
        reckoning.take("base", 0, base)
        if option.rate.value is None:
            reckoning.missing.append(f"{name}.rate_bp")
        else:
            # ⌊base · rate / 10,000⌋: never more than the rate
            reckoning.take("rate", option.rate.value, base * option.rate.value // FULL_BP)
    elif option.amount is not None:
        if option.amount.value is None:
            reckoning.missing.append(f"{name}.amount")
        else:
            reckoning.take("fixed", option.amount.value, option.amount.value)
    elif option.per_unit is not None:
        if option.per_unit.value is None:
            reckoning.missing.append(f"{name}.per_unit")
        else:
            reckoning.take("base", 0, figure)
            reckoning.take("per_unit", option.per_unit.value, figure * option.per_unit.value)
    else:
        reached = [tranche for tranche in option.alternative.tranches if tranche.line <= figure]
        if not reached:
            lowest = min(tranche.line for tranche in option.alternative.tranches)
            reckoning.failed.append(Finding("first_tranche", "failed", figure, lowest))
            return
        best = max(reached, key=lambda tranche: tranche.line)
        reckoning.take("base", 0, figure)
        reckoning.take("tranche", best.line, best.amount_micro)
    if option.cap is not None and not reckoning.missing:
        reckoning.cap_by("cap_alternative", option.cap, 0, f"{name}.cap")


def apply_caps(
    reckoning: Reckoning, rules: Rules, on_day: DayRules, position: Position, base: int, day: date
) -> None:
    """Every cap of the programme in turn: claim, enterprise and period, pool, share of the cost."""
    if rules.programme.make_up_difference:
        had = sum(paid.amount_micro for paid in position.paid)
        reckoning.take("less_received", had, max(0, reckoning.amount - had))
    if on_day.per_claim is not None:
        reckoning.cap_by("cap_claim", on_day.per_claim, 0, "caps.per_claim")
    if on_day.per_enterprise is not None:
        used = received(rules, position, day)
        reckoning.cap_by("cap_enterprise", on_day.per_enterprise, used, "caps.per_enterprise")
    if position.pool_left_micro is not None:
        reckoning.cap("cap_pool", position.pool_left_micro)
    elif on_day.pool is not None:
        reckoning.cap_by("cap_pool", on_day.pool, 0, "caps.pool_per_year")
    if rules.covers:
        # All support on a cost together stays within a share of it: the whole cost unless the text says less.
        share = on_day.share_of_cost.value if on_day.share_of_cost is not None else FULL_BP
        if share is None:
            reckoning.missing.append("caps.share_of_cost")
        else:
            others = sum(other.amount_micro for other in position.beside)
            reckoning.cap("cap_cost", base * share // FULL_BP - others)
