"""A quote: one job against the current prices, in microseconds.

The desk is built once for a scenario and its prices; a quote is then one pass over the pools of the job's
classes. The offers are the cheapest place of each centre by *reduced cost*: true cost + devices · Σ λ, what
the choice goes by; λ steers and is never charged. All comparisons are in whole nano-yuan, ties go to the
earliest (pool, slot, option). Nothing is reserved.
"""

from collections.abc import Callable
from functools import lru_cache

import msgspec
import numpy as np

from suanwang.clearing.explanation import Place
from suanwang.clearing.offers import quote_one
from suanwang.clearing.problem import BoolArray
from suanwang.clearing.refusal import FULL, VALUE
from suanwang.clearing.supply import compile_supply
from suanwang.clearing.windows import Float64Array
from suanwang.energy.unit_parts import unit_parts
from suanwang.model.options import alternatives_of
from suanwang.model.result import REASONS, Reason
from suanwang.model.scenario import Scenario
from suanwang.network.links import link_tables, region_chain
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.rounding import Int64Array
from suanwang.units.text import Text

OFFERS = 5
REMEMBERED = 65_536
"""Option texts, regions and residencies whose reading is kept."""
NANO_GB_PER_GB = 1e9
VALUE_MOST = 2**52


class Request(msgspec.Struct, frozen=True, kw_only=True):
    """A job that asks for a quote, in the fields of the jobs table.

    `value_micro` None: it takes any place at any cost. `data_region` None: where the user is.
    """

    options: str
    release_slot: int
    deadline_slot: int
    region: str
    data_region: str | None = None
    gb_in: float = 0.0
    gb_out: float = 0.0
    max_rtt_ms: float | None = None
    min_security_grade: int | None = None
    residency: str | None = None
    value_micro: int | None = None


class Offer(msgspec.Struct, frozen=True):
    """The cheapest place in one centre; `reduced_nano` is its cost and its clearing price, exact."""

    option: int
    pool: str
    centre: str
    place: Place
    reduced_nano: int


class Quote(msgspec.Struct, frozen=True):
    """The answer. `offers`: at most one a centre, least reduced cost first; empty where the rules allow none.

    `served`: whether the best costs less than the value at these prices. `reason`: "" where served, else why
    not: a rule; "value", the cheapest place of the empty network costs the value or more; "full", it does
    not, but what is free does at these prices.
    """

    served: bool
    reason: Reason
    offers: tuple[Offer, ...]

    @property
    def best(self) -> Offer | None:
        """The offer that the network would take."""
        return self.offers[0] if self.offers else None


class Links(msgspec.Struct, frozen=True):
    """Of one region: `rtt_ms` (centre,); `figures` (2, centre) femto-yuan a GB, nano-GB a slot (0: any)."""

    rtt_ms: Float64Array
    figures: Int64Array


