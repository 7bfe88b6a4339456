"""Placing again after a change: who has a place that still holds keeps it, unless a more urgent job needs it.

Placing from scratch puts the most urgent jobs first: the large, the long, those with few choices. If all the
old places were kept, a new gang would find no room anywhere. So the queue is gone through level by level of
urgency, as from scratch; but within a level those with a place take it again first, and only then do the
others of that level look for one. Who finds the old place taken looks for another with the others.
"""

import numpy as np

from suanwang.clearing.exact_response import NO_COST
from suanwang.clearing.last import LastClearing, places_that_hold, take_in_turn
from suanwang.clearing.placer import Placer
from suanwang.clearing.places import Places
from suanwang.clearing.queue import Queue, line_up, steps_of
from suanwang.clearing.sweep import MOVE, PLACE, TOLERATED
from suanwang.units.rounding import Int64Array

LEVELS = (0.001, 0.003, 0.01, 0.03, 0.1, 0.2, 0.35, 0.5, 0.7)
"""Levels of urgency are cut at these shares of the jobs: few jobs, but much of the work, are urgent."""
EXCHANGES_UP_TO_JOBS = 200_000
"""So many jobs may push others aside in the end, where pools do not have too many occupants to search."""


def hopeful(placer: Placer, choice: Int64Array) -> Int64Array:
    """`choice` (job,), −1 also where the least cost under prices is above what is tolerated at first."""
    # the place −1, the last, is that of no entry
    least_nano = np.append(placer.bound.least_nano, NO_COST)
    return np.where(least_nano[choice] < TOLERATED * placer.value_nano, choice, -1)


def queue_of(placer: Placer, choice: Int64Array, jobs: Int64Array) -> Queue:
    """Those of `jobs` that have the choice, lined up."""
    entry = choice[jobs]
    entry = entry[entry >= 0]
    return line_up(placer.problem, entry, placer.urgency[entry])


def place_again(placer: Placer, last: LastClearing) -> tuple[int, Places]:
    """The cost, nano-yuan, and the plan that goes on from the last."""
    demand, placement = placer.problem.demand, placer.placement
    state = placement.state
    choices = [hopeful(placer, choice) for choice in placer.choices]
    held = places_that_hold(placer.problem, last)
    for jobs in levels_of(placer):
        keep = jobs[held.entry[jobs] >= 0]
        take_in_turn(
            keep, held.entry, held.column, held.start, demand.milli, demand.slots, state.free_milli,
            state.entry, state.column, state.start,
        )  # fmt: skip
        for choice in choices:
            placement.sweep(queue_of(placer, choice, jobs[state.entry[jobs] < 0]), placer.prices[1.0], PLACE)
    placer.drop_worthless()
    moved = (state.entry != held.entry) | (state.column != held.column) | (state.start != held.start)
    restless = queue_of(placer, choices[0], np.flatnonzero(moved))
    placement.sweep(restless, placer.prices[0.0], MOVE)
    if demand.jobs <= EXCHANGES_UP_TO_JOBS:
        placer.exchange(passes=1)
    places = placement.places
    cost_nano = placer.cost_nano(places)
    placer.watch.cost(cost_nano)
    return cost_nano, places


def levels_of(placer: Placer) -> list[Int64Array]:
    """The jobs level by level, each in order of urgency; those that can run nowhere last."""
    choice = placer.choices[0]
    able = np.flatnonzero(choice >= 0)
    step = np.full(len(choice), 2**14, np.int16)
    step[able] = np.clip(steps_of(placer.urgency[choice[able]]), -(2**14), 2**14 - 1)
    turn = np.argsort(step, kind="stable")
    ranked = step[turn]
    least = [ranked[int(share * len(able))] for share in LEVELS] if len(able) else []
    return np.split(turn, np.searchsorted(ranked, np.array(least, np.int16)))
