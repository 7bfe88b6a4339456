"""Applications, reviews, the waiting list and holds, with the money that each of them moves or does not."""

from datetime import date
from hashlib import sha256

import msgspec
import pytest
from tests.unit.engine.network import (
    DAY,
    FIRMS,
    RULES,
    TODAY,
    VOUCHER,
    YUAN,
    Town,
    bought,
    claim_papers,
    firm,
    papers,
)

from suanwang.engine.booking import BooksRefuse
from suanwang.engine.dossier import GrantDossier
from suanwang.engine.grant_route import claw_back_of
from suanwang.engine.redemption import hold_for
from suanwang.engine.voucher_events import GrantApplied, GrantReviewed, recorded_decision, recorded_position
from suanwang.engine.voucher_inputs import ApplyGrant, FileClaim, PromoteGrants, ReviewGrant, WithdrawGrant
from suanwang.ledger import commands as c
from suanwang.ledger.events import GrantIssued
from suanwang.ledger.refusals import IdConflict
from suanwang.policy.inputs import Subject
from suanwang.policy.recompute import recompute
from suanwang.units.errors import InvalidInput


def test_a_grant_is_the_decision_and_its_money_in_one_group() -> None:
    town = Town()
    reviewed, issued = town.granted("g1", 0, 1_000)
    assert isinstance(reviewed, GrantReviewed)
    assert isinstance(issued, GrantIssued)
    assert (reviewed.outcome, reviewed.amount_micro, reviewed.rate_bp) == ("granted", 300 * YUAN, 3000)
    assert (reviewed.valid_from, reviewed.expires) == (TODAY, date(2026, 3, 31))
    assert (issued.grant, issued.amount_micro) == ("g1", 300 * YUAN)
    assert town.balance("available:g1") == 300 * YUAN
    assert issued.expires_at - issued.starts_at == 30 * DAY
    town.replays()


def test_the_recorded_decision_is_the_one_whose_digest_stands_beside_it_and_it_is_made_again() -> None:
    town = Town()
    town.granted("g0", 0, 100)
    reviewed = town.granted("g1", 0, 1_000)[0]
    assert isinstance(reviewed, GrantReviewed)
    assert sha256(msgspec.json.encode(reviewed.decision)).hexdigest() == reviewed.decision_digest
    subject = Subject(firm(0), bought(1_000), TODAY)
    position = recorded_position(reviewed.position)
    assert [one.amount_micro for one in position.paid] == [30 * YUAN]
    assert recompute(recorded_decision(reviewed.decision), VOUCHER, subject, position) == ()


def test_what_was_had_counts_against_the_cap_and_what_lapsed_does_not() -> None:
    town = Town()
    town.granted("g1", 0, 1_000)
    town.granted("g2", 0, 1_000)
    assert town.balance("available:g2") == 200 * YUAN, "the cap of 500 leaves 200"
    assert town.granted("g3", 0, 1_000)[0].outcome == "refused"  # pyright: ignore
    town.at += 40 * DAY
    town.post(c.Expire("e1", "voucher"))
    assert town.granted("g4", 0, 1_000)[1].amount_micro == 300 * YUAN  # pyright: ignore


def test_a_refusal_and_an_undecided_review_book_nothing() -> None:
    town = Town()
    flagged = papers(0, 1_000, flagged=True)
    town.ask(ApplyGrant("a1", "g1", "voucher", flagged, TODAY))
    events = town.ask(ReviewGrant("r1", "g1", flagged))
    assert [type(event) for event in events] == [GrantReviewed]
    assert town.stage("g1") == "refused"
    town.ask(ApplyGrant("a2", "g2", "voucher", GrantDossier(firm(1), None), TODAY))
    town.ask(ReviewGrant("r2", "g2", GrantDossier(firm(1), None)))
    assert town.stage("g2") == "undecided"
    assert town.state.ledger.grants == {}
    town.replays()


def test_an_undecided_application_is_reviewed_again_on_completed_papers_of_the_same_firm() -> None:
    town = Town()
    town.ask(ApplyGrant("a1", "g1", "voucher", GrantDossier(firm(0), None), TODAY))
    town.ask(ReviewGrant("r1", "g1", GrantDossier(firm(0), None)))
    with pytest.raises(InvalidInput, match="not the application's") as error:
        town.ask(ReviewGrant("r2", "g1", papers(1, 1_000, "c9")))
    assert len(error.value.faults) == 2
    town.ask(ReviewGrant("r3", "g1", papers(0, 1_000)))
    assert town.stage("g1") == "granted"


def test_the_same_id_has_one_result_and_another_body_is_refused() -> None:
    town = Town()
    town.granted("g1", 0, 1_000)
    assert town.ask(ReviewGrant("review/g1", "g1", papers(0, 1_000))) == ()
    with pytest.raises(IdConflict):
        town.ask(ReviewGrant("review/g1", "g1", papers(0, 2_000)))
    with pytest.raises(IdConflict):
        town.ask(ApplyGrant("o1", "g2", "voucher", papers(0, 1), TODAY))
    with pytest.raises(InvalidInput, match="already decided"):
        town.ask(ReviewGrant("again", "g1", papers(0, 1_000)))


def test_books_that_cannot_follow_leave_no_trace_and_the_same_id_may_ask_again() -> None:
    town = Town(wallets=0)
    town.ask(ApplyGrant("a1", "g1", "voucher", papers(0, 1_000), TODAY))
    length = len(town.log)
    with pytest.raises(BooksRefuse) as error:
        town.ask(ReviewGrant("r1", "g1", papers(0, 1_000)))
    assert error.value.faults[0].where == f"wallet:{FIRMS[0]}"
    assert (len(town.log), town.stage("g1")) == (length, "applied")
    town.post(c.OpenWallet("w0", FIRMS[0], "CNY", 0))
    town.ask(ReviewGrant("r1", "g1", papers(0, 1_000)))
    assert town.stage("g1") == "granted"
    town.replays()


