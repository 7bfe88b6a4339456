"""What stands in the centres: pools by device class, sized so that each class carries the asked load."""

import msgspec
import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.feeds.draws import Dice, lognormal, weighted
from suanwang.feeds.reference.book import FAMILIES, Book, board_power_milliwatt, micro
from suanwang.feeds.reference.sites import Seating
from suanwang.model.scenario_tables import DEVICES, OUTAGES, POOLS

Int64Array = NDArray[np.int64]

POOLS_LEAST = 2
"""Every device class stands in at least so many centres."""
WEIGHT_SCALE = 1000


class Racks(msgspec.Struct, frozen=True):
    """Pools before they are sized, as columns: (pool,), grouped by centre.

    `centre` and `device` are indices, `weight` the relative size within the class, `node` devices in a node,
    `price_micro` per device-hour, `outage` whether a stop is planned.
    """

    centre: Int64Array
    device: Int64Array
    weight: Int64Array
    node: Int64Array
    price_micro: Int64Array
    outage: NDArray[np.bool_]


def presence(book: Book, seating: Seating, dice: Dice) -> NDArray[np.bool_]:
    """(centre, device) which classes a centre has, by its family's percentages; every class somewhere."""
    names = book.device_names
    percent = np.array(
        [[book.assumed.families[family].devices.get(name, 0) for name in names] for family in FAMILIES]
    )
    chance = percent[seating.family]
    level = dice.levels(chance.size).reshape(chance.shape).astype(np.int64)
    here = level * 100 < chance * 65_536
    for device in range(len(names)):
        likely = np.lexsort((level[:, device], -chance[:, device]))[:POOLS_LEAST]
        if here[:, device].sum() < POOLS_LEAST:
            here[likely, device] = True
    empty = ~here.any(axis=1)
    here[empty, names.index("cpu")] = True
    return here


