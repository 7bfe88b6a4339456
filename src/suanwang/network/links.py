"""Links between regions of users and centres: round trip, cost of data, bandwidth.

A pair that the scenario does not list follows from the distance: km by the haversine on a sphere of radius
6,371.0088 km (the IUGG mean radius), round trip = km × 2 × 5 µs × 1.5 (light in fibre, route factor 1.5),
cost = the scenario's figure per 1000 km without the route factor, bandwidth not limited.
"""

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.model.scenario import Scenario
from suanwang.units.decimals import to_places
from suanwang.units.rounding import Int64Array

EARTH_RADIUS_KM = 6371.0088
FIBRE_US_PER_KM = 5.0
ROUTE_FACTOR = 1.5
NANO_GB_PER_GB = 10**9


class Links(msgspec.Struct, frozen=True):
    """Every (region, centre) pair of the regions asked for.

    `rtt_ms`: float64. `cost_femto_per_gb`: int64, femto-yuan (1e-15 CNY) per GB, so micro-yuan with nine
    decimals. `slot_nano_gb`: int64, what the link carries for one job in one slot, in nano-GB (bytes); 0
    where bandwidth is not limited.
    """

    rtt_ms: NDArray[np.float64]
    cost_femto_per_gb: Int64Array
    slot_nano_gb: Int64Array


def haversine_km(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    to_lat: NDArray[np.float64],
    to_lon: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Great-circle distance between points given in degrees; the arrays broadcast."""
    lat, lon, to_lat, to_lon = (np.radians(angle) for angle in (lat, lon, to_lat, to_lon))
    half = np.sin((to_lat - lat) / 2) ** 2 + np.cos(lat) * np.cos(to_lat) * np.sin((to_lon - lon) / 2) ** 2
    return 2 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(np.minimum(half, 1.0)))


def rtt_of_distance_ms(km: NDArray[np.float64]) -> NDArray[np.float64]:
    """Round trip over `km` of great circle."""
    return km * (2 * FIBRE_US_PER_KM * ROUTE_FACTOR / 1000)


def region_chain(code: str) -> tuple[str, ...]:
    """A region's code and the wider regions that may stand for it: itself, its city, its province."""
    chain = [code]
    if len(code) == 6 and code.isdigit():
        chain += [wider for wider in (code[:4] + "00", code[:2] + "0000") if wider not in chain]
    return tuple(chain)


def region_points(regions: pl.DataFrame, codes: list[str]) -> NDArray[np.float64]:
    """(code, 2) latitude and longitude of each code, NaN where neither it nor a wider region is known."""
    known = {code: (lat, lon) for code, lat, lon in regions.select("region", "lat", "lon").iter_rows()}
    nowhere = (float("nan"), float("nan"))
    found = [
        next((known[wider] for wider in region_chain(code) if wider in known), nowhere) for code in codes
    ]
    return np.array(found, dtype=np.float64).reshape(len(codes), 2)


def link_tables(scenario: Scenario, codes: list[str]) -> Links:
    """Links from each region of `codes` to each centre, in the order of the centres table."""
    header, centres = scenario.header, scenario.centres
    points = region_points(scenario.regions, codes)
    km = haversine_km(
        points[:, :1], points[:, 1:], centres["lat"].to_numpy()[None, :], centres["lon"].to_numpy()[None, :]
    )
    rtt_ms = rtt_of_distance_ms(km)
    cost_micro = km * (header.data_cost_micro_per_gb_1000km / 1000)
    slot_nano_gb = np.zeros(km.shape, np.int64)
    if scenario.links.height:
        listed = (
            scenario.links.join(
                pl.DataFrame({"region": codes}, schema={"region": pl.String}).with_row_index("row"),
                on="region",
            )
            .join(centres.select("centre").with_row_index("column"), on="centre")
            .with_columns(pl.col("gbps").fill_null(0.0))
        )
        at = (listed["row"].to_numpy(), listed["column"].to_numpy())
        rtt_ms[at] = listed["rtt_ms"].to_numpy()
        cost_micro[at] = listed["cost_micro_per_gb"].to_numpy()
        # gbps · slot_seconds / 8 GB in a slot: with micro-Gbit/s, · 125 gives nano-GB
        slot_nano_gb[at] = to_places(listed["gbps"].to_numpy(), 6) * (header.slot_seconds * 125)
    return Links(rtt_ms, to_places(cost_micro, 9), slot_nano_gb)
