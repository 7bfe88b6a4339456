"""Malformed commands: every fault at once, with its place; nothing is recorded."""

import json
import random  # noqa: TID251 (always seeded)

import pytest
from tests.unit.ledger.walk import KINDS, OPENING, Walk

from suanwang.ledger import commands as c
from suanwang.ledger.decide import decide, post
from suanwang.ledger.shape import read_command
from suanwang.ledger.state import empty_ledger
from suanwang.units.errors import InvalidInput

BAD: list[tuple[c.AnyCommand, list[str]]] = [
    (c.OpenWallet("", "a b", "yuan", -1), ["id", "enterprise", "currency", "credit_limit_micro"]),
    (c.TopUp("t", "acme", 0, "x" * 201), ["amount_micro", "reference"]),
    (c.TopUp("t", "acme", 10**18 + 1, "line\nbreak"), ["amount_micro", "reference"]),
    (c.TopUp("t", "acme", True, ""), ["amount_micro"]),
    (c.Transfer("t", "wallet", "no:such:account:name", -5), ["debit", "credit", "amount_micro"]),
    (c.Journal("j", (c.Leg("wallet:a", 0),), ""), ["legs[0].amount_micro"]),
    (c.Journal("j", (c.Leg("wallet:a", 5),), ""), ["legs"]),
    (
        c.PlaceHold("p", "h", "a", "k", (c.Draw("g", 0), c.Draw("", 5)), 0),
        ["draws[0].amount_micro", "draws[1].grant"],
    ),
    (c.PlaceHold("p", "h", "a", "k", (c.Draw("g", 1), c.Draw("g", 5)), 0), ["draws"]),
    (c.PlaceHold("p", "h", "a", "k", (), 0), ["wallet_micro"]),
    (c.Capture("x", "h", 0, 0, 0, 0, False), ["compute_micro"]),
    (c.IssueGrant("i", "g", "p", "e", 5, 7, 7), ["expires_at"]),
    (c.OpenProgramme("o", "p", (), 0, 0), ["funds"]),
    (
        c.OpenProgramme("o", "p", (c.FundWeight("f", 1), c.FundWeight("f", 1)), 5, 6),
        ["funds", "reserve_floor_micro"],
    ),
    (c.Settle("s", "k", "m", 5, 5), ["to_at"]),
    (
        c.Reconcile("r", "k", "m", 5, 6, (c.ClaimLine("h", 1, 1), c.ClaimLine("h", 1, 1)), 10_001),
        ["tolerance_bp"],
    ),
    (c.Reconcile("r", "k", "m", 5, 6, (c.ClaimLine("h", 1, 1), c.ClaimLine("h", 1, 1)), 10_000), ["lines"]),
    (c.Appropriate("a", "p", 0), ["amount_micro"]),
]


@pytest.mark.parametrize(("command", "places"), BAD)
def test_every_fault_of_a_command_is_named_at_once(command: c.AnyCommand, places: list[str]) -> None:
    state = empty_ledger()
    with pytest.raises(InvalidInput) as caught:
        decide(state, command, 0)
    named = [
        fault.where.split(f"{command.id} ")[-1].split(f"{command.id}.")[-1] for fault in caught.value.faults
    ]
    assert [name.lstrip(". ") for name in named] == places
    assert all(fault.expected.en and fault.expected.zh for fault in caught.value.faults)
    assert state == empty_ledger()


def test_a_file_line_with_many_faults_names_them_all() -> None:
    line = {"do": "top_up", "id": 5, "enterprise": "acme", "amount_micro": "1.5", "colour": "red"}
    with pytest.raises(InvalidInput) as caught:
        read_command(json.dumps(line).encode(), "commands.jsonl:7")
    assert {fault.where for fault in caught.value.faults} == {
        "commands.jsonl:7.colour",
        "commands.jsonl:7.id",
        "commands.jsonl:7.amount_micro",
        "commands.jsonl:7.reference",
    }


@pytest.mark.parametrize("line", [b"", b"[]", b'{"do": "steal"}', b"{", b'"top_up"', b"\xff"])
def test_what_is_no_command_is_said_to_be_none(line: bytes) -> None:
    with pytest.raises(InvalidInput, match=r"no such command|not JSON"):
        read_command(line, "1")


def test_amounts_are_never_floats() -> None:
    line = b'{"do":"top_up","id":"t","enterprise":"acme","amount_micro":10000.5,"reference":""}'
    with pytest.raises(InvalidInput, match="amount_micro"):
        read_command(line, "1")


def test_every_command_reads_back_from_its_own_bytes() -> None:
    chance = random.Random(1)
    walk = Walk(chance.choice, chance.randint)
    state = empty_ledger()
    post(state, OPENING, 0)
    seen: set[str] = set()
    for _ in range(500):
        command = walk.command(chance.choice(KINDS), state, state.at)
        post(state, [command], state.at)
        assert read_command(c.encode_command(command), "1") == command
        seen.add(type(command).__name__)
    assert seen == set(KINDS)
