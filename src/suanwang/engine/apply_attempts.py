"""Events of attempts, taken into the state: capacity, orders, usage, the end. Nothing is decided here."""

from bisect import insort

from suanwang.engine import events, refusals
from suanwang.engine.apply_jobs import forget_room
from suanwang.engine.apply_network import arm_lost
from suanwang.engine.figures import Figures
from suanwang.engine.holding import Holding, holding_key
from suanwang.engine.lateness import overdue_at
from suanwang.engine.pairing import begin_pairing, use_pairing
from suanwang.engine.platform import Attempt, CentreState, Platform, attempt_name
from suanwang.model.facts import Ended, Used
from suanwang.model.orders import Launch, Stop


def attempt_reserved(platform: Platform, event: events.AttemptReserved) -> None:
    """Capacity is taken."""
    name, attempt = begin_attempt(platform, event.job, event.number, event.figures)
    occupy(platform, name, attempt)


def begin_attempt(platform: Platform, of_job: str, number: int, figures: Figures) -> tuple[str, Attempt]:
    """The job's next attempt; it counts in what its enterprise holds."""
    state, job = platform.state, platform.state.jobs[of_job]
    name = attempt_name(of_job, number)
    milli = platform.shape_of(job).alternatives[figures.alternative].milli
    centre = platform.centre_of[figures.pool]
    forget_room(platform, of_job)
    job.state, job.why, job.last = "active", "", number
    attempt = state.attempts[name] = Attempt(of_job, number, centre, figures, milli)
    state.centres[centre].attempts[name] = None
    for key in holding_keys(job.enterprise, job.project):
        holding = state.holdings.setdefault(key, Holding())
        holding.milli += milli
        holding.jobs += 1
    return name, attempt


def holding_keys(enterprise: str, project: str) -> tuple[str, ...]:
    """Whose holdings a job counts in."""
    return (enterprise, holding_key(enterprise, project)) if project else (enterprise,)


def occupy(platform: Platform, name: str, attempt: Attempt) -> None:
    """The reservation is taken, and its start and end are watched."""
    take_capacity(platform, attempt)
    watch_attempt(platform, name, attempt)


def take_capacity(platform: Platform, attempt: Attempt) -> None:
    """What the reservation holds, and its pairing's quota."""
    figures = attempt.figures
    platform.take(figures.pool, attempt.first_slot, figures.to_slot, attempt.milli)
    begin_pairing(platform, attempt, figures.limit_s * attempt.milli)


def watch_attempt(platform: Platform, name: str, attempt: Attempt) -> None:
    """Its start is on the agenda, later its end; its pool knows whether it may come forward, stands by, or
    holds a place."""
    figures, job = attempt.figures, platform.state.jobs[attempt.job]
    if attempt.state == "reserved":
        platform.agenda.arm(figures.start_at, "start", name)
        entry = -job.priority, figures.start_at, job.sequence, name
        insort(platform.reserved.setdefault(figures.pool, []), entry)
        return
    platform.agenda.arm(overdue_at(platform, name), "overdue", name)
    if attempt.place == "awaited":
        platform.places.stand_by(name, figures.pool)
    elif attempt.place == "own":
        find_place(platform, name, attempt)


def find_place(platform: Platform, name: str, attempt: Attempt) -> None:
    """It is out and has a place."""
    job = platform.state.jobs[attempt.job]
    platform.places.find(name, platform.alike_key(attempt), job.preemptible, job.priority)


def leave_place(platform: Platform, name: str, attempt: Attempt) -> None:
    """It neither has a place any more nor waits for one."""
    priority = platform.state.jobs[attempt.job].priority
    platform.places.leave(name, platform.alike_key(attempt), priority)


def vacate(platform: Platform, attempt: Attempt, from_slot: int) -> None:
    """Capacity from `from_slot` on is free again."""
    figures = attempt.figures
    platform.take(figures.pool, max(attempt.first_slot, from_slot), figures.to_slot, -attempt.milli)


def give_up_reservation(platform: Platform, name: str) -> None:
    """All that it holds is free again, its pairing's quota too: it goes elsewhere."""
    attempt = platform.state.attempts[name]
    vacate(platform, attempt, attempt.figures.from_slot)
    use_pairing(platform, attempt, -attempt.figures.limit_s * attempt.milli)


def attempt_moved(platform: Platform, event: events.AttemptMoved) -> None:
    """The reservation lies elsewhere in its centre; the hold stays."""
    name = attempt_name(event.job, event.number)
    attempt, job = platform.state.attempts[name], platform.state.jobs[event.job]
    give_up_reservation(platform, name)
    milli = platform.shape_of(job).alternatives[event.figures.alternative].milli
    for key in holding_keys(job.enterprise, job.project):
        platform.state.holdings[key].milli += milli - attempt.milli
    attempt.figures, attempt.milli = event.figures, milli
    occupy(platform, name, attempt)


def attempt_prolonged(platform: Platform, event: events.AttemptProlonged) -> None:
    """The reservation is longer; what was used so far stays where it was."""
    name = attempt_name(event.job, event.number)
    attempt = platform.state.attempts[name]
    old, new = attempt.figures, event.figures
    platform.take(new.pool, old.to_slot, new.to_slot, attempt.milli)
    use_pairing(platform, attempt, (new.limit_s - old.limit_s) * attempt.milli)
    attempt.figures = new
    if attempt.used_us:
        attempt.used_us += [0] * (new.to_slot - old.to_slot)
    platform.agenda.arm(overdue_at(platform, name), "overdue", name)


