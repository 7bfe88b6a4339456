"""How long a centre's agent keeps facts back, so that reports are few and full: its agent and modelled ones.

An end and usage go at once, and all else goes with them. A start waits a moment for the end of what is short,
an erasure for anything else.
"""

from collections.abc import Mapping

from suanwang.engine.centre_agent import CentreAgent
from suanwang.model.facts import Erased, Started

PATIENCE_US: Mapping[type, int] = {Started: 5_000, Erased: 500_000}
"""How long a fact waits for others to go with; those that are not here go at once."""
KEPT_MOST = 100


class Patience:
    """Of one agent. `of_us`: see `PATIENCE_US`."""

    def __init__(self, of_us: Mapping[type, int] = PATIENCE_US) -> None:
        self.of_us = of_us
        self.since_us: int | None = None

    def until_us(self, agent: CentreAgent, steady_us: int) -> int | None:
        """When what there is to tell goes out, on the steady clock; None where there is nothing."""
        facts = agent.memory.facts
        if agent.reporting.is_urgent or len(facts) > KEPT_MOST:
            return steady_us
        if not facts:
            return None
        if self.since_us is None:
            self.since_us = steady_us
        kinds = {*map(type, facts)}
        return self.since_us + (min(map(self.of_us.__getitem__, kinds)) if kinds <= self.of_us.keys() else 0)

    def told(self) -> None:
        """A report is made of all there was."""
        self.since_us = None


def next_session(last: int, at: int) -> int:
    """The session to ask for: later than any that is known of, by the calendar in milliseconds."""
    return max(last, at // 1000 - 1) + 1
