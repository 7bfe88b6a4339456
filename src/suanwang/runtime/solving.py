"""From a clearing request to the plan that answers it: priority classes one after the other.

The highest class clears first; what it takes is taken off for the next. Each class has its own bound; the
published price of a pool and slot is the highest of any class.
"""

from collections.abc import Iterator

import msgspec
import numpy as np

from suanwang.clearing.by_prices import ROUNDS_WORK, Settings
from suanwang.clearing.clear import clear
from suanwang.engine.clearing_request import ClearingRequest, without
from suanwang.engine.inputs import PlanLine, PoolPrices, TakePlan
from suanwang.model.result import Outcome
from suanwang.model.scenario import Scenario
from suanwang.units.rounding import Int64Array, exact_sum

LIVE_ROUNDS = 3
"""Rounds of placing where the settings name none: the network clears again with the next slot."""


def plan_of(request: ClearingRequest, settings: Settings, id: str) -> TakePlan:
    """Clears the request. The same request and settings give the same plan."""
    most = ROUNDS_WORK // max([1, *(table.height for table in request.classes)])
    rounds = settings.rounds or max(1, min(LIVE_ROUNDS, most))
    settings = msgspec.structs.replace(settings, rounds=rounds)
    network, pools = request.network, request.network.pools["pool"].to_list()
    price_micro = np.zeros((len(pools), network.header.slots), np.int64)
    lines: list[PlanLine] = []
    cost_micro = bound_micro = jobs = 0
    for table in request.classes:
        scenario = msgspec.structs.replace(network, jobs=table)
        outcome = clear(scenario, "prices", settings)
        lines += lines_of(scenario, outcome, request.from_slot)
        price_micro = np.maximum(price_micro, outcome.price_micro)
        cost_micro += exact_sum(outcome.total_micro)
        bound_micro += outcome.bound_micro
        jobs += table.height
        network = without(network, pools, load_of(scenario, outcome))
    prices = tuple(
        PoolPrices(pool, tuple(line.tolist()))
        for pool, line in zip(pools, price_micro, strict=True)
        if line.any()
    )
    return TakePlan(id, request.serial, jobs, tuple(lines), prices, cost_micro, bound_micro)


def lines_of(scenario: Scenario, outcome: Outcome, from_slot: int) -> Iterator[PlanLine]:
    """The served jobs, earliest start first."""
    names, pools = scenario.jobs["job"].to_list(), scenario.pools["pool"].to_list()
    served = np.flatnonzero(outcome.served)
    for row in served[np.argsort(outcome.start_slot[served], kind="stable")].tolist():
        yield PlanLine(
            names[row],
            int(outcome.option[row]),
            pools[outcome.pool[row]],
            from_slot + int(outcome.start_slot[row]),
        )


def load_of(scenario: Scenario, outcome: Outcome) -> Int64Array:
    """(pool, slot) milli-devices that the plan takes."""
    book, slots = scenario.options, scenario.header.slots
    load = np.zeros((scenario.pools.height, slots + 1), np.int64)
    served = np.flatnonzero(outcome.served)
    at = book.first[book.text_of_job[served]] + outcome.option[served]
    milli = book.units_milli[at] * book.nodes[at]
    np.add.at(load, (outcome.pool[served], outcome.start_slot[served]), milli)
    np.subtract.at(load, (outcome.pool[served], outcome.end_slot[served]), milli)
    return np.cumsum(load, axis=1)[:, :slots]