def attempt_dispatched(platform: Platform, event: events.AttemptDispatched) -> None:
    """The order to launch stands in the centre's list until the attempt is over."""
    name = attempt_name(event.job, event.number)
    send_out(platform, name, platform.state.attempts[name], event.order)


def attempt_stood_by(platform: Platform, event: events.AttemptStoodBy) -> None:
    """It is sent out without a place; one that was reserved gives up what it held."""
    name = attempt_name(event.job, event.number)
    if name in platform.state.attempts:
        give_up_reservation(platform, name)
    else:
        begin_attempt(platform, event.job, event.number, event.figures)
    attempt = platform.state.attempts[name]
    attempt.place, attempt.held_from, attempt.figures = "awaited", event.held_from, event.figures
    take_capacity(platform, attempt)
    send_out(platform, name, attempt, event.order)


def send_out(platform: Platform, name: str, attempt: Attempt, order: int) -> None:
    """The order with its launch."""
    job, centre = platform.state.jobs[attempt.job], platform.state.centres[attempt.centre]
    shape, figures = platform.shape_of(job), attempt.figures
    attempt.orders.append(order)
    centre.order_count = order
    centre.orders[order] = Launch(
        order, name, job.name, job.enterprise, figures.pool, shape.alternatives[figures.alternative],
        shape.cpus, shape.memory_mb, figures.start_at, figures.end_at, figures.limit_s, job.content,
        job.checkpoint, job.saves_checkpoint, job.lost_after_s, job.index, job.shape,
        attempt.place == "awaited",
    )  # fmt: skip
    attempt.state, attempt.skipped_us = "dispatched", platform.state.skipped_us
    watch_attempt(platform, name, attempt)


def attempt_let_in(platform: Platform, event: events.AttemptLetIn) -> None:
    """It has a place from now on: another's, or what was free."""
    name, now = attempt_name(event.job, event.number), platform.terms.slot_of(event.at)
    attempt = platform.state.attempts[name]
    if event.place_of:
        before = platform.state.attempts[event.place_of]
        vacate(platform, before, now)
        leave_place(platform, event.place_of, before)
        before.place, before.held_from = "given", before.figures.to_slot
    figures = attempt.figures
    platform.take(figures.pool, max(figures.from_slot, now), attempt.first_slot, attempt.milli)
    leave_place(platform, name, attempt)
    attempt.place, attempt.held_from = "own", 0
    find_place(platform, name, attempt)


def order_given(platform: Platform, event: events.OrderGiven) -> None:
    """One more order about an attempt."""
    centre, order = platform.state.centres[event.centre], event.order
    centre.order_count = order.number
    centre.orders[order.number] = order
    attempt = platform.state.attempts[order.attempt]
    attempt.orders.append(order.number)
    if isinstance(order, Stop):
        attempt.stopping = order.why
        if attempt.state != "ended":
            arm_lost(platform, order.attempt)


def attempt_ended(platform: Platform, event: events.AttemptEnded) -> None:
    """The attempt is over: its capacity is free from this slot on, its orders are done with."""
    state = platform.state
    name = attempt_name(event.job, event.number)
    attempt, job = state.attempts[name], state.jobs[event.job]
    vacate(platform, attempt, platform.terms.slot_of(event.at))
    held_s = attempt.figures.limit_s * attempt.milli
    used_s = sum(attempt.used_us) // 1_000_000
    hold = state.vouchers.ledger.holds.get(name)
    # what is not paid for leaves the pairing's quota as it was
    paid_s = used_s if hold is None or hold.captured_micro else 0
    use_pairing(platform, attempt, min(paid_s, held_s) - held_s)
    in_vain = attempt.place == "awaited" and event.reason == "moved"
    job.returns += attempt.state != "reserved" and not in_vain
    if event.reason == "does_not_fit":
        refusals.remember(state, job.shape, attempt.centre, attempt.figures.pool, event.at)
    elif state.refusals:
        refusals.forget(state, attempt.centre, frozenset({attempt.figures.pool}))
    attempt.state, attempt.outcome, attempt.reason = "ended", event.outcome, event.reason
    attempt.ended_at, attempt.exit_code, attempt.note = event.ended_at, event.exit_code, event.note
    attempt.outputs = event.outputs
    centre = state.centres[attempt.centre]
    centre.attempts.pop(name, None)
    leave_place(platform, name, attempt)
    forget_orders(centre, attempt)
    leave_room(platform, name)
    for key in holding_keys(job.enterprise, job.project):
        holding = state.holdings[key]
        holding.milli -= attempt.milli
        holding.jobs -= 1
        holding.used_milli_s += used_s


def leave_room(platform: Platform, name: str) -> None:
    """An attempt that was told to make room has done so; after the last the capacity is free for all."""
    job = platform.room_of.pop(name, None)
    if job is not None:
        room = platform.state.rooms[job]
        del room.victims[name]
        if not room.victims:
            forget_room(platform, job)


def forget_orders(centre: CentreState, attempt: Attempt) -> None:
    """Its agent has nothing more to be told about this attempt."""
    for number in attempt.orders:
        centre.orders.pop(number, None)
    attempt.orders.clear()


def fact_fenced(platform: Platform, event: events.FactFenced) -> None:
    """Too late for the money; the agent that has ended it needs no more orders about it."""
    attempt = platform.state.attempts[event.fact.attempt]
    if isinstance(event.fact, Ended):
        forget_orders(platform.state.centres[attempt.centre], attempt)
    elif isinstance(event.fact, Used):
        attempt.meters[event.fact.meter] = event.fact.to_at
