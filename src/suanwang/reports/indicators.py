"""The figures of `report.json`, from a scenario and the outcome of its clearing.

Energy and carbon are physical quantities in float64; money is integer micro-yuan, summed exactly.
"""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.model.result import REASONS, Outcome, RegionLine, Report
from suanwang.model.scenario import Scenario
from suanwang.reports.places import provinces_of
from suanwang.reports.scarcity import scarcity_of
from suanwang.reports.usage import MILLI, Usage, measure
from suanwang.units.rounding import Int64Array, exact_sum
from suanwang.units.text import Text

NO_CONTRACTS = Text(
    "Carbon by the market-based method equals the location-based figure: the scenario has no green contracts "
    "in use, so every kWh carries its grid zone's factor.",
    "市场法碳排放等于位置法：本场景未使用绿电合同，每千瓦时都按所在电网因子计。",
)
GREEN_UNUSED = Text(
    "The scenario's green supply is not used yet; its share is not reported.",
    "场景中的绿电供应暂未参与出清，绿电占比不予报告。",
)


def make_report(
    scenario: Scenario,
    outcome: Outcome,
    version: str,
    beside: Outcome | None = None,
    usage: Usage | None = None,
) -> Report:
    """The report of an outcome. `beside` is the `fcfs` outcome on the same scenario, if there is one.

    `usage` saves measuring again where the caller has it. Energy is IT × PUE: `energy_wh` of placed work,
    `idle_energy_wh` of available devices without work; carbon is that of `energy_wh`. Waits are slots from
    release to start of served jobs; the 50 % wait is the least that half of them do not exceed.
    Utilisation is busy over available device-slots, 0 where none are available.
    """
    usage = measure(scenario, outcome) if usage is None else usage
    served = outcome.served
    cost = exact_sum(outcome.total_micro)
    bound = outcome.bound_micro
    energy_wh, idle_wh, carbon_g = energy_and_carbon(scenario, usage)
    count_by_reason = np.bincount(outcome.reason[~served], minlength=len(REASONS))
    waits = wait_counts(scenario, outcome)
    fcfs_cost = exact_sum(beside.total_micro) if beside is not None else None
    excess = fcfs_cost - bound if fcfs_cost is not None else 0
    return Report(
        name=scenario.header.name,
        method=outcome.method,
        seed=outcome.seed,
        version=version,
        jobs=len(served),
        served=int(served.sum()),
        unserved=int((~served).sum()),
        unserved_by_reason={
            str(reason): int(count) for reason, count in zip(REASONS, count_by_reason, strict=True) if count
        },
        cost_micro=cost,
        compute_micro=exact_sum(outcome.compute_micro),
        energy_micro=exact_sum(outcome.energy_micro),
        carbon_micro=exact_sum(outcome.carbon_micro),
        data_micro=exact_sum(outcome.data_micro),
        unserved_value_micro=exact_sum(outcome.total_micro[~served]),
        bound_micro=bound,
        bound_uncapacitated_micro=outcome.bound_uncapacitated_micro,
        gap=(cost - bound) / bound if bound > 0 else None,
        price_loss_micro=outcome.price_loss_micro,
        place_loss_micro=outcome.place_loss_micro,
        seconds=dict(outcome.seconds),
        energy_wh=energy_wh,
        idle_energy_wh=idle_wh,
        carbon_location_g=carbon_g,
        carbon_market_g=carbon_g,
        green_share=None,
        wait_slots_p50=wait_percentile(waits, 50),
        wait_slots_p95=wait_percentile(waits, 95),
        utilisation=dict(zip(scenario.pools["pool"].to_list(), utilisation(usage), strict=True)),
        by_region=by_region(scenario, outcome, usage),
        notes=[*outcome.notes, NO_CONTRACTS, *([GREEN_UNUSED] if scenario.green.height else [])],
        fcfs_cost_micro=fcfs_cost,
        excess_removed=(fcfs_cost - cost) / excess if fcfs_cost is not None and excess > 0 else None,
        scarcity=scarcity_of(scenario, outcome, usage),
        held_to_gap=outcome.held_to_gap,
    )


