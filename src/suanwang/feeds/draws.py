"""Draws that give the same bytes on every machine: raw bits of PCG64 index tables of integers.

A distribution is a table of 65,536 integers, its quantiles at (i + ½)/65,536, computed once and rounded; a
draw takes one of them. So no float reaches a drawn value, and a draw costs one gather.
"""

from collections.abc import Sequence
from functools import cache
from statistics import NormalDist
from typing import Any

import numpy as np
from numpy.typing import NDArray

LEVELS = 65_536

Table = NDArray[np.integer[Any]]


class Dice:
    """A stream of random bits from a seed and the numbers that name the stream."""

    def __init__(self, seed: int, *stream: int) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence([seed, *stream]))

    def levels(self, count: int) -> NDArray[np.uint16]:
        """(count,) uniform in [0, 65,536)."""
        raw = np.asarray(self._bits.random_raw((count + 3) // 4), np.dtype("<u8"))
        return raw.view("<u2")[:count]

    def wide(self, count: int) -> NDArray[np.uint32]:
        """(count,) uniform in [0, 2**32)."""
        raw = np.asarray(self._bits.random_raw((count + 1) // 2), np.dtype("<u8"))
        return raw.view("<u4")[:count]

    def take(self, table: Table, count: int) -> Table:
        """(count,) draws from a table of 65,536."""
        return table[self.levels(count)]

    def each(self, tables: Table, row: NDArray[np.integer[Any]]) -> Table:
        """(row,) one draw for each row from its own line of `tables`: (line, 65,536)."""
        return tables.reshape(-1)[row.astype(np.int64) * LEVELS + self.levels(row.size)]

    def one_of(self, options: int, count: int) -> NDArray[np.int64]:
        """(count,) uniform in [0, options), options up to 65,536."""
        return (self.wide(count).astype(np.int64) * options) >> 32


@cache
def positions() -> NDArray[np.float64]:
    """The probabilities at which a table holds its quantiles."""
    return (np.arange(LEVELS) + 0.5) / LEVELS


@cache
def normal_levels() -> NDArray[np.float64]:
    """Quantiles of the standard normal distribution, to nine digits."""
    normal = NormalDist()
    return np.array([round(normal.inv_cdf(p), 9) for p in positions().tolist()])


def lognormal(
    median: float, sigma: float, most: float, scale: int = 1, least: float = 0.0
) -> NDArray[np.int64]:
    """A log-normal table within [least, most], in units of 1/scale."""
    values = np.clip(median * np.exp(sigma * normal_levels()), least, most)
    return np.rint(values * scale).astype(np.int64)


def log_linear(points: Sequence[tuple[float, float]], scale: int = 1) -> NDArray[np.int64]:
    """A table through the given (probability, value) quantiles, straight in the value's logarithm between."""
    probability, value = np.array(points, np.float64).T
    values = np.exp(np.interp(positions(), probability, np.log(value)))
    return np.rint(values * scale).astype(np.int64)


def weighted(weights: Sequence[float]) -> NDArray[np.int64]:
    """A table of indices 0, 1, …, each as often as its weight; a positive weight appears at least once."""
    total = float(sum(weights))
    cumulative = np.cumsum(np.array(weights, np.float64)) / total
    bounds = np.rint(cumulative * LEVELS).astype(np.int64)
    counts = np.diff(bounds, prepend=0)
    missing = np.flatnonzero((counts == 0) & (np.array(weights) > 0))
    counts[missing] = 1
    counts[int(np.argmax(counts))] -= missing.size
    return np.repeat(np.arange(len(weights)), counts)


def with_none(table: NDArray[np.int64], none_percent: float, none: int = 0) -> NDArray[np.int64]:
    """The table with `none` for a share of the draws; the rest keeps its quantiles."""
    absent = round(LEVELS * none_percent / 100)
    kept = (np.arange(LEVELS - absent) * LEVELS) // max(LEVELS - absent, 1)
    return np.concatenate([np.full(absent, none, np.int64), table[kept]])
