"""Where a job may run and what it is worth: its user's region, nearness, residency, grade, value.

A limit that no pool of the wanted class meets, by nearness or residency, is widened to the next that one
does: users do not ask a network for what it never had. Whether there is room is another matter.
"""

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.draws import Dice, lognormal, weighted, with_none
from suanwang.feeds.reference.alternatives import Menu
from suanwang.feeds.reference.book import Book
from suanwang.feeds.reference.demand import Demand, works

Int64Array = NDArray[np.int64]

RTT_LIMITS_MS = (1, 5, 20)
TIERS = (1, 8, 64, 1024)
"""Sizes of gangs, in devices, for which nearness is looked up."""
DATA_GUESS_MICRO_PER_GB = 120_000
ROUND_MICRO = 10_000


class Places(msgspec.Struct, frozen=True):
    """What users may know of the network before they ask: whole tables over tiers of gang size.

    `near`: (tier, region, device) index into RTT_LIMITS_MS of the tightest limit a pool meets, 3 where none
    does. `held`: (tier, province or group, device) whether a pool lies there; `prefixes` names that axis, the
    provinces first; `province`, `group`: (region,) where each region lies on it.
    """

    near: NDArray[np.uint8]
    held: NDArray[np.bool_]
    prefixes: list[str]
    province: Int64Array
    group: Int64Array


class Conditions(msgspec.Struct, frozen=True):
    """(job,) columns: region, data region and residency as indices (-1: none), others as in `jobs`."""

    region: NDArray[np.int16]
    data_region: NDArray[np.int16]
    max_rtt_ms: NDArray[np.int16]
    grade: NDArray[np.int16]
    residency: NDArray[np.int16]
    value_micro: Int64Array
    enterprise: NDArray[np.int16]


def know_places(
    book: Book, regions: pl.DataFrame, centres: pl.DataFrame, pools: pl.DataFrame, rtt: NDArray[np.float64]
) -> Places:
    """The tables of what the sized network offers; `rtt`: (region, centre) ms."""
    names = book.device_names
    centre_of = {centre: index for index, centre in enumerate(centres["centre"])}
    centre = np.array([centre_of[each] for each in pools["centre"]])
    device = np.array([names.index(each) for each in pools["device"]])
    size, node = pools["devices"].to_numpy(), pools["devices_per_node"].to_numpy()
    codes = regions["region"].to_list()
    provinces = sorted({code[:2] for code in codes})
    groups = book.assumed.regional_groups
    prefixes = provinces + groups
    at = [region[:2] for region in centres["region"]]
    near = np.full((len(TIERS), len(codes), len(names)), len(RTT_LIMITS_MS), np.uint8)
    held = np.zeros((len(TIERS), len(prefixes), len(names)), np.bool_)
    for tier, need in enumerate(TIERS):
        for which in range(len(names)):
            rows = np.flatnonzero((device == which) & (size >= need) & (node >= min(need, 8)))
            if not rows.size:
                continue
            least = rtt[:, centre[rows]].min(axis=1)
            near[tier, :, which] = np.searchsorted(np.array(RTT_LIMITS_MS), least)
            here = {at[index] for index in centre[rows].tolist()}
            held[tier, :, which] = [bool(here & set(prefix.split(";"))) for prefix in prefixes]
    group_of = {
        code: len(provinces) + number for number, group in enumerate(groups) for code in group.split(";")
    }
    return Places(
        near,
        held,
        prefixes,
        np.array([provinces.index(code[:2]) for code in codes]),
        np.array([group_of[code[:2]] for code in codes]),
    )


def draw_conditions(book: Book, demand: Demand, menu: Menu, places: Places, dice: Dice) -> Conditions:
    """The conditions of every job."""
    assumed, kinds, jobs = book.assumed, works(book), demand.kind.size
    regions = weighted([weight for _, _, weight in assumed.places]).astype(np.int16)
    region = np.asarray(dice.take(regions, jobs), np.int16)
    moved = dice.levels(jobs).astype(np.int32) * 100 < assumed.data_elsewhere_percent * 65_536
    data_region = np.where(moved & (demand.milli_gb_in > 0), dice.take(regions, jobs), -1).astype(np.int16)
    gang = (demand.gang_nodes() * demand.units_milli[:, None])[demand.shape, demand.device]
    tier = np.searchsorted(np.array(TIERS) * 1000, gang).clip(0, len(TIERS) - 1)
    del gang
    limit = _limits(book, demand, dice)
    limit = np.where(
        limit >= 0, np.maximum(limit, places.near[tier, region, demand.device]), len(RTT_LIMITS_MS)
    )
    rtt = np.array([*RTT_LIMITS_MS, -1], np.int16)[limit]
    wants = dice.levels(jobs).astype(np.int32) * 100 < (
        np.array([work.residency_percent for work in kinds], np.int32)[demand.kind] * 65_536
    )
    province, group = places.province[region], places.group[region]
    residency = np.where(places.held[tier, province, demand.device], province, group)
    residency = np.where(places.held[tier, residency, demand.device] & wants, residency, -1).astype(np.int16)
    grades = np.stack(
        [
            np.array([0, *work.grades])[weighted([100 - sum(work.grades.values()), *work.grades.values()])]
            for work in kinds
        ]
    ).astype(np.int16)
    grade = np.asarray(dice.each(grades, demand.kind), np.int16)
    grade = np.where((rtt > 0) | (residency >= 0), np.minimum(grade, 2), grade)
    firms = weighted([1 / rank**0.9 for rank in range(1, assumed.enterprises + 1)]).astype(np.int16)
    enterprise = np.asarray(dice.take(firms, jobs), np.int16)
    return Conditions(
        region, data_region, rtt, grade, residency, _values(book, demand, menu, dice), enterprise
    )


def _limits(book: Book, demand: Demand, dice: Dice) -> NDArray[np.int8]:
    """(job,) index of the latency limit asked for, -1 where none is."""
    tables = [
        with_none(
            np.array([RTT_LIMITS_MS.index(limit) for limit in work.max_rtt_ms])[
                weighted(list(work.max_rtt_ms.values()))
            ]
            if work.max_rtt_ms
            else np.full(65_536, -1, np.int64),
            100 - sum(work.max_rtt_ms.values()),
            -1,
        )
        for work in works(book)
    ]
    return np.asarray(dice.each(np.stack(tables).astype(np.int8), demand.kind), np.int8)


def _values(book: Book, demand: Demand, menu: Menu, dice: Dice) -> Int64Array:
    """(job,) value: a multiple of the guessed cheapest cost, several times that for the urgent; whole 分."""
    kinds = works(book)
    multiples = np.stack(
        [
            lognormal(float(median), sigma, 60.0, 1000, least=1.05)
            for median, sigma, _ in (work.value for work in kinds)
        ]
    ).astype(np.int32)
    value = menu.guess_micro[menu.text_of_job]
    value += (demand.milli_gb_in.astype(np.int64) + demand.milli_gb_out) * (DATA_GUESS_MICRO_PER_GB // 1000)
    value //= 1000
    value *= dice.each(multiples, demand.kind)
    urgent = (
        np.array([percent for _, _, percent in (work.value for work in kinds)], np.int32)[demand.kind]
        * 65_536
    )
    value[dice.levels(demand.kind.size).astype(np.int32) * 100 < urgent] *= book.assumed.urgent_multiple
    return np.maximum(value // ROUND_MICRO, 1) * ROUND_MICRO
