"""The route of a job: sent out, run, metered, paid to the micro-yuan; what an agent may not say."""

from fractions import Fraction
from typing import Any

import pytest
from tests.unit.engine.stage import (
    DIGEST,
    HOUR,
    MINUTE,
    TEN,
    YUAN,
    Stage,
    one,
    spec,
)

from suanwang.engine import events, inputs
from suanwang.engine.reporting import StaleSession
from suanwang.ledger import commands as c
from suanwang.model.facts import Ended, Erased, Paused, Progressed, Resumed, Started, Used
from suanwang.model.orders import Launch, Pause, Resume
from suanwang.units.errors import InvalidInput

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
    assert stage.captured(job) == (round(compute), round(energy), 0)
    held = 10_000_000 * devices * 2
    assert stage.balance("wallet_held:acme") == 0
    assert stage.balance("payable:east") == round(compute) + round(energy) <= held + 2 * 800_000 * devices
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
        round(Fraction(10_000_000 * 50, 60)),
        round(Fraction(800_000 * 50, 60)),
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
