"""The network of the demonstration: four places of the reference network, with its tariffs, by the minute.

Places, prices, power, tariffs, carbon and links are the reference figures (docs/national-network.md); only
the number of devices is this machine's.
"""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
import polars as pl

from suanwang.feeds.draws import Dice
from suanwang.feeds.reference.book import Book, board_power_milliwatt, micro, read_book
from suanwang.feeds.reference.hardware import devices_table
from suanwang.feeds.reference.links import links_table, pairings_table
from suanwang.feeds.reference.signals import signals_table
from suanwang.feeds.reference.sites import seat_centres, user_regions
from suanwang.feeds.scenario_writer import write_scenario
from suanwang.model.scenario import Scenario, ScenarioHeader
from suanwang.model.scenario_tables import GREEN, JOBS, OUTAGES, POOLS

SEATED = 300
HOURS = 48
SLOTS_PER_HOUR = 60


class Seat(NamedTuple):
    """A centre of the demonstration: its devices by class, devices in a node, the programmes that list it."""

    centre: str
    devices: dict[str, tuple[int, int]]
    catalogues: tuple[str, ...] = ()


CHENGDU = "chengdu-compute-voucher-2022"
GUIZHOU = "guizhou-compute-voucher"
SUPER, HUB, METROPOLIS, LOST = "chengdu-super-1", "tianfu-1", "hangzhou-ai-1", "guian-1"
SEATS = (
    Seat(SUPER, {"cpu": (8, 4)}, (CHENGDU,)),
    Seat(HUB, {"A800": (4, 2)}, (CHENGDU,)),
    Seat(METROPOLIS, {"RTX4090": (4, 4), "H20": (2, 2)}),
    Seat(LOST, {"L20": (4, 4)}, (GUIZHOU,)),
)
"""A supercomputing centre, a western hub, an eastern city's AI centre, and a hub that will be lost."""


def demo_network(start: datetime, seats: tuple[Seat, ...] = SEATS) -> Scenario:
    """The network from `start`, a full hour of local time, for two days in slots of a minute."""
    book = read_book()
    whole = seat_centres(book, SEATED, Dice(0, 1))
    names = {seat.centre: seat for seat in seats}
    rows = np.flatnonzero(whole.centres["centre"].is_in(list(names)).to_numpy())
    seating = msgspec.structs.replace(
        whole, centres=whole.centres[rows], family=whole.family[rows], west=whole.west[rows]
    )
    centres = seating.centres.with_columns(
        pl.Series(
            "catalogues",
            [";".join(names[name].catalogues) or None for name in seating.centres["centre"]],
            pl.String,
        )
    )
    assert centres.height == len(seats)
    seating = msgspec.structs.replace(seating, centres=centres)
    regions = user_regions(book)
    signals = signals_table(book, start, HOURS, Dice(0, 7))
    zones = centres["grid_zone"].unique()
    frame = book.assumed.scenario
    return Scenario(
        header=ScenarioHeader(
            name="demo",
            start=start,
            slot_minutes=60 // SLOTS_PER_HOUR,
            slots=HOURS * SLOTS_PER_HOUR,
            carbon_price_micro_per_kg=micro(frame.carbon_price_yuan_per_t) // 1000,
            data_cost_micro_per_gb_1000km=micro(frame.data_cost_yuan_per_gb_1000km),
        ),
        centres=centres,
        pools=pools_of(book, seats),
        devices=devices_table(book),
        signals=by_minute(signals.filter(pl.col("grid_zone").is_in(zones.implode()))),
        green=pl.DataFrame(schema=GREEN.polars_schema),
        regions=regions,
        links=links_table(book, regions, seating),
        outages=pl.DataFrame(schema=OUTAGES.polars_schema),
        pairings=pairings_table(book, centres, HOURS * SLOTS_PER_HOUR),
        jobs=pl.DataFrame(schema=JOBS.polars_schema),
    )


def pools_of(book: Book, seats: tuple[Seat, ...]) -> pl.DataFrame:
    """The pools, at the reference's list price and power of each device class."""
    classes = book.device_names
    price_micro = [micro(price) for price in book.devices["price_yuan_per_device_hour"]]
    power_w = [milliwatt / 1000 for milliwatt in board_power_milliwatt(book)]
    idle_share = float(book.assumed.power.idle_share)
    rows = [
        (
            f"{seat.centre}-{device}",
            seat.centre,
            device,
            float(count),
            float(node),
            power_w[classes.index(device)],
            round(power_w[classes.index(device)] * idle_share, 3),
            price_micro[classes.index(device)],
        )
        for seat in seats
        for device, (count, node) in seat.devices.items()
    ]
    return pl.DataFrame(rows, schema=POOLS.polars_schema, orient="row")


def by_minute(hourly: pl.DataFrame) -> pl.DataFrame:
    """Signals of hours as signals of minutes, each the figure of its hour."""
    minutes = pl.DataFrame({"minute": np.arange(SLOTS_PER_HOUR)})
    return (
        hourly.join(minutes, how="cross")
        .with_columns(
            (pl.col("slot") * SLOTS_PER_HOUR + pl.col("minute")).cast(hourly.schema["slot"]).alias("slot")
        )
        .drop("minute")
        .sort("grid_zone", "slot")
    )


def write_network(folder: Path, now: datetime) -> None:
    """The scenario folder that opens the platform, beginning with the local hour of `now`."""
    start = now.replace(minute=0, second=0, microsecond=0)
    write_scenario(demo_network(start), folder, "parquet")
