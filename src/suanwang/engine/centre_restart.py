"""A centre's agent after its restart: what its engine has of the attempts that it remembers, and has not."""

from collections.abc import Collection

from suanwang.engine.centre_agent import CentreAgent
from suanwang.engine.centre_clock import Moment
from suanwang.engine.centre_facts import stopped
from suanwang.model import agent_steps as steps


def adopt(agent: CentreAgent, known: Collection[str], moment: Moment) -> None:
    """After all that the engine had to tell: it has the attempts `known`."""
    for attempt, work in list(agent.memory.works.items()):
        if work.phase == "ordered" and work.stopping:  # it died between the order and what follows from it
            agent.not_begun(attempt, moment, stopped(work.stopping))
    for attempt in [name for name in agent.live if name in agent.unsure]:
        work = agent.memory.works[attempt]
        if attempt not in known and work.phase == "begun" and not work.stopping:
            agent.steps.append(steps.Prepare(attempt, work.launch))
        elif attempt not in known:
            agent.missing(attempt, moment)
        elif work.stopping:
            agent.steps.append(steps.End(attempt, work.grace_s))
        else:
            if work.limit_s != work.launch.limit_s:
                agent.steps.append(steps.GiveTime(attempt, work.limit_s))
            agent.turn(attempt)
