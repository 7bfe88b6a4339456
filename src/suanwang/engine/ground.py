"""Where one job could go now, by the kernel of a quote.

A place is *now* in the running slot, or at the beginning of a later one; a live job occupies every slot that
it touches. Its data moves as in a scenario: the input from its release on (its admission, or its `not_before`
where that is later), and it must have arrived before the start; the output from the end of the limit on, and
it must have arrived by the deadline, where there is one. Each way takes ⌈GB · 8 / gbps / slot seconds⌉ slots.
"""

from itertools import pairwise
from typing import TYPE_CHECKING

import msgspec
import numpy as np

from suanwang.clearing.offers import quote_one
from suanwang.engine.latency_class import near_enough, rtt_most_ms
from suanwang.engine.stretch import REMEMBERED, BoolArray, Stretch, seconds_by_slot
from suanwang.model.job import Shape
from suanwang.units.rounding import Int64Array

if TYPE_CHECKING:
    from suanwang.engine.platform import Records

OFFERS = 3
"""So many centres are looked at for one job, cheapest first; all of them where none of these will do."""
AT_LEISURE = 2**40
"""So many slots are more than any transfer takes."""


class Place(msgspec.Struct, frozen=True, gc=False):
    """Where a job could go, in slots of the platform. `reduced_nano`: its cost and scarcity price, what the
    choice goes by."""

    alternative: int
    row: int
    slot: int
    end_slot: int
    data_micro: int
    reduced_nano: int


class ShapeView(msgspec.Struct, frozen=True):
    """A shape as the kernel reads it. `allowed`: (centre,) by rules that never change with time."""

    asked: Int64Array
    allowed: BoolArray
    rtt_ms_most: float


class Window(msgspec.Struct, frozen=True, gc=False):
    """Slots [first, last) of the stretch. `moved_slots`: for so long the input has moved before `first`;
    `spare_slots`: for so long the output may go on after `last`."""

    first: int
    last: int
    moved_slots: int = AT_LEISURE
    spare_slots: int = AT_LEISURE


