"""A reservation as the log keeps it, with the figures that its charge goes by."""

import msgspec


class Figures(msgspec.Struct, frozen=True, gc=False):
    """A reservation, and what it is charged at.

    It occupies slots [from_slot, to_slot) and runs at most `limit_s` in [start_at, end_at).
    `compute_micro` and `energy_micro` (one per slot) are micro-yuan per device-slot; `carbon_mg` milligrams
    per device-slot, location-based. `discount_bp` is taken off compute. The charge is that of the whole
    limit from the start: compute + energy + data.
    """

    pool: str
    alternative: int
    start_at: int
    end_at: int
    limit_s: int
    from_slot: int
    to_slot: int
    compute_micro: int
    energy_micro: tuple[int, ...]
    carbon_mg: tuple[int, ...]
    data_micro: int
    discount_bp: int
    charge_micro: int
