"""Where and when a job goes: rules, price, deadline, vouchers, pairings, priorities, fair share."""

from typing import Any

import pytest
from msgspec import structs
from tests.unit.engine.stage import EAST, HOUR, MIDNIGHT, WEST, YUAN, Stage, grant, one, outage, pool, spec

from suanwang.clearing.by_prices import Settings
from suanwang.engine import events, inputs
from suanwang.engine.clearing_request import clearing_request
from suanwang.ledger import commands as c
from suanwang.model.job import JobSpec
from suanwang.model.network import PairingRow
from suanwang.runtime.solving import plan_of
from suanwang.units.errors import InvalidInput

DAWN = MIDNIGHT + 32 * HOUR  # 8 o'clock of the second day

# what is asked for                                                           → pool, start (hour)
PLACES: list[tuple[str, JobSpec, tuple[str, float]]] = [
    ("the cheapest pool", spec(one("A100:1")), ("west-A", 10)),
    ("its class", spec(one("910B:1")), ("south-B", 10)),
    ("either class", spec(one("A100:1"), one("910B:1")), ("south-B", 10)),
    ("a shared card", spec(one("A100:0.5")), ("west-A", 10)),
    ("two nodes", spec(one("A100:8", nodes=2)), ("west-A", 10)),
    ("local: its province", spec(one("A100:1"), latency_class="local"), ("east-A", 10)),
    ("near", spec(one("A100:1"), max_rtt_us=1000), ("east-A", 10)),
    ("residency", spec(one("A100:1"), residency=("31",)), ("east-A", 10)),
    ("programme", spec(one("A100:1"), programme="voucher"), ("east-A", 10)),
    ("grade", spec(one("A100:1"), one("910B:1"), min_grade=5), ("south-B", 10)),
    ("not before noon", spec(one("A100:1"), not_before_at=MIDNIGHT + 12 * HOUR), ("west-A", 12)),
    ("a deadline, nothing to gain", spec(one("A100:1"), deadline_at=DAWN), ("west-A", 10)),
    (
        "a deadline: shifted into the cheap night",
        spec(one("A100:1"), deadline_at=DAWN, residency=("31",)),
        ("east-A", 24),
    ),
    ("no deadline: at once, dear as it is", spec(one("A100:1"), residency=("31",)), ("east-A", 10)),
    ("a deadline too near to shift", spec(one(), deadline_at=MIDNIGHT + 11 * HOUR, residency=("31",)),
     ("east-A", 10)),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "place"), [row[1:] for row in PLACES], ids=[row[0] for row in PLACES])
def test_a_job_goes_where_it_costs_least_and_may(asked: JobSpec, place: tuple[str, float]) -> None:
    stage = Stage(reserve_hours=24)
    (job,) = stage.submit(asked)
    assert stage.where(job) == place
    stage.agrees()


def test_reserved_ahead_only_as_far_as_the_terms_say() -> None:
    stage = Stage(reserve_hours=12)
    (job,) = stage.submit(spec(one(), deadline_at=DAWN, residency=("31",)))
    assert stage.states(job) == "queued", "the cheap hour is 14 hours ahead"


# why not                                                                            → rule
REFUSED: list[tuple[str, JobSpec]] = [
    ("device", spec(one("H100:1"))),
    ("size", spec(one("A100:16"))),
    ("size", spec(one("A100:8", nodes=3))),
    ("grade", spec(one("A100:1"), min_grade=4)),
    ("residency", spec(one("A100:1"), residency=("44",))),
    ("residency", spec(one("910B:1"), latency_class="local")),
    ("latency", spec(one("910B:1"), max_rtt_us=1000)),
    ("window", spec(one("A100:1", 2), deadline_at=MIDNIGHT + 11 * HOUR)),
    ("window", spec(one("A100:1", 2), not_before_at=DAWN, deadline_at=DAWN + HOUR)),
    ("horizon", spec(one("A100:1", 25))),
    ("region", spec(one("A100:1"), region="990000")),
    ("region", spec(one("A100:1"), data_region="990000")),
    ("depends", spec(depends_on=("j99",))),
    ("voucher", spec(voucher="required")),
]


