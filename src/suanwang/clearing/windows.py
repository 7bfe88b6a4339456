"""The least price of every column over the starts a job may take there, from a table of window minima.

Where data moves over limited links the starts differ between columns, by whole slots: ceil(x / y) for x
nano-GB over a link that carries y in a slot. Links come in few speeds, so the columns fall into a few sets of
equal starts, and each set is answered in one pass over all columns.
"""

# pyright: reportArgumentType=false, reportReturnType=false, reportOperatorIssue=false, reportCallIssue=false
# pyright: reportIndexIssue=false, reportGeneralTypeIssues=false, reportUnknownParameterType=false
# Compiled by numba: scalars there have the compiler's types, which annotations for readers do not follow.

import numpy as np
from numba import njit
from numpy.typing import NDArray

from suanwang.clearing.problem import Int32Array

Float32Array = NDArray[np.float32]
Float64Array = NDArray[np.float64]
Int8Array = NDArray[np.int8]

NEVER = np.float32(1e30)
"""Dearer than anything: a column or start that is not allowed."""
HOPELESS = np.float32(1e27)
"""Above any real price, below `NEVER` whatever it was multiplied with."""
SETS_MOST = 12
"""More sets of equal starts than this are answered column by column."""

# Flags that promise no NaN, no infinity and no signed zero. They let minima be taken many at a time and keep
# every result the same on every machine; `reassoc` and `contract`, which would not, stay off.
EXACT_MINIMA = {"nnan", "ninf", "nsz"}

BORROWING = {"_nrt": False}
"""For small functions that are called for each job: the arrays they are given are borrowed, not counted. To
count them takes two locked steps for each array of each call, a quarter of a bound's time. The option has no
public name in numba; without it everything is the same, only slower."""

Index = np.uint64
"""Array indices in the kernels are unsigned: a signed index may count from the end, a test that keeps the
compiler from taking many elements at a time. Nor are arrays sliced there: each slice would be counted."""


@njit(cache=True, nogil=True, **BORROWING)
def level_of(starts: int) -> Index:
    """The largest level whose 2**level starts fit in `starts` ≥ 1."""
    level = Index(0)
    while (2 << level) <= starts:
        level += Index(1)
    return level


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def raise_levels(minima: Float32Array, count: int, columns: int, levels: int) -> None:
    """Fill levels 1 and up of `minima` (level, start, column) from level 0: minima over 2**level starts."""
    width, starts = Index(columns), Index(count)
    for level in range(Index(1), Index(levels)):
        below = level - Index(1)
        half = Index(1) << below
        for i in range(starts - half - half + Index(1) if starts >= half + half else Index(0)):
            for c in range(width):
                minima[level, i, c] = min(minima[below, i, c], minima[below, i + half, c])


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def fill_window_minima(
    minima: Float32Array,
    prefix: Float64Array,
    weight: Float32Array,
    slots: int,
    first_column: int,
    columns: int,
    from_start: int,
    to_start: int,
    levels: int,
) -> None:
    """Fill `minima` (level, start − from_start, column) for starts in [from_start, to_start)."""
    first, width, held = Index(first_column), Index(columns), Index(slots)
    begin, count = Index(from_start), Index(to_start - from_start)
    for i in range(count):
        for c in range(width):
            there = prefix[begin + i + held, first + c] - prefix[begin + i, first + c]
            minima[0, i, c] = there * weight[first + c]
    raise_levels(minima, to_start - from_start, columns, levels)


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA, **BORROWING)
def transfer_slots(
    arrive: Int32Array,
    leave: Int32Array,
    slot_nano_gb: Float64Array,
    first_column: int,
    columns: int,
    in_nano_gb: float,
    out_nano_gb: float,
    source: int,
    target: int,
) -> None:
    """Fill `arrive` and `leave` (column,): the slots that moving the input and the output take."""
    first, origin, destination = Index(first_column), Index(source), Index(target)
    for c in range(Index(columns)):
        arrive[c] = np.int32(min(np.ceil(in_nano_gb / slot_nano_gb[origin, first + c]), 1e9))
        leave[c] = np.int32(min(np.ceil(out_nano_gb / slot_nano_gb[destination, first + c]), 1e9))


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA, **BORROWING)
def transfer_slots_about(
    arrive: Int32Array,
    leave: Int32Array,
    slots_per_nano_gb: Float32Array,
    first_column: int,
    columns: int,
    in_nano_gb: float,
    out_nano_gb: float,
    source: int,
    target: int,
) -> None:
    """`transfer_slots` by multiplication: a slot off where a transfer ends within a millionth of one."""
    first, origin, destination = Index(first_column), Index(source), Index(target)
    inbound, outbound = np.float32(in_nano_gb * (1 - 1e-6)), np.float32(out_nano_gb * (1 - 1e-6))
    for c in range(Index(columns)):
        arrive[c] = np.int32(min(np.ceil(inbound * slots_per_nano_gb[origin, first + c]), np.float32(1e9)))
        leave[c] = np.int32(
            min(np.ceil(outbound * slots_per_nano_gb[destination, first + c]), np.float32(1e9))
        )


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA, **BORROWING)
def shifted_windows(
    window: Float32Array,
    minima: Float32Array,
    columns: int,
    origin: int,
    lo: int,
    hi: int,
    arrive: Int32Array,
    leave: Int32Array,
) -> None:
    """Fill `window` (column,) with the least over starts [lo + arrive, hi − leave), NEVER for none."""
    width = Index(columns)
    least_in, most_in = np.int32(hi - lo), np.int32(0)
    least_out, most_out = np.int32(hi - lo), np.int32(0)
    for c in range(width):
        window[c] = NEVER
        least_in, most_in = min(least_in, arrive[c]), max(most_in, arrive[c])
        least_out, most_out = min(least_out, leave[c]), max(most_out, leave[c])
    if (np.int64(most_in) - least_in + 1) * (np.int64(most_out) - least_out + 1) > SETS_MOST:
        for c in range(width):
            begin, end = lo + arrive[c], hi - leave[c]
            if begin < end:
                level = level_of(end - begin)
                early = Index(begin - origin)
                late = Index(end - origin) - (Index(1) << level)
                window[c] = min(minima[level, early, c], minima[level, late, c])
        return
    for a in range(least_in, most_in + 1):
        for b in range(least_out, most_out + 1):
            begin, end = lo + a, hi - b
            present = np.int32(0)
            for c in range(width):
                present |= np.int32(arrive[c] == a) & np.int32(leave[c] == b)
            if end <= begin or present == 0:
                continue
            level = level_of(end - begin)
            early = Index(begin - origin)
            late = Index(end - origin) - (Index(1) << level)
            for c in range(width):
                there = min(minima[level, early, c], minima[level, late, c])
                window[c] = there if (arrive[c] == a and leave[c] == b) else window[c]


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA, **BORROWING)
def plain_windows(
    window: Float32Array, minima: Float32Array, columns: int, origin: int, lo: int, hi: int
) -> None:
    """Fill `window` (column,) with the least over starts [lo, hi) ≠ ∅, the same for every column."""
    level = level_of(hi - lo)
    early = Index(lo - origin)
    late = Index(hi - origin) - (Index(1) << level)
    for c in range(Index(columns)):
        window[c] = min(minima[level, early, c], minima[level, late, c])


