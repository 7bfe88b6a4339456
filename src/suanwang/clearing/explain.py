"""Explain one job of a plan: every option in every pool, and why it was taken or not."""

import msgspec
import numpy as np

from suanwang.clearing.changes import smallest_changes
from suanwang.clearing.exact_response import COST_MOST
from suanwang.clearing.explanation import Candidate, Explanation, FullSlot, Place, Verdict
from suanwang.clearing.problem import BoolArray, Problem
from suanwang.clearing.prospect import Prospect, Scene, look_at, place_at, set_scene, wishes_of
from suanwang.model.result import REASONS, Outcome
from suanwang.units.rounding import Int64Array

ORDER: tuple[Verdict, ...] = (
    "taken", "cheaper", "dearer", "full", "value", "window", "latency", "residency", "grade", "size", "class",
)  # fmt: skip


def explain(problem: Problem, outcome: Outcome, job_row: int) -> Explanation:
    """Explain the job in row `job_row` of the jobs table under the plan and prices of `outcome`."""
    scene = set_scene(problem, outcome, job_row)
    row = scene.row
    served = bool(outcome.served[job_row])
    pool = int(outcome.pool[job_row]) if served else -1
    candidates: list[Candidate] = []
    prospects: list[Prospect] = []
    for wish in wishes_of(problem, job_row):
        if wish.device_class < 0 or wish.slots > problem.supply.slots:
            rule: Verdict = "class" if wish.device_class < 0 else "window"
            candidates.append(
                Candidate(
                    wish.option, wish.device, wish.milli, wish.slots, "", "", "", rule, found=wish.device
                )
            )
            continue
        prospect = look_at(scene, wish)
        prospects.append(prospect)
        here = int(outcome.option[job_row]) == wish.option
        for local in range(len(prospect.columns)):
            taken = here and int(prospect.pools[local]) == pool
            candidates.append(
                judge(scene, prospect, local, int(outcome.start_slot[job_row]) if taken else None)
            )
    total_micro = int(outcome.total_micro[job_row])
    candidates = sorted((compare(candidate, total_micro, served) for candidate in candidates), key=rank)
    return Explanation(
        job=row["job"],
        reason=REASONS[int(outcome.reason[job_row])],
        value_micro=int(row["value_micro"]),
        total_micro=total_micro,
        options=row["options"],
        release_slot=int(row["release_slot"]),
        deadline_slot=int(row["deadline_slot"]),
        start_slot=int(outcome.start_slot[job_row]) if served else None,
        end_slot=int(outcome.end_slot[job_row]) if served else None,
        pool=problem.scenario.pools["pool"][pool] if served else None,
        candidates=tuple(candidates),
        changes=() if served else tuple(smallest_changes(scene, prospects)),
    )


def judge(scene: Scene, prospect: Prospect, local: int, taken_start: int | None) -> Candidate:
    """One column of a prospect; `taken_start` where the job runs there."""
    candidate = introduce(scene, prospect, local)
    if candidate.verdict in ("size", "grade", "residency", "latency"):
        return candidate
    row = scene.row
    possible: BoolArray = (
        prospect.arrived(int(row["release_slot"])) & prospect.in_time(int(row["deadline_slot"]))
    )[:, local]
    if not possible.any():
        window = f"{row['release_slot']}-{row['deadline_slot']}"
        needs = f"{candidate.arrive_slots} + {prospect.wish.slots} + {candidate.leave_slots}"
        return msgspec.structs.replace(candidate, verdict="window", found=needs, limit=window)

    def best(amounts: Int64Array, among: BoolArray) -> Place | None:
        starts = np.flatnonzero(among & (amounts < COST_MOST))
        if not len(starts):
            return None
        return place_at(scene, prospect, local, int(starts[np.argmin(amounts[starts])]))

    cost_nano, fits = prospect.cost_nano[:, local], prospect.fits[:, local]
    affordable = possible & ~prospect.dear[:, local]
    cheapest = best(cost_nano, possible)
    free = best(cost_nano, possible & fits)
    if taken_start is not None:
        free = place_at(scene, prospect, local, taken_start)
        verdict: Verdict = "taken"
    elif not affordable.any():
        verdict = "value"
    elif not (affordable & fits).any():
        verdict = "full"
    else:
        verdict = "dearer"
    return msgspec.structs.replace(
        candidate,
        verdict=verdict,
        cheapest=cheapest,
        priced=best(prospect.priced_nano[:, local], possible),
        free=free,
        full=short_slots(scene, prospect, local, cheapest),
    )


