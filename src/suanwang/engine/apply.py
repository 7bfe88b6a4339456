"""Applying an event: the state follows, nothing is decided. A replay is this, event after event."""

import gc
from collections.abc import Callable, Iterable
from heapq import heappush
from typing import Any

import msgspec

from suanwang.engine import conformance, events, tokens, voucher_apply
from suanwang.engine.apply_facts import apply_fact
from suanwang.engine.platform import (
    Attempt,
    CentreState,
    Holding,
    Job,
    PairingState,
    Platform,
    Quota,
    ZoneSignals,
    attempt_name,
)
from suanwang.ledger.refusals import CorruptLog
from suanwang.model.facts import Ended
from suanwang.model.job import Shape
from suanwang.model.orders import Launch, Stop
from suanwang.units.errors import Fault
from suanwang.units.text import Text


def apply(platform: Platform, event: events.AnyEvent) -> None:
    """Changes the state by one event. Raises CorruptLog where it cannot follow; the state is then void."""
    state = platform.state
    state.events += 1
    state.at = max(state.at, event.at)
    change = CHANGES.get(type(event))
    if change is None:
        voucher_apply.apply(state.vouchers, event)  # pyright: ignore[reportArgumentType]
        return
    try:
        change(platform, event)
    except (KeyError, IndexError) as error:
        what = Text(f"it names {error}, which is not there", f"引用了不存在的 {error}")
        raise CorruptLog([Fault(str(event.__struct_config__.tag), what)]) from error


def replay(platform: Platform, records: Iterable[bytes]) -> None:
    """Applies a log's records. Raises CorruptLog at the first that cannot follow."""
    collecting = gc.isenabled()
    gc.disable()
    try:
        for record in records:
            try:
                event = events.decode(record)
            except msgspec.DecodeError as error:
                what = Text(f"not an event of this version: {error}", f"不是本版本的事件：{error}")
                raise CorruptLog([Fault("log", what, found=repr(record[:80]))]) from None
            apply(platform, event)
    finally:
        if collecting:
            gc.enable()


def network_opened(platform: Platform, event: events.NetworkOpened) -> None:
    """The terms hold from now on."""
    platform.state.terms = event.terms
    platform.agenda.arm(event.terms.start_of(event.terms.slot_of(event.at) + 1), "slot")
    platform.network_changed()


def centre_enrolled(platform: Platform, event: events.CentreEnrolled) -> None:
    """A centre's rows, new or replaced."""
    known = platform.state.centres.get(event.centre.centre)
    if known is None:
        platform.state.centres[event.centre.centre] = CentreState(event.centre, event.pools)
    else:
        known.row, known.pools, known.withdrawn = event.centre, event.pools, False
    platform.network_changed()


def centre_withdrawn(platform: Platform, event: events.CentreWithdrawn) -> None:
    """No new work."""
    platform.state.centres[event.centre].withdrawn = True
    platform.network_changed()


def regions_listed(platform: Platform, event: events.RegionsListed) -> None:
    """Regions by name."""
    platform.state.regions.update({row.region: row for row in event.regions})
    platform.network_changed()


def links_listed(platform: Platform, event: events.LinksListed) -> None:
    """Links by their pair."""
    platform.state.links.update({f"{row.region}>{row.centre}": row for row in event.links})
    platform.network_changed()


def pairings_listed(platform: Platform, event: events.PairingsListed) -> None:
    """Pairings in the order in which they came."""
    platform.state.pairings += [PairingState(row) for row in event.pairings]


def outage_declared(platform: Platform, event: events.OutageDeclared) -> None:
    """One more outage; they add up."""
    platform.state.outages.append(event.outage)
    platform.network_changed()


def signals_published(platform: Platform, event: events.SignalsPublished) -> None:
    """Signals of the slots named."""
    new = event.signals
    zone = platform.state.signals.setdefault(new.zone, ZoneSignals())
    for offset, pair in enumerate(zip(new.price_micro_per_kwh, new.carbon_g_per_kwh, strict=True)):
        zone.of_slot[new.from_slot + offset] = pair
    platform.network_changed()


def centre_joined(platform: Platform, event: events.CentreJoined) -> None:
    """A new agent session: it speaks."""
    centre = platform.state.centres[event.centre]
    centre.session = event.session
    heard(platform, event.centre)


def centre_fits(platform: Platform, event: events.CentreFits) -> None:
    """What fits now."""
    platform.state.centres[event.centre].fits = event.shapes


def centre_silent(platform: Platform, event: events.CentreSilent) -> None:
    """Its attempts are suspect: each has its own patience."""
    state = platform.state
    centre = state.centres[event.centre]
    centre.silent_since = event.since_at
    for name in centre.attempts:
        arm_lost(platform, name)
    if platform.has_network:
        platform.ground.set_open(event.centre, centre.open)