@njit(cache=True, nogil=True, fastmath=EXACT_MINIMA)
def scan_windows(
    window: Float32Array,
    prefix: Float64Array,
    weight: Float32Array,
    first_column: int,
    columns: int,
    slots: int,
    lo: int,
    hi: int,
    arrive: Int32Array,
    leave: Int32Array,
    varies: int,
) -> None:
    """Fill `window` (column,) as look-ups in a table would, by scanning the starts [lo, hi)."""
    first, width, held = Index(first_column), Index(columns), Index(slots)
    for c in range(width):
        window[c] = NEVER
    for s in range(lo, hi):
        begin = Index(s)
        if varies:
            for c in range(width):
                there = window.dtype.type(prefix[begin + held, first + c] - prefix[begin, first + c])
                within = s >= lo + arrive[c] and s < hi - leave[c]
                window[c] = min(window[c], there if within else NEVER)
        else:
            for c in range(width):
                there = window.dtype.type(prefix[begin + held, first + c] - prefix[begin, first + c])
                window[c] = min(window[c], there)
    for c in range(width):
        window[c] *= weight[first + c]


@njit(cache=True, nogil=True, **BORROWING)
def place_of_least(values: Float32Array, columns: int) -> Index:
    """The first place of the least of the first `columns` ≥ 1 float32s.

    Works on their bits: flipping the lower bits of the negative ones makes the integers sort as the floats
    do, and integer minima are taken many at a time, which the compiler does not do for floats.
    """
    bits = values.view(np.int32)
    least = np.int32(0x7FFFFFFF)
    for c in range(Index(columns)):
        word = bits[c]
        least = min(least, word ^ ((word >> np.int32(31)) & np.int32(0x7FFFFFFF)))
    least ^= (least >> np.int32(31)) & np.int32(0x7FFFFFFF)
    place = Index(0)
    while bits[place] != least:
        place += Index(1)
    return place


@njit(cache=True, nogil=True, **BORROWING)
def first_cheapest(prefix_by_column: Float64Array, column: int, slots: int, lo: int, hi: int) -> int:
    """The first start in [lo, hi) with the least window sum of a column."""
    at, held, best = Index(column), Index(slots), Index(lo)
    least = prefix_by_column[at, best + held] - prefix_by_column[at, best]
    for s in range(Index(lo) + Index(1), Index(hi)):
        there = prefix_by_column[at, s + held] - prefix_by_column[at, s]
        if there < least:
            least = there
            best = s
    return np.int64(best)
