"""Where each job goes: what every method returns."""

import msgspec
import numpy as np

from suanwang.clearing.problem import BoolArray, Int32Array
from suanwang.units.rounding import Int64Array


class Places(msgspec.Struct, frozen=True):
    """(job,) the entry taken, its column and its first slot; all −1 where the job is unserved."""

    entry: Int64Array
    column: Int32Array
    start: Int32Array

    @classmethod
    def none(cls, jobs: int) -> "Places":
        """No job is served."""
        return cls(np.full(jobs, -1, np.int64), np.full(jobs, -1, np.int32), np.full(jobs, -1, np.int32))

    @property
    def served(self) -> BoolArray:
        """(job,) whether the job has a place."""
        return self.entry >= 0
