"""Each invariant finds what it is there for: a figure is changed behind the ledger's back, and named."""

from collections.abc import Callable

import pytest
from tests.unit.ledger.story import story

from suanwang.ledger import validate as v
from suanwang.ledger.refusals import CorruptLog
from suanwang.ledger.state import Ledger


def moved(debit: str, credit: str, amount_micro: int = 10_000) -> Callable[[Ledger], None]:
    def spoil(state: Ledger) -> None:
        state.accounts[debit].balance_micro += amount_micro
        state.accounts[credit].balance_micro -= amount_micro

    return spoil


def one_sided(state: Ledger) -> None:
    state.accounts["wallet:acme"].balance_micro += 1


def reopened(state: Ledger) -> None:
    state.holds["h2"].wallet_micro += 1


def borne_twice(state: Ledger) -> None:
    state.captures["x3"].wallet_micro += 1


def silent(state: Ledger) -> None:
    state.accounts["voucher_payable:天府:券-2026"].balance_micro -= 10_000
    state.accounts["income:x"] = state.accounts["bank:CNY"]


def earned_more(state: Ledger) -> None:
    state.centres["天府"].carried_micro += 1


BROKEN: list[tuple[Callable[[Ledger], None], Callable[[Ledger], v.Broken], str]] = [
    (one_sided, v.books_balance, "money CNY"),
    (moved("wallet:acme", "bank:CNY", 472_000_000), v.nothing_overdrawn, "wallet:acme"),
    (moved("bank:CNY", "wallet:acme", 1), v.payments_are_whole_fen, "bank:CNY"),
    (moved("available:g1", "budget:券-2026"), v.grants_add_up, "g1"),
    (moved("appropriation:券-2026", "expired:g1"), v.budgets_add_up, "券-2026"),
    (moved("available:g2", "held:g2"), v.holds_add_up, "held:g2"),
    (reopened, v.holds_add_up, "h2"),
    (borne_twice, v.captures_add_up, "x3"),
    (moved("spent:g1", "expired:g1"), v.captures_add_up, "g1"),
    (moved("funding:city", "funding:district"), v.captures_add_up, "city"),
    (moved("payable:天府", "wallet:acme"), v.centres_add_up, "天府"),
    (moved("wallet:acme", "disputed:天府"), v.centres_add_up, "天府"),
    (earned_more, v.centres_add_up, "天府"),
    (silent, v.reserves_tell, "voucher_payable:天府:券-2026"),
]


@pytest.mark.parametrize(("spoil", "invariant", "where"), BROKEN)
def test_a_broken_invariant_is_named(
    spoil: Callable[[Ledger], None], invariant: Callable[[Ledger], v.Broken], where: str
) -> None:
    state = story().state
    assert invariant(state) == []
    spoil(state)
    assert where in [fault.where for fault in invariant(state)]
    with pytest.raises(CorruptLog):
        v.validate(state)


def test_every_invariant_has_been_broken() -> None:
    assert {invariant for _, invariant, _ in BROKEN} == set(v.INVARIANTS)
