"""What is asked for and when: kind, device class, gang, run time, data and release of every job."""

from collections.abc import Sequence
from datetime import datetime, timedelta

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.feeds.draws import LEVELS, Dice, log_linear, lognormal, weighted, with_none
from suanwang.feeds.reference.book import Book, Work
from suanwang.feeds.reference.hardware import Racks, largest_gang

Int64Array = NDArray[np.int64]

HOURS_MOST = 72
TRANSFER_MILLI_GB_PER_HOUR = 2_250_000
"""Windows leave time for transfers at 5 Gbit/s."""


class Demand(msgspec.Struct, frozen=True):
    """Jobs as columns in order of release: (job,).

    `kind` and `device` are indices; `shape` indexes `units_milli` (per node) and `nodes`, the shapes of all
    kinds; `hours` is the run time in slots; data in milli-GB; `transfer` the slots set aside for moving it.
    `nodes_most`: (device,) the largest gang of each class, to which nodes are cut.
    """

    kind: NDArray[np.uint8]
    device: NDArray[np.uint8]
    shape: NDArray[np.uint16]
    hours: NDArray[np.int16]
    release: NDArray[np.int32]
    milli_gb_in: NDArray[np.int32]
    milli_gb_out: NDArray[np.int32]
    transfer: NDArray[np.int16]
    units_milli: Int64Array
    nodes: Int64Array
    devices_most: Int64Array

    def gang_nodes(self) -> Int64Array:
        """(shape, device) nodes of each shape on each class, cut to what the network can hold at once."""
        fit = self.devices_most[None, :] * 1000 // self.units_milli[:, None]
        return np.maximum(np.minimum(self.nodes[:, None], fit), 1)


def works(book: Book) -> list[Work]:
    """The kinds of work, in their order."""
    return list(book.assumed.work.values())


