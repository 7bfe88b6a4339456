"""What the kernels read, in named tuples of arrays: the form that compiled code takes."""

from typing import NamedTuple, TypeVar

import numpy as np

from suanwang.clearing.problem import Int32Array
from suanwang.clearing.windows import Float32Array, Float64Array, Int8Array
from suanwang.units.rounding import Int64Array


class Ground(NamedTuple):
    """Where columns lie, which are allowed, and what it costs to move data to them.

    `class_first`: (class + 1,) first column of each class. `row_first`, `row_column`: the allowed columns of
    each row, counted from the class's first. `forbidden`: (dense row, column of the class) 0 or NEVER.
    `carriage_cost`: (region, column) nano-yuan per nano-GB. `slot_nano_gb`: (region, column) nano-GB carried
    in a slot, infinite where bandwidth is not limited; `slots_per_nano_gb` its inverse. `cost_femto_per_gb`:
    (region, column), exact.
    """

    class_first: Int64Array
    row_first: Int64Array
    row_column: Int32Array
    forbidden: Float32Array
    carriage_cost: Float32Array
    slot_nano_gb: Float64Array
    slots_per_nano_gb: Float32Array
    cost_femto_per_gb: Int64Array


class Tables(NamedTuple):
    """Entries that share one table of window minima, by table; see `shards.lay_out` and `queue.line_up`.

    Table i serves entries [`entry_first[i]`, `entry_first[i+1]`), of class `device_class`, held for `slots`,
    with starts in [`from_start`, `to_start`), on `levels` levels; 0 levels: too few to be worth a table.
    """

    entry_first: Int64Array
    device_class: Int32Array
    slots: Int32Array
    from_start: Int32Array
    to_start: Int32Array
    levels: Int32Array


class Entries(NamedTuple):
    """Entries as kernels read them; the columns of `problem.Demand`, with those of the job beside them.

    `dense` is the entry's row in `Ground.forbidden`, or −1 where its few columns are visited one by one.
    """

    milli: Int64Array
    slots: Int32Array
    reach: Int32Array
    row: Int32Array
    dense: Int32Array
    start: Int32Array
    starts: Int32Array
    varies: Int8Array
    region: Int32Array
    data_region: Int32Array
    in_nano_gb: Float64Array
    out_nano_gb: Float64Array


class Scratch(NamedTuple):
    """Room for one kernel at work. `minima`: (level, start, column). The others: (column,) of one class."""

    minima: Float32Array
    window: Float32Array
    arrive: Int32Array
    leave: Int32Array
    run: Int32Array


class Answers(NamedTuple):
    """(entry,) least cost in nano-yuan, NEVER where there is none; its column; its start."""

    cost: Float32Array
    column: Int32Array
    start: Int32Array


Read = TypeVar("Read", Ground, Tables, Entries)
Array = TypeVar("Array", bound=np.ndarray)


def read_only(array: Array) -> Array:
    """The same memory, not to be written.

    Kernels are compiled apart for arrays that may be written and for arrays that may not. Memory shared with
    other processes may not, so everything that kernels only read is passed like this, and compiled once.
    """
    view = array.view()
    view.flags.writeable = False
    return view


def sealed(arrays: Read) -> Read:
    """The same arrays, each `read_only`."""
    return arrays._make(read_only(array) for array in arrays)
