"""From clearing prices to what they say: the scarce pools and hours, and the worth of one more device."""

from datetime import timedelta

import numpy as np

from suanwang.model.result import Outcome
from suanwang.model.scarcity import ScarceGroup, ScarcePool, ScarceSlot, Scarcity
from suanwang.model.scenario import Scenario
from suanwang.reports.usage import Usage
from suanwang.units.rounding import Int64Array, ratio_half_even

POOLS_LISTED = 20
SLOTS_LISTED = 24
PRODUCT_FAST = 2.0**62


def scarcity_of(scenario: Scenario, outcome: Outcome, usage: Usage) -> Scarcity | None:
    """What the prices of an outcome say; None where no capacity has a price.

    A price counts only where the pool has capacity: a device that an outage takes anyway has no worth.
    """
    there = usage.available_milli > 0
    price = np.where(there, outcome.price_micro, 0)
    if not price.any():
        return None
    worth = price.sum(axis=1)
    rent = priced_capacity(price, usage.available_milli)
    priced = price > 0
    available = int(usage.available_milli.sum())
    device = scenario.pools["device"].to_list()
    return Scarcity(
        rent_micro=sum(rent) // 1000,
        share_priced=float(usage.available_milli[priced].sum() / available),
        pools_priced=int(priced.any(axis=1).sum()),
        slots_priced=int(priced.any(axis=0).sum()),
        pools=scarce_pools(scenario, price, there, worth),
        slots=scarce_slots(scenario, price, usage.available_milli),
        by_device=groups(scenario, device, worth),
        by_region=groups(scenario, usage.province.to_list(), worth),
    )


def priced_capacity(price: Int64Array, available: Int64Array) -> list[int]:
    """(slot,) Σ price · milli-devices in nano-yuan, exact whatever the size."""
    largest = float(price.max()) * float(available.max()) * price.shape[0]
    if largest < PRODUCT_FAST:
        return np.einsum("rt,rt->t", price, available).tolist()
    # in parts whose products and sums hold in 64 bits
    sums = [0] * price.shape[1]
    for part, weight in zip(np.divmod(price, 2**26), (2**26, 1), strict=True):
        for share, size in zip(np.divmod(available, 2**20), (2**20, 1), strict=True):
            partial = np.einsum("rt,rt->t", part, share).tolist()
            sums = [total + weight * size * more for total, more in zip(sums, partial, strict=True)]
    return sums


def scarce_pools(
    scenario: Scenario,
    price: Int64Array,
    there: np.ndarray[tuple[int, ...], np.dtype[np.bool_]],
    worth: Int64Array,
) -> list[ScarcePool]:
    """The pools where one more device is worth most; ties to the earlier pool."""
    order = np.argsort(-worth, kind="stable")[:POOLS_LISTED]
    order = order[worth[order] > 0]
    minutes = scenario.header.slot_minutes
    hourly = scenario.pools["price_micro_per_device_hour"].to_numpy()[order]
    rents = ratio_half_even(hourly, there[order].sum(axis=1) * minutes, 60)
    region = dict(scenario.centres.select("centre", "region").iter_rows())
    table = scenario.pools.select("pool", "centre", "device", "devices")
    found: list[ScarcePool] = []
    for row, rent in zip(order.tolist(), rents.tolist(), strict=True):
        pool, centre, device, devices = table.row(row)
        peak = int(price[row].argmax())
        found.append(
            ScarcePool(
                pool=pool,
                centre=centre,
                region=region[centre],
                device=device,
                devices=devices,
                worth_micro_per_device=int(worth[row]),
                rent_micro_per_device=rent,
                scarce_slots=int((price[row] > 0).sum()),
                peak_slot=peak,
                peak_price_micro=int(price[row, peak]),
            )
        )
    return found


def scarce_slots(scenario: Scenario, price: Int64Array, available: Int64Array) -> list[ScarceSlot]:
    """The slots with the highest mean price over all available devices; ties to the earlier slot."""
    rent = priced_capacity(price, available)
    devices = available.sum(axis=0).tolist()
    means = np.array([r // d if d else 0 for r, d in zip(rent, devices, strict=True)], np.int64)
    priced = (price > 0).sum(axis=0)
    order = np.argsort(-means, kind="stable")[:SLOTS_LISTED]
    step = timedelta(minutes=scenario.header.slot_minutes)
    return [
        ScarceSlot(
            slot, (scenario.header.start + slot * step).isoformat(), int(means[slot]), int(priced[slot])
        )
        for slot in order.tolist()
        if priced[slot]
    ]


def groups(scenario: Scenario, names: list[str], worth: Int64Array) -> list[ScarceGroup]:
    """Pools grouped by `names` (pool,): mean worth over devices, and the pool of the highest worth."""
    pools: list[str] = scenario.pools["pool"].to_list()
    devices = scenario.pools["devices"].to_numpy()
    members: dict[str, list[int]] = {}
    for row, name in enumerate(names):
        members.setdefault(name, []).append(row)
    lines: list[ScarceGroup] = []
    for name, rows in members.items():
        milli = [round(devices[row] * 1000) for row in rows]
        best = max(rows, key=lambda row: (int(worth[row]), -row))
        if worth[best] == 0:
            continue
        earned = sum(int(worth[row]) * count for row, count in zip(rows, milli, strict=True))
        lines.append(
            ScarceGroup(
                name=name,
                devices=sum(milli) / 1000,
                mean_worth_micro_per_device=earned // sum(milli) if sum(milli) else 0,
                best_worth_micro_per_device=int(worth[best]),
                best_pool=pools[best],
            )
        )
    return sorted(lines, key=lambda line: (-line.mean_worth_micro_per_device, line.name))
