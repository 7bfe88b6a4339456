"""The exact integer program, solved by HiGHS: the reference for small cases.

    minimise    Σ cost[j,o,r,s]·x[j,o,r,s] + Σ v[j]·(1 − Σ x[j,·,·,·])
    subject to  Σ_{o,r,s} x[j,o,r,s] ≤ 1                                  every job
                Σ_{j,o, s ≤ t < s+d[j,o]} q[j,o]·x[j,o,r,s] ≤ cap[r,t]    every pool and slot

Places that cost their job's value or more are left out: no plan gains by them, nor does its linear
relaxation. The duals of the relaxation, rounded to integers ≥ 0, are published as prices; `bound` certifies
the bound they give in integers, so no tolerance of the solver enters it. One thread and a fixed seed: the
same plan on every run, unless the time limit cuts it short.
"""

from typing import Any

import highspy
import msgspec
import numpy as np

from suanwang.clearing.choices import Choices, Matrix, constraints, count_at_most, list_choices
from suanwang.clearing.places import Places, no_places
from suanwang.clearing.problem import BoolArray, Problem
from suanwang.clearing.response import Float64Array
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.rounding import Int64Array, exact_sum
from suanwang.units.text import Text

PLACES_MOST = 3_000_000
HELD_MOST = 60_000_000
"""Nonzero coefficients, at a few dozen bytes each inside the solver."""
SAVING_TOP = 2.0**20
"""The largest saving is scaled to just below this: the solver's tolerances are absolute, about 1e-7."""
PRICE_MOST = 2**40
"""No price of the relaxation comes near; it keeps sums of prices within 53 bits."""


class Exact(msgspec.Struct, frozen=True):
    """What the solver found.

    `price_micro`: (slot, column) duals of the relaxation, whole micro-yuan ≥ 0. `relaxed`: whether the
    relaxation was solved to its end; `relaxation_micro` is its value then, as the solver's floats have it.
    `proven`: whether the plan is optimal within the solver's tolerances; else `gap` is the incumbent's own,
    (cost − best bound of the search) / cost, None where that is unknown. `reproducible`:
    no time limit was hit.
    """

    places: Places
    price_micro: Int64Array
    relaxed: bool
    relaxation_micro: int | None
    proven: bool
    gap: float | None
    reproducible: bool
    variables: int
    constraints: int
    search_nodes: int
    notes: tuple[Text, ...]


def refuse_if_large(problem: Problem) -> None:
    """Raises InvalidInput where the program would not fit."""
    places, held = count_at_most(problem)
    if places > PLACES_MOST or held > HELD_MOST:
        raise InvalidInput(
            [
                Fault(
                    where="--method exact",
                    what=Text("the integer program is too large", "整数规划规模过大"),
                    found=f"{places:,} variables, {held:,} coefficients",
                    expected=Text(
                        f"at most {PLACES_MOST:,} variables and {HELD_MOST:,} coefficients",
                        f"变量不超过 {PLACES_MOST:,} 个，系数不超过 {HELD_MOST:,} 个",
                    ),
                    remedy=Text(
                        "use --method prices, which certifies its own bound",
                        "改用 --method prices，其自带可证明的下界",
                    ),
                    kind="too_large",
                )
            ]
        )


def new_solver(seed: int, time_limit_s: float | None) -> highspy.Highs:
    """A silent solver of one thread."""
    solver = highspy.Highs()
    options: dict[str, Any] = {
        "output_flag": False,
        "threads": 1,
        "parallel": "off",
        "random_seed": seed % 2**31,
        "mip_rel_gap": 0.0,
        "mip_abs_gap": 0.0,
    }
    if time_limit_s is not None:
        options["time_limit"] = max(time_limit_s, 0.01)
    for name, value in options.items():
        solver.setOptionValue(name, value)
    return solver


def program(matrix: Matrix, cost: Float64Array) -> highspy.HighsLp:
    """The relaxation as the solver takes it; no upper bound on x, which the rows of the jobs imply."""
    lp = highspy.HighsLp()
    places, rows = len(cost), len(matrix.most)
    lp.num_col_, lp.num_row_ = places, rows
    lp.col_cost_ = cost
    lp.col_lower_, lp.col_upper_ = np.zeros(places), np.full(places, highspy.kHighsInf)
    lp.row_lower_, lp.row_upper_ = np.full(rows, -highspy.kHighsInf), matrix.most
    lp.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    lp.a_matrix_.start_ = matrix.first
    lp.a_matrix_.index_ = matrix.row
    lp.a_matrix_.value_ = matrix.coefficient
    return lp


def dual_prices(problem: Problem, matrix: Matrix, row_dual: Float64Array, scale: float) -> Int64Array:
    """(slot, column) duals as micro-yuan per device-slot: nano-yuan per milli-device are the same number."""
    supply = problem.supply
    dual = row_dual[problem.demand.jobs :] / (scale * matrix.step_milli)
    price = np.zeros(supply.capacity_milli.size, np.int64)
    price[matrix.cells] = np.clip(np.rint(-dual), 0, PRICE_MOST).astype(np.int64)
    return price.reshape(supply.capacity_milli.shape)


