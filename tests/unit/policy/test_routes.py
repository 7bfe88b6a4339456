"""The two routes: voucher (application, waiting list, grant) and claim (check, return, pay, claw back)."""

from datetime import date

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.policy.policy_cases import DAY, YUAN, code, firm, rated, subject

from suanwang.feeds.programme_folder import BUILT_IN, read_programme
from suanwang.model.purchase import Claim, Contract, CostLine, Evidence, Invoice
from suanwang.policy.claim_check import Papers, check_claim
from suanwang.policy.claim_route import (
    Approved,
    ClaimPaid,
    ClaimRefused,
    Filed,
    Returned,
    check,
    claw_back,
    closed,
    correct,
    pay,
)
from suanwang.policy.decide import decide
from suanwang.policy.decision import NOTHING_HAD, Paid, Position, Share, decision_digest
from suanwang.policy.rules import Rules
from suanwang.policy.voucher_route import (
    Applied,
    Granted,
    Refused,
    Undecided,
    Waiting,
    Withdrawn,
    promote,
    review,
    withdraw,
)
from suanwang.units.errors import InvalidInput

MORE = """
validity_days: 90
claw_back_days: 730
payers: [{payer: city, share_bp: 6000}, {payer: district, share_bp: 4000}]
queue: [earliest_filed, smallest_amount]
caps: {per_claim_yuan: 300}
"""
VOUCHER = rated(3000, more=MORE)
PROGRAMME = VOUCHER.programme


def application(name: str = "a1", asked_micro: int | None = None) -> Applied:
    return Applied(name, "one", code(1), DAY, asked_micro)


def reviewed(net_yuan: int, pool: int | None, asked: int | None = None, rule: Rules = VOUCHER) -> object:
    decision = decide(rule, subject(net_yuan))
    return review(application("a1", asked), decision, decision_digest(decision), rule.programme, pool, DAY)


def test_a_grant_names_amount_shares_and_validity() -> None:
    grant = reviewed(500, 1000 * YUAN)
    assert isinstance(grant, Granted)
    assert grant.amount_micro == 150 * YUAN
    assert [(share.payer, share.amount_micro) for share in grant.shares] == [
        ("city", 90 * YUAN),
        ("district", 60 * YUAN),
    ]
    assert (grant.valid_from, grant.expires) == (DAY, date(2024, 8, 31))


def test_asking_for_less_gives_less_never_more() -> None:
    less, more = reviewed(500, None, 40 * YUAN), reviewed(500, None, 4000 * YUAN)
    assert isinstance(less, Granted)
    assert isinstance(more, Granted)
    assert (less.amount_micro, more.amount_micro) == (40 * YUAN, 150 * YUAN)


def test_too_little_in_the_pool_waits_whole() -> None:
    waiting = reviewed(500, 149 * YUAN)
    assert isinstance(waiting, Waiting)
    assert waiting.amount_micro == 150 * YUAN


def test_refused_and_undecided_say_why() -> None:
    barred = rated(
        3000, more="clauses:\n  - {clause: big, about: {en: b, zh: b}, figure: staff, at_least: 99}\n"
    )
    refused = reviewed(500, None, rule=barred)
    assert isinstance(refused, Refused)
    assert [finding.clause for finding in refused.failed] == ["big"]
    chengdu = read_programme(BUILT_IN / "chengdu-compute-voucher-2022.yaml")
    assert chengdu.programme.redemption == "deducted"
    decision = decide(chengdu, subject(500, catalogues=("chengdu-compute-voucher-2022",)))
    applied = Applied("a", "chengdu-compute-voucher-2022", code(1), DAY)
    state = review(applied, decision, "d", chengdu.programme, None, DAY)
    assert isinstance(state, Undecided)
    assert "alternatives.voucher.rate_bp" in state.missing


def test_a_decision_on_another_application_is_refused() -> None:
    decision = decide(VOUCHER, subject(500))
    with pytest.raises(InvalidInput, match="another application"):
        review(Applied("a", "two", code(1), DAY), decision, "d", PROGRAMME, None, DAY)


def test_withdrawing() -> None:
    assert isinstance(withdraw(application()), Withdrawn)
    with pytest.raises(InvalidInput, match="released"):
        withdraw(reviewed(500, None))  # pyright: ignore[reportArgumentType]


LINE = st.lists(st.tuples(st.integers(1, 28), st.integers(1, 50)), max_size=8)


@given(LINE, st.integers(0, 200))
def test_the_waiting_list_moves_in_order_and_within_the_pool(rows: list[tuple[int, int]], pool: int) -> None:
    waiting = [
        Waiting(f"w{i}", "one", code(1), date(2024, 2, day), amount, "d")
        for i, (day, amount) in enumerate(rows)
    ]
    granted, left = promote(waiting, PROGRAMME, pool, DAY)
    assert sum(grant.amount_micro for grant in granted) <= pool
    assert {one.application for one in [*granted, *left]} == {one.application for one in waiting}
    order = sorted(waiting, key=lambda one: (one.filed, one.amount_micro, one.application))
    assert [one.application for one in [*granted, *left]] == [one.application for one in order]
    if left:
        assert left[0].amount_micro > pool - sum(grant.amount_micro for grant in granted)


BEIJING = read_programme(BUILT_IN / "beijing-compute-voucher-2023.yaml")
BUYER = firm(region="110108")
SHA = "ab" * 32


