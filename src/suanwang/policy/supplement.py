"""What an operator supplies where no source shows a value: an overlay, always marked *assumed*.

A supplement fills values that are not seen and chooses among ambiguous readings. It never replaces a value
that a source shows: for that, write another programme.
"""

from datetime import date
from hashlib import sha256
from typing import TypeVar

import msgspec

from suanwang.model.programme import NOT_SEEN, Citation, Programme, Value
from suanwang.policy.programme_checks import check_programme, valued
from suanwang.policy.rules import Rules
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

SUPPLEMENT = "supplement"
"""The citation that supplied values name."""

Part = TypeVar("Part", bound=msgspec.Struct)

CORRECT = Text("correct the supplement", "改正补充文件")


class Supplied(msgspec.Struct, frozen=True):
    """One value for one place, named as a decision names what it misses (`alternatives.voucher.rate_bp`).

    Either `value` (basis points, days, a count) or `value_micro` (micro-yuan). Without days of its own it is
    in force whenever the value that it fills is.
    """

    place: str
    value: int | None = None
    value_micro: int | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    note: Text | None = None


class Supplement(msgspec.Struct, frozen=True):
    """The values that an operator supplies to one programme. `by` says who does."""

    programme: str
    by: str
    values: tuple[Supplied, ...]


def supplemented(rules: Rules, supplement: Supplement, digest: str) -> Rules:
    """The programme with the supplied values. `digest` is the SHA-256 of the supplement's file, in hex.

    The new rules' digest is the SHA-256 of both files' digests in hex with a newline between, so a decision
    tells which supplement it was made with. Raises InvalidInput with every fault.
    """
    programme = rules.programme
    known = {place: values for place, values, _ in valued(programme)}
    faults: list[Fault] = []
    filled: dict[str, tuple[Value, ...]] = {}
    for number, supplied in enumerate(supplement.values):
        where = f"{supplement.programme} values[{number}] {supplied.place}"
        if supplied.place in filled:
            faults.append(Fault(where, Text("supplied twice", "重复补充"), remedy=CORRECT))
            continue
        values = fill(known.get(supplied.place, ()), supplied, where, programme, faults)
        if values:
            filled[supplied.place] = values
    if not supplement.values:
        faults.append(
            Fault(
                supplement.programme,
                Text("it supplies nothing", "没有补充任何数值"),
                expected=Text("at least one value", "至少一个数值"),
                remedy=CORRECT,
            )
        )
    if faults:
        raise InvalidInput(faults)
    after = with_values(programme, filled, supplement.by)
    faults = check_programme(after)
    if faults:
        raise InvalidInput([msgspec.structs.replace(fault, remedy=CORRECT) for fault in faults])
    return Rules(after, sha256(f"{rules.digest}\n{digest}".encode()).hexdigest())


def fill(
    values: tuple[Value, ...], supplied: Supplied, where: str, programme: Programme, faults: list[Fault]
) -> tuple[Value, ...]:
    """The place's values with the open ones filled; empty, with the fault added, where that cannot be."""
    open_values = [value for value in values if value.value is None]
    money = is_money(programme, supplied.place)
    number = supplied.value_micro if money else supplied.value
    unit = same("value_yuan" if money else "value")
    if not values:
        places = ", ".join(place for place, _, _ in valued(programme))
        what = Text("the programme has no such value", "方案没有这个数值")
        faults.append(Fault(where, what, supplied.place, same(places), CORRECT))
    elif number is None or (supplied.value if money else supplied.value_micro) is not None:
        faults.append(Fault(where, Text("not given in its unit", "单位不符"), "", unit, CORRECT))
    elif not open_values:
        what = Text(
            "a source shows this value: a supplement may not replace it", "来源已载明，不得以补充替换"
        )
        faults.append(
            Fault(where, what, str(number), remedy=Text("write a programme of your own", "另写一个方案"))
        )
    elif any(value.readings and number not in value.readings for value in open_values):
        readings = [str(reading) for value in open_values for reading in value.readings]
        what = Text("none of the readings that the text allows", "不在原文允许的读法之内")
        faults.append(Fault(where, what, str(number), same(" / ".join(readings)), CORRECT))
    else:
        return tuple(supplied_value(value, supplied, number) for value in values)
    return ()


def supplied_value(value: Value, supplied: Supplied, number: int) -> Value:
    """The value itself where a source shows it, else what is supplied in its place."""
    if value.value is not None:
        return value
    return Value(
        number,
        supplied.effective_from or value.effective_from,
        supplied.effective_to or value.effective_to,
        SUPPLEMENT,
        "assumed",
        note=supplied.note or value.note,
    )


def is_money(programme: Programme, place: str) -> bool:
    """Whether the numbers of a place are micro-yuan."""
    group, _, rest = place.partition(".")
    if group == "clauses":
        name = rest.removesuffix(".limit")
        return any(
            bool(clause.at_least_micro or clause.at_most_micro)
            for clause in programme.clauses
            if clause.clause == name
        )
    return (group == "caps" and rest != "share_of_cost") or rest.endswith((".amount", ".per_unit", ".cap"))


def with_values(programme: Programme, filled: dict[str, tuple[Value, ...]], by: str) -> Programme:
    """The programme with these values, a citation for them, and no case that expects them to be missing."""
    caps = {field: f"caps.{field.removesuffix('_micro').removesuffix('_bp')}" for field in CAPS}
    return msgspec.structs.replace(
        programme,
        citations=(
            *programme.citations,
            Citation(SUPPLEMENT, by, NOT_SEEN, NOT_SEEN, NOT_SEEN, NOT_SEEN, "assumed"),
        ),
        caps=put(programme.caps, caps, filled),
        clauses=tuple(
            put(clause, dict.fromkeys(bounds_of(clause), f"clauses.{clause.clause}.limit"), filled)
            for clause in programme.clauses
        ),
        alternatives=tuple(
            put(
                option,
                {field: f"alternatives.{option.alternative}.{name}" for field, name in METHODS.items()},
                filled,
            )
            for option in programme.alternatives
        ),
        lags=tuple(put(lag, {"days_most": f"lags.{lag.event}.days_most"}, filled) for lag in programme.lags),
        validity_days=filled.get("validity_days", programme.validity_days),
        claw_back_days=filled.get("claw_back_days", programme.claw_back_days),
        cases=tuple(case for case in programme.cases if not set(case.missing) & filled.keys()),
    )


CAPS = ("per_claim_micro", "per_enterprise_micro", "pool_per_year_micro", "share_of_cost_bp")
METHODS = {
    "rate_bp": "rate_bp",
    "amount_micro": "amount",
    "per_unit_micro": "per_unit",
    "cap_micro": "cap",
}
BOUNDS = ("at_least", "at_most", "at_least_micro", "at_most_micro")


def bounds_of(clause: msgspec.Struct) -> list[str]:
    """The bound fields that a clause has."""
    return [field for field in BOUNDS if getattr(clause, field)]


def put(part: Part, places: dict[str, str], filled: dict[str, tuple[Value, ...]]) -> Part:
    """The struct with those of its fields replaced whose place is filled."""
    changes = {field: filled[place] for field, place in places.items() if place in filled}
    return msgspec.structs.replace(part, **changes) if changes else part
