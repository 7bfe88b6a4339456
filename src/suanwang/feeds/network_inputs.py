"""A scenario's network as inputs of a live platform: its terms, tariffs and centres, row by row.

Decimals go as the shortest text that reads back as the same value, which is the decimal of the file.
"""

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import polars as pl

from suanwang.engine.inputs import DeclareOutage, EnrolCentre, OpenNetwork, PublishSignals
from suanwang.model.network import (
    CentreRow,
    LinkRow,
    Outage,
    PairingRow,
    PoolRow,
    RegionRow,
    Signals,
    Terms,
)
from suanwang.model.scenario import Scenario
from suanwang.units.instants import EPOCH

TEXTS_REMEMBERED = 4096
"""Tariffs and carbon factors come again from day to day."""
SetUp = OpenNetwork | PublishSignals | EnrolCentre | DeclareOutage


@lru_cache(TEXTS_REMEMBERED)
def decimal_text(value: float) -> str:
    """The decimal that the value stands for: `1.25`, `3`, `0.000001`."""
    return format(value, ".17g") if float(format(value, ".15g")) != value else format(value, ".15g")


def rows_of(frame: pl.DataFrame, row_type: type[Any]) -> list[Any]:
    """The rows of a table as records."""
    names = [name for name in row_type.__struct_fields__ if name in frame.columns]
    texts = {name for name in names if frame.schema[name] == pl.Float64}
    return [
        row_type(
            **{
                name: decimal_text(value) if name in texts and value is not None else value
                for name, value in zip(names, values, strict=True)
            }
        )
        for values in frame.select(names).iter_rows()
    ]


def pairing_rows(frame: pl.DataFrame) -> tuple[PairingRow, ...]:
    """Pairings; a quota counts whole device-hours."""
    return tuple(
        PairingRow(
            from_region=row["from_region"],
            to_hub=row["to_hub"],
            discount_bp=row["discount_bp"],
            quota_device_hours=None if row["quota_device_hours"] is None else int(row["quota_device_hours"]),
            from_slot=row["from_slot"],
            to_slot=row["to_slot"],
        )
        for row in frame.iter_rows(named=True)
    )


def network_inputs(
    scenario: Scenario, horizon_slots: int | None = None, reserve_slots: int | None = None
) -> Iterator[SetUp]:
    """Everything that opens a platform on this network, in order."""
    header = scenario.header
    horizon = horizon_slots or min(header.slots, 168 * 60 // header.slot_minutes)
    reserve = min(horizon, 24 * 60 // header.slot_minutes) if reserve_slots is None else reserve_slots
    terms = Terms(
        name=header.name,
        start_at=(header.start - EPOCH).days * 86_400_000_000 + (header.start - EPOCH).seconds * 1_000_000,
        slot_minutes=header.slot_minutes,
        horizon_slots=horizon,
        reserve_slots=reserve,
        carbon_price_micro_per_kg=header.carbon_price_micro_per_kg,
        data_cost_micro_per_gb_1000km=header.data_cost_micro_per_gb_1000km,
        pack_margin=decimal_text(header.pack_margin),
    )
    yield OpenNetwork(
        "network/open",
        terms,
        tuple(rows_of(scenario.regions, RegionRow)),
        tuple(rows_of(scenario.links, LinkRow)),
        pairing_rows(scenario.pairings),
    )
    yield PublishSignals("network/signals", tuple(signals_of(scenario)))
    pools: dict[str, list[PoolRow]] = {}
    for pool in rows_of(scenario.pools, PoolRow):
        pools.setdefault(pool.centre, []).append(pool)
    for centre in rows_of(scenario.centres, CentreRow):
        yield EnrolCentre(f"network/enrol/{centre.centre}", centre, tuple(pools.get(centre.centre, ())))
    for number, outage in enumerate(rows_of(scenario.outages, Outage)):
        yield DeclareOutage(f"network/outage/{number}", outage)


def signals_of(scenario: Scenario) -> Iterator[Signals]:
    """The signals of each zone, all its slots."""
    ordered = scenario.signals.sort("grid_zone", "slot")
    for (zone,), part in ordered.group_by("grid_zone", maintain_order=True):
        yield Signals(
            zone=str(zone),
            from_slot=0,
            price_micro_per_kwh=tuple(decimal_text(value) for value in part["price_micro_per_kwh"]),
            carbon_g_per_kwh=tuple(decimal_text(value) for value in part["carbon_g_per_kwh"]),
        )
