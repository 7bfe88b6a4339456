"""Clearing, whole: a scenario in, an outcome out."""

from concurrent.futures import ThreadPoolExecutor

import msgspec
import numpy as np

from suanwang.clearing.bound import Bound
from suanwang.clearing.by_prices import Settings, clear_by_prices, make_ready
from suanwang.clearing.compile import compile_problem
from suanwang.clearing.costs import worth_having
from suanwang.clearing.last import LastClearing
from suanwang.clearing.places import Places, add_load
from suanwang.clearing.problem import Problem
from suanwang.clearing.refusal import reasons_of
from suanwang.clearing.verify import verify
from suanwang.clearing.watch import Watch
from suanwang.model.result import Method, Outcome
from suanwang.model.scenario import Scenario
from suanwang.units.rounding import Int64Array, exact_sum, exact_sum_of_products
from suanwang.units.text import Text

GREEN_NOTE = Text(
    "Green supply is in the scenario but not used by clearing yet: energy is priced at the grid's signals.",
    "场景含绿电供应，但出清尚未使用：电费按电网信号计价。",
)
SEVERED_NOTE = Text(
    "First come, first served has no prices: its bound is every job at its best in an empty network.",
    "先到先得法没有价格：其下界为每个作业在空网络中的最低费用。",
)


class Solved(msgspec.Struct, frozen=True):
    """What a method found: places, prices (slot, column), and the bounds at those prices and at zero."""

    places: Places
    price_micro: Int64Array
    bound: Bound
    free_bound: Bound
    notes: tuple[Text, ...] = ()
    held_to_gap: float | None = None


def solve(
    problem: Problem, method: Method, settings: Settings, time_limit_s: float | None, watch: Watch,
    last: LastClearing | None,
) -> Solved:  # fmt: skip
    """Run one method."""
    nothing = np.zeros(problem.supply.capacity_milli.shape, np.int64)
    if method == "prices":
        found = clear_by_prices(problem, settings, watch, last)
        held_to_gap = None if found.afresh or last is None else last.gap
        return Solved(found.places, found.price_micro, found.bound, found.free_bound, held_to_gap=held_to_gap)
    # Loaded here, so that the method `prices` does not pay for the others.
    from suanwang.clearing.fcfs import place_first_come

    if method == "fcfs":
        watch.phase("place")
        places = place_first_come(problem)
        watch.phase("bound")
        (free,) = bounds_at(problem, settings.threads, nothing)
        return Solved(places, nothing, free, free, (SEVERED_NOTE,))
    from suanwang.clearing.exact import solve_exact

    watch.phase("solve")
    exact = solve_exact(problem, time_limit_s, settings.seed, start=place_first_come(problem))
    watch.phase("bound")
    free, bound = bounds_at(problem, settings.threads, nothing, exact.price_micro)
    if free.nano > bound.nano:
        return Solved(exact.places, nothing, free, free, exact.notes)
    return Solved(exact.places, exact.price_micro, bound, free, exact.notes)


def bounds_at(problem: Problem, threads: int, *price_micro: Int64Array) -> list[Bound]:
    """The bounds at several prices."""
    with ThreadPoolExecutor(threads) as pool:
        certifier = make_ready(problem, threads, pool).certifier
        return [certifier.bound(prices) for prices in price_micro]


def clear(
    scenario: Scenario,
    method: Method = "prices",
    settings: Settings | None = None,
    time_limit_s: float | None = None,
    watch: Watch | None = None,
    last: LastClearing | None = None,
) -> Outcome:
    """Clear a scenario. The plan is feasible, checked by `verify` before it is returned.

    `last`: an earlier clearing that the method `prices` goes on from; the other methods take no notice of it.
    Raises InvalidInput where the method cannot take the scenario, InvariantBroken where the check fails.
    """
    watch = watch or Watch()
    watch.phase("compile")
    outcome = find_outcome(compile_problem(scenario), method, settings, time_limit_s, watch, last)
    verify(scenario, outcome)
    watch.phase("")
    return msgspec.structs.replace(outcome, seconds=watch.seconds)


def find_outcome(
    problem: Problem,
    method: Method = "prices",
    settings: Settings | None = None,
    time_limit_s: float | None = None,
    watch: Watch | None = None,
    last: LastClearing | None = None,
) -> Outcome:
    """What the method finds, not yet checked: nobody is to see it before `verify` has let it pass."""
    settings, watch = settings or Settings(), watch or Watch()
    solved = solve(problem, method, settings, time_limit_s, watch, last)
    watch.phase("check")
    return outcome_of(problem, method, settings.seed, solved)


def outcome_of(problem: Problem, method: Method, seed: int, solved: Solved) -> Outcome:
    """The plan as columns in the order of the scenario's jobs and pools."""
    supply, demand = problem.supply, problem.demand
    places, costs = worth_having(problem, solved.places)
    with ThreadPoolExecutor(1) as beside:
        finding = beside.submit(reasons_of, problem, places, solved.free_bound.job_nano)
        unsold_micro = unsold_nano(problem, places, solved.price_micro) // 1000
        reason = finding.result().astype(np.int8)
    served = places.served
    entry = np.maximum(places.entry, 0)
    end = places.start + demand.slots[entry] if demand.entries else places.start
    total = np.where(served, costs.total_micro, demand.value_micro)
    price_micro = np.zeros_like(solved.price_micro.T)
    price_micro[supply.column_pool] = solved.price_micro.T
    fractional = int(demand.fractional.sum())
    bound_micro = solved.bound.published_micro(fractional)
    return Outcome(
        method=method,
        seed=seed,
        option=np.where(served, demand.option[entry] if demand.entries else -1, -1).astype(np.int32),
        pool=np.where(served, supply.column_pool[np.maximum(places.column, 0)], -1).astype(np.int32),
        start_slot=np.where(served, places.start, -1).astype(np.int32),
        end_slot=np.where(served, end, -1).astype(np.int32),
        compute_micro=costs.compute_micro,
        energy_micro=costs.energy_micro,
        carbon_micro=costs.carbon_micro,
        data_micro=costs.data_micro,
        total_micro=total,
        reason=reason,
        price_micro=price_micro,
        bound_micro=bound_micro,
        bound_uncapacitated_micro=solved.free_bound.published_micro(fractional),
        price_loss_micro=unsold_micro,
        place_loss_micro=exact_sum(total) - bound_micro - unsold_micro,
        seconds={},
        notes=((GREEN_NOTE,) if problem.scenario.green.height else ()) + solved.notes,
        held_to_gap=solved.held_to_gap,
    )


def unsold_nano(problem: Problem, places: Places, price_micro: Int64Array) -> int:
    """Σ λ · (capacity left free), nano-yuan: the share of the gap that the prices are at fault for.

    The rest of cost − bound is Σ over jobs of (the reduced cost of the place taken − the job's least).
    """
    supply, demand = problem.supply, problem.demand
    change_milli = np.zeros((supply.slots + 1, supply.columns), np.int64)
    add_load(places.entry, places.column, places.start, demand.milli, demand.slots, change_milli)
    free = supply.capacity_milli - np.cumsum(change_milli[:-1], axis=0)
    return exact_sum_of_products(price_micro, free)