def rack(book: Book, seating: Seating, dice: Dice) -> Racks:
    """The pools of the network, unsized."""
    assumed, names = book.assumed, book.device_names
    centre, device = np.nonzero(presence(book, seating, dice))
    count, cpu = centre.size, names.index("cpu")
    families = [assumed.families[name] for name in FAMILIES]
    is_cpu = device == cpu
    base = np.array([[family.pool_weight["gpu"], family.pool_weight["cpu"]] for family in families])
    spread = dice.take(lognormal(1.0, assumed.pool_sigma_percent / 100, 100.0, WEIGHT_SCALE), count)
    west = np.where(seating.west[centre], assumed.west_weight_percent, 100)
    weight = np.maximum(base[seating.family[centre], is_cpu.astype(int)] * spread * west // 100, 1)
    low, high = np.array([family.price_percent for family in families])[seating.family].T
    at_centre = low * 10 + dice.one_of(65_536, low.size) * (high - low) * 10 // 65_536
    per_mille = at_centre[centre] + dice.one_of(61, count) - 30
    list_micro = np.array([micro(price) for price in book.devices["price_yuan_per_device_hour"]])
    step = np.where(is_cpu, assumed.cpu_price_step_micro, assumed.price_step_micro)
    price = np.maximum((list_micro[device] * per_mille // 1000 + step // 2) // step, 1) * step
    outage_percent = np.array([family.outage_percent for family in families])[seating.family[centre]]
    return Racks(
        centre,
        device,
        weight.astype(np.int64),
        _nodes(book, seating.family[centre], device, dice),
        price,
        dice.one_of(100, count) < outage_percent,
    )


def _nodes(book: Book, family: Int64Array, device: Int64Array, dice: Dice) -> Int64Array:
    """Devices in a node of each pool: cores by the cores' table, edge sites by theirs, else by class."""
    sizes, names = book.assumed.node_sizes, book.device_names
    edge = family == FAMILIES.index("edge")
    node = np.zeros(device.size, np.int64)
    for index, name in enumerate(names):
        for at_edge in (False, True):
            of = "cpu" if name == "cpu" else "edge" if at_edge else name if name in sizes else "training"
            rows = np.flatnonzero((device == index) & (edge == at_edge))
            table = np.array(list(sizes[of]))[weighted(list(sizes[of].values()))]
            node[rows] = dice.take(table, rows.size)
    return node


TRAINING_NODES = 192
"""1,536 cards, 480 PFLOPS FP16 of A100s: the size of a city's intelligent computing centre (assumed)."""


def nodes_per_pool(nodes: Int64Array) -> int:
    """A class has no more pools than leave each this many of its largest nodes on average.

    Classes that come only in full-sized nodes are bought for training, in clusters.
    """
    return TRAINING_NODES if int(nodes.min()) == int(nodes.max()) else 2


def heaviest(racks: Racks, device: int) -> int:
    """The pool of a class that takes its largest gangs: the heaviest with full-sized nodes."""
    rows = np.flatnonzero(racks.device == device)
    full = rows[racks.node[rows] == racks.node[rows].max()]
    return int(full[np.argmax(racks.weight[full])])


def largest_gang(racks: Racks, devices_total: Int64Array) -> Int64Array:
    """(device,) the largest gang that may be asked for: an eighth of the class's heaviest pool, or a
    twenty-fourth of the whole class, for which `size_pools` makes room there."""
    most = np.zeros(devices_total.size, np.int64)
    for device, total in enumerate(devices_total.tolist()):
        share = (
            int(racks.weight[heaviest(racks, device)])
            * total
            // int(racks.weight[racks.device == device].sum())
        )
        most[device] = max(share // 8, total // 24)
    return most


def size_pools(racks: Racks, devices_total: Int64Array, gang_most: Int64Array) -> Int64Array:
    """(pool,) devices, in whole nodes, Σ per class nearest to `devices_total`.

    Shares are by weight, but the heaviest pool holds eight of the largest gang asked for, `gang_most`:
    (device,). Where a class has fewer nodes than pools, its lightest pools stay empty (0), but a centre keeps
    one node of its heaviest pool.
    """
    devices = np.zeros(racks.device.size, np.int64)
    for device, total in enumerate(devices_total.tolist()):
        rows = np.flatnonzero(racks.device == device)
        rows = rows[np.lexsort((rows, -racks.weight[rows], rows != heaviest(racks, device)))]
        pool_size = nodes_per_pool(racks.node[rows]) * int(racks.node[rows].max())
        keep = min(rows.size, max(total // pool_size, 1 if total else 0))
        rows = rows[:keep]
        if keep:
            room = min(int(gang_most[device]) * 8, total)
            devices[rows] = _whole_nodes(_with_room(racks.weight[rows], total, room), racks.node[rows], total)
    alive = np.zeros(int(racks.centre.max()) + 1, np.bool_)
    alive[racks.centre[devices > 0]] = True
    for centre in np.flatnonzero(~alive).tolist():
        rows = np.flatnonzero(racks.centre == centre)
        best = rows[np.argmax(racks.weight[rows])]
        # The node comes from the class's largest pool, so that the class stays as large as was asked.
        alike = np.flatnonzero((racks.device == racks.device[best]) & (racks.node == racks.node[best]))
        donor = alike[np.argmax(devices[alike])]
        if devices[donor] > 2 * racks.node[best]:
            devices[donor] -= racks.node[best]
        devices[best] = racks.node[best]
    return devices


def _with_room(weight: Int64Array, total: int, room: int) -> Int64Array:
    """Weights whose first has at least `room` of `total`; the others keep their proportions."""
    others = int(weight[1:].sum())
    if not others or int(weight[0]) * total >= room * (others + int(weight[0])):
        return weight
    scaled = np.maximum(weight * (total - room) * 100 // others, 1)
    scaled[0] = room * 100
    return scaled


def _whole_nodes(weight: Int64Array, node: Int64Array, total: int) -> Int64Array:
    """Devices by weight in whole nodes, at least one each, heaviest first; Σ nearest to `total`."""
    nodes = np.maximum(weight * total // (int(weight.sum()) * node), 1)
    rest = weight * total - nodes * node * int(weight.sum())
    missing = total - int((nodes * node).sum())
    for index in np.argsort(-rest, kind="stable").tolist():
        if missing * 2 >= node[index]:
            nodes[index] += 1
            missing -= int(node[index])
    if missing < 0:  # the least node of light pools was more than their share: heavy pools give it back
        for index in range(1, nodes.size):
            give = min(int(nodes[index]) - 1, -missing // int(node[index]), int(nodes[index]) // 3)
            nodes[index] -= give
            missing += give * int(node[index])
    return nodes * node


def pools_table(book: Book, seating: Seating, racks: Racks, devices: Int64Array) -> pl.DataFrame:
    """The pools with devices, in the order of centres and device classes."""
    rows = np.flatnonzero(devices)
    names = pl.Series(book.device_names)
    power = np.array(board_power_milliwatt(book))
    idle = power * int(book.assumed.power.idle_share * 100) // 100
    centre = seating.centres["centre"].gather(racks.centre[rows])
    device = names.gather(racks.device[rows])
    return pl.DataFrame(
        {
            "pool": centre + "-" + device,
            "centre": centre,
            "device": device,
            "devices": devices[rows].astype(np.float64),
            "devices_per_node": racks.node[rows].astype(np.float64),
            "power_w_per_device": power[racks.device[rows]] / 1000,
            "idle_w_per_device": idle[racks.device[rows]] / 1000,
            "price_micro_per_device_hour": racks.price_micro[rows],
        },
        schema=POOLS.polars_schema,
    )


def devices_table(book: Book) -> pl.DataFrame:
    """The device classes."""
    return book.devices.select(
        "device",
        "maker",
        pl.col("domestic") == "true",
        pl.col("fp16_pflops").cast(pl.Float64),
        pl.lit(None, pl.Float64).alias("fp64_tflops"),
        pl.col("memory_gb").cast(pl.Float64),
    ).select(list(DEVICES.polars_schema))


def outages_table(pools: pl.DataFrame, planned: NDArray[np.bool_], slots: int, dice: Dice) -> pl.DataFrame:
    """Planned stops: a quarter of a pool's nodes, at least one, for 4 to 16 hours from an evening hour on."""
    rows = np.flatnonzero(planned)
    days = max(slots // 24, 1)
    start = np.minimum(dice.one_of(days, rows.size) * 24 + 20 + dice.one_of(6, rows.size), max(slots - 4, 0))
    end = np.minimum(start + 4 + dice.one_of(13, rows.size), slots)
    node = pools["devices_per_node"].to_numpy()[rows].astype(np.int64)
    nodes = pools["devices"].to_numpy()[rows].astype(np.int64) // node
    frame = pl.DataFrame(
        {
            "pool": pools["pool"].gather(rows),
            "from_slot": start,
            "to_slot": end,
            "devices_lost": (np.maximum(nodes // 4, 1) * node).astype(np.float64),
        },
        schema=OUTAGES.polars_schema,
    )
    return frame.filter(pl.col("from_slot") < pl.col("to_slot"))