class QuoteDesk:
    """Answers requests at one set of prices. Safe to use from several threads.

    `price_micro`: (pool, slot) micro-yuan a device-slot, as `Outcome` has it. `free_milli`: (pool, slot)
    milli-devices still free; where it is C-ordered it is read at every quote, not copied, so the caller may
    book places in it. None: as much as the pool's largest capacity is free, so prices alone decide.
    """

    def __init__(
        self, scenario: Scenario, price_micro: Int64Array, free_milli: Int64Array | None = None
    ) -> None:
        shape = (scenario.pools.height, scenario.header.slots)
        if price_micro.shape != shape or (free_milli is not None and free_milli.shape != shape):
            raise ValueError(f"prices and free capacity must have the shape (pool, slot) = {shape}")
        self.scenario, self.slots = scenario, scenario.header.slots
        self.pools, self.centres = scenario.pools["pool"].to_list(), scenario.centres["centre"].to_list()
        parts = unit_parts(scenario)
        supply = compile_supply(scenario, parts)
        self.class_of = {device: index for index, device in enumerate(supply.devices)}
        self.class_first = supply.class_first
        self.columns = np.ascontiguousarray(
            [supply.column_pool, supply.column_centre, supply.node_milli, supply.most_milli]
        )
        self.centre_of_pool = np.empty(supply.columns, np.int64)
        self.centre_of_pool[supply.column_pool] = supply.column_centre
        self.centre_names = [self.centres[centre] for centre in self.centre_of_pool]
        self.grades = scenario.centres["security_grade"].to_numpy().astype(np.int64)
        self.energy, self.carbon = over_time(parts.energy), over_time(parts.carbon)
        self.cost = over_time(parts.total())
        self.reduced = self.cost + over_time(price_micro)
        self.all_free = np.empty((0, self.slots), np.int64)
        self.free_milli = self.all_free if free_milli is None else np.ascontiguousarray(free_milli, np.int64)
        self.homes = scenario.centres["region"].to_list()
        self.regions = set(scenario.regions["region"])
        self.known = self.links_of_jobs()
        self.asked: Callable[[str], Int64Array] = lru_cache(REMEMBERED)(self.read_options)
        self.links: Callable[[str], Links] = lru_cache(REMEMBERED)(self.find_links)
        self.resident: Callable[[str | None], BoolArray] = lru_cache(REMEMBERED)(self.read_residency)

    def quote(self, request: Request, offers: int = OFFERS) -> Quote:
        """The `offers` cheapest centres for a job. Raises InvalidInput where the request makes no sense."""
        figures, stopped = self.ask(request, self.reduced, self.free_milli, offers)
        value = request.value_micro
        served = bool(figures) and (value is None or figures[0][9] < value * 1000)
        if not served and value is not None and (figures or stopped == FULL):
            empty, _ = self.ask(request, self.cost, self.all_free, 1)
            stopped = FULL if empty and empty[0][9] < value * 1000 else VALUE
        return Quote(
            served, "" if served else REASONS[stopped], tuple([self.offer(line) for line in figures])
        )

    def ask(
        self, request: Request, prefix: Int64Array, free_milli: Int64Array, offers: int
    ) -> tuple[list[list[int]], int]:
        """The figures of each offer, see `offers.FIGURES`, and the rule that leaves none."""
        grade, rtt_ms = request.min_security_grade, request.max_rtt_ms
        asked = self.asked(request.options)
        gb_in, gb_out = request.gb_in, request.gb_out
        if not (
            len(asked)
            and 0 <= request.release_slot < request.deadline_slot <= self.slots
            and 0 <= gb_in < 4e6
            and 0 <= gb_out < 4e6
            and (request.value_micro is None or 0 <= request.value_micro <= VALUE_MOST)
        ):
            raise InvalidInput(faults_of(request, bool(len(asked)), self.slots))
        home = self.links(request.region)
        data = home if request.data_region is None else self.links(request.data_region)
        figures, stopped = quote_one(
            asked, request.release_slot, request.deadline_slot, grade or 0,
            float("inf") if rtt_ms is None else rtt_ms, round(gb_in * NANO_GB_PER_GB),
            round(gb_out * NANO_GB_PER_GB), self.resident(request.residency), home.rtt_ms, home.figures,
            data.figures, self.grades, self.class_first, self.columns, prefix, free_milli,
            self.energy, self.carbon, self.cost, offers, 0, 0,
        )  # fmt: skip
        return figures.tolist(), stopped

    def offer(self, line: list[int]) -> Offer:
        """An offer from its figures."""
        option, pool, start, end, compute, energy, carbon, data, scarcity_nano, reduced_nano = line
        total = compute + energy + carbon + data
        place = Place(start, end, compute, energy, carbon, data, total, scarcity_nano // 1000)
        return Offer(option, self.pools[pool], self.centre_names[pool], place, reduced_nano)

    def read_options(self, text: str) -> Int64Array:
        """(alternative, 5) option, class or −1, milli-devices of a node, of all nodes, slots."""
        lines = [
            (
                option,
                self.class_of.get(one.device, -1),
                one.units_milli,
                one.units_milli * one.nodes,
                one.slots,
            )
            for option, one in enumerate(alternatives_of(text))
        ]
        return np.array(lines, np.int64).reshape(len(lines), 5)

    def read_residency(self, text: str | None) -> BoolArray:
        """(centre,) whether data may stay there."""
        prefixes = tuple(prefix.strip() for prefix in (text or "").split(";") if prefix.strip())
        return np.array([not prefixes or home.startswith(prefixes) for home in self.homes], np.bool_)

    def links_of_jobs(self) -> dict[str, Links]:
        """The links of the regions that the scenario's jobs name, found in one go."""
        jobs = self.scenario.jobs
        codes = sorted({*jobs["region"].unique(), *jobs["data_region"].drop_nulls().unique()})
        tables = link_tables(self.scenario, codes)
        return {
            code: Links(
                np.ascontiguousarray(tables.rtt_ms[row]),
                np.stack([tables.cost_femto_per_gb[row], tables.slot_nano_gb[row]]),
            )
            for row, code in enumerate(codes)
        }

    def find_links(self, code: str) -> Links:
        """The links of a region. Raises InvalidInput where it is not known."""
        if code in self.known:
            return self.known[code]
        if self.regions.isdisjoint(region_chain(code)):
            expected = Text("a region of the table regions", "regions 表中的地区")
            raise InvalidInput(
                [
                    Fault(
                        where="region", what=Text("unknown region", "未知地区"), found=code, expected=expected
                    )
                ]
            )
        tables = link_tables(self.scenario, [code])
        figures = np.stack([tables.cost_femto_per_gb[0], tables.slot_nano_gb[0]])
        return Links(np.ascontiguousarray(tables.rtt_ms[0]), figures)


def over_time(unit_micro: Int64Array) -> Int64Array:
    """(pool, slot + 1) prefix sums over time."""
    prefix = np.zeros((unit_micro.shape[0], unit_micro.shape[1] + 1), np.int64)
    np.cumsum(unit_micro, axis=1, out=prefix[:, 1:])
    return prefix


def faults_of(request: Request, readable: bool, slots: int) -> list[Fault]:
    """All that is wrong with a request."""
    release, deadline, value = request.release_slot, request.deadline_slot, request.value_micro
    window = Text(f"0 <= release < deadline <= {slots}", f"0 <= 释放 < 截止 <= {slots}")
    amount = Text("from 0 to 4,000,000 GB", "0 至 4,000,000 GB")
    grammar = Text("device:units[xnodes]:slots, joined by ;", "卡型:卡数[x节点数]:时段数，以 ; 分隔")
    worth = Text(f"from 0 to {VALUE_MOST:,} micro-yuan", f"0 至 {VALUE_MOST:,} 微元")
    checks = [
        ("options", readable, request.options, grammar),
        ("release_slot, deadline_slot", 0 <= release < deadline <= slots, f"{release}, {deadline}", window),
        ("gb_in", 0 <= request.gb_in < 4e6, str(request.gb_in), amount),
        ("gb_out", 0 <= request.gb_out < 4e6, str(request.gb_out), amount),
        ("value_micro", value is None or 0 <= value <= VALUE_MOST, str(value), worth),
    ]
    wrong = Text("out of range or malformed", "超出范围或格式有误")
    return [
        Fault(where=where, what=wrong, found=found, expected=expected, kind="out_of_range", column=where)
        for where, right, found, expected in checks
        if not right
    ]