def fitting(problem: Problem, choices: Choices, value: Float64Array) -> tuple[Places, int]:
    """The places that the solver chose, taken in exact integers; and how many did not fit after all."""
    demand = problem.demand
    places = no_places(demand.jobs)
    free_milli = problem.supply.capacity_milli.copy()
    lost = 0
    chosen = np.flatnonzero(value > 0.5)
    for i in chosen[np.argsort(-value[chosen], kind="stable")].tolist():
        entry, column, start = int(choices.entry[i]), int(choices.column[i]), int(choices.start[i])
        job, milli = int(demand.job[entry]), int(demand.milli[entry])
        window = free_milli[start : start + int(demand.slots[entry]), column]
        if places.entry[job] >= 0 or window.min() < milli:
            lost += 1
            continue
        window -= milli
        places.entry[job], places.column[job], places.start[job] = entry, column, start
    return places, lost


def as_solution(choices: Choices, places: Places, job: Int64Array) -> Float64Array:
    """(place,) 1 where `places` has it: a plan to start the search from."""
    same: BoolArray = (
        (places.entry[job] == choices.entry)
        & (places.column[job] == choices.column)
        & (places.start[job] == choices.start)
    )
    return same.astype(np.float64)


def solve_exact(
    problem: Problem, time_limit_s: float | None = None, seed: int = 0, start: Places | None = None
) -> Exact:
    """The best plan and the prices of the relaxation. `start` is a plan to improve on.

    Raises InvalidInput where the program would be too large.
    """
    refuse_if_large(problem)
    demand = problem.demand
    choices = list_choices(problem)
    if not len(choices.entry):
        prices = np.zeros(problem.supply.capacity_milli.shape, np.int64)
        all_lost = exact_sum(demand.value_micro)
        return Exact(no_places(demand.jobs), prices, True, all_lost, True, 0.0, True, 0, 0, 0, ())
    matrix = constraints(problem, choices)
    job = demand.job[choices.entry].astype(np.int64)
    saving_nano = (demand.value_micro[job] * 1000 - choices.cost_nano).astype(np.float64)
    scale = SAVING_TOP / 2.0 ** np.frexp(saving_nano.max())[1]
    lp = program(matrix, -saving_nano * scale)

    relaxation = new_solver(seed, time_limit_s)
    relaxation.passModel(lp)
    relaxation.run()
    relaxed = relaxation.getModelStatus() == highspy.HighsModelStatus.kOptimal
    row_dual = np.array(relaxation.getSolution().row_dual)
    prices = dual_prices(problem, matrix, row_dual if len(row_dual) else np.zeros(len(matrix.most)), scale)
    relaxed_nano = relaxation.getInfo().objective_function_value / scale
    left_s = None if time_limit_s is None else time_limit_s - relaxation.getRunTime()

    search = new_solver(seed, left_s)
    lp.integrality_ = [highspy.HighsVarType.kInteger] * len(choices.entry)
    search.passModel(lp)
    if start is not None:
        known = highspy.HighsSolution()
        known.col_value = as_solution(choices, start, job).tolist()
        search.setSolution(known)
    search.run()
    status, info = search.getModelStatus(), search.getInfo()
    value = np.array(search.getSolution().col_value)
    places, lost = fitting(problem, choices, value if len(value) else np.zeros(len(choices.entry)))
    proven = status == highspy.HighsModelStatus.kOptimal and lost == 0
    reproducible = relaxed and status != highspy.HighsModelStatus.kTimeLimit
    lost_micro = exact_sum(demand.value_micro)
    gap = 0.0
    if not proven:
        best_nano = max(info.mip_dual_bound / scale, relaxed_nano if relaxed else -np.inf)
        gap = own_gap(problem, choices, places, best_nano)
    return Exact(
        places=places,
        price_micro=prices,
        relaxed=relaxed,
        relaxation_micro=lost_micro + round(relaxed_nano / 1000) if relaxed else None,
        proven=proven,
        gap=gap,
        reproducible=reproducible,
        variables=len(choices.entry),
        constraints=len(matrix.most),
        search_nodes=int(info.mip_node_count),
        notes=() if reproducible else (cut_short(time_limit_s, gap),),
    )


def own_gap(problem: Problem, choices: Choices, places: Places, bound_nano: float) -> float | None:
    """(cost − bound of the search) / cost; `bound_nano` is on minus the saving."""
    demand = problem.demand
    job = demand.job[choices.entry].astype(np.int64)
    taken = as_solution(choices, places, job) > 0
    all_lost_nano = exact_sum(demand.value_micro) * 1000
    saved_nano = exact_sum((demand.value_micro[job] * 1000 - choices.cost_nano)[taken])
    cost_nano = all_lost_nano - saved_nano
    if not np.isfinite(bound_nano) or cost_nano <= 0:
        return None
    return max(0.0, (-bound_nano - saved_nano) / cost_nano)


def cut_short(time_limit_s: float | None, gap: float | None) -> Text:
    """The note of a search that the clock ended."""
    dearer = (
        ("by an unknown share", "幅度未知") if gap is None else (f"by at most {gap:.3%}", f"至多 {gap:.3%}")
    )
    return Text(
        f"The time limit of {time_limit_s or 0:g} s ended the search: the plan may be dearer than the best "
        f"{dearer[0]}, and another run may give another plan.",
        f"搜索因 {time_limit_s or 0:g} 秒的时限而中止：计划可能高于最优（{dearer[1]}），"
        "再次运行可能得到不同的计划。",
    )
