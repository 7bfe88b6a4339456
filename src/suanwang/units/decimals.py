"""Decimal columns as exact scaled integers.

Decimals from files travel as the nearest float64, whose shortest form is the decimal that was read; so each
value stands for exactly one decimal, and these functions give it back.
"""

from decimal import Decimal
from typing import Any

import numpy as np
from numpy.typing import NDArray

from suanwang.units.rounding import Int64Array

PLACES_FAST = 9
EXACT_FLOAT = 2.0**53


def scaled(values: NDArray[np.float64], places: int) -> Int64Array:
    """`values` · 10**places as integers. Raises ValueError where a value has more decimal places."""
    whole = np.rint(values * 10.0**places)
    wrong = whole / 10.0**places != values
    if bool(wrong.any()):
        raise ValueError(f"{values[wrong][0]!r} has more than {places} decimal places")
    return whole.astype(np.int64)


def to_places(values: NDArray[np.float64], places: int) -> Int64Array:
    """`values` · 10**places as integers, rounded half to even where a value has more places."""
    return np.rint(values * 10.0**places).astype(np.int64)


def exact_scale(values: NDArray[np.float64]) -> tuple[NDArray[Any], int]:
    """All `values` as integers times 10**-places, with the least places that hold every one exactly.

    The integers are int64 where nine places and 53 bits are enough, else Python integers in an object array.
    """
    for places in range(PLACES_FAST + 1):
        whole = np.rint(values * 10.0**places)
        if bool(np.all(np.abs(whole) < EXACT_FLOAT)) and bool(np.all(whole / 10.0**places == values)):
            return whole.astype(np.int64), places
    decimals = [Decimal(repr(float(value))) for value in values.ravel()]
    places = max(0, *(-int(decimal.as_tuple().exponent) for decimal in decimals))
    integers = np.array([int(decimal.scaleb(places)) for decimal in decimals], dtype=object)
    return integers.reshape(values.shape), places
