"""What a firm had, summed so that an event stays small, counts the same against every cap."""

from datetime import date, timedelta

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.engine.network import TODAY, VOUCHER

from suanwang.engine.position import merged
from suanwang.model.programme import Caps, Period
from suanwang.policy.amount import received
from suanwang.policy.decision import Paid, Position
from suanwang.policy.rules import Rules

HAD = st.builds(
    Paid,
    st.integers(-40, 1_500).map(lambda days: TODAY - timedelta(days=days)),
    st.integers(0, 10**9),
    st.sampled_from(["", "k1", "k2"]),
)


def under(period: Period) -> Rules:
    return Rules(msgspec.structs.replace(VOUCHER.programme, caps=Caps(period=period)), "")


PERIODS: tuple[Period, ...] = ("calendar_year", "rolling_year", "once")
RULES = {period: under(period) for period in PERIODS}


@settings(max_examples=200)
@given(st.lists(HAD, max_size=60), st.sampled_from(["", "k1"]))
def test_every_cap_and_every_contract_comes_out_the_same(had: list[Paid], contract: str) -> None:
    whole, short = Position(tuple(had)), Position(merged(had, contract, TODAY))
    for rules in RULES.values():
        assert received(rules, short, TODAY) == received(rules, whole, TODAY)
    assert sum(one.amount_micro for one in short.paid) == sum(one.amount_micro for one in had)
    if contract:
        assert any(p.contract == contract for p in short.paid) == any(p.contract == contract for p in had)


def test_ten_years_of_daily_grants_stay_well_within_an_event() -> None:
    had = [Paid(TODAY - timedelta(days=days), 10**9, f"contract-{days}") for days in range(3_650)] * 3
    short = merged(had, "contract-17", TODAY)
    assert len(msgspec.json.encode(short)) < 40_000
    assert {one.day for one in short if one.day < date(2025, 1, 1)} == {
        date(year, 1, 1) for year in range(2016, 2025)
    }
