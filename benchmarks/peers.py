"""Published peers on problems that both can express, each tuned by a stated trial.

POP (Narayanan et al., "Solving Large-Scale Granular Resource Allocation Problems Efficiently with POP", SOSP
2021): jobs are dealt into k parts by chance; so is capacity, either the devices of every pool or whole pools;
each part's integer program is solved by HiGHS to 0.1 %, 30 s at most. DeDe (Xu, Yu, Yan, "Decouple and
Decompose", OSDI 2025): ADMM over pools and jobs; it has no integers, so its shares are rounded, largest
first, and what is left over takes its cheapest free place.
"""

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import highspy
import msgspec
import numpy as np
import polars as pl
from benchmarks.row import Row

from suanwang.clearing.choices import Choices, constraints, list_choices
from suanwang.clearing.clear import clear
from suanwang.clearing.compile import compile_problem
from suanwang.clearing.costs import exact_costs
from suanwang.clearing.exact import fitting, new_solver, program
from suanwang.clearing.places import Places, no_places
from suanwang.clearing.problem import Problem
from suanwang.clearing.response import Float64Array
from suanwang.feeds.national import make_national
from suanwang.model.scenario import Scenario
from suanwang.units.rounding import Int64Array, exact_sum

INTEGER = highspy.HighsVarType.kInteger
PARTS = (2, 4, 8, 16)
POP_GAP = 1e-3
POP_LIMIT_S = 30.0
DEDE_PYTHON = "SUANWANG_DEDE_PYTHON"
DEDE_LIMIT_S = 900.0
RHO = (0.1, 1.0, 10.0)
ITERATIONS = (10, 20, 40)


class Trial(msgspec.Struct, frozen=True):
    """One setting of a peer."""

    setting: str
    seconds: float
    cost_nano: int


class Ours(msgspec.Struct, frozen=True):
    """Clearing by prices, the shortest of three runs."""

    seconds: float
    cost_micro: int
    bound_micro: int


def ours(scenario: Scenario) -> Ours:
    """From the scenario in memory to the checked plan."""

    def once() -> float:
        began = time.perf_counter()
        clear(scenario)
        return time.perf_counter() - began

    best = min(once() for _ in range(3))
    outcome = clear(scenario)
    return Ours(best, exact_sum(outcome.total_micro), outcome.bound_micro)


def rows_against(peer: str, name: str, mine: Ours, trials: list[Trial]) -> list[Row]:
    """Time and cost beside the peer's cheapest setting, and its fastest where that is another."""
    told = "; ".join(
        f"{one.setting}: {one.seconds:.2f} s, {percent(one.cost_nano, mine):.3f} %" for one in trials
    )
    cheapest = min(trials, key=lambda one: (one.cost_nano, one.seconds))
    fastest = min(trials, key=lambda one: one.seconds)
    rows: list[Row] = []
    for word, one in {"cheapest": cheapest, "fastest": fastest}.items():
        if word == "fastest" and one is cheapest:
            continue
        their_percent = percent(one.cost_nano, mine)
        rows += [
            Row(f"{name}: time", mine.seconds, "s", one.seconds, one.seconds / 10,
                f"{peer}, its {word}: {one.setting}", one.seconds, lower_is_better=True,
                note=f"the trial, seconds and cost above our bound: {told}" if word == "cheapest" else ""),
            Row(f"{name}: cost above our bound", percent(mine.cost_micro * 1000, mine), "%",
                their_percent, None, f"{peer}, its {word}: {one.setting}", their_percent,
                lower_is_better=True),
        ]  # fmt: skip
    return rows


def percent(cost_nano: int, mine: Ours) -> float:
    """A cost above our bound."""
    return 100 * (cost_nano / 1000 - mine.bound_micro) / mine.bound_micro


def cost_nano(problem: Problem, places: Places) -> int:
    """The cost of a plan, exact."""
    exact = exact_costs(problem, places)
    return exact_sum(np.where(places.served, exact, problem.demand.value_micro * 1000))


def pop(quick: bool) -> list[Row]:
    """POP with 2 to 16 parts, two solved at a time, capacity dealt in either way."""
    jobs = 200 if quick else 600
    scenario = make_national(jobs, centres=20, days=1, seed=1).scenario
    mine = ours(scenario)
    trials: list[Trial] = []
    for way, share in WAYS.items():
        for parts in PARTS:
            began = time.perf_counter()
            with ThreadPoolExecutor(2) as pool:
                costs = list(pool.map(solve_part, deal(scenario, parts, share)))
            trials.append(Trial(f"k = {parts}, {way}", time.perf_counter() - began, sum(costs)))
    return rows_against("POP", f"POP: {jobs:,} jobs x 20 centres x 24 h", mine, trials)


