"""From a scenario to the problem's arrays."""

from suanwang.clearing.demand import compile_carriage, compile_demand, find_places
from suanwang.clearing.problem import Problem
from suanwang.clearing.supply import compile_supply
from suanwang.model.scenario import Scenario


def compile_problem(scenario: Scenario) -> Problem:
    """The problem that the scenario poses."""
    supply = compile_supply(scenario)
    place = find_places(scenario)
    demand, rows = compile_demand(scenario, supply, place)
    return Problem(scenario, supply, compile_carriage(place.links, supply), rows, demand)
