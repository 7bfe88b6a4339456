"""The bound once more, slowly: straight from the scenario's tables and the definition, in exact fractions.

    bound(λ) = Σ_j min(v[j], min over (o,r,s) of cost[j,o,r,s] + q[j,o]·Σ λ[r,t]) − Σ_{r,t} λ[r,t]·cap[r,t]

It shares nothing with the compiled problem but the links, so it is the oracle of the fast one. For small
scenarios: it loops over every job, option, pool and start.
"""

import math
from fractions import Fraction
from typing import Any

import msgspec
import numpy as np

from suanwang.model.scenario import Scenario
from suanwang.network.links import link_tables
from suanwang.units.rounding import Int64Array

NANO = 1000
"""nano-yuan in a micro-yuan; micro-yuan per device are nano-yuan per milli-device."""


class PlainPool(msgspec.Struct, frozen=True):
    """One pool as Python numbers. `unit_micro`, `capacity_milli`: by slot."""

    device: str
    centre: int
    region: str
    security_grade: int
    node_milli: int
    unit_micro: list[int]
    capacity_milli: list[int]


class PlainJob(msgspec.Struct, frozen=True):
    """One job as Python numbers. `options`: (device, node milli, milli, slots)."""

    row: dict[str, Any]
    options: list[tuple[str, int, int, int]]
    rtt_ms: list[float]
    arrive: list[int]
    leave: list[int]
    data_micro: list[int]


def decimal(value: float) -> Fraction:
    """The decimal that a float64 stands for: its shortest form."""
    return Fraction(repr(float(value)))


def plain_pools(scenario: Scenario) -> list[PlainPool]:
    """The pools with their unit costs and capacities, from the definitions."""
    header = scenario.header
    hours = Fraction(header.slot_minutes, 60)
    signals = {
        (row["grid_zone"], row["slot"]): (
            decimal(row["price_micro_per_kwh"]),
            decimal(row["carbon_g_per_kwh"]),
        )
        for row in scenario.signals.iter_rows(named=True)
    }
    centres = {
        row["centre"]: (index, row) for index, row in enumerate(scenario.centres.iter_rows(named=True))
    }
    margin = Fraction(round(header.pack_margin * 10**9), 10**9)
    pools: list[PlainPool] = []
    for pool in scenario.pools.iter_rows(named=True):
        index, centre = centres[pool["centre"]]
        kwh = decimal(pool["power_w_per_device"]) * decimal(centre["pue"]) * hours / 1000
        compute = round(hours * pool["price_micro_per_device_hour"])
        units: list[int] = []
        capacity: list[int] = []
        for slot in range(header.slots):
            price, carbon_g = signals[centre["grid_zone"], slot]
            carbon = round(kwh * carbon_g / 1000 * header.carbon_price_micro_per_kg)
            units.append(compute + round(kwh * price) + carbon)
            lost = sum(
                (
                    decimal(outage["devices_lost"])
                    for outage in scenario.outages.iter_rows(named=True)
                    if outage["pool"] == pool["pool"] and outage["from_slot"] <= slot < outage["to_slot"]
                ),
                start=Fraction(0),
            )
            there = max(Fraction(0), decimal(pool["devices"]) - lost) * 1000
            capacity.append(math.floor(there * (1 - margin)))
        pools.append(
            PlainPool(
                device=pool["device"],
                centre=index,
                region=centre["region"],
                security_grade=centre["security_grade"],
                node_milli=int(decimal(pool["devices_per_node"]) * 1000),
                unit_micro=units,
                capacity_milli=capacity,
            )
        )
    return pools


def plain_options(text: str) -> list[tuple[str, int, int, int]]:
    """`A100:8x2:4` as (device, milli-devices of a node, milli-devices, slots), for each alternative."""
    options: list[tuple[str, int, int, int]] = []
    for part in text.split(";"):
        device, units, slots = part.strip().split(":")
        per_node, _, nodes = units.partition("x")
        node_milli = int(Fraction(per_node) * 1000)
        options.append((device, node_milli, node_milli * int(nodes or 1), int(slots)))
    return options


def plain_jobs(scenario: Scenario) -> list[PlainJob]:
    """The jobs with their links to every centre."""
    jobs = list(scenario.jobs.iter_rows(named=True))
    codes = sorted({row["region"] for row in jobs} | {row["data_region"] or row["region"] for row in jobs})
    links = link_tables(scenario, codes)
    place = {code: index for index, code in enumerate(codes)}
    plain: list[PlainJob] = []
    for row in jobs:
        target, source = place[row["region"]], place[row["data_region"] or row["region"]]
        in_nano_gb, out_nano_gb = (round(decimal(row[name]) * 10**9) for name in ("gb_in", "gb_out"))
        centres = range(scenario.centres.height)

        def slots(nano_gb: int, link: int) -> list[int]:
            carried = [int(links.slot_nano_gb[link, c]) for c in centres]  # noqa: B023
            return [-(-nano_gb // amount) if amount else 0 for amount in carried]

        plain.append(
            PlainJob(
                row=row,
                options=plain_options(row["options"]),
                rtt_ms=links.rtt_ms[target].tolist(),
                arrive=slots(in_nano_gb, source),
                leave=slots(out_nano_gb, target),
                data_micro=[
                    round(
                        Fraction(
                            in_nano_gb * int(links.cost_femto_per_gb[source, c])
                            + out_nano_gb * int(links.cost_femto_per_gb[target, c]),
                            10**18,
                        )
                    )
                    for c in centres
                ],
            )
        )
    return plain


def admits(pool: PlainPool, job: PlainJob, option: tuple[str, int, int, int]) -> bool:
    """Whether class, node, largest capacity, grade, residency and latency allow the option in the pool."""
    device, node_milli, milli, _ = option
    prefixes = [prefix.strip() for prefix in (job.row["residency"] or "").split(";") if prefix.strip()]
    limit = job.row["max_rtt_ms"]
    return (
        device == pool.device
        and node_milli <= pool.node_milli
        and milli <= max(pool.capacity_milli)
        and (job.row["min_security_grade"] or 0) <= pool.security_grade
        and (not prefixes or any(pool.region.startswith(prefix) for prefix in prefixes))
        and (limit is None or job.rtt_ms[pool.centre] <= limit)
    )


def recompute_bound(scenario: Scenario, price_micro: Int64Array) -> int:
    """`bound_micro` of prices (pool, slot) in micro-yuan: rounded down, less 2 for each fractional job."""
    prices = np.asarray(price_micro).tolist()
    pools = plain_pools(scenario)
    bound_nano, fractional = 0, 0
    for job in plain_jobs(scenario):
        least = job.row["value_micro"] * NANO
        for option in job.options:
            milli, slots = option[2:]
            for pool, price in zip(pools, prices, strict=True):
                if not admits(pool, job, option):
                    continue
                first = job.row["release_slot"] + job.arrive[pool.centre]
                last = job.row["deadline_slot"] - job.leave[pool.centre] - slots
                for start in range(first, last + 1):
                    window = slice(start, start + slots)
                    per_milli = sum(pool.unit_micro[window]) + sum(price[window])
                    least = min(least, milli * per_milli + NANO * job.data_micro[pool.centre])
        bound_nano += least
        fractional += any(option[2] % 1000 for option in job.options)
    for pool, price in zip(pools, prices, strict=True):
        bound_nano -= sum(cap * each for cap, each in zip(pool.capacity_milli, price, strict=True))
    return bound_nano // NANO - 2 * fractional
