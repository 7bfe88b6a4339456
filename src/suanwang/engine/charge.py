"""What a reservation costs its user: compute + energy + data, at the figures fixed when it was reserved.

For `milli` milli-devices over slots t with s[t] whole seconds each, of slots of S seconds:

    compute = compute_micro · (10,000 − discount) / 10,000 · milli · Σ s[t] / (1000 · S)
    energy  = Σ energy_micro[t] · milli · s[t] / (1000 · S)

each rounded once, half to even. Carbon and scarcity prices steer and are never charged.
"""

from operator import mul

import msgspec

from suanwang.engine.figures import Figures
from suanwang.engine.ground import Ground, Place
from suanwang.engine.stretch import seconds_by_slot
from suanwang.model.job import Alternative
from suanwang.model.network import Terms
from suanwang.units.rounding import half_even

FULL_BP = 10_000


class Charge(msgspec.Struct, frozen=True, gc=False):
    """Parts of a charge, micro-yuan."""

    compute_micro: int
    energy_micro: int
    data_micro: int

    @property
    def total_micro(self) -> int:
        """All of it."""
        return self.compute_micro + self.energy_micro + self.data_micro


def charge_for(figures: Figures, milli_s: list[int], slot_s: int, data_micro: int) -> Charge:
    """The charge for `milli_s[t]` milli-device-seconds in each reserved slot."""
    whole = figures.compute_micro * (FULL_BP - figures.discount_bp) * sum(milli_s)
    assert len(milli_s) == len(figures.energy_micro)
    energy = sum(map(mul, figures.energy_micro, milli_s))
    return Charge(half_even(whole, FULL_BP * 1000 * slot_s), half_even(energy, 1000 * slot_s), data_micro)


def figures_at(
    ground: Ground, place: Place, one: Alternative, start_at: int, discount_bp: int, limit_s: int
) -> Figures:
    """The reservation of a place from `start_at`, with its charge. Its end follows from the limit."""
    terms = ground.terms
    row = place.row
    from_slot = terms.slot_of(start_at)
    seconds = seconds_by_slot(terms, start_at, limit_s)
    to_slot = from_slot + len(seconds)
    begin, end = from_slot - ground.from_slot, to_slot - ground.from_slot
    figures = Figures(
        pool=ground.pools[row],
        alternative=place.alternative,
        start_at=start_at,
        end_at=terms.start_of(to_slot),
        limit_s=limit_s,
        from_slot=from_slot,
        to_slot=to_slot,
        compute_micro=int(ground.compute_micro[row]),
        energy_micro=tuple(ground.energy_micro[row, begin:end].tolist()),
        carbon_mg=tuple(ground.carbon_mg[row, begin:end].tolist()),
        data_micro=place.data_micro,
        discount_bp=discount_bp,
        charge_micro=0,
    )
    milli = one.milli
    charge = charge_for(figures, [milli * second for second in seconds], terms.slot_s, place.data_micro)
    return with_charge(figures, charge.total_micro)


def slots_touched(terms: Terms, start_at: int, limit_s: int) -> int:
    """How many slots a run of `limit_s` seconds from `start_at` touches."""
    return terms.slot_of(start_at + limit_s * 1_000_000 - 1) - terms.slot_of(start_at) + 1


def with_charge(figures: Figures, charge_micro: int) -> Figures:
    """The same reservation at that charge, which is never below zero where power is paid to be used."""
    return Figures(
        figures.pool, figures.alternative, figures.start_at, figures.end_at, figures.limit_s,
        figures.from_slot, figures.to_slot, figures.compute_micro, figures.energy_micro, figures.carbon_mg,
        figures.data_micro, figures.discount_bp, max(0, charge_micro),
    )  # fmt: skip


def used_seconds(used_us: list[int], milli: int, limit_s: int) -> list[int]:
    """Milli-device-seconds by slot from milli-device-microseconds: whole device-seconds, rounded up in all.

    The time up to each slot's end is rounded up, so that the slots sum to the rounded whole, and ends at the
    limit, which is all that the user has agreed to.
    """
    found: list[int] = []
    total_us = done_s = 0
    for part in used_us:
        total_us += part
        upto = min(limit_s, -(-total_us // (milli * 1_000_000)))
        found.append((upto - done_s) * milli)
        done_s = upto
    return found


def used_terms(figures: Figures, terms: Terms, from_at: int, to_at: int) -> list[tuple[int, int]]:
    """(index of the reserved slot, microseconds) of [from_at, to_at) inside the reservation."""
    parts: list[tuple[int, int]] = []
    first = max(figures.from_slot, terms.slot_of(from_at))
    last = min(figures.to_slot, terms.slot_of(to_at - 1) + 1)
    begin_at, slot_us = terms.start_of(first), terms.slot_us
    for slot in range(first, last):
        end_at = begin_at + slot_us
        parts.append((slot - figures.from_slot, min(to_at, end_at) - max(from_at, begin_at)))
        begin_at = end_at
    return parts
