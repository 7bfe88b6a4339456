"""Compile the pools: columns by class and size, capacity by slot, cost of a device by slot."""

import numpy as np

from suanwang.clearing.problem import Supply
from suanwang.energy.unit_parts import UnitParts
from suanwang.model.scenario import Scenario
from suanwang.units.decimals import scaled, to_places
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.rounding import Int64Array
from suanwang.units.text import Text

HORIZON_MICRO_MOST = 2**52
"""A device costs no more over all slots, so that sums over slots are exact in float64."""


def capacity_by_slot(scenario: Scenario) -> Int64Array:
    """(pool, slot) milli-devices that plans may use: devices − outages, less the pack margin rounded up."""
    pools, outages, slots = scenario.pools, scenario.outages, scenario.header.slots
    devices = scaled(pools["devices"].to_numpy(), 3)
    change = np.zeros((len(devices), slots + 1), np.int64)
    change[:, 0] = devices
    if outages.height:
        rows = {pool: row for row, pool in enumerate(pools["pool"])}
        row = np.array([rows[pool] for pool in outages["pool"]])
        lost = scaled(outages["devices_lost"].to_numpy(), 3)
        np.subtract.at(change, (row, outages["from_slot"].to_numpy()), lost)
        np.add.at(change, (row, np.minimum(outages["to_slot"].to_numpy(), slots)), lost)
    there = np.maximum(np.cumsum(change[:, :slots], axis=1), 0)
    margin = scenario.header.pack_margin
    if margin:
        there -= kept_free(there, margin)
    return there


def kept_free(there: Int64Array, margin: float) -> Int64Array:
    """`there` · `margin`, rounded up: a whole number fits what is left just where it fits the exact rest."""
    share = int(to_places(np.array([margin]), 9)[0])
    billions, rest = np.divmod(there, 10**9)
    return billions * share - (-rest * share) // 10**9


def compile_supply(scenario: Scenario, parts: UnitParts) -> Supply:
    """The supply side of the problem. `parts`: the scenario's `unit_parts`.

    Raises InvalidInput where a device costs more than `HORIZON_MICRO_MOST` over the horizon.
    """
    pools = scenario.pools
    unit_micro = parts.total()
    refuse_too_dear(scenario, unit_micro)
    capacity = capacity_by_slot(scenario)
    most = capacity.max(axis=1)
    devices = tuple(pools["device"].unique(maintain_order=True).to_list())
    class_of = {device: index for index, device in enumerate(devices)}
    pool_class = np.array([class_of[device] for device in pools["device"]], np.int64)
    column_pool = np.lexsort((np.arange(len(most)), -most, pool_class)).astype(np.int64)
    centre_of = {centre: index for index, centre in enumerate(scenario.centres["centre"])}
    pool_centre = np.array([centre_of[centre] for centre in pools["centre"]], np.int64)
    class_first = np.zeros(len(devices) + 1, np.int64)
    np.cumsum(np.bincount(pool_class, minlength=len(devices)), out=class_first[1:])
    return Supply(
        column_pool=column_pool,
        column_centre=pool_centre[column_pool],
        class_first=class_first,
        devices=devices,
        node_milli=scaled(pools["devices_per_node"].to_numpy(), 3)[column_pool],
        most_milli=most[column_pool],
        capacity_milli=np.ascontiguousarray(capacity[column_pool].T),
        unit_micro=np.ascontiguousarray(unit_micro[column_pool].T),
    )


def refuse_too_dear(scenario: Scenario, unit_micro: Int64Array) -> None:
    """Raises InvalidInput with every pool whose costs cannot be summed exactly."""
    whole_micro = np.abs(unit_micro.astype(np.float64)).sum(axis=1)
    what = Text(
        "a device costs too much over the horizon to be summed exactly", "单卡全程费用过大，无法精确求和"
    )
    most = f"{HORIZON_MICRO_MOST:,}"
    expected = Text(f"at most {most} micro-yuan", f"不超过 {most} 微元")
    remedy = Text("check the units, or shorten the horizon", "请检查单位，或缩短时间范围")
    names = scenario.pools["pool"]
    faults = [
        Fault(f"pools {names[int(row)]}", what, f"{whole_micro[row]:.3g}", expected, remedy, kind="too_dear")
        for row in np.flatnonzero(whole_micro > HORIZON_MICRO_MOST)
    ]
    if faults:
        raise InvalidInput(faults)