def arm_lost(platform: Platform, name: str) -> None:
    """Look at an attempt when its centre has been silent for too long."""
    lost_at = platform.lost_at(name)
    if lost_at is not None:
        platform.agenda.arm(lost_at, "lost", name)


def centre_heard(platform: Platform, event: events.CentreHeard) -> None:
    """No longer silent."""
    heard(platform, event.centre)


def heard(platform: Platform, name: str) -> None:
    """The centre is open again; what should have started meanwhile is due now."""
    centre = platform.state.centres[name]
    centre.silent_since = None
    if platform.has_network:
        platform.ground.set_open(name, centre.open)
    platform.line.full.clear()
    for attempt_id in centre.attempts:
        attempt = platform.state.attempts[attempt_id]
        if attempt.state == "reserved":
            platform.agenda.arm(attempt.figures.start_at, "start", attempt_id)


def lead_taken(platform: Platform, event: events.LeadTaken) -> None:
    """Silence counts from here; those who were silent get their patience anew."""
    state = platform.state
    state.lead_at, state.epoch = event.at, event.epoch
    for centre in state.centres.values():
        if centre.silent_since is not None:
            for name in centre.attempts:
                arm_lost(platform, name)


def quota_set(platform: Platform, event: events.QuotaSet) -> None:
    """The quota of an enterprise, or of one of its projects."""
    key = holding_key(event.enterprise, event.project)
    platform.state.quotas[key] = Quota(event.milli_most, event.jobs_most, event.weight)


def holding_key(enterprise: str, project: str) -> str:
    """How holdings and quotas are keyed: an enterprise, or one project of it."""
    return f"{enterprise}/{project}" if project else enterprise


def number_of(platform: Platform, shape: Shape) -> int:
    """The shape's number, given where it is new."""
    number = platform.number_of_shape.get(shape)
    if number is None:
        number = len(platform.state.shapes)
        platform.state.shapes.append(shape)
        platform.number_of_shape[shape] = number
    return number


def job_admitted(platform: Platform, event: events.JobAdmitted) -> None:
    """The job is on file and waits; what it depends on holds it back."""
    state, spec = platform.state, event.spec
    state.job_count += 1
    pending = tuple(name for name in spec.depends_on if state.jobs[name].state != "succeeded")
    state.jobs[event.job] = Job(
        event.enterprise, spec.project, spec.name, number_of(platform, spec.shape), state.job_count,
        event.index, event.at, spec.not_before_at, spec.deadline_at, spec.priority, spec.preemptible,
        spec.checkpoint, spec.max_price_micro, spec.voucher, spec.lost_after_s, spec.content, pending,
    )  # fmt: skip
    for name in pending:
        state.dependents.setdefault(name, []).append(event.job)
    watch_job(platform, event.job)


def watch_job(platform: Platform, name: str) -> None:
    """A queued job stands in its line, and its window closes at some time."""
    job = platform.state.jobs[name]
    shape = platform.shape_of(job)
    if job.deadline_at is not None:
        platform.agenda.arm(job.deadline_at - shape.shortest_s * 1_000_000 + 1, "expire", name)
    if job.state == "queued":
        devices = tuple(dict.fromkeys(one.device for one in shape.alternatives))
        platform.line.join(platform.line_key(job), devices, (-job.priority, job.sequence, name))


def job_refused(platform: Platform, event: events.JobRefused) -> None:
    """Its number is used up; the reasons stay in the log."""
    platform.state.job_count += 1


def job_held(platform: Platform, event: events.JobHeld) -> None:
    """It leaves the queue."""
    job = platform.state.jobs[event.job]
    unhold(platform, event.job, job)
    job.state, job.why = "held", event.why
    platform.state.held[event.job] = event.reason
    platform.held_for.setdefault((event.why, job.enterprise), {})[event.job] = None


def unhold(platform: Platform, name: str, job: Job) -> None:
    """It is not held any more."""
    if job.state == "held":
        platform.state.held.pop(name, None)
        platform.held_for.get((job.why, job.enterprise), {}).pop(name, None)


def job_queued(platform: Platform, event: events.JobQueued) -> None:
    """It stands in line (again)."""
    job = platform.state.jobs[event.job]
    unhold(platform, event.job, job)
    job.state, job.why = "queued", event.why
    watch_job(platform, event.job)


def cancel_asked(platform: Platform, event: events.CancelAsked) -> None:
    """However its attempt ends, the job is cancelled."""
    platform.state.jobs[event.job].cancelled = True


