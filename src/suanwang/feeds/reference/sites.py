"""Where the centres stand: families of centres seated on places; a larger network holds a smaller one."""

import heapq

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.builtin_regions import builtin_regions
from suanwang.feeds.draws import Dice, weighted
from suanwang.feeds.reference.book import FAMILIES, Book
from suanwang.model.scenario_tables import CENTRES

CLOUD_PLACE_LEAST = 120
"""General clouds stand in clusters and in places with at least this weight of demand."""


class Site(msgspec.Struct, frozen=True):
    """A place where centres of a family may stand."""

    name: str
    slug: str
    region: str
    lat: float
    lon: float
    weight: int
    hub: str | None = None
    pue_ceiling: int = 0
    """hundredths; 0 where none is set."""


class Seating(msgspec.Struct, frozen=True):
    """The centres: their table, and for each its family (index into FAMILIES) and whether it is western."""

    centres: pl.DataFrame
    family: NDArray[np.int64]
    west: NDArray[np.bool_]


def seats(weights: list[int], count: int) -> list[int]:
    """Who gets each of `count` seats: first one each in order of weight, then by Sainte-Laguë's quotients."""
    order = sorted(range(len(weights)), key=lambda index: (-weights[index], index))
    taken = order[:count]
    heap = [(-weights[index] * 10**9 // 3, index, 1) for index in order]
    heapq.heapify(heap)
    while len(taken) < count:
        _, index, held = heapq.heappop(heap)
        taken.append(index)
        heapq.heappush(heap, (-weights[index] * 10**9 // (2 * held + 3), index, held + 1))
    return taken


def user_regions(book: Book) -> pl.DataFrame:
    """The reference places as a table of regions, in the book's order."""
    places = pl.DataFrame({"region": [str(code) for code, _, _ in book.assumed.places]})
    return places.join(builtin_regions(), on="region", how="left", maintain_order="left")


def sites_of(book: Book) -> dict[str, list[Site]]:
    """The sites of each family."""
    rows = user_regions(book).to_dicts()
    places = [
        Site(row["name"].removesuffix("市"), slug, row["region"], row["lat"], row["lon"], weight)
        for row, (_, slug, weight) in zip(rows, book.assumed.places, strict=True)
    ]
    by_region = {site.region: site for site in places}
    clusters = [
        Site(
            row["name"],
            row["slug"],
            row["region"],
            float(row["lat"]),
            float(row["lon"]),
            int(row["size"]),
            row["hub"],
            round(float(row["pue_ceiling"]) * 100),
        )
        for row in book.clusters.to_dicts()
    ]
    supercomputing = [
        msgspec.structs.replace(by_region[str(code)], name=name, weight=1)
        for code, name in book.assumed.supercomputing
    ]
    large = [site for site in places if site.weight >= CLOUD_PLACE_LEAST]
    return {
        "cluster": clusters,
        "cloud": [msgspec.structs.replace(site, weight=site.weight * 12) for site in clusters] + large,
        "metropolitan": places,
        "supercomputing": supercomputing,
        "edge": places,
    }


def provinces_first(sites: list[Site], count: int) -> list[int]:
    """Seats that reach every province before any place gets a second: edge sites are everywhere."""
    heaviest: dict[str, int] = {}
    for index in sorted(range(len(sites)), key=lambda index: -sites[index].weight):
        heaviest.setdefault(sites[index].region[:2], index)
    first = list(heaviest.values())
    rest = seats([site.weight for site in sites], len(sites) + count)
    for index in first:
        rest.remove(index)
    return (first + rest)[:count]


def seat_centres(book: Book, count: int, dice: Dice) -> Seating:
    """`count` centres; those of a smaller count are the first of a larger one."""
    sites = sites_of(book)
    shares = [book.assumed.families[name].share for name in FAMILIES]
    family = np.array(seats(shares, count))
    seated = {
        name: (
            provinces_first(sites[name], count)
            if name == "edge"
            else seats([site.weight for site in sites[name]], count)
        )
        for name in FAMILIES
    }
    zone_of = dict(zip(book.grid_zones["province"], book.grid_zones["grid_zone"], strict=True))
    grade = [
        np.array(list(book.assumed.families[name].grades))[
            weighted(list(book.assumed.families[name].grades.values()))
        ]
        for name in FAMILIES
    ]
    levels = dice.levels(4 * count).reshape(count, 4).tolist()
    used = dict.fromkeys(FAMILIES, 0)
    at_site: dict[str, int] = {}
    rows: list[tuple[object, ...]] = []
    west: list[bool] = []
    for index in range(count):
        name = FAMILIES[family[index]]
        site = sites[name][seated[name][used[name]]]
        used[name] += 1
        kind = book.assumed.families[name]
        label = {
            "supercomputing": "super",
            "metropolitan": "ai",
            "cloud": "cloud",
            "edge": "edge",
            "cluster": "",
        }[name]
        slug = f"{site.slug}-{label}" if label else site.slug
        number = at_site[slug] = at_site.get(slug, 0) + 1
        word = {
            "supercomputing": "",
            "metropolitan": "智算中心",
            "cloud": "云中心",
            "edge": "边缘节点",
            "cluster": "智算基地",
        }[name]
        operator = book.assumed.operators[(levels[index][0] + number) % len(book.assumed.operators)]
        low, high = kind.pue
        pue = low + levels[index][1] * (high - low + 1) // 65_536
        pue += site.pue_ceiling if name == "cluster" else 0
        spread = (number * 37 % 21 - 10, number * 53 % 21 - 10) if number > 1 else (0, 0)
        rows.append(
            (
                f"{slug}-{number}",
                f"{site.name}{word}{number}号" if word or number > 1 else site.name,
                kind.kind,
                site.region,
                site.hub,
                round(site.lat + spread[0] / 125, 4),
                round(site.lon + spread[1] / 125, 4),
                zone_of[site.region[:2]],
                pue / 100,
                int(grade[family[index]][levels[index][2]]),
                operator if name != "supercomputing" else site.name,
                None,
            )
        )
        west.append(site.lon < book.assumed.west_longitude)
    return Seating(
        pl.DataFrame(rows, schema=CENTRES.polars_schema, orient="row"), family, np.array(west, np.bool_)
    )
