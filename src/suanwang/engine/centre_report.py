"""What a centre's agent tells the platform: one report at a time, the same until it is acknowledged."""

from suanwang.engine.inputs import AgentReport
from suanwang.model.agent_records import Memory
from suanwang.model.facts import AnyFact, FitShape

FACTS_MOST = 1_000
"""So many facts go into one report."""


class Reporting:
    """`sent`: the report that is on its way. `fits`: what gangs fit now; `fits_told`: those it knows of."""

    def __init__(self, centre: str) -> None:
        self.centre = centre
        self.fits: tuple[FitShape, ...] | None = None
        self.fits_told: tuple[FitShape, ...] | None = None
        self.sent: AgentReport | None = None
        self.count, self.facts_most = 0, FACTS_MOST

    @property
    def is_urgent(self) -> bool:
        """Whether a report is on its way, or what fits has changed."""
        return self.sent is not None or self.fits != self.fits_told

    def begin_session(self) -> None:
        """What was not acknowledged is told anew."""
        self.sent, self.count, self.fits_told = None, 0, None

    def next(self, memory: Memory) -> AgentReport | None:
        """What the platform has to learn next; None: nothing."""
        if self.sent is None:
            facts = tuple(memory.facts[: self.facts_most])
            fits = self.fits if self.fits != self.fits_told else None
            if not facts and fits is None:
                return None
            self.count += 1
            name = f"report/{self.centre}/{memory.session}/{self.count}"
            self.sent = AgentReport(name, self.centre, memory.session, facts, fits)
        return self.sent

    def acknowledged(self, name: str) -> tuple[AnyFact, ...]:
        """The platform has the report of that name: the facts that are done with."""
        if self.sent is None or self.sent.id != name:
            return ()
        self.facts_most = FACTS_MOST
        return self.drop()

    def refused(self, name: str) -> tuple[AnyFact, ...]:
        """The platform will never take it: its facts go one by one, and the bad one is given up."""
        if self.sent is None or self.sent.id != name:
            return ()
        if len(self.sent.facts) > 1:
            self.sent, self.facts_most = None, 1
            return ()
        return self.drop()

    def drop(self) -> tuple[AnyFact, ...]:
        """Nobody waits for the report any more."""
        assert self.sent is not None
        sent, self.sent = self.sent, None
        if sent.fits is not None:
            self.fits_told = sent.fits
        return sent.facts
