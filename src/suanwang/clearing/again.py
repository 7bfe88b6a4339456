"""Placing again after a change: who has a place that still holds keeps it, unless a more urgent job needs it.

Placing from scratch puts the most urgent jobs first: the large, the long, those with few choices. If all the
old places were kept, a new gang would find no room anywhere. So the queue is gone through level by level of
urgency, as from scratch; but within a level those with a place take it again first, and only then do the
others of that level look for one. Who finds the old place taken looks for another with the others.
"""

import numpy as np

from suanwang.clearing.last import LastClearing, places_that_hold, take_in_turn
from suanwang.clearing.placer import Placer
from suanwang.clearing.places import Places
from suanwang.clearing.queue import Queue, line_up, steps_of
from suanwang.clearing.sweep import MOVE, PLACE, TOLERATED
from suanwang.clearing.windows import Float64Array
from suanwang.units.rounding import Int64Array

LEVELS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.7)
"""Levels of urgency are cut at these shares of the jobs: few jobs, but much of the work, are urgent."""
CANDIDATES_AGAIN = 200
"""Jobs that may push others aside in the end."""


class Choices:
    """The entries of one choice, first or second, by job: −1 where a job has none that could be worth it."""

    def __init__(self, placer: Placer, entry: Int64Array, order: Float64Array) -> None:
        demand = placer.problem.demand
        hopeful = placer.bound.least_nano[entry] < TOLERATED * placer.value_nano[demand.job[entry]]
        self.problem = placer.problem
        self.entry = np.full(demand.jobs, -1, np.int64)
        self.order = np.full(demand.jobs, np.inf)
        self.entry[demand.job[entry[hopeful]]] = entry[hopeful]
        self.order[demand.job[entry]] = order

    def queue(self, jobs: Int64Array) -> Queue:
        """Those of `jobs` that have the choice, lined up."""
        jobs = jobs[self.entry[jobs] >= 0]
        return line_up(self.problem, self.entry[jobs], self.order[jobs])


def place_again(placer: Placer, last: LastClearing) -> tuple[int, Places]:
    """The cost, nano-yuan, and the plan that goes on from the last."""
    demand, placement = placer.problem.demand, placer.placement
    state = placement.state
    choices = (
        Choices(placer, placer.first_choice, placer.order_first),
        Choices(placer, placer.second_choice, placer.order_second),
    )
    held = places_that_hold(placer.problem, last)
    for jobs in levels_of(choices[0].order):
        keep = jobs[held.entry[jobs] >= 0]
        take_in_turn(
            keep, held.entry, held.column, held.start, demand.milli, demand.slots, state.free_milli,
            state.entry, state.column, state.start,
        )  # fmt: skip
        for choice in choices:
            placement.sweep(choice.queue(jobs[state.entry[jobs] < 0]), placer.prices[1.0], PLACE)
    placer.drop_worthless()
    moved = (state.entry != held.entry) | (state.column != held.column) | (state.start != held.start)
    restless = np.flatnonzero(moved | (state.entry < 0))
    for choice in choices:
        placement.sweep(choice.queue(restless), placer.prices[0.0], MOVE)
    placer.drop_worthless()
    placer.exchange(passes=1, most=CANDIDATES_AGAIN)
    places = placement.places
    cost_nano = placer.cost_nano(places)
    placer.watch.cost(cost_nano)
    return cost_nano, places


def levels_of(order: Float64Array) -> list[Int64Array]:
    """The jobs level by level, each in order of urgency; those without an order (infinite) last."""
    ranked = np.isfinite(order)
    step = np.full(len(order), 2**14, np.int16)
    step[ranked] = np.clip(steps_of(order[ranked]), -(2**14), 2**14 - 1)
    turn = np.argsort(step, kind="stable")
    sorted_step = step[turn]
    count = int(ranked.sum())
    cuts = (
        [int(np.searchsorted(sorted_step, sorted_step[int(share * count)])) for share in LEVELS]
        if count
        else []
    )
    return np.split(turn, cuts)
