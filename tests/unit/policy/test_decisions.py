"""Decisions: arithmetic, caps, three-valued clauses, digests. Properties first."""

from datetime import date

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.policy.policy_cases import DAY, YUAN, code, firm, purchase, rated, rules, subject

from suanwang.feeds.programme_folder import read_programmes
from suanwang.model.enterprise import CreditFlag, Fact
from suanwang.model.purchase import COST_KINDS, CostLine, Purchase
from suanwang.policy.decide import decide
from suanwang.policy.decision import Beside, Paid, Position, decision_digest
from suanwang.policy.explanation import explain_findings, explain_step
from suanwang.policy.inputs import Subject
from suanwang.policy.recompute import recompute

BUILT_IN = read_programmes()

CAPS = "caps: {per_claim_yuan: 300000, per_enterprise_yuan: 500000, pool_per_year_yuan: 900000}\n"
MONEY = st.integers(0, 10**13)
PINNED = (
    "71f3b7175c9c22efeb5459d21fd525eabf9d5e6f4de8c1aee5898790d99aa4e8",
    "0c4ac616f109e74df21f2558246b0c412307087c3e2048328dea04bdf191c2c1",
    "6da5495d5ee9f17263796d6cdf18311f7dd3d06610e39e4277835fa09c925034",
)


