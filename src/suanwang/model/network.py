"""A live network as records: the rows of a scenario's tables, with decimals as text, as events hold them.

Columns are those of `scenario_tables`; "" and None stand for a missing optional value.
"""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from suanwang.model.bounds import BasisPoints, Decimal, Instant, Label, Micro, Name, Slot

CentreKind = Literal["supercomputing", "intelligent", "general", "edge"]


class CentreRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `centres`."""

    centre: Name
    name: Label
    kind: CentreKind
    region: Name
    hub: Label | None = None
    lat: Decimal
    lon: Decimal
    grid_zone: Label
    pue: Decimal
    security_grade: Annotated[int, Meta(ge=1, le=5)]
    operator: Label
    catalogues: Annotated[str, Meta(max_length=2000)] | None = None


class PoolRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `pools`."""

    pool: Name
    centre: Name
    device: Name
    devices: Decimal
    devices_per_node: Decimal
    power_w_per_device: Decimal
    idle_w_per_device: Decimal
    price_micro_per_device_hour: Micro


class RegionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `regions`."""

    region: Name
    name: Label
    lat: Decimal
    lon: Decimal


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `links`."""

    region: Name
    centre: Name
    rtt_ms: Decimal
    cost_micro_per_gb: Decimal
    gbps: Decimal | None = None


class PairingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `pairings`: slots count from the platform's start."""

    from_region: Name
    to_hub: Label
    discount_bp: BasisPoints | None = None
    quota_device_hours: Annotated[int, Meta(ge=0, le=10**12)] | None = None
    from_slot: Slot
    to_slot: Slot


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """Tariff and carbon of one grid zone for slots `from_slot`, `from_slot` + 1, … of the platform."""

    zone: Label
    from_slot: Slot
    price_micro_per_kwh: Annotated[tuple[Decimal, ...], Meta(min_length=1, max_length=20_000)]
    carbon_g_per_kwh: Annotated[tuple[Decimal, ...], Meta(min_length=1, max_length=20_000)]


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """`devices_lost` fewer devices in a pool in slots [from_slot, to_slot)."""

    pool: Name
    from_slot: Slot
    to_slot: Slot
    devices_lost: Decimal


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the whole platform. Slot t covers [start_at + t · slot_us, + slot_us).

    `horizon_slots`: how far ahead jobs are planned. `reserve_slots`: how far ahead capacity and money are
    reserved; a later plan is an expected start only. `freeze_slots`: reservations starting so soon stay.
    """

    name: Label
    start_at: Instant
    slot_minutes: Annotated[int, Meta(ge=1, le=1440)]
    horizon_slots: Annotated[int, Meta(ge=1, le=20_000)]
    reserve_slots: Annotated[int, Meta(ge=0, le=20_000)]
    freeze_slots: Annotated[int, Meta(ge=1, le=20_000)] = 1
    carbon_price_micro_per_kg: Micro = 0
    data_cost_micro_per_gb_1000km: Micro = 0
    pack_margin: Decimal = "0"

    @property
    def slot_s(self) -> int:
        """Length of a slot, seconds."""
        return self.slot_minutes * 60

    @property
    def slot_us(self) -> int:
        """Length of a slot, microseconds."""
        return self.slot_minutes * 60_000_000

    def slot_of(self, at: int) -> int:
        """The slot in which the instant lies."""
        return (at - self.start_at) // (self.slot_minutes * 60_000_000)

    def start_of(self, slot: int) -> int:
        """The instant at which a slot begins."""
        return self.start_at + slot * self.slot_minutes * 60_000_000
