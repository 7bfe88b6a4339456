"""The order of whole numbers, equal ones as they stand."""

import numpy as np

from suanwang.units.rounding import Int64Array


def stable_order(keys: Int64Array) -> tuple[Int64Array, Int64Array]:
    """Where the keys ≥ 0 stand when sorted, equal ones in their order, and the sorted keys.

    Key and place go into one word where both fit: sorting plain words is several times faster than sorting
    places by their keys, and no two words are equal.
    """
    bits = max(len(keys) - 1, 0).bit_length()
    if int(keys.max(initial=0)) >> (63 - bits):
        order = np.argsort(keys, kind="stable")
        return order, keys[order]
    words = keys << bits
    words |= np.arange(len(keys))
    words.sort()
    return words & ((1 << bits) - 1), words >> bits
