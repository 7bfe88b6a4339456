"""A programme compiled: its predicates as one bundle, its values looked up once a day."""

from datetime import date

import msgspec

from suanwang.model.programme import Alternative, Clause, Programme, Value, value_on
from suanwang.policy.decision import Finding
from suanwang.policy.inputs import DECLARED, InputType
from suanwang.policy.predicate import Bundle, Expression, compile_expression
from suanwang.units.errors import Fault, InvalidInput

UNSEEN = Value()


class ClauseOnDay(msgspec.Struct, frozen=True):
    """A clause with the bound that is in force. `sign` is +1 for at least, -1 for at most, 0 for a predicate.

    `limit` is none for a predicate, and for a bound that no source shows. `held` and `failed` are a
    predicate's findings, and `unknown` that of a clause of which no input is known, all made once.
    """

    clause: str
    expression: Expression
    sign: int
    limit: int | None
    unseen: tuple[str, ...]
    held: Finding
    failed: Finding
    unknown: Finding


class AlternativeOnDay(msgspec.Struct, frozen=True):
    """An alternative with its values in force; `when` and `of` index the bundle, -1 where there is none."""

    alternative: Alternative
    when: int
    of: int
    rate: Value | None
    amount: Value | None
    per_unit: Value | None
    cap: Value | None


class DayRules(msgspec.Struct, frozen=True):
    """Everything of a programme that depends on the day of the decision only."""

    in_force: bool
    clauses: tuple[ClauseOnDay, ...]
    alternatives: tuple[AlternativeOnDay, ...]
    per_claim: Value | None
    per_enterprise: Value | None
    pool: Value | None
    share_of_cost: Value | None
    lags: tuple[Value, ...]


class Rules:
    """A compiled programme. `digest` is the SHA-256 of the bytes it was read from, in hexadecimal."""

    def __init__(self, programme: Programme, digest: str) -> None:
        faults: list[Fault] = []
        expressions = compile_programme(programme, faults)
        if faults:
            raise InvalidInput(faults)
        self.programme = programme
        self.digest = digest
        self.bundle = Bundle.of(expressions, {fact.fact: fact.type for fact in programme.facts})
        self.bars_related = programme.related_party_barred.value
        self.covers = frozenset(programme.covers)
        self.with_tax = programme.vat.value == "included"
        self._day: date | None = None
        self._rules: DayRules | None = None

    def on(self, day: date) -> DayRules:
        """The values in force on `day`; the last day asked for is kept."""
        if self._rules is None or self._day != day:
            self._rules, self._day = self._resolve(day), day
        return self._rules

    def _resolve(self, day: date) -> DayRules:
        programme, caps = self.programme, self.programme.caps
        position = len(programme.clauses)
        alternatives: list[AlternativeOnDay] = []
        for alternative in programme.alternatives:
            when = position if alternative.when else -1
            position += bool(alternative.when)
            of = position if alternative.of else -1
            position += bool(alternative.of)
            alternatives.append(
                AlternativeOnDay(
                    alternative,
                    when,
                    of,
                    in_force(alternative.rate_bp, day),
                    in_force(alternative.amount_micro, day),
                    in_force(alternative.per_unit_micro, day),
                    in_force(alternative.cap_micro, day),
                )
            )
        return DayRules(
            in_force=(programme.effective_from is None or programme.effective_from <= day)
            and (programme.effective_to is None or day <= programme.effective_to),
            clauses=tuple(
                clause_on(clause, expression, day)
                for clause, expression in zip(programme.clauses, self.bundle.expressions, strict=False)
            ),
            alternatives=tuple(alternatives),
            per_claim=in_force(caps.per_claim_micro, day),
            per_enterprise=in_force(caps.per_enterprise_micro, day),
            pool=in_force(caps.pool_per_year_micro, day),
            share_of_cost=in_force(caps.share_of_cost_bp, day),
            lags=tuple(in_force(lag.days_most, day) or UNSEEN for lag in programme.lags),
        )


def in_force(values: tuple[Value, ...], day: date) -> Value | None:
    """The value on `day`, none where the programme has no such value; unseen where none covers the day."""
    if not values:
        return None
    return value_on(values, day) or UNSEEN


def bound_of(clause: Clause) -> tuple[int, tuple[Value, ...]]:
    """(+1, values) for at least, (-1, values) for at most, (0, ()) for a predicate."""
    if clause.at_least or clause.at_least_micro:
        return 1, clause.at_least or clause.at_least_micro
    if clause.at_most or clause.at_most_micro:
        return -1, clause.at_most or clause.at_most_micro
    return 0, ()


def clause_on(clause: Clause, expression: Expression, day: date) -> ClauseOnDay:
    """The clause with its bound in force on `day`."""
    sign, values = bound_of(clause)
    limit = (in_force(values, day) or UNSEEN).value
    unseen = (f"clauses.{clause.clause}.limit",) if sign and limit is None else ()
    held, failed = Finding(clause.clause, "held"), Finding(clause.clause, "failed")
    unknown = Finding(clause.clause, "unknown", None, limit, tuple(sorted(expression.needs)) + unseen)
    return ClauseOnDay(clause.clause, expression, sign, limit, unseen, held, failed, unknown)


def compile_programme(programme: Programme, faults: list[Fault]) -> tuple[Expression, ...]:
    """The programme's expressions in the order of the bundle; what does not compile adds faults."""
    declared: dict[str, InputType] = {name: need.type for name, need in DECLARED.items()}
    declared |= {fact.fact: fact.type for fact in programme.facts}
    wanted: list[tuple[str, InputType, str]] = []
    for clause in programme.clauses:
        if clause.holds:
            wanted.append((clause.holds, "truth", f"clauses.{clause.clause}.holds"))
        else:
            wanted.append((clause.figure, "whole", f"clauses.{clause.clause}.figure"))
    for alternative in programme.alternatives:
        if alternative.when:
            wanted.append((alternative.when, "truth", f"alternatives.{alternative.alternative}.when"))
        if alternative.of:
            wanted.append((alternative.of, "whole", f"alternatives.{alternative.alternative}.of"))
    compiled = [
        compile_expression(source, result, declared, f"{programme.programme}: {where}", faults)
        for source, result, where in wanted
    ]
    return tuple(expression for expression in compiled if expression is not None)
