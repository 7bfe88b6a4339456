"""Decimal columns as exact scaled integers."""

import numpy as np
from numpy.typing import NDArray

from suanwang.units.rounding import Int64Array


def scaled(values: NDArray[np.float64], places: int) -> Int64Array:
    """`values` · 10**places as integers.

    `values` are float64 nearest to decimals of at most `places` digits after the point and 15 digits in
    all, so each stands for exactly one decimal. Raises ValueError where one does not.
    """
    whole = np.rint(values * 10.0**places)
    if not bool(np.all(whole / 10.0**places == values)):
        worst = values[whole / 10.0**places != values][0]
        raise ValueError(f"{worst!r} has more than {places} decimal places")
    return whole.astype(np.int64)
