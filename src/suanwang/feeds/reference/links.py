"""Links between every region of users and every centre: round trip, price of data, bandwidth of one job."""

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.reference.book import FAMILIES, Book, micro
from suanwang.feeds.reference.sites import Seating
from suanwang.model.scenario_tables import LINKS, PAIRINGS
from suanwang.network.links import haversine_km, rtt_of_distance_ms


def distances_km(regions: pl.DataFrame, centres: pl.DataFrame) -> NDArray[np.float64]:
    """(region, centre) great-circle distance."""
    return haversine_km(
        regions["lat"].to_numpy()[:, None],
        regions["lon"].to_numpy()[:, None],
        centres["lat"].to_numpy()[None, :],
        centres["lon"].to_numpy()[None, :],
    )


def rtt_ms(km: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round trip to a thousandth of a millisecond."""
    return np.rint(rtt_of_distance_ms(km) * 1000) / 1000


def links_table(book: Book, regions: pl.DataFrame, seating: Seating) -> pl.DataFrame:
    """Every pair, region by region. Within a city bandwidth is not limited."""
    bandwidth, frame = book.assumed.bandwidth, book.assumed.scenario
    km = distances_km(regions, seating.centres)
    per_km = micro(frame.data_cost_yuan_per_gb_1000km) // 1000
    fixed = micro(frame.data_cost_yuan_per_gb_fixed)
    percent = np.array([bandwidth.cost_percent[name] for name in FAMILIES])[seating.family][None, :]
    cost = (fixed + np.rint(km).astype(np.int64) * per_km) * percent // 100
    near, far = (
        np.array([speed[name] for name in FAMILIES])[seating.family][None, :]
        for speed in (bandwidth.near, bandwidth.far)
    )
    gbps = np.where(km <= bandwidth.near_km, near, far)
    local = km <= bandwidth.local_km
    count = seating.centres.height
    return pl.DataFrame(
        {
            "region": regions["region"].gather(np.repeat(np.arange(regions.height), count)),
            "centre": seating.centres["centre"].gather(np.tile(np.arange(count), regions.height)),
            "rtt_ms": rtt_ms(km).ravel(),
            "cost_micro_per_gb": np.where(local, 0, cost).ravel().astype(np.float64),
            "gbps": pl.Series(np.where(local, np.nan, gbps).ravel()).fill_nan(None),
        },
        schema=LINKS.polars_schema,
    )


def pairings_table(book: Book, centres: pl.DataFrame, slots: int) -> pl.DataFrame:
    """Pairings of eastern regions and the western hubs that have a centre, over the whole horizon."""
    hubs = set(centres["hub"].drop_nulls())
    rows = [
        (str(code), hub, discount, None, 0, slots)
        for code, hub, discount in book.assumed.pairings
        if hub in hubs
    ]
    return pl.DataFrame(rows, schema=PAIRINGS.polars_schema, orient="row")
