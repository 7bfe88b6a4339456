"""The voucher events as bytes: replay, versions that never change, no floats, faults of a broken log."""

import json
import os
from pathlib import Path

import msgspec.inspect as shapes
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine.network import DAY, FIRMS, TODAY, YUAN, Town, claim_papers, papers

from suanwang.engine.booking import BooksRefuse
from suanwang.engine.voucher_apply import read_records, replay
from suanwang.engine.voucher_events import VOUCHER_TAGS, AnyVoucherEvent, VoucherEvent, decode, encode
from suanwang.engine.voucher_inputs import (
    AnyVoucherInput,
    ApplyGrant,
    CheckClaim,
    ClawBackClaim,
    CorrectClaim,
    FileClaim,
    PayClaim,
    PromoteGrants,
    ReviewGrant,
    WithdrawGrant,
)
from suanwang.ledger import commands as c
from suanwang.ledger.apply import replay as replay_ledger
from suanwang.ledger.events import EVENT_TAGS
from suanwang.ledger.refusals import CorruptLog, IdConflict
from suanwang.policy.claim_route import Approved, ClaimPaid
from suanwang.policy.voucher_route import Granted, Waiting
from suanwang.units.errors import InvalidInput

GOLDEN = Path(__file__).parent / "golden" / "vouchers-1.jsonl"


def everything() -> Town:
    """A town in which each kind of event happened."""
    town = Town(budget_yuan=450)
    town.granted("g1", 0, 1_000)
    town.granted("g2", 1, 1_000)
    town.granted("g3", 2, 100)
    town.ask(WithdrawGrant("x3", "g3"))
    town.post(c.Appropriate("more", "voucher", 200 * YUAN))
    town.ask(PromoteGrants("p2", "voucher"))
    flagged = papers(2, 100, flagged=True)
    town.ask(ApplyGrant("a4", "g4", "voucher", flagged, TODAY))
    town.ask(ReviewGrant("r4", "g4", flagged))
    short = claim_papers("c1", 0, 1_000, "k1", "i1", evidence=False)
    full = claim_papers("c1", 0, 1_000, "k1", "i1")
    town.ask(FileClaim("f1", short))
    town.ask(CheckClaim("k1", "c1", short))
    town.ask(CorrectClaim("f2", full))
    town.ask(CheckClaim("k2", "c1", full))
    town.ask(PayClaim("wire1", "c1", 200 * YUAN, "wire"))
    town.ask(ClawBackClaim("b1", "c1", 50 * YUAN, "delivered less"))
    return town


def test_the_log_of_version_1_replays_and_todays_code_still_writes_it() -> None:
    lines = [encode(event) for event in everything().log]
    if os.environ.get("SUANWANG_GOLDEN") == "write" and not GOLDEN.exists():
        GOLDEN.write_bytes(b"".join(line + b"\n" for line in lines))
    golden = GOLDEN.read_bytes().splitlines()
    assert [encode(decode(line)) for line in golden] == golden
    assert {json.loads(line)["event"] for line in golden} >= VOUCHER_TAGS
    assert replay(golden) == everything().state
    assert lines == golden


def test_the_ledger_reads_the_same_log_and_passes_over_what_is_not_its_own() -> None:
    town = everything()
    assert replay_ledger(encode(event) for event in town.log) == town.state.ledger
    assert not VOUCHER_TAGS & EVENT_TAGS


def kinds(shape: shapes.Type) -> set[type]:
    """Every type that a shape can hold."""
    found = {type(shape)}
    if isinstance(shape, shapes.StructType):
        parts = [field.type for field in shape.fields]
    elif isinstance(shape, shapes.UnionType):
        parts = list(shape.types)
    else:
        parts = [shape.item_type] if isinstance(shape, shapes.VarTupleType) else []
    for part in parts:
        found |= kinds(part)
    return found


@pytest.mark.parametrize("event", AnyVoucherEvent.__args__)
def test_no_event_can_hold_a_float(event: type[VoucherEvent]) -> None:
    assert not {shapes.FloatType, shapes.AnyType, shapes.DictType} & kinds(shapes.type_info(event))
    assert str(event.__struct_config__.tag).rsplit(".", 1)[1].isdigit()


