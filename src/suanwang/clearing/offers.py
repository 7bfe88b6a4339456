"""The cheapest place of one job in every centre, to the last nano-yuan: the kernel of a quote.

One pass over the pools of the job's classes. A pool's line of prefix sums over time is read from the first
start to the last; rules that depend on the centre alone are asked once a centre.
"""

import numpy as np
from numba import njit

from suanwang.clearing.exact_response import COST_MOST, NO_COST, carriage_micro, rounded
from suanwang.clearing.fcfs import NO_SUM
from suanwang.clearing.problem import BoolArray
from suanwang.clearing.refusal import FULL, GRADE, LATENCY, RESIDENCY, SERVED, SIZE, VALUE, WINDOW
from suanwang.clearing.windows import Float64Array, Index
from suanwang.units.rounding import Int64Array

POOL, CENTRE, NODE, MOST = range(4)
"""Lines of `columns`: row in the pools table, centre, milli-devices of a node and of the whole pool."""
FIGURES = 10
"""Of an offer: option, pool, start, end, compute, energy, carbon and data in micro-yuan, then price paid for
capacity and reduced cost in nano-yuan."""


@njit(cache=True, nogil=True)
def ask_centres(
    resident: BoolArray,
    grades: Int64Array,
    least_grade: int,
    home_rtt_ms: Float64Array,
    rtt_ms_most: float,
    home_links: Int64Array,
    data_links: Int64Array,
    in_nano_gb: int,
    out_nano_gb: int,
    moved_slots: int,
    spare_slots: int,
    centres: Int64Array,
) -> None:
    """Fill `centres` (4, centre): the rule broken or `SERVED`; slots in; slots out; data in nano-yuan.

    The first `moved_slots` of the way in and the last `spare_slots` of the way out lie outside the window.
    """
    for c in range(len(grades)):
        if grades[c] < least_grade:
            centres[0, c] = GRADE
        elif not resident[c]:
            centres[0, c] = RESIDENCY
        elif home_rtt_ms[c] > rtt_ms_most:
            centres[0, c] = LATENCY
        else:
            centres[0, c] = SERVED
        centres[1, c], centres[2, c], centres[3, c] = 0, 0, 0
        if in_nano_gb > 0 or out_nano_gb > 0:
            inward, outward = data_links[1, c], home_links[1, c]
            centres[1, c] = max(0, -(-in_nano_gb // inward) - moved_slots) if inward > 0 else 0
            centres[2, c] = max(0, -(-out_nano_gb // outward) - spare_slots) if outward > 0 else 0
            centres[3, c] = 1000 * carriage_micro(in_nano_gb, data_links[0, c], out_nano_gb, home_links[0, c])


@njit(cache=True, nogil=True)
def least_window(
    prefix: Int64Array, free_milli: Int64Array, pool: int, slots: int, milli: int, lo: int, hi: int
) -> np.int64:
    """The least window sum over the starts in [lo, hi) at which `milli` is free, or `NO_SUM`.

    `free_milli` without a line: all of it is.
    """
    at, held, begin, end = Index(pool), Index(slots), Index(lo), Index(hi)
    last = end + held - Index(1)
    least = NO_SUM
    for s in range(begin, end):
        least = min(least, prefix[at, s + held] - prefix[at, s])
    if len(free_milli) == 0:
        return least
    scarcest = NO_SUM
    for t in range(begin, last):
        scarcest = min(scarcest, free_milli[at, t])
    if scarcest >= milli:
        return least
    least, run = NO_SUM, 0
    for t in range(begin, last):
        run = run + 1 if free_milli[at, t] >= milli else 0
        if run >= slots:
            end = t + Index(1)
            least = min(least, prefix[at, end] - prefix[at, end - held])
    return least


@njit(cache=True, nogil=True)
def first_window(
    prefix: Int64Array, free_milli: Int64Array, pool: int, slots: int, milli: int, lo: int, least: np.int64
) -> int:
    """The first start from `lo` whose window sum is `least` with `milli` free; there is one."""
    s = lo
    while True:
        fits = prefix[pool, s + slots] - prefix[pool, s] == least
        if fits and len(free_milli):
            for t in range(s, s + slots):
                fits = fits and free_milli[pool, t] >= milli
        if fits:
            return s
        s += 1


@njit(cache=True, nogil=True)
def list_offers(
    asked: Int64Array,
    release: int,
    deadline: int,
    centres: Int64Array,
    class_first: Int64Array,
    columns: Int64Array,
    prefix: Int64Array,
    free_milli: Int64Array,
    best: Int64Array,
) -> int:
    """Fill `best` (5, centre): reduced cost (`NO_COST`: none), pool, start, line of `asked`, cost of data.

    `asked`: (alternative, 5) option, class, milli-devices of a node, of all nodes, slots. Returns the rule
    that the most successful candidate stopped at, `SERVED` where there is an offer.
    """
    best[0, :] = NO_COST
    furthest = 1
    found = False
    for i in range(len(asked)):
        node, milli, slots = asked[i, 2], asked[i, 3], asked[i, 4]
        if asked[i, 1] < 0:
            continue
        for column in range(class_first[asked[i, 1]], class_first[asked[i, 1] + 1]):
            if milli > columns[MOST, column] or node > columns[NODE, column]:
                furthest = max(furthest, SIZE)
                continue
            centre, pool = columns[CENTRE, column], columns[POOL, column]
            if centres[0, centre] != SERVED:
                furthest = max(furthest, centres[0, centre])
                continue
            lo, hi = release + centres[1, centre], deadline - slots - centres[2, centre] + 1
            if hi <= lo:
                furthest = max(furthest, WINDOW)
                continue
            least = least_window(prefix, free_milli, pool, slots, milli, lo, hi)
            if least == NO_SUM:
                furthest = max(furthest, FULL)
                continue
            if np.float64(milli) * np.float64(least) > COST_MOST:
                furthest = max(furthest, VALUE)
                continue
            price = milli * least + centres[3, centre]
            if price > best[0, centre]:
                continue
            tied = price == best[0, centre]
            if tied and pool > best[1, centre]:
                continue
            start = first_window(prefix, free_milli, pool, slots, milli, lo, least)
            if tied and pool == best[1, centre] and start >= best[2, centre]:
                continue
            best[0, centre], best[1, centre], best[2, centre] = price, pool, start
            best[3, centre], best[4, centre] = i, centres[3, centre]
            found = True
    return SERVED if found else furthest


@njit(cache=True, nogil=True)
def rank_offers(
    best: Int64Array,
    asked: Int64Array,
    energy: Int64Array,
    carbon: Int64Array,
    cost: Int64Array,
    most: int,
) -> Int64Array:
    """(offer, FIGURES) of the `most` cheapest centres; takes them out of `best`. Ties: the earlier pool."""
    offers = np.empty((most, FIGURES), np.int64)
    count = 0
    while count < most:
        cheapest = 0
        for c in range(1, best.shape[1]):
            if best[0, c] < best[0, cheapest] or (
                best[0, c] == best[0, cheapest] and best[1, c] < best[1, cheapest]
            ):
                cheapest = c
        price, pool, start, i, data_nano = best[:, cheapest]
        if price == NO_COST:
            break
        milli, end = asked[i, 3], start + asked[i, 4]
        energy_nano = milli * (energy[pool, end] - energy[pool, start])
        carbon_nano = milli * (carbon[pool, end] - carbon[pool, start])
        held_nano = milli * (cost[pool, end] - cost[pool, start])
        offers[count, 0], offers[count, 1], offers[count, 2], offers[count, 3] = asked[i, 0], pool, start, end
        offers[count, 4] = rounded(held_nano - energy_nano - carbon_nano, 1000)
        offers[count, 5] = rounded(energy_nano, 1000)
        offers[count, 6] = rounded(carbon_nano, 1000)
        offers[count, 7] = data_nano // 1000
        offers[count, 8] = price - held_nano - data_nano
        offers[count, 9] = price
        best[0, cheapest] = NO_COST
        count += 1
    return offers[:count]


@njit(cache=True, nogil=True)
def quote_one(
    asked: Int64Array,
    release: int,
    deadline: int,
    least_grade: int,
    rtt_ms_most: float,
    in_nano_gb: int,
    out_nano_gb: int,
    resident: BoolArray,
    home_rtt_ms: Float64Array,
    home_links: Int64Array,
    data_links: Int64Array,
    grades: Int64Array,
    class_first: Int64Array,
    columns: Int64Array,
    prefix: Int64Array,
    free_milli: Int64Array,
    energy: Int64Array,
    carbon: Int64Array,
    cost: Int64Array,
    most: int,
    moved_slots: int,
    spare_slots: int,
) -> tuple[Int64Array, int]:
    """The offers of the `most` cheapest centres, and `SERVED` or the rule that leaves none.

    `prefix`, `energy`, `carbon`, `cost`: (pool, slot + 1) prefix sums over time of cost and price, and of
    the parts of the cost. `home_links`, `data_links`: (2, centre) femto-yuan a GB, nano-GB a slot (0: any).
    `moved_slots`: how long the input has moved before `release`; `spare_slots`: how long the output may go
    on after `deadline`.
    """
    centres = np.empty((4, len(grades)), np.int64)
    best = np.empty((5, len(grades)), np.int64)
    ask_centres(
        resident, grades, least_grade, home_rtt_ms, rtt_ms_most, home_links, data_links, in_nano_gb,
        out_nano_gb, moved_slots, spare_slots, centres,
    )  # fmt: skip
    reason = list_offers(asked, release, deadline, centres, class_first, columns, prefix, free_milli, best)
    return rank_offers(best, asked, energy, carbon, cost, most), reason
