"""Hundreds of small cases against the exact program by HiGHS: random, adversarial, and small made networks.

The random networks are those of the tests: fractions of devices, options, gangs, limited links, outages,
negative prices, equal costs, values at the very cost of a place, loads from idle to several times what there
is. Written parts of a job with part of a device are rounded by up to 1.5 micro-yuan, which is allowed for.
"""

import math
from collections.abc import Iterator

import msgspec
from benchmarks.row import Row
from tests.clearing_cases import random_scenario

from suanwang.clearing.clear import clear
from suanwang.clearing.compile import compile_problem
from suanwang.clearing.exact import solve_exact
from suanwang.feeds.hard import make_hard
from suanwang.feeds.national import make_national
from suanwang.model.scenario import Scenario
from suanwang.units.rounding import exact_sum

TIME_LIMIT_S = 20.0


class Compared(msgspec.Struct, frozen=True):
    """One case: shares of the optimum or of the relaxation, and whether a certificate is broken."""

    ours: float
    plain: float
    looser: float
    better: bool
    above: bool


def cases(quick: bool) -> Iterator[Scenario]:
    """The cases, from the smallest."""
    for seed in range(3000, 3030 if quick else 3300):
        yield random_scenario(seed)
    for seed in range(4000, 4010 if quick else 4080):
        yield random_scenario(seed, jobs=40)
    for seed in range(1 if quick else 5):
        yield make_national(60, centres=20, days=1, seed=seed).scenario
        yield make_hard(60, centres=20, days=1, seed=seed).scenario


def compare(scenario: Scenario) -> Compared | None:
    """None where the exact program does not end in time, or where its optimum is not positive."""
    exact = solve_exact(compile_problem(scenario), TIME_LIMIT_S)
    if not exact.proven or exact.relaxation_micro is None:
        return None
    best_micro = exact_sum(clear(scenario, "exact", time_limit_s=TIME_LIMIT_S).total_micro)
    prices, plain = clear(scenario), clear(scenario, "fcfs")
    ours_micro, plain_micro = exact_sum(prices.total_micro), exact_sum(plain.total_micro)
    slack = 3 * scenario.jobs.height + 1e-7 * abs(best_micro)
    if best_micro <= 0 or exact.relaxation_micro <= 0:
        return None
    return Compared(
        ours=(ours_micro - best_micro) / best_micro,
        plain=(plain_micro - best_micro) / best_micro,
        looser=(exact.relaxation_micro - prices.bound_micro) / exact.relaxation_micro,
        better=ours_micro < best_micro - slack,
        above=prices.bound_micro > exact.relaxation_micro + slack,
    )


def run(quick: bool) -> list[Row]:
    """Mean excess, and the certificates."""
    found = [compare(scenario) for scenario in cases(quick)]
    pairs = [one for one in found if one is not None]
    name = f"{len(pairs)} small cases"
    dearer = sorted(one.ours for one in pairs)
    same = sum(share < 1e-6 for share in dearer) / len(pairs)
    tenth = 100 * dearer[int(0.9 * len(dearer))]
    note = f"equal in {same:.0%}, 90 % within {tenth:.2f} %, most {100 * dearer[-1]:.2f} %"
    left_out = (
        f"{len(found) - len(pairs)} left out: not solved in {TIME_LIMIT_S:g} s, or an optimum of 0 or less"
    )
    plain = 100 * sum(one.plain for one in pairs) / len(pairs)
    looser = 100 * sum(one.looser for one in pairs) / len(pairs)
    return [
        Row(f"{name}: mean cost above the exact optimum", 100 * sum(dearer) / len(pairs), "%", 2, None,
            "first come, first served", plain, lower_is_better=True, note=f"{note}; {left_out}"),
        Row(f"{name}: plans better than the optimum", sum(one.better for one in pairs), "", 0, None, "",
            math.nan, lower_is_better=True),
        Row(f"{name}: bounds above the LP's", sum(one.above for one in pairs), "", 0, None, "",
            math.nan, lower_is_better=True),
        Row(f"{name}: mean bound below the LP's", looser, "%", 0.5, None, "", math.nan, lower_is_better=True,
            note=f"most {100 * max(one.looser for one in pairs):.2f} %"),
    ]  # fmt: skip
