"""The problem of a live clearing, as a scenario: who waits or may still move, on what is not fixed.

Running attempts and reservations that start before the clearing's first slot are fixed and leave the
capacity. Priority classes clear highest first, each on what the ones above left.
"""

from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl

from suanwang.engine.network_frames import TABLES, scenario_of
from suanwang.engine.platform import Job, Platform
from suanwang.model.job import Shape
from suanwang.model.scenario import Scenario
from suanwang.model.scenario_tables import MICRO_MOST
from suanwang.units.rounding import Int64Array

JOBS_MOST = 200_000
"""So many jobs are cleared at once, those of higher priority and those that came earlier first."""
VALUE_OF_CHEAPEST = 10
"""A job without a highest price is worth this many times its cheapest cost."""


class ClearingRequest(NamedTuple):
    """`network`: the scenario without jobs, what is fixed taken off. `classes`: jobs tables, highest first.

    `prices`: last scarcity prices by pool, from the request's first slot.
    """

    serial: int
    from_slot: int
    network: Scenario
    classes: tuple[pl.DataFrame, ...]
    prices: dict[str, tuple[int, ...]]


def clearing_request(platform: Platform) -> ClearingRequest:
    """The request of the clearing under way."""
    state, terms = platform.state, platform.terms
    assert state.clearing is not None
    first = state.cleared_slot
    slots = min(terms.horizon_slots, platform.ground.from_slot + platform.ground.slots - first)
    movable = [
        (name, attempt.job, attempt)
        for centre in state.centres.values()
        for name in centre.attempts
        if (attempt := state.attempts[name]).state == "reserved" and attempt.figures.from_slot >= first
    ]
    ground = platform.ground
    begin = first - ground.from_slot
    taken = ground.taken_milli[:, begin : begin + slots].copy()
    for _, _, attempt in movable:
        figures = attempt.figures
        row = ground.row_of[figures.pool]
        taken[row, figures.from_slot - first : max(0, figures.to_slot - first)] -= attempt.milli
    closed = [row for row, centre in enumerate(ground.centre_of) if not ground.open[centre]]
    taken[closed] = ground.capacity_milli[closed, begin : begin + slots]
    network = without(scenario_of(state, first, slots), ground.pools, taken)
    names = [name for name, job in state.jobs.items() if job.state == "queued"]
    names += [job for _, job, _ in movable]
    names.sort(key=lambda name: (-state.jobs[name].priority, state.jobs[name].sequence))
    return ClearingRequest(
        state.clearing,
        first,
        network,
        job_classes(platform, names[:JOBS_MOST], first, slots),
        last_prices(platform, first),
    )


def without(network: Scenario, pools: list[str], taken_milli: Int64Array) -> Scenario:
    """The network with `taken_milli` (pool, slot) taken off, as outages: one for each run of equal slots."""
    rows: list[tuple[str, int, int, float]] = []
    for pool, line in zip(pools, taken_milli, strict=True):
        edges = np.flatnonzero(np.diff(line)) + 1
        for begin, end in zip([0, *edges.tolist()], [*edges.tolist(), len(line)], strict=True):
            if line[begin] > 0:
                rows.append((pool, begin, end, int(line[begin]) / 1000))
    more = pl.DataFrame(rows, schema=TABLES["outages"].polars_schema, orient="row")
    return msgspec.structs.replace(network, outages=pl.concat([network.outages, more]))


def job_classes(platform: Platform, names: list[str], first: int, slots: int) -> tuple[pl.DataFrame, ...]:
    """The jobs that still fit the stretch, a table for each priority; `names`: highest first."""
    of_priority: dict[int, list[tuple[object, ...]]] = {}
    options: dict[int, str] = {}
    cheapest: dict[int, int] = {}
    for name in names:
        job = platform.state.jobs[name]
        shape = platform.shape_of(job)
        if job.shape not in options:
            options[job.shape] = option_text(shape, platform.terms.slot_s)
            cheapest[job.shape] = platform.ground.cheapest_micro(shape)
        row = job_row(platform, name, job, shape, options[job.shape], cheapest[job.shape], first, slots)
        if row is not None:
            of_priority.setdefault(job.priority, []).append(row)
    schema = TABLES["jobs"].polars_schema
    return tuple(
        pl.DataFrame(rows, schema=schema, orient="row")
        for _, rows in sorted(of_priority.items(), reverse=True)
    )


def option_text(shape: Shape, slot_s: int) -> str:
    """The shape's alternatives in the grammar of the jobs table: limits rounded up to slots."""
    return ";".join(
        f"{one.device}:{one.units_milli / 1000:g}x{one.nodes}:{-(-one.limit_s // slot_s)}"
        for one in shape.alternatives
    )


def job_row(
    platform: Platform, name: str, job: Job, shape: Shape, options: str, cheapest: int, first: int, slots: int
) -> tuple[object, ...] | None:
    """The job's row of the table; None where its window is too short for the stretch."""
    terms = platform.terms
    wait_us = max(0, job.not_before_at - terms.start_at)
    release = max(0, -(-wait_us // terms.slot_us) - first)
    deadline = slots if job.deadline_at is None else min(slots, terms.slot_of(job.deadline_at) - first)
    if deadline - release < -(-shape.shortest_s // terms.slot_s):
        return None
    quota = platform.state.quotas.get(job.enterprise)
    value = job.max_price_micro if job.max_price_micro is not None else VALUE_OF_CHEAPEST * cheapest
    value = min(value * (quota.weight if quota else 1), MICRO_MOST)
    rtt = shape.max_rtt_us / 1000 if shape.max_rtt_us else None
    return (
        name, release, deadline, options, shape.region, shape.data_region or None, shape.in_nano_gb / 1e9,
        shape.out_nano_gb / 1e9, rtt, shape.min_grade, ";".join(shape.residency) or None, value,
        job.enterprise,
    )  # fmt: skip


def last_prices(platform: Platform, first: int) -> dict[str, tuple[int, ...]]:
    """The published scarcity prices from slot `first` on."""
    return {
        pool: by_slot[max(0, first - begin) :]
        for pool, (begin, by_slot) in platform.state.prices.items()
        if by_slot
    }