def draw_demand(book: Book, jobs: int, start: datetime, slots: int, dice: Dice) -> Demand:
    """The demand of `jobs` jobs over `slots` hours; gangs are not cut yet."""
    kinds = works(book)
    names = book.device_names
    kind, release = _arrivals(book, kinds, jobs, start, slots, dice)
    device_tables = np.stack(
        [
            np.array([names.index(name) for name in work.devices])[weighted(list(work.devices.values()))]
            for work in kinds
        ]
    ).astype(np.uint8)
    shapes = [book.shapes_of(work) for work in kinds]
    first = np.cumsum([0, *(len(each) for each in shapes)])
    shape_tables = np.stack(
        [
            begin + weighted([weight for _, _, weight in each])
            for begin, each in zip(first[:-1], shapes, strict=True)
        ]
    ).astype(np.uint16)
    hour_tables = np.stack([np.ceil(log_linear(book.hours_of(work), 1000) / 1000) for work in kinds])
    hour_tables = np.clip(hour_tables, 1, min(HOURS_MOST, max(slots // 2, 1))).astype(np.int16)
    device = np.asarray(dice.each(device_tables, kind), np.uint8)
    shape = np.asarray(dice.each(shape_tables, kind), np.uint16)
    hours = np.asarray(dice.each(hour_tables, kind), np.int16)
    gb_in = np.asarray(dice.each(_volumes([work.gb_in for work in kinds]), kind), np.int32)
    gb_out = np.asarray(dice.each(_volumes([work.gb_out for work in kinds]), kind), np.int32)
    transfer = _transfer_slots(gb_in) + _transfer_slots(gb_out)
    # A job that would pass the horizon comes as many whole days earlier as it needs.
    late = np.maximum(release + hours + transfer - slots, 0)
    release = np.maximum(release - (late + 23) // 24 * 24, 0)
    key = release.astype(np.uint16) if slots < LEVELS else release
    order = np.argsort(key, kind="stable")
    flat = [shape for each in shapes for shape in each]
    return Demand(
        kind[order],
        device[order],
        shape[order],
        hours[order],
        release[order].astype(np.int32),
        gb_in[order],
        gb_out[order],
        transfer[order].astype(np.int16),
        np.array([round(units * 1000) for units, _, _ in flat], np.int64),
        np.array([nodes for _, nodes, _ in flat], np.int64),
        np.full(len(names), 2**31, np.int64),
    )


def _volumes(wanted: Sequence[tuple[float, float, float, int]]) -> NDArray[np.int32]:
    """(kind, 65,536) milli-GB."""
    tables = [
        with_none(lognormal(median, sigma, most, 1000, least=0.01), none)
        for median, sigma, most, none in wanted
    ]
    return np.stack(tables).astype(np.int32)


def _transfer_slots(milli_gb: NDArray[np.int32]) -> NDArray[np.int32]:
    return (milli_gb + (TRANSFER_MILLI_GB_PER_HOUR - 1)) // TRANSFER_MILLI_GB_PER_HOUR


def _arrivals(
    book: Book, kinds: list[Work], jobs: int, start: datetime, slots: int, dice: Dice
) -> tuple[NDArray[np.uint8], NDArray[np.int32]]:
    """Kind and release: one draw over all (kind, slot) cells, each kind with its hours and weekends."""
    arrivals = book.assumed.arrivals
    instants = [start + timedelta(hours=slot) for slot in range(slots)]
    hour = np.array([instant.hour for instant in instants])
    weekend = np.array([instant.weekday() >= 5 for instant in instants])
    cells = np.zeros((len(kinds), slots))
    for row, work in enumerate(kinds):
        weight = np.array(arrivals.by_hour(work.arrivals))[hour] * 100
        weight = np.where(weekend, weight * arrivals.weekend_percent[work.arrivals] // 100, weight)
        share = weight / weight.sum() * (100 - arrivals.queued_at_start_percent) / 100
        share[0] += arrivals.queued_at_start_percent / 100
        cells[row] = share * float(work.share)
    bounds = np.cumsum(cells.ravel())
    bounds = np.rint(bounds / bounds[-1] * 2**32).astype(np.int64)
    cell = np.searchsorted(bounds, dice.wide(jobs).astype(np.int64), side="right")
    return (cell // slots).astype(np.uint8), (cell % slots).astype(np.int32)


def device_slots_milli(demand: Demand) -> Int64Array:
    """(device,) Σ milli-devices · slots of the first options."""
    gang = demand.gang_nodes() * demand.units_milli[:, None]
    classes = gang.shape[1]
    # Σ hours per (shape, device) first: exact in float64 far beyond any job count.
    hours = np.bincount(
        demand.shape.astype(np.int64) * classes + demand.device, weights=demand.hours, minlength=gang.size
    )
    return (gang * hours.reshape(gang.shape).astype(np.int64)).sum(axis=0)


def devices_needed(demand: Demand, load: float, slots: int) -> Int64Array:
    """(device,) devices with which the demand is `load` of the device-slots, at least one if any."""
    asked = device_slots_milli(demand)
    return np.maximum(asked * 1000 // (round(load * 1_000_000) * slots), asked > 0)


def gangs_asked(demand: Demand) -> Int64Array:
    """(device,) the largest gang among the first options, in devices, rounded up."""
    gang = demand.gang_nodes() * demand.units_milli[:, None]
    used = np.zeros(gang.size, np.bool_)
    used[demand.shape.astype(np.int64) * gang.shape[1] + demand.device] = True
    return -(-np.where(used.reshape(gang.shape), gang, 0).max(axis=0) // 1000)


def cut_gangs(demand: Demand, racks: Racks, load: float, slots: int) -> Demand:
    """The demand with no gang above what its class can take (`largest_gang`), at the load to come.

    Cutting lowers demand and with it the pools, so it repeats until nothing changes.
    """
    for _ in range(40):
        most = np.minimum(demand.devices_most, largest_gang(racks, devices_needed(demand, load, slots)))
        before = demand.gang_nodes()
        demand = msgspec.structs.replace(demand, devices_most=most)
        if bool((before == demand.gang_nodes()).all()):
            break
    return demand
