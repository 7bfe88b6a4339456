"""Quotes against brute force: every place of every job, under prices of every kind, with and without room."""

from collections.abc import Iterator

import numpy as np
import polars as pl
import pytest
from tests.clearing_cases import every_place, half_even, random_scenario

from suanwang.clearing.compile import compile_problem
from suanwang.clearing.fcfs import place_first_come
from suanwang.clearing.problem import Problem
from suanwang.clearing.quote import Offer, QuoteDesk, Request
from suanwang.clearing.refusal import reasons_of
from suanwang.energy.unit_parts import unit_parts
from suanwang.model.options import OptionBook, alternatives_of
from suanwang.model.result import REASONS
from suanwang.model.scenario import Scenario
from suanwang.units.errors import InvalidInput
from suanwang.units.rounding import Int64Array

Choice = tuple[int, int, int, int]
"""Reduced cost in nano-yuan, pool, start, option: the order in which ties are settled."""


def request_of(scenario: Scenario, job: int) -> Request:
    """The job as a request."""
    row = scenario.jobs.row(job, named=True)
    fields = {name: row[name] for name in Request.__struct_fields__}
    return Request(**fields)


def prices_of(problem: Problem, seed: int) -> Int64Array:
    """(pool, slot) none, few or many above zero."""
    random = np.random.Generator(np.random.PCG64([seed, 81]))
    shape = problem.supply.capacity_milli.T.shape
    price = np.rint(np.exp(random.normal(13, 2.5, shape))).astype(np.int64)
    return price * (random.random(shape) < random.choice([0.0, 0.2, 1.0]))


def room_of(problem: Problem, seed: int) -> Int64Array:
    """(pool, slot) what a half-filled network leaves free."""
    random = np.random.Generator(np.random.PCG64([seed, 82]))
    capacity = np.empty(problem.supply.capacity_milli.T.shape, np.int64)
    capacity[problem.supply.column_pool] = problem.supply.capacity_milli.T
    return (capacity * random.choice([0.0, 0.25, 0.5, 1.0], capacity.shape)).astype(np.int64)


def brute_force(
    problem: Problem, job: int, price_micro: Int64Array, free_milli: Int64Array | None
) -> list[Choice]:
    """The best choice of each centre, best first."""
    demand, supply = problem.demand, problem.supply
    centre_of = {int(p): int(c) for p, c in zip(supply.column_pool, supply.column_centre, strict=True)}
    best: dict[int, Choice] = {}
    for cost, pool, start, option, entry, _ in every_place(problem, job):
        milli, end = int(demand.milli[entry]), start + int(demand.slots[entry])
        if free_milli is not None and free_milli[pool, start:end].min() < milli:
            continue
        choice = (cost + milli * int(price_micro[pool, start:end].sum()), pool, start, option)
        best[centre_of[pool]] = min(best.get(centre_of[pool], choice), choice)
    return sorted(best.values())


def as_choice(scenario: Scenario, offer: Offer) -> Choice:
    """An offer as brute force has it."""
    pool = scenario.pools["pool"].to_list().index(offer.pool)
    return (offer.reduced_nano, pool, offer.place.start_slot, offer.option)


def cases(seeds: range) -> Iterator[tuple[int, Scenario, Problem]]:
    """Random networks that have a place at all."""
    for seed in seeds:
        scenario = random_scenario(seed)
        yield seed, scenario, compile_problem(scenario)


@pytest.mark.parametrize("block", range(6))
@pytest.mark.parametrize("full", [False, True])
def test_offers_are_the_best_of_every_centre(block: int, full: bool) -> None:
    for seed, scenario, problem in cases(range(block * 25, block * 25 + 25)):
        price, free = prices_of(problem, seed), room_of(problem, seed) if full else None
        desk = QuoteDesk(scenario, price, free)
        for job in range(scenario.jobs.height):
            request = request_of(scenario, job)
            assert request.value_micro is not None
            expected = brute_force(problem, job, price, free)
            quote = desk.quote(request, offers=3)
            assert [as_choice(scenario, offer) for offer in quote.offers] == expected[:3], (seed, job)
            assert quote.served == (bool(expected) and expected[0][0] < request.value_micro * 1000)
            assert (quote.reason == "") == quote.served


