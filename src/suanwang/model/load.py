"""The load of a scenario: what its jobs ask for against what its pools have, per device class."""

import msgspec
import numpy as np
import polars as pl

from suanwang.model.scenario import Scenario


class ClassLoad(msgspec.Struct, frozen=True):
    """One device class. Device-slots: Σ over jobs whose first option names it; devices × slots of its pools.

    `load` is their ratio, null where no pool has the class. Outages are not taken off.
    """

    device: str
    pools: int
    devices: float
    jobs: int
    demand_device_slots: float
    supply_device_slots: float
    load: float | None


def load_by_class(scenario: Scenario) -> tuple[ClassLoad, ...]:
    """The load of every device class that a pool has or a first option names, in order of the name."""
    book, slots = scenario.options, scenario.header.slots
    users = np.bincount(book.text_of_job, minlength=len(book.texts))
    has_option = np.diff(book.first) > 0
    first = book.first[:-1][has_option]
    units = book.units_milli[first] * book.nodes[first] * book.slots[first]
    demand = (
        pl.DataFrame(
            {
                "device": book.device.gather(first),
                "jobs": users[has_option],
                "milli_slots": units * users[has_option],
            },
            schema={"device": pl.String, "jobs": pl.Int64, "milli_slots": pl.Int64},
        )
        .group_by("device")
        .agg(pl.col("jobs").sum(), pl.col("milli_slots").sum())
    )
    supply = scenario.pools.group_by("device").agg(pl.len().alias("pools"), pl.col("devices").sum())
    both = supply.join(demand, on="device", how="full", coalesce=True).sort("device")
    columns = both.select("device", "pools", "devices", "jobs", "milli_slots").fill_null(0)
    return tuple(
        ClassLoad(
            device=device,
            pools=pools,
            devices=devices,
            jobs=jobs,
            demand_device_slots=milli_slots / 1000,
            supply_device_slots=devices * slots,
            load=milli_slots / 1000 / (devices * slots) if devices > 0 else None,
        )
        for device, pools, devices, jobs, milli_slots in columns.iter_rows()
    )
