"""Where each job runs: the answer that every method gives before it becomes an outcome."""

import msgspec
import numpy as np
from numba import njit

from suanwang.clearing.problem import BoolArray, Int32Array
from suanwang.units.rounding import Int64Array


class Places(msgspec.Struct, frozen=True):
    """`entry`, `column`, `start`: (job,) as the problem counts them; `entry` is −1 where unserved."""

    entry: Int64Array
    column: Int32Array
    start: Int32Array

    @property
    def served(self) -> BoolArray:
        """(job,) whether the job has a place."""
        return self.entry >= 0


def no_places(jobs: int) -> Places:
    """Nothing is placed yet."""
    return Places(np.full(jobs, -1, np.int64), np.full(jobs, -1, np.int32), np.full(jobs, -1, np.int32))


@njit(cache=True, nogil=True)
def add_load(
    entry: Int64Array, column: Int32Array, start: Int32Array, milli: Int64Array, slots: Int32Array,
    change_milli: Int64Array,
) -> None:  # fmt: skip
    """Add what the jobs at (job,) places hold to `change_milli`: (slot + 1, column) change at each begin."""
    for j in range(len(entry)):
        n = entry[j]
        if n >= 0:
            change_milli[start[j], column[j]] += milli[n]
            change_milli[start[j] + slots[n], column[j]] -= milli[n]
