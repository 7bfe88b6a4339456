"""What must be true of a programme beyond its shape: small checks, each adding its faults."""

from itertools import pairwise

from suanwang.model.programme import NOT_SEEN, Alternative, Clause, Programme, Value
from suanwang.model.purchase import COST_KINDS
from suanwang.policy.inputs import DECLARED
from suanwang.policy.note import Note
from suanwang.units.errors import Fault
from suanwang.units.text import Text, same

FULL_BP = 10_000
NO_TEXT = same("")


def check_programme(programme: Programme) -> list[Fault]:
    """Every fault of meaning: ids, citations, dates, bounds, methods, shares, cost kinds."""
    faults: list[Fault] = []

    def note(place: str, what: Text, found: str = "", expected: Text = NO_TEXT) -> None:
        faults.append(
            Fault(f"{programme.programme} {place}", what, found, expected, kind="meaning", column=place)
        )

    ids(programme, note)
    citations(programme, note)
    span(programme, note)
    for clause in programme.clauses:
        check_clause(clause, note)
    for alternative in programme.alternatives:
        check_alternative(alternative, programme, note)
    for place, values, most in valued(programme):
        check_values(place, values, most, note)
    if programme.payers and sum(payer.share_bp for payer in programme.payers) != FULL_BP:
        total = sum(payer.share_bp for payer in programme.payers)
        note(
            "payers",
            Text("shares do not sum to the whole", "分担比例之和不等于全部"),
            str(total),
            same("10,000"),
        )
    if any(payer.share_bp < 0 for payer in programme.payers):
        note("payers", Text("a share is negative", "分担比例为负"), "", same("≥ 0"))
    for kind in programme.covers:
        if kind not in COST_KINDS:
            note(
                "covers", Text("no such kind of cost", "没有这种费用类型"), kind, same(", ".join(COST_KINDS))
            )
    return faults


def ids(programme: Programme, note: Note) -> None:
    """Ids of clauses, alternatives, facts, cases and citations come once; facts shadow no declared input."""
    groups = {
        "clauses": [clause.clause for clause in programme.clauses],
        "alternatives": [option.alternative for option in programme.alternatives],
        "facts": [fact.fact for fact in programme.facts],
        "cases": [case.case for case in programme.cases],
        "citations": [citation.cite for citation in programme.citations],
    }
    for group, names in groups.items():
        for name in sorted({name for name in names if names.count(name) > 1}):
            note(group, Text("this id comes twice", "编号重复"), name, Text("each id once", "编号唯一"))
    for name in groups["facts"]:
        if name in DECLARED:
            note(
                "facts",
                Text("already a declared input", "已是声明的输入"),
                name,
                Text("another name", "换名"),
            )
    for group in ("alternatives", "citations"):
        if not groups[group]:
            note(group, Text("at least one is needed", "至少需要一项"))


def cited(programme: Programme) -> list[tuple[str, str]]:
    """(place, cite) of everything that names a citation."""
    found = [(place, value.cite) for place, values, _ in valued(programme) for value in values]
    found += [(f"clauses.{clause.clause}", clause.cite) for clause in programme.clauses]
    found += [(f"alternatives.{option.alternative}", option.cite) for option in programme.alternatives]
    found += [("excludes", bar.cite) for bar in programme.excludes]
    found += [("windows", window.cite) for window in programme.windows]
    found += [("lags", lag.cite) for lag in programme.lags]
    found += [("vat", programme.vat.cite), ("stacks", programme.stacks.cite)]
    found += [("related_party_barred", programme.related_party_barred.cite)]
    found += [("once_per_contract", programme.once_per_contract.cite)]
    found += [("supplier_listed", programme.supplier_listed.cite)]
    found += [("local_supplier_stated", programme.local_supplier_stated.cite)]
    return [(place, cite) for place, cite in found if cite]


def citations(programme: Programme, note: Note) -> None:
    """Every cite names a citation, and every citation says where it was read."""
    known = {citation.cite for citation in programme.citations}
    for place, cite in cited(programme):
        if cite not in known:
            note(place, Text("no such citation", "没有这个引文"), cite, same(", ".join(sorted(known))))
    for citation in programme.citations:
        if citation.read_in == NOT_SEEN and citation.mark != "assumed":
            note(
                f"citations.{citation.cite}",
                Text("a citation must say in which text it was read", "引文须写明读自何处"),
                citation.mark,
                Text("read_in, or mark: assumed", "填写 read_in，或标为 assumed"),
            )


def span(programme: Programme, note: Note) -> None:
    """First day not after the last; windows likewise."""
    spans = [("effective_to", programme.effective_from, programme.effective_to)]
    spans += [(f"windows.{window.event}", window.first, window.last) for window in programme.windows]
    for place, first, last in spans:
        if first is not None and last is not None and first > last:
            note(place, Text("ends before it begins", "结束早于开始"), f"{first} > {last}")


