"""What a device costs in one slot: compute, electricity, carbon, each one integer per pool and slot.

With h the slot's hours, for pool r in centre c and zone z, and slot t:

    compute[r]   = h · price_micro_per_device_hour
    energy[r,t]  = power_w_per_device · pue · h / 1000 · price_micro_per_kwh[z,t]
    carbon[r,t]  = power_w_per_device · pue · h / 1000 · carbon_g_per_kwh[z,t] / 1000
                  · carbon_price_micro_per_kg

in micro-yuan per device, each rounded once, half to even; the decimals are those of the files, exactly.
"""

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.model.scenario import Scenario
from suanwang.units.decimals import exact_scale
from suanwang.units.rounding import Int64Array, product_half_even


class UnitParts(msgspec.Struct, frozen=True):
    """Cost of one device for one slot, micro-yuan. `compute`: (pool,). `energy`, `carbon`: (pool, slot)."""

    compute: Int64Array
    energy: Int64Array
    carbon: Int64Array

    def total(self) -> Int64Array:
        """(pool, slot) compute + energy + carbon."""
        return self.compute[:, None] + self.energy + self.carbon


class ZoneSignals(msgspec.Struct, frozen=True):
    """Signals by zone and slot. `price_micro_per_kwh`, `carbon_g_per_kwh`: (zone, slot)."""

    zones: pl.Series
    price_micro_per_kwh: NDArray[np.float64]
    carbon_g_per_kwh: NDArray[np.float64]


def signals_by_zone(scenario: Scenario) -> ZoneSignals:
    """The signals as matrices, one row for every zone in the table."""
    ordered = scenario.signals.sort("grid_zone", "slot")
    zones = ordered["grid_zone"].unique(maintain_order=True)
    shape = (len(zones), scenario.header.slots)
    return ZoneSignals(
        zones,
        ordered["price_micro_per_kwh"].to_numpy().reshape(shape),
        ordered["carbon_g_per_kwh"].to_numpy().reshape(shape),
    )


def zone_of_pool(scenario: Scenario, zones: pl.Series) -> NDArray[np.int64]:
    """(pool,) index of the pool's grid zone in `zones`."""
    index = {zone: row for row, zone in enumerate(zones)}
    zone_of = {centre: index[zone] for centre, zone in scenario.centres.select("centre", "grid_zone").rows()}
    return np.array([zone_of[centre] for centre in scenario.pools["centre"]], np.int64)


def pue_of_pool(scenario: Scenario) -> NDArray[np.float64]:
    """(pool,) power usage effectiveness of the pool's centre."""
    pue_of = dict(scenario.centres.select("centre", "pue").rows())
    return np.array([pue_of[centre] for centre in scenario.pools["centre"]], np.float64)


def unit_parts(scenario: Scenario) -> UnitParts:
    """The integers above, for every pool and slot of the scenario."""
    header, pools = scenario.header, scenario.pools
    signals = signals_by_zone(scenario)
    zone = zone_of_pool(scenario, signals.zones)
    power, power_places = exact_scale(pools["power_w_per_device"].to_numpy())
    pue, pue_places = exact_scale(pue_of_pool(scenario))
    price, price_places = exact_scale(signals.price_micro_per_kwh)
    carbon, carbon_places = exact_scale(signals.carbon_g_per_kwh)
    minutes = np.array([[header.slot_minutes]])
    watts_of_busy = 10 ** (power_places + pue_places) * 60 * 1000
    return UnitParts(
        compute=product_half_even([minutes[0], pools["price_micro_per_device_hour"].to_numpy()], divisor=60),
        energy=product_half_even(
            [power[:, None], pue[:, None], minutes, price[zone]], divisor=watts_of_busy * 10**price_places
        ),
        carbon=product_half_even(
            [
                power[:, None],
                pue[:, None],
                minutes,
                np.array([[header.carbon_price_micro_per_kg]]),
                carbon[zone],
            ],
            divisor=watts_of_busy * 10**carbon_places * 1000,
        ),
    )
