"""The step of the price search: one pass over slots for every column."""

# pyright: reportArgumentType=false, reportReturnType=false, reportOperatorIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportUnknownParameterType=false
# Compiled by numba: scalars there have the compiler's types, which annotations for readers do not follow.

import numpy as np
from numba import njit

from suanwang.clearing.windows import EXACT_MINIMA, Float64Array, Index
from suanwang.units.rounding import Int64Array

MOMENTUM = 0.85
STEP = 1.5
FLOOR_SHARE = 0.05
EXCESS_LEAST = -0.9
EXCESS_MOST = 2.0


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def step_prices(
    first: int,
    last: int,
    changes: Int64Array,
    scale: float,
    temperature: float,
    unit_micro: Int64Array,
    capacity_milli: Int64Array,
    floor_micro: Float64Array,
    shut_micro: Float64Array,
    price: Float64Array,
    excess: Float64Array,
    total: Int64Array,
    count: bool,
    prefix: Float64Array,
) -> None:
    """Step the prices of columns [first, last) against the load that a batch answered with.

    With L the load scaled up to all jobs, m the running mean of L/cap − 1 and τ the temperature:

        m ← 0.85·m + 0.15·(L/cap − 1)
        λ ← max(0, λ + 1.5·τ·(max(u, 0) + λ + floor)·clip(m, −0.9, 2))

    Steps scale with the local price, so no unit needs tuning; m is never clipped before averaging, which
    would bias it. Where there is no capacity, λ·cap is 0 whatever λ is, and λ stays at `shut_micro`, which no
    job would pay. `changes`: (shard, slot + 1, column). `prefix` becomes the prefix sum over slots of u + λ,
    with λ rounded to an integer, as jobs are asked with; if `count`, the rounded λ is added to `total`.
    """
    # one short loop after the other, each over few arrays, so that the compiler takes many columns at a time
    begin, width = Index(first), Index(last - first)
    load = np.zeros(last - first, np.int64)
    rounded = np.zeros(last - first)
    for c in range(width):
        prefix[Index(0), begin + c] = 0.0
    for t in range(Index(unit_micro.shape[0])):
        for shard in range(Index(changes.shape[0])):
            for c in range(width):
                load[c] += changes[shard, t, begin + c]
        for c in range(width):
            capacity = capacity_milli[t, begin + c]
            over = load[c] * scale / max(capacity, 1) - 1.0
            mean = MOMENTUM * excess[t, begin + c] + (1.0 - MOMENTUM) * over
            excess[t, begin + c] = mean if capacity > 0 else excess[t, begin + c]
        for c in range(width):
            now = price[t, begin + c]
            height = max(np.float64(unit_micro[t, begin + c]), 0.0) + now + floor_micro[begin + c]
            push = min(max(excess[t, begin + c], EXCESS_LEAST), EXCESS_MOST)
            stepped = max(0.0, now + STEP * temperature * height * push)
            stepped = stepped if capacity_milli[t, begin + c] > 0 else shut_micro[begin + c]
            price[t, begin + c] = stepped
            rounded[c] = np.rint(stepped)
        for c in range(width):
            unit = np.float64(unit_micro[t, begin + c])
            prefix[t + Index(1), begin + c] = prefix[t, begin + c] + unit + rounded[c]
        if count:
            for c in range(width):
                total[t, begin + c] += np.int64(rounded[c])
