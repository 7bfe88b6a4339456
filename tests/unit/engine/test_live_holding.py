"""What holds a job and lets it go: others, quotas, money, its window, its user."""

import pytest
from tests.unit.engine.stage import HOUR, MINUTE, TEN, Stage, one, spec

from suanwang.engine import inputs
from suanwang.model.orders import Stop
from suanwang.units.errors import InvalidInput


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
