"""The network over HTTP: centres, pools, devices, signals, prices. Devices are counted in milli-devices."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from suanwang.model.bounds import Label, Name
from suanwang.model.facts import FitShape
from suanwang.model.network import CentreRow, LinkRow, PairingRow, PoolRow, RegionRow, Signals, Terms

ROWS_MOST = 100_000


class NetworkAsked(msgspec.Struct, frozen=True):
    """Opens the network, once."""

    terms: Terms
    regions: Annotated[tuple[RegionRow, ...], Meta(max_length=ROWS_MOST)] = ()
    links: Annotated[tuple[LinkRow, ...], Meta(max_length=ROWS_MOST)] = ()
    pairings: Annotated[tuple[PairingRow, ...], Meta(max_length=1_000)] = ()


class NetworkTold(msgspec.Struct, frozen=True):
    """What holds for all of it. `terms` None: not open yet. `at`: the platform's time."""

    terms: Terms | None
    at: int
    slot: int | None
    centres: int
    pools: int
    regions: int
    jobs: int
    jobs_by_state: dict[str, int]


class Enrolment(msgspec.Struct, frozen=True):
    """A centre with its pools (算力并网); the same centre again replaces its rows."""

    centre: CentreRow
    pools: Annotated[tuple[PoolRow, ...], Meta(min_length=1, max_length=1_000)]


Grade = Literal["", "none", "basic", "full"]
CHECKS_BASIC = ("capable", "runs", "tells_failure", "meters", "stops")
CHECKS_FULL = (*CHECKS_BASIC, "keeps_limit", "returns_outputs", "survives_agent")


class CheckTold(msgspec.Struct, frozen=True):
    """One job of the conformance set, run by the centre's own driver."""

    check: Name
    passed: bool
    words: Label = ""


class ConformanceRun(msgspec.Struct, frozen=True):
    """What the agent found when it ran the conformance set; the grade follows from it."""

    driver: Name
    version: Label
    checks: Annotated[tuple[CheckTold, ...], Meta(min_length=1, max_length=100)]


class PoolTold(msgspec.Struct, frozen=True):
    """A pool now: "3 of 8 free". `price_micro`: per device-hour, its compute and electricity at present;
    `scarcity_micro`: what clearing adds in this slot. `fits`: gangs that fit, as the agent found."""

    pool: str
    centre: str
    device: str
    milli: int
    free_milli: int
    price_micro: int
    scarcity_micro: int
    open: bool
    fits: tuple[FitShape, ...] = ()


Contact = Literal["speaks", "silent", "never", "withdrawn"]


class CentreTold(msgspec.Struct, frozen=True):
    """A centre. `contact`: speaks, silent, never (no agent came yet) or withdrawn."""

    row: CentreRow
    pools: tuple[PoolTold, ...]
    contact: Contact
    silent_since: int | None
    attempts: int
    grade: Grade
    checked_at: int | None


class Centres(msgspec.Struct, frozen=True):
    """All centres."""

    centres: tuple[CentreTold, ...]


class Pools(msgspec.Struct, frozen=True):
    """All pools."""

    pools: tuple[PoolTold, ...]


class DeviceTold(msgspec.Struct, frozen=True):
    """A device class over all pools of open centres."""

    device: str
    pools: int
    milli: int
    free_milli: int


class Devices(msgspec.Struct, frozen=True):
    """All device classes."""

    devices: tuple[DeviceTold, ...]


class SignalsAsked(msgspec.Struct, frozen=True):
    """Tariff and carbon of grid zones."""

    signals: Annotated[tuple[Signals, ...], Meta(min_length=1, max_length=1_000)]


class SignalsTold(msgspec.Struct, frozen=True):
    """Published signals from a slot on."""

    signals: tuple[Signals, ...]


class PriceLine(msgspec.Struct, frozen=True, gc=False):
    """A pool's prices by slot, micro-yuan per device-slot: what is charged, and what clearing adds."""

    pool: str
    device: str
    compute_micro: int
    energy_micro: tuple[int, ...]
    scarcity_micro: tuple[int, ...]
    carbon_mg: tuple[int, ...]


class Prices(msgspec.Struct, frozen=True):
    """From slot `from_slot` on, which begins at `from_at`."""

    from_slot: int
    from_at: int
    slot_minutes: int
    pools: tuple[PriceLine, ...]


class Done(msgspec.Struct, frozen=True):
    """It is done; `events`: how many events it led to."""

    id: str
    events: int
