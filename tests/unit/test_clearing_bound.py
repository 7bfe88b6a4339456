"""The fast bound against the definition in exact fractions, for prices of every kind."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
from tests.clearing_cases import DEAR, METHODS, outcome_from, random_scenario, with_figures

from suanwang.clearing.by_prices import make_ready
from suanwang.clearing.clear import clear
from suanwang.clearing.compile import compile_problem
from suanwang.clearing.fcfs import place_first_come
from suanwang.clearing.problem import Problem
from suanwang.clearing.recompute import recompute_bound
from suanwang.clearing.supply import HORIZON_MICRO_MOST
from suanwang.units.errors import InvalidInput
from suanwang.units.rounding import Int64Array, exact_sum


def fast_bound(problem: Problem, price_micro: Int64Array) -> int:
    """What `Certifier` says for (slot, column) prices."""
    with ThreadPoolExecutor(2) as pool:
        bound = make_ready(problem, 2, pool).certifier.bound(price_micro)
    return bound.published_micro(int(problem.demand.fractional.sum()))


def random_prices(problem: Problem, seed: int) -> Int64Array:
    """None, a few, or many prices above zero; now and then enormous ones."""
    random = np.random.Generator(np.random.PCG64([seed, 79]))
    shape = problem.supply.capacity_milli.shape
    price = np.rint(np.exp(random.normal(13, 2.5, shape))).astype(np.int64)
    return (
        price * (random.random(shape) < random.choice([0.0, 0.1, 0.5, 1.0])) * random.choice([1, 1, 1, 1000])
    )


@pytest.mark.parametrize("block", range(4))
def test_the_bound_is_the_definition(block: int) -> None:
    for seed in range(block * 30, block * 30 + 30):
        scenario = random_scenario(seed)
        problem = compile_problem(scenario)
        price = random_prices(problem, seed)
        by_pool = np.zeros(price.T.shape, np.int64)
        by_pool[problem.supply.column_pool] = price.T
        bound = fast_bound(problem, price)
        assert bound == recompute_bound(scenario, by_pool), seed
        plan = outcome_from(problem, place_first_come(problem))
        assert bound <= exact_sum(plan.total_micro), seed


@pytest.mark.parametrize("dear", DEAR)
def test_what_64_bits_cannot_hold_is_dearer_than_any_value(dear: str) -> None:
    for seed in (1, 4, 6, 9):
        scenario = with_figures(random_scenario(seed), DEAR[dear])
        problem = compile_problem(scenario)
        nothing = np.zeros_like(problem.supply.capacity_milli)
        assert fast_bound(problem, nothing) == recompute_bound(scenario, nothing.T), seed
        for method in METHODS:
            outcome = clear(scenario, method)
            assert outcome.bound_micro == recompute_bound(scenario, outcome.price_micro), (seed, method)


def test_what_float64_cannot_sum_is_refused() -> None:
    scenario = random_scenario(1)
    # minutes of a slot · slots: so that a whole horizon is just above, and just below, what is exact
    minutes = scenario.header.slot_minutes * scenario.header.slots
    energy = {"power_w_per_device": 0.0}
    for more, refused in ((1.01, True), (0.99, False)):
        price = int(more * HORIZON_MICRO_MOST * 60 / minutes)
        dear = with_figures(scenario, {"pools": {"price_micro_per_device_hour": price, **energy}})
        if not refused:
            compile_problem(dear)
            continue
        with pytest.raises(InvalidInput) as error:
            compile_problem(dear)
        assert len(error.value.faults) == scenario.pools.height
