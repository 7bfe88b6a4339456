"""The figures of the reference network, read from the files in `data/`, which a user may copy and replace."""

from decimal import Decimal
from pathlib import Path
from typing import Literal

import msgspec
import numpy as np
import polars as pl

from suanwang.feeds.reference.figure_checks import figure_faults, unknown_names
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

DATA = Path(__file__).parent / "data"
FILES = (
    "clusters.csv",
    "grid_zones.csv",
    "devices.csv",
    "tariff_rules.yaml",
    "traces.yaml",
    "assumptions.yaml",
)
FamilyName = Literal["cluster", "cloud", "metropolitan", "supercomputing", "edge"]
FAMILIES: tuple[FamilyName, ...] = ("cluster", "cloud", "metropolitan", "supercomputing", "edge")

Shape = tuple[float, int, float]
"""devices per node, nodes, weight."""
Quantile = tuple[float, float]
"""probability, value."""


class Band(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Hours of a day [from, to) in which a tariff is multiplied."""

    name: str
    hours: list[tuple[int, int]]
    factor: Decimal


class Season(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The bands of some months; no months: every month that no other season names."""

    months: list[int]
    bands: list[Band]


class TariffRule(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A time-of-use rule with its source."""

    source: str
    mark: str
    seasons: list[Season]


class Trace(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Figures read from a public trace."""

    source: str
    mark: str
    hours: list[Quantile] = []
    shapes: list[Shape] = []


class Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The header's figures."""

    start: str
    carbon_price_yuan_per_t: Decimal
    data_cost_yuan_per_gb_1000km: Decimal
    data_cost_yuan_per_gb_fixed: Decimal


class Power(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From a board's power to a device's."""

    server_factor: Decimal
    idle_share: Decimal


class CarbonShape(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How carbon intensity moves over a day; see `signals`."""

    xizang_kg_per_kwh: Decimal
    solar_by_hour: list[int]
    evening_by_hour: list[int]
    evening_rise_percent: int
    dip_per_solar_share_percent: int
    clear_sky_percent: tuple[int, int]
    solar_share_percent: dict[str, int]


class Family(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A family of centres."""

    kind: str
    share: int
    pue: tuple[int, int]
    price_percent: tuple[int, int]
    pool_weight: dict[str, int]
    grades: dict[int, int]
    outage_percent: int
    devices: dict[str, int]


class Bandwidth(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What one job may use of a link, by family and distance, and what moving data costs there."""

    local_km: int
    near_km: int
    near: dict[str, int]
    far: dict[str, int]
    cost_percent: dict[str, int]


class Arrivals(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Relative arrivals by hour of day, and on weekends."""

    queued_at_start_percent: int
    office: list[int]
    night: list[int]
    steady: list[int]
    weekend_percent: dict[str, int]

    def by_hour(self, pattern: str) -> list[int]:
        """The 24 weights of a pattern."""
        return {"office": self.office, "night": self.night, "steady": self.steady}[pattern]


class Work(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A kind of work; the fields are described in `assumptions.yaml`."""

    name: dict[str, str]
    share: Decimal
    arrivals: Literal["office", "night", "steady"]
    devices: dict[str, int]
    shapes: Literal["openb"] | list[Shape]
    hours: Literal["pai"] | list[Quantile]
    gb_in: tuple[float, float, float, int]
    gb_out: tuple[float, float, float, int]
    slack_hours: dict[int, int]
    value: tuple[Decimal, float, int]
    swap: tuple[int, list[str]]
    max_rtt_ms: dict[int, int]
    residency_percent: int
    grades: dict[int, int]
    replicas: dict[int, int] = msgspec.field(default_factory=lambda: {1: 100})

    @property
    def text(self) -> Text:
        """Its name for people."""
        return Text(self.name["en"], self.name["zh"])


class Assumptions(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`assumptions.yaml`."""

    mark: str
    scenario: Frame
    power: Power
    carbon: CarbonShape
    places: list[tuple[int, str, int]]
    supercomputing: list[tuple[int, str]]
    families: dict[FamilyName, Family]
    pool_sigma_percent: int
    west_weight_percent: int
    west_longitude: int
    price_step_micro: int
    cpu_price_step_micro: int
    node_sizes: dict[str, dict[int, int]]
    operators: list[str]
    bandwidth: Bandwidth
    pairings: list[tuple[int, str, int]]
    arrivals: Arrivals
    work: dict[str, Work]
    urgent_multiple: int
    data_elsewhere_percent: int
    enterprises: int
    port_efficiency_percent: int
    regional_groups: list[str]


class Book(msgspec.Struct, frozen=True):
    """All figures. Frames are the CSV files as they are, codes as text and decimals as written."""

    clusters: pl.DataFrame
    grid_zones: pl.DataFrame
    devices: pl.DataFrame
    tariff_rules: dict[str, TariffRule]
    traces: dict[str, Trace]
    assumed: Assumptions

    @property
    def device_names(self) -> list[str]:
        """Device classes in the order of their table."""
        return self.devices["device"].to_list()

    def shapes_of(self, work: Work) -> list[Shape]:
        """Shapes of a kind of work, from its own list or a trace."""
        shapes = self.traces[work.shapes].shapes if isinstance(work.shapes, str) else work.shapes
        return [
            (units, nodes * times, weight * share)
            for units, nodes, weight in shapes
            for times, share in work.replicas.items()
        ]

    def hours_of(self, work: Work) -> list[Quantile]:
        """Quantiles of run time of a kind of work, from its own list or a trace."""
        return self.traces[work.hours].hours if isinstance(work.hours, str) else work.hours


def read_book(folder: Path = DATA) -> Book:
    """The figures in `folder`. Raises InvalidInput naming every file that is missing or malformed."""
    faults: list[Fault] = []
    frames: dict[str, pl.DataFrame] = {}
    plain: dict[str, bytes] = {}
    for name in FILES:
        try:
            if name.endswith(".csv"):
                frames[name] = pl.read_csv(folder / name, infer_schema=False)
            else:
                plain[name] = (folder / name).read_bytes()
        except (OSError, pl.exceptions.PolarsError) as error:
            faults.append(_fault(folder / name, error))
    if not faults:
        faults = figure_faults(frames)
        try:
            book = Book(
                frames["clusters.csv"],
                frames["grid_zones.csv"],
                frames["devices.csv"],
                msgspec.yaml.decode(plain["tariff_rules.yaml"], type=dict[str, TariffRule]),
                msgspec.yaml.decode(plain["traces.yaml"], type=dict[str, Trace]),
                msgspec.yaml.decode(plain["assumptions.yaml"], type=Assumptions),
            )
        except msgspec.MsgspecError as error:
            faults.append(_fault(folder, error))
        else:
            faults = faults or name_faults(book)
            if not faults:
                return book
    raise InvalidInput(faults)


def name_faults(book: Book) -> list[Fault]:
    """Names that one file of figures takes from another and that are not there."""
    assumed = book.assumed
    devices = [
        *(name for work in assumed.work.values() for name in (*work.devices, *work.swap[1])),
        *(name for family in assumed.families.values() for name in family.devices),
    ]
    return [
        *unknown_names("assumptions.yaml", "devices", devices, book.device_names),
        *unknown_names("grid_zones.csv", "rule", book.grid_zones["rule"].to_list(), book.tariff_rules),
    ]


def _fault(place: Path, error: Exception) -> Fault:
    return Fault(
        where=str(place),
        what=Text("reference figures cannot be used", "参考数据无法使用"),
        found=str(error),
        expected=same(", ".join(FILES)),
        remedy=Text("copy the files of the package and change figures only", "复制程序自带文件，只改数值"),
        kind="reference",
    )


def micro(amount_yuan: Decimal | str) -> int:
    """Yuan as whole micro-yuan."""
    return int((Decimal(amount_yuan) * 1_000_000).to_integral_value())


def board_power_milliwatt(book: Book) -> list[int]:
    """Power of a busy device with its share of the server, mW, by device class."""
    factor = book.assumed.power.server_factor
    return [int((Decimal(watt) * factor * 1000).to_integral_value()) for watt in book.devices["board_w"]]


def fp16_tera(book: Book) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """(device,) FP16 peak in whole TFLOPS; 0 for cores."""
    return np.array([int(Decimal(peak) * 1000) for peak in book.devices["fp16_pflops"]], np.int64)
