"""The live network as a scenario: the rows that events brought, over slots [from_slot, from_slot + slots).

A zone's signals for slots that nobody has published are those of the same hour of the day before, since a
tariff repeats daily; before the first published slot, those of the same hour of the first day.
"""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import polars as pl

from suanwang.model.scenario import Scenario, ScenarioHeader
from suanwang.model.scenario_tables import SCENARIO_TABLES
from suanwang.model.schema import Table
from suanwang.units.instants import local_time

if TYPE_CHECKING:
    from suanwang.engine.platform import Records, ZoneSignals

TABLES: dict[str, Table] = {table.name: table for table in SCENARIO_TABLES}
MINUTES_PER_DAY = 1440


def frame_of(name: str, rows: list[Any]) -> pl.DataFrame:
    """Records as the frame of a scenario's table: decimals read from their texts."""
    table = TABLES[name]
    kinds = {column.name: column.kind for column in table.columns}
    columns: dict[str, list[object]] = {column: [] for column in kinds}
    for row in rows:
        for column, kind in kinds.items():
            value = getattr(row, column, None)
            columns[column].append(float(value) if kind == "decimal" and value is not None else value)
    return pl.DataFrame(columns, schema=table.polars_schema)


def header_of(state: "Records", from_slot: int, slots: int) -> ScenarioHeader:
    """The scenario's header for a stretch of the platform's slots."""
    terms = state.terms
    assert terms is not None
    return ScenarioHeader(
        name=terms.name,
        start=local_time(terms.start_at) + timedelta(minutes=terms.slot_minutes * from_slot),
        slot_minutes=terms.slot_minutes,
        slots=slots,
        carbon_price_micro_per_kg=terms.carbon_price_micro_per_kg,
        data_cost_micro_per_gb_1000km=terms.data_cost_micro_per_gb_1000km,
        pack_margin=float(terms.pack_margin),
    )


def by_slot(zone: "ZoneSignals", from_slot: int, slots: int, slots_per_day: int) -> list[tuple[str, str]]:
    """(price, carbon) of each slot of the stretch, by the rule above."""
    known = zone.of_slot
    first = min(known)
    found: list[tuple[str, str]] = []
    for slot in range(from_slot, from_slot + slots):
        while slot not in known and slot - slots_per_day >= first:
            slot -= slots_per_day
        if slot not in known:
            same_hour = first + (slot - first) % slots_per_day
            slot = same_hour if same_hour in known else first
        found.append(known[slot])
    return found


def signal_frame(state: "Records", from_slot: int, slots: int) -> pl.DataFrame:
    """The table `signals` of the stretch."""
    assert state.terms is not None
    slots_per_day = max(1, MINUTES_PER_DAY // state.terms.slot_minutes)
    zones = sorted({centre.row.grid_zone for centre in state.centres.values()})
    price: list[float] = []
    carbon: list[float] = []
    for zone in zones:
        for one in by_slot(state.signals[zone], from_slot, slots, slots_per_day):
            price.append(float(one[0]))
            carbon.append(float(one[1]))
    return pl.DataFrame(
        {
            "grid_zone": [zone for zone in zones for _ in range(slots)],
            "slot": [slot for _ in zones for slot in range(slots)],
            "price_micro_per_kwh": price,
            "carbon_g_per_kwh": carbon,
        },
        schema=TABLES["signals"].polars_schema,
    )


def scenario_of(state: "Records", from_slot: int, slots: int) -> Scenario:
    """The network as a scenario without jobs; its slot 0 is the platform's `from_slot`."""
    pools = [pool for centre in state.centres.values() for pool in centre.pools]
    # a pool that left keeps its outages, for when it comes back
    there = {pool.pool for pool in pools}
    outages = [
        msgspec.structs.replace(
            one, from_slot=max(0, one.from_slot - from_slot), to_slot=min(slots, one.to_slot - from_slot)
        )
        for one in state.outages
        if one.to_slot > from_slot and one.from_slot < from_slot + slots and one.pool in there
    ]
    return Scenario(
        header=header_of(state, from_slot, slots),
        centres=frame_of("centres", [centre.row for centre in state.centres.values()]),
        pools=frame_of("pools", pools),
        devices=frame_of("devices", []),
        signals=signal_frame(state, from_slot, slots),
        green=frame_of("green", []),
        regions=frame_of("regions", list(state.regions.values())),
        links=frame_of("links", list(state.links.values())),
        outages=frame_of("outages", outages),
        pairings=frame_of("pairings", []),
        jobs=frame_of("jobs", []),
    )
