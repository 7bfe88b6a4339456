"""Why a job has no place: the first of `model.result.REASONS` that no candidate passes.

A candidate is an option in a pool. The rules are asked in a fixed order, so a job's reason is where its most
successful candidate stopped.
"""

import msgspec
import numpy as np
from numba import njit

from suanwang.clearing.demand import find_places, list_wanted
from suanwang.clearing.places import Places
from suanwang.clearing.problem import BoolArray, Int32Array, Problem
from suanwang.clearing.sites import find_sites
from suanwang.model.result import REASONS
from suanwang.units.rounding import Int64Array

SERVED, CLASS, SIZE, GRADE, RESIDENCY, LATENCY, WINDOW, VALUE, FULL = range(len(REASONS))


@njit(cache=True, nogil=True)
def furthest_rule(
    job: Int32Array,
    device_class: Int32Array,
    node_milli: Int64Array,
    milli: Int64Array,
    site_of_job: Int32Array,
    secure: BoolArray,
    resident: BoolArray,
    near: BoolArray,
    class_first: Int64Array,
    column_centre: Int64Array,
    column_node_milli: Int64Array,
    most_milli: Int64Array,
    reason: Int64Array,
) -> None:
    """Raise `reason` (job,) to the rule that stops each job's most successful alternative."""
    for n in range(len(job)):
        j = job[n]
        if device_class[n] < 0:
            continue
        site = site_of_job[j]
        furthest = reason[j]
        for column in range(class_first[device_class[n]], class_first[device_class[n] + 1]):
            if furthest == WINDOW:
                break
            centre = column_centre[column]
            if node_milli[n] > column_node_milli[column] or milli[n] > most_milli[column]:
                stopped = SIZE
            elif not secure[site, centre]:
                stopped = GRADE
            elif not resident[site, centre]:
                stopped = RESIDENCY
            elif not near[site, centre]:
                stopped = LATENCY
            else:
                stopped = WINDOW
            furthest = max(furthest, stopped)
        reason[j] = furthest


def reasons_of(problem: Problem, places: Places, least_nano: Int64Array) -> Int64Array:
    """(job,) index into `REASONS`, 0 where served.

    `least_nano`: (job,) the cost of the cheapest place in the empty network at prices zero, or the value
    where that is no more: `Bound.job_nano` at prices zero.
    """
    demand, supply = problem.demand, problem.supply
    unserved = ~places.served
    able = np.diff(demand.first) > 0
    reason = np.zeros(demand.jobs, np.int64)
    reason[unserved & able] = np.where(least_nano < demand.value_micro * 1000, FULL, VALUE)[unserved & able]
    asked = np.flatnonzero(unserved & ~able)
    if not len(asked):
        return reason
    scenario = msgspec.structs.replace(problem.scenario, jobs=problem.scenario.jobs[asked])
    place = find_places(scenario)
    sites = find_sites(scenario, place.region, place.links.rtt_ms)
    wanted = list_wanted(scenario, supply)
    stopped = np.full(len(asked), CLASS, np.int64)
    written, at = wanted.alternatives, wanted.at
    furthest_rule(
        wanted.job, written.device_class[at], written.node_milli[at], written.milli[at], sites.site_of_job,
        sites.secure, sites.resident, sites.near, supply.class_first, supply.column_centre, supply.node_milli,
        supply.most_milli, stopped,
    )  # fmt: skip
    reason[asked] = stopped
    return reason
