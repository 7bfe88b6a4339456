"""Standing by: where short work follows on short work, a centre's agent has the next attempts at hand.

One that stands by is sent out with its money held and without a place. Its agent begins it as soon as one
alike ends there, in whose place it goes on: the platform hears of both at once, and nothing waits for it.
Alike are attempts of one shape in one pool by one alternative, so that a place fits and lasts.
It comes back to the queue where none alike has ended there for a few seconds (`centre_standby`).
"""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.backfilling import first_blocked
from suanwang.engine.centre_standby import STANDBY_S
from suanwang.engine.events import ReasonRecord
from suanwang.engine.figures import Figures
from suanwang.engine.filling import fair_use, figures_now, first_waiting, money_to_move
from suanwang.engine.placing import best_place, figures_of, is_affordable, shut_centres
from suanwang.engine.platform import Attempt, Job, Platform
from suanwang.engine.reserving import money_for
from suanwang.engine.stretch import Reservation
from suanwang.ledger.events import AnyEvent as AnyLedgerEvent

SHORT_S = 2
"""What has run for no longer may be followed by one that stands by."""
EACH = 2
"""So many may stand by for each attempt in whose place they could go on."""
FEW = 4
"""Where more alike run, ends come in crowds, and reports and orders go together: that costs less a job."""
AT_ONCE = 2
RESERVED_LOOKED_AT = 8


def stand_by(platform: Platform, ended: Attempt, at: int) -> Iterator[events.AnyEvent]:
    """Sends out the next alike to what has just ended, where that was short and others alike run on."""
    if not is_short(ended) or not platform.state.centres[ended.centre].open:
        return
    alike = platform.places.alike.get(platform.alike_key(ended))
    for _ in range(AT_ONCE):
        standbys = platform.places.standbys.get(ended.figures.pool, ())
        if not alike or len(alike) > FEW or len(standbys) >= EACH * len(alike):
            return
        # whoever is alike has the same limit: the first of them has its place for the shortest time
        held_from = platform.state.attempts[next(iter(alike))].figures.to_slot
        sent = False
        for event in send_next(platform, ended, held_from, at):
            sent = True
            yield event
        if not sent:
            return


def is_short(ended: Attempt) -> bool:
    """Whether it has run to its own end at once."""
    if ended.started_at is None or ended.ended_at is None or ended.stopping:
        return False
    return ended.ended_at - ended.started_at <= SHORT_S * 1_000_000


def send_next(platform: Platform, ended: Attempt, held_from: int, at: int) -> Iterator[events.AnyEvent]:
    """Whoever goes next in the pool, if that is one alike: reserved there for later, or first in line."""
    state, ground, figures = platform.state, platform.ground, ended.figures
    row = ground.row_of[figures.pool]
    priority = first_waiting(platform, ground.devices[row], ended.milli, at)
    for name in platform.reserved_soon(figures.pool, RESERVED_LOOKED_AT):
        attempt = state.attempts[name]
        job = state.jobs[attempt.job]
        if priority is not None and job.priority < priority:
            continue
        if platform.alike_key(attempt) != platform.alike_key(ended) or attempt.figures.start_at <= at:
            return
        if first_blocked(platform, figures.pool, job.priority, at) is not None:
            return
        if job.deadline_at is not None:  # it does not give up a place that is in time
            return
        new = figures_now(platform, attempt, at)
        money = None if new is None else money_to_move(platform, name, job, attempt.figures, new, at)
        if new is not None and money is not None and lasts(platform, new, attempt.milli, held_from, attempt):
            yield from money
            yield from sent_ahead(platform, attempt.job, attempt.number, new, held_from, at)
        return
    name = first_in_line(platform, ground.devices[row], at)
    job = None if name is None else state.jobs[name]
    if name is None or job is None or job.shape != state.jobs[ended.job].shape:
        return
    if first_blocked(platform, figures.pool, job.priority, at) is not None:
        return
    found = figures_in_line(platform, name, job, ended, at)
    if found is None or not lasts(platform, found[0], ended.milli, held_from):
        return
    yield from found[1]
    yield from sent_ahead(platform, name, job.last + 1, found[0], held_from, at)


def sent_ahead(
    platform: Platform, job: str, number: int, figures: Figures, held_from: int, at: int
) -> Iterator[events.AnyEvent]:
    """The reservation with its order. `held_from`: until that slot its predecessor's place lasts."""
    centre = platform.centre_of[figures.pool]
    order, first = platform.state.centres[centre].order_count + 1, min(held_from, figures.to_slot)
    yield events.AttemptStoodBy(at, job, number, centre, figures, first, order)


def lasts(platform: Platform, new: Figures, milli: int, held_from: int, old: Attempt | None = None) -> bool:
    """Whether it keeps the time for its limit, and what it needs beyond its predecessor's place is free, its
    own old reservation given back."""
    if new.start_at + (STANDBY_S + new.limit_s) * 1_000_000 > new.end_at:
        return False
    row = platform.ground.row_of[new.pool]
    held = Reservation(row, 0, 0, 0)
    if old is not None:
        held = Reservation(row, old.first_slot, old.figures.to_slot, old.milli)
    if held_from >= new.to_slot:
        return True
    return new.from_slot < held_from and platform.ground.fits_beside(row, held_from, new.to_slot, milli, held)


def first_in_line(platform: Platform, device: str, at: int) -> str | None:
    """Who goes first of those that could use a device class, if it may start now."""
    for _, (_, _, name) in platform.line.heads(device, lambda who: fair_use(platform, who), 1):
        if name not in platform.state.rooms and platform.state.jobs[name].not_before_at <= at:
            return name
    return None


def figures_in_line(
    platform: Platform, name: str, job: Job, ended: Attempt, at: int
) -> tuple[Figures, tuple[AnyLedgerEvent, ...]] | None:
    """A waiting job's reservation like that of `ended`, from now on, with its money.

    None where it may not have that, or finds a place of its own now.
    """
    ground, shape = platform.ground, platform.shape_of(job)
    row = ground.row_of[ended.figures.pool]
    shut = shut_centres(platform, name, job, at)
    if job.deadline_at is not None or (shut is not None and shut[ground.centre_of[row]]):
        return None
    place = ground.could_start(shape, ended.figures.alternative, row, at, job.release_at)
    if place is None:
        return None
    figures = figures_of(platform, shape, place, at)
    if not is_affordable(platform, job, figures):
        return None
    best, _ = best_place(platform, name, job, at)
    if best is not None and best.start_at <= at:
        return None
    money = money_for(platform, name, job, figures, at)
    return None if isinstance(money, ReasonRecord) else (figures, money)
