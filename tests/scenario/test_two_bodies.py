"""One brain, two bodies: a trace through the simulator, and through server and agents, gives one log."""

from collections import Counter
from pathlib import Path

import msgspec
import pytest
from tests.networks import small_network
from tests.served_body import served
from tests.two_bodies import SECOND_US, Asked, Trace, simulated

from suanwang.engine import inputs
from suanwang.feeds.network_inputs import network_inputs
from suanwang.model.job import Alternative, JobSpec, Shape
from suanwang.model.network import Outage, Signals
from suanwang.simulator.simulation import Terms

SLOTS, SLOT_MINUTES = 36, 10
MINUTE_US = 60 * SECOND_US
LEAD_TAKEN = "lead_taken.1"


def spec(name: str, device: str = "A100", units: int = 8, nodes: int = 1, minutes: int = 40, **more: object):
    """A job of the east."""
    shape = Shape((Alternative(device, units * 1000, nodes, minutes * 60),), "310000")
    return JobSpec(name=name, shape=shape, **more)  # pyright: ignore[reportArgumentType]


def asked(start_at: int) -> tuple[Asked, ...]:
    """What the scenario's own jobs meet. `j6` and the like are the platform's names, by admission."""

    def at(minute: float) -> int:
        return start_at + round(minute * MINUTE_US)

    urgent = (
        spec("first", nodes=4, minutes=50, priority=5, preemptible=True),
        spec("second", minutes=20, depends_on=("j1",)),
        spec("rack", nodes=12, minutes=90, priority=-3, preemptible=True),
    )
    array = spec("array", "910B", array=4, minutes=30)
    wide = spec("wide", nodes=8, priority=9, minutes=60)
    outage = Outage(pool="sh-a100", from_slot=4, to_slot=9, devices_lost="16")
    tariff = Signals(
        zone="宁夏",
        from_slot=8,
        price_micro_per_kwh=("900000", "1", "0"),
        carbon_g_per_kwh=("1", "2", "3"),
    )
    return (
        Asked(at(1.5), inputs.SubmitJobs("urgent", "e1", urgent)),
        Asked(at(2), inputs.SetQuota("quota", "e3", jobs_most=2)),
        Asked(at(16), inputs.ExtendJob("extend", "j1", 900)),
        Asked(at(21), inputs.SubmitJobs("array", "e3", (array,))),
        Asked(at(22), inputs.CancelJob("cancel", "j5")),
        Asked(at(25), inputs.SubmitJobs("wide", "e1", (wide,))),
        Asked(at(31), inputs.DeclareOutage("outage", outage)),
        Asked(at(47), inputs.CancelJob("cancel running", "j6")),
        Asked(at(61), inputs.PublishSignals("tariff", (tariff,))),
        Asked(at(90), inputs.SubmitJobs("none", "e1", (spec("none", "TPU"), spec("late", "cpu", 64, 5)))),
    )


def busy_day() -> Trace:
    """Three centres, the first 26 slots of ten minutes; attempts end early, and one in five fails."""
    scenario = small_network(jobs=40, slots=SLOTS)
    header = msgspec.structs.replace(scenario.header, slot_minutes=SLOT_MINUTES)
    scenario = msgspec.structs.replace(scenario, header=header)
    opened = next(network_inputs(scenario))
    assert isinstance(opened, inputs.OpenNetwork)
    start_at = opened.terms.start_at
    # the clearing of a server: any seed but its own, or another number of steps, finds other prices
    terms = Terms(steps=None, threads=2, packing="first", runtime_least=0.3, runtime_most=1.0, failing=0.2)
    return Trace(scenario, asked(start_at), terms, start_at + 260 * MINUTE_US)


def test_one_trace_through_both_bodies_gives_one_log(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    trace = busy_day()
    modelled = simulated(trace, monkeypatch)
    real, _ = served(trace, tmp_path, monkeypatch)
    for number, (left, right) in enumerate(zip(modelled.records, real.records, strict=False)):
        assert left == right, f"event {number}"
    assert len(modelled.records) == len(real.records)
    assert modelled.refused == real.refused
    kinds = Counter(msgspec.json.decode(record)["event"].partition(".")[0] for record in modelled.records)
    met = {"job_held", "job_refused", "job_queued", "cancel_asked", "attempt_moved", "attempt_prolonged",
           "order_given", "outage_declared", "quota_set", "room_kept", "cleared", "centre_fits"}  # fmt: skip
    assert met <= kinds.keys(), met - kinds.keys()
    outcomes = Counter(
        event["outcome"]
        for event in map(msgspec.json.decode, modelled.records)
        if event["event"] == "attempt_ended.1"
    )
    assert {"success", "failure", "killed", "preempted"} <= outcomes.keys(), outcomes


KILLED_EVERY = 97
"""Steps between two deaths of the server: many enough to meet jobs that wait, run and are told to stop."""


def test_a_server_that_is_killed_between_steps_leaves_the_same_log(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    """The log ends as that of a platform which never died, to the byte, but for one event of each new lead.

    Dying takes no time here, and agents ask again at once: how long they wait would shift what follows.
    """
    monkeypatch.setattr("suanwang.agent.backoff.BASE_S", 0.0)
    trace = busy_day()
    modelled = simulated(trace, monkeypatch)
    real, body = served(trace, tmp_path, monkeypatch, KILLED_EVERY)
    epochs = [
        event["epoch"] for event in map(msgspec.json.decode, real.records) if event["event"] == LEAD_TAKEN
    ]
    assert epochs == list(range(1, len(epochs) + 1))
    assert len(epochs) == 1 + body.steps // KILLED_EVERY > 5
    first, *rest = real.records
    assert modelled.records[0] == first
    kept = [record for record in rest if msgspec.json.decode(record)["event"] != LEAD_TAKEN]
    for number, (left, right) in enumerate(zip(modelled.records[1:], kept, strict=False), 1):
        assert left == right, f"event {number}"
    assert len(modelled.records) == 1 + len(kept)
    assert modelled.refused == real.refused
