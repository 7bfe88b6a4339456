"""What makes a hard network hard, as figures; the seed picks a flavour in turn."""

import msgspec


class DeviceClass(msgspec.Struct, frozen=True):
    """A device class: `cost_micro` per device-hour, about half rent and half electricity."""

    name: str
    cost_micro: int
    presence_percent: int
    """Share of the centres that have it."""


class Flavour(msgspec.Struct, frozen=True):
    """`sigma` are of logarithms. `burst_percent` of the jobs arrive in bursts of six hours."""

    name: str
    classes: tuple[DeviceClass, ...]
    pool_sigma: float
    price_sigma: float
    price_step_micro: int
    burst_percent: int
    bursts_a_week: int
    slack_slots: tuple[int, ...]
    data_yuan_per_gb: int
    """Most that a GB costs on a link; uniform from 0."""
    value_sigma: float
    swap_percent: int
    """Jobs with a second option in another class."""


UNEVEN = Flavour(
    name="uneven",
    classes=(
        DeviceClass("A100", 6_000_000, 60),
        DeviceClass("RTX4090", 2_000_000, 60),
        DeviceClass("cpu", 100_000, 60),
        DeviceClass("H100", 12_000_000, 8),
        DeviceClass("MLU590", 4_000_000, 8),
    ),
    pool_sigma=1.8,
    price_sigma=0.5,
    price_step_micro=1_000,
    burst_percent=50,
    bursts_a_week=12,
    slack_slots=(0, 1, 4, 12, 24, 96),
    data_yuan_per_gb=20,
    value_sigma=0.6,
    swap_percent=25,
)

SCARCE = msgspec.structs.replace(
    UNEVEN,
    name="scarce",
    classes=(
        DeviceClass("A100", 6_000_000, 60),
        DeviceClass("RTX4090", 2_000_000, 25),
        DeviceClass("cpu", 100_000, 60),
        DeviceClass("H100", 12_000_000, 5),
        DeviceClass("MLU590", 4_000_000, 5),
    ),
    pool_sigma=2.1,
    burst_percent=75,
    bursts_a_week=6,
    slack_slots=(0, 0, 1, 6, 12, 24),
    swap_percent=10,
)

TIED = msgspec.structs.replace(
    UNEVEN,
    name="tied",
    pool_sigma=1.2,
    price_sigma=0.04,
    price_step_micro=100_000,
    data_yuan_per_gb=4,
    value_sigma=0.4,
    swap_percent=60,
)
"""Hundreds of pools at equal prices, many jobs that may run in any of several classes."""

FLAVOURS = (UNEVEN, SCARCE, TIED)
