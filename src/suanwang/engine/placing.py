"""Finding a place for a job at once: when it arrives, and when it may try again.

By the kernel of a quote: the place that costs it least under the current prices, where capacity is free. What
finds none may make others give way (`preempting`), or stands in line until capacity changes; clearing looks
at all who wait, and at all that is reserved.
"""

from collections.abc import Iterator

import numpy as np

from suanwang.clearing.refusal import FULL
from suanwang.engine import events
from suanwang.engine.backfilling import delays_first
from suanwang.engine.charge import Figures, figures_at
from suanwang.engine.dispatching import dispatch
from suanwang.engine.ground import OFFERS, Place
from suanwang.engine.line import NEVER
from suanwang.engine.pairing import discount_for
from suanwang.engine.platform import Job, Platform, attempt_name
from suanwang.engine.preempting import make_room, may_preempt
from suanwang.engine.quota import quota_reason
from suanwang.engine.refusals import refusing
from suanwang.engine.reserving import NO_GRANT, is_payable, pays_by_place, reserve, usable_programmes
from suanwang.engine.stretch import BoolArray
from suanwang.model.job import Shape

PLACED_AT_ONCE = 64
"""So many jobs are looked at in one step, so that no step keeps the others waiting."""
PASSED_AT_ONCE = 4096
"""So many jobs are passed over in one step because there is known to be no room for them."""


def place_queue(platform: Platform, at: int) -> Iterator[events.AnyEvent]:
    """Looks for places for jobs that nobody has looked at yet, by priority and in the order of admission."""
    line = platform.line
    asked = passed = 0
    while line.unseen and asked < PLACED_AT_ONCE and passed < PASSED_AT_ONCE:
        name = line.take_unseen()
        passed += 1
        if not platform.waits(name):
            continue
        job = platform.state.jobs[name]
        deadline_at = NEVER if job.deadline_at is None else job.deadline_at
        if line.full.get(job.shape, -1) >= deadline_at and not may_preempt(platform, job):
            continue
        asked += 1
        yield from place(platform, name, job, at)


def place(platform: Platform, name: str, job: Job, at: int) -> Iterator[events.AnyEvent]:
    """The best place that is free, reserved with its money; where there is none, others may give way."""
    if name in platform.state.rooms:
        return
    reason = quota_reason(platform, job)
    if reason is not None:
        yield events.JobHeld(at, name, "quota", reason)
        return
    if job.voucher == "required" and not usable_programmes(platform, job.enterprise, at):
        yield events.JobHeld(at, name, "budget", NO_GRANT)
        return
    figures, is_full = best_place(platform, name, job, at)
    waits = figures is None or (job.deadline_at is None and figures.start_at > at)
    if waits and job.not_before_at <= at and may_preempt(platform, job):
        yield from make_room(platform, name, job, shut_centres(platform, name, job, at), at)
        if job.state != "queued" or name in platform.state.rooms:
            return
    if figures is None:
        if is_full:
            known = platform.line.full.get(job.shape, -1)
            platform.line.full[job.shape] = max(known, NEVER if job.deadline_at is None else job.deadline_at)
    elif figures.from_slot <= platform.terms.slot_of(at) + platform.terms.reserve_slots:
        yield from reserve(platform, name, job, figures, at)
        if job.state == "active":
            yield from dispatch(platform, attempt_name(name, job.last), at)


def best_place(platform: Platform, name: str, job: Job, at: int) -> tuple[Figures | None, bool]:
    """The best place as a reservation; where there is none, whether capacity alone is what lacks.

    Where vouchers pay in some places only, the best of those that can be paid for goes first.
    """
    ground, shape = platform.ground, platform.shape_of(job)
    shut = shut_centres(platform, name, job, at)
    by_place, unpaid = pays_by_place(platform, job, at), None
    for most in (OFFERS, max(OFFERS, len(ground.centres))):
        places, against = ground.places(shape, at, job.release_at, job.deadline_at, shut, most)
        for figures in ranked(platform, shape, places, at, job.deadline_at is not None):
            if not is_affordable(platform, job, figures) or delays_first(platform, job, figures, at):
                continue
            if not by_place or is_payable(platform, name, job, figures, at):
                return figures, False
            unpaid = unpaid or figures
        if not places:
            # a later start, or another centre, does not follow from this job's own limits
            alike = shut is None and job.not_before_at <= at and not shape.in_nano_gb
            return None, against == FULL and alike
    return unpaid, False


def is_affordable(platform: Platform, job: Job, figures: Figures) -> bool:
    """Whether a reservation is no dearer than the job pays, and within its quota."""
    if job.max_price_micro is not None and figures.charge_micro > job.max_price_micro:
        return False
    return quota_reason(platform, job, figures.alternative) is None


def ranked(
    platform: Platform, shape: Shape, places: list[Place], at: int, may_shift: bool
) -> Iterator[Figures]:
    """The places as reservations, best first; what a pairing takes off counts in the choice too."""
    if not platform.state.pairings:
        for place_ in places:
            yield figures_of(platform, shape, place_, at)
        return
    found: list[tuple[tuple[int, int], Figures]] = []
    for place_ in places:
        figures = figures_of(platform, shape, place_, at)
        one = shape.alternatives[place_.alternative]
        seconds = one.milli * one.limit_s
        off_nano = figures.compute_micro * figures.discount_bp * seconds // (10_000 * platform.terms.slot_s)
        cost_nano, slot = place_.reduced_nano - off_nano, figures.from_slot
        found.append(((cost_nano, slot) if may_shift else (slot, cost_nano), figures))
    yield from (figures for _, figures in sorted(found, key=lambda pair: pair[0]))


def figures_of(platform: Platform, shape: Shape, place_: Place, at: int) -> Figures:
    """The place as a reservation for the whole limit."""
    ground = platform.ground
    one = shape.alternatives[place_.alternative]
    start_at = max(at, ground.terms.start_of(place_.slot))
    bp = discount_for(platform, shape, ground.pools[place_.row], place_.slot, one.milli * one.limit_s)
    return figures_at(ground, place_, one, start_at, bp, one.limit_s)


def shut_centres(platform: Platform, name: str, job: Job, at: int) -> BoolArray | None:
    """(centre,) where its last attempt or its like was sent back of late, or a required voucher not taken."""
    ground, state = platform.ground, platform.state
    shut: BoolArray | None = None
    refused = refusing(state, job.shape, at) if state.refusals else []
    if job.look_at:
        # its own last centre is asked again after its own wait
        last = state.attempts[attempt_name(name, job.last)].centre
        refused = [centre for centre in refused if centre != last] + [last] * (job.look_at > at)
    if refused:
        shut = np.zeros(len(ground.centres), np.bool_)
        shut[[ground.row_of_centre[centre] for centre in refused]] = True
    if job.voucher == "required":
        programmes = usable_programmes(platform, job.enterprise, at)
        closed = np.array([not (listed & programmes) for listed in ground.catalogues], np.bool_)
        shut = closed if shut is None else shut | closed
    return shut