@pytest.mark.parametrize(("rule", "asked"), REFUSED, ids=[row[0] for row in REFUSED])
def test_what_can_never_run_is_refused_with_the_rule_and_a_remedy(rule: str, asked: JobSpec) -> None:
    stage = Stage()
    (refused,) = (
        one for one in stage.take(inputs.SubmitJobs, "acme", (asked,)) if isinstance(one, events.JobRefused)
    )
    assert [reason.rule for reason in refused.reasons] == [rule]
    assert all(
        reason.en and reason.zh and reason.remedy_en and reason.remedy_zh for reason in refused.reasons
    )
    assert not stage.platform.state.jobs


def test_all_reasons_at_once() -> None:
    stage = Stage()
    asked = spec(one("H100:1"), depends_on=("j7",))
    (refused,) = stage.take(inputs.SubmitJobs, "nobody", (asked,))
    assert isinstance(refused, events.JobRefused)
    assert [reason.rule for reason in refused.reasons] == ["wallet", "depends", "device"]


def test_without_a_network_nothing_is_taken() -> None:
    stage = Stage(centres=())
    (refused,) = stage.take(inputs.SubmitJobs, "acme", (spec(),))
    assert isinstance(refused, events.JobRefused)
    assert refused.reasons[0].rule == "network"


MALFORMED: list[tuple[str, Any]] = [
    ("no alternative", {"shape": spec().shape.__class__((), "310000")}),
    ("nothing of a device", {"shape": spec(one("A100:0")).shape}),
    ("no time", {"shape": spec(one("A100:1", 0)).shape}),
    ("less than no data", {"shape": spec(in_nano_gb=-1).shape}),
    ("an array of none", {"array": 0}),
    ("a price below zero", {"max_price_micro": -1}),
    ("a content that is no digest", {"content": "x"}),
    ("a name of two lines", {"name": "a\nb"}),
    ("a time before all time", {"not_before_at": -1}),
]


@pytest.mark.parametrize("fields", [row[1] for row in MALFORMED], ids=[row[0] for row in MALFORMED])
def test_a_malformed_job_raises_and_leaves_no_trace(fields: dict[str, Any]) -> None:
    stage = Stage()
    with pytest.raises(InvalidInput):
        stage.submit(spec(**fields))
    assert not stage.platform.state.job_count


def test_max_price_looks_further_and_waits_where_all_is_too_dear() -> None:
    stage = Stage()
    cheap, dear = stage.submit(spec(max_price_micro=7 * YUAN), spec(max_price_micro=6 * YUAN))
    assert stage.where(cheap) == ("west-A", 10)
    assert stage.attempt_of(cheap).figures.charge_micro == 6_400_000
    assert stage.states(dear) == "queued"


def test_a_full_pool_sends_the_next_job_to_the_next_best() -> None:
    stage = Stage()
    jobs = stage.submit(*[spec(one("A100:8"))] * 4)
    assert [stage.where(job) for job in jobs] == [
        ("west-A", 10), ("west-A", 10), ("east-A", 10), ("west-A", 11),
    ]  # fmt: skip
    stage.run(jobs[2], 30)
    assert stage.where(jobs[3]) == ("west-A", 11), "to the dearer east it may not move"
    stage.run(jobs[0], 1)
    assert stage.where(jobs[3]) == ("west-A", (stage.at - MIDNIGHT) / HOUR)
    assert stage.states(jobs[3]) == "active/dispatched"
    stage.agrees()


def test_the_earliest_hour_not_the_cheapest_without_a_deadline() -> None:
    stage = Stage(centres=("east",), reserve_hours=24)
    jobs = stage.submit(*[spec(one("A100:8"))] * 3)
    assert [stage.where(job)[1] for job in jobs] == [10, 11, 12]


