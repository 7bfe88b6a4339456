"""The network over a stretch of slots as arrays: what there is, what is taken, what a device-slot costs.

It answers where one job could go now, by the kernel of a quote. Pools are rows, in the order of enrolment;
slots count from `from_slot`. A place is *now* in the running slot, or at the beginning of a later one; a live
job occupies every slot that it touches.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from suanwang.clearing.offers import quote_one
from suanwang.clearing.quote import QuoteDesk
from suanwang.clearing.supply import capacity_by_slot
from suanwang.energy.unit_parts import pue_of_pool, signals_by_zone, unit_parts, zone_of_pool
from suanwang.engine.latency_class import near_enough, rtt_most_ms
from suanwang.engine.network_frames import scenario_of
from suanwang.model.job import Shape
from suanwang.model.network import Terms
from suanwang.model.scenario import Scenario
from suanwang.units.decimals import scaled
from suanwang.units.rounding import Int64Array

if TYPE_CHECKING:
    from suanwang.engine.platform import Records

BoolArray = NDArray[np.bool_]
OFFERS = 3
"""So many centres are looked at for one job, cheapest first; all of them where none of these will do."""
REMEMBERED = 16_384
"""So many shapes' readings are kept."""


class Place(NamedTuple):
    """Where a job could go. `reduced_nano`: its cost and scarcity price, what the choice goes by."""

    alternative: int
    row: int
    slot: int
    end_slot: int
    data_micro: int
    reduced_nano: int


class Reservation(NamedTuple):
    """What is held in a pool: row, slots [from_slot, to_slot) of the platform, milli-devices."""

    row: int
    from_slot: int
    to_slot: int
    milli: int


class ShapeView(NamedTuple):
    """A shape as the kernel reads it. `allowed`: (centre,) by rules that never change with time."""

    asked: Int64Array
    allowed: BoolArray
    rtt_ms_most: float


