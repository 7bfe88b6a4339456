"""What came of a simulation, as a plan with its costs: the columns of a result folder.

A job that ran is served: its place, the slots it touched, and what all its attempts cost by the second, at
the true signals of the scenario, whatever was forecast. A job that did not end well is unserved at its value.
"""

from typing import NamedTuple

import msgspec
import numpy as np

from suanwang.clearing.clear import GREEN_NOTE, bounds_at
from suanwang.clearing.compile import compile_problem
from suanwang.energy.unit_parts import unit_parts
from suanwang.model.result import REASONS, Outcome, Reason
from suanwang.reports.usage import Usage, measure
from suanwang.simulator.machine import OPEN
from suanwang.simulator.simulation import Simulation
from suanwang.units.rounding import Int64Array, exact_sum, half_even
from suanwang.units.text import Text

REASON_OF_RULE: dict[str, Reason] = {
    "device": "class", "size": "size", "grade": "grade", "residency": "residency", "latency": "latency",
    "window": "window",
}  # fmt: skip
"""Which reason of a plan a rule of admission stands for."""
LIVE_NOTE = Text(
    "Lived through, not planned: each job was placed when it arrived, by what was known then. The prices are "
    "those published as time went by; the bound is that of these prices on all jobs at once.",
    "实时推演：每个作业到达时按当时所知安排。价格为逐时发布的紧缺价；下界为这些价格在全体作业上的下界。",
)


class Part(NamedTuple):
    """A stretch of running: row of the pool, milli-devices, [from, to) in microseconds from the start."""

    job: int
    row: int
    milli: int
    from_us: int
    to_us: int


class Lived(msgspec.Struct, frozen=True):
    """The plan, what it used, and which jobs came to what."""

    outcome: Outcome
    usage: Usage
    waits_s: list[float]
    states: dict[str, int]


def parts_of(simulation: Simulation, rows: dict[str, int]) -> list[Part]:
    """Every stretch of running on every machine, in the order of the centres."""
    start_at = simulation.platform_terms.start_at
    jobs = simulation.writer.platform.state.jobs
    number = {name: row for row, name in enumerate(simulation.scenario.jobs["job"].to_list())}
    found: list[Part] = []
    for centre in simulation.centres.values():
        for attempt, run in centre.machine.runs.items():
            job = number[jobs[attempt.rpartition(".")[0]].name]
            for from_at, to_at in run.spans:
                end_at = simulation.calendar.at if to_at == OPEN else to_at
                milli = run.launch.resources.milli
                found.append(Part(job, rows[run.launch.pool], milli, from_at - start_at, end_at - start_at))
    return found


def live_outcome(simulation: Simulation, threads: int) -> Lived:
    """The plan of a run that has ended."""
    tally = simulation.tally
    scenario, state = simulation.scenario, simulation.writer.platform.state
    terms, count = simulation.platform_terms, simulation.scenario.jobs.height
    number = {name: row for row, name in enumerate(scenario.jobs["job"].to_list())}
    rows = {pool: row for row, pool in enumerate(scenario.pools["pool"].to_list())}
    option, pool, start, end = (np.full(count, -1, np.int32) for _ in range(4))
    reason = np.full(count, REASONS.index("full"), np.int8)
    states = {"refused": 0}
    waits_s: list[float] = []
    release = scenario.jobs["release_slot"].to_list()
    for job in state.jobs.values():
        states[job.state] = states.get(job.state, 0) + 1
    for name, job in state.jobs.items():
        row = number[job.name]
        attempt = state.attempts.get(f"{name}.{job.last}")
        if job.state != "succeeded" or attempt is None or attempt.started_at is None:
            continue
        assert attempt.ended_at is not None
        reason[row] = 0
        option[row], pool[row] = attempt.figures.alternative, rows[attempt.figures.pool]
        start[row] = terms.slot_of(attempt.started_at)
        end[row] = max(start[row] + 1, terms.slot_of(attempt.ended_at - 1) + 1)
        waits_s.append((attempt.started_at - terms.start_of(release[row])) / 1e6)
    for name, rule in tally.refused.items():
        reason[number[name]] = REASONS.index(REASON_OF_RULE.get(rule, "full"))
        states["refused"] += 1
    parts = parts_of(simulation, rows)
    money = cost_of(simulation, parts, count)
    data = data_of(simulation, number, count)
    served = pool >= 0
    compute, energy, carbon = money
    total = np.where(served, compute + energy + carbon + data, scenario.jobs["value_micro"].to_numpy())
    nothing = np.int64(0)
    problem = compile_problem(scenario)
    columns = np.ascontiguousarray(tally.price_micro[problem.supply.column_pool].T)
    bound, free = bounds_at(problem, threads, columns, np.zeros_like(columns))
    # what attempts of unserved jobs used is money spent beside the plan's lines
    spent = exact_sum(np.where(served, nothing, compute + energy + carbon + data))
    fractional = int(problem.demand.fractional.sum())
    bound_micro = bound.published_micro(fractional)
    outcome = Outcome(
        method="live", seed=simulation.terms.seed, option=option, pool=pool, start_slot=start, end_slot=end,
        compute_micro=np.where(served, compute, nothing), energy_micro=np.where(served, energy, nothing),
        carbon_micro=np.where(served, carbon, nothing), data_micro=np.where(served, data, nothing),
        total_micro=total, reason=reason, price_micro=tally.price_micro, bound_micro=bound_micro,
        bound_uncapacitated_micro=free.published_micro(fractional), price_loss_micro=0,
        place_loss_micro=exact_sum(total) - bound_micro, seconds={},
        notes=((GREEN_NOTE,) if scenario.green.height else ()) + (LIVE_NOTE,) + wasted_note(spent),
    )  # fmt: skip
    usage = msgspec.structs.replace(measure(scenario, outcome), busy_milli=busy_of(simulation, parts))
    return Lived(outcome, usage, waits_s, states)


