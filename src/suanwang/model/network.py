"""A live network as records: the rows of a scenario's tables, with decimals as text, as events hold them.

Columns are those of `scenario_tables`; "" and None stand for a missing optional value.
"""

import msgspec


class CentreRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `centres`."""

    centre: str
    name: str
    kind: str
    region: str
    hub: str | None = None
    lat: str
    lon: str
    grid_zone: str
    pue: str
    security_grade: int
    operator: str
    catalogues: str | None = None


class PoolRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `pools`."""

    pool: str
    centre: str
    device: str
    devices: str
    devices_per_node: str
    power_w_per_device: str
    idle_w_per_device: str
    price_micro_per_device_hour: int


class RegionRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `regions`."""

    region: str
    name: str
    lat: str
    lon: str


class LinkRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `links`."""

    region: str
    centre: str
    rtt_ms: str
    cost_micro_per_gb: str
    gbps: str | None = None


class PairingRow(msgspec.Struct, frozen=True, kw_only=True):
    """A row of `pairings`: slots count from the platform's start."""

    from_region: str
    to_hub: str
    discount_bp: int | None = None
    quota_device_hours: int | None = None
    from_slot: int
    to_slot: int


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """Tariff and carbon of one grid zone for slots `from_slot`, `from_slot` + 1, … of the platform."""

    zone: str
    from_slot: int
    price_micro_per_kwh: tuple[str, ...]
    carbon_g_per_kwh: tuple[str, ...]


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """`devices_lost` fewer devices in a pool in slots [from_slot, to_slot)."""

    pool: str
    from_slot: int
    to_slot: int
    devices_lost: str


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for the whole platform. Slot t covers [start_at + t · slot_us, + slot_us).

    `horizon_slots`: how far ahead jobs are planned. `reserve_slots`: how far ahead capacity and money are
    reserved; a later plan is an expected start only. `freeze_slots`: reservations starting so soon stay.
    """

    name: str
    start_at: int
    slot_minutes: int
    horizon_slots: int
    reserve_slots: int
    freeze_slots: int = 1
    carbon_price_micro_per_kg: int = 0
    data_cost_micro_per_gb_1000km: int = 0
    pack_margin: str = "0"

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
        return (at - self.start_at) // self.slot_us

    def start_of(self, slot: int) -> int:
        """The instant at which a slot begins."""
        return self.start_at + slot * self.slot_us
