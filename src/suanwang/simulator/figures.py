"""The figures of a simulated run: the report of its plan, and what only living through it shows."""

from typing import Any

import msgspec

from suanwang import __version__
from suanwang.clearing.by_prices import Settings
from suanwang.clearing.clear import clear
from suanwang.model.result import Outcome, Report
from suanwang.model.scenario import Scenario
from suanwang.reports.indicators import make_report
from suanwang.simulator.forecasts import Forecast
from suanwang.simulator.lived import Lived
from suanwang.simulator.nodes import Packing
from suanwang.simulator.policies import Policy
from suanwang.simulator.simulation import Simulation, Terms
from suanwang.units.rounding import exact_sum


class Foresight(msgspec.Struct, frozen=True):
    """What clearing the whole scenario at once comes to, with everything known ahead."""

    cost_micro: int
    bound_micro: int
    gap: float | None
    served: int


class Regret(msgspec.Struct, frozen=True):
    """How much dearer the run was than the perfect-foresight bound, and than the perfect-foresight plan.

    `comparable`: the run kept to whole slots as plans do, so no run under any policy could beat the bound;
    otherwise jobs ended early or began within a slot, and the figures only tell the order of magnitude.
    """

    over_bound_micro: int
    over_bound: float | None
    over_plan_micro: int
    comparable: bool


class Waits(msgspec.Struct, frozen=True):
    """Seconds from the opening of its window to its start, over the jobs that were served."""

    mean_s: float
    p50_s: float
    p95_s: float
    most_s: float


class PackingLoss(msgspec.Struct, frozen=True):
    """What nodes cost: launches that no set of nodes could take, the time until those jobs were sent out
    again, and, where the run was repeated with pools in one piece, by how much that was cheaper."""

    packing: Packing
    sent_back: int
    waited_s: float
    cost_micro: int | None


class SimulationFigures(msgspec.Struct, frozen=True):
    """What only living through it shows. Money in micro-yuan; `charged_micro` is what users paid."""

    policy: Policy
    forecast: Forecast
    clear_every_slots: int
    states: dict[str, int]
    attempts: int
    moved: int
    back_to_queue: dict[str, int]
    charged_micro: int
    waits: Waits
    packing: PackingLoss
    clearings: int
    clearing_seconds: float
    events: int
    log_sha256: str
    seconds: float
    jobs_per_second: float
    foresight: Foresight | None
    regret: Regret | None


class SimulatedReport(Report, frozen=True, kw_only=True):
    """`report.json` of a simulation: that of `clear`, and `simulation`."""

    simulation: SimulationFigures


def foresee(scenario: Scenario, settings: Settings) -> tuple[Foresight, Outcome]:
    """Clears the whole scenario with everything known."""
    outcome = clear(scenario, "prices", settings)
    cost, bound = exact_sum(outcome.total_micro), outcome.bound_micro
    gap = (cost - bound) / bound if bound > 0 else None
    return Foresight(cost, bound, gap, int(outcome.served.sum())), outcome


def regret_of(cost_micro: int, foresight: Foresight, terms: Terms) -> Regret:
    """The run's cost against perfect foresight."""
    over = cost_micro - foresight.bound_micro
    share = over / foresight.bound_micro if foresight.bound_micro > 0 else None
    return Regret(over, share, cost_micro - foresight.cost_micro, terms.on_slots)


def waits_of(waits_s: list[float]) -> Waits:
    """Percentiles are the least wait that so many do not exceed."""
    if not waits_s:
        return Waits(0.0, 0.0, 0.0, 0.0)
    ordered = sorted(waits_s)
    p50, p95 = (ordered[-(-len(ordered) * share // 100) - 1] for share in (50, 95))
    return Waits(sum(ordered) / len(ordered), p50, p95, ordered[-1])


def figures_of(
    simulation: Simulation, lived: Lived, seconds: float, log_sha256: str, foresight: Foresight | None,
    pooled_cost_micro: int | None,
) -> SimulationFigures:  # fmt: skip
    """The figures of a run that has ended."""
    tally, terms = simulation.tally, simulation.terms
    cost = exact_sum(lived.outcome.total_micro)
    loss = None if pooled_cost_micro is None else cost - pooled_cost_micro
    return SimulationFigures(
        policy=terms.policy,
        forecast=terms.forecast,
        clear_every_slots=terms.clear_every,
        states=lived.states,
        attempts=tally.attempts,
        moved=tally.moved + tally.back.get("moved", 0),
        back_to_queue=dict(sorted(tally.back.items())),
        charged_micro=tally.charged_micro,
        waits=waits_of(lived.waits_s),
        packing=PackingLoss(
            terms.packing, tally.back.get("does_not_fit", 0), tally.packing_wait_us / 1e6, loss
        ),
        clearings=simulation.solver.cleared,
        clearing_seconds=simulation.solver.seconds,
        events=tally.events,
        log_sha256=log_sha256,
        seconds=seconds,
        jobs_per_second=simulation.scenario.jobs.height / max(seconds, 1e-9),
        foresight=foresight,
        regret=None if foresight is None else regret_of(cost, foresight, terms),
    )


def report_of(scenario: Scenario, lived: Lived, figures: SimulationFigures) -> SimulatedReport:
    """The report of a run."""
    plain = make_report(scenario, lived.outcome, __version__, None, lived.usage)
    seconds = {"simulate": figures.seconds - figures.clearing_seconds, "clear": figures.clearing_seconds}
    fields: dict[str, Any] = {name: getattr(plain, name) for name in plain.__struct_fields__}
    fields["seconds"] = seconds
    return SimulatedReport(**fields, simulation=figures)
