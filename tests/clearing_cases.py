"""Small random networks that are hard on clearing: everything the format allows, in odd combinations."""

from datetime import datetime, timedelta, timezone
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.clearing.compile import compile_problem
from suanwang.clearing.costs import worth_having
from suanwang.clearing.places import Places
from suanwang.clearing.problem import Problem
from suanwang.model.result import REASONS, Method, Outcome
from suanwang.model.scenario import Scenario, ScenarioHeader
from suanwang.model.scenario_tables import SCENARIO_TABLES
from suanwang.units.rounding import Int64Array

Row = tuple[object, ...]
REGIONS: list[Row] = [
    ("310000", "上海", 31.2, 121.5),
    ("510000", "四川", 30.6, 104.1),
    ("510100", "成都", 30.57, 104.07),
    ("640000", "宁夏", 38.5, 106.3),
]
CODES = [str(row[0]) for row in REGIONS]
DEVICES = ("A100", "910B", "cpu")
METHODS: tuple[Method, ...] = ("prices", "fcfs", "exact")
DEAR: dict[str, dict[str, dict[str, object]]] = {
    "devices": {
        "pools": {"devices": 1e8, "devices_per_node": 8.0, "price_micro_per_device_hour": 10**12},
        "jobs": {"options": "A100:8x125000:1", "value_micro": 10**15},
    },
    "data": {
        "links": {"cost_micro_per_gb": 9e9, "gbps": None},
        "jobs": {"options": "A100:1:1", "value_micro": 10**15, "gb_in": 4e6, "gb_out": 4e6},
    },
}
"""Figures, by table and column, that the format allows and whose costs 64 bits do not hold."""


