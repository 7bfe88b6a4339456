"""A scenario: one network, its demand and its horizon, as columns."""

from datetime import datetime
from functools import cached_property

import msgspec
import polars as pl

from suanwang.model.job_regions import JobRegions
from suanwang.model.options import OptionBook


class ScenarioHeader(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """`scenario.yaml`. `start` carries its offset; slot t covers [start + t·slot_minutes, + slot_minutes)."""

    name: str
    start: datetime
    slot_minutes: int
    slots: int
    carbon_price_micro_per_kg: int
    data_cost_micro_per_gb_1000km: int
    pack_margin: float = 0.0

    @property
    def slot_seconds(self) -> int:
        """Length of a slot."""
        return self.slot_minutes * 60


class Scenario(msgspec.Struct, frozen=True, dict=True):
    """A scenario that has passed the checks at the door.

    Each frame has exactly the columns of its table in `scenario_tables`, in that order and with those
    canonical types; optional columns that the file lacked are there and null; optional tables that were
    missing are empty frames, except `regions`, which then holds the built-in provinces and cities.
    Frames keep the order of the file: ties in clearing go to the earlier row. Decimal columns are Float64
    and stand for the decimal that was read; `units.decimals.scaled` gives it exactly.
    """

    header: ScenarioHeader
    centres: pl.DataFrame
    pools: pl.DataFrame
    devices: pl.DataFrame
    signals: pl.DataFrame
    green: pl.DataFrame
    regions: pl.DataFrame
    links: pl.DataFrame
    outages: pl.DataFrame
    pairings: pl.DataFrame
    jobs: pl.DataFrame

    @cached_property
    def options(self) -> OptionBook:
        """The jobs' options, parsed once."""
        return OptionBook.parse(self.jobs["options"])

    @cached_property
    def job_regions(self) -> JobRegions:
        """The regions that jobs name, looked up once."""
        return JobRegions.of(self.jobs)
