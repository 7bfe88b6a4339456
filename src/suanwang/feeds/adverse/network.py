"""The hard network: centres, heavy-tailed pools, links of uneven cost, restless electricity."""

from datetime import datetime, timedelta

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.adverse.flavour import Flavour
from suanwang.feeds.draws import Dice, lognormal, weighted
from suanwang.feeds.reference.book import Book
from suanwang.feeds.reference.links import distances_km
from suanwang.feeds.reference.sites import user_regions
from suanwang.model.scenario_tables import CENTRES, LINKS, POOLS, SIGNALS

Int64Array = NDArray[np.int64]

MEAN_TARIFF_MICRO = 600_000
POWER_MOST_W = 20_000
NODE_DEVICES, SMALL_NODE_DEVICES = 8, 4
SMALL_NODES_PERCENT = 15
POOLS_LEAST = 2
LIMITED_PERCENT = 25
"""Share of the centres whose links have a bandwidth: 20 Gbit/s for one job."""


class Racks(msgspec.Struct, frozen=True):
    """Pools before they are sized: (pool,) columns, grouped by device class."""

    centre: Int64Array
    device: Int64Array
    weight: Int64Array
    node: Int64Array
    price_micro: Int64Array
    power_w: Int64Array


def capitals(book: Book) -> pl.DataFrame:
    """The heaviest place of each province, as regions, in the book's order."""
    heaviest: dict[str, tuple[int, str]] = {}
    for code, _, weight in book.assumed.places:
        heaviest[str(code)[:2]] = max(heaviest.get(str(code)[:2], (0, "")), (weight, str(code)))
    chosen = {code for _, code in heaviest.values()}
    return user_regions(book).filter(pl.col("region").is_in(sorted(chosen)))


def centres_table(book: Book, regions: pl.DataFrame, count: int, dice: Dice) -> pl.DataFrame:
    """`count` centres strewn over the capitals."""
    at = dice.one_of(regions.height, count)
    zone = dict(zip(book.grid_zones["province"], book.grid_zones["grid_zone"], strict=True))
    kinds = np.array(["intelligent", "general", "supercomputing", "edge"])
    codes = regions["region"].gather(at)
    return pl.DataFrame(
        {
            "centre": [f"c{number}" for number in range(1, count + 1)],
            "name": regions["name"].gather(at) + pl.Series([f"{number}" for number in range(1, count + 1)]),
            "kind": kinds[dice.one_of(4, count)].tolist(),
            "region": codes,
            "hub": pl.Series([None] * count, dtype=pl.String),
            "lat": regions["lat"].gather(at),
            "lon": regions["lon"].gather(at),
            "grid_zone": [zone[code[:2]] for code in codes],
            "pue": (110 + dice.one_of(60, count)) / 100,
            "security_grade": 1 + dice.take(weighted([10, 20, 40, 20, 10]), count).astype(np.int64),
            "operator": ["—"] * count,
            "catalogues": pl.Series([None] * count, dtype=pl.String),
        },
        schema=CENTRES.polars_schema,
    )


