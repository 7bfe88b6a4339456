"""A scenario lived through: its network opened on the engine, its jobs submitted when their windows open.

    arrivals, signals, faults  →  writer (the server's own)  →  modelled centres  →  reports  →  …

Time is virtual; everything is decided by the scenario, the settings and the seed, so two runs give one log.

Inputs come one by one, as over a network: what follows from one is decided before the next. In one instant
the solver answers first, then comes what is asked from outside, then each centre in its turn.
"""

from collections.abc import Callable, Iterator

import msgspec

from suanwang.clearing.by_prices import Settings
from suanwang.engine import inputs
from suanwang.engine.dispatching import orders_after
from suanwang.feeds.network_inputs import network_inputs
from suanwang.model.log import LogWriter
from suanwang.model.orders import AnyOrder
from suanwang.model.scenario import Scenario
from suanwang.runtime.writer import Ticket, Writer
from suanwang.simulator.calendar import Calendar
from suanwang.simulator.centre import TURNS, Manner, ModelledCentre
from suanwang.simulator.demand import Arrival, arrivals, wallets
from suanwang.simulator.forecasts import Forecast, first_signals, later_signals
from suanwang.simulator.machine import SECOND_US, Machine
from suanwang.simulator.mishaps import Mishaps, plan_mishaps
from suanwang.simulator.nodes import Packing
from suanwang.simulator.policies import Policy, latency_class_of, platform_for
from suanwang.simulator.runtimes import Runtimes
from suanwang.simulator.solver import VirtualSolver
from suanwang.simulator.tally import Tally
from suanwang.units.errors import SuanwangError
from suanwang.units.uncollected import uncollected

OUTSIDE, CENTRES = 1, 2
"""The turns in an instant: 0 is the solver's."""
LEASE_S = 60
"""A centre that says nothing for so long is silent."""
AFTER_SLOTS = 400
"""So many slots after the last window a run is given up that has not ended."""


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What a simulation is asked to do beside the scenario."""

    policy: Policy = "full"
    forecast: Forecast = "perfect"
    noise: float = 0.15
    seed: int = 0
    threads: int = 1
    clear_every: int = 1
    steps: int | None = 100
    packing: Packing = "best"
    runtime_least: float = 1.0
    runtime_most: float = 1.0
    failing: float = 0.0
    start_s: float = 0.0
    report_delay_s: float = 0.0
    mishaps: Mishaps = Mishaps()

    @property
    def on_slots(self) -> bool:
        """Whether every job starts and ends with a slot, as the scenario's plans do."""
        exact = (
            self.runtime_least >= 1.0 and not self.failing and not self.start_s and not self.report_delay_s
        )
        return exact and not self.mishaps.any


