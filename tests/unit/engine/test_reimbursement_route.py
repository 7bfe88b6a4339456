"""Claims: filed, checked, corrected, paid, clawed back, and the money that each step moves or does not."""

import pytest
from tests.unit.engine.network import DAY, FIRMS, YUAN, Town, claim_papers

from suanwang.engine.booking import BooksRefuse
from suanwang.engine.voucher_events import ClaimChecked, ClaimPaidOut
from suanwang.engine.voucher_inputs import CheckClaim, ClawBackClaim, CorrectClaim, FileClaim, PayClaim
from suanwang.ledger import commands as c
from suanwang.ledger.events import GrantIssued, Reimbursed
from suanwang.units.errors import InvalidInput


def approved(yuan: int = 1_000, budget_yuan: int = 10_000) -> Town:
    town = Town(budget_yuan)
    dossier = claim_papers("c1", 0, yuan, "k1", "i1")
    town.ask(FileClaim("f1", dossier))
    town.ask(CheckClaim("k1", "c1", dossier))
    return town


def test_an_approval_sets_the_budget_aside_and_the_payment_takes_each_funds_cash() -> None:
    town = approved()
    assert town.balance("available:c1") == 200 * YUAN
    paid, booked = town.ask(PayClaim("p1", "c1", 200 * YUAN, "wire"))
    assert isinstance(paid, ClaimPaidOut)
    assert isinstance(booked, Reimbursed)
    assert [(share.fund, share.amount_micro) for share in booked.shares] == [
        ("city", 140 * YUAN),
        ("district", 60 * YUAN),
    ]
    assert (town.stage("c1"), town.balance("spent:c1")) == ("paid", 200 * YUAN)
    town.replays()


def test_a_claim_is_paid_in_parts_and_never_above_what_is_due() -> None:
    town = approved()
    town.ask(PayClaim("p1", "c1", 50 * YUAN, "wire-1"))
    assert town.stage("c1") == "approved"
    with pytest.raises(InvalidInput, match="not an amount that is due"):
        town.ask(PayClaim("p2", "c1", 151 * YUAN, "wire-2"))
    with pytest.raises(BooksRefuse):
        town.ask(PayClaim("p2", "c1", 1, "part of a fen"))
    town.ask(PayClaim("p2", "c1", 150 * YUAN, "wire-2"))
    assert town.ask(PayClaim("p2", "c1", 150 * YUAN, "wire-2")) == ()
    with pytest.raises(InvalidInput, match="stage"):
        town.ask(PayClaim("p3", "c1", 1 * YUAN, "wire-3"))
    town.replays()


def test_missing_papers_return_a_claim_and_its_correction_is_checked_anew() -> None:
    town = Town()
    short = claim_papers("c1", 0, 1_000, "k1", "i1", evidence=False)
    town.ask(FileClaim("f1", short))
    checked = town.ask(CheckClaim("k1", "c1", short))[0]
    assert isinstance(checked, ClaimChecked)
    assert (checked.outcome, [fault.where for fault in checked.faults]) == (
        "returned",
        ["c1 evidence.invoice"],
    )
    full = claim_papers("c1", 0, 1_000, "k1", "i1")
    with pytest.raises(InvalidInput, match="keeps claim"):
        town.ask(CorrectClaim("x", claim_papers("c1", 1, 1_000, "k1", "i1")))
    town.ask(CorrectClaim("f2", full))
    with pytest.raises(InvalidInput, match="not the papers that were filed"):
        town.ask(CheckClaim("k2", "c1", short))
    assert [type(event) for event in town.ask(CheckClaim("k2", "c1", full))] == [ClaimChecked, GrantIssued]
    town.replays()


def test_a_contract_and_an_invoice_are_used_once() -> None:
    town = approved()
    again = claim_papers("c2", 0, 1_000, "k1", "i1")
    town.ask(FileClaim("f2", again))
    checked = town.ask(CheckClaim("k2", "c2", again))[0]
    assert isinstance(checked, ClaimChecked)
    assert checked.outcome == "returned"
    assert [fault.where for fault in checked.faults] == ["c2 invoices.i1"]
    other = claim_papers("c3", 0, 1_000, "k1", "i3")
    town.ask(FileClaim("f3", other))
    checked = town.ask(CheckClaim("k3", "c3", other))[0]
    assert isinstance(checked, ClaimChecked)
    assert checked.outcome == "refused"


def test_a_budget_that_is_too_small_refuses_whole_and_leaves_the_claim_filed() -> None:
    town = Town(budget_yuan=100)
    dossier = claim_papers("c1", 0, 1_000, "k1", "i1")
    town.ask(FileClaim("f1", dossier))
    with pytest.raises(BooksRefuse) as error:
        town.ask(CheckClaim("k1", "c1", dossier))
    assert error.value.faults[0].where == "budget:refund"
    assert error.value.exit_code == 1
    assert town.stage("c1") == "filed"
    town.post(c.Appropriate("more", "refund", 100 * YUAN))
    town.ask(CheckClaim("k1", "c1", dossier))
    assert town.stage("c1") == "approved"


def test_a_claw_back_is_owed_to_the_funds_whose_it_was_and_keeps_its_days() -> None:
    town = approved()
    with pytest.raises(InvalidInput, match="stage"):
        town.ask(ClawBackClaim("b0", "c1", YUAN, "early"))
    town.ask(PayClaim("p1", "c1", 200 * YUAN, "wire"))
    town.ask(ClawBackClaim("b1", "c1", 50 * YUAN, "delivered less"))
    assert town.balance(f"receivable:{FIRMS[0]}:city") == 35 * YUAN
    with pytest.raises(InvalidInput, match="more than is left"):
        town.ask(ClawBackClaim("b2", "c1", 151 * YUAN, "all"))
    town.at += 101 * DAY
    with pytest.raises(InvalidInput, match="past the days"):
        town.ask(ClawBackClaim("b3", "c1", YUAN, "late"))
    town.replays()


def test_a_cash_amount_is_whole_fen_and_its_shares_sum_to_it() -> None:
    town = Town()
    dossier = claim_papers("c1", 0, 1, "k1", "i1")
    line = dossier.contract.lines[0].__class__("compute", 1_234_567)
    from msgspec.structs import replace

    dossier = replace(
        dossier,
        contract=replace(dossier.contract, lines=(line,)),
        invoices=(replace(dossier.invoices[0], lines=(line,)),),
    )
    town.ask(FileClaim("f1", dossier))
    checked = town.ask(CheckClaim("k1", "c1", dossier))[0]
    assert isinstance(checked, ClaimChecked)
    assert checked.decision.amount_micro == 246_913
    assert checked.amount_micro == 240_000 == sum(share.amount_micro for share in checked.shares)


def test_a_claim_of_nobody_or_on_the_wrong_route_is_told() -> None:
    town = Town()
    with pytest.raises(InvalidInput, match="no application or claim"):
        town.ask(PayClaim("p", "nobody", YUAN, "wire"))
    from msgspec.structs import replace
    from tests.unit.engine.network import VOUCHER

    dossier = claim_papers("c1", 0, 1, "k1", "i1")
    wrong = replace(dossier, claim=replace(dossier.claim, programme="voucher"))
    with pytest.raises(InvalidInput, match="not reimbursed after payment"):
        town.ask(FileClaim("f", wrong), VOUCHER)
