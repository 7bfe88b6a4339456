"""From a scenario to the problem's arrays."""

import numpy as np

from suanwang.clearing.demand import compile_carriage, compile_demand, find_places, list_columns
from suanwang.clearing.problem import Problem
from suanwang.clearing.supply import compile_supply
from suanwang.energy.unit_parts import unit_parts
from suanwang.model.scenario import Scenario


def compile_problem(scenario: Scenario) -> Problem:
    """The problem that the scenario poses."""
    supply = compile_supply(scenario, unit_parts(scenario))
    place = find_places(scenario)
    demand, rows = compile_demand(scenario, supply, place)
    return Problem(scenario, supply, compile_carriage(place.links, supply), rows, demand)


def wake_compiler() -> None:
    """Let the compiler meet its first kernel, for which it reads all its tables, a third of a second.

    The kernel is asked for the columns of no set at all.
    """
    none = np.zeros(0, np.int64)
    list_columns(none, none, none, np.zeros((0, 0), np.bool_), none, none, none)