class Ground:
    """`free_milli`, `taken_milli`, `capacity_milli`, `price_micro`, `energy_micro`: (pool, slot)."""

    def __init__(self, state: "Records", from_slot: int, slots: int) -> None:
        assert state.terms is not None
        self.terms = state.terms
        self.from_slot, self.slots = from_slot, slots
        scenario = self.scenario = scenario_of(state, from_slot, slots)
        self.capacity_milli = np.ascontiguousarray(capacity_by_slot(scenario))
        self.taken_milli = np.zeros_like(self.capacity_milli)
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
        self.set_prices(state.prices)
        self.row_of_centre = centre_row
        self.views: dict[Shape, ShapeView] = {}
        self.rules: dict[Shape, int] = {}
        self.earliest: dict[tuple[Shape, int, bytes], int] = {}

    def set_prices(self, prices: dict[str, tuple[int, tuple[int, ...]]]) -> None:
        """Take scarcity prices: pool → (first slot of the platform, price by slot)."""
        self.price_micro[:] = 0
        for pool, (first, by_slot) in prices.items():
            row = self.row_of.get(pool)
            begin = max(first, self.from_slot)
            end = min(first + len(by_slot), self.from_slot + self.slots)
            if row is not None and end > begin:
                self.price_micro[row, begin - self.from_slot : end - self.from_slot] = by_slot[
                    begin - first : end - first
                ]
        self.desk = QuoteDesk(self.scenario, self.price_micro, self.free_milli)

    def take(self, row: int, from_slot: int, to_slot: int, milli: int) -> None:
        """Reserve `milli` in slots [from_slot, to_slot) of the platform; negative gives back."""
        begin, end = max(0, from_slot - self.from_slot), min(self.slots, to_slot - self.from_slot)
        if end > begin:
            self.taken_milli[row, begin:end] += milli
            self.free_milli[row, begin:end] -= milli
            if milli < 0:
                self.earliest.clear()

    def fits(self, row: int, from_slot: int, to_slot: int, milli: int) -> bool:
        """Whether `milli` is free in all of [from_slot, to_slot), which lies inside the stretch."""
        begin, end = from_slot - self.from_slot, to_slot - self.from_slot
        if begin < 0 or end > self.slots or end <= begin:
            return False
        return int(self.free_milli[row, begin:end].min()) >= milli

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

    def view(self, shape: Shape) -> ShapeView:
        """The shape as the kernel reads it, kept. Raises InvalidInput for a region that is not known."""
        known = self.views.get(shape)
        if known is None:
            if len(self.views) >= REMEMBERED:
                self.views.clear()
            known = self.views[shape] = self._view(shape)
        return known

    def rule_against(self, shape: Shape) -> int:
        """The rule of `clearing.refusal` that leaves no place in the empty network, SERVED where one is.

        Raises InvalidInput for a region that is not known.
        """
        known = self.rules.get(shape)
        if known is None:
            view = self.view(shape)
            _, known = self._ask(shape, view, view.asked, view.allowed, 0, self.slots, 1, self.desk.all_free)
            if len(self.rules) >= REMEMBERED:
                self.rules.clear()
            self.rules[shape] = known
        return known

    def _view(self, shape: Shape) -> ShapeView:
        slot_s = self.terms.slot_s
        asked = [
            (
                index,
                self.desk.class_of.get(one.device, -1),
                one.units_milli,
                one.milli,
                -(-one.limit_s // slot_s),
            )
            for index, one in enumerate(shape.alternatives)
        ]
        allowed = self.desk.read_residency(";".join(shape.residency) or None).copy()
        for row, region in enumerate(self.regions):
            if not near_enough(shape, region):
                allowed[row] = False
            if shape.programme and shape.programme not in self.catalogues[row]:
                allowed[row] = False
        return ShapeView(np.array(asked, np.int64).reshape(len(asked), 5), allowed, rtt_most_ms(shape))

    def places(
        self,
        shape: Shape,
        at: int,
        not_before_at: int,
        deadline_at: int | None,
        shut: BoolArray | None = None,
        most: int = OFFERS,
    ) -> tuple[list[Place], int]:
        """Places of the `most` cheapest centres, best first; and the rule that leaves none.

        A deadline is leave to shift: with one, the least cost goes first; without, the earliest start.
        `shut`: (centre,) centres that shall not be asked, beside those that are not open.
        """
        view = self.view(shape)
        now = self.terms.slot_of(at) - self.from_slot
        last = self.slots if deadline_at is None else self.terms.slot_of(deadline_at) - self.from_slot
        horizon = min(last, self.slots, now + self.terms.horizon_slots)
        allowed = view.allowed & self.open
        if shut is not None:
            allowed &= ~shut
        found: list[Place] = []
        reason = 0
        first = now + 1
        if not_before_at <= at:
            found, reason = self._now(shape, view, allowed, at, deadline_at, most)
        else:
            wait_us = not_before_at - self.terms.start_at
            first = max(first, -(-wait_us // self.terms.slot_us) - self.from_slot)
        if first < horizon and (deadline_at is not None or not found):
            search = self._soonest if deadline_at is None else self._ask
            later, later_reason = search(shape, view, view.asked, allowed, first, horizon, most)
            found += later
            reason = max(reason, later_reason)
        if deadline_at is None:
            found.sort(key=lambda place: (place.slot, place.reduced_nano, place.row))
        else:
            found.sort(key=lambda place: (place.reduced_nano, place.slot, place.row))
        return [self._on_platform(place) for place in found], reason

    def _on_platform(self, place: Place) -> Place:
        """The place in slots of the platform."""
        return place._replace(slot=place.slot + self.from_slot, end_slot=place.end_slot + self.from_slot)

    def _soonest(
        self,
        shape: Shape,
        view: ShapeView,
        asked: Int64Array,
        allowed: BoolArray,
        first: int,
        horizon: int,
        most: int,
    ) -> tuple[list[Place], int]:
        """Each alternative's earliest places.

        Whether it can end by a slot only turns true once: steps that double, then halves. Capacity that was
        taken stays taken until some is given back, so the last search for the shape is where this one begins.
        """
        found: list[Place] = []
        reason = 0
        for index in range(len(asked)):
            one = asked[index : index + 1]
            key = (shape, index, allowed.tobytes())
            # data that travels puts the start after the begin of the search
            travels = shape.in_nano_gb or shape.out_nano_gb
            begin = first if travels else max(first, self.earliest.get(key, first))
            too_early, step = begin + int(one[0, 4]) - 1, 1
            enough = too_early + step
            places: list[Place] = []
            while too_early < horizon:
                enough = min(too_early + step, horizon)
                places, because = self._ask(shape, view, one, allowed, begin, enough, most)
                if places:
                    break
                reason = max(reason, because)
                too_early, step = enough, 2 * step
            while places and enough - too_early > 1:
                middle = (too_early + enough) // 2
                earlier, _ = self._ask(shape, view, one, allowed, begin, middle, most)
                if earlier:
                    places, enough = earlier, middle
                else:
                    too_early = middle
            if len(self.earliest) >= REMEMBERED:
                self.earliest.clear()
            self.earliest[key] = min((place.slot for place in places), default=horizon)
            found += places
        return found, reason

    def place_in(self, shape: Shape, alternative: int, row: int, slot: int) -> Place | None:
        """A certain place as the rules see it, its transfers costed; None where a rule is against it.

        Whether it is free, and when it ends, is not asked.
        """
        view = self.view(shape)
        asked = view.asked[alternative : alternative + 1]
        centre = self.centre_of[row]
        only = np.zeros_like(view.allowed)
        only[centre] = view.allowed[centre]
        if self.desk.class_of.get(self.devices[row]) != asked[0, 1]:
            return None
        asked = asked.copy()
        asked[0, 4] = 1
        places, _ = self._ask(shape, view, asked, only, 0, self.slots, 1, self.desk.all_free)
        if not places or asked[0, 3] > self.capacity_milli[row].max():
            return None
        return places[0]._replace(alternative=alternative, row=row, slot=slot, end_slot=slot)

    def could_start(self, shape: Shape, alternative: int, row: int, at: int) -> Place | None:
        """A place at this instant in a pool, were all of it free; None where a rule is against it."""
        place = self.place_in(shape, alternative, row, self.terms.slot_of(at))
        if place is None:
            return None
        link = self.desk.links(shape.data_region or shape.region).figures[1, self.centre_of[row]]
        # an input that has to travel cannot be there at once
        return None if shape.in_nano_gb and link else place

    def cheapest_micro(self, shape: Shape) -> int:
        """What the shape costs at its cheapest in the empty network, micro-yuan; 0 where nothing would do."""
        view = self.view(shape)
        places, _ = self._ask(shape, view, view.asked, view.allowed, 0, self.slots, 1, self.desk.all_free)
        return max(0, -(-min((place.reduced_nano for place in places), default=0) // 1000))

    def _now(
        self, shape: Shape, view: ShapeView, allowed: BoolArray, at: int, deadline_at: int | None, most: int
    ) -> tuple[list[Place], int]:
        """Places that start at this instant; each costs by its seconds, and in scarcity by its slots."""
        slot_of = self.terms.slot_of
        now = slot_of(at) - self.from_slot
        of_touched: dict[int, list[int]] = {}
        for index, one in enumerate(shape.alternatives):
            end_at = at + one.limit_s * 1_000_000
            if deadline_at is None or end_at <= deadline_at:
                touched = slot_of(end_at - 1) - slot_of(at) + 1
                of_touched.setdefault(touched, []).append(index)
        found: list[Place] = []
        reason = 0
        for touched, indices in of_touched.items():
            if now + touched > self.slots:
                continue
            asked = view.asked[indices].copy()
            asked[:, 4] = touched
            places, because = self._ask(shape, view, asked, allowed, now, now + touched, most)
            reason = max(reason, because)
            found += [self._by_the_second(place, shape, at) for place in places]
        return found, reason

    def _by_the_second(self, place: Place, shape: Shape, at: int) -> Place:
        """The place with what it costs for the limit's seconds instead of whole slots."""
        one, cost = shape.alternatives[place.alternative], self.desk.cost[place.row]
        seconds = seconds_by_slot(self.terms, at, one.limit_s)
        unit = np.diff(cost[place.slot : place.end_slot + 1]).tolist()
        whole = one.milli * sum(unit)
        held = one.milli * sum(u * s for u, s in zip(unit, seconds, strict=True)) // self.terms.slot_s
        return place._replace(reduced_nano=place.reduced_nano - whole + held)

    def _ask(
        self,
        shape: Shape,
        view: ShapeView,
        asked: Int64Array,
        allowed: BoolArray,
        first: int,
        last: int,
        most: int,
        free_milli: Int64Array | None = None,
    ) -> tuple[list[Place], int]:
        desk = self.desk
        free_milli = self.free_milli if free_milli is None else free_milli
        home = desk.links(shape.region)
        data = home if not shape.data_region else desk.links(shape.data_region)
        figures, reason = quote_one(
            asked, first, last, shape.min_grade, view.rtt_ms_most, shape.in_nano_gb, shape.out_nano_gb,
            allowed, home.rtt_ms, home.figures, data.figures, desk.grades, desk.class_first, desk.columns,
            desk.reduced, free_milli, desk.energy, desk.carbon, desk.cost, most,
        )  # fmt: skip
        return [
            Place(line[0], line[1], line[2], line[3], line[7], line[9]) for line in figures.tolist()
        ], reason


def seconds_by_slot(terms: Terms, start_at: int, limit_s: int) -> list[int]:
    """How a run of `limit_s` seconds from `start_at` spreads over the slots it touches, in whole seconds.

    The time up to each slot's end is rounded up, as metering does; so a slot touched for less than a second
    may have none.
    """
    seconds: list[int] = []
    slot, done, end_at = terms.slot_of(start_at), 0, start_at + limit_s * 1_000_000
    while terms.start_of(slot) < end_at:
        slot += 1
        upto = min(limit_s, -(-(terms.start_of(slot) - start_at) // 1_000_000))
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