def rack(flavour: Flavour, count: int, dice: Dice) -> Racks:
    """Which class stands where, of what relative size and at which price; at least two pools a class."""
    centre: list[Int64Array] = []
    device: list[Int64Array] = []
    for index, kind in enumerate(flavour.classes):
        number = min(max(kind.presence_percent * count // 100, POOLS_LEAST), count)
        chosen = np.sort(np.argsort(dice.wide(count), kind="stable")[:number])
        centre.append(chosen)
        device.append(np.full(number, index, np.int64))
    centres, devices = np.concatenate(centre), np.concatenate(device)
    pools = centres.size
    base = np.array([kind.cost_micro for kind in flavour.classes])[devices]
    uneven = dice.take(lognormal(1.0, flavour.price_sigma, 20.0, 1000), pools)
    step = np.minimum(flavour.price_step_micro, np.maximum(base // 20, 1))
    price = np.maximum(base * uneven // 2000 // step, 1) * step
    small = dice.one_of(100, pools) < SMALL_NODES_PERCENT
    small[np.searchsorted(devices, np.arange(len(flavour.classes)))] = False  # one full-sized pool a class
    return Racks(
        centres,
        devices,
        dice.take(lognormal(1.0, flavour.pool_sigma, 1e5, 10_000, least=0.001), pools).astype(np.int64),
        np.where(small, SMALL_NODE_DEVICES, NODE_DEVICES),
        price,
        np.clip(price * 1000 // MEAN_TARIFF_MICRO, 1, POWER_MOST_W),
    )


def size_pools(racks: Racks, milli_total: Int64Array) -> Int64Array:
    """(pool,) milli-devices by weight, at least one device."""
    total = np.bincount(racks.device, weights=racks.weight, minlength=milli_total.size).astype(np.int64)
    # weights stay below 1e9 and totals below 9e9 milli-devices, so the product fits
    return np.maximum(racks.weight * milli_total[racks.device] // total[racks.device], 1000)


def pools_table(flavour: Flavour, centres: pl.DataFrame, racks: Racks, milli: Int64Array) -> pl.DataFrame:
    """The pools; nodes are never larger than the pool."""
    names = pl.Series([kind.name for kind in flavour.classes]).gather(racks.device)
    ids = centres["centre"].gather(racks.centre)
    return pl.DataFrame(
        {
            "pool": ids + "-" + names,
            "centre": ids,
            "device": names,
            "devices": milli / 1000,
            "devices_per_node": np.minimum(milli, racks.node * 1000) / 1000,
            "power_w_per_device": racks.power_w.astype(np.float64),
            "idle_w_per_device": (racks.power_w // 4).astype(np.float64),
            "price_micro_per_device_hour": racks.price_micro,
        },
        schema=POOLS.polars_schema,
    )


def rtt_micro_s(regions: pl.DataFrame, centres: pl.DataFrame, dice: Dice) -> Int64Array:
    """(region, centre) round trips in µs: light in fibre over a detour of 5 to 150 %, and up to 2 ms."""
    km = np.rint(distances_km(regions, centres)).astype(np.int64)
    detour = 105 + dice.one_of(146, km.size).reshape(km.shape)
    return km * detour // 10 + dice.one_of(2_001, km.size).reshape(km.shape)


def links_table(
    flavour: Flavour, regions: pl.DataFrame, centres: pl.DataFrame, rtt: Int64Array, dice: Dice
) -> pl.DataFrame:
    """Every pair, with costs that are uniform to the flavour's most."""
    count = centres.height
    limited = dice.one_of(100, count) < LIMITED_PERCENT
    cost = dice.one_of(flavour.data_yuan_per_gb * 10_000, rtt.size) * 100
    return pl.DataFrame(
        {
            "region": regions["region"].gather(np.repeat(np.arange(regions.height), count)),
            "centre": centres["centre"].gather(np.tile(np.arange(count), regions.height)),
            "rtt_ms": rtt.ravel() / 1000,
            "cost_micro_per_gb": cost.astype(np.float64),
            "gbps": pl.Series(np.where(np.tile(limited, regions.height), 20.0, np.nan)).fill_nan(None),
        },
        schema=LINKS.polars_schema,
    )


def signals_table(book: Book, start: datetime, slots: int, dice: Dice) -> pl.DataFrame:
    """A price that swings sevenfold over the day, each zone with its own phase and noise; carbon follows."""
    hour = np.array([(start + timedelta(hours=slot)).hour for slot in range(slots)])
    zones = book.grid_zones["grid_zone"].to_list()
    frames: list[pl.DataFrame] = []
    for zone in zones:
        phase = int(dice.one_of(9, 1)[0]) + 8
        # a triangle wave from 0 to 12
        wave = 12 - np.abs((hour - phase) % 24 - 12)
        price = 1_050_000 - wave * 75_000 + (dice.one_of(121, slots) - 60) * 1_000
        carbon = 250 + int(dice.one_of(400, 1)[0]) + wave * 12 + dice.one_of(60, slots)
        frames.append(
            pl.DataFrame(
                {
                    "grid_zone": [zone] * slots,
                    "slot": np.arange(slots),
                    "price_micro_per_kwh": np.maximum(price, 20_000).astype(np.float64),
                    "carbon_g_per_kwh": carbon.astype(np.float64),
                },
                schema=SIGNALS.polars_schema,
            )
        )
    return pl.concat(frames)