def attempt_reserved(platform: Platform, event: events.AttemptReserved) -> None:
    """Capacity is taken."""
    state, figures = platform.state, event.figures
    job = state.jobs[event.job]
    name = attempt_name(event.job, event.number)
    one = platform.shape_of(job).alternatives[figures.alternative]
    ground = platform.ground
    row = ground.row_of[figures.pool]
    centre = ground.centres[ground.centre_of[row]]
    job.state, job.why, job.last = "active", "", event.number
    state.attempts[name] = Attempt(event.job, event.number, centre, figures, one.milli)
    state.centres[centre].attempts[name] = None
    occupy(platform, name)
    for key in {job.enterprise, holding_key(job.enterprise, job.project)}:
        holding = state.holdings.setdefault(key, Holding())
        holding.milli += one.milli
        holding.jobs += 1


def occupy(platform: Platform, name: str) -> None:
    """The reservation's capacity is taken, its pairing's quota too, and its start is on the agenda."""
    attempt = platform.state.attempts[name]
    figures = attempt.figures
    row = platform.ground.row_of[figures.pool]
    platform.ground.take(row, figures.from_slot, figures.to_slot, attempt.milli)
    use_pairing(platform, attempt, figures.limit_s * attempt.milli)
    if attempt.state == "reserved":
        platform.agenda.arm(figures.start_at, "start", name)
        sequence = platform.state.jobs[attempt.job].sequence
        heappush(platform.reserved.setdefault(figures.pool, []), (figures.start_at, sequence, name))
    platform.agenda.arm(figures.end_at + OVERDUE_S * 1_000_000, "overdue", name)


OVERDUE_S = 120
"""So long after its latest end an attempt that has not ended is told to stop."""


def use_pairing(platform: Platform, attempt: Attempt, milli_s: int) -> None:
    """Count device-seconds against the pairing whose discount the attempt has."""
    if attempt.figures.discount_bp:
        job = platform.state.jobs[attempt.job]
        hub = platform.state.centres[attempt.centre].row.hub
        region = platform.shape_of(job).region
        for pairing in platform.state.pairings:
            row = pairing.row
            if row.to_hub == hub and region.startswith(row.from_region):
                pairing.taken_milli_s += milli_s
                return


def vacate(platform: Platform, attempt: Attempt, from_slot: int) -> None:
    """Capacity from `from_slot` on is free again."""
    figures = attempt.figures
    row = platform.ground.row_of.get(figures.pool)
    if row is not None:
        platform.ground.take(row, max(figures.from_slot, from_slot), figures.to_slot, -attempt.milli)
    platform.line.full.clear()


def attempt_moved(platform: Platform, event: events.AttemptMoved) -> None:
    """The reservation lies elsewhere; the hold stays."""
    name = attempt_name(event.job, event.number)
    attempt = platform.state.attempts[name]
    vacate(platform, attempt, attempt.figures.from_slot)
    use_pairing(platform, attempt, -attempt.figures.limit_s * attempt.milli)
    attempt.figures = event.figures
    occupy(platform, name)


def attempt_prolonged(platform: Platform, event: events.AttemptProlonged) -> None:
    """The reservation is longer; what was used so far stays where it was."""
    attempt = platform.state.attempts[attempt_name(event.job, event.number)]
    old, new = attempt.figures, event.figures
    row = platform.ground.row_of[new.pool]
    platform.ground.take(row, old.to_slot, new.to_slot, attempt.milli)
    use_pairing(platform, attempt, (new.limit_s - old.limit_s) * attempt.milli)
    attempt.figures = new
    if attempt.used_us:
        attempt.used_us += [0] * (new.to_slot - old.to_slot)
    platform.agenda.arm(new.end_at + OVERDUE_S * 1_000_000, "overdue", attempt_name(event.job, event.number))


def attempt_dispatched(platform: Platform, event: events.AttemptDispatched) -> None:
    """The order to launch stands in the centre's list until the attempt is over."""
    state = platform.state
    job = state.jobs[event.job]
    name = attempt_name(event.job, event.number)
    attempt, centre = state.attempts[name], state.centres[event.centre]
    shape, figures = platform.shape_of(job), attempt.figures
    attempt.state = "dispatched"
    attempt.orders.append(event.order)
    centre.order_count = event.order
    centre.orders[event.order] = Launch(
        event.order, name, job.name, job.enterprise, figures.pool, shape.alternatives[figures.alternative],
        shape.cpus, shape.memory_mb, figures.start_at, figures.end_at, figures.limit_s, job.content,
        job.checkpoint, job.saves_checkpoint, job.lost_after_s, job.index,
    )  # fmt: skip


def order_given(platform: Platform, event: events.OrderGiven) -> None:
    """One more order about an attempt."""
    centre = platform.state.centres[event.centre]
    centre.order_count = event.order.number
    centre.orders[event.order.number] = event.order
    attempt = platform.state.attempts[event.order.attempt]
    attempt.orders.append(event.order.number)
    if isinstance(event.order, Stop):
        attempt.stopping = event.order.why


