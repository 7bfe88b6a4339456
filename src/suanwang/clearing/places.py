"""Where each job runs: the answer that every method gives before it becomes an outcome."""

import msgspec
import numpy as np

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
