"""What a plan uses: busy and available devices of every pool in every slot, and where each job runs."""

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.energy.unit_parts import ZoneSignals, pue_of_pool, signals_by_zone, zone_of_pool
from suanwang.model.result import Outcome
from suanwang.model.scenario import Scenario
from suanwang.reports.places import provinces_of
from suanwang.units.decimals import scaled
from suanwang.units.rounding import Int64Array

MILLI = 1000


class Usage(msgspec.Struct, frozen=True):
    """The arrays that every figure and chart is taken from.

    `busy_milli`, `available_milli`: (pool, slot) milli-devices, the second after outages. `job_milli`,
    `job_slots`: (job,) milli-devices and slots it occupies, 0 where unserved. `zone`: (pool,) row of its grid
    zone in `signals`. `facility_kw`, `facility_idle_kw`: (pool,) draw of one busy, one idle device times PUE.
    `province`: (pool,) name of its province.
    """

    busy_milli: Int64Array
    available_milli: Int64Array
    job_milli: Int64Array
    job_slots: Int64Array
    zone: NDArray[np.int64]
    signals: ZoneSignals
    facility_kw: NDArray[np.float64]
    facility_idle_kw: NDArray[np.float64]
    province: pl.Series

    @property
    def idle_milli(self) -> Int64Array:
        """(pool, slot) available devices without work."""
        return np.maximum(self.available_milli - self.busy_milli, 0)


def available_milli(scenario: Scenario) -> Int64Array:
    """(pool, slot) milli-devices that are there: the pool's devices less its outages, never below 0."""
    slots = scenario.header.slots
    devices = scaled(scenario.pools["devices"].to_numpy(), 3)
    available = np.repeat(devices[:, None], slots, axis=1)
    if scenario.outages.height:
        index = pl.DataFrame({"pool": scenario.pools["pool"]}).with_row_index("row")
        lost = scenario.outages.join(index, on="pool", how="left", maintain_order="left")
        milli = scaled(lost["devices_lost"].to_numpy(), 3)
        spans = lost.select("row", "from_slot", "to_slot").iter_rows()
        for (row, first, end), missing in zip(spans, milli, strict=True):
            available[row, first:end] -= missing
    return np.maximum(available, 0)


def job_milli(scenario: Scenario, outcome: Outcome) -> Int64Array:
    """(job,) milli-devices of the option taken, units times nodes; 0 where the job is unserved."""
    book = scenario.options
    row = book.first[:-1][book.text_of_job] + outcome.option
    milli = (book.units_milli * book.nodes)[np.where(outcome.served, row, 0)] if len(book.nodes) else row * 0
    return np.where(outcome.served, milli, 0)


def busy_milli(scenario: Scenario, outcome: Outcome, milli: Int64Array) -> Int64Array:
    """(pool, slot) milli-devices in use, from differences at starts and ends: no jobs × slots anywhere."""
    pools, slots = scenario.pools.height, scenario.header.slots
    cells = pools * (slots + 1)
    served = np.flatnonzero(outcome.served)
    base = outcome.pool[served].astype(np.int64) * (slots + 1)
    weight = milli[served].astype(np.float64)
    # Sums of integers below 2**53 are exact in float64, in any order.
    steps = np.bincount(base + outcome.start_slot[served], weight, cells)
    steps -= np.bincount(base + outcome.end_slot[served], weight, cells)
    busy = np.cumsum(steps.reshape(pools, slots + 1)[:, :slots], axis=1)
    return busy.astype(np.int64)


def measure(scenario: Scenario, outcome: Outcome) -> Usage:
    """The usage of a plan."""
    milli = job_milli(scenario, outcome)
    signals = signals_by_zone(scenario)
    pue = pue_of_pool(scenario)
    regions = scenario.pools.select("centre").join(
        scenario.centres.select("centre", "region"), on="centre", how="left", maintain_order="left"
    )["region"]
    return Usage(
        busy_milli=busy_milli(scenario, outcome, milli),
        available_milli=available_milli(scenario),
        job_milli=milli,
        job_slots=np.where(outcome.served, outcome.end_slot.astype(np.int64) - outcome.start_slot, 0),
        zone=zone_of_pool(scenario, signals.zones),
        signals=signals,
        facility_kw=scenario.pools["power_w_per_device"].to_numpy() * pue / 1000,
        facility_idle_kw=scenario.pools["idle_w_per_device"].to_numpy() * pue / 1000,
        province=provinces_of(regions),
    )