def split_pools(devices: Int64Array, parts: int, random: np.random.Generator) -> Int64Array:
    """(pool, part) the devices of every pool dealt as evenly as they go."""
    share = np.repeat((devices // parts)[:, None], parts, axis=1)
    for pool, left in enumerate(devices % parts):
        share[pool, random.permutation(parts)[:left]] += 1
    return share


def whole_pools(devices: Int64Array, parts: int, random: np.random.Generator) -> Int64Array:
    """(pool, part) every pool dealt to one part."""
    share = np.zeros((len(devices), parts), np.int64)
    share[np.arange(len(devices)), random.permutation(np.arange(len(devices)) % parts)] = devices
    return share


WAYS = {"pools split": split_pools, "pools whole": whole_pools}


def deal(
    scenario: Scenario,
    parts: int,
    share: Callable[[Int64Array, int, np.random.Generator], Int64Array],
) -> list[Scenario]:
    """The parts: jobs dealt by chance, whole devices by `share`."""
    random = np.random.Generator(np.random.PCG64([parts, 5]))
    of_job = random.permutation(np.arange(scenario.jobs.height) % parts)
    devices = share(np.floor(scenario.pools["devices"].to_numpy()).astype(np.int64), parts, random)
    found: list[Scenario] = []
    for part in range(parts):
        pools = scenario.pools.with_columns(pl.Series("devices", devices[:, part].astype(np.float64)))
        pools = pools.filter(pl.col("devices") > 0)
        outages = scenario.outages.filter(pl.col("pool").is_in(pools["pool"].implode()))
        jobs = scenario.jobs.filter(pl.Series(of_job == part))
        found.append(msgspec.structs.replace(scenario, jobs=jobs, pools=pools, outages=outages))
    return found


def solve_part(part: Scenario) -> int:
    """The cost of the plan that HiGHS finds for one part, nano-yuan."""
    problem = compile_problem(part)
    choices = list_choices(problem)
    places = no_places(problem.demand.jobs)
    if len(choices.entry):
        lp = program(constraints(problem, choices), scaled_cost(problem, choices))
        lp.integrality_ = [INTEGER] * len(choices.entry)
        solver = new_solver(0, POP_LIMIT_S)
        solver.setOptionValue("mip_rel_gap", POP_GAP)
        solver.passModel(lp)
        solver.run()
        places, _ = fitting(problem, choices, np.array(solver.getSolution().col_value))
    return cost_nano(problem, places)


def scaled_cost(problem: Problem, choices: Choices) -> Float64Array:
    """Minus what each place saves against the job's value, the largest about 2**20."""
    job = problem.demand.job[choices.entry].astype(np.int64)
    saving = (problem.demand.value_micro[job] * 1000 - choices.cost_nano).astype(np.float64)
    return -saving * (2.0**20 / saving.max())


def dede(quick: bool) -> list[Row]:
    """DeDe over several ρ and numbers of iterations, building its subproblems not counted."""
    python = os.environ.get(DEDE_PYTHON, "")
    if not python or not Path(python).exists():
        print(f"  skipped: {DEDE_PYTHON} does not name a Python that has dede", file=sys.stderr)
        return []
    jobs = 60 if quick else 200
    scenario = make_national(jobs, centres=20, days=1, seed=1).scenario
    mine, problem = ours(scenario), compile_problem(scenario)
    choices = list_choices(problem)
    trials = [
        Trial(
            f"rho = {rho:g}, {count} iterations",
            seconds,
            cost_nano(problem, rounded(problem, choices, share)),
        )
        for rho, count, seconds, share in ask_dede(problem, choices, python, RHO[1:2] if quick else RHO)
    ]
    return rows_against("DeDe 0.1.6", f"DeDe: {jobs:,} jobs x 20 centres x 24 h", mine, trials)


def ask_dede(
    problem: Problem, choices: Choices, python: str, rhos: tuple[float, ...]
) -> list[tuple[float, int, float, Float64Array]]:
    """(ρ, iterations, seconds, share of each place) from DeDe's own environment."""
    demand, supply = problem.demand, problem.supply
    driver = Path(__file__).with_name("peer_dede.py")
    with tempfile.TemporaryDirectory() as folder:
        asked, answered = Path(folder) / "asked.npz", Path(folder) / "answered.npz"
        np.savez(
            asked, job=demand.job[choices.entry], column=choices.column, start=choices.start,
            slots=demand.slots[choices.entry], milli=demand.milli[choices.entry],
            cost=scaled_cost(problem, choices), capacity=supply.capacity_milli, rho=np.array(rhos),
            iterations=np.array(ITERATIONS),
        )  # fmt: skip
        subprocess.run(
            [python, driver, asked, answered], check=True, timeout=DEDE_LIMIT_S,
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={"PATH": os.environ.get("PATH", ""), "RAY_USAGE_STATS_ENABLED": "0"},
        )  # fmt: skip
        with np.load(answered) as found:
            settings, share = found["settings"], found["share"]
    return [(float(s[0]), int(s[1]), float(s[2]), x) for s, x in zip(settings, share, strict=True)]


def rounded(problem: Problem, choices: Choices, share: Float64Array) -> Places:
    """Places by falling share, then the cheapest that are free for the jobs left."""
    free_milli: Int64Array = problem.supply.capacity_milli.copy()
    places = no_places(problem.demand.jobs)
    likely = np.flatnonzero(share > 1e-3)
    by_share = likely[np.argsort(-share[likely], kind="stable")]
    by_cost = np.argsort(choices.cost_nano, kind="stable")
    for i in np.concatenate([by_share, by_cost]).tolist():
        entry, column, start = int(choices.entry[i]), int(choices.column[i]), int(choices.start[i])
        job, milli = int(problem.demand.job[entry]), int(problem.demand.milli[entry])
        window = free_milli[start : start + int(problem.demand.slots[entry]), column]
        if places.entry[job] < 0 and window.min() >= milli:
            window -= milli
            places.entry[job], places.column[job], places.start[job] = entry, column, start
    return places
