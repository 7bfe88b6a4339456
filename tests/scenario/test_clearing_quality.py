"""The method `prices` against the exact program on small hard cases: never better, and close.

The cases are the random networks of `tests.clearing_cases`: fractions, options, gangs, limited links,
outages, negative prices, equal costs, values at the cost, loads from idle to several times what there is.
"""

import numpy as np
import pytest
from tests.clearing_cases import random_scenario, with_figures

from suanwang.clearing import placement, placer
from suanwang.clearing.by_prices import Settings
from suanwang.clearing.clear import clear
from suanwang.clearing.compile import compile_problem
from suanwang.clearing.exact import solve_exact
from suanwang.clearing.recompute import recompute_bound
from suanwang.feeds.hard import make_hard
from suanwang.feeds.national import make_national
from suanwang.units.rounding import exact_sum


class Tally:
    """Losses against the optimum and against the relaxation, as shares."""

    def __init__(self) -> None:
        self.dearer: list[float] = []
        self.looser: list[float] = []

    def add(self, seed: int, jobs: int | None) -> None:
        """Clear one case by every method; assert what holds case by case."""
        scenario = random_scenario(seed, jobs=jobs)
        prices, exact, first = (clear(scenario, method) for method in ("prices", "exact", "fcfs"))
        relaxed = solve_exact(compile_problem(scenario)).relaxation_micro
        assert relaxed is not None
        cost, best, plain = (exact_sum(outcome.total_micro) for outcome in (prices, exact, first))
        # written parts of a job with part of a device are rounded, by up to 1.5 micro-yuan
        slack = 3 * scenario.jobs.height + 1e-7 * abs(best)
        assert best <= cost + slack, seed
        assert best <= plain + slack, seed
        for outcome in (prices, exact, first):
            assert outcome.bound_micro == recompute_bound(scenario, outcome.price_micro), (
                seed,
                outcome.method,
            )
            assert outcome.bound_micro <= relaxed + slack, (seed, outcome.method)
            assert outcome.price_loss_micro + outcome.place_loss_micro == (
                exact_sum(outcome.total_micro) - outcome.bound_micro
            )
        if best > 0 and relaxed > 0:
            self.dearer.append((cost - best) / best)
            self.looser.append((relaxed - prices.bound_micro) / relaxed)

    def tell(self) -> str:
        """The figures in words."""
        dearer, looser = np.array(self.dearer), np.array(self.looser)
        parts = [
            f"{len(dearer)} cases",
            f"dearer than the optimum: mean {dearer.mean():.3%}, most {dearer.max():.3%}",
            f"equal in {(dearer < 1e-6).mean():.0%}",
            f"bound below the relaxation: mean {looser.mean():.3%}",
            f"90 % within {np.quantile(looser, 0.9):.3%}, most {looser.max():.3%}",
        ]
        return "; ".join(parts)


def tally(first: int, count: int, jobs: int | None) -> Tally:
    """The cases of consecutive seeds."""
    counted = Tally()
    for seed in range(first, first + count):
        counted.add(seed, jobs)
    print(counted.tell())
    return counted


@pytest.mark.parametrize(
    "figures",
    [
        {"pools": {"price_micro_per_device_hour": 0, "power_w_per_device": 0.0}},
        {"pools": {"price_micro_per_device_hour": 1000}, "signals": {"price_micro_per_kwh": -5e6}},
    ],
    ids=["free devices", "electricity paid for"],
)
def test_prices_rise_from_nothing(figures: dict[str, dict[str, object]]) -> None:
    looser: list[float] = []
    for seed in range(2000, 2030):
        scenario = with_figures(random_scenario(seed), figures)
        relaxed = solve_exact(compile_problem(scenario)).relaxation_micro
        assert relaxed is not None
        # a share of the relaxation, or of what is at stake where that is about nothing
        size = max(abs(relaxed), 0.01 * int(scenario.jobs["value_micro"].sum()))
        looser.append((relaxed - clear(scenario).bound_micro) / size)
    print(f"bound below the relaxation: mean {np.mean(looser):.3%}, most {max(looser):.3%}")
    assert np.mean(looser) <= 0.005


def test_close_to_the_optimum_on_small_cases() -> None:
    for first, count, jobs in ((0, 16, None), (1000, 6, 40)):
        counted = tally(first, count, jobs)
        assert np.mean(counted.dearer) <= 0.02, counted.tell()
        assert np.mean(counted.looser) <= 0.005, counted.tell()


def test_vast_problems_are_placed_in_fewer_steps_and_the_same_for_every_thread(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    scenario = make_national(jobs=4_000, centres=20, load=0.8, seed=3).scenario
    whole = clear(scenario, settings=Settings(rounds=1))
    monkeypatch.setattr(placer, "VAST_WORK", 0)
    fewer = [clear(scenario, settings=Settings(rounds=1, threads=threads)) for threads in (1, 2)]
    assert (fewer[0].pool == fewer[1].pool).all()
    assert (fewer[0].start_slot == fewer[1].start_slot).all()
    assert fewer[0].bound_micro == whole.bound_micro
    assert not (fewer[0].start_slot == whole.start_slot).all()
    # exchanges, left out there, are worth 2.2 % on so few jobs
    assert exact_sum(fewer[0].total_micro) <= 1.03 * exact_sum(whole.total_micro)


def test_exchanges_end_by_their_work_and_the_same_for_every_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = make_hard(jobs=2_000, centres=20, seed=3).scenario
    costs: list[int] = []
    for most in (0, 2**8, placement.PASSED_MOST, 2**62):
        monkeypatch.setattr(placement, "PASSED_MOST", most)
        plans = [clear(scenario, settings=Settings(rounds=1, threads=threads)) for threads in (1, 2)]
        assert (plans[0].pool == plans[1].pool).all()
        assert (plans[0].start_slot == plans[1].start_slot).all()
        costs.append(exact_sum(plans[0].total_micro))
    # none, some, and all of them: networks of this size never meet the limit
    assert costs[0] > costs[1] > costs[2] == costs[3]


@pytest.mark.soak
@pytest.mark.parametrize(("first", "count", "jobs"), [(0, 300, None), (1000, 150, 40), (2000, 50, 80)])
def test_close_to_the_optimum_on_hundreds_of_cases(first: int, count: int, jobs: int | None) -> None:
    counted = tally(first, count, jobs)
    assert np.mean(counted.dearer) <= 0.02, counted.tell()
    assert np.mean(counted.looser) <= 0.005, counted.tell()
