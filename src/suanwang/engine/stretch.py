"""The network over a stretch of slots as arrays: what there is, what is taken, what a device-slot costs.

Pools are rows, in the order of enrolment; slots count from `from_slot`. What an earlier stretch of the same
network found out about its links still holds.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from suanwang.clearing.quote import Links, QuoteDesk, over_time
from suanwang.clearing.supply import capacity_by_slot
from suanwang.energy.unit_parts import pue_of_pool, signals_by_zone, unit_parts, zone_of_pool
from suanwang.engine.network_frames import scenario_of
from suanwang.model.network import Terms
from suanwang.model.scenario import Scenario
from suanwang.units.decimals import scaled
from suanwang.units.rounding import Int64Array

if TYPE_CHECKING:
    from suanwang.engine.platform import Records

BoolArray = NDArray[np.bool_]
REMEMBERED = 16_384
"""So many regions' links and shapes' readings are kept."""


class Reservation(NamedTuple):
    """What is held in a pool: row, slots [from_slot, to_slot) of the platform, milli-devices."""

    row: int
    from_slot: int
    to_slot: int
    milli: int


class Stretch:
    """`free_milli` (below zero where an outage came after), `capacity_milli`, `price_micro`, `energy_micro`:
    (pool, slot)."""

    def __init__(self, state: "Records", from_slot: int, slots: int, before: "Stretch | None" = None) -> None:
        assert state.terms is not None
        self.terms = state.terms
        self.from_slot, self.slots = from_slot, slots
        scenario = self.scenario = scenario_of(state, from_slot, slots)
        self.capacity_milli = np.ascontiguousarray(capacity_by_slot(scenario))
        self.free_milli = self.capacity_milli.copy()
        self.price_micro = np.zeros_like(self.capacity_milli)
        self.pools: list[str] = scenario.pools["pool"].to_list()
        self.devices: list[str] = scenario.pools["device"].to_list()
        self.centres: list[str] = scenario.centres["centre"].to_list()
        self.hubs: list[str | None] = scenario.centres["hub"].to_list()
        self.row_of = {pool: row for row, pool in enumerate(self.pools)}
        centre_row = {centre: row for row, centre in enumerate(self.centres)}
        self.centre_of = [centre_row[centre] for centre in scenario.pools["centre"]]
        self.power_w = scenario.pools["power_w_per_device"].to_numpy() * pue_of_pool(scenario)
        self.node_milli = scaled(scenario.pools["devices_per_node"].to_numpy(), 3)
        self.regions: list[str] = scenario.centres["region"].to_list()
        self.catalogues = [
            frozenset(name for name in (text or "").split(";") if name)
            for text in scenario.centres["catalogues"]
        ]
        parts = unit_parts(scenario)
        self.compute_micro = parts.compute
        self.energy_micro = parts.energy
        self.carbon_mg = carbon_mg_of(scenario)
        self.open = np.array([centre.open for centre in state.centres.values()], np.bool_)
        self.row_of_centre = centre_row
        self.desk = self.make_desk()
        self.links: dict[str, Links] = {}
        if before is not None and same_links(before.scenario, scenario):
            self.links = before.links
        self.prices: dict[str, tuple[int, tuple[int, ...]]] = {}
        self.set_prices(state.prices)

    def make_desk(self) -> QuoteDesk:
        """The figures by which places are ranked, without scarcity prices."""
        return QuoteDesk(self.scenario, self.price_micro, self.free_milli)

    def links_of(self, region: str) -> Links:
        """The links of a region to every centre. Raises InvalidInput where it is not known."""
        known = self.links.get(region)
        if known is None:
            if len(self.links) >= REMEMBERED:
                self.links.clear()
            known = self.links[region] = self.desk.find_links(region)
        return known

    def set_prices(self, prices: dict[str, tuple[int, tuple[int, ...]]]) -> None:
        """Take scarcity prices: pool → (first slot of the platform, price by slot)."""
        if prices == self.prices:
            return
        self.prices = dict(prices)
        self.price_micro[:] = 0
        for pool, (first, by_slot) in prices.items():
            row = self.row_of.get(pool)
            begin = max(first, self.from_slot)
            end = min(first + len(by_slot), self.from_slot + self.slots)
            if row is not None and end > begin:
                self.price_micro[row, begin - self.from_slot : end - self.from_slot] = by_slot[
                    begin - first : end - first
                ]
        self.desk.reduced = self.desk.cost + over_time(self.price_micro)

    def take(self, row: int, from_slot: int, to_slot: int, milli: int) -> None:
        """Reserve `milli` in slots [from_slot, to_slot) of the platform; negative gives back."""
        begin, end = max(0, from_slot - self.from_slot), min(self.slots, to_slot - self.from_slot)
        if end > begin:
            free = self.free_milli[row, begin:end]
            free -= milli

    @property
    def taken_milli(self) -> Int64Array:
        """(pool, slot) what is reserved."""
        return self.capacity_milli - self.free_milli

    def fits(self, row: int, from_slot: int, to_slot: int, milli: int) -> bool:
        """Whether `milli` is free in all of [from_slot, to_slot), which lies inside the stretch."""
        begin, end = from_slot - self.from_slot, to_slot - self.from_slot
        if begin < 0 or end > self.slots or end <= begin:
            return False
        return min(self.free_milli[row, begin:end].tolist()) >= milli

    def fits_beside(self, row: int, from_slot: int, to_slot: int, milli: int, old: Reservation) -> bool:
        """The same, where what an old reservation holds there is given back first."""
        begin, end = from_slot - self.from_slot, to_slot - self.from_slot
        if begin < 0 or end > self.slots or end <= begin:
            return False
        free = self.free_milli[row, begin:end].copy()
        if row == old.row:
            free[max(0, old.from_slot - from_slot) : max(0, old.to_slot - from_slot)] += old.milli
        return int(free.min()) >= milli

    def free_now(self, row: int, at: int) -> int:
        """Milli-devices free in a pool in the running slot."""
        return int(self.free_milli[row, self.terms.slot_of(at) - self.from_slot])

    def set_open(self, centre: str, is_open: bool) -> None:
        """Whether new work may go to a centre."""
        self.open[self.row_of_centre[centre]] = is_open


def same_links(one: Scenario, other: Scenario) -> bool:
    """Whether both stretches have the same centres and links."""
    prices = "data_cost_micro_per_gb_1000km"
    return (
        one.header.slot_minutes == other.header.slot_minutes
        and getattr(one.header, prices) == getattr(other.header, prices)
        and all(
            getattr(one, table).equals(getattr(other, table)) for table in ("centres", "regions", "links")
        )
    )


def seconds_by_slot(terms: Terms, start_at: int, limit_s: int) -> list[int]:
    """How a run of `limit_s` seconds from `start_at` spreads over the slots it touches, in whole seconds.

    The time up to each slot's end is rounded up, as metering does; so a slot touched for less than a second
    may have none.
    """
    seconds: list[int] = []
    slot_us, limit_us, done = terms.slot_us, limit_s * 1_000_000, 0
    slot_end_us = -((start_at - terms.start_at) % slot_us)  # of the slot before, counted from the start
    while slot_end_us < limit_us:
        slot_end_us += slot_us
        upto = min(limit_s, -(-slot_end_us // 1_000_000))
        seconds.append(upto - done)
        done = upto
    return seconds


def carbon_mg_of(scenario: Scenario) -> Int64Array:
    """(pool, slot) milligrams of CO2 of one busy device for one slot, by the grid factor, rounded."""
    signals = signals_by_zone(scenario)
    zone = zone_of_pool(scenario, signals.zones)
    kwh = (
        scenario.pools["power_w_per_device"].to_numpy()
        * pue_of_pool(scenario)
        * (scenario.header.slot_minutes / 60 / 1000)
    )
    return np.rint(kwh[:, None] * signals.carbon_g_per_kwh[zone] * 1000).astype(np.int64)
