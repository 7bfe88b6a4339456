"""One quote at 300 centres: single calls, one after the other, on the prices and the free rest of a plan.

The baseline is the same question asked in numpy, option by option, over all pools and starts at once; it
also checks that the best offer is the best.
"""

import math
import time
from collections.abc import Callable

import numpy as np
from benchmarks.row import Row

from suanwang.clearing.by_prices import Settings
from suanwang.clearing.clear import clear
from suanwang.clearing.problem import BoolArray
from suanwang.clearing.quote import QuoteDesk, Request
from suanwang.clearing.supply import capacity_by_slot
from suanwang.feeds.national import make_national
from suanwang.model.result import Outcome
from suanwang.model.scenario import Scenario
from suanwang.units.rounding import Int64Array, sum_of_products_half_even


def run(quick: bool) -> list[Row]:
    """Mean and slowest hundredth, with prices alone and with what is free."""
    made = make_national(20_000 if quick else 100_000, centres=300, seed=1)
    scenario = made.scenario
    outcome = clear(scenario, settings=Settings(rounds=1))
    free_milli = free_after(scenario, outcome)
    asked = scenario.jobs.sample(1_000 if quick else 5_000, seed=1, shuffle=True)
    names = Request.__struct_fields__
    requests = [Request(**{name: row[name] for name in names}) for row in asked.iter_rows(named=True)]
    built = time.perf_counter()
    desk = QuoteDesk(scenario, outcome.price_micro)
    built_s = time.perf_counter() - built
    room = QuoteDesk(scenario, outcome.price_micro, free_milli)
    plain = Plain(desk)
    few = requests[:300]
    for request in few:
        best = desk.quote(request).best
        assert plain.least_nano(request) == (best.reduced_nano if best else None), request
    theirs = mean(each(plain.least_nano, few))
    offers = "the five cheapest centres with all parts of their cost"
    rows: list[Row] = []
    for name, at in (("prices alone", desk), ("with what is free", room)):
        each(at.quote, requests)
        micros = each(at.quote, requests)
        note = f"{offers}; median {np.median(micros):.1f} us, desk built in {built_s * 1000:.0f} ms"
        rows += [
            Row(f"one quote, 300 centres, {name}: mean", mean(micros), "us", 200, 20,
                "numpy, least cost only, prices alone", theirs, lower_is_better=True, note=note),
            Row(f"one quote, 300 centres, {name}: 99 of 100 within", float(np.percentile(micros, 99)), "us",
                200, None, "", math.nan, lower_is_better=True),
        ]  # fmt: skip
    return rows


def each(ask: Callable[[Request], object], requests: list[Request]) -> list[float]:
    """Microseconds of every single call."""
    found: list[float] = []
    for request in requests:
        began = time.perf_counter_ns()
        ask(request)
        found.append((time.perf_counter_ns() - began) / 1000)
    return found


def mean(values: list[float]) -> float:
    """Their mean."""
    return sum(values) / len(values)


def free_after(scenario: Scenario, outcome: Outcome) -> Int64Array:
    """(pool, slot) milli-devices that the plan leaves."""
    book, served = scenario.options, outcome.served
    at = book.first[book.text_of_job[served]] + outcome.option[served]
    milli = (book.units_milli * book.nodes)[at]
    change = np.zeros((scenario.pools.height, scenario.header.slots + 1), np.int64)
    np.add.at(change, (outcome.pool[served], outcome.start_slot[served]), milli)
    np.subtract.at(change, (outcome.pool[served], outcome.end_slot[served]), milli)
    return capacity_by_slot(scenario) - np.cumsum(change, axis=1)[:, :-1]


class Plain:
    """The same figures, asked with whole arrays."""

    def __init__(self, desk: QuoteDesk) -> None:
        self.desk = desk
        self.pool, self.centre, self.node, self.most = desk.columns

    def least_nano(self, request: Request) -> int | None:
        """The least reduced cost of any place in nano-yuan; None where there is none."""
        desk = self.desk
        home, data = desk.links(request.region), desk.links(request.data_region or request.region)
        in_nano_gb, out_nano_gb = (np.array([round(gb * 1e9)]) for gb in (request.gb_in, request.gb_out))
        data_nano = 1000 * sum_of_products_half_even(
            [(in_nano_gb, data.figures[0]), (out_nano_gb, home.figures[0])], 10**18
        )
        limit = math.inf if request.max_rtt_ms is None else request.max_rtt_ms
        passes: BoolArray = (
            (desk.grades >= (request.min_security_grade or 0))
            & (home.rtt_ms <= limit)
            & desk.resident(request.residency)
        )
        arrive = np.where(data.figures[1] > 0, -(-in_nano_gb // np.maximum(data.figures[1], 1)), 0)
        leave = np.where(home.figures[1] > 0, -(-out_nano_gb // np.maximum(home.figures[1], 1)), 0)
        least: list[int] = []
        for _, device_class, node, milli, slots in desk.asked(request.options).tolist():
            if device_class < 0:
                continue
            mine = np.arange(int(desk.class_first[device_class]), int(desk.class_first[device_class + 1]))
            mine = mine[(self.node[mine] >= node) & (self.most[mine] >= milli) & passes[self.centre[mine]]]
            centre = self.centre[mine]
            start = np.arange(request.release_slot, request.deadline_slot - slots + 1)
            if not len(mine) or not len(start):
                continue
            prefix = desk.reduced[self.pool[mine]]
            price = milli * (prefix[:, start + slots] - prefix[:, start]) + data_nano[centre][:, None]
            early = start >= request.release_slot + arrive[centre][:, None]
            allowed = early & (start + slots <= request.deadline_slot - leave[centre][:, None])
            if allowed.any():
                least.append(int(price[allowed].min()))
        return min(least, default=None)
