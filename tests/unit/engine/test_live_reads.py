"""What can be read of the platform: the answer to an input, a quote, an explanation, how a job stands."""

import pytest
from tests.unit.engine.stage import HOUR, MIDNIGHT, YUAN, Stage, grant, one, spec

from suanwang.engine import events, inputs
from suanwang.engine.answers import result_of
from suanwang.engine.considering import explain, quote
from suanwang.engine.snapshot import encode_snapshot
from suanwang.engine.standing import standing
from suanwang.ledger import commands as c
from suanwang.units.errors import InvalidInput

TEN = MIDNIGHT + 10 * HOUR


def test_the_answer_follows_from_the_events_alone() -> None:
    stage = Stage()
    found = stage.raw(
        inputs.SubmitJobs("s", "acme", (spec(array=2), spec(one("H100:1"), name="bad"), spec()))
    )
    answer = result_of(found)
    assert answer.jobs == ("j1", "j2", "j4")
    assert [(one.job, one.name, one.reasons[0].rule) for one in answer.refused] == [("j3", "bad", "device")]
    assert result_of(events.decode(events.encode(event)) for event in found) == answer
    found = stage.raw(inputs.Book("b", c.Withdraw("w", "acme", 10**9 * YUAN, "all")))
    assert [(one.command, one.reasons[0].code) for one in result_of(found).commands] == [("w", "overdraft")]


def test_a_quote_is_what_a_submission_gets_and_changes_nothing() -> None:
    stage = Stage(data_cost=100_000)
    grant(stage, "acme", 5)
    asked = spec(one("A100:2", 1.5), one("910B:2", 2), in_nano_gb=10**9, min_grade=2)
    before = encode_snapshot(stage.platform)
    table = quote(stage.platform, "acme", asked, stage.at).considered
    assert encode_snapshot(stage.platform) == before
    assert [line.centre for line in table if line.chosen] == [table[0].centre]
    (job,) = stage.submit(asked)
    figures = stage.attempt_of(job).figures
    best = table[0]
    assert (best.pool, best.start_at, best.charge_micro) == (
        figures.pool,
        figures.start_at,
        figures.charge_micro,
    )
    for line in table:
        assert line.compute_micro + line.energy_micro + line.data_micro == line.charge_micro
        assert line.voucher_micro + line.net_micro == line.charge_micro
    east = next(line for line in table if line.centre == "east")
    assert (east.compute_micro, east.energy_micro, east.energy_wh, east.carbon_g) == (
        30 * YUAN,
        2_400_000,
        3000,
        1500,
    )
    assert east.voucher_micro == 5 * YUAN
    assert all(line.voucher_micro == 0 for line in table if line.centre != "east")


@pytest.mark.parametrize(
    ("asked", "reasons"),
    [
        (spec(one("A100:1")), {"south": "device"}),
        (spec(one("A100:8", nodes=2)), {"south": "device", "east": "size"}),
        (spec(one("A100:1"), one("910B:1"), min_grade=4), {"west": "grade", "east": "grade"}),
        (spec(one("A100:1"), latency_class="local"), {"west": "residency", "south": "device"}),
        (spec(one("A100:1"), max_rtt_us=2000), {"west": "latency", "south": "device"}),
        (spec(one("A100:1"), max_price_micro=7 * YUAN), {"east": "price", "south": "device"}),
        (spec(one("A100:1"), voucher="required"), {"west": "voucher", "south": "device"}),
    ],
)
def test_a_quote_tells_why_each_other_centre_cannot(asked: object, reasons: dict[str, str]) -> None:
    stage = Stage()
    grant(stage, "acme", 50)
    table = quote(stage.platform, "acme", asked, stage.at).considered  # pyright: ignore
    assert {line.centre: line.reason.rule for line in table if line.reason} == reasons
    assert sum(line.chosen for line in table) == 1


def test_a_quote_for_what_would_be_refused_and_where_all_is_full_or_closed() -> None:
    stage = Stage(centres=("east", "west"), reserve_hours=24)
    assert [one.rule for one in quote(stage.platform, "acme", spec(one("X:1")), stage.at).objections] == [
        "device"
    ]
    stage.submit(spec(one("A100:8", 5)))
    stage.take(inputs.HearSilence, "west", stage.at)
    stage.submit(spec(one("A100:8", 5)))
    table = quote(stage.platform, "acme", spec(deadline_at=TEN + 2 * HOUR), stage.at).considered
    assert {line.centre: line.reason.rule for line in table if line.reason} == {
        "east": "full",
        "west": "closed",
    }


def test_an_explanation_has_the_jobs_own_place_first() -> None:
    stage = Stage()
    jobs = stage.submit(*[spec(one("A100:8"))] * 3)
    table = explain(stage.platform, jobs[2], stage.at).considered
    assert [(line.centre, line.chosen) for line in table[:2]] == [("east", True), ("west", False)]
    assert table[1].start_at == TEN + HOUR
    table = explain(stage.platform, jobs[0], stage.at).considered
    assert (table[0].centre, table[0].chosen, table[0].start_at) == ("west", True, TEN)
    with pytest.raises(InvalidInput):
        explain(stage.platform, "j99", stage.at)
    stage.agrees()


def test_how_a_job_stands() -> None:
    stage = Stage(centres=("east",), reserve_hours=0, wallets={"acme": 10_000, "poor": 0})
    (gang,) = stage.submit(spec(one("A100:8", 2)))
    first, second = stage.submit(spec(), spec())
    (high,) = stage.submit(spec(priority=3))
    (poor,) = stage.submit(spec(priority=9), by="poor")
    (held,) = stage.submit(spec(depends_on=(gang,)))
    dear, late = stage.submit(spec(max_price_micro=1), spec(deadline_at=TEN + 16 * HOUR))

    def tell(job: str) -> tuple[object, ...]:
        one = standing(stage.platform, job, stage.at)
        hours = None if one.expected_at is None else (one.expected_at - MIDNIGHT) // HOUR
        return one.state, [reason.rule for reason in one.reasons], one.ahead, hours

    assert tell(gang) == ("active", [], None, 10)
    assert tell(first) == ("queued", ["full"], 2, 12)
    assert tell(second) == ("queued", ["full"], 3, 12)
    assert tell(high) == ("queued", ["full"], 1, 12)
    assert tell(poor) == ("queued", ["full"], 0, 12)
    assert tell(held) == ("held", ["dependency"], None, None)
    assert tell(dear) == ("queued", ["price"], 4, None)
    assert tell(late)[1] == ["later"]
    assert tell(late)[3] == 24
    stage.run(gang, 1)
    assert tell(poor)[:2] == ("held", ["budget"])
    assert tell(gang) == ("succeeded", [], None, None)
    with pytest.raises(InvalidInput):
        standing(stage.platform, "j99", stage.at)


def test_why_it_waits_for_a_centre_or_for_room() -> None:
    stage = Stage(centres=("east",), reserve_hours=0)
    (job,) = stage.submit(spec(preemptible=True))
    stage.end(job, "failure", "does_not_fit")
    assert [one.rule for one in standing(stage.platform, job, stage.at).reasons] == ["sent_back", "full"]
    stage.after(2)
    stage.begin(job)
    (gang,) = stage.submit(spec(one("A100:8"), priority=1))
    assert standing(stage.platform, gang, stage.at).reasons[0].rule == "room"
    (later,) = stage.submit(spec(not_before_at=TEN + 3 * HOUR))
    assert standing(stage.platform, later, stage.at).reasons[0].rule == "not_before"
