"""The hard demand: gangs of any size to 1,024, long runs, bursts, tight windows, uneven values."""

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.adverse.flavour import Flavour
from suanwang.feeds.adverse.network import Racks
from suanwang.feeds.draws import Dice, lognormal, weighted

Int64Array = NDArray[np.int64]

GANG_MOST, HOURS_MOST, NODE_DEVICES = 1024, 72, 8
RTT_LIMITS_MICRO_S = (5_000, 15_000, 25_000, 10**9)
RTT_SHARES = (10, 20, 20, 50)
NOWHERE_PERCENT = 4
GUESS_MICRO_PER_GB_PERCENT = 20
"""Of the dearest link's price: what a job expects to pay for moving a GB."""


class Demand(msgspec.Struct, frozen=True):
    """Jobs in order of release: (job,) columns; column 1 of `device`, `units_milli`, `nodes` and `hours` is a
    second option, with device -1 where there is none: (job, 2)."""

    release: NDArray[np.int32]
    deadline: NDArray[np.int32]
    device: NDArray[np.int8]
    units_milli: NDArray[np.int32]
    nodes: NDArray[np.int16]
    hours: NDArray[np.int16]
    region: NDArray[np.int16]
    limit: NDArray[np.int8]
    milli_gb: NDArray[np.int32]

    def gang_milli(self) -> Int64Array:
        """(job, 2) milli-devices of each option."""
        return self.units_milli.astype(np.int64) * self.nodes


