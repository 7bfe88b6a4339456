"""Every invariant of the platform, checked from the records: after each step in tests, now and then at work."""

from collections import Counter

import numpy as np

from suanwang.engine.apply import holding_key
from suanwang.engine.platform import Platform, attempt_name
from suanwang.ledger.validate import validate as validate_ledger
from suanwang.model.job import CLOSED
from suanwang.units.errors import Fault, InvariantBroken
from suanwang.units.text import same


def validate(platform: Platform) -> None:
    """Raises InvariantBroken with all that does not hold."""
    faults = [
        same_fault(*one)
        for one in (*job_faults(platform), *attempt_faults(platform), *ground_faults(platform))
    ]
    if faults:
        raise InvariantBroken(faults)
    validate_ledger(platform.state.vouchers.ledger)


def same_fault(where: str, what: str) -> Fault:
    """A fault for programmers, in one language."""
    return Fault(where, same(what))


def job_faults(platform: Platform) -> list[tuple[str, str]]:
    """A job is active just while one attempt of it is; a held job has a reason; a closed one has no attempt."""
    state = platform.state
    found: list[tuple[str, str]] = []
    for name, job in state.jobs.items():
        last = state.attempts.get(attempt_name(name, job.last)) if job.last else None
        live = last is not None and last.state != "ended"
        if live != (job.state == "active"):
            found.append((name, f"job {job.state} with a live attempt: {live}"))
        if (name in state.held) != (job.state == "held"):
            found.append((name, f"job {job.state}, held record: {name in state.held}"))
        if job.state in CLOSED and job.last and not last:
            found.append((name, "closed without its last attempt"))
    return found


def attempt_faults(platform: Platform) -> list[tuple[str, str]]:
    """One hold per attempt, open just while it lives; orders stand for live attempts; used ≤ reserved."""
    state, holds = platform.state, platform.state.vouchers.ledger.holds
    found: list[tuple[str, str]] = []
    milli: Counter[str] = Counter()
    for name, attempt in state.attempts.items():
        hold, centre = holds.get(name), state.centres[attempt.centre]
        live = attempt.state != "ended"
        if hold is not None and (hold.status == "open") != live:
            found.append((name, f"attempt {attempt.state} with a hold {hold.status}"))
        if hold is None and live and attempt.figures.charge_micro:
            found.append((name, "live without a hold"))
        if (name in centre.attempts) != live:
            found.append((name, f"attempt {attempt.state}, listed at its centre: {name in centre.attempts}"))
        if any(number not in centre.orders for number in attempt.orders):
            found.append((name, "an order of it is not in the centre's list"))
        if attempt.state == "dispatched" and not attempt.orders:
            found.append((name, "dispatched without an order"))
        if live:
            job = state.jobs[attempt.job]
            for key in {job.enterprise, holding_key(job.enterprise, job.project)}:
                milli[key] += attempt.milli
    for key, holding in state.holdings.items():
        if holding.milli != milli[key]:
            found.append((key, f"holds {holding.milli}, its attempts {milli[key]}"))
    return found


def ground_faults(platform: Platform) -> list[tuple[str, str]]:
    """What is taken is what live attempts reserve, and nothing is taken beyond what there is.

    The latter from the present slot on, in pools that have not lost devices since.
    """
    if not platform.has_network:
        return []
    ground, state = platform.ground, platform.state
    begin = max(0, platform.terms.slot_of(state.at) - ground.from_slot)
    taken = np.zeros_like(ground.taken_milli)
    for centre in state.centres.values():
        for name in centre.attempts:
            attempt = state.attempts[name]
            figures = attempt.figures
            first, last = max(0, figures.from_slot - ground.from_slot), figures.to_slot - ground.from_slot
            taken[ground.row_of[figures.pool], first : max(0, last)] += attempt.milli
    found: list[tuple[str, str]] = []
    if (taken[:, begin:] != ground.taken_milli[:, begin:]).any():
        found.append(("ground", "taken is not the sum of the live reservations"))
    if (ground.free_milli != ground.capacity_milli - ground.taken_milli).any():
        found.append(("ground", "free is not capacity less taken"))
    if not state.outages and (ground.free_milli[:, begin:] < 0).any():
        found.append(("ground", "more is taken than there is"))
    return found
