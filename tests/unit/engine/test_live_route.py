"""The route of a job: held, reserved, sent out, run, metered, paid, lost, stopped, prolonged, passed over."""

from fractions import Fraction
from typing import Any

import pytest
from tests.unit.engine.stage import HOUR, MIDNIGHT, MINUTE, SECOND, YUAN, Stage, one, spec

from suanwang.engine import events, inputs
from suanwang.engine.reporting import StaleSession
from suanwang.ledger import commands as c
from suanwang.model.facts import Ended, Erased, Paused, Progressed, Resumed, Saved, Started, Used
from suanwang.model.network import PairingRow
from suanwang.model.orders import Launch, Pause, Prolong, Resume, Stop
from suanwang.units.errors import InvalidInput

TEN = MIDNIGHT + 10 * HOUR
PAIRED = PairingRow(
    from_region="31", to_hub="yangtze", discount_bp=5000, quota_device_hours=10, from_slot=0, to_slot=48
)
DIGEST = "ab" * 32


def half_even(value: Fraction) -> int:
    """Rounded half to even: what Python's round does with a fraction."""
    return round(value)


# start (minute of the day), minutes used, devices, discount → compute, energy: by the tariff, reckoned anew
USES = [(600, 60, 1), (615, 45, 1), (615, 46, 1), (659, 1, 8), (659, 119, 3), (475, 30, 2), (475.5, 7, 1)]


