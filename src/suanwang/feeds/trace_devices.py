"""Figures of the devices that traces name: those of the reference network, and a table of older cards."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import msgspec
import polars as pl

from suanwang.feeds.reference.book import Book, micro

DATA = Path(__file__).parent / "data" / "trace_devices.csv"

ELECTRICITY_DEAREST_MICRO_PER_WH = 1_500
"""Electricity at 1.5 CNY/kWh, PUE included: what a job's value reckons for it. Assumed."""

MIDDLING = "A10"
"""What a model without figures is taken for."""


class DeviceFigures(msgspec.Struct, frozen=True):
    """One device class: nameplate, power with its share of the server, micro-yuan per device-hour."""

    device: str
    maker: str
    domestic: bool
    fp16_pflops: float
    memory_gb: float
    power_w: float
    idle_w: float
    price_micro: int
    known: bool = True

    @property
    def dear_hour_micro(self) -> int:
        """A device-hour with dear electricity, micro-yuan."""
        return self.price_micro + round(self.power_w * ELECTRICITY_DEAREST_MICRO_PER_WH)


class DeviceBook:
    """Figures by device class."""

    def __init__(self, book: Book) -> None:
        """The classes of the reference network, then those that only traces have."""
        rows = book.devices.to_dicts() + pl.read_csv(DATA, infer_schema=False).to_dicts()
        self._figures = {row["device"]: figures_from(row, book) for row in rows}

    def __getitem__(self, device: str) -> DeviceFigures:
        """The figures of `device`; those of a middling card where it is not known."""
        if device in self._figures:
            return self._figures[device]
        return msgspec.structs.replace(self._figures[MIDDLING], device=device, maker="not known", known=False)


def figures_from(row: dict[str, Any], book: Book) -> DeviceFigures:
    """One line of a table of devices: board power becomes device power by the book's server factor."""
    power_w = Decimal(row["board_w"]) * book.assumed.power.server_factor
    return DeviceFigures(
        device=row["device"],
        maker=row["maker"],
        domestic=row["domestic"] == "true",
        fp16_pflops=float(row["fp16_pflops"]),
        memory_gb=float(row["memory_gb"]),
        power_w=float(power_w.quantize(Decimal("0.001"))),
        idle_w=float((power_w * book.assumed.power.idle_share).quantize(Decimal("0.001"))),
        price_micro=micro(row["price_yuan_per_device_hour"]),
    )
