"""Every invariant of one state of the platform; what holds between two is in `overload`."""

from collections import Counter
from collections.abc import Callable

import numpy as np

from suanwang.engine.apply_attempts import holding_keys
from suanwang.engine.platform import Platform, attempt_name
from suanwang.ledger.validate import validate as validate_ledger
from suanwang.model.job import CLOSED
from suanwang.units.errors import Fault, InvariantBroken
from suanwang.units.text import same


def validate(platform: Platform) -> None:
    """Raises InvariantBroken with all that does not hold."""
    faults = [same_fault(*one) for check in CHECKS for one in check(platform)]
    if faults:
        raise InvariantBroken(faults)
    validate_ledger(platform.state.vouchers.ledger)


def same_fault(where: str, what: str) -> Fault:
    """A fault for programmers, in one language."""
    return Fault(where, same(what))


def job_faults(platform: Platform) -> list[tuple[str, str]]:
    """A job is active just while one attempt of it is; a held one has a reason; a closed one no attempt."""
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
    count: Counter[str] = Counter()
    for name, attempt in state.attempts.items():
        hold, centre, figures = holds.get(name), state.centres[attempt.centre], attempt.figures
        live = attempt.state != "ended"
        if hold is not None and (hold.status == "open") != live:
            found.append((name, f"attempt {attempt.state} with a hold {hold.status}"))
        if hold is None and live and figures.charge_micro:
            found.append((name, "live without a hold"))
        if hold is not None and hold.captured_micro > hold.placed_micro:
            found.append((name, "captured more than was held"))
        if (name in centre.attempts) != live:
            found.append((name, f"attempt {attempt.state}, listed at its centre: {name in centre.attempts}"))
        if any(number not in centre.orders for number in attempt.orders):
            found.append((name, "an order of it is not in the centre's list"))
        if attempt.state == "dispatched" and not attempt.orders:
            found.append((name, "dispatched without an order"))
        if live and state.jobs[attempt.job].last != attempt.number:
            found.append((name, "live beside a later attempt"))
        if attempt.used_us and max(attempt.used_us) > attempt.milli * platform.terms.slot_us:
            found.append((name, "used more than was reserved"))
        if live:
            job = state.jobs[attempt.job]
            for key in holding_keys(job.enterprise, job.project):
                milli[key] += attempt.milli
                count[key] += 1
    for key, holding in state.holdings.items():
        if (holding.milli, holding.jobs) != (milli[key], count[key]):
            found.append((key, f"holds {holding.milli}, its attempts {milli[key]}"))
    return found


def index_faults(platform: Platform) -> list[tuple[str, str]]:
    """What follows from the records does: lines, rooms, those that may be preempted, those that are held."""
    state = platform.state
    found: list[tuple[str, str]] = []
    in_line = {ticket[2] for line in platform.line.lines.values() for ticket in line}
    found += [
        (name, "queued, and in no line")
        for name, job in state.jobs.items()
        if job.state == "queued" and name not in in_line
    ]
    held = {
        name for of_project in platform.held_for.values() for names in of_project.values() for name in names
    }
    if held != set(state.held):
        found.append(("held_for", f"{sorted(held ^ set(state.held))[:5]} are not held by both"))
    victims = {name: job for job, room in state.rooms.items() for name in room.victims}
    if victims != platform.room_of:
        found.append(("room_of", "differs from the rooms"))
    for job, room in state.rooms.items():
        if state.jobs[job].state != "queued" or not room.victims:
            found.append((job, f"room is kept for a job that is {state.jobs[job].state}"))
    found += place_faults(platform)
    for name, zone in platform.centre_of.items():
        if all(pool.pool != name for pool in state.centres[zone].pools):
            found.append((name, "no pool of its centre"))
    return found


def place_faults(platform: Platform) -> list[tuple[str, str]]:
    """Pools know who of those that are out has a place, stands by, or may be told to leave."""
    state, places = platform.state, platform.places
    out = [
        (name, attempt)
        for centre in state.centres.values()
        for name in centre.attempts
        if (attempt := state.attempts[name]).state != "reserved"
    ]
    own = [(name, attempt) for name, attempt in out if attempt.place == "own"]
    expected = (
        {(platform.alike_key(attempt), name) for name, attempt in own},
        {(one.figures.pool, name) for name, one in out if one.place == "awaited"},
        {(one.figures.pool, name) for name, one in own if state.jobs[one.job].preemptible},
    )
    indices = (places.alike, places.standbys, places.preemptible)
    told = tuple({(key, name) for key, names in index.items() for name in names} for index in indices)
    if told != expected or sum(places.preemptible_priorities.values()) != len(expected[2]):
        return [("places", "differ from the attempts")]
    return []


def pairing_faults(platform: Platform) -> list[tuple[str, str]]:
    """No pairing gives more than its quota, nor takes back what it never gave."""
    return [
        (f"pairing {one.row.from_region} > {one.row.to_hub}", f"{one.taken_milli_s} taken")
        for one in platform.state.pairings
        if one.taken_milli_s < 0
        or (
            one.row.quota_device_hours is not None
            and one.taken_milli_s > one.row.quota_device_hours * 3_600_000
        )
    ]


def ground_faults(platform: Platform) -> list[tuple[str, str]]:
    """What is taken is what live attempts reserve and rooms keep; nothing reserved touches an overfull slot.

    A slot is overfull where attempts exceed what there is: a pool lost devices, and what is out runs on.
    """
    if not platform.has_network:
        return []
    ground, state = platform.ground, platform.state
    begin = max(0, platform.terms.slot_of(state.at) - ground.from_slot)
    taken = np.zeros_like(ground.capacity_milli)
    for pool, from_slot, to_slot, milli in platform.taken():
        first, last = max(0, from_slot - ground.from_slot), max(0, to_slot - ground.from_slot)
        taken[ground.row_of[pool], first:last] += milli
    found: list[tuple[str, str]] = []
    out, reserved = np.zeros_like(taken), np.zeros_like(taken)
    for centre in state.centres.values():
        for name in centre.attempts:
            attempt = state.attempts[name]
            figures, part = attempt.figures, reserved if attempt.state == "reserved" else out
            first, last = (max(0, slot - ground.from_slot) for slot in (attempt.first_slot, figures.to_slot))
            part[ground.row_of[figures.pool], first:last] += attempt.milli
    if (taken[:, begin:] != ground.taken_milli[:, begin:]).any():
        found.append(("ground", "taken is not the sum of the live reservations"))
    overfull = (out + reserved > ground.capacity_milli) & (reserved > 0)
    if overfull[:, begin:].any():
        found.append(("ground", "more is reserved than there is"))
    return found


CHECKS: tuple[Callable[[Platform], list[tuple[str, str]]], ...] = (
    job_faults,
    attempt_faults,
    index_faults,
    pairing_faults,
    ground_faults,
)
