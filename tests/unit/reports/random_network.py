"""Random scenarios, and a naive plan that is feasible, made without the clearing."""

from datetime import datetime
from functools import cache
from typing import Any

import numpy as np
import polars as pl
from tests.networks import small_network

from suanwang.energy.unit_parts import unit_parts
from suanwang.model.result import REASONS, Outcome, Report
from suanwang.model.scenario import Scenario, ScenarioHeader
from suanwang.model.scenario_tables import SCENARIO_TABLES
from suanwang.reports.indicators import make_report
from suanwang.reports.places import PROVINCES
from suanwang.reports.usage import available_milli
from suanwang.units.text import Text

CLASSES = {
    "H800": (14.0, 700),
    "A100": (6.5, 400),
    "910B": (5.0, 400),
    "RTX4090": (1.9, 450),
    "cpu": (0.08, 6),
}


def frame(table: str, rows: dict[str, Any]) -> pl.DataFrame:
    """A table with its canonical columns and types; what `rows` lacks is null."""
    (known,) = [t for t in SCENARIO_TABLES if t.name == table]
    height = len(next(iter(rows.values()))) if rows else 0
    columns = {name: rows.get(name, [None] * height) for name in known.polars_schema}
    return pl.DataFrame(columns, schema=known.polars_schema, strict=False)