class Ground(Stretch):
    """A stretch in which places are looked for. What the rules say of shapes holds while the network does."""

    def __init__(self, state: "Records", from_slot: int, slots: int, before: "Ground | None" = None) -> None:
        super().__init__(state, from_slot, slots, before)
        self.views: dict[Shape, ShapeView] = {}
        self.rules: dict[Shape, int] = {}
        if before is not None and self.has_rules_of(before):
            self.views, self.rules = before.views, before.rules
        self.earliest: dict[tuple[Shape, int, bytes], int] = {}

    def has_rules_of(self, before: "Ground") -> bool:
        """Whether centres, links and the sizes of the pools are those of another stretch."""
        sizes = np.array_equal(self.desk.columns, before.desk.columns)
        return self.links is before.links and self.devices == before.devices and sizes

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
            window = Window(0, self.slots, 0, 0)
            _, known = self._ask(shape, view, view.asked, view.allowed, window, 1, self.desk.all_free)
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
        release_at: int,
        deadline_at: int | None,
        shut: BoolArray | None = None,
        most: int = OFFERS,
    ) -> tuple[list[Place], int]:
        """Places of the `most` cheapest centres, best first; and the rule that leaves none.

        What may shift goes where it costs least, all else where it starts earliest.
        `release_at`: no start before it, and the input moves from it on. `shut`: (centre,) centres that shall
        not be asked, beside those that are not open.
        """
        view, may_shift = self.view(shape), self.may_shift(deadline_at)
        now = self.terms.slot_of(at) - self.from_slot
        last = self.slots if deadline_at is None else self.terms.slot_of(deadline_at) - self.from_slot
        horizon = min(last, self.slots, now + self.terms.horizon_slots)
        allowed = view.allowed & self.open
        if shut is not None:
            allowed &= ~shut
        found: list[Place] = []
        reason = 0
        if release_at <= at:
            found, reason = self._now(shape, view, allowed, at, release_at, deadline_at, most)
        released = -(-(release_at - self.terms.start_at) // self.terms.slot_us) - self.from_slot
        first = max(now + 1, released)
        if first < horizon and (may_shift or not found):
            search = self._soonest if deadline_at is None else self._ask
            spare_slots = AT_LEISURE if deadline_at is None else last - horizon
            window = Window(first, horizon, first - released, spare_slots)
            later, later_reason = search(shape, view, view.asked, allowed, window, most)
            found += later
            reason = max(reason, later_reason)
        if len(found) < 2:
            return found, reason
        if may_shift:
            found.sort(key=lambda place: (place.reduced_nano, place.slot, place.row))
        else:
            found.sort(key=lambda place: (place.slot, place.reduced_nano, place.row))
        return found, reason

    def may_shift(self, deadline_at: int | None) -> bool:
        """Whether a job may start later where that costs less."""
        return deadline_at is not None

    def _soonest(
        self,
        shape: Shape,
        view: ShapeView,
        asked: Int64Array,
        allowed: BoolArray,
        window: Window,
        most: int,
    ) -> tuple[list[Place], int]:
        """Each alternative's earliest places.

        Whether it can end by a slot only turns true once: steps that double, then halves. Capacity that was
        taken stays taken until some is given back, so the last search for the shape is where this one begins.
        """
        first, horizon = window.first, window.last
        moved_slots, spare_slots = window.moved_slots, window.spare_slots
        found: list[Place] = []
        reason = 0
        for index in range(len(asked)):
            one = asked[index : index + 1]
            key = (shape, index, allowed.tobytes())
            # an input that moves has come further from search to search
            begin = first if shape.in_nano_gb else max(first, self.earliest.get(key, first))
            too_early, step = begin + int(one[0, 4]) - 1, 1
            enough = too_early + step
            places: list[Place] = []
            while too_early < horizon:
                enough = min(too_early + step, horizon)
                until = Window(begin, enough, moved_slots, spare_slots)
                places, because = self._ask(shape, view, one, allowed, until, most)
                if places:
                    break
                reason = max(reason, because)
                too_early, step = enough, 2 * step
            while places and enough - too_early > 1:
                middle = (too_early + enough) // 2
                until = Window(begin, middle, moved_slots, spare_slots)
                earlier, _ = self._ask(shape, view, one, allowed, until, most)
                if earlier:
                    places, enough = earlier, middle
                else:
                    too_early = middle
            if len(self.earliest) >= REMEMBERED:
                self.earliest.clear()
            earliest = min((place.slot - self.from_slot for place in places), default=horizon)
            self.earliest[key] = earliest
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
        places, _ = self._ask(shape, view, asked, only, Window(0, self.slots), 1, self.desk.all_free)
        if not places or asked[0, 3] > self.capacity_milli[row].max():
            return None
        found = places[0]
        return Place(alternative, row, slot, slot, found.data_micro, found.reduced_nano)

    def could_start(self, shape: Shape, alternative: int, row: int, at: int, release_at: int) -> Place | None:
        """A place at this instant in a pool, were all of it free; None where a rule is against it."""
        place = self.place_in(shape, alternative, row, self.terms.slot_of(at))
        if place is None:
            return None
        return place if release_at + self.transfer_us(shape, row)[0] <= at else None

    def transfer_us(self, shape: Shape, row: int) -> tuple[int, int]:
        """How long the input moves to a pool, and the output back: whole slots' lengths, microseconds."""
        ways = ((shape.in_nano_gb, shape.data_region or shape.region), (shape.out_nano_gb, shape.region))
        slots = [0, 0]
        for way, (nano_gb, region) in enumerate(ways):
            if nano_gb:
                slot_nano_gb = int(self.links_of(region).figures[1, self.centre_of[row]])
                slots[way] = -(-nano_gb // slot_nano_gb) if slot_nano_gb else 0
        return slots[0] * self.terms.slot_us, slots[1] * self.terms.slot_us

    def cheapest_micro(self, shape: Shape) -> int:
        """What the shape costs at its cheapest in the empty network, micro-yuan; 0 where nothing would do."""
        view = self.view(shape)
        window = Window(0, self.slots)
        places, _ = self._ask(shape, view, view.asked, view.allowed, window, 1, self.desk.all_free)
        return max(0, -(-min((place.reduced_nano for place in places), default=0) // 1000))

    def _now(
        self,
        shape: Shape,
        view: ShapeView,
        allowed: BoolArray,
        at: int,
        release_at: int,
        deadline_at: int | None,
        most: int,
    ) -> tuple[list[Place], int]:
        """Places that start at this instant; each costs by its seconds, and in scarcity by its slots."""
        slot_us, spare_slots = self.terms.slot_us, AT_LEISURE
        now = self.terms.slot_of(at) - self.from_slot
        into_us, moved_slots = (at - self.terms.start_at) % slot_us, (at - release_at) // slot_us
        of_length: dict[tuple[int, int], list[int]] = {}
        for index, one in enumerate(shape.alternatives):
            limit_us = one.limit_s * 1_000_000
            if deadline_at is not None and shape.out_nano_gb:
                spare_slots = (deadline_at - at - limit_us) // slot_us
            if deadline_at is None or at + limit_us <= deadline_at:
                touched = -(-(into_us + limit_us) // slot_us)
                of_length.setdefault((touched, spare_slots), []).append(index)
        found: list[Place] = []
        reason = 0
        for (touched, spare), indices in of_length.items():
            if now + touched > self.slots:
                continue
            asked = view.asked.copy() if len(indices) == len(view.asked) else view.asked[indices]
            asked[:, 4] = touched
            window = Window(now, now + touched, moved_slots, spare)
            places, because = self._ask(shape, view, asked, allowed, window, most)
            reason = max(reason, because)
            found += [self._by_the_second(place, shape, at) for place in places]
        return found, reason

    def _by_the_second(self, place: Place, shape: Shape, at: int) -> Place:
        """The place with what it costs for the limit's seconds instead of whole slots."""
        one = shape.alternatives[place.alternative]
        begin, end = place.slot - self.from_slot, place.end_slot - self.from_slot
        upto: list[int] = self.desk.cost[place.row, begin : end + 1].tolist()
        seconds = seconds_by_slot(self.terms, at, one.limit_s)
        milli, spent = one.milli, 0
        for (before, after), held_s in zip(pairwise(upto), seconds, strict=True):
            spent += (after - before) * held_s
        reduced_nano = place.reduced_nano - milli * (upto[-1] - upto[0]) + milli * spent // self.terms.slot_s
        return Place(place.alternative, place.row, place.slot, place.end_slot, place.data_micro, reduced_nano)

    def _ask(
        self,
        shape: Shape,
        view: ShapeView,
        asked: Int64Array,
        allowed: BoolArray,
        window: Window,
        most: int,
        free_milli: Int64Array | None = None,
    ) -> tuple[list[Place], int]:
        desk, from_slot = self.desk, self.from_slot
        free_milli = self.free_milli if free_milli is None else free_milli
        home = self.links_of(shape.region)
        data = home if not shape.data_region else self.links_of(shape.data_region)
        figures, reason = quote_one(
            asked, window.first, window.last, shape.min_grade, view.rtt_ms_most, shape.in_nano_gb,
            shape.out_nano_gb, allowed, home.rtt_ms, home.figures, data.figures, desk.grades,
            desk.class_first, desk.columns, desk.reduced, free_milli, desk.energy, desk.carbon, desk.cost,
            most, window.moved_slots, window.spare_slots,
        )  # fmt: skip
        return [
            Place(line[0], line[1], from_slot + line[2], from_slot + line[3], line[7], line[9])
            for line in figures.tolist()
        ], reason