def test_a_gang_that_ends_makes_room_for_as_many_as_fit() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    (gang,) = stage.submit(spec(one("A100:8")))
    small = stage.submit(*[spec(one("A100:1"))] * 9)
    stage.run(gang, 10)
    assert [stage.job(job).state for job in small] == ["active"] * 8 + ["queued"]


def test_a_head_that_does_not_fit_keeps_nobody_behind_it() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    first, second = stage.submit(spec(one("A100:4")), spec(one("A100:4")))
    big, small = stage.submit(spec(one("A100:8")), spec(one("A100:1")))
    stage.run(first, 5)
    assert stage.states(second, big, small) == "active/dispatched queued active/dispatched"


def test_higher_priority_goes_first_then_who_has_used_less() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    (gang,) = stage.submit(spec(one("A100:8")))
    low, high = stage.submit(spec(one("A100:8")), spec(one("A100:8"), priority=5))
    (other,) = stage.submit(spec(one("A100:8")), by="bolt")
    stage.run(gang, 10)
    assert stage.states(low, high, other) == "queued active/dispatched queued"
    stage.run(high, 10)
    assert stage.states(low, other) == "queued active/dispatched", "bolt has used nothing"
    stage.run(other, 10)
    assert stage.states(low) == "active/dispatched"


def test_a_weight_makes_use_count_less() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    stage.take(inputs.SetQuota, "acme", "", None, None, 1000)
    first, second = stage.submit(spec(one("A100:8")), spec(one("A100:8")))
    (other,) = stage.submit(spec(one("A100:8")), by="bolt")
    stage.run(first, 10)
    assert stage.states(second, other) == "queued active/dispatched"
    stage.run(other, 10)
    assert stage.states(second) == "active/dispatched"


# voucher, max: who pays
@pytest.mark.parametrize(
    ("voucher", "place", "grant_micro"),
    [("auto", "west-A", 0), ("required", "east-A", 10_800_000), ("none", "west-A", 0)],
)
def test_vouchers(voucher: Any, place: str, grant_micro: int) -> None:
    stage = Stage()
    grant(stage, "acme", 100)
    (job,) = stage.submit(spec(voucher=voucher))
    assert stage.where(job)[0] == place
    assert stage.balance("held:g1") == grant_micro
    stage.run(job, 30)
    assert stage.balance("spent:g1") == grant_micro // 2
    assert stage.balance("held:g1") == 0
    stage.agrees()


def test_an_empty_wallet_goes_where_the_voucher_pays_all() -> None:
    """West is cheapest and takes no voucher, east takes it; nobody waits for money that is not needed."""
    stage = Stage(wallets={"acme": 0})
    grant(stage, "acme", 30)
    first, second, third = (*stage.submit(spec()), *stage.submit(spec()), *stage.submit(spec()))
    assert [stage.where(name)[0] for name in (first, second)] == ["east-A", "east-A"]
    assert stage.states(third) == "held", "30 yuan pay two jobs of 10.80"
    assert stage.platform.state.held[third].reason.rule == "budget"
    stage.book(c.TopUp("more", "acme", 7 * YUAN, "more"))
    assert stage.where(third)[0] == "west-A", "the wallet pays there"
    stage.agrees()


def test_a_voucher_that_is_used_up_holds_the_job_until_there_is_another() -> None:
    stage = Stage()
    grant(stage, "acme", 10)
    first, second = stage.submit(spec(voucher="required"), spec(voucher="required"))
    assert stage.states(first, second) == "active/dispatched held", "10 yuan of the grant, 0.80 of the wallet"
    assert stage.platform.state.held[second].reason.rule == "voucher"
    stage.book(c.IssueGrant("g2", "g2", "voucher", "acme", 10 * YUAN, stage.at, stage.at + HOUR))
    assert stage.states(second) == "active/dispatched"