def random_scenario(
    seed: int, jobs: int, centres: int, slots: int, slot_minutes: int = 60, load: float = 0.8
) -> Scenario:
    """A network over the provinces with tariffs by the hour, and jobs from populous places."""
    draw = np.random.default_rng(seed)
    codes = list(PROVINCES)[:31]
    at = [codes[i] for i in draw.integers(0, len(codes), centres)]
    hour = (np.arange(slots) * slot_minutes // 60) % 24
    zones = sorted(set(at))
    base = draw.uniform(400_000, 720_000, len(zones)).round()
    shape = np.where((hour >= 18) & (hour < 22), 1.6, np.where((hour >= 11) & (hour < 15), 0.5, 1.0))
    carbon = draw.uniform(130, 680, len(zones)).round(1)
    pools = [(c, k) for c in range(centres) for k in draw.choice(list(CLASSES), draw.integers(1, 4), False)]
    count = np.ceil(np.exp(draw.normal(5, 1, len(pools))))
    kinds = [str(k) for _, k in pools]
    weights = draw.dirichlet(np.full(len(codes), 0.5))
    size = 2.0 ** draw.integers(0, 6, jobs)
    duration = draw.integers(1, max(2, min(24, slots // 2)), jobs)
    release = draw.integers(0, slots - duration + 1)
    work = (count.sum() * slots * load) / max((size * duration).sum(), 1)
    count = np.ceil(count / max(work, 0.02))
    return Scenario(
        header=ScenarioHeader(
            name=f"random {seed}",
            start=datetime.fromisoformat("2026-03-02T00:00:00+08:00"),
            slot_minutes=slot_minutes,
            slots=slots,
            carbon_price_micro_per_kg=62_360,
            data_cost_micro_per_gb_1000km=20_000,
        ),
        centres=frame(
            "centres",
            {
                "centre": [f"c{i}" for i in range(centres)],
                "name": [f"{PROVINCES[p].name.zh}中心{i}" for i, p in enumerate(at)],
                "kind": ["intelligent"] * centres,
                "region": [f"{p}0100" for p in at],
                "lat": [PROVINCES[p].lat for p in at],
                "lon": [PROVINCES[p].lon for p in at],
                "grid_zone": at,
                "pue": draw.uniform(1.1, 1.5, centres).round(2),
                "security_grade": [3] * centres,
                "operator": [""] * centres,
            },
        ),
        pools=frame(
            "pools",
            {
                "pool": [f"c{c}-{k}" for c, k in pools],
                "centre": [f"c{c}" for c, _ in pools],
                "device": kinds,
                "devices": count,
                "devices_per_node": [8.0] * len(pools),
                "power_w_per_device": [CLASSES[k][1] for k in kinds],
                "idle_w_per_device": [CLASSES[k][1] * 0.2 for k in kinds],
                "price_micro_per_device_hour": [round(CLASSES[k][0] * 1e6) for k in kinds],
            },
        ),
        devices=frame("devices", {}),
        signals=frame(
            "signals",
            {
                "grid_zone": np.repeat(zones, slots),
                "slot": np.tile(np.arange(slots), len(zones)),
                "price_micro_per_kwh": (base[:, None] * shape).ravel().round(),
                "carbon_g_per_kwh": np.repeat(carbon, slots),
            },
        ),
        green=frame("green", {}),
        regions=frame(
            "regions",
            {
                "region": [f"{p}0000" for p in codes],
                "name": [PROVINCES[p].name.zh for p in codes],
                "lat": [PROVINCES[p].lat for p in codes],
                "lon": [PROVINCES[p].lon for p in codes],
            },
        ),
        links=frame("links", {}),
        outages=frame(
            "outages",
            {
                "pool": [f"c{pools[0][0]}-{pools[0][1]}"] * 2,
                "from_slot": [0, slots // 3],
                "to_slot": [max(1, slots // 2), slots],
                "devices_lost": [float(count[0] // 4), float(count[0] // 3)],
            },
        ),
        pairings=frame("pairings", {}),
        jobs=frame(
            "jobs",
            {
                "job": [f"j{i}" for i in range(jobs)],
                "release_slot": release,
                "deadline_slot": np.minimum(slots, release + duration * draw.integers(1, 6, jobs)),
                "options": [
                    f"{k}:{int(s)}:{d};cpu:{s / 2}x2:{d}" if k != "cpu" else f"cpu:{s / 2}x2:{d}"
                    for k, s, d in zip(draw.choice(list(CLASSES), jobs), size, duration, strict=True)
                ],
                "region": [f"{codes[i]}0000" for i in draw.choice(len(codes), jobs, p=weights)],
                "gb_in": draw.uniform(0, 100, jobs).round(1),
                "gb_out": draw.uniform(0, 10, jobs).round(1),
                "value_micro": np.full(jobs, 10**10),
            },
        ),
    )


def naive_outcome(scenario: Scenario, cheap: bool = True, seed: int = 0) -> Outcome:
    """Jobs in order, each in the pool and start that cost it least (or, if not `cheap`, first) and fit.

    Its prices are made up: high where little is left. The bound is no bound; it only has a plausible size.
    """
    draw = np.random.default_rng(seed)
    free = available_milli(scenario)
    parts = unit_parts(scenario)
    unit = parts.total()
    book, jobs = scenario.options, scenario.jobs
    device = scenario.pools["device"].to_list()
    pools_of = {k: [r for r, name in enumerate(device) if name == k] for k in set(device)}
    names, height = book.device.to_list(), jobs.height
    spots = np.full((4, height), -1, np.int32)
    money = np.zeros((5, height), np.int64)
    reason = np.zeros(height, np.int8)
    windows = jobs.select("release_slot", "deadline_slot", "value_micro").iter_rows()
    for j, (release, deadline, value) in enumerate(windows):
        best: tuple[int, int, int, int, int] | None = None
        first = int(book.first[book.text_of_job[j]])
        known = False
        for row in range(first, int(book.first[book.text_of_job[j] + 1])):
            milli, length = int(book.units_milli[row] * book.nodes[row]), int(book.slots[row])
            choices = pools_of.get(names[row], [])
            known |= bool(choices)
            for r in draw.permutation(choices)[:6].tolist():
                for start in range(release, deadline - length + 1) if cheap else [release]:
                    if free[r, start : start + length].min() >= milli:
                        cost = milli * int(unit[r, start : start + length].sum()) // 1000
                        if best is None or cost < best[0]:
                            best = (cost, row - first, r, start, length)
        if best is None or best[0] >= value:
            money[4, j], reason[j] = value, REASONS.index("full" if known else "class")
            continue
        _, option, r, start, length = best
        milli = int(book.units_milli[first + option] * book.nodes[first + option])
        free[r, start : start + length] -= milli
        spots[:, j] = option, r, start, start + length
        span = slice(start, start + length)
        money[0, j] = milli * length * int(parts.compute[r]) // 1000
        money[1, j] = milli * int(parts.energy[r, span].sum()) // 1000
        money[2, j] = milli * int(parts.carbon[r, span].sum()) // 1000
        money[3, j] = draw.integers(0, 10**6)
        money[4, j] = money[:4, j].sum()
    total = sum(money[4].tolist())
    scarce = 1 - free / np.maximum(available_milli(scenario), 1)
    price = (np.clip(scarce - 0.85, 0, 1) * 6 * parts.compute[:, None] * (0.5 + scarce)).astype(np.int64)
    bound = int(total * 0.9993)
    return Outcome(
        method="prices" if cheap else "fcfs",
        seed=seed,
        option=spots[0],
        pool=spots[1],
        start_slot=spots[2],
        end_slot=spots[3],
        compute_micro=money[0],
        energy_micro=money[1],
        carbon_micro=money[2],
        data_micro=money[3],
        total_micro=money[4],
        reason=reason,
        price_micro=price if cheap else price * 0,
        bound_micro=bound,
        bound_uncapacitated_micro=int(bound * 0.97),
        price_loss_micro=(total - bound) // 3,
        place_loss_micro=total - bound - (total - bound) // 3,
        seconds={"read": 0.4, "compile": 0.3, "prices": 4.2, "place": 1.9, "check": 0.1},
        notes=(Text("A made-up note.", "一条编造的说明。"),),
    )


SHAPES = {
    "week": (3, 400, 12, 168, 60),
    "year": (4, 60, 3, 8760, 60),
    "quarters": (5, 30, 2, 96, 15),
    "one job": (6, 1, 1, 2, 60),
    "no jobs": (7, 0, 1, 3, 60),
}


@cache
def made(shape: str) -> tuple[Scenario, Outcome, Report, Outcome]:
    """A scenario of a shape, its naive plan and report, and the first-come plan."""
    if shape == "small":
        scenario = small_network()
    else:
        seed, jobs, centres, slots, minutes = SHAPES[shape]
        scenario = random_scenario(seed, jobs, centres, slots, minutes)
    outcome, beside = naive_outcome(scenario), naive_outcome(scenario, cheap=False)
    return scenario, outcome, make_report(scenario, outcome, "0.1.0", beside), beside
