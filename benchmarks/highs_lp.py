"""The certified bound against HiGHS's solution of the same linear program, same exclusions.

Both start from the compiled problem. HiGHS gets the program as a sparse matrix, one thread, its default
choice of method; building the matrix is not counted. The better of its simplex and its interior point method
is the baseline where both end.
"""

import math
import time
from concurrent.futures import ThreadPoolExecutor

import highspy
import numpy as np
from benchmarks.row import Row

from suanwang.clearing.by_prices import Settings, clear_by_prices
from suanwang.clearing.choices import constraints, list_choices
from suanwang.clearing.compile import compile_problem
from suanwang.clearing.exact import new_solver, program
from suanwang.clearing.prices import STEPS
from suanwang.clearing.problem import Problem
from suanwang.clearing.watch import Watch
from suanwang.feeds.national import make_national
from suanwang.units.rounding import exact_sum

METHODS = ("simplex", "ipm")
STEPS_TRIED = (50, 100, 200, STEPS)
MARGIN_PERCENT = 0.5
TIME_LIMIT_S = 240.0


def run(quick: bool) -> list[Row]:
    """Three thousand jobs."""
    return compare(500, 20) if quick else compare(3_000, 20)


def run_long(quick: bool) -> list[Row]:
    """Five thousand jobs, with as long as HiGHS wants."""
    return compare(1_000, 20) if quick else compare(5_000, 20, limit_s=3600)


def compare(jobs: int, centres: int, days: int = 3, limit_s: float = TIME_LIMIT_S) -> list[Row]:
    """Time and value of the bound: by the fewest steps that come within the margin, and by the usual ones."""
    problem = compile_problem(make_national(jobs, centres=centres, days=days, seed=1).scenario)
    tries = [(steps, *ours(problem, steps)) for steps in STEPS_TRIED]
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(relaxation, problem, method, limit_s) for method in METHODS]
        theirs = [one.result() for one in asked]
    ended = [one for one in theirs if one[1] is not None]
    their_s = min((one[0] for one in ended), default=limit_s)
    value = ended[0][1] if ended else None
    name = f"bound at {jobs:,} jobs x {centres} centres x {24 * days} h"
    told = "; ".join(
        f"{method} {one[0]:.1f} s" + ("" if one[1] is not None else " without ending")
        for method, one in zip(METHODS, theirs, strict=True)
    )
    close = [one for one in tries if value is not None and below(value, one[2]) <= MARGIN_PERCENT]
    rows: list[Row] = []
    for steps, seconds, bound_micro in dict.fromkeys([*close[:1], tries[-1]]):
        note = (
            f"{told}; must and aim are a 100th and a 1000th; steps tried: {', '.join(map(str, STEPS_TRIED))}"
        )
        rows.append(
            Row(f"{name}, {steps} steps: time", seconds, "s", their_s / 100, their_s / 1000,
                "HiGHS's LP, the faster method", their_s, lower_is_better=True, note=note if not rows else "")
        )  # fmt: skip
        if value is not None:
            rows.append(
                Row(f"{name}, {steps} steps: below the LP's value", below(value, bound_micro), "%",
                    MARGIN_PERCENT, None, "", math.nan, lower_is_better=True)
            )  # fmt: skip
    return rows


def below(value_micro: float, bound_micro: int) -> float:
    """How far the bound lies below the value, per cent."""
    return 100 * (value_micro - bound_micro) / value_micro


def ours(problem: Problem, steps: int) -> tuple[float, int]:
    """Seconds of prices and bound, the best of three, and the bound in micro-yuan."""
    best, bound = math.inf, 0
    for _ in range(3):
        watch = Watch(time.perf_counter)
        found = clear_by_prices(problem, Settings(steps=steps, rounds=1), watch)
        watch.phase("")
        best = min(best, watch.seconds["prices"] + watch.seconds["bound"])
        bound = found.bound.nano // 1000
    return best, bound


def relaxation(problem: Problem, method: str, limit_s: float) -> tuple[float, float | None]:
    """Seconds, and the value in micro-yuan; None where the time limit came first."""
    choices = list_choices(problem)
    matrix = constraints(problem, choices)
    job = problem.demand.job[choices.entry].astype(np.int64)
    saving_micro = problem.demand.value_micro[job] - choices.cost_nano / 1000
    scale = 2.0**20 / float(saving_micro.max())
    solver = new_solver(0, limit_s)
    solver.setOptionValue("solver", method)
    solver.passModel(program(matrix, -saving_micro * scale))
    began = time.perf_counter()
    solver.run()
    seconds = time.perf_counter() - began
    if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
        return seconds, None
    saved = solver.getInfo().objective_function_value / scale
    return seconds, exact_sum(problem.demand.value_micro) + saved