@given(
    rate=st.integers(0, 10_000),
    cost=st.integers(1, 10**14),
    had=st.lists(MONEY, max_size=4),
    pool=st.none() | MONEY,
    beside=st.integers(0, 10**13),
)
def test_caps_are_never_exceeded(rate: int, cost: int, had: list[int], pool: int | None, beside: int) -> None:
    position = Position(
        paid=tuple(Paid(date(2024, 1, 1 + i), amount) for i, amount in enumerate(had)),
        beside=(Beside("other", "rent", "city", beside),),
        pool_left_micro=pool,
    )
    bought = Subject(firm(), purchase(1, lines=(CostLine("compute", cost),)), DAY)
    decision = decide(rated(rate, more=CAPS), bought, position)
    amount = decision.amount_micro
    assert amount is not None
    assert 0 <= amount <= min(300_000 * YUAN, max(0, 500_000 * YUAN - sum(had)), cost * rate // 10_000)
    assert amount + beside <= cost or amount == 0
    if pool is not None:
        assert amount <= pool
    # every step follows from the one before it
    assert all(
        step.after == following.before
        for step, following in zip(decision.steps, decision.steps[1:], strict=False)
    )
    assert decision.outcome == ("entitled" if amount else "refused")


@settings(max_examples=60)
@given(
    low=st.integers(1, 10**13),
    more=st.integers(0, 10**13),
    kind=st.sampled_from(sorted(COST_KINDS)),
    truth=st.booleans(),
    whole=st.integers(0, 10**16),
)
def test_a_larger_cost_never_gives_a_smaller_subsidy(
    low: int, more: int, kind: str, truth: bool, whole: int
) -> None:
    """Over every built-in programme; no text among them says otherwise."""
    for rule in BUILT_IN:
        facts = tuple(
            Fact(need.fact, {"whole": whole, "truth": truth, "text": "china_500"}[need.type], "t", DAY)
            for need in rule.programme.facts
        )
        who = firm(facts=facts, region=rule.programme.region, industry="industry", tier="little_giant")
        day = rule.programme.effective_to or DAY
        answers = [
            decide(
                rule,
                Subject(
                    who,
                    Purchase(
                        lines=(CostLine(kind, cost),),
                        supplier=code(2),
                        supplier_region=rule.programme.region,
                        catalogues=(rule.programme.programme,),
                        contract="c",
                        signed=day,
                        starts=day,
                        ends=day,
                        invoiced=day,
                        paid=day,
                        domestic_compute=truth,
                        through_platform=True,
                    ),
                    day,
                ),
            )
            for cost in (low, low + more)
        ]
        small, large = answers
        if small.outcome == "entitled" and large.outcome != "undecided":
            assert (large.amount_micro or 0) >= (small.amount_micro or 0), rule.programme.programme


@given(amount=st.integers(1, 10**13), shares=st.lists(st.integers(0, 10_000), min_size=1, max_size=5))
def test_payers_pay_exactly_the_amount(amount: int, shares: list[int]) -> None:
    shares = [share * 10_000 // max(1, sum(shares)) for share in shares]
    shares[0] += 10_000 - sum(shares)
    payers = "".join(f"  - {{payer: p{i}, share_bp: {share}}}\n" for i, share in enumerate(shares))
    rule = rated(10_000, more=f"payers:\n{payers}")
    decision = decide(rule, Subject(firm(), purchase(1, lines=(CostLine("compute", amount),)), DAY))
    assert decision.amount_micro == amount
    assert sum(share.amount_micro for share in decision.shares) == amount


def test_the_same_inputs_have_the_same_digest_and_others_another() -> None:
    rule = rated(3000, more=CAPS)
    one, two = decide(rule, subject(100)), decide(rated(3000, more=CAPS), subject(100))
    assert decision_digest(one) == decision_digest(two)
    others = [
        decide(rule, subject(101)),
        decide(rule, subject(100), Position(pool_left_micro=5)),
        decide(rated(3001, more=CAPS), subject(100)),
        decide(rule, Subject(firm(), purchase(100), date(2024, 6, 4))),
    ]
    assert len({decision_digest(decision) for decision in [one, *others]}) == 5
    assert msgspec.json.decode(msgspec.json.encode(one), type=type(one)) == one


def test_a_recorded_decision_is_made_again() -> None:
    rule = rated(3000, more=CAPS)
    recorded = decide(rule, subject(100))
    stored = msgspec.json.decode(msgspec.json.encode(recorded), type=type(recorded))
    assert recompute(stored, rule, subject(100), Position()) == ()
    assert recompute(stored, rated(2999, more=CAPS), subject(100), Position()) == (
        "rule",
        "amount",
        "explanation",
    )
    assert recompute(stored, rule, subject(101), Position()) == ("inputs", "amount", "explanation")


def test_the_bytes_of_a_decision_do_not_change_under_new_code() -> None:
    """Pinned: recorded digests must still come out. A new field needs a new version of the struct."""
    decision = decide(rated(3000, more=CAPS), subject(100))
    assert (decision.rule_digest, decision.input_digest, decision_digest(decision)) == PINNED


def test_tax_counts_where_the_programme_says_so() -> None:
    net, gross = rated(5000), rated(5000, more="vat: included\n")
    assert decide(net, subject(1000)).amount_micro == 500 * YUAN
    assert decide(gross, subject(1000)).amount_micro == 530 * YUAN


def test_a_rate_is_rounded_down() -> None:
    odd = Subject(firm(), purchase(1, lines=(CostLine("compute", 33_333),)), DAY)
    assert decide(rated(3333), odd).amount_micro == 33_333 * 3333 // 10_000


CLAUSES = """
facts:
  - {fact: points, type: whole, about: {en: points, zh: 得分}}
clauses:
  - clause: points
    about: {en: 60 points, zh: 60 分}
    figure: points
    at_least: 60
  - clause: either
    about: {en: small or old, zh: 小或老}
    holds: staff < 10 || age_days > 3650
"""


@pytest.mark.parametrize(
    ("points", "staff", "outcome", "missing"),
    [
        (60, 9, "entitled", ()),
        (59, 9, "refused", ()),
        (None, 9, "undecided", ("points",)),
        (59, None, "refused", ("staff",)),
        (60, None, "undecided", ("staff",)),
    ],
)
def test_what_is_not_known_is_neither_yes_nor_no(
    points: int | None, staff: int | None, outcome: str, missing: tuple[str, ...]
) -> None:
    facts = () if points is None else (Fact("points", points, "t", DAY),)
    decision = decide(rated(1000, more=CLAUSES), Subject(firm(facts=facts, staff=staff), purchase(100), DAY))
    assert decision.outcome == outcome
    assert decision.missing == missing


def test_a_half_that_is_true_answers_alone() -> None:
    old = firm(staff=None, established=date(2000, 1, 1), facts=(Fact("points", 80, "t", DAY),))
    assert decide(rated(1000, more=CLAUSES), Subject(old, purchase(100), DAY)).outcome == "entitled"


def test_a_fact_of_the_wrong_type_is_unknown_never_a_crash() -> None:
    odd = firm(staff=5, facts=(Fact("points", "many", "t", DAY),))
    decision = decide(rated(1000, more=CLAUSES), Subject(odd, purchase(100), DAY))
    assert (decision.outcome, decision.missing) == ("undecided", ("points",))


def test_a_text_that_reads_false_is_not_true() -> None:
    more = "facts:\n  - {fact: fit, type: truth, about: {en: f, zh: f}}\n"
    more += "clauses:\n  - {clause: fit, about: {en: f, zh: f}, holds: fit}\n"
    odd = firm(facts=(Fact("fit", "false", "t", DAY),))
    decision = decide(rated(1000, more=more), Subject(odd, purchase(100), DAY))
    assert (decision.outcome, decision.missing) == ("undecided", ("fit",))


def test_an_explanation_says_by_how_much_and_what_would_change_it() -> None:
    rule = rated(1000, more=CLAUSES)
    low = firm(staff=5, facts=(Fact("points", 52, "t", DAY),))
    decision = decide(rule, Subject(low, purchase(100), DAY))
    (line,) = [line for line in explain_findings(decision, rule.programme) if line.margin.en]
    assert line.margin.en == "52 against 60, by 8"
    assert line.remedy.en == "points: at least 60"
    assert "差 8" in line.margin.zh
    good = decide(rule, Subject(firm(staff=5, facts=(Fact("points", 61, "t", DAY),)), purchase(100), DAY))
    assert [explain_step(step).en for step in good.steps] == [
        "100.00",
        "100.00 × 10% = 10.00",
        "min(10.00, 100.00) = 10.00",
    ]


@pytest.mark.parametrize(
    ("period", "amount"), [("calendar_year", 400_000), ("rolling_year", 200_000), ("once", 100_000)]
)
def test_the_period_of_a_cap(period: str, amount: int) -> None:
    caps = f"caps: {{per_enterprise_yuan: 500000, period: {period}}}\n"
    position = Position(
        paid=(
            Paid(date(2024, 2, 1), 100_000 * YUAN),
            Paid(date(2023, 12, 31), 200_000 * YUAN),
            Paid(date(2023, 6, 4), 0),
            Paid(date(2023, 6, 3), 100_000 * YUAN),
        )
    )
    assert decide(rated(10_000, more=caps), subject(900_000), position).amount_micro == amount * YUAN


TRANCHES = """
make_up_difference: true
facts:
  - {fact: sales_micro, type: whole, about: {en: sales, zh: 销售}}
alternatives:
  - alternative: t
    about: {en: t, zh: t}
    of: sales_micro
    tranches:
      - {at_least_yuan: 100, amount_yuan: 10}
      - {at_least_yuan: 200, amount_yuan: 30}
"""


@given(sales=st.lists(st.integers(0, 400 * YUAN), min_size=1, max_size=6))
def test_making_up_the_difference_never_pays_a_step_twice(sales: list[int]) -> None:
    rule = rules(TRANCHES)
    paid: list[Paid] = []
    for figure in sales:
        who = firm(facts=(Fact("sales_micro", figure, "t", DAY),))
        decision = decide(rule, Subject(who, None, DAY), Position(paid=tuple(paid)))
        paid.append(Paid(DAY, decision.amount_micro or 0))
    best = max(sales)
    steps = 30 * YUAN if best >= 200 * YUAN else 10 * YUAN if best >= 100 * YUAN else 0
    assert sum(one.amount_micro for one in paid) == steps


def test_an_ambiguous_cap_decides_only_where_all_readings_agree() -> None:
    cap = "caps: {per_claim_yuan: {readings: [1000, 2000]}}\n"
    assert decide(rated(10_000, more=cap), subject(1000)).amount_micro == 1000 * YUAN
    open_case = decide(rated(10_000, more=cap), subject(1001))
    assert (open_case.outcome, open_case.missing) == ("undecided", ("caps.per_claim",))


TYPED = """
related_party_barred: true
once_per_contract: true
supplier_listed: true
excludes: [{family: rent, level: city}]
windows: [{event: signed, first: 2024-02-01, last: 2024-03-31}]
lags: [{since: starts, event: ends, days_most: 365}]
clauses:
  - {clause: credit, about: {en: good name, zh: 信用}, holds: "!bad_credit_3_years"}
"""


def test_every_typed_field_bars_by_itself() -> None:
    rule = rated(1000, more=TYPED)
    fine = {"catalogues": ("one",)}
    flag = CreditFlag("tax", date(2019, 1, 1), "t", lifted=date(2021, 7, 1))
    attempts = {
        None: decide(rule, subject(100, **fine)),
        "not_related": decide(rule, Subject(firm(related=(code(2),)), purchase(100, **fine), DAY)),
        "once_per_contract": decide(
            rule, subject(100, **fine), Position(paid=(Paid(date(2024, 5, 1), 1, "c1"),))
        ),
        "supplier_listed": decide(rule, subject(100, catalogues=())),
        "not_beside": decide(rule, subject(100, **fine), Position(beside=(Beside("x", "rent", "city", 1),))),
        "window:signed": decide(rule, subject(100, signed=date(2024, 1, 31), **fine)),
        "lag:starts:ends": decide(rule, subject(100, ends=date(2025, 3, 2), **fine)),
        "covered_cost": decide(rule, subject(100, lines=(CostLine("rent", YUAN),), **fine)),
        "credit": decide(rule, Subject(firm(flags=(flag,)), purchase(100, **fine), DAY)),
        "in_force": decide(rule, Subject(firm(), purchase(100, **fine), date(2025, 1, 1))),
    }
    for clause, decision in attempts.items():
        assert [finding.clause for finding in decision.failed] == ([clause] if clause else [])
        assert decision.outcome == ("refused" if clause else "entitled")
    days = next(f for f in attempts["lag:starts:ends"].findings if f.clause == "lag:starts:ends")
    assert (days.figure, days.limit) == (366, 365)


def test_overflow_is_refused_never_wrapped() -> None:
    more = "clauses:\n  - {clause: big, about: {en: b, zh: b}, holds: revenue_micro * 10000000 > 0}\n"
    decision = decide(rated(1000, more=more), Subject(firm(), purchase(100), DAY))
    assert (decision.outcome, decision.missing) == ("undecided", ("revenue_micro",))