class Draw:
    """One random network. `flat`: all costs equal, so that ties decide; `load`: jobs per pool, roughly."""

    def __init__(self, seed: int, jobs: int | None = None, slots: int | None = None) -> None:
        self.random = np.random.Generator(np.random.PCG64([seed, 77]))
        self.slots = slots or int(self.random.integers(3, 15))
        self.jobs = jobs or int(self.random.integers(1, 15))
        self.flat = self.chance(0.15)
        self.fractions = self.chance(0.5)
        self.limited = self.chance(0.5)
        self.strict = self.chance(0.5)
        self.centres = int(self.random.integers(1, 5))
        self.classes = int(self.random.integers(1, 4))

    def chance(self, share: float) -> bool:
        """True with probability `share`."""
        return bool(self.random.random() < share)

    def pick(self, *choices: object) -> object:
        """One of `choices`."""
        return choices[int(self.random.integers(len(choices)))]

    def pools(self) -> list[Row]:
        """At least one pool; some empty, some with nodes of one or half a device."""
        rows: list[Row] = []
        for centre in range(self.centres):
            for device in DEVICES[: self.classes]:
                if rows and self.chance(0.35):
                    continue
                devices = float(self.pick(2, 4, 8, 8, 12, 16, 0.5, 6.25, 0))  # type: ignore[arg-type]
                node = float(self.pick(8, 8, 4, 1, 16))  # type: ignore[arg-type]
                price = 1_000_000 if self.flat else int(self.random.integers(0, 4_000_000))
                power = 400.0 if self.flat else float(self.random.integers(0, 9000)) / 10
                rows.append((f"p{len(rows)}", f"c{centre}", device, devices, node, power, 60.0, price))
        return rows

    def signals(self) -> list[Row]:
        """Prices that go below zero now and then."""
        rows: list[Row] = []
        for zone in range(self.centres):
            for slot in range(self.slots):
                price = 500_000.0 if self.flat else float(self.random.integers(-300_000, 1_200_000)) + 0.25
                carbon = 600.0 if self.flat else float(self.random.integers(0, 90_000)) / 100
                rows.append((f"z{zone}", slot, price, carbon))
        return rows

    def outages(self, pools: list[Row]) -> list[Row]:
        """One outage for some pools: all of the pool, or part of it."""
        rows: list[Row] = []
        for pool in pools:
            if self.chance(0.3):
                begin = int(self.random.integers(0, self.slots))
                lost = float(pool[3]) * (1.0 if self.chance(0.5) else 0.5)  # type: ignore[arg-type]
                rows.append((pool[0], begin, int(self.random.integers(begin + 1, self.slots + 1)), lost))
        return rows

    def links(self) -> list[Row]:
        """Links of limited bandwidth for some pairs."""
        if not self.limited:
            return []
        return [
            (region, f"c{centre}", float(self.random.integers(1, 60)),
             float(self.random.integers(0, 90_000)) / 8, self.pick(None, 10.0, 0.05, 0.02, 0.01))
            for region in CODES for centre in range(self.centres) if self.chance(0.7)
        ]  # fmt: skip

    def options(self) -> tuple[str, int]:
        """An option text, and the slots of its longest alternative."""
        parts: list[str] = []
        longest = 1
        for _ in range(int(self.random.integers(1, 4))):
            device = str(self.pick(*DEVICES[: self.classes], *(["TPU"] if self.strict else [])))
            units = str(self.pick("1", "2", "4", "8", *(["0.5", "0.25", "1.375"] if self.fractions else [])))
            nodes = str(self.pick("", "", "", "x2", "x3"))
            slots = int(self.random.integers(1, max(2, self.slots // 2)))
            longest = max(longest, slots)
            parts.append(f"{device}:{units}{nodes}:{slots}")
        return ";".join(parts), longest

    def job(self, number: int) -> Row:
        """One job; its window may be exactly its duration."""
        text, longest = self.options()
        release = int(self.random.integers(0, self.slots - longest + 1))
        spare = 0 if self.chance(0.25) else int(self.random.integers(0, self.slots + 1))
        moves = self.chance(0.6)
        return (
            f"j{number}", release, min(self.slots, release + longest + spare), text, self.pick(*CODES),
            self.pick(None, *CODES), float(self.random.integers(0, 20_000)) / 1000 if moves else 0.0,
            float(self.random.integers(0, 5_000)) / 1000 if moves else 0.0,
            float(self.random.integers(2, 50)) if self.strict and self.chance(0.3) else None,
            int(self.random.integers(1, 6)) if self.strict and self.chance(0.3) else None,
            self.pick("51", "31;64", "5101", "99") if self.strict and self.chance(0.3) else None,
            int(np.exp(self.random.normal(17.5, 1.5))), None,
        )  # fmt: skip

    def scenario(self) -> Scenario:
        """The whole of it."""
        pools = self.pools()
        rows: dict[str, list[Row]] = {
            "centres": [
                (f"c{i}", f"c{i}", "intelligent", CODES[i % len(CODES)], None, 30.0 + i, 104.0 + 2 * i,
                 f"z{i}", 1.2 if self.flat else 1.1 + i / 16, 3 if self.flat else 1 + (i * 2) % 5, "o", None)
                for i in range(self.centres)
            ],
            "pools": pools,
            "devices": [(device, "m", True, 0.3, None, 64.0) for device in (*DEVICES, "TPU")],
            "signals": self.signals(),
            "regions": REGIONS,
            "links": self.links(),
            "outages": self.outages(pools),
            "jobs": [self.job(number) for number in range(self.jobs)],
        }  # fmt: skip
        header = ScenarioHeader(
            "case", datetime(2026, 3, 2, tzinfo=timezone(timedelta(hours=8))), int(self.pick(60, 60, 15, 30)),  # type: ignore[call-overload]
            self.slots, int(self.pick(0, 62_360, 100_000)), 0 if self.flat else 20_000,  # type: ignore[call-overload]
            float(self.pick(0.0, 0.0, 0.05, 0.333)),  # type: ignore[arg-type]
        )  # fmt: skip
        frames = {
            table.name: pl.DataFrame(rows.get(table.name, []), schema=table.polars_schema, orient="row")
            for table in SCENARIO_TABLES
        }
        return Scenario(header=header, **frames)


def random_scenario(seed: int, jobs: int | None = None, slots: int | None = None) -> Scenario:
    """The network of `seed`; every fourth has values at, or next to, what a place costs."""
    scenario = Draw(seed, jobs, slots).scenario()
    return on_the_edge(scenario, seed) if seed % 4 == 0 else scenario


def on_the_edge(scenario: Scenario, seed: int) -> Scenario:
    """The same with values equal to the cost of some place, rounded down or up, or one more."""
    random = np.random.Generator(np.random.PCG64([seed, 78]))
    problem = compile_problem(scenario)
    value = scenario.jobs["value_micro"].to_numpy().copy()
    for job in range(len(value)):
        costs = sorted({place[0] for place in every_place(problem, job) if place[0] >= 0})
        if costs and random.random() < 0.7:
            value[job] = costs[int(random.integers(min(4, len(costs))))] // 1000 + int(random.integers(0, 3))
    jobs = scenario.jobs.with_columns(pl.Series("value_micro", value))
    return Scenario(
        **{name: getattr(scenario, name) for name in scenario.__struct_fields__ if name != "jobs"}, jobs=jobs
    )


def with_figures(scenario: Scenario, figures: dict[str, dict[str, object]]) -> Scenario:
    """The same with one figure in every row, by table and column."""
    types = {table.name: table.polars_schema for table in SCENARIO_TABLES}
    frames = {
        table: getattr(scenario, table).with_columns(
            **{column: pl.lit(figure, types[table][column]) for column, figure in columns.items()}
        )
        for table, columns in figures.items()
    }
    fields = {name: getattr(scenario, name) for name in scenario.__struct_fields__}
    return Scenario(**{**fields, **frames})


def every_place(problem: Problem, job: int) -> list[tuple[int, int, int, int, int, int]]:
    """(cost nano, pool, start, option, entry, column) of every place of a job in the compiled problem."""
    supply, demand, rows, carriage = problem.supply, problem.demand, problem.rows, problem.carriage
    places: list[tuple[int, int, int, int, int, int]] = []
    for entry in range(demand.first[job], demand.first[job + 1]):
        base = int(supply.class_first[demand.device_class[entry]])
        source, target = demand.data_region[job], demand.region[job]
        row = int(demand.row[entry])
        for local in rows.column[rows.first[row] : rows.first[row + 1]]:
            if local >= demand.reach[entry]:
                break
            column = base + int(local)
            lo, hi = int(demand.start[entry]), int(demand.start[entry] + demand.starts[entry])
            if demand.varies[entry]:
                lo += ceil_ratio(int(demand.in_nano_gb[job]), float(carriage.slot_nano_gb[source, column]))
                hi -= ceil_ratio(int(demand.out_nano_gb[job]), float(carriage.slot_nano_gb[target, column]))
            data = half_even(
                int(demand.in_nano_gb[job]) * int(carriage.cost_femto_per_gb[source, column])
                + int(demand.out_nano_gb[job]) * int(carriage.cost_femto_per_gb[target, column]), 10**18,
            )  # fmt: skip
            for start in range(lo, hi):
                window = int(supply.unit_micro[start : start + int(demand.slots[entry]), column].sum())
                cost = int(demand.milli[entry]) * window + 1000 * data
                pool = int(supply.column_pool[column])
                places.append((cost, pool, start, int(demand.option[entry]), entry, column))
    return places


def ceil_ratio(amount: int, carried: float) -> int:
    """Slots that a transfer takes; `carried` is infinite where bandwidth is not limited."""
    return 0 if carried == float("inf") else -(-amount // int(carried))


def half_even(amount: int, divisor: int) -> int:
    """amount / divisor, rounded half to even."""
    quotient, rest = divmod(amount, divisor)
    return quotient + (rest * 2 > divisor or (rest * 2 == divisor and quotient % 2 == 1))


def outcome_from(problem: Problem, places: Places, price_micro: Int64Array | None = None) -> Outcome:
    """The outcome of `places`, with (slot, column) prices and no bound; every unserved job is called full."""
    supply, demand = problem.supply, problem.demand
    places, costs = worth_having(problem, places)
    parts = [costs.compute_micro, costs.energy_micro, costs.carbon_micro, costs.data_micro]
    served = places.served
    entry = np.maximum(places.entry, 0)
    nothing = np.full(demand.jobs, -1, np.int64)
    price = np.zeros((supply.columns, supply.slots), np.int64)
    if price_micro is not None:
        price[supply.column_pool] = price_micro.T

    def by_job(column: NDArray[Any]) -> NDArray[np.int32]:
        return np.where(served, column, -1).astype(np.int32)

    return Outcome(
        method="fcfs", seed=0, option=by_job(demand.option[entry] if demand.entries else nothing),
        pool=by_job(supply.column_pool[places.column]), start_slot=by_job(places.start),
        end_slot=by_job(places.start + demand.slots[entry] if demand.entries else nothing),
        compute_micro=parts[0], energy_micro=parts[1], carbon_micro=parts[2], data_micro=parts[3],
        total_micro=np.where(served, np.sum(parts, axis=0), demand.value_micro),
        reason=np.where(served, 0, len(REASONS) - 1).astype(np.int8), price_micro=price,
        bound_micro=-(10**18), bound_uncapacitated_micro=-(10**18), price_loss_micro=0, place_loss_micro=0,
        seconds={},
    )  # fmt: skip
