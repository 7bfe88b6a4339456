"""What a job tells its engine by name, and what of it an agent passes on."""

from pathlib import Path
from typing import Any, cast

import pytest
from tests.agent_platform import StandIn

from suanwang.agent.configuration import AgentLimits, AgentPool
from suanwang.agent.staging import Staging
from suanwang.drivers.port import Capabilities, Driver, EngineAway, Features
from suanwang.model.content import JobContent

JOB = JobContent("true", engine_options={"partition": "gpu", "account": "lab"})


class Engine:
    """An engine that takes some options, or none; asked what it is as seldom as may be."""

    def __init__(self, *options: str) -> None:
        self.options, self.asked, self.away = options, 0, False

    def probe(self) -> Capabilities:
        self.asked += 1
        if self.away:
            raise EngineAway([])
        features = Features(False, False, False, False, False, False, "", options=self.options)
        return Capabilities("engine", "1", (), features)


def staging(engine: Engine) -> Staging:
    platform: Any = StandIn()
    return Staging(platform, cast(Driver, engine), Path(), Path(), AgentLimits())


def test_the_job_is_heard_where_its_engine_takes_options_and_the_centre_stands_above_it():
    engine = Engine("partition", "account")
    made = staging(engine)
    assert made.options(JOB, AgentPool("p", "A100")) == JOB.engine_options
    assert made.options(JOB, AgentPool("p", "A100", options={"account": "centre", "qos": "low"})) == {
        "partition": "gpu",
        "account": "centre",
        "qos": "low",
    }
    assert engine.asked == 1


def test_an_engine_without_options_runs_the_job_without_them():
    assert staging(Engine()).options(JOB, AgentPool("p", "A100")) == {}


def test_a_job_that_says_nothing_needs_no_question():
    engine = Engine("partition")
    engine.away = True
    made = staging(engine)
    assert made.options(JobContent("true"), AgentPool("p", "A100", options={"qos": "low"})) == {"qos": "low"}
    assert not engine.asked
    with pytest.raises(EngineAway):  # asked again later
        made.options(JOB, AgentPool("p", "A100"))
