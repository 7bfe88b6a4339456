"""The conformance check of a meter: a slow node passes, an engine that counts more than passed does not."""

from pathlib import Path

import msgspec
import pytest

from suanwang.agent import conformance
from suanwang.agent.configuration import AgentConfiguration, AgentPool
from suanwang.agent.conformance import ConformanceSet
from suanwang.drivers.port import Ended


@pytest.fixture
def checks(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ConformanceSet:
    """On an engine whose jobs last two seconds; what is asked for is one that sleeps for none."""
    monkeypatch.setattr(conformance, "RUN_S", 0)
    pools = (AgentPool("p", "A100", devices=8),)
    given = AgentConfiguration("http://h", "c", "t", str(tmp_path), "fake", pools, fake_run_s=2)
    return ConformanceSet(given, tmp_path, tmp_path)


def test_a_job_that_takes_longer_than_it_sleeps_is_no_fault_of_the_meter(checks: ConformanceSet):
    words, passed = checks.meters()
    assert passed, words


@pytest.mark.parametrize(("more_ran_s", "more_used_s"), [(0, 60), (60, 60), (-60, -60)])
def test_a_meter_that_runs_by_itself_is_found_out(
    checks: ConformanceSet, monkeypatch: pytest.MonkeyPatch, more_ran_s: int, more_used_s: int
):
    honest = checks.until_ended

    def told(name: str) -> Ended:
        ended = honest(name)
        assert ended.usage is not None
        more = ended.usage.milli_device_seconds + more_used_s * 1000
        usage = msgspec.structs.replace(ended.usage, milli_device_seconds=more)
        return msgspec.structs.replace(ended, at_us=ended.at_us + more_ran_s * 1_000_000, usage=usage)

    monkeypatch.setattr(checks, "until_ended", told)
    words, passed = checks.meters()
    assert not passed, words
