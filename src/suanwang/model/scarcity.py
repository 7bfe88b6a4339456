"""What the clearing prices say: which pools are scarce, when, and what one more device would be worth.

The price of a pool in a slot is the worth of one more device there for that slot. Summed over the horizon it
is what the network would save, rent and electricity paid, if the pool had one device more: exactly so as long
as one more changes no price.
"""

import msgspec


class ScarcePool(msgspec.Struct, frozen=True):
    """One pool whose capacity has a price.

    `worth_micro_per_device` = Σ price over the slots in which the pool has capacity. `rent_micro_per_device`
    is what a device costs over those slots without electricity, to compare with.
    `scarce_slots` counts the slots with a price above 0; `peak_slot` is the first slot of the highest price.
    """

    pool: str
    centre: str
    region: str
    device: str
    devices: float
    worth_micro_per_device: int
    rent_micro_per_device: int
    scarce_slots: int
    peak_slot: int
    peak_price_micro: int


class ScarceSlot(msgspec.Struct, frozen=True):
    """One slot: when it starts, the mean price over available devices, how many pools have a price."""

    slot: int
    start: str
    mean_price_micro: int
    pools_priced: int


class ScarceGroup(msgspec.Struct, frozen=True):
    """The pools of one device class, or of one province: means over devices, and the best place to build."""

    name: str
    devices: float
    mean_worth_micro_per_device: int
    best_worth_micro_per_device: int
    best_pool: str


class Scarcity(msgspec.Struct, frozen=True):
    """The whole picture. `rent_micro` = Σ price · capacity, what scarce capacity earns in all.

    `share_priced` is the share of available device-slots with a price above 0. Every list is sorted, the
    scarcest first, and holds only what has a worth above 0.
    """

    rent_micro: int
    share_priced: float
    pools_priced: int
    slots_priced: int
    pools: list[ScarcePool]
    slots: list[ScarceSlot]
    by_device: list[ScarceGroup]
    by_region: list[ScarceGroup]
