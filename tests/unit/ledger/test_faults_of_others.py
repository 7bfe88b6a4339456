"""Faults that users of other ledgers met, each with its report: none may happen here."""

import pytest
from tests.unit.ledger.notation import DAY, Played, naturals, play

from suanwang.ledger.apply import apply, replay
from suanwang.ledger.commands import AnyCommand, Capture, PlaceHold, Refund, Release, TopUp, Transfer
from suanwang.ledger.decide import decide, post, result
from suanwang.ledger.events import Refused, encode
from suanwang.ledger.refusals import CorruptLog, IdConflict
from suanwang.units.errors import InvalidInput
from suanwang.units.money import MICRO_PER_YUAN

OPEN = """
open_centre tianfu CNY
open_wallet acme   CNY 0
open_wallet beta   CNY 0
top_up      acme   100 slip
"""


def opened() -> Played:
    return play(OPEN)


def test_holds_are_counted_in_the_overdraft_check() -> None:
    """Blnk issue 181: the check looked at the balance and forgot what was in flight."""
    play(
        """
        place_hold h1 acme tianfu - 60
        place_hold h2 acme tianfu - 60          ! overdraft
        transfer wallet:acme wallet:beta 40.01  ! overdraft
        withdraw acme 40.01 slip                ! overdraft
        place_hold h2 acme tianfu - 40
        """,
        opened(),
    )


def test_a_refused_hold_cannot_be_captured_or_released() -> None:
    """Blnk issue 182: a rejected hold could still be committed."""
    play(
        """
        place_hold h1 acme tianfu - 100.01   ! overdraft
        capture h1 1 0 0 1 yes               ! unknown
        release h1                           ! unknown
        extend_hold h1 - 1                   ! unknown
        = wallet:acme 100
        """,
        opened(),
    )


def test_a_refund_is_not_repeated() -> None:
    """Blnk issue 152: the same refund went through again and again."""
    played = play(
        """
        place_hold h1 acme tianfu - 50
        c | capture h1 50 0 0 1 yes
        r | refund c 30 outage
        r | refund c 30 outage
        refund c 30 outage      ! exceeds_capture
        refund c 20 outage
        refund c 0.000001 more  ! exceeds_capture
        = wallet:acme 100
        = payable:tianfu 0
        """,
        opened(),
    )
    assert [event.id for event in played.events].count("r") == 1


def test_two_commits_of_one_hold_do_not_race() -> None:
    """Blnk pull request 171: both were decided on the state before either; the second must not be booked."""
    played = play("place_hold h1 acme tianfu - 50", opened())
    state = played.state
    first = Capture("a", "h1", 50 * MICRO_PER_YUAN, 0, 0, 1, True)
    second = Capture("b", "h1", 50 * MICRO_PER_YUAN, 0, 0, 1, True)
    third = Release("c", "h1")
    events = post(state, [first, second, third], 0)
    assert [isinstance(event, Refused) for event in events] == [False, True, True]
    assert naturals(state)["payable:tianfu"] == 50 * MICRO_PER_YUAN


def test_an_id_twice_in_one_batch_is_one_command() -> None:
    """Formance stack issue 1633: idempotency keys were only compared with what was already stored."""
    state = opened().state
    move = Transfer("t", "wallet:acme", "wallet:beta", 5)
    assert len(post(state, [move, move, move], 0)) == 1
    assert naturals(state)["wallet:beta"] == 5
    with pytest.raises(IdConflict):
        post(state, [Transfer("u", "wallet:acme", "wallet:beta", amount) for amount in (1, 2)], 0)
    assert naturals(state)["wallet:beta"] == 6


def test_an_id_with_another_body_is_refused_and_books_nothing() -> None:
    state = opened().state
    post(state, [Transfer("t", "wallet:acme", "wallet:beta", 5)], 0)
    before = naturals(state)
    others: list[AnyCommand] = [
        Transfer("t", "wallet:acme", "wallet:beta", 6),
        TopUp("t", "acme", 10_000, "slip"),
        Transfer("t", "wallet:beta", "wallet:acme", 5),
    ]
    for other in others:
        with pytest.raises(IdConflict, match="used for another request"):
            decide(state, other, 0)
    assert naturals(state) == before


def test_a_refusal_stays_a_refusal_for_its_id() -> None:
    """Otherwise a retry that was given up by its sender could succeed later, when there is money again."""
    played = opened()
    state = played.state
    hold = PlaceHold("p", "h", "acme", "tianfu", (), 150 * MICRO_PER_YUAN)
    (event,) = post(state, [hold], 0)
    post(state, [TopUp("more", "acme", 100 * MICRO_PER_YUAN, "slip")], DAY)
    assert decide(state, hold, DAY) == ()
    answer = result(state, "p")
    assert not answer.accepted
    assert [fault.kind for fault in answer.faults] == ["overdraft"]
    assert answer.faults[0].say("zh") == (
        "wallet:acme: 可用余额不足（冻结部分不可用）; 读到 '100.00'; 应为: 150.00; 处理: 请充值或减少金额"
    )
    (again,) = post(state, [PlaceHold("p2", "h", "acme", "tianfu", (), 150 * MICRO_PER_YUAN)], DAY)
    assert not isinstance(again, Refused)
    assert isinstance(event, Refused)


def test_several_legs_are_all_or_nothing() -> None:
    played = opened()
    before = naturals(played.state)
    play(
        """
        journal wallet:acme=101,wallet:beta=-101 too-much               ! overdraft
        place_hold h acme tianfu g1=5 10                                ! unknown
        """,
        played,
    )
    assert naturals(played.state) == before


def test_an_event_is_not_applied_twice_and_an_unbalanced_one_not_at_all() -> None:
    played = opened()
    records = [encode(event) for event in played.events]
    with pytest.raises(CorruptLog):
        replay([*records, records[-1]])
    last = records[-1].replace(b'["wallet:acme",-100000000]', b'["wallet:acme",-100000001]')
    assert last != records[-1]
    with pytest.raises(CorruptLog, match="do not balance"):
        replay([*records[:-1], last])
    ghost = records[-1].replace(b'"wallet:acme"', b'"wallet:ghost"')
    with pytest.raises(CorruptLog, match="not open"):
        replay([*records[:-1], ghost])


def test_the_clock_does_not_run_backwards() -> None:
    played = play("@ 5\ntransfer wallet:acme wallet:beta 1", opened())
    late = decide(played.state, Refund("r", "c", 1, ""), 5 * DAY)
    with pytest.raises(InvalidInput, match="backwards"):
        decide(played.state, Transfer("t", "wallet:acme", "wallet:beta", 1), 5 * DAY - 1)
    assert isinstance(late[0], Refused)
    apply(played.state, late[0])
