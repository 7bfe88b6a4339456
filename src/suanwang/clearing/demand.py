"""Compile the jobs: their entries, the columns each may use, and its starts."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np
import polars as pl
from numba import njit
from numpy.typing import NDArray

from suanwang.clearing.problem import BoolArray, Carriage, Demand, Int32Array, Rows, Supply
from suanwang.clearing.sites import Sites, distinct, find_sites
from suanwang.model.scenario import Scenario
from suanwang.network.links import Links, link_tables
from suanwang.units.decimals import to_places
from suanwang.units.rounding import Int64Array

PARTS_FROM = 100_000


class Place(msgspec.Struct, frozen=True):
    """The regions of users and data. `region`, `data_region`: (job,) rows of `links` (region, centre)."""

    region: Int32Array
    data_region: Int32Array
    links: Links


def find_places(scenario: Scenario) -> Place:
    """The regions that jobs name, and their links."""
    named = scenario.job_regions
    return Place(named.user, named.data, link_tables(scenario, named.codes))


def compile_carriage(links: Links, supply: Supply) -> Carriage:
    """Links by column instead of by centre."""
    slot_nano_gb = links.slot_nano_gb[:, supply.column_centre].astype(np.float64)
    slot_nano_gb[slot_nano_gb == 0] = np.inf
    return Carriage(np.ascontiguousarray(links.cost_femto_per_gb[:, supply.column_centre]), slot_nano_gb)


class Alternatives(msgspec.Struct, frozen=True):
    """Distinct alternatives, as written: class (−1 where no pool has the device), sizes and duration.

    `reach`: how many columns of the class have the capacity.
    """

    device_class: Int32Array
    node_milli: Int64Array
    milli: Int64Array
    slots: Int64Array
    reach: Int32Array


class Wanted(msgspec.Struct, frozen=True):
    """Every alternative of every job, before any is ruled out: whose it is, and which of those written.

    `job`, `option`: (entry,). `at`: (entry,) its line among the distinct `alternatives`.
    """

    job: Int32Array
    option: Int32Array
    at: Int64Array
    alternatives: Alternatives


def list_alternatives(scenario: Scenario, supply: Supply) -> Alternatives:
    """The alternatives in the book of options, in its order."""
    book = scenario.options
    class_of = {device: index for index, device in enumerate(supply.devices)}
    names = book.device.unique(maintain_order=True)
    code = {name: class_of.get(name, -1) for name in names}
    device_class = book.device.replace_strict(code, return_dtype=pl.Int32).to_numpy().astype(np.int32)
    milli = book.units_milli * book.nodes
    reach = np.zeros(len(milli), np.int32)
    for k in range(supply.classes):
        mine = device_class == k
        most = supply.most_milli[supply.class_first[k] : supply.class_first[k + 1]]
        reach[mine] = np.searchsorted(-most, -milli[mine], side="right")
    return Alternatives(device_class, book.units_milli, milli, book.slots, reach)


def list_wanted(scenario: Scenario, supply: Supply) -> Wanted:
    """What jobs ask for, in order of job, then option."""
    book = scenario.options
    first = book.first[book.text_of_job]
    count = book.first[book.text_of_job + 1] - first
    begin = np.zeros(len(count), np.int64)
    np.cumsum(count[:-1], out=begin[1:])
    job = np.repeat(np.arange(len(count), dtype=np.int32), count)
    option = np.arange(len(job)) - np.repeat(begin, count)
    at = option + np.repeat(first, count)
    return Wanted(job, option.astype(np.int32), at, list_alternatives(scenario, supply))


def find_rows(wanted: Wanted, sites: Sites, supply: Supply) -> tuple[Rows, Int32Array]:
    """The distinct sets of columns that rules and node sizes allow, and the set of each alternative."""
    sizes = np.unique(supply.node_milli)
    asked = wanted.alternatives
    node_rank = np.searchsorted(sizes, asked.node_milli)
    class_and_rank = (asked.device_class.astype(np.int64) + 1) * (len(sizes) + 1) + node_rank
    kinds = (supply.classes + 1) * (len(sizes) + 1)
    keys, row = distinct(
        [sites.site_of_job[wanted.job].astype(np.int64), class_and_rank[wanted.at]],
        [len(sites.secure), kinds],
    )
    of_site, of_kind = np.divmod(keys, kinds)
    of_class, of_rank = np.divmod(of_kind, len(sizes) + 1)
    first, column = list_columns(
        of_site, of_class - 1, of_rank, sites.allowed, supply.class_first, supply.column_centre,
        np.searchsorted(sizes, supply.node_milli),
    )  # fmt: skip
    return Rows(first, column), row


@njit(cache=True, nogil=True)
def list_columns(
    site: Int64Array,
    device_class: Int64Array,
    rank: Int64Array,
    allowed: BoolArray,
    class_first: Int64Array,
    column_centre: Int64Array,
    column_rank: Int64Array,
) -> tuple[Int64Array, Int32Array]:
    """`first` and `column` of `Rows`, for sets given as (row,) site, class (−1: none) and least node rank."""
    first = np.zeros(len(site) + 1, np.int64)
    column = np.empty(0, np.int32)
    for filling in range(2):
        if filling:
            column = np.empty(first[-1], np.int32)
        found = 0
        for i in range(len(site)):
            k = device_class[i]
            begin, end = (class_first[k], class_first[k + 1]) if k >= 0 else (0, 0)
            for at in range(begin, end):
                if column_rank[at] >= rank[i] and allowed[site[i], column_centre[at]]:
                    if filling:
                        column[found] = at - begin
                    found += 1
            first[i + 1] = found
    return first, column


@njit(cache=True, nogil=True)
def speeds(
    region: int, base: int, begin: int, end: int, row_column: Int32Array, slot_nano_gb: NDArray[np.float64]
) -> tuple[float, float]:
    """What the slowest and the fastest link of a region to `row_column[begin:end]` carry in a slot."""
    slow, fast = np.inf, 0.0
    for i in range(begin, end):
        carried = slot_nano_gb[region, base + row_column[i]]
        slow, fast = min(slow, carried), max(fast, carried)
    return slow, fast


@njit(cache=True, nogil=True)
def fit_windows(
    first_entry: int, last_entry: int, job: Int32Array, slots: Int32Array, row: Int32Array, reach: Int32Array,
    base: Int64Array, row_first: Int64Array, row_column: Int32Array, region: Int32Array,
    data_region: Int32Array, in_nano_gb: Int64Array, out_nano_gb: Int64Array,
    slot_nano_gb: NDArray[np.float64], release: Int64Array, deadline: Int64Array, start: Int32Array,
    starts: Int32Array, varies: BoolArray, allowed: Int32Array,
) -> None:  # fmt: skip
    """Fill `start`, `starts`, `varies` and `allowed` of entries [first, last); `allowed` 0 for no start.

    A transfer of x nano-GB over a link that carries y in a slot takes ceil(x / y) slots; the float64
    quotient is exact enough because x < 2**52.
    """
    # by row: its user's region is the same for all its entries, and most of them may use all its columns
    row_slow, row_fast = np.zeros(len(row_first)), np.full(len(row_first), -1.0)
    for n in range(first_entry, last_entry):
        j = job[n]
        window = np.int64(deadline[j] - release[j] - slots[n])
        at, first_column = int(row[n]), int(base[n])
        begin, end = int(row_first[at]), int(row_first[at + 1])
        while end > begin and row_column[end - 1] >= reach[n]:
            end -= 1
        if window < 0 or begin == end:
            continue
        source, target = int(data_region[j]), int(region[j])
        # A quotient falls where the divisor rises, so the extremes are those of the links.
        least_in, most_in = np.int64(0), np.int64(0)
        least_out, most_out = np.int64(0), np.int64(0)
        moves = in_nano_gb[j] > 0 or out_nano_gb[j] > 0
        if moves:
            if end < row_first[at + 1]:
                slow_out, fast_out = speeds(target, first_column, begin, end, row_column, slot_nano_gb)
            else:
                if row_fast[at] < 0:
                    row_slow[at], row_fast[at] = speeds(
                        target, first_column, begin, end, row_column, slot_nano_gb
                    )
                slow_out, fast_out = row_slow[at], row_fast[at]
            slow_in, fast_in = slow_out, fast_out
            if source != target:
                slow_in, fast_in = speeds(source, first_column, begin, end, row_column, slot_nano_gb)
            least_in = np.int64(np.ceil(in_nano_gb[j] / fast_in))
            most_in = np.int64(np.ceil(in_nano_gb[j] / slow_in))
            least_out = np.int64(np.ceil(out_nano_gb[j] / fast_out))
            most_out = np.int64(np.ceil(out_nano_gb[j] / slow_out))
        count = end - begin
        if most_in + most_out > window:
            for i in range(begin, end):
                column = first_column + row_column[i]
                arrive = np.int64(np.ceil(in_nano_gb[j] / slot_nano_gb[source, column]))
                leave = np.int64(np.ceil(out_nano_gb[j] / slot_nano_gb[target, column]))
                count -= arrive + leave > window
        allowed[n] = count
        if count == 0:
            continue
        # a column whose transfers leave no start is ruled out column by column
        if count == end - begin and least_in == most_in and least_out == most_out:
            start[n] = release[j] + least_in
            starts[n] = window - least_in - least_out + 1
        else:
            varies[n] = True
            start[n] = release[j]
            starts[n] = window + 1


def in_parts(work: Callable[[int, int], None], count: int) -> None:
    """`work` over [0, count), in two threads where that is worth waking them."""
    if count < PARTS_FROM:
        work(0, count)
        return
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, (0, count // 2), (count // 2, count)))


def compile_demand(scenario: Scenario, supply: Supply, place: Place) -> tuple[Demand, Rows]:
    """The demand side of the problem."""
    jobs = scenario.jobs
    with ThreadPoolExecutor(1) as beside:
        finding = beside.submit(find_sites, scenario, place.region, place.links.rtt_ms)
        wanted = list_wanted(scenario, supply)
        in_nano_gb = to_places(jobs["gb_in"].to_numpy(), 9)
        out_nano_gb = to_places(jobs["gb_out"].to_numpy(), 9)
        sites = finding.result()
    rows, row = find_rows(wanted, sites, supply)
    carriage = compile_carriage(place.links, supply)
    asked, at = wanted.alternatives, wanted.at
    device_class, milli, reach = asked.device_class[at], asked.milli[at], asked.reach[at]
    slots = asked.slots.astype(np.int32)[at]
    entries = len(wanted.job)
    start, starts, allowed = (np.zeros(entries, np.int32) for _ in range(3))
    varies = np.zeros(entries, np.bool_)
    base = supply.class_first[asked.device_class][at]
    release, deadline = jobs["release_slot"].to_numpy(), jobs["deadline_slot"].to_numpy()

    def fit(first_entry: int, last_entry: int) -> None:
        fit_windows(
            first_entry, last_entry, wanted.job, slots, row, reach, base, rows.first, rows.column,
            place.region, place.data_region, in_nano_gb, out_nano_gb, carriage.slot_nano_gb, release,
            deadline, start, starts, varies, allowed,
        )  # fmt: skip

    in_parts(fit, entries)
    alive: BoolArray | slice = allowed > 0
    if allowed.all():
        alive = slice(None)
    job = wanted.job[alive]
    first = np.zeros(jobs.height + 1, np.int64)
    np.cumsum(np.bincount(job, minlength=jobs.height), out=first[1:])
    fractional = np.zeros(jobs.height, np.bool_)
    fractional[wanted.job[(asked.milli % 1000 != 0)[at]]] = True
    demand = Demand(
        first=first,
        value_micro=jobs["value_micro"].to_numpy(),
        region=place.region,
        data_region=place.data_region,
        in_nano_gb=in_nano_gb,
        out_nano_gb=out_nano_gb,
        fractional=fractional,
        job=job,
        option=wanted.option[alive],
        device_class=device_class[alive],
        milli=milli[alive],
        slots=slots[alive],
        reach=reach[alive],
        row=row[alive],
        start=start[alive],
        starts=starts[alive],
        varies=varies[alive],
        allowed=allowed[alive],
    )
    return demand, rows
