"""Exact rounding of ratios of integers, half to even, for whole arrays at once.

The quotient of two products is estimated in float64, which is right to within one unit below 2**50; the
remainder is then taken in wrapping 64-bit arithmetic, which is exact because the true remainder is small
even where the products are not. So no wide integers and no float decide a digit.
"""

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Int64Array = NDArray[np.int64]

QUOTIENT_MAX = 2**50
PART = 2**15
"""Numbers rounded at a time: with a million at a time, memory takes twice the time of the arithmetic."""
Whole = TypeVar("Whole", int, Int64Array, NDArray[Any])


def half_even(number: Whole, divisor: int) -> Whole:
    """number / divisor, rounded half to even: for one integer, an array of them, or inside a kernel.

    2·number and 2·divisor must fit where the integers have a width.
    """
    quotient: Any = number // divisor
    twice = 2 * (number - quotient * divisor)
    quotient += (twice > divisor) | ((twice == divisor) & (quotient % 2 == 1))
    return quotient


def sum_of_products_half_even(pairs: list[tuple[Int64Array, Int64Array]], divisor: int) -> Int64Array:
    """Σ a·b / divisor over `pairs`, rounded half to even.

    The arrays broadcast. `divisor` lies in [1, 2**61]. Raises OverflowError where a quotient would exceed
    2**50 in size, where the estimate could be off by more than the correction mends.
    """
    if not 1 <= divisor <= 2**61:
        raise OverflowError(f"divisor {divisor} outside [1, 2**61]")
    shape = np.broadcast_shapes(*(factor.shape for pair in pairs for factor in pair))
    flat = [[np.broadcast_to(factor, shape).reshape(-1) for factor in pair] for pair in pairs]
    quotient = np.empty(math.prod(shape), np.int64)
    for begin in range(0, len(quotient), PART):
        part = slice(begin, begin + PART)
        quotient[part] = part_half_even([(a[part], b[part]) for a, b in flat], divisor)
    return quotient.reshape(shape)


def part_half_even(pairs: list[tuple[Int64Array, Int64Array]], divisor: int) -> Int64Array:
    """`sum_of_products_half_even` of a part, small enough that all that is made on the way stays near."""
    estimate = sum((a.astype(np.float64) * b.astype(np.float64) for a, b in pairs), start=np.float64(0))
    estimate = np.asarray(estimate / float(divisor), dtype=np.float64)
    if not np.abs(estimate).max(initial=0.0) < QUOTIENT_MAX:
        raise OverflowError(f"quotient above 2**50: {np.abs(estimate).max():.3g}")
    quotient = np.rint(estimate).astype(np.int64)
    d = np.uint64(divisor)
    with np.errstate(over="ignore"):
        wrapped = sum((a.astype(np.uint64) * b.astype(np.uint64) for a, b in pairs), start=np.uint64(0))
        remainder = np.asarray(wrapped - quotient.astype(np.uint64) * d).astype(np.int64)
    below = np.floor_divide(remainder, divisor)
    quotient += below
    remainder -= below * divisor
    # invariant: Σ a·b = quotient·divisor + remainder, 0 ≤ remainder < divisor
    other = divisor - remainder
    quotient += (remainder > other) | ((remainder == other) & (quotient & 1 == 1))
    return quotient


def ratio_half_even(a: Int64Array, b: Int64Array, divisor: int) -> Int64Array:
    """a·b / divisor, rounded half to even; see `sum_of_products_half_even`."""
    return sum_of_products_half_even([(a, b)], divisor)


def product_half_even(factors: Sequence[NDArray[Any]], divisor: int) -> Int64Array:
    """The product of `factors` (broadcast; int64 or Python integers in object arrays) / divisor.

    Rounded half to even. Takes the fast way where sizes allow it, else Python's integers: the same result.
    """
    sizes = [
        max((abs(int(factor.max())), abs(int(factor.min())), 1)) if factor.size else 1 for factor in factors
    ]
    left: NDArray[Any] = np.asarray(factors[0])
    left_size = sizes[0]
    for factor, size in zip(factors[1:-1], sizes[1:-1], strict=True):
        left, left_size = (
            (left if left_size * size < 2**62 else left.astype(object)) * factor,
            left_size * size,
        )
    fits = left_size < 2**62 and sizes[-1] < 2**62 and divisor <= 2**61
    if fits and left_size * sizes[-1] // divisor < QUOTIENT_MAX:
        return ratio_half_even(left.astype(np.int64), factors[-1].astype(np.int64), divisor)
    exact = left.astype(object) * factors[-1].astype(object)
    return np.asarray(half_even(exact, divisor), dtype=object).astype(np.int64)


def exact_sum(values: Int64Array) -> int:
    """Σ values as a Python integer, exact whatever the size."""
    high = int((values >> 32).sum(dtype=np.int64)) if values.size else 0
    low = int((values & 0xFFFFFFFF).sum(dtype=np.int64)) if values.size else 0
    return (high << 32) + low


def exact_sum_of_products(a: Int64Array, b: Int64Array) -> int:
    """Σ a·b as a Python integer, exact for |a| < 2**43 whatever the size of b."""
    high, low = np.divmod(b, 2**20)
    return exact_sum(a * high) * 2**20 + exact_sum(a * low)