def check_clause(clause: Clause, note: Note) -> None:
    """A clause is a predicate without bound, or a figure with exactly one."""
    place = f"clauses.{clause.clause}"
    bounds = (clause.at_least, clause.at_most, clause.at_least_micro, clause.at_most_micro)
    count = sum(bool(bound) for bound in bounds)
    if bool(clause.holds) == bool(clause.figure):
        note(place, Text("either `holds` or `figure`", "holds 与 figure 二选一"))
    elif clause.holds and count:
        note(place, Text("a predicate has no bound", "条件式不带界限"))
    elif clause.figure and count != 1:
        note(place, Text("a figure has exactly one bound", "数值须有且仅有一个界限"), str(count), same("1"))


def check_alternative(option: Alternative, programme: Programme, note: Note) -> None:
    """Exactly one method, with the input it needs."""
    place = f"alternatives.{option.alternative}"
    methods = (option.rate_bp, option.amount_micro, option.per_unit_micro, option.tranches)
    if sum(bool(method) for method in methods) != 1:
        note(
            place,
            Text("exactly one method of reckoning", "计算方法须有且仅有一种"),
            str(sum(bool(method) for method in methods)),
            same("rate_bp / amount_yuan / per_unit_yuan / tranches"),
        )
    if (option.per_unit_micro or option.tranches) and not option.of:
        note(place, Text("`of` must name the figure", "of 须指明数值"))
    if option.rate_bp and not option.of and not programme.covers:
        note(place, Text("a rate needs `covers` or `of`", "比例须有 covers 或 of"))
    for tranche in option.tranches:
        if (tranche.at_least is None) == (tranche.at_least_micro is None):
            note(
                f"{place}.tranches",
                Text("one of at_least and at_least_yuan", "at_least 与 at_least_yuan 二选一"),
            )
            return
    for lower, higher in pairwise(option.tranches):
        if lower.line >= higher.line or lower.amount_micro > higher.amount_micro:
            note(
                f"{place}.tranches", Text("tranches must rise", "档次须递增"), f"{lower.line} → {higher.line}"
            )


def valued(programme: Programme) -> list[tuple[str, tuple[Value, ...], int | None]]:
    """(place, values, largest allowed) of every dated value of a programme."""
    caps = programme.caps
    found: list[tuple[str, tuple[Value, ...], int | None]] = [
        ("caps.per_claim", caps.per_claim_micro, None),
        ("caps.per_enterprise", caps.per_enterprise_micro, None),
        ("caps.pool_per_year", caps.pool_per_year_micro, None),
        ("caps.share_of_cost", caps.share_of_cost_bp, FULL_BP),
        ("validity_days", programme.validity_days, None),
        ("claw_back_days", programme.claw_back_days, None),
    ]
    for clause in programme.clauses:
        bounds = clause.at_least + clause.at_most + clause.at_least_micro + clause.at_most_micro
        found.append((f"clauses.{clause.clause}.limit", bounds, None))
    for option in programme.alternatives:
        name = f"alternatives.{option.alternative}"
        found += [
            (f"{name}.rate_bp", option.rate_bp, FULL_BP),
            (f"{name}.amount", option.amount_micro, None),
            (f"{name}.per_unit", option.per_unit_micro, None),
            (f"{name}.cap", option.cap_micro, None),
        ]
    found += [(f"lags.{lag.event}.days_most", lag.days_most, None) for lag in programme.lags]
    return [entry for entry in found if entry[1]]


def check_values(place: str, values: tuple[Value, ...], most: int | None, note: Note) -> None:
    """Not negative, within the largest; spans that begin before they end and do not overlap."""
    for value in values:
        for number in (value.value, *value.readings):
            if number is not None and number < 0 and not place.startswith("clauses."):
                note(place, Text("negative", "为负"), str(number), same("≥ 0"))
            if number is not None and most is not None and number > most:
                note(place, Text("above the whole", "超过全部"), str(number), same(f"≤ {most:,}"))
        if value.value is not None and value.readings:
            note(place, Text("either a value or readings", "value 与 readings 二选一"))
        first, last = value.effective_from, value.effective_to
        if first is not None and last is not None and first > last:
            note(place, Text("ends before it begins", "结束早于开始"), f"{first} > {last}")
    for earlier, later in pairwise(values):
        if (
            earlier.effective_to is None
            or later.effective_from is None
            or earlier.effective_to >= later.effective_from
        ):
            note(
                place,
                Text("dated values overlap or are out of order", "带日期的值重叠或乱序"),
                f"{earlier.effective_from}..{earlier.effective_to} / {later.effective_from}..",
                Text("spans in order, each ending before the next", "按时间排列，互不重叠"),
            )