def papers(net_yuan: int = 1_000_000, **changes: object) -> Papers:
    """A claim on the Beijing programme with all its papers in order."""
    contract = Contract(
        "HT1",
        BUYER.code,
        code(2),
        "110108",
        date(2024, 1, 10),
        date(2024, 2, 1),
        date(2025, 1, 30),
        (CostLine("compute", net_yuan * YUAN, net_yuan * YUAN * 6 // 100),),
    )
    half = (CostLine("compute", net_yuan * YUAN // 2, net_yuan * YUAN * 3 // 100),)
    invoices = tuple(
        Invoice(name, "HT1", code(2), BUYER.code, date(2024, 5, 6), half) for name in ("F1", "F2")
    )
    evidence = tuple(Evidence(kind, SHA, date(2024, 5, 7)) for kind in ("contract", "invoice", "delivery"))
    claim = Claim("K1", BEIJING.programme.programme, BUYER.code, "HT1", ("F1", "F2"), evidence, DAY)
    fields = {"claim": claim, "contract": contract, "invoices": invoices}
    return Papers(**(fields | changes))  # pyright: ignore[reportArgumentType]


def altered(**changes: object) -> Papers:
    """The papers with the claim itself changed."""
    base = papers()
    return msgspec.structs.replace(base, claim=msgspec.structs.replace(base.claim, **changes))


def outcome(found: Papers, position: Position = NOTHING_HAD) -> Returned | ClaimRefused | Approved:
    return check(Filed(found.claim), check_claim(found, BUYER, BEIJING, position))


def test_a_claim_through_its_whole_life() -> None:
    approved = outcome(papers())
    assert isinstance(approved, Approved)
    assert approved.amount_micro == 200_000 * YUAN
    part = pay(approved, 50_000 * YUAN, DAY)
    assert isinstance(part, Approved)
    with pytest.raises(InvalidInput, match="due"):
        pay(part, 150_001 * YUAN, DAY)
    paid = pay(part, 150_000 * YUAN, DAY)
    assert isinstance(paid, ClaimPaid)
    assert closed(paid)
    after, back = claw_back(paid, 80_000 * YUAN, date(2025, 6, 3), BEIJING.programme, "resold")
    assert (after.clawed_back_micro, back.amount_micro) == (80_000 * YUAN, 80_000 * YUAN)
    with pytest.raises(InvalidInput) as error:
        claw_back(after, 120_001 * YUAN, date(2026, 6, 4), BEIJING.programme, " ")
    assert len(error.value.faults) == 3


def test_only_invoiced_cost_counts_and_tax_stays_out() -> None:
    one = outcome(altered(invoices=("F1",)))
    assert isinstance(one, Approved)
    assert one.amount_micro == 100_000 * YUAN


def test_what_can_be_corrected_returns_with_every_fault_at_once() -> None:
    base = papers()
    wrong = altered(
        invoices=("F1", "F1", "F9"),
        evidence=(Evidence("contract", "xyz", date(2024, 7, 1)),),
        asked_micro=-5,
    )
    wrong = msgspec.structs.replace(wrong, used_invoices=frozenset(("F1",)))
    state = outcome(wrong)
    assert isinstance(state, Returned)
    words = "\n".join(fault.say("en") for fault in state.faults)
    for part in ("F1: named twice", "F9: this invoice is not there", "already used", "evidence.delivery",
                 "evidence.invoice", "not a SHA-256", "dated after", "not a positive"):  # fmt: skip
        assert part in words
    again = correct(state, base.claim)
    assert again.round == 2
    assert isinstance(check(again, check_claim(base, BUYER, BEIJING, NOTHING_HAD)), Approved)
    with pytest.raises(InvalidInput, match="new claim"):
        correct(state, msgspec.structs.replace(base.claim, contract="HT2"))


def test_invoices_above_the_contract_return() -> None:
    base = papers()
    more = Invoice("F3", "HT1", code(2), BUYER.code, date(2024, 5, 6), (CostLine("compute", 1),))
    found = altered(invoices=("F1", "F2", "F3"))
    state = outcome(msgspec.structs.replace(found, invoices=(*base.invoices, more)))
    assert isinstance(state, Returned)
    assert "exceed the contract" in state.faults[0].say("en")


def test_a_clause_that_fails_refuses() -> None:
    again = outcome(papers(), Position(paid=(Paid(date(2024, 3, 1), 1, "HT1"),)))
    assert isinstance(again, ClaimRefused)
    assert [finding.clause for finding in again.failed] == ["once_per_contract"]
    assert closed(again)


@given(amount=st.integers(1, 200_000 * YUAN), shares=st.integers(0, 10_000))
def test_claw_back_takes_each_payers_share_exactly(amount: int, shares: int) -> None:
    approved = outcome(papers())
    assert isinstance(approved, Approved)
    city = approved.amount_micro * shares // 10_000
    split = (Share("city", city), Share("district", approved.amount_micro - city))
    paid = pay(msgspec.structs.replace(approved, shares=split), approved.amount_micro, DAY)
    assert isinstance(paid, ClaimPaid)
    _, back = claw_back(paid, amount, DAY, BEIJING.programme, "reason")
    assert sum(share.amount_micro for share in back.shares) == amount
    for share, whole in zip(back.shares, split, strict=True):
        assert 0 <= share.amount_micro <= whole.amount_micro