def energy_and_carbon(scenario: Scenario, usage: Usage) -> tuple[float, float, float]:
    """Wh of placed work, Wh of idle devices, and g CO2 of the first at the factor of each zone and slot."""
    hours = scenario.header.slot_minutes / 60
    kwh_per_milli = usage.facility_kw * hours / MILLI
    busy = usage.busy_milli.sum(axis=1) * kwh_per_milli
    idle = usage.idle_milli.sum(axis=1) * usage.facility_idle_kw * hours / MILLI
    return float(busy.sum() * 1000), float(idle.sum() * 1000), float(carbon_by_pool(scenario, usage).sum())


def carbon_by_pool(scenario: Scenario, usage: Usage) -> NDArray[np.float64]:
    """(pool,) g CO2 of placed work, location-based."""
    hours = scenario.header.slot_minutes / 60
    carbon = np.zeros(len(usage.zone))
    for zone, factor_g in enumerate(usage.signals.carbon_g_per_kwh):
        rows = np.flatnonzero(usage.zone == zone)
        carbon[rows] = usage.busy_milli[rows] @ factor_g * usage.facility_kw[rows] * hours / MILLI
    return carbon


def utilisation(usage: Usage) -> list[float]:
    """(pool,) busy over available device-slots."""
    busy, available = usage.busy_milli.sum(axis=1), usage.available_milli.sum(axis=1)
    return (busy / np.maximum(available, 1)).tolist()


def wait_counts(scenario: Scenario, outcome: Outcome) -> Int64Array:
    """(wait,) number of served jobs that start so many slots after their release."""
    served = outcome.served
    waits = outcome.start_slot[served] - scenario.jobs["release_slot"].to_numpy()[served]
    return np.bincount(waits, minlength=1).astype(np.int64)


def wait_percentile(counts: Int64Array, percent: int) -> float | None:
    """The least wait that at least `percent` of the jobs do not exceed; None without jobs."""
    total = int(counts.sum())
    if total == 0:
        return None
    return float(np.searchsorted(np.cumsum(counts) * 100, total * percent))


def sums_by(groups: NDArray[np.int32], values: Int64Array, count: int) -> list[int]:
    """Σ values for each group, as Python integers, exact whatever the size."""
    high, low = np.zeros(count, np.int64), np.zeros(count, np.int64)
    np.add.at(high, groups, values >> 32)
    np.add.at(low, groups, values & 0xFFFFFFFF)
    return [(int(top) << 32) + int(rest) for top, rest in zip(high, low, strict=True)]


def group_index(column: pl.Series) -> tuple[list[str], Int64Array]:
    """The distinct values of a column, sorted, and the index of each row's value among them."""
    names = column.unique().sort()
    return names.to_list(), column.cast(pl.Enum(names)).to_physical().to_numpy().astype(np.int64)


def by_region(scenario: Scenario, outcome: Outcome, usage: Usage) -> dict[str, RegionLine]:
    """The jobs of each region of users, in the order of the codes."""
    regions, region = scenario.job_regions.codes, scenario.job_regions.user
    if not regions:
        return {}
    served, count = outcome.served, len(regions)
    homes = provinces_of(pl.Series(regions, dtype=pl.String))
    names, code = group_index(pl.concat([homes, usage.province]))
    away = (
        served & (code[:count][region] != code[count:][np.where(served, outcome.pool, 0)])
        if names
        else served
    )
    milli_slots = np.bincount(region, usage.job_milli * usage.job_slots, count)
    hours = scenario.header.slot_minutes / 60
    jobs = np.bincount(region, minlength=count)
    placed = np.bincount(region, served, count)
    elsewhere = np.bincount(region, away, count)
    costs = sums_by(region, outcome.total_micro, count)
    return {
        name: RegionLine(
            jobs=int(jobs[i]),
            served=int(placed[i]),
            cost_micro=costs[i],
            device_hours=float(milli_slots[i]) * hours / MILLI,
            served_away=int(elsewhere[i]),
        )
        for i, name in enumerate(regions)
        if jobs[i]
    }