def _in_nodes(gang_milli: Int64Array) -> tuple[NDArray[np.int32], NDArray[np.int16]]:
    """A gang as equal nodes of at most eight devices: units per node and nodes."""
    nodes = -(-gang_milli // (NODE_DEVICES * 1000))
    return np.maximum(gang_milli // nodes, 1).astype(np.int32), nodes.astype(np.int16)


def draw_demand(flavour: Flavour, jobs: int, slots: int, regions: int, dice: Dice) -> Demand:
    """The demand, before it is fitted to the pools."""
    classes = len(flavour.classes)
    # shares of the classes: a draw from the simplex by uniform cuts, none below 5 %
    cuts = np.sort(np.concatenate([[0, 75_000], dice.one_of(75_001, classes - 1)]))
    shares = (np.diff(cuts) + 5_000).tolist()
    device = np.asarray(dice.take(weighted(shares), jobs), np.int8)
    gang = dice.take(lognormal(7.39, 1.3, GANG_MOST, 1000, least=0.1), jobs).astype(np.int64)
    gang[dice.levels(jobs) < 48] = GANG_MOST * 1000
    whole = dice.levels(jobs) < 32_768
    powers = 1000 * 2 ** np.rint(np.log2(np.maximum(np.arange(1, GANG_MOST + 1), 1))).astype(np.int64)
    gang = np.where(whole, powers[np.clip(gang // 1000, 1, GANG_MOST) - 1], gang)
    hours_most = min(HOURS_MOST, max(slots // 2, 1))
    hours = dice.take(lognormal(3.32, 1.1, hours_most, least=1.0), jobs).astype(np.int16)
    starts = dice.one_of(slots, max(flavour.bursts_a_week * slots // 168, 1))
    burst = starts[dice.one_of(starts.size, jobs)] + dice.one_of(6, jobs)
    spread = dice.one_of(slots, jobs)
    release = np.where(dice.one_of(100, jobs) < flavour.burst_percent, burst % slots, spread)
    release = np.minimum(release, slots - hours).astype(np.int32)
    order = np.argsort(release, kind="stable")
    device, gang, hours, release = device[order], gang[order], hours[order], release[order]
    slack = np.array(flavour.slack_slots)[dice.one_of(len(flavour.slack_slots), jobs)]
    units, nodes = _in_nodes(gang)
    second = _second_option(flavour, device, gang, hours, slots, dice)
    return Demand(
        release,
        np.minimum(release + hours + slack, slots).astype(np.int32),
        np.stack([device, second[0]], axis=1),
        np.stack([units, second[1]], axis=1),
        np.stack([nodes, second[2]], axis=1),
        np.stack([hours, second[3]], axis=1),
        np.asarray(dice.take(weighted([1 / rank for rank in range(1, regions + 1)]), jobs), np.int16),
        np.asarray(dice.take(weighted(RTT_SHARES), jobs), np.int8),
        np.asarray(dice.take(lognormal(7.39, 2.0, 20_000, 1000), jobs), np.int32),
    )


def _second_option(
    flavour: Flavour,
    device: NDArray[np.int8],
    gang: Int64Array,
    hours: NDArray[np.int16],
    slots: int,
    dice: Dice,
) -> tuple[NDArray[np.int8], NDArray[np.int32], NDArray[np.int16], NDArray[np.int16]]:
    """Another class with 50 to 200 % of the devices for 60 to 180 % of the time, for some jobs."""
    jobs, classes = device.size, len(flavour.classes)
    other = (device + 1 + dice.one_of(classes - 1, jobs)) % classes
    has = dice.one_of(100, jobs) < flavour.swap_percent
    size = np.clip(gang * (50 + dice.one_of(151, jobs)) // 100, 100, GANG_MOST * 1000)
    units, nodes = _in_nodes(size)
    span = np.clip(hours * (60 + dice.one_of(121, jobs)) // 100, 1, min(HOURS_MOST, slots))
    return np.where(has, other, -1).astype(np.int8), units, nodes, span.astype(np.int16)


def device_slots_milli(demand: Demand, classes: int) -> Int64Array:
    """(device,) Σ milli-devices · slots of the first options, exact."""
    work = demand.gang_milli()[:, 0] * demand.hours[:, 0]
    return np.array([int(work[demand.device[:, 0] == index].sum()) for index in range(classes)], np.int64)


def fits(demand: Demand, racks: Racks, milli: Int64Array, rtt_micro_s: Int64Array) -> NDArray[np.bool_]:
    """(job,) whether some pool within reach is large enough, for one of the options."""
    classes, regions = int(racks.device.max()) + 1, rtt_micro_s.shape[0]
    # most[node is full-sized, class, region, limit]: the largest pool within the limit
    most = np.zeros((2, classes, regions, len(RTT_LIMITS_MICRO_S)), np.int64)
    node = np.minimum(milli, racks.node * 1000)
    for index in range(classes):
        rows = np.flatnonzero(racks.device == index)
        for which, limit in enumerate(RTT_LIMITS_MICRO_S):
            reach = rtt_micro_s[:, racks.centre[rows]] <= limit
            for full in (0, 1):
                large = (node[rows] >= NODE_DEVICES * 1000) if full else (node[rows] >= 4_000)
                most[full, index, :, which] = np.where(reach & large, milli[rows], 0).max(axis=1)
    gang = demand.gang_milli()
    found = np.zeros(demand.release.size, np.bool_)
    for option in (0, 1):
        device = demand.device[:, option]
        full = (demand.units_milli[:, option] > 4_000).astype(np.int8)
        found |= (device >= 0) & (most[full, device, demand.region, demand.limit] >= gang[:, option])
    return found


def fit_most(demand: Demand, racks: Racks, milli: Int64Array, rtt_micro_s: Int64Array, dice: Dice) -> Demand:
    """The demand with about 4 % of the jobs that fit nowhere: others lose their limit, then their size."""
    lucky = dice.one_of(10_000, demand.release.size)
    for step in ("limit", "size"):
        lost = ~fits(demand, racks, milli, rtt_micro_s)
        share = int(lost.sum()) * 100 / lost.size
        if share <= NOWHERE_PERCENT:
            break
        change = lost & (lucky >= round(NOWHERE_PERCENT / share * 10_000))
        if step == "limit":
            limit = np.where(change, len(RTT_LIMITS_MICRO_S) - 1, demand.limit).astype(np.int8)
            demand = msgspec.structs.replace(demand, limit=limit)
        else:
            most = np.array(
                [
                    int(milli[(racks.device == index) & (racks.node == NODE_DEVICES)].max())
                    for index in range(int(racks.device.max()) + 1)
                ]
            )
            size = np.minimum(demand.gang_milli()[:, 0], most[demand.device[:, 0]])
            units, nodes = _in_nodes(np.maximum(size, 100))
            all_units, all_nodes = demand.units_milli.copy(), demand.nodes.copy()
            all_units[change, 0], all_nodes[change, 0] = units[change], nodes[change]
            demand = msgspec.structs.replace(demand, units_milli=all_units, nodes=all_nodes)
    return demand


def option_texts(flavour: Flavour, demand: Demand) -> pl.Series:
    """(job,) the options in the grammar of scenario files."""
    names = pl.Series([kind.name for kind in flavour.classes])
    texts: list[pl.Series] = []
    for option in (0, 1):
        device = demand.device[:, option]
        units = demand.units_milli[:, option]
        frame = pl.DataFrame(
            {
                "device": names.gather(np.maximum(device, 0)),
                "whole": units // 1000,
                "part": units % 1000,
                "nodes": demand.nodes[:, option],
                "hours": demand.hours[:, option],
                "there": device >= 0,
            }
        )
        part = pl.when(pl.col("part") > 0).then(
            pl.format(".{}", pl.col("part").cast(pl.String).str.zfill(3)).str.strip_chars_end("0")
        )
        nodes = pl.when(pl.col("nodes") > 1).then(pl.format("x{}", "nodes")).otherwise(pl.lit(""))
        text = pl.format("{}:{}{}{}:{}", "device", "whole", part.otherwise(pl.lit("")), nodes, "hours")
        texts.append(frame.select(pl.when("there").then(text)).to_series())
    return pl.select(
        pl.concat_str(pl.lit(texts[0]), pl.lit(texts[1]), separator=";", ignore_nulls=True)
    ).to_series()


def values_micro(flavour: Flavour, demand: Demand, dice: Dice) -> Int64Array:
    """(job,) a log-normal multiple of the class's cost, and what moving the data may cost, in whole 分."""
    cost = np.array([kind.cost_micro for kind in flavour.classes])[demand.device[:, 0]]
    work = demand.gang_milli()[:, 0] * demand.hours[:, 0] * cost // 1000
    multiple = dice.take(lognormal(3.67, flavour.value_sigma, 40.0, 1000), work.size).astype(np.int64)
    per_gb = flavour.data_yuan_per_gb * 10_000 * GUESS_MICRO_PER_GB_PERCENT
    data = demand.milli_gb.astype(np.int64) * per_gb // 1000
    return np.maximum((work // 1000 * multiple + data) // 10_000, 1) * 10_000