def test_a_broken_log_is_told_at_its_first_record() -> None:
    town = everything()
    records = [encode(event) for event in town.log]
    reviewed = next(record for record in records if b"grant_reviewed.1" in record)
    with pytest.raises(CorruptLog, match="not there"):
        replay([reviewed])
    with pytest.raises(CorruptLog, match="two bodies"):
        applied = next(record for record in records if b"grant_applied.1" in record)
        replay([applied, applied.replace(b'"digest":"', b'"digest":"0')])
    for bad in (b"{", b'{"event":"grant_applied.1"}', b"{}"):
        with pytest.raises(CorruptLog):
            list(read_records([bad]))
    assert list(read_records([b'{"event":"job_placed.1","x":1}'])) == []


STEPS = st.lists(
    st.tuples(
        st.sampled_from(
            ["apply", "review", "promote", "withdraw", "file", "check", "pay", "claw", "fund", "later"]
        ),
        st.integers(0, 5),
        st.integers(0, 2),
        st.integers(1, 4_000),
    ),
    max_size=40,
)


def request_of(kind: str, turn: int, name: int, who: int, yuan: int) -> AnyVoucherInput | None:
    """A request that may or may not make sense: names and firms are few, so that they meet."""
    dossier = claim_papers(f"c{name}", who, 1_000 + name, f"k{name}", f"i{name}", evidence=yuan % 3 > 0)
    match kind:
        case "apply":
            return ApplyGrant(
                f"{turn}", f"g{name}", "voucher", papers(who, yuan, flagged=yuan % 7 == 0), TODAY
            )
        case "review":
            return ReviewGrant(f"{turn}", f"g{name}", papers(who, yuan))
        case "promote":
            return PromoteGrants(f"{turn}", "voucher")
        case "withdraw":
            return WithdrawGrant(f"{turn}", f"g{name}")
        case "file":
            return FileClaim(f"{turn % 5}/f", dossier)
        case "check":
            return CheckClaim(f"{turn}", f"c{name}", dossier)
        case "pay":
            return PayClaim(f"{turn}", f"c{name}", yuan % 300 * YUAN, "wire")
        case "claw":
            return ClawBackClaim(f"{turn}", f"c{name}", yuan % 300 * YUAN, "less")
        case _:
            return None


@settings(max_examples=60)
@given(STEPS)
def test_whatever_is_asked_the_books_agree_with_the_routes(steps: list[tuple[str, int, int, int]]) -> None:
    town = Town(budget_yuan=600)
    for turn, (kind, name, who, yuan) in enumerate(steps):
        if kind == "fund":
            town.post(c.Appropriate(f"more{turn}", "voucher", yuan * YUAN))
        elif kind == "later":
            town.at += yuan % 50 * DAY // 10
        request = request_of(kind, turn, name, who, yuan)
        if request is not None:
            try:
                town.ask(request)
            except (InvalidInput, BooksRefuse, IdConflict):
                continue
    town.replays()
    ledger = town.state.ledger
    expected = {
        name: file.state.amount_micro
        for files in (town.state.applications, town.state.claims)
        for name, file in files.items()
        if isinstance(file.state, Granted | Approved | ClaimPaid)
    }
    # invariant: exactly what was granted or approved was issued, to the micro-yuan
    assert {name: grant.issued_micro for name, grant in ledger.grants.items()} == expected
    for name, file in town.state.claims.items():
        if isinstance(file.state, ClaimPaid):
            assert town.balance(f"spent:{name}") == file.state.amount_micro - file.state.clawed_back_micro
    for enterprise in FIRMS:
        # invariant: granted and waiting together never pass the firm's cap
        had = sum(
            file.state.amount_micro
            for file in town.state.applications.values()
            if isinstance(file.state, Granted | Waiting) and file.applied.enterprise == enterprise
        )
        assert had <= 500 * YUAN
    assert sum(town.state.used_of_pool.values()) == sum(expected.values())
