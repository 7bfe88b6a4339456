"""The clearing problem as arrays: what every method works on.

A *column* is one pool. Columns stand in order of device class, then of largest capacity, largest first, then
of the pools table: so the pools of a class are neighbours, and the pools that could hold q devices are the
first few of them. An *entry* is one alternative of one job (an option of a class in which it has at least one
pool and start); entries stand in order of job, then option. Matrices over time are (slot, column).
"""

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.model.scenario import Scenario
from suanwang.units.rounding import Int64Array

Int32Array = NDArray[np.int32]
BoolArray = NDArray[np.bool_]


class Supply(msgspec.Struct, frozen=True):
    """The pools as columns.

    `column_pool`: (column,) index in the pools table. `column_centre`: (column,). `class_first`: (class + 1,)
    columns of class k are [class_first[k], class_first[k+1]). `devices`: name of each class.
    `node_milli`: (column,) devices of one node. `most_milli`: (column,) largest capacity over the slots.
    `capacity_milli`: (slot, column) milli-devices, outages and pack margin taken off. `unit_micro`: (slot,
    column) micro-yuan of one device for one slot.
    """

    column_pool: Int64Array
    column_centre: Int64Array
    class_first: Int64Array
    devices: tuple[str, ...]
    node_milli: Int64Array
    most_milli: Int64Array
    capacity_milli: Int64Array
    unit_micro: Int64Array

    @property
    def classes(self) -> int:
        """Number of device classes that have a pool."""
        return len(self.devices)

    @property
    def columns(self) -> int:
        """Number of pools."""
        return len(self.column_pool)

    @property
    def slots(self) -> int:
        """Length of the horizon."""
        return self.capacity_milli.shape[0]


class Carriage(msgspec.Struct, frozen=True):
    """Moving data between region i and the centre of a column.

    `cost_femto_per_gb`: (region, column) femto-yuan per GB. `slot_nano_gb`: (region, column) float64, nano-GB
    carried in one slot, infinite where bandwidth is not limited.
    """

    cost_femto_per_gb: Int64Array
    slot_nano_gb: NDArray[np.float64]


class Rows(msgspec.Struct, frozen=True):
    """Distinct sets of allowed columns. Row i allows `column[first[i]:first[i+1]]`, ascending.

    `column` counts from the first column of the row's class.
    """

    first: Int64Array
    column: Int32Array


class Demand(msgspec.Struct, frozen=True):
    """The jobs, and their entries.

    By job: `first` (job + 1,) entries of job j are [first[j], first[j+1]); `value_micro`; `region` and
    `data_region` as rows of `Carriage`; `in_nano_gb`, `out_nano_gb`; `fractional`, whether any option asks
    for part of a device.
    By entry: `job`; `option`, as written; `device_class`; `milli`, milli-devices held; `slots`; `reach`, how
    many columns of the class have the capacity: the first `reach` of them; `row` of `Rows`; `start` and
    `starts`, first start and number of starts in the window, transfers taken off where they take equally long
    everywhere; `varies`, where they do not: then `start` and `starts` are those of the bare window and the
    transfer is taken off column by column. `allowed`: number of columns allowed.
    """

    first: Int64Array
    value_micro: Int64Array
    region: Int32Array
    data_region: Int32Array
    in_nano_gb: Int64Array
    out_nano_gb: Int64Array
    fractional: BoolArray
    job: Int32Array
    option: Int32Array
    device_class: Int32Array
    milli: Int64Array
    slots: Int32Array
    reach: Int32Array
    row: Int32Array
    start: Int32Array
    starts: Int32Array
    varies: BoolArray
    allowed: Int32Array

    @property
    def jobs(self) -> int:
        """Number of jobs, those without an entry included."""
        return len(self.value_micro)

    @property
    def entries(self) -> int:
        """Number of entries."""
        return len(self.job)


class Problem(msgspec.Struct, frozen=True):
    """All of it."""

    scenario: Scenario
    supply: Supply
    carriage: Carriage
    rows: Rows
    demand: Demand