def test_parts_are_those_of_a_plan() -> None:
    for seed, scenario, problem in cases(range(200, 230)):
        price, parts = prices_of(problem, seed), unit_parts(scenario)
        desk, book = QuoteDesk(scenario, price), scenario.options
        for job in range(scenario.jobs.height):
            for offer in desk.quote(request_of(scenario, job)).offers:
                place = offer.place
                pool = scenario.pools["pool"].to_list().index(offer.pool)
                at = int(book.first[book.text_of_job[job]]) + offer.option
                milli = int(book.units_milli[at] * book.nodes[at])
                held = slice(place.start_slot, place.end_slot)
                compute = milli * int(parts.compute[pool]) * (place.end_slot - place.start_slot)
                energy = milli * int(parts.energy[pool, held].sum())
                carbon = milli * int(parts.carbon[pool, held].sum())
                scarcity = milli * int(price[pool, held].sum())
                assert place.compute_micro == half_even(compute, 1000)
                assert place.energy_micro == half_even(energy, 1000)
                assert place.carbon_micro == half_even(carbon, 1000)
                assert place.scarcity_micro == scarcity // 1000
                whole = compute + energy + carbon + scarcity + 1000 * place.data_micro
                assert offer.reduced_nano == whole
                assert offer.centre == scenario.pools["centre"][pool]


def test_reasons_in_the_empty_network_are_those_of_clearing() -> None:
    seen: set[str] = set()
    for seed, scenario, problem in cases(range(300, 380)):
        nothing = np.zeros_like(prices_of(problem, seed))
        desk = QuoteDesk(scenario, nothing)
        places = place_first_come(problem)
        places.entry[:], places.column[:], places.start[:] = -1, -1, -1
        least = np.array([
            min([place[0] for place in every_place(problem, job)] + [int(value) * 1000])
            for job, value in enumerate(scenario.jobs["value_micro"])
        ])  # fmt: skip
        reasons = reasons_of(problem, places, least)
        for job in range(scenario.jobs.height):
            quote = desk.quote(request_of(scenario, job))
            if not quote.served:
                assert quote.reason == REASONS[reasons[job]], (seed, job)
                seen.add(quote.reason)
    assert {"class", "size", "grade", "residency", "latency", "value"} <= seen


def test_a_full_network_and_a_dear_one() -> None:
    for seed, scenario, problem in cases(range(5)):
        price = prices_of(problem, seed)
        none_free = QuoteDesk(scenario, price, np.zeros_like(price))
        dear = QuoteDesk(scenario, price + 10**12)
        for job in range(scenario.jobs.height):
            places = every_place(problem, job)
            if places:
                cheap = min(places)[0] < int(scenario.jobs["value_micro"][job]) * 1000
                request = request_of(scenario, job)
                assert none_free.quote(request).reason == dear.quote(request).reason
                assert none_free.quote(request).reason == ("full" if cheap else "value")
                assert not none_free.quote(request).offers
                assert dear.quote(request).offers


def test_room_is_read_when_asked() -> None:
    scenario = random_scenario(1)
    problem = compile_problem(scenario)
    free = room_of(problem, 1) + 10**9
    desk = QuoteDesk(scenario, np.zeros_like(free), free)
    able = [job for job in range(scenario.jobs.height) if every_place(problem, job)]
    request = request_of(scenario, able[0])
    assert desk.quote(request).offers
    free[:] = 0
    assert not desk.quote(request).offers


def test_all_that_is_wrong_is_told_at_once() -> None:
    scenario = random_scenario(1)
    desk = QuoteDesk(scenario, np.zeros((scenario.pools.height, scenario.header.slots), np.int64))
    with pytest.raises(InvalidInput) as caught:
        desk.quote(Request(options="A100", release_slot=3, deadline_slot=3, region="310000",
                           gb_in=float("nan"), gb_out=-1.0, value_micro=-1))  # fmt: skip
    assert len(caught.value.faults) == 5
    with pytest.raises(InvalidInput, match="unknown region"):
        desk.quote(Request(options="A100:1:1", release_slot=0, deadline_slot=1, region="99"))
    with pytest.raises(ValueError, match="shape"):
        QuoteDesk(scenario, np.zeros((1, 1), np.int64))


def test_one_text_is_read_as_a_column_of_them() -> None:
    texts = [
        "A100:8:6;910B:8x4:8", "A100:0.5:2", " A100:1:1 ; cpu:2:3", "A100:1.2345:1", "A100:0:1", "A100:1x0:1",
        "", ";", "A100", "A100:1:1;", "A100:1:0", "a b:1:1", "A100:0.001x999999:9", "A100:-1:1", "A100:1:1\n",
    ]  # fmt: skip
    book = OptionBook.parse(pl.Series(texts))
    for index, text in enumerate(texts):
        at = int(book.text_of_job[index])
        lines = range(int(book.first[at]), int(book.first[at + 1]))
        column = [(book.device[i], book.units_milli[i], book.nodes[i], book.slots[i]) for i in lines]
        alone = [(one.device, one.units_milli, one.nodes, one.slots) for one in alternatives_of(text)]
        assert alone == column, text
