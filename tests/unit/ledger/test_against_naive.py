"""The ledger against the naive one: a Hypothesis state machine, and a million random operations."""

import random  # noqa: TID251 (always seeded)
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule
from tests.unit.ledger.naive import Naive
from tests.unit.ledger.notation import naturals
from tests.unit.ledger.walk import DAY, KINDS, OPENING, Walk

from suanwang.ledger.apply import apply, replay
from suanwang.ledger.decide import decide, result
from suanwang.ledger.events import encode
from suanwang.ledger.state import empty_ledger
from suanwang.ledger.validate import validate


class LedgerMachine(RuleBasedStateMachine):
    """Any command in any order: the same answer and the same balances as the naive ledger, all invariants."""

    def __init__(self) -> None:
        super().__init__()
        self.state, self.naive, self.at = empty_ledger(), Naive(), 0
        self.records: list[bytes] = []
        self.walk = Walk(lambda names: names[0], lambda least, most: least)
        self.last: Any = None

    @initialize()
    def open_all(self) -> None:
        for command in OPENING:
            self.post(command)

    def post(self, command: Any) -> None:
        (event,) = decide(self.state, command, self.at)
        apply(self.state, event)
        self.records.append(encode(event))
        accepted = result(self.state, command.id).accepted
        assert self.naive.do(command, self.at) == accepted, (command, event)
        assert naturals(self.state) == self.naive.balances(), (command, event)
        validate(self.state)
        self.last = command

    @rule(data=st.data(), kind=st.sampled_from(KINDS))
    def any_command(self, data: st.DataObject, kind: str) -> None:
        self.walk.choose = lambda names: data.draw(st.sampled_from(list(names)))
        self.walk.number = lambda least, most: data.draw(st.integers(least, most))
        self.post(self.walk.command(kind, self.state, self.at))

    @rule(data=st.data())
    def a_likely_spending(self, data: st.DataObject) -> None:
        """Budget, grant, hold and capture in one go, so that short runs reach the interesting states."""
        self.walk.choose = lambda names: data.draw(st.sampled_from(list(names)))
        self.walk.number = lambda least, most: data.draw(st.integers(least, most))
        for kind in ("Appropriate", "PayIn", "IssueGrant", "TopUp", "PlaceHold", "Capture"):
            self.post(self.walk.command(kind, self.state, self.at))

    @rule(days=st.integers(1, 15))
    def time_passes(self, days: int) -> None:
        self.at += days * DAY

    @precondition(lambda self: self.last is not None)
    @rule()
    def the_same_again(self) -> None:
        assert decide(self.state, self.last, self.at) == ()

    def teardown(self) -> None:
        assert replay(self.records) == self.state


LedgerMachine.TestCase.settings = settings(max_examples=40, stateful_step_count=40)
TestLedgerMachine = LedgerMachine.TestCase


def walk(operations: int, seed: int, check_every: int, naive: Naive | None) -> set[str]:
    """`operations` random commands, with the naive ledger beside them or alone; the kinds that were done."""
    chance = random.Random(seed)
    steps = Walk(chance.choice, chance.randint)
    state, at = empty_ledger(), 0
    records: list[bytes] = []
    done: set[str] = set()
    for number in range(operations):
        if number < len(OPENING):
            command = OPENING[number]
        else:
            at += chance.randint(0, DAY) if chance.random() < 0.1 else 0
            command = steps.command(chance.choice(KINDS), state, at)
        (event,) = decide(state, command, at)
        apply(state, event)
        records.append(encode(event))
        if result(state, command.id).accepted:
            done.add(type(command).__name__)
        if naive is not None:
            accepted = naive.do(command, at)
            assert accepted == result(state, command.id).accepted, (number, command, event)
        if number % check_every == 0 or number == operations - 1:
            assert naive is None or naturals(state) == naive.balances(), (number, command)
            validate(state)
    assert replay(records) == state
    return done


def test_random_walks_agree_with_the_naive_ledger() -> None:
    done = set().union(*(walk(2_000, seed, 50, Naive()) for seed in range(5)))
    assert not set(KINDS) - done, "a kind of command that never succeeds tests nothing"


@pytest.mark.soak
def test_half_a_million_random_operations_beside_the_naive_ledger() -> None:
    for seed in range(100, 350):
        walk(2_000, seed, 200, Naive())


@pytest.mark.soak
def test_a_million_random_operations_on_one_ledger() -> None:
    assert not set(KINDS) - walk(1_000_000, 2026, 50_000, None)