def fact_recorded(platform: Platform, event: events.FactRecorded) -> None:
    """What the agent saw."""
    apply_fact(platform, event.fact)


def attempt_ended(platform: Platform, event: events.AttemptEnded) -> None:
    """The attempt is over: its capacity is free from this slot on, its orders are done with."""
    state = platform.state
    name = attempt_name(event.job, event.number)
    attempt, job = state.attempts[name], state.jobs[event.job]
    vacate(platform, attempt, platform.terms.slot_of(event.at))
    held_s = attempt.figures.limit_s * attempt.milli
    used_s = sum(attempt.used_us) // 1_000_000
    use_pairing(platform, attempt, min(used_s, held_s) - held_s)
    attempt.state, attempt.outcome, attempt.reason = "ended", event.outcome, event.reason
    attempt.ended_at, attempt.exit_code, attempt.note = event.ended_at, event.exit_code, event.note
    attempt.outputs = event.outputs
    attempt.settled = True
    centre = state.centres[attempt.centre]
    centre.attempts.pop(name, None)
    forget_orders(centre, attempt)
    for key in {job.enterprise, holding_key(job.enterprise, job.project)}:
        holding = state.holdings[key]
        holding.milli -= attempt.milli
        holding.jobs -= 1
        holding.used_milli_s += used_s


def forget_orders(centre: CentreState, attempt: Attempt) -> None:
    """Its agent has nothing more to be told about this attempt."""
    for number in attempt.orders:
        centre.orders.pop(number, None)
    attempt.orders.clear()


def fact_fenced(platform: Platform, event: events.FactFenced) -> None:
    """Too late for the money; the agent that has ended it needs no more orders about it."""
    attempt = platform.state.attempts.get(event.fact.attempt)
    if attempt is not None and isinstance(event.fact, Ended):
        forget_orders(platform.state.centres[attempt.centre], attempt)


def job_ended(platform: Platform, event: events.JobEnded) -> None:
    """Closed; those who depend on it learn."""
    state = platform.state
    job = state.jobs[event.job]
    unhold(platform, event.job, job)
    job.state, job.why = event.state, event.reason
    if event.state == "succeeded":
        for name in state.dependents.pop(event.job, []):
            other = state.jobs[name]
            other.waiting_on = tuple(one for one in other.waiting_on if one != event.job)


def clearing_asked(platform: Platform, event: events.ClearingAsked) -> None:
    """A clearing is under way."""
    platform.state.clearing_count = platform.state.clearing = event.serial
    platform.state.cleared_slot = event.from_slot


def prices_published(platform: Platform, event: events.PricesPublished) -> None:
    """Scarcity prices of a pool; all pools of a clearing are taken over when it is recorded as cleared."""
    platform.state.prices[event.pool] = (event.from_slot, event.price_micro)


def cleared(platform: Platform, event: events.Cleared) -> None:
    """The clearing is over."""
    platform.state.clearing = None
    if platform.has_network:
        platform.ground.set_prices(platform.state.prices)


CHANGES: dict[type[Any], Callable[[Platform, Any], None]] = {
    events.NetworkOpened: network_opened,
    events.CentreEnrolled: centre_enrolled,
    events.CentreWithdrawn: centre_withdrawn,
    events.RegionsListed: regions_listed,
    events.LinksListed: links_listed,
    events.PairingsListed: pairings_listed,
    events.OutageDeclared: outage_declared,
    events.SignalsPublished: signals_published,
    events.CentreJoined: centre_joined,
    events.CentreFits: centre_fits,
    events.CentreSilent: centre_silent,
    events.CentreHeard: centre_heard,
    events.LeadTaken: lead_taken,
    events.QuotaSet: quota_set,
    events.JobAdmitted: job_admitted,
    events.JobRefused: job_refused,
    events.JobHeld: job_held,
    events.JobQueued: job_queued,
    events.CancelAsked: cancel_asked,
    events.AttemptReserved: attempt_reserved,
    events.AttemptMoved: attempt_moved,
    events.AttemptProlonged: attempt_prolonged,
    events.AttemptDispatched: attempt_dispatched,
    events.OrderGiven: order_given,
    events.FactRecorded: fact_recorded,
    events.FactFenced: fact_fenced,
    events.AttemptEnded: attempt_ended,
    events.JobEnded: job_ended,
    events.ClearingAsked: clearing_asked,
    events.PricesPublished: prices_published,
    events.Cleared: cleared,
    tokens.TokenIssued: tokens.token_issued,
    tokens.TokenRevoked: tokens.token_revoked,
    conformance.CentreGraded: conformance.centre_graded,
}