def wasted_note(spent_micro: int) -> tuple[Text, ...]:
    """What attempts of jobs that did not end well cost, where they did."""
    if not spent_micro:
        return ()
    yuan = f"{spent_micro / 1e6:,.2f}"
    return (
        Text(
            f"Attempts of jobs that did not end well used {yuan} CNY of compute, electricity and carbon; "
            "that is not in the cost, which counts such a job at its value.",
            f"未成功作业的运行另耗算力、电力与碳 {yuan} 元，未计入费用（此类作业按其价值计）。",
        ),
    )


def cost_of(
    simulation: Simulation, parts: list[Part], count: int
) -> tuple[Int64Array, Int64Array, Int64Array]:
    """(job,) compute, energy and carbon of all that ran, micro-yuan, each rounded once."""
    scenario, slot_us = simulation.scenario, simulation.platform_terms.slot_us
    unit = unit_parts(scenario)
    last = scenario.header.slots - 1
    compute_of: list[int] = unit.compute.tolist()
    energy_of: list[list[int]] = unit.energy.tolist()
    carbon_of: list[list[int]] = unit.carbon.tolist()
    sums = [[0] * count for _ in range(3)]
    for part in parts:
        energy = carbon = 0
        slot, at_us = part.from_us // slot_us, part.from_us
        while at_us < part.to_us:
            until_us = min(part.to_us, (slot + 1) * slot_us)
            held = until_us - at_us
            energy += energy_of[part.row][min(slot, last)] * held
            carbon += carbon_of[part.row][min(slot, last)] * held
            slot, at_us = slot + 1, until_us
        sums[0][part.job] += compute_of[part.row] * (part.to_us - part.from_us) * part.milli
        sums[1][part.job] += energy * part.milli
        sums[2][part.job] += carbon * part.milli
    divisor = 1000 * slot_us
    compute, energy, carbon = (
        np.array([half_even(value, divisor) for value in one], np.int64) for one in sums
    )
    return compute, energy, carbon


def data_of(simulation: Simulation, number: dict[str, int], count: int) -> Int64Array:
    """(job,) what moving the data of each attempt that ran cost, micro-yuan."""
    data = np.zeros(count, np.int64)
    state = simulation.writer.platform.state
    for attempt in state.attempts.values():
        if attempt.started_at is not None:
            data[number[state.jobs[attempt.job].name]] += attempt.figures.data_micro
    return data


def busy_of(simulation: Simulation, parts: list[Part]) -> Int64Array:
    """(pool, slot) milli-devices that ran, averaged over the slot."""
    scenario, slot_us = simulation.scenario, simulation.platform_terms.slot_us
    busy_us = np.zeros((scenario.pools.height, scenario.header.slots), np.float64)
    for part in parts:
        slot, at_us = part.from_us // slot_us, part.from_us
        while at_us < part.to_us and slot < scenario.header.slots:
            until_us = min(part.to_us, (slot + 1) * slot_us)
            busy_us[part.row, slot] += (until_us - at_us) * part.milli
            slot, at_us = slot + 1, until_us
    return np.rint(busy_us / slot_us).astype(np.int64)
