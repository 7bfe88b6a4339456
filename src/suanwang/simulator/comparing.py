"""Policies side by side: the same scenario, the same seed, one run after the other."""

from collections.abc import Callable
from time import perf_counter
from typing import NamedTuple

import msgspec

from suanwang.clearing.by_prices import Settings
from suanwang.model.log import LogWriter
from suanwang.model.scenario import Scenario
from suanwang.simulator.figures import (
    Foresight,
    SimulatedReport,
    figures_of,
    foresee,
    report_of,
)
from suanwang.simulator.lived import Lived, live_outcome
from suanwang.simulator.memory_log import MemoryLog
from suanwang.simulator.simulation import Simulation, Terms
from suanwang.units.errors import Fault, InvariantBroken
from suanwang.units.rounding import exact_sum
from suanwang.units.text import Text

Advance = Callable[[float], None]


class Lives(NamedTuple):
    """One run: its plan and its report."""

    lived: Lived
    report: SimulatedReport


def foresight_of(scenario: Scenario, terms: Terms) -> Foresight:
    """The perfect-foresight bound, the same for every policy."""
    foresight, _ = foresee(scenario, Settings(terms.seed, terms.threads))
    return foresight


def live(
    scenario: Scenario,
    terms: Terms,
    foresight: Foresight | None,
    log: LogWriter | None = None,
    with_pooled: bool = False,
    advance: Advance = lambda share: None,
) -> Lives:
    """Lives through the scenario under one policy. `with_pooled`: once more with pools in one piece.

    Raises InvariantBroken where a run on whole slots beats the bound: then one of the two is wrong.
    """
    log = log or MemoryLog()
    began = perf_counter()
    simulation = Simulation(scenario, terms, log)
    simulation.run(advance)
    seconds = perf_counter() - began
    lived = live_outcome(simulation, terms.threads)
    pooled = None
    if with_pooled and terms.packing != "pooled":
        other = Simulation(scenario, msgspec.structs.replace(terms, packing="pooled"), MemoryLog())
        other.run()
        pooled = exact_sum(live_outcome(other, terms.threads).outcome.total_micro)
    digest = log.digest() if isinstance(log, MemoryLog) else ""
    figures = figures_of(simulation, lived, seconds, digest, foresight, pooled)
    check_bound(figures.regret.over_bound_micro if figures.regret else 0, terms, scenario)
    return Lives(lived, report_of(scenario, lived, figures))


def check_bound(over_micro: int, terms: Terms, scenario: Scenario) -> None:
    """Nothing that keeps to whole slots costs less than the bound, but for the rounding of its lines."""
    if terms.on_slots and over_micro < -2 * scenario.jobs.height:
        what = Text("a simulated run costs less than the bound", "推演费用低于下界")
        raise InvariantBroken([Fault(f"simulate --policy {terms.policy}", what, str(over_micro))])