PAIRED = PairingRow(
    from_region="31", to_hub="yangtze", discount_bp=5000, quota_device_hours=10, from_slot=0, to_slot=48
)


def test_a_pairing_lowers_the_charge_and_draws_work_while_its_quota_lasts() -> None:
    stage = Stage(pairings=(PAIRED,))
    first, second = stage.submit(spec(one("A100:8")), spec(one("A100:8", 0.5)))
    assert stage.where(first)[0] == "east-A", "half of 10 yuan is less than 6"
    assert stage.attempt_of(first).figures.charge_micro == 8 * (5_000_000 + 800_000)
    assert stage.where(second)[0] == "west-A", "8 of 10 device-hours are taken"
    assert stage.platform.state.pairings[0].taken_milli_s == 8_000 * 3600
    stage.run(first, 15)
    assert stage.platform.state.pairings[0].taken_milli_s == 8_000 * 900, "what was not used is given back"
    (third,) = stage.submit(spec(one("A100:8")))
    assert stage.where(third)[0] == "east-A"
    stage.agrees()


def test_a_city_and_its_province_may_pair_at_one_discount_each_with_its_own_quota() -> None:
    province = structs.replace(PAIRED, from_region="3", quota_device_hours=20)
    stage = Stage(pairings=(PAIRED, province))
    first, second = stage.submit(spec(one("A100:4", 2)), spec(one("A100:4", 2)))
    taken = [pairing.taken_milli_s // 3_600_000 for pairing in stage.platform.state.pairings]
    assert taken == [8, 8], "the first has two left, so the second pays"
    assert [stage.attempt_of(job).figures.discount_bp for job in (first, second)] == [5000, 5000]
    stage.begin(first)
    stage.take(inputs.ExtendJob, first, 900)
    assert stage.platform.state.pairings[0].taken_milli_s == 4_000 * 8100
    stage.run(second, 15)
    assert stage.platform.state.pairings[1].taken_milli_s == 4_000 * 900, "given back where it was taken"
    stage.agrees()


def test_an_outage_sends_later_reservations_back() -> None:
    stage = Stage(centres=("east",), reserve_hours=24)
    jobs = stage.submit(*[spec(one("A100:8"))] * 3)
    outage(stage, "east-A", 11, 13, "4")
    assert stage.states(*jobs) == "active/dispatched active/reserved active/reserved"
    assert [stage.where(job)[1] for job in jobs] == [10, 13, 14]
    assert stage.job(jobs[1]).why == ""
    stage.agrees()


def test_a_withdrawn_centre_takes_nothing_new_and_runs_on() -> None:
    stage = Stage(reserve_hours=24)
    running, reserved = stage.submit(
        spec(one("A100:8", nodes=2)), spec(one("A100:8", nodes=2), deadline_at=DAWN)
    )
    assert stage.where(reserved)[0] == "west-A"
    stage.take(inputs.WithdrawCentre, "west")
    assert stage.states(running, reserved) == "active/dispatched queued"
    stage.run(running, 30)
    (elsewhere,) = stage.submit(spec())
    assert stage.where(elsewhere)[0] == "east-A"
    stage.take(inputs.EnrolCentre, *WEST)
    assert stage.where(reserved)[0] == "west-A"
    stage.agrees()


def test_a_slot_begins_and_the_horizon_rolls() -> None:
    stage = Stage(reserve_hours=24)
    for day in range(5):
        (job,) = stage.submit(spec(deadline_at=stage.at + 20 * HOUR, residency=("31",)))
        stage.until(24 * day + 33)
        assert stage.job(job).state in ("active", "expired")
        if stage.job(job).state == "active":
            stage.end(job)
    stage.agrees()


def test_a_long_gap_of_time_is_no_harm() -> None:
    stage = Stage()
    stage.submit(spec(), spec(deadline_at=DAWN))
    stage.at += 400 * HOUR
    stage.take(inputs.Tick)
    (job,) = stage.submit(spec())
    assert stage.states(job) == "active/dispatched"
    stage.agrees()


def test_no_room_is_made_for_an_alternative_longer_than_the_arrays_reach() -> None:
    stage = Stage(("west",), start_hour=30, horizon_hours=24)
    (low,) = stage.submit(spec(one("A100:8", 2, nodes=2), preemptible=True))
    stage.begin(low)
    long = spec(one("A100:8", 1, nodes=2), one("A100:8", 60, nodes=2), priority=5)
    (high,) = stage.submit(long)
    assert stage.platform.state.rooms[high].to_slot == 32, "room for the short way to run"
    stage.agrees()


# who waits for the night because the day is taken                  → starts when the day is free
WAITERS: list[tuple[str, dict[str, Any], int, float]] = [
    ("no deadline: now, and holds what now costs", {}, YUAN, 10.5),
    ("a deadline gave leave to shift", {"deadline_at": DAWN}, YUAN, 24),
    ("dearer than its highest price", {"max_price_micro": 10_400_000}, YUAN, 24),
    ("more than its wallet has", {}, YUAN // 2, 24),
]  # fmt: skip


@pytest.mark.parametrize(
    ("fields", "extra_micro", "hour"), [row[1:] for row in WAITERS], ids=[row[0] for row in WAITERS]
)
def test_a_reservation_comes_forward_into_dearer_hours(
    fields: dict[str, Any], extra_micro: int, hour: float
) -> None:
    stage = Stage(["east"], reserve_hours=24, wallets={"acme": 100_000, "bolt": 10})
    stage.book(c.TopUp("more", "bolt", extra_micro, "wire"))
    (first,) = stage.submit(spec(one("A100:8", hours=14)))
    (second,) = stage.submit(spec(one(), **fields), by="bolt")
    assert stage.where(second) == ("east-A", 24)
    stage.run(first, 30)
    assert stage.where(second) == ("east-A", hour)
    held = stage.platform.state.vouchers.ledger.holds[stage.attempt(second)].placed_micro
    assert held == stage.attempt_of(second).figures.charge_micro == (10_800_000 if hour < 24 else 10_300_000)
    stage.agrees()


def test_prices_of_a_burst_end_with_the_next_clearing_though_nobody_waits() -> None:
    stage = Stage(reserve_hours=24)
    (job,) = stage.submit(spec(not_before_at=MIDNIGHT + 19 * HOUR))
    stage.until(11)
    stage.take(inputs.TakePlan, 1, 0, (), (inputs.PoolPrices("west-A", (50_000_000,) * 24),), 0, 0)
    stage.take(inputs.CancelJob, job)
    assert stage.platform.state.prices and not stage.platform.has_work()
    asked = stage.until(12)
    assert [type(event) for event in asked] == [events.ClearingAsked]
    stage.raw(plan_of(clearing_request(stage.platform), Settings(), "plan"))
    assert not stage.platform.state.prices
    assert not stage.until(13)
    stage.agrees()


def test_what_the_rules_say_of_a_shape_holds_while_the_network_does() -> None:
    stage = Stage(centres=("east",))
    large = spec(one("A100:8", nodes=2))
    (refused,) = stage.submit(large)
    said = stage.platform.ground.rules
    assert refused not in stage.platform.state.jobs and large.shape in said
    before = stage.platform.ground
    stage.until(40)
    assert stage.platform.ground is not before and stage.platform.ground.rules is said, "time has gone on"
    (refused,) = stage.submit(large)
    assert refused not in stage.platform.state.jobs
    stage.take(inputs.EnrolCentre, EAST[0], (pool("east-A", "east", "A100", "16", 10),))
    (admitted,) = stage.submit(large)
    assert stage.where(admitted) == ("east-A", 40)
