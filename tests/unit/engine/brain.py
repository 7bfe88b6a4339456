"""The agent's brain in the words of its tests: orders, moments, what it told and what it wants."""

from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.model import agent_steps as steps
from suanwang.model.exchange import Orders
from suanwang.model.facts import (
    AnyFact,
)
from suanwang.model.job import Alternative
from suanwang.model.orders import AnyOrder, Launch

SECOND = 1_000_000
NOON = 1_772_424_000 * SECOND
LOST_AFTER_S = 300
DIGEST = "ab" * 32


def launch(
    number: int,
    attempt: str,
    start_s: int = 0,
    limit_s: int = 100,
    end_s: int = 10_000,
    shape: int = 0,
    standby: bool = False,
) -> Launch:
    return Launch(
        number,
        attempt,
        "train",
        "firm",
        "pool",
        Alternative("A100", 2000, 1, limit_s),
        4,
        1024,
        NOON + start_s * SECOND,
        NOON + end_s * SECOND,
        limit_s,
        "content",
        "",
        True,
        LOST_AFTER_S,
        0,
        shape,
        standby,
    )


def at(second: float, steady: float | None = None) -> Moment:
    return Moment(NOON + int(second * SECOND), int((second if steady is None else steady) * SECOND))


def told(agent: CentreAgent) -> list[AnyFact]:
    return agent.memory.facts


def said(orders: tuple[AnyOrder, ...], acknowledged: str = "", second: float = 0) -> Orders:
    """An answer of the platform, whose clock says so many seconds past noon."""
    return Orders(orders, acknowledged, NOON + int(second * SECOND))


def steps_of(agent: CentreAgent) -> list[steps.AnyStep]:
    return agent.take()[1]


def begun(limit_s: int = 100, end_s: int = 10_000, interval_s: int = 60) -> CentreAgent:
    """An agent whose only attempt `j.1` runs since second 0."""
    agent = CentreAgent("chengdu", report_interval_s=interval_s)
    agent.joined(1, 0)
    agent.answered(said((launch(1, "j.1", 0, limit_s, end_s),)), 0, at(0))
    agent.prepared("j.1", at(0))
    agent.running("j.1", NOON, at(0))
    agent.take()
    return agent
