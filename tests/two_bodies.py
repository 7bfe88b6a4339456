"""One trace lived through twice: by the simulator, and by the server with real agents in one process.

A trace is a scenario, with its own jobs, and what else is asked of the platform at which instants. Both
bodies are given the same inputs at the same instants; in one instant the platform comes to rest after each,
what is asked from outside goes first, then each centre in turn.
"""

import random  # noqa: TID251 (always seeded)
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import pytest

from suanwang.engine import inputs
from suanwang.engine.centre_patience import PATIENCE_US
from suanwang.engine.tokens import IssueToken
from suanwang.feeds.network_inputs import network_inputs
from suanwang.model.scenario import Scenario
from suanwang.runtime.writer import Ticket
from suanwang.server.tokens import new_token
from suanwang.simulator.centre import Manner
from suanwang.simulator.demand import enterprises_of, wallets
from suanwang.simulator.memory_log import MemoryLog
from suanwang.simulator.simulation import OUTSIDE, Simulation, Terms
from suanwang.units.errors import SuanwangError

SECOND_US = 1_000_000
ERASE_US = 500_000
SEED = 11


class Asked(NamedTuple):
    """An input from outside, and when."""

    at: int
    given: inputs.AnyInput


class Trace(NamedTuple):
    """What both bodies live through, until `end_at`."""

    scenario: Scenario
    asked: tuple[Asked, ...]
    terms: Terms
    end_at: int

    @property
    def start_at(self) -> int:
        """When the platform opens."""
        return opening_of(self).terms.start_at

    @property
    def enterprises(self) -> list[str]:
        """Who submits."""
        return sorted(set(enterprises_of(self.scenario)))

    @property
    def centres(self) -> list[str]:
        """In the order of their turns."""
        return self.scenario.centres["centre"].to_list()


def opening_of(trace: Trace) -> inputs.OpenNetwork:
    given = next(network_inputs(trace.scenario))
    assert isinstance(given, inputs.OpenNetwork)
    return given


class SeededIds:
    """`secrets`, from a seed."""

    def __init__(self) -> None:
        self.random = random.Random(SEED)

    def token_bytes(self, count: int) -> bytes:
        return self.random.randbytes(count)

    def token_hex(self, count: int) -> str:
        return self.random.randbytes(count).hex()


def holders(trace: Trace) -> Iterator[tuple[str, str]]:
    """Who gets a token after the operator: (role, holder)."""
    yield from (("agent", centre) for centre in trace.centres)
    yield from (("owner", enterprise) for enterprise in trace.enterprises)


class ToldSimulation(Simulation):
    """A simulation whose opening is all that a server is told before its first job."""

    def __init__(self, trace: Trace, log: MemoryLog) -> None:
        self.trace = trace
        self.refused: list[str] = []
        super().__init__(trace.scenario, trace.terms, log)
        for at, given in trace.asked:
            self.calendar.call_at(at, lambda given=given: self.submit(given), OUTSIDE)

    def opening(self) -> Iterator[inputs.AnyInput]:
        at = self.trace.start_at
        yield inputs.TakeLead("lead/1", 1)
        yield new_token("first-token", "operator", "", "made at the first start", None)[1]
        for given in network_inputs(self.scenario):
            yield given
            if isinstance(given, inputs.EnrolCentre):
                yield inputs.HearSilence(f"new/{given.id}", given.centre.centre, at)
        for role, holder in holders(self.trace):
            yield issued(role, holder)
        for given in wallets(self.scenario):
            assert isinstance(given, inputs.Book)
            name = f"op/{given.command.id}"
            yield inputs.Book(name, msgspec.structs.replace(given.command, id=name))

    def answered(self, ticket: Ticket) -> None:
        if isinstance(ticket.error, SuanwangError):
            self.refused.append(ticket.given.id)
        else:
            super().answered(ticket)

    def manner(self) -> Manner:
        return Manner(patience_us=PATIENCE_US, erase_us=ERASE_US, tells_fits=True)


def issued(role: Any, holder: str) -> IssueToken:
    return new_token(f"token/{holder}", role, holder, "test", None)[1]


class Lived(NamedTuple):
    """What came of a trace: the log, and what was asked and refused."""

    records: list[bytes]
    refused: list[str]


def simulated(trace: Trace, monkeypatch: pytest.MonkeyPatch) -> Lived:
    """By the simulator."""
    monkeypatch.setattr("suanwang.server.tokens.secrets", SeededIds())
    log = MemoryLog()
    simulation = ToldSimulation(trace, log)
    simulation.live_until(trace.end_at)
    return Lived(log.records, simulation.refused)
