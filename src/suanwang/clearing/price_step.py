"""The step of the price search: one pass over slots for every column."""

# pyright: reportArgumentType=false, reportReturnType=false, reportOperatorIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportUnknownParameterType=false
# Compiled by numba: scalars there have the compiler's types, which annotations for readers do not follow.

import numpy as np
from numba import njit

from suanwang.clearing.windows import Float64Array
from suanwang.units.rounding import Int64Array

MOMENTUM = 0.85
STEP = 1.5
FLOOR_SHARE = 0.05
EXCESS_LEAST = -0.9
EXCESS_MOST = 2.0


@njit(cache=True, nogil=True)
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
        λ ← max(0, λ + 1.5·τ·(max(u + λ, 0) + floor)·clip(m, −0.9, 2))

    Steps scale with the local price, so no unit needs tuning; m is never clipped before averaging, which
    would bias it. Where there is no capacity, λ·cap is 0 whatever λ is, and λ stays at `shut_micro`, which no
    job would pay. `changes`: (shard, slot + 1, column). `prefix` becomes the prefix sum over slots of u + λ,
    with λ rounded to an integer, as jobs are asked with; if `count`, the rounded λ is added to `total`.
    """
    slots = unit_micro.shape[0]
    load = np.zeros(last - first, np.int64)
    for c in range(first, last):
        prefix[0, c] = 0.0
    for t in range(slots):
        for c in range(first, last):
            for shard in range(changes.shape[0]):
                load[c - first] += changes[shard, t, c]
            unit = np.float64(unit_micro[t, c])
            if capacity_milli[t, c] > 0:
                over = load[c - first] * scale / capacity_milli[t, c] - 1.0
                mean = MOMENTUM * excess[t, c] + (1.0 - MOMENTUM) * over
                excess[t, c] = mean
                height = max(unit + price[t, c], 0.0) + floor_micro[c]
                push = min(max(mean, EXCESS_LEAST), EXCESS_MOST)
                price[t, c] = max(0.0, price[t, c] + STEP * temperature * height * push)
            else:
                price[t, c] = shut_micro[c]
            rounded = np.rint(price[t, c])
            prefix[t + 1, c] = prefix[t, c] + unit + rounded
            if count:
                total[t, c] += np.int64(rounded)