@pytest.mark.parametrize(("start", "minutes", "devices"), USES)
def test_the_charge_is_that_of_each_slot_to_the_micro_yuan(start: float, minutes: int, devices: int) -> None:
    stage = Stage(centres=("east",), start_hour=start / 60)
    (job,) = stage.submit(spec(one(f"A100:{devices}", 2)))
    assert stage.where(job) == ("east-A", start / 60)
    stage.run(job, minutes)
    tariff = [300_000] * 8 + [800_000] * 16
    energy = Fraction(0)
    for second in range(round(start * 60), round(start * 60) + minutes * 60):
        energy += Fraction(tariff[second // 3600] * devices, 3600)
    compute = Fraction(10_000_000 * devices * minutes * 60, 3600)
    assert stage.captured(job) == (half_even(compute), half_even(energy), 0)
    held = 10_000_000 * devices * 2
    assert stage.balance("wallet_held:acme") == 0
    assert (
        stage.balance("payable:east")
        == half_even(compute) + half_even(energy)
        <= held + 2 * 800_000 * devices
    )
    stage.agrees()


def test_data_is_charged_once_it_runs() -> None:
    stage = Stage(centres=("west",), data_cost=1_000_000)
    (job,) = stage.submit(spec(in_nano_gb=10 * 10**9))
    data = stage.attempt_of(job).figures.data_micro
    assert data > 10 * YUAN, "10 GB over more than 1000 km at 1 yuan"
    stage.begin(job)
    stage.end(job, "failure")
    assert stage.captured(job) == (0, 0, data)


def test_a_job_that_never_ran_pays_nothing() -> None:
    stage = Stage(data_cost=1_000_000)
    (job,) = stage.submit(spec(in_nano_gb=10**9))
    stage.end(job, "failure", "start_failed")
    assert stage.balance("wallet:acme") + stage.balance("wallet_held:acme") == 100_000 * YUAN
    assert stage.balance("payable:east") == 0


def test_launch_has_all_that_the_agent_needs() -> None:
    stage = Stage(centres=("east",))
    (job,) = stage.submit(
        spec(one("A100:2", 1.5), content=DIGEST, cpus=8, memory_mb=9, checkpoint=True, array=1)
    )
    (launch,) = stage.orders("east")
    assert isinstance(launch, Launch)
    assert (launch.attempt, launch.pool, launch.limit_s, launch.content) == (
        f"{job}.1",
        "east-A",
        5400,
        DIGEST,
    )
    assert (launch.start_at, launch.end_at) == (TEN, TEN + 2 * HOUR)
    assert (launch.resources.units_milli, launch.cpus, launch.memory_mb, launch.saves_checkpoint) == (
        2000,
        8,
        9,
        True,
    )


def test_facts_doubled_late_and_out_of_order_count_once() -> None:
    stage = Stage(centres=("east",))
    (job,) = stage.submit(spec(one("A100:1", 1)))
    name = stage.attempt(job)
    stage.after(60)
    first = Used(name, "m", TEN, TEN + 20 * MINUTE, 1000, 100)
    second = Used(name, "m", TEN + 20 * MINUTE, TEN + 40 * MINUTE, 1000, 100)
    over = Used(name, "m", TEN + 10 * MINUTE, TEN + 50 * MINUTE, 1000, 200)
    stage.tell(first, first, second, first, over, Started(name, TEN), Started(name, TEN))
    assert stage.attempt_of(job).used_us == [50 * MINUTE * 1000]
    assert stage.attempt_of(job).energy_wh == 250
    end = Ended(name, TEN + 50 * MINUTE, "success", "exit", 0)
    stage.tell(end)
    assert not stage.tell(end, first, Started(name, TEN)), "what is known leaves no trace"
    late = Used(name, "m", TEN + 50 * MINUTE, TEN + 60 * MINUTE, 1000)
    (fenced,) = stage.tell(late, late)
    assert isinstance(fenced, events.FactFenced)
    assert stage.captured(job) == (
        half_even(Fraction(10_000_000 * 50, 60)),
        half_even(Fraction(800_000 * 50, 60)),
        0,
    )
    stage.tell(Erased(name, stage.at, 3, 4096))
    assert stage.attempt_of(job).erased_at == stage.at
    stage.agrees()


HOSTILE: list[tuple[str, tuple[Any, ...], int]] = [
    ("more devices than reserved", (("m", 0, 30, 9000),), 30),
    ("two meters of all devices", (("m", 0, 30, 1000), ("n", 0, 30, 1000)), 60),
    ("many meters", tuple((f"m{n}", 0, 60, 1000) for n in range(9)), 60),
    ("past its limit", (("m", 0, 110, 1000),), 60),
    ("before it was there", (("m", -300, 30, 1000),), 30),
    ("from the time to come", (("m", 0, 10_000, 1000),), 60),
]


@pytest.mark.parametrize(("facts", "minutes"), [row[1:] for row in HOSTILE], ids=[row[0] for row in HOSTILE])
def test_no_agent_charges_more_than_what_was_reserved_and_held(facts: tuple[Any, ...], minutes: int) -> None:
    stage = Stage(centres=("east",))
    (job,) = stage.submit(spec(one("A100:1", 1)))
    name = stage.attempt(job)
    stage.after(30)
    stage.tell(*(Used(name, m, TEN + a * MINUTE, TEN + b * MINUTE, milli) for m, a, b, milli in facts))
    stage.end(job)
    charged = stage.captured(job)[0]
    assert charged <= 10_000_000 * minutes // 60
    assert stage.balance("wallet:acme") >= 100_000 * YUAN - 10_800_000


@pytest.mark.parametrize(
    "wrong",
    [
        lambda name: Started("j99.1", TEN),
        lambda name: Used(name, "m", TEN, TEN, 1000),
        lambda name: Used(name, "m", TEN + 5, TEN, 1000),
        lambda name: Used(name, "m", TEN, TEN + 5, -1),
        lambda name: Ended(name, TEN, "lost"),
        lambda name: Progressed(name, 20_000, ""),
    ],
)
def test_a_fact_that_cannot_be_refuses_the_whole_report(wrong: Any) -> None:
    stage = Stage()
    (job,) = stage.submit(spec())
    name = stage.attempt(job)
    with pytest.raises(InvalidInput):
        stage.take(inputs.AgentReport, "west", 1, (Started(name, TEN), wrong(name)))
    assert stage.states(job) == "active/dispatched"


def test_a_fact_of_what_was_not_sent_out_or_is_another_centres_is_refused() -> None:
    stage = Stage(reserve_hours=24)
    (job,) = stage.submit(spec(not_before_at=TEN + 2 * HOUR))
    for centre in ("west", "east"):
        with pytest.raises(InvalidInput):
            stage.take(inputs.AgentReport, centre, 1, (Started(stage.attempt(job), TEN),))
    with pytest.raises(InvalidInput):
        stage.take(inputs.AgentReport, "nowhere", 1, ())


def test_one_agent_for_a_centre() -> None:
    stage = Stage()
    (job,) = stage.submit(spec())
    with pytest.raises(StaleSession):
        stage.take(inputs.JoinCentre, "west", 1)
    stage.take(inputs.JoinCentre, "west", 5)
    with pytest.raises(StaleSession):
        stage.tell(Started(stage.attempt(job), TEN), session=1)
    stage.tell(Started(stage.attempt(job), TEN), session=5)
    assert stage.states(job) == "active/running"


def test_paused_and_resumed() -> None:
    stage = Stage()
    (job,) = stage.submit(spec())
    with pytest.raises(InvalidInput):
        stage.take(inputs.PauseJob, "j9")
    name = stage.attempt(job)
    stage.begin(job)
    stage.take(inputs.PauseJob, job)
    stage.tell(Paused(name, stage.at))
    assert stage.states(job) == "active/paused"
    assert not stage.take(inputs.PauseJob, job), "it stands still already"
    stage.take(inputs.PauseJob, job, True)
    stage.tell(Resumed(name, stage.at))
    assert [type(order) for order in stage.orders("west")] == [Launch, Pause, Resume]
    assert stage.states(job) == "active/running"
    stage.end(job)
    assert stage.orders("west") == []


# hold by dependency, quota, budget -------------------------------------------------------------------------


def test_a_job_waits_for_those_it_depends_on() -> None:
    stage = Stage()
    first, second = stage.submit(spec(), spec())
    (third,) = stage.submit(spec(depends_on=(first, second, first)))
    (fourth,) = stage.submit(spec(depends_on=(third,)))
    assert stage.states(third, fourth) == "held held"
    stage.run(first, 1)
    assert stage.states(third) == "held"
    stage.run(second, 1)
    assert stage.states(third, fourth) == "active/dispatched held"
    stage.end(third, "failure")
    assert stage.states(third, fourth) == "failed cancelled"
    stage.agrees()


def test_a_long_chain_of_dependents_falls_in_one_step() -> None:
    stage = Stage(checked=False)
    (job,) = stage.submit(spec())
    chain = [job]
    for _ in range(1500):
        chain += stage.submit(spec(depends_on=(chain[-1],)))
    stage.take(inputs.CancelJob, chain[1])
    assert {stage.job(name).state for name in chain[1:]} == {"cancelled"}
    stage.agrees()


def test_a_dependent_whose_window_closed_expires_when_released() -> None:
    stage = Stage()
    (first,) = stage.submit(spec())
    (second,) = stage.submit(spec(one("A100:1", 1), depends_on=(first,), deadline_at=TEN + 90 * MINUTE))
    stage.until(10.49)
    assert stage.states(second) == "held"
    stage.until(11)
    assert stage.states(second) == "expired"


def test_quota_holds_and_releases() -> None:
    stage = Stage()
    stage.take(inputs.SetQuota, "acme", "", 2000, None)
    stage.take(inputs.SetQuota, "acme", "vision", None, 1)
    a, b, d, e = stage.submit(spec(project="vision"), spec(project="vision"), spec(), spec())
    assert stage.states(a, b, d, e) == "active/dispatched held active/dispatched held"
    assert "vision" in stage.platform.state.held[b].reason.en
    stage.run(a, 1)
    assert stage.states(b, e) == "active/dispatched held"
    stage.take(inputs.SetQuota, "acme", "", 3000, None)
    assert stage.states(e) == "active/dispatched"
    stage.agrees()


def test_a_quota_counts_the_alternative_that_is_taken() -> None:
    stage = Stage()
    stage.take(inputs.SetQuota, "acme", "", 2000, None)
    (job,) = stage.submit(spec(one("910B:8", 1), one("A100:1", 24)))
    assert stage.where(job)[0] == "west-A", "8 of the cheaper class are past the quota"


def test_an_empty_wallet_holds_and_money_releases() -> None:
    stage = Stage(wallets={"acme": 10})
    first, second = stage.submit(spec(one("A100:1")), spec(one("A100:1")))
    assert stage.states(first, second) == "active/dispatched held"
    record = stage.platform.state.held[second]
    assert (record.reason.rule, record.needed_micro) == ("budget", 6_400_000)
    stage.top_up("acme", 2)
    assert stage.states(second) == "held", "5.60 of 6.40"
    stage.run(first, 6)
    assert stage.states(second) == "active/dispatched", "what was not used came back"
    stage.agrees()


def test_held_jobs_expire_too() -> None:
    stage = Stage(wallets={"acme": 0})
    jobs = stage.submit(spec(deadline_at=TEN + 3 * HOUR), spec())
    stage.take(inputs.SetQuota, "acme", "", 0, None)
    jobs += stage.submit(spec(deadline_at=TEN + 3 * HOUR))
    assert stage.states(*jobs) == "held held held"
    stage.until(13)
    assert stage.states(*jobs) == "expired held expired"


def test_an_array_is_many_jobs() -> None:
    stage = Stage()
    jobs = stage.submit(spec(array=5))
    assert [stage.job(job).index for job in jobs] == [0, 1, 2, 3, 4]
    assert stage.states(*jobs) == " ".join(["active/dispatched"] * 5)


# the end, in every state -----------------------------------------------------------------------------------


def test_cancelled_in_each_state() -> None:
    stage = Stage(reserve_hours=24)
    running, reserved = stage.submit(spec(), spec(not_before_at=TEN + 2 * HOUR))
    (held,) = stage.submit(spec(depends_on=(running,)))
    far, done = stage.submit(spec(max_price_micro=1), spec())
    stage.run(done, 1)
    stage.begin(running)
    for job in (reserved, held, far, done, running):
        stage.take(inputs.CancelJob, job)
    assert stage.states(reserved, held, far, done) == "cancelled cancelled cancelled succeeded"
    (stop,) = [order for order in stage.orders("west") if isinstance(order, Stop)]
    assert (stop.attempt, stop.why, stop.grace_s) == (stage.attempt(running), "cancelled", 30)
    assert not stage.take(inputs.CancelJob, running), "once is enough"
    stage.end(running, "killed", "cancelled")
    assert stage.states(running) == "cancelled"
    assert stage.balance("wallet_held:acme") == 0
    with pytest.raises(InvalidInput):
        stage.take(inputs.CancelJob, "j99")
    stage.agrees()


def test_a_job_whose_agent_speaks_of_everything_else_ends_all_the_same() -> None:
    stage = Stage(centres=("east",))
    (job,) = stage.submit(spec())
    stage.begin(job)
    stage.until(11.04)
    assert [order.why for order in stage.orders("east") if isinstance(order, Stop)] == ["fenced"]
    stage.until(12)
    assert stage.attempt_of(job).number == 2
    assert stage.platform.state.attempts[f"{job}.1"].outcome == "lost"
    assert stage.states(job) == "active/dispatched"


def test_silence_makes_suspect_then_lost_and_the_fence_holds() -> None:
    stage = Stage(reserve_hours=24)
    (job,) = stage.submit(spec(one("A100:1", 2), lost_after_s=600))
    name = stage.attempt(job)
    stage.begin(job)
    stage.use(job, 10)
    stage.take(inputs.HearSilence, "west", stage.at)
    (other,) = stage.submit(spec())
    assert stage.where(other)[0] == "east-A", "nothing new is sent to the silent"
    stage.after(10.9)
    assert stage.states(job) == "active/running"
    stage.after(0.2)
    assert stage.platform.state.attempts[name].outcome == "lost"
    assert stage.attempt_of(job).number == 2
    assert stage.where(job)[0] == "east-A"
    assert money_of(stage, name) == ("released", 0), "what was metered before is on record and not charged"
    assert sum(stage.platform.state.attempts[name].used_us) == 1000 * 10 * MINUTE
    stage.take(inputs.AgentReport, "west", 1, (Saved(name, DIGEST, stage.at),))
    assert [order.why for order in stage.orders("west") if isinstance(order, Stop)] == ["fenced"]
    assert stage.job(job).checkpoint == "", "a fenced attempt's checkpoint is not taken up"
    late = Used(name, "m", TEN + 10 * MINUTE, TEN + 20 * MINUTE, 1000)
    found = stage.take(inputs.AgentReport, "west", 1, (late, Ended(name, stage.at, "success")))
    assert [type(event) for event in found] == [events.FactFenced, events.FactFenced]
    assert stage.orders("west") == []
    assert money_of(stage, name) == ("released", 0)
    stage.run(job, 10)
    assert stage.states(job) == "succeeded"
    paid = sum(stage.captured(job, 2))
    left = stage.balance("wallet:acme") + stage.balance("wallet_held:acme")
    assert left == 100_000 * YUAN - paid, "the job pays for the attempt that ended, once"
    stage.agrees()


@pytest.mark.parametrize(
    ("outcome", "reason", "status"),
    [
        ("preempted", "fenced", "released"),
        ("preempted", "preempted", "settled"),
        ("preempted", "vanished", "settled"),
        ("killed", "limit_time", "settled"),
        ("failure", "exit", "settled"),
    ],
)
def test_only_a_fence_makes_usage_free(outcome: Any, reason: Any, status: str) -> None:
    """An agent that comes back within the platform's margin tells that it stopped the work for silence: the
    same money as if the platform had given the attempt up a moment before."""
    stage = Stage(centres=("east",), pairings=(PAIRED,))
    (job,) = stage.submit(spec(one("A100:2", 2), lost_after_s=600))
    name = stage.attempt(job)
    stage.begin(job)
    stage.use(job, 30)
    stage.take(inputs.HearSilence, "east", stage.at)
    stage.after(10.5)
    stage.take(inputs.HearAgain, "east")
    stage.end(job, outcome, reason)
    assert stage.platform.state.attempts[name].outcome == outcome
    found, captured_micro = money_of(stage, name)
    assert found == status
    assert (captured_micro > 0) == (status == "settled")
    again_milli_s = 2 * 7200 * 1000 if stage.states(job).startswith("active") else 0
    used_milli_s = 2 * 1800 * 1000 if captured_micro else 0
    assert stage.platform.state.pairings[0].taken_milli_s == used_milli_s + again_milli_s
    stage.agrees()


def money_of(stage: Stage, attempt: str) -> tuple[str, int]:
    """How an attempt's hold was resolved, and what was captured of it."""
    hold = stage.platform.state.vouchers.ledger.holds[attempt]
    return hold.status, hold.captured_micro


def test_a_centre_that_speaks_in_time_keeps_its_work() -> None:
    stage = Stage(centres=("west",), reserve_hours=24)
    (job,) = stage.submit(spec(one("A100:1", 3), lost_after_s=600))
    stage.begin(job)
    stage.take(inputs.HearSilence, "west", stage.at)
    stage.after(9)
    stage.take(inputs.HearAgain, "west")
    stage.after(30)
    assert stage.states(job) == "active/running"
    stage.agrees()


def test_a_new_lead_counts_silence_anew() -> None:
    stage = Stage(centres=("west",))
    (job,) = stage.submit(spec(one("A100:1", 3), lost_after_s=600))
    stage.begin(job)
    stage.take(inputs.HearSilence, "west", stage.at)
    stage.after(9)
    stage.take(inputs.TakeLead, 2)
    stage.after(9)
    assert stage.states(job) == "active/running"
    stage.after(3)
    assert stage.states(job) == "queued"
    with pytest.raises(InvalidInput):
        stage.take(inputs.TakeLead, 2)


@pytest.mark.parametrize("hindrance", ["a new lead", "a word"])
def test_what_was_told_to_stop_is_lost_however_often_its_patience_began_anew(hindrance: str) -> None:
    stage = Stage(centres=("west",))
    (job,) = stage.submit(spec(lost_after_s=600))
    stage.begin(job)
    stage.until(11)
    if hindrance == "a word":
        stage.take(inputs.HearSilence, "west", stage.at)
    stage.after(3)
    assert stage.attempt_of(job).stopping == "fenced"
    stage.after(5)
    if hindrance == "a word":
        stage.take(inputs.HearAgain, "west")
    else:
        stage.take(inputs.TakeLead, 2)
    stage.after(4)
    assert stage.platform.state.attempts[f"{job}.1"].state == "running", "its patience has not run out yet"
    stage.after(8)
    assert stage.platform.state.attempts[f"{job}.1"].outcome == "lost"


def test_a_reservation_whose_centre_is_silent_looks_elsewhere_when_due() -> None:
    stage = Stage(reserve_hours=24)
    (job,) = stage.submit(spec(not_before_at=TEN + 2 * HOUR))
    stage.take(inputs.HearSilence, "west", stage.at)
    stage.until(12)
    assert stage.where(job) == ("east-A", 12)
    assert stage.job(job).returns == 0, "it was never sent out"


def test_what_does_not_fit_goes_elsewhere_and_is_asked_again_later() -> None:
    stage = Stage()
    (job,) = stage.submit(spec())
    stage.end(job, "failure", "does_not_fit")
    assert stage.where(job)[0] == "east-A"
    stage.end(job, "failure", "does_not_fit")
    assert stage.where(job)[0] == "west-A"
    alone = Stage(centres=("east",))
    (job,) = alone.submit(spec())
    for _ in range(7):
        alone.end(job, "failure", "does_not_fit")
        assert alone.states(job) == "queued"
        alone.after(61)
        assert alone.states(job) == "active/dispatched"
    alone.agrees()


def test_a_job_that_cannot_start_is_given_up() -> None:
    stage = Stage()
    (job,) = stage.submit(spec())
    for _ in range(5):
        assert stage.job(job).state == "active"
        stage.end(job, "failure", "start_failed")
    assert stage.states(job) == "failed"
    assert stage.job(job).why == "start_failed"


def test_a_job_that_comes_back_for_ever_is_given_up() -> None:
    stage = Stage()
    (job,) = stage.submit(spec())
    for _ in range(20):
        assert stage.job(job).state == "active"
        stage.end(job, "preempted", "preempted")
    assert (stage.states(job), stage.job(job).why) == ("failed", "attempts")


def test_it_expires_where_its_window_closes() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    (gang,) = stage.submit(spec(one("A100:8", 4)))
    (job,) = stage.submit(spec(one("A100:1", 1), deadline_at=TEN + 3 * HOUR))
    stage.until(11.99)
    assert stage.states(gang, job) == "active/dispatched queued"
    stage.until(12.01)
    assert stage.states(gang, job) == "active/dispatched expired"
    assert stage.job(job).why == "deadline"


# more time -------------------------------------------------------------------------------------------------


def test_extended_by_money_and_capacity_both_or_neither() -> None:
    stage = Stage(centres=("east",), wallets={"acme": 40, "bolt": 1000})
    (job,) = stage.submit(spec(one("A100:1", 1)))
    (behind,) = stage.submit(spec(one("A100:8", 1), not_before_at=TEN + 3 * HOUR), by="bolt")
    assert stage.where(behind) == ("east-A", 13)
    stage.begin(job)
    stage.take(inputs.ExtendJob, job, 3600)
    assert stage.balance("wallet_held:acme") == 2 * 10_800_000
    assert [type(order) for order in stage.orders("east")] == [Launch, Prolong]
    for more_s in (0, -5, 3600 * 3, 3600 * 100):
        with pytest.raises(InvalidInput):
            stage.take(inputs.ExtendJob, job, more_s)
    stage.book(c.Withdraw("w1", "acme", 10 * YUAN, "back"))
    with pytest.raises(InvalidInput, match="not enough is available"):
        stage.take(inputs.ExtendJob, job, 3600)
    assert stage.balance("wallet_held:acme") == 2 * 10_800_000
    assert stage.attempt_of(job).figures.limit_s == 7200
    stage.use(job, 110)
    stage.end(job)
    assert stage.captured(job) == (
        half_even(Fraction(10_000_000 * 110, 60)),
        half_even(Fraction(800_000 * 110, 60)),
        0,
    )
    stage.agrees()


def test_what_waits_or_was_told_to_stop_cannot_be_extended() -> None:
    stage = Stage()
    (job, waits) = stage.submit(spec(), spec(max_price_micro=1))
    with pytest.raises(InvalidInput):
        stage.take(inputs.ExtendJob, waits, 60)
    stage.take(inputs.CancelJob, job)
    with pytest.raises(InvalidInput):
        stage.take(inputs.ExtendJob, job, 60)


# room ------------------------------------------------------------------------------------------------------


def test_a_higher_priority_makes_the_fewest_and_cheapest_give_way() -> None:
    stage = Stage(centres=("east",))
    two, saved, one_, kept, late = stage.submit(
        spec(one("A100:2", 2), preemptible=True),
        spec(one("A100:1", 2), preemptible=True, checkpoint=True),
        spec(one("A100:1", 2), preemptible=True),
        spec(one("A100:2", 2)),
        spec(one("A100:2", 2), preemptible=True, priority=3),
    )
    stage.begin(two, saved, one_, kept, late)
    for job in (two, saved, one_, kept, late):
        stage.tell(Used(stage.attempt(job), "m", stage.at, stage.at + SECOND, 1000))
    stage.tell(Saved(stage.attempt(saved), DIGEST, stage.at))
    (first,) = stage.submit(spec(one("A100:1", 1), priority=2))
    stops = [order.attempt for order in stage.orders("east") if isinstance(order, Stop)]
    assert stops == [stage.attempt(saved)], "one is enough, and its checkpoint is kept"
    assert stage.platform.state.rooms[first].victims == {stage.attempt(saved): None}
    (small,) = stage.submit(spec(one("A100:1", 1)))
    stage.end(saved, "killed", "preempted")
    assert stage.states(first, saved, small).split()[0] == "active/dispatched"
    assert stage.where(first) == ("east-A", 10)
    assert stage.job(saved).why in ("", "preempted")
    assert stage.job(saved).checkpoint == DIGEST
    assert not stage.platform.state.rooms
    (third,) = stage.submit(spec(one("A100:3", 1), priority=2))
    stops = [order.attempt for order in stage.orders("east") if isinstance(order, Stop)]
    assert sorted(stops) == sorted([stage.attempt(two), stage.attempt(one_)])
    (never,) = stage.submit(spec(one("A100:8", 1), priority=2))
    assert not stage.platform.state.rooms.get(never), "some that run may not be stopped"
    stage.end(two, "preempted", "preempted")
    assert stage.states(third) == "queued"
    stage.end(one_)
    assert stage.states(third, one_) == "active/dispatched succeeded"
    stage.agrees()


def test_room_is_for_whom_it_was_made_and_given_up_with_it() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    victims = stage.submit(*[spec(one("A100:4", 2), preemptible=True)] * 2)
    stage.begin(*victims)
    (high,) = stage.submit(spec(one("A100:8", 1), priority=1))
    (low,) = stage.submit(spec(one("A100:4", 1)))
    stage.end(victims[0], "preempted", "preempted")
    assert stage.states(high, low) == "queued queued", "half the room is not for the small"
    stage.take(inputs.CancelJob, high)
    assert not stage.platform.state.rooms
    assert stage.states(*victims, low) == "active/dispatched active/running queued", "who came first"
    stage.agrees()


def test_nobody_gives_way_for_one_who_cannot_pay_or_for_an_equal() -> None:
    stage = Stage(centres=("east",), wallets={"acme": 1000, "bolt": 0})
    (victim,) = stage.submit(spec(one("A100:8", 2), preemptible=True, priority=1))
    stage.begin(victim)
    (poor,) = stage.submit(spec(one("A100:8"), priority=2), by="bolt")
    (equal,) = stage.submit(spec(one("A100:8"), priority=1))
    assert stage.states(poor) == "held"
    assert not stage.platform.state.rooms
    assert stage.where(equal) == ("east-A", 12)


def test_a_pairing_bounds_an_extension_too() -> None:
    stage = Stage(centres=("east",), pairings=(PAIRED,))
    (job,) = stage.submit(spec(one("A100:8", 1)))
    stage.begin(job)
    with pytest.raises(InvalidInput, match="quota"):
        stage.take(inputs.ExtendJob, job, 1800)
    stage.take(inputs.ExtendJob, job, 900)
    assert stage.platform.state.pairings[0].taken_milli_s == 8_000 * 4500


# clearing --------------------------------------------------------------------------------------------------


def plan(stage: Stage, *lines: tuple[str, str, int], serial: int | None = None) -> list[events.AnyEvent]:
    number = serial if serial is not None else stage.platform.state.clearing
    assert number is not None
    made = tuple(inputs.PlanLine(job, 0, pool, slot) for job, pool, slot in lines)
    return stage.take(inputs.TakePlan, number, len(lines), made, (), 0, 0)


def test_a_plan_reserves_moves_and_returns_what_is_stale() -> None:
    stage = Stage(reserve_hours=24)
    full = stage.submit(*[spec(one("A100:8", 2))] * 3)
    (waits, moves) = stage.submit(
        spec(deadline_at=MIDNIGHT + 40 * HOUR, max_price_micro=6_300_000),
        spec(residency=("31",), deadline_at=MIDNIGHT + 40 * HOUR),
    )
    assert stage.where(moves) == ("east-A", 24)
    stage.until(11)
    assert stage.platform.state.clearing == 1
    found = plan(
        stage,
        (waits, "west-A", 13),
        (moves, "east-A", 26),
        (moves, "west-A", 12),
        (moves, "east-A", 13),
        ("j99", "x", 1),
        (full[0], "west-A", 20),
    )
    assert [event.job for event in found if isinstance(event, events.AttemptReserved)] == []
    assert stage.where(moves) == ("east-A", 26), (
        "the same charge, another hour; never dearer, never where it may not"
    )
    (cleared,) = [event for event in found if isinstance(event, events.Cleared)]
    assert (cleared.reserved, cleared.returned) == (1, 5)
    assert not plan(stage, (moves, "east-A", 25), serial=1), "an answer that nobody waits for"
    stage.agrees()


def test_a_move_to_another_centre_is_one_step_and_never_raises_the_charge() -> None:
    stage = Stage(wallets={"acme": 11}, reserve_hours=24)
    stage.take(inputs.HearSilence, "west", stage.at)
    (job,) = stage.submit(spec(not_before_at=TEN + 4 * HOUR))
    assert stage.where(job) == ("east-A", 14)
    stage.take(inputs.HearAgain, "west")
    stage.until(11)
    found = plan(stage, (job, "west-A", 15))
    assert stage.where(job) == ("east-A", 14), "no later without a deadline"
    stage.until(12)
    found = plan(stage, (job, "west-A", 14))
    kinds = [type(event).__name__ for event in found]
    assert kinds == ["Released", "AttemptEnded", "JobQueued", "HoldPlaced", "AttemptReserved", "Cleared"]
    assert stage.where(job) == ("west-A", 14)
    assert stage.balance("wallet_held:acme") == 6_400_000
    assert stage.job(job).returns == 0
    stage.agrees()


def test_a_clearing_that_is_never_answered_is_asked_for_anew() -> None:
    stage = Stage(reserve_hours=24)
    stage.submit(spec(not_before_at=TEN + 9 * HOUR))
    found = stage.until(14)
    assert [event.serial for event in found if isinstance(event, events.ClearingAsked)] == [1, 2]


def test_prices_steer_and_are_not_charged() -> None:
    stage = Stage(reserve_hours=24)
    stage.submit(spec(not_before_at=TEN + 9 * HOUR))
    stage.until(11)
    prices = (inputs.PoolPrices("west-A", (50_000_000,) * 24),)
    stage.take(inputs.TakePlan, 1, 0, (), prices, 0, 0)
    stage.until(12)
    (job,) = stage.submit(spec())
    assert stage.where(job)[0] == "east-A"
    assert stage.attempt_of(job).figures.charge_micro == 10_800_000
    stage.agrees()


# money is the platform's own -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "command",
    [
        c.PlaceHold("x", "h", "acme", "east", (), 1),
        c.Capture("x", "j1.1", 1, 0, 0, 0, True),
        c.Release("x", "j1.1"),
        c.TopUp("j2.1/hold", "acme", YUAN, "wire"),
    ],
)
def test_nobody_books_what_follows_from_jobs(command: c.AnyCommand) -> None:
    stage = Stage()
    with pytest.raises(InvalidInput):
        stage.book(command)


def test_time_does_not_run_backwards() -> None:
    stage = Stage()
    stage.at -= 1
    with pytest.raises(InvalidInput):
        stage.take(inputs.Tick)
