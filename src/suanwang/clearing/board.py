"""Where the processes of one machine write prices and loads for each other: a file that all of them map.

Ray would copy a step's prices and loads several times on their way, which costs more than a tenth of the
step; here they are written once and read in place.
"""

from functools import lru_cache
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.clearing.prices import Asked
from suanwang.units.rounding import Int64Array

BOARDS_KEPT = 8
"""So many stay mapped in a process, the last ones used."""


class Board(msgspec.Struct, frozen=True):
    """`rows`, `columns`: of the prices. `noise`: how many numbers. `workers`: each has room for a load."""

    path: str
    rows: int
    columns: int
    noise: int
    workers: int

    @property
    def question_bytes(self) -> int:
        """What a step asks comes first: 8 bytes a price, 4 a weight and a noise, filled up to whole 8."""
        return 8 * self.rows * self.columns + (4 * (self.columns + self.noise) + 7) // 8 * 8

    def make(self) -> None:
        """Make the file, empty."""
        loads_bytes = 8 * self.workers * self.rows * self.columns
        with Path(self.path).open("wb") as file:
            file.truncate(self.question_bytes + loads_bytes)

    def write(self, asked: Asked) -> None:
        """Write what a step asks, but for its batch."""
        there = self.question(asked.batch)
        there.prefix[:], there.weight[:], there.noise[:] = asked.prefix, asked.weight, asked.noise

    def question(self, batch: int) -> Asked:
        """What the step asks of `batch`, in place."""
        whole, cells = mapped(self.path), self.rows * self.columns
        prices, rest = whole[: 8 * cells], whole[8 * cells : self.question_bytes].view(np.float32)
        return Asked(
            batch=batch,
            prefix=prices.view(np.float64).reshape(self.rows, self.columns),
            weight=rest[: self.columns],
            noise=rest[self.columns : self.columns + self.noise],
        )

    def loads(self) -> Int64Array:
        """(worker, slot + 1, column) changes of load, milli-devices, in place."""
        loads = mapped(self.path)[self.question_bytes :].view(np.int64)
        return loads.reshape(self.workers, self.rows, self.columns)


@lru_cache(maxsize=BOARDS_KEPT)
def mapped(path: str) -> NDArray[np.uint8]:
    """The bytes of the file at `path`, mapped once in each process."""
    return np.asarray(np.memmap(path, np.uint8, "r+"))
