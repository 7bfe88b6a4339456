"""The platform's log as bytes: a golden log of each version replays to the same balances; nothing floats.

`REGENERATE_GOLDEN=1 pytest tests/unit/engine/test_live_log.py` writes it anew; only a new version may.
"""

import json
import os
from pathlib import Path

import msgspec.inspect as shapes
import pytest
from tests.unit.engine.stage import HOUR, MIDNIGHT, Stage, grant, one, outage, spec
from tests.unit.engine.test_live_storm import PAIRED

from suanwang.engine import events, inputs
from suanwang.engine.apply import replay
from suanwang.engine.decide import StepBroken, step
from suanwang.engine.effects import Solve, outstanding
from suanwang.engine.platform import Platform
from suanwang.engine.snapshot import encode_snapshot
from suanwang.engine.validate import validate
from suanwang.ledger.refusals import CorruptLog
from suanwang.model.facts import Ended, Saved

GOLDEN = Path(__file__).parent / "golden"


def a_day() -> Stage:
    """A day in which most kinds of events happen."""
    stage = Stage(reserve_hours=24, pairings=(PAIRED,), wallets={"acme": 1000, "bolt": 50})
    grant(stage, "acme", 50)
    stage.take(inputs.SetQuota, "bolt", "", None, 2, 3)
    stage.take(inputs.TakeLead, 1)
    jobs = stage.submit(
        spec(one("A100:8", 2), preemptible=True, checkpoint=True, residency=("31",)),
        spec(one("910B:8", 1), one("A100:8", 1)),
        spec(one("H100:1")),
        spec(one("A100:1"), deadline_at=MIDNIGHT + 40 * HOUR, residency=("31",), voucher="required"),
    )
    stage.submit(spec(one("A100:4", 3)), spec(one("A100:1"), array=3), by="bolt")
    stage.begin(jobs[0], jobs[1])
    stage.tell(Saved(stage.attempt(jobs[0]), "ab" * 32, stage.at))
    (after,) = stage.submit(spec(depends_on=(jobs[1],)))
    stage.take(inputs.ExtendJob, jobs[1], 600)
    stage.use(jobs[1], 50)
    stage.end(jobs[1])
    stage.submit(spec(one("A100:8", 1), priority=4, residency=("31",)))
    stage.tell(Ended(stage.attempt(jobs[0]), stage.at, "preempted", "preempted"))
    outage(stage, "west-A", 14, 16, "8")
    stage.take(inputs.HearSilence, "south", stage.at)
    stage.take(inputs.CancelJob, after)
    stage.until(13)
    stage.take(inputs.TakePlan, stage.platform.state.clearing or 0, 0, (), (), 0, 0)
    stage.until(30)
    return stage


def balances(platform: Platform) -> dict[str, int]:
    return {name: one.natural_micro for name, one in platform.state.vouchers.ledger.accounts.items()}


def test_the_golden_log_replays_to_the_same_balances() -> None:
    path, sums = GOLDEN / "platform-1.jsonl", GOLDEN / "platform-1.json"
    if os.environ.get("REGENERATE_GOLDEN"):
        stage = a_day()
        path.write_bytes(b"".join(record + b"\n" for record in stage.log))
        states = {name: job.state for name, job in stage.platform.state.jobs.items()}
        sums.write_text(json.dumps({"balances": balances(stage.platform), "jobs": states}, indent=1) + "\n")
    platform = Platform()
    replay(platform, path.read_bytes().splitlines())
    validate(platform)
    expected = json.loads(sums.read_text(encoding="utf-8"))
    assert balances(platform) == expected["balances"]
    assert {name: job.state for name, job in platform.state.jobs.items()} == expected["jobs"]


def test_most_kinds_of_events_are_in_it() -> None:
    tags = {json.loads(line)["event"] for line in (GOLDEN / "platform-1.jsonl").read_bytes().splitlines()}
    money = {"hold_placed.1", "hold_extended.1", "captured.1", "released.1"}
    job = {f"job_{kind}.1" for kind in ("admitted", "refused", "held", "queued", "ended")}
    attempt = {f"attempt_{kind}.1" for kind in ("reserved", "dispatched", "prolonged", "ended")}
    network = {
        "centre_silent.1",
        "outage_declared.1",
        "quota_set.1",
        "lead_taken.1",
        "clearing_asked.1",
        "cleared.1",
    }
    assert money | job | attempt | network | {"room_kept.1", "order_given.1", "fact_recorded.1"} <= tags


def test_no_event_holds_a_float() -> None:
    def floats(kind: object) -> bool:
        if isinstance(kind, shapes.FloatType):
            return True
        parts = getattr(kind, "__struct_fields__", ())
        for part in parts:
            value = getattr(kind, part)
            for item in value if isinstance(value, tuple) else (value,):
                if isinstance(item, shapes.Field):
                    item = item.type
                if isinstance(item, shapes.Type) and floats(item):
                    return True
        return False

    for event in events.AnyEvent.__args__:
        assert not floats(shapes.type_info(event)), event


def test_a_log_that_cannot_be_is_told() -> None:
    stage = a_day()
    with pytest.raises(CorruptLog):
        replay(Platform(), [b'{"event":"no_such.1"}'])
    with pytest.raises(CorruptLog):
        replay(Platform(), stage.log[20:])


def test_what_fails_after_its_first_event_voids_the_state(monkeypatch: pytest.MonkeyPatch) -> None:
    stage = Stage()

    def broken(*_: object) -> object:
        yield events.LeadTaken(stage.at, 7)
        raise CorruptLog([])

    monkeypatch.setattr("suanwang.engine.decide.decide", broken)
    with pytest.raises(StepBroken):
        step(stage.platform, inputs.HearAgain("x", "west"), stage.at)


def test_the_same_day_again_is_the_same_log() -> None:
    first, second = a_day(), a_day()
    assert first.log == second.log
    assert encode_snapshot(first.platform) == encode_snapshot(second.platform)
    first.agrees()


def test_who_takes_over_does_not_solve_a_clearing_whose_first_slot_is_past() -> None:
    stage = Stage(centres=("east",))
    stage.submit(*[spec(one("A100:8", 8)) for _ in range(2)])
    stage.until(11.1)
    asked = stage.platform.state.clearing
    assert asked is not None and Solve(asked) in list(outstanding(stage.platform))
    stage.until(13.1)
    stage.submit(spec(one("A100:8", 8)))
    assert stage.platform.state.clearing == asked
    assert not [effect for effect in outstanding(stage.platform) if isinstance(effect, Solve)]
    stage.until(14.1)
    assert stage.platform.state.clearing == asked + 1, "it is asked anew"