def test_nobody_overtakes_on_the_waiting_list_and_it_moves_with_the_budget() -> None:
    town = Town(budget_yuan=350)
    town.granted("g1", 0, 1_000)
    town.granted("g2", 1, 1_000)
    town.granted("g3", 2, 100)
    assert [town.stage(name) for name in ("g1", "g2", "g3")] == ["granted", "waiting", "waiting"]
    assert town.ask(PromoteGrants("p1", "voucher")) == ()
    town.post(c.Appropriate("more", "voucher", 255 * YUAN))
    town.ask(PromoteGrants("p2", "voucher"))
    assert [town.stage(name) for name in ("g2", "g3")] == ["granted", "waiting"]
    town.ask(WithdrawGrant("x1", "g3"))
    assert town.stage("g3") == "withdrawn"
    with pytest.raises(InvalidInput, match="cannot be withdrawn"):
        town.ask(WithdrawGrant("x2", "g2"))
    assert town.balance("budget:voucher") == 5 * YUAN
    town.replays()


def test_the_pool_of_the_year_bounds_grants_whatever_the_budget() -> None:
    town = Town()
    for number, name in enumerate(("g1", "g2", "g3")):
        town.granted(name, number, 5_000)
    town.at += 1
    assert town.state.used_of_pool == {("voucher", 2026): 1_500 * YUAN}
    town.at += 400 * DAY
    dossier = GrantDossier(firm(0), bought(5_000))
    town.ask(ApplyGrant("n", "n", "voucher", dossier, date(2027, 3, 3)))
    town.ask(ReviewGrant("nr", "n", dossier))
    assert town.state.used_of_pool["voucher", 2027] == 500 * YUAN


def test_a_bad_application_is_told_whole() -> None:
    town = Town()
    town.granted("g1", 0, 100)
    bad = GrantDossier(msgspec.structs.replace(firm(0), code="123"), None)
    with pytest.raises(InvalidInput) as error:
        town.ask(ApplyGrant("a/2", "g1", "voucher", bad, date(2027, 1, 1), -5))
    assert [fault.where for fault in error.value.faults] == ["g1", "enterprise.code", "filed", "asked"]
    with pytest.raises(InvalidInput, match="reimbursed after payment"):
        town.ask(ApplyGrant("a/3", "g3", "refund", papers(0, 1), TODAY), RULES["refund"])
    with pytest.raises(InvalidInput) as error:
        town.ask(ApplyGrant("bad id!", "g4", "voucher", papers(0, 1), TODAY), RULES["refund"])
    assert [fault.where for fault in error.value.faults] == ["id", "programme"]


def test_support_for_the_same_contract_stands_beside() -> None:
    town = Town()
    town.ask(FileClaim("f1", claim_papers("c1", 0, 1_000, "k1", "i1")))
    from suanwang.engine.voucher_inputs import CheckClaim

    town.ask(CheckClaim("k1", "c1", claim_papers("c1", 0, 1_000, "k1", "i1")))
    reviewed = town.granted("g1", 0, 1_000, "k1")[0]
    assert isinstance(reviewed, GrantReviewed)
    assert [(one.programme, one.amount_micro) for one in reviewed.position.beside] == [("refund", 200 * YUAN)]
    other = town.granted("g2", 0, 100, "k2")[0]
    assert isinstance(other, GrantReviewed)
    assert other.position.beside == ()


def test_a_hold_draws_the_rate_of_its_charge_and_the_wallet_pays_the_rest() -> None:
    town = Town()
    town.granted("g1", 0, 1_000)
    town.post(c.TopUp("t1", FIRMS[0], 1_000 * YUAN, "slip"), c.Replenish("r", "voucher"))
    command = hold_for(town.state, "h1", "h1", FIRMS[0], "tianfu", 400 * YUAN, town.at)
    assert [(draw.grant, draw.amount_micro) for draw in command.draws] == [("g1", 120 * YUAN)]
    assert command.wallet_micro == 280 * YUAN
    town.post(command)
    again = hold_for(town.state, "h2", "h2", FIRMS[0], "tianfu", 900 * YUAN, town.at)
    assert (again.draws[0].amount_micro, again.wallet_micro) == (180 * YUAN, 720 * YUAN)
    assert hold_for(town.state, "h3", "h3", FIRMS[0], "tianfu", 9, town.at, frozenset()).draws == ()


def test_a_claw_back_keeps_the_programmes_days() -> None:
    town = Town()
    town.granted("g1", 0, 1_000)
    command = claw_back_of(town.state, "cb", "g1", 0, "not entitled", VOUCHER, town.at + 100 * DAY)
    assert command == c.ClawBack("cb", "g1", 0, "not entitled")
    with pytest.raises(InvalidInput) as error:
        claw_back_of(town.state, "cb", "g1", 0, " ", VOUCHER, town.at + 101 * DAY)
    assert len(error.value.faults) == 2


def test_firms_are_named_by_code_only_and_papers_by_hash() -> None:
    town = Town()
    applied = town.ask(ApplyGrant("a1", "g1", "voucher", papers(0, 1_000), TODAY))[0]
    assert isinstance(applied, GrantApplied)
    assert b"firm 0" not in msgspec.json.encode(applied)
    assert applied.papers == sha256(msgspec.json.encode(papers(0, 1_000))).hexdigest()