class Simulation:
    """One run. `tally`: what was counted, from the durable events alone."""

    def __init__(self, scenario: Scenario, terms: Terms, log: LogWriter) -> None:
        self.scenario, self.terms, self.log = scenario, terms, log
        self.tally = Tally(scenario)
        opening = tuple(self.opening())
        opened = [given.terms for given in opening if isinstance(given, inputs.OpenNetwork)]
        self.platform_terms = opened[0]
        self.calendar = Calendar(self.platform_terms.start_at)
        self.solver = VirtualSolver(
            terms.policy, Settings(terms.seed, terms.threads, terms.steps), terms.clear_every, self.planned
        )
        self.centres: dict[str, ModelledCentre] = {}
        self.writer = Writer(platform_for(terms.policy), log, self.calendar, self.solver, self)
        self.writer.told = self.tally.hear
        self.jobs = scenario.jobs.height
        self.arrived = 0
        self.refusals: list[SuanwangError] = []
        self.set_up(opening)

    def opening(self) -> Iterator[inputs.AnyInput]:
        """Network, signals as they are forecast, wallets."""
        terms = self.terms
        for given in network_inputs(self.scenario):
            if isinstance(given, inputs.PublishSignals):
                yield first_signals(self.scenario, terms.forecast, terms.noise, terms.seed)
            else:
                yield given
        yield from wallets(self.scenario)

    def set_up(self, opening: tuple[inputs.AnyInput, ...]) -> None:
        """The opening is durable, the agents have joined, and what comes later is on the calendar."""
        terms, calendar = self.terms, self.calendar
        for given in opening:
            self.submit(given)
            self.settle()
        runtimes = Runtimes(terms.seed, terms.runtime_least, terms.runtime_most, terms.failing)
        start_us = round(terms.start_s * SECOND_US)
        for number, (name, centre) in enumerate(self.writer.platform.state.centres.items()):
            turn = CENTRES + number * TURNS
            machine = Machine(centre.pools, calendar, runtimes, terms.packing, start_us, turn=turn)
            one = ModelledCentre(name, machine, calendar, self.send, self.orders, self.manner())
            self.centres[name] = one
            calendar.call_soon(one.join, one.brain_turn)
        for at, signals in later_signals(self.scenario, self.platform_terms, terms.forecast):
            calendar.call_at(at, lambda signals=signals: self.submit(signals), OUTSIDE)
        self.due = iter(arrivals(self.scenario, self.platform_terms, latency_class_of(terms.policy)))
        self.expect_arrival()
        plan_mishaps(self)
        self.settle()

    def manner(self) -> Manner:
        """How the modelled agents go about."""
        return Manner(delay_us=round(self.terms.report_delay_s * SECOND_US))

    def planned(self, plan: inputs.TakePlan) -> None:
        """A plan comes once all is decided that was asked before it."""
        self.calendar.call_soon(lambda: self.submit(plan))

    def expect_arrival(self) -> None:
        """Puts the next arrival on the calendar."""
        arrival = next(self.due, None)
        if arrival is not None:
            self.calendar.call_at(arrival.at, lambda: self.arrive(arrival), OUTSIDE)

    def arrive(self, arrival: Arrival) -> None:
        """Jobs are submitted, each enterprise's by themselves."""
        for given in arrival.inputs:
            self.calendar.call_soon(lambda given=given: self.submit(given), OUTSIDE)
            self.arrived += len(given.jobs)
        self.expect_arrival()

    def submit(self, given: inputs.AnyInput) -> None:
        """Puts an input in the inbox."""
        self.writer.submit(given, self.answered)

    def send(self, given: inputs.AnyInput, then: Callable[[Ticket], None]) -> None:
        """The same for a centre, which waits for the answer."""
        self.writer.submit(given, then)

    def answered(self, ticket: Ticket) -> None:
        """Keeps what the platform would not take."""
        if isinstance(ticket.error, SuanwangError):
            self.refusals.append(ticket.error)
        elif ticket.error is not None:
            raise ticket.error

    def deliver(self, centre: str) -> None:
        """See `runtime.ports.Transport`."""
        known = self.centres.get(centre)
        if known is not None:
            known.wake()

    def orders(self, centre: str, after: int) -> tuple[AnyOrder, ...]:
        """The orders that stand."""
        return tuple(orders_after(self.writer.platform, centre, after))

    @property
    def open(self) -> int:
        """How many jobs are not closed."""
        return self.jobs - self.tally.closed

    def settle(self) -> None:
        """Everything that is due in this instant, until nothing is."""
        writer, calendar = self.writer, self.calendar
        happens = True
        while happens:
            while (due_at := writer.due_at()) is not None and due_at <= calendar.at:
                writer.commit()
            # from outside nothing but inputs come to the writer
            while (happens := calendar.run_next()) and not writer.inbox:
                pass

    @property
    def next_at(self) -> int | None:
        """When something happens next; None: never."""
        due_at, happens_at = self.writer.due_at(), self.calendar.next_at
        if due_at is None or (happens_at is not None and happens_at < due_at):
            return happens_at
        return max(self.calendar.at, due_at)

    def live_until(self, at: int) -> None:
        """Everything that happens up to an instant, that instant included."""
        while (next_at := self.next_at) is not None and next_at <= at:
            self.calendar.at = next_at
            self.settle()
        self.calendar.at = at

    def run(self, advance: Callable[[float], None] = lambda share: None) -> None:
        """Lives through the scenario, until every job is closed. `advance`: the share that is done."""
        header, terms = self.scenario.header, self.platform_terms
        last_at = terms.start_of(header.slots + AFTER_SLOTS)
        done_slot = -1
        with uncollected():
            while self.open > 0 and (next_at := self.next_at) is not None and next_at <= last_at:
                self.calendar.at = next_at
                self.settle()
                slot = terms.slot_of(next_at)
                if slot != done_slot:
                    done_slot = slot
                    advance(min(1.0, slot / header.slots))