def introduce(scene: Scene, prospect: Prospect, local: int) -> Candidate:
    """The candidate, and the first rule that stops it with its figures."""
    scenario, supply, wish = scene.problem.scenario, scene.problem.supply, prospect.wish
    pool, centre, column = (int(of[local]) for of in (prospect.pools, prospect.centres, prospect.columns))
    grade = int(scenario.centres["security_grade"][centre])
    region = str(scenario.centres["region"][centre])
    rtt_ms = float(prospect.rtt_ms[local])
    verdict: Verdict = "dearer"
    found = limit = ""
    if not prospect.holds[local]:
        node, most = int(supply.node_milli[column]), int(supply.most_milli[column])
        verdict = "size"
        found, limit = (
            (devices(wish.node_milli), devices(node))
            if node < wish.node_milli
            else (devices(wish.milli), devices(most))
        )
    elif not prospect.secure[local]:
        verdict, found, limit = "grade", str(grade), str(scene.row["min_security_grade"])
    elif not prospect.resident[local]:
        verdict, found, limit = "residency", region, str(scene.row["residency"])
    elif not prospect.near[local]:
        verdict, found, limit = "latency", f"{rtt_ms:.1f}", f"{scene.row['max_rtt_ms']:g}"
    return Candidate(
        option=wish.option,
        device=wish.device,
        milli=wish.milli,
        slots=wish.slots,
        pool=str(scenario.pools["pool"][pool]),
        centre=str(scenario.centres["name"][centre]),
        region=region,
        verdict=verdict,
        found=found,
        limit=limit,
        rtt_ms=rtt_ms,
        arrive_slots=int(prospect.arrive[local]),
        leave_slots=int(prospect.leave[local]),
    )


def devices(milli: int) -> str:
    """Milli-devices as devices: `8`, `0.5`."""
    return f"{milli / 1000:g}" if milli % 1000 else str(milli // 1000)


def short_slots(scene: Scene, prospect: Prospect, local: int, place: Place | None) -> tuple[FullSlot, ...]:
    """The slots of a place in which less is free than needed."""
    if place is None:
        return ()
    column = int(prospect.columns[local])
    free = scene.free_milli[place.start_slot : place.end_slot, column].tolist()
    return tuple(
        FullSlot(place.start_slot + index, max(0, amount))
        for index, amount in enumerate(free)
        if amount < prospect.wish.milli
    )


def compare(candidate: Candidate, total_micro: int, served: bool) -> Candidate:
    """Against what the job costs now: its place, or its value if unserved."""
    if candidate.free is None or candidate.verdict == "taken":
        return candidate
    dearer = candidate.free.total_micro - total_micro
    cheaper = candidate.verdict == "dearer" and (dearer < 0 or not served)
    return msgspec.structs.replace(
        candidate, dearer_micro=dearer, verdict="cheaper" if cheaper else candidate.verdict
    )


def rank(candidate: Candidate) -> tuple[int, int, int]:
    """Taken first, then what is free, then what is full, both by cost under prices, then what rules stop."""
    place = candidate.free if candidate.verdict in ("cheaper", "dearer") else candidate.priced
    return ORDER.index(candidate.verdict), place.priced_micro if place else 0, candidate.option
