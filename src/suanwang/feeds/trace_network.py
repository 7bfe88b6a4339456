"""The network that a trace's machines are spread over: the clusters of the reference network, with its
electricity, and pools of what stood in the trace."""

from collections import Counter
from datetime import datetime
from typing import Any

import msgspec
import numpy as np
import polars as pl

from suanwang.feeds.draws import Dice
from suanwang.feeds.reference.book import Book, micro, read_book
from suanwang.feeds.reference.signals import signals_table
from suanwang.feeds.reference.sites import Site, sites_of, user_regions
from suanwang.feeds.trace_devices import DeviceBook
from suanwang.feeds.trace_horizon import Horizon
from suanwang.model.scenario import Scenario, ScenarioHeader
from suanwang.model.scenario_tables import SCENARIO_TABLES

HOUR_SECONDS = 3600
SECURITY_GRADE = 3
"""Traces ask for no grade; assumed."""


class NodeGroup(msgspec.Struct, frozen=True):
    """Nodes of one kind at one site: `nodes` of `per_node_milli` thousandths of `device` each."""

    site: int
    device: str
    per_node_milli: int
    nodes: int

    @property
    def milli(self) -> int:
        """Their devices, in thousandths."""
        return self.per_node_milli * self.nodes


class TraceNetwork:
    """The sites, device figures and users' regions that an import draws from."""

    def __init__(self) -> None:
        """From the reference network's book."""
        self.book: Book = read_book()
        self.devices = DeviceBook(self.book)
        self.sites: list[Site] = sites_of(self.book)["cluster"]
        self.regions = user_regions(self.book)

    def spread(self, machines: list[tuple[str, int]], seed: int) -> list[NodeGroup]:
        """`machines` (device, thousandths per node) dealt to the sites by `seed`, grouped into pools."""
        dealt = np.random.default_rng([seed, 2]).integers(0, len(self.sites), len(machines))
        groups = Counter((int(site), *machine) for site, machine in zip(dealt, machines, strict=True))
        return [
            NodeGroup(site, device, per_node, nodes)
            for (site, device, per_node), nodes in sorted(groups.items())
        ]

    def users(self, count: int, seed: int) -> list[str]:
        """Regions of `count` users, drawn by `seed` with the reference network's weights of demand."""
        weights = np.asarray([weight for _, _, weight in self.book.assumed.places], np.float64)
        drawn = np.random.default_rng([seed, 5]).choice(len(weights), count, p=weights / weights.sum())
        return self.regions["region"].gather(drawn).to_list()

    def scenario(
        self, name: str, start: datetime, horizon: Horizon, groups: list[NodeGroup], jobs: pl.DataFrame
    ) -> Scenario:
        """The scenario of `jobs` on `groups`. `start` is the instant of slot 0, a full hour."""
        used = sorted({group.site for group in groups})
        centres = [self.centre_row(self.sites[index]) for index in used]
        rows: dict[str, list[dict[str, Any]]] = {
            "centres": centres,
            "pools": [self.pool_row(group) for group in groups],
            "devices": [self.device_row(device) for device in sorted({group.device for group in groups})],
            "regions": self.regions.to_dicts(),
        }
        frames = {
            table.name: pl.DataFrame(
                [
                    {column: row.get(column) for column in table.polars_schema}
                    for row in rows.get(table.name, [])
                ],
                schema=table.polars_schema,
            )
            for table in SCENARIO_TABLES
        }
        frames["signals"] = self.signals({row["grid_zone"] for row in centres}, start, horizon)
        frames["jobs"] = jobs
        figures = self.book.assumed.scenario
        header = ScenarioHeader(
            name=name,
            start=start,
            slot_minutes=horizon.slot_seconds // 60,
            slots=horizon.slots,
            carbon_price_micro_per_kg=micro(figures.carbon_price_yuan_per_t / 1000),
            data_cost_micro_per_gb_1000km=micro(figures.data_cost_yuan_per_gb_1000km),
        )
        return Scenario(header=header, **frames)

    def centre_of(self, site: Site) -> str:
        """The id of the centre at a site."""
        return site.slug

    def centre_row(self, site: Site) -> dict[str, Any]:
        """A site as a row of `centres`, at its cluster's ceiling of PUE."""
        zones = dict(zip(self.book.grid_zones["province"], self.book.grid_zones["grid_zone"], strict=True))
        return {
            "centre": self.centre_of(site),
            "name": site.name,
            "kind": "intelligent",
            "region": site.region,
            "hub": site.hub,
            "lat": site.lat,
            "lon": site.lon,
            "grid_zone": zones[site.region[:2]],
            "pue": site.pue_ceiling / 100,
            "security_grade": SECURITY_GRADE,
            "operator": site.name,
        }

    def pool_row(self, group: NodeGroup) -> dict[str, Any]:
        """Nodes of one kind at one site as a row of `pools`."""
        figures = self.devices[group.device]
        centre, per_node = self.centre_of(self.sites[group.site]), f"{group.per_node_milli / 1000:g}"
        return {
            "pool": f"{centre}-{group.device}-{per_node}",
            "centre": centre,
            "device": group.device,
            "devices": group.milli / 1000,
            "devices_per_node": group.per_node_milli / 1000,
            "power_w_per_device": figures.power_w,
            "idle_w_per_device": figures.idle_w,
            "price_micro_per_device_hour": figures.price_micro,
        }

    def device_row(self, device: str) -> dict[str, Any]:
        """A device class as a row of `devices`."""
        return msgspec.structs.asdict(self.devices[device])

    def signals(self, zones: set[str], start: datetime, horizon: Horizon) -> pl.DataFrame:
        """Electricity of `zones` in every slot: that of the hour the slot lies in."""
        hours = -(-horizon.slots * horizon.slot_seconds // HOUR_SECONDS)
        hourly = signals_table(self.book, start, hours, Dice(0)).filter(
            pl.col("grid_zone").is_in(list(zones))
        )
        slots = pl.DataFrame({"slot": np.arange(horizon.slots)}).with_columns(
            hour=pl.col("slot") * horizon.slot_seconds // HOUR_SECONDS
        )
        return (
            hourly.rename({"slot": "hour"})
            .join(slots, on="hour", maintain_order="left_right")
            .select(hourly.columns)
        )


def jobs_frame(columns: dict[str, Any]) -> pl.DataFrame:
    """The jobs table from the columns an import fills; the others are empty or zero."""
    schema = next(table for table in SCENARIO_TABLES if table.name == "jobs").polars_schema
    filled = pl.DataFrame(columns)
    absent = [
        pl.lit(0.0 if name in ("gb_in", "gb_out") else None, dtype=kind()).alias(name)
        for name, kind in schema.items()
        if name not in columns
    ]
    return filled.with_columns(absent).select(pl.col(name).cast(kind) for name, kind in schema.items())
