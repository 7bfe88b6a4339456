"""What the platform knows: its network, its jobs and attempts, the money behind them.

All of it follows from the events of the log alone. Only `apply` changes the records; `derived` parts (arrays,
lines, agenda, indices) follow from them: a snapshot leaves them out.
"""

from collections.abc import Iterator

import msgspec

from suanwang.engine.agenda import Agenda, Due
from suanwang.engine.conformance import CentreGraded
from suanwang.engine.events import ReasonRecord
from suanwang.engine.figures import Figures
from suanwang.engine.ground import Ground
from suanwang.engine.holding import Holding, Quota
from suanwang.engine.lateness import lost_at, overdue_at
from suanwang.engine.line import Line, LineKey, Ticket
from suanwang.engine.places import AlikeKey, Places
from suanwang.engine.refusals import Refusal
from suanwang.engine.tokens import TokenIssued
from suanwang.engine.voucher_state import Vouchers, empty_vouchers
from suanwang.model.facts import EndReason, FitShape
from suanwang.model.job import AttemptPlace, AttemptState, JobState, Outcome, Shape, Voucher
from suanwang.model.network import CentreRow, LinkRow, Outage, PairingRow, PoolRow, RegionRow, Terms
from suanwang.model.orders import AnyOrder
from suanwang.policy.rules import Rules


class Job(msgspec.Struct, gc=False):
    """A job. `shape`: its number in `Platform.shapes`. `sequence`: its place in the order of admission.

    `waiting_on`: jobs it depends on that have not succeeded. `last`: number of its last attempt, 0 for none.
    `returns`: attempts that were sent out and came back. `look_at`: not placed before (back-off), 0 for any
    time. `content`, `checkpoint`: names of what lies beside the log, "" for none.
    """

    enterprise: str
    project: str
    name: str
    shape: int
    sequence: int
    index: int
    submitted_at: int
    not_before_at: int
    deadline_at: int | None
    priority: int
    preemptible: bool
    saves_checkpoint: bool
    max_price_micro: int | None
    voucher: Voucher
    lost_after_s: int
    content: str
    waiting_on: tuple[str, ...]
    state: JobState = "queued"
    why: str = ""
    last: int = 0
    returns: int = 0
    look_at: int = 0
    checkpoint: str = ""
    cancelled: bool = False

    @property
    def release_at(self) -> int:
        """It cannot start before; its input moves from then on."""
        return max(self.submitted_at, self.not_before_at)


class Attempt(msgspec.Struct, gc=False):
    """One attempt. Its hold in the ledger is named as it is: `<job>.<number>`.

    `used_us`: milli-device-microseconds by reserved slot; `meters`: how far each meter was read. `orders`:
    numbers of the orders about it that stand. `skipped_us`: as the platform's when it was sent out.
    `held_from`: it holds capacity from this slot on; 0: from its first. `pairing`: the number of the pairing
    that its discount comes from; -1: none.
    """

    job: str
    number: int
    centre: str
    figures: Figures
    milli: int
    state: AttemptState = "reserved"
    orders: list[int] = msgspec.field(default_factory=list)
    started_at: int | None = None
    ended_at: int | None = None
    outcome: Outcome | None = None
    reason: EndReason = ""
    exit_code: int | None = None
    note: str = ""
    outputs: str = ""
    stopping: str = ""
    progress_bp: int = 0
    used_us: list[int] = msgspec.field(default_factory=list)
    meters: dict[str, int] = msgspec.field(default_factory=dict)
    energy_wh: int | None = None
    erased_at: int | None = None
    skipped_us: int = 0
    place: AttemptPlace = "own"
    held_from: int = 0
    pairing: int = -1

    @property
    def first_slot(self) -> int:
        """It holds capacity from this slot on."""
        return self.held_from or self.figures.from_slot


class CentreState(msgspec.Struct):
    """A centre. `orders`: what its agent has still to be told, by number; `attempts`: those not ended.

    `failed`: its last conformance run showed that money cannot rest on what it says.
    """

    row: CentreRow
    pools: tuple[PoolRow, ...]
    session: int = 0
    silent_since: int | None = None
    withdrawn: bool = False
    failed: bool = False
    orders: dict[int, AnyOrder] = msgspec.field(default_factory=dict)
    order_count: int = 0
    fits: tuple[FitShape, ...] = ()
    attempts: dict[str, None] = msgspec.field(default_factory=dict)

    @property
    def open(self) -> bool:
        """Whether new work may be planned there."""
        return not self.withdrawn and not self.failed and self.silent_since is None


class PairingState(msgspec.Struct):
    """A pairing and how much of its quota is reserved or used."""

    row: PairingRow
    taken_milli_s: int = 0


class ZoneSignals(msgspec.Struct):
    """What is published of a grid zone: by slot, (price, carbon) as decimal texts."""

    of_slot: dict[int, tuple[str, str]] = msgspec.field(default_factory=dict)


class Room(msgspec.Struct):
    """Capacity kept for a waiting job while the attempts that make room for it (`victims`) come to an end."""

    pool: str
    milli: int
    from_slot: int
    to_slot: int
    victims: dict[str, None]


class HeldRecord(msgspec.Struct, frozen=True, gc=False):
    """Why a job is held, and what its next hold needs where it waits for money."""

    reason: ReasonRecord
    needed_micro: int = 0


class Records(msgspec.Struct):
    """Everything that a snapshot keeps.

    `skipped_us`: what the clock told between the last event of each lead and the next lead: nobody knows
    how much of it has passed. `refusals`: shape → centre → what its agent sent back of late.
    """

    vouchers: Vouchers
    terms: Terms | None = None
    centres: dict[str, CentreState] = msgspec.field(default_factory=dict)
    regions: dict[str, RegionRow] = msgspec.field(default_factory=dict)
    links: dict[str, LinkRow] = msgspec.field(default_factory=dict)
    pairings: list[PairingState] = msgspec.field(default_factory=list)
    outages: list[Outage] = msgspec.field(default_factory=list)
    signals: dict[str, ZoneSignals] = msgspec.field(default_factory=dict)
    shapes: list[Shape] = msgspec.field(default_factory=list)
    jobs: dict[str, Job] = msgspec.field(default_factory=dict)
    attempts: dict[str, Attempt] = msgspec.field(default_factory=dict)
    dependents: dict[str, list[str]] = msgspec.field(default_factory=dict)
    held: dict[str, HeldRecord] = msgspec.field(default_factory=dict)
    rooms: dict[str, Room] = msgspec.field(default_factory=dict)
    quotas: dict[str, Quota] = msgspec.field(default_factory=dict)
    holdings: dict[str, Holding] = msgspec.field(default_factory=dict)
    prices: dict[str, tuple[int, tuple[int, ...]]] = msgspec.field(default_factory=dict)
    tokens: dict[str, TokenIssued] = msgspec.field(default_factory=dict)
    revoked_tokens: dict[str, int] = msgspec.field(default_factory=dict)
    conformance: dict[str, CentreGraded] = msgspec.field(default_factory=dict)
    refusals: dict[int, dict[str, Refusal]] = msgspec.field(default_factory=dict)
    job_count: int = 0
    clearing_count: int = 0
    clearing: int | None = None
    cleared_slot: int = -1
    lead_at: int = 0
    skipped_us: int = 0
    epoch: int = 0
    at: int = 0
    events: int = 0


def empty_records() -> Records:
    """The state before the first event."""
    return Records(empty_vouchers())


class Platform:
    """The one writer's state: the records, and what follows from them. `rules`: programmes by id.

    `reserved`: pool → (−priority, start, sequence, attempt) not yet sent out, in order;
    `held_for`: (why, enterprise) → project → jobs; `room_of`: attempt → the job that it makes room for;
    `centre_of`: pool → centre.
    `ground_type`: another one ranks places otherwise. `clears`: whether it asks for clearings at all.
    """

    ground_type: type[Ground] = Ground
    clears = True

    def __init__(self, state: Records | None = None, rules: dict[str, Rules] | None = None) -> None:
        self.state = state or empty_records()
        self.number_of_shape: dict[Shape, int] = {
            shape: number for number, shape in enumerate(self.state.shapes)
        }
        self.rules = rules or {}
        self.agenda = Agenda(self.applies)
        self.line = Line(self.waits)
        self.reserved: dict[str, list[tuple[int, int, int, str]]] = {}
        self.places = Places()
        self.held_for: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
        self.room_of: dict[str, str] = {}
        self.centre_of: dict[str, str] = {}
        self.at = 0
        self._ground: Ground | None = None
        self._ground_before: Ground | None = None

    @property
    def terms(self) -> Terms:
        """The platform's terms. Its network is open."""
        assert self.state.terms is not None
        return self.state.terms

    @property
    def ground(self) -> Ground:
        """The network as arrays, built when it is first needed after a change."""
        if self._ground is None:
            self._ground = self._build_ground(self.terms.slot_of(max(self.at, self.state.at)))
        return self._ground

    @property
    def has_network(self) -> bool:
        """Whether there is a network with a pool to plan on."""
        return self.state.terms is not None and bool(self.centre_of)

    def network_changed(self) -> None:
        """The arrays no longer hold."""
        self._ground_before = self._ground or self._ground_before
        self._ground = None
        self.line.full.clear()

    def _build_ground(self, from_slot: int) -> Ground:
        slots = 2 * self.terms.horizon_slots + 1
        ground = self.ground_type(self.state, from_slot, slots, self._ground_before)
        self._ground_before = None
        for pool, from_slot_, to_slot, milli in self.taken():
            ground.take(ground.row_of[pool], from_slot_, to_slot, milli)
        return ground

    def taken(self) -> Iterator[tuple[str, int, int, int]]:
        """(pool, first slot, end slot, milli-devices) of all that live attempts reserve and rooms keep."""
        for centre in self.state.centres.values():
            for name in centre.attempts:
                attempt = self.state.attempts[name]
                yield attempt.figures.pool, attempt.first_slot, attempt.figures.to_slot, attempt.milli
        for room in self.state.rooms.values():
            yield room.pool, room.from_slot, room.to_slot, room.milli

    def take(self, pool: str, from_slot: int, to_slot: int, milli: int) -> None:
        """Capacity is taken, where there are arrays to keep; negative gives it back."""
        ground = self._ground
        if ground is not None:
            ground.take(ground.row_of[pool], from_slot, to_slot, milli)
            if milli < 0:
                ground.earliest.clear()
        if milli < 0:
            self.line.full.clear()

    def set_open(self, centre: str) -> None:
        """Whether new work may go to a centre has changed."""
        if self._ground is not None:
            self._ground.set_open(centre, self.state.centres[centre].open)
        self.line.full.clear()

    def set_prices(self) -> None:
        """New scarcity prices hold."""
        if self._ground is not None:
            self._ground.set_prices(self.state.prices)

    def roll(self, at: int) -> None:
        """Time goes on to `at`: the arrays are made anew where the horizon would reach past their end."""
        if at == self.at:
            return
        self.at = at
        ground = self._ground
        if ground is not None:
            now = ground.terms.slot_of(at)
            if now + ground.terms.horizon_slots >= ground.from_slot + ground.slots:
                self.network_changed()

    def waits(self, job: str) -> bool:
        """Whether a job still waits for a place."""
        known = self.state.jobs.get(job)
        return known is not None and known.state == "queued"

    def applies(self, due: Due) -> bool:
        """Whether an entry of the agenda may still mean something."""
        at, _, kind, key = due
        if kind == "slot" or kind == "grant":
            return True
        if kind == "expire":
            return self.state.jobs[key].state in ("queued", "held", "active")
        if kind == "look":
            return self.waits(key)
        attempt = self.state.attempts[key]
        if kind == "start":
            return attempt.state == "reserved" and attempt.figures.start_at <= at
        return attempt.state != "ended"

    def reserved_soon(self, pool: str, most: int) -> list[str]:
        """The first reservations of a pool that have not been sent out, at most `most`, by
        priority, then earliest first.

        What no longer stands is forgotten on the way.
        """
        entries = self.reserved.get(pool, [])
        found: list[tuple[int, int, int, str]] = []
        passed = 0
        for entry in entries:
            if len(found) == most:
                break
            passed += 1
            attempt = self.state.attempts[entry[3]]
            figures = attempt.figures
            stands = attempt.state == "reserved" and figures.start_at == entry[1] and figures.pool == pool
            if stands and (not found or found[-1] != entry):
                found.append(entry)
        if passed > len(found):
            entries[:passed] = found
        return [name for *_, name in found]

    def shape_of(self, job: Job) -> Shape:
        """The job's shape."""
        return self.state.shapes[job.shape]

    def line_key(self, job: Job) -> LineKey:
        """The line in which the job waits."""
        return job.shape, job.enterprise, job.priority

    def ticket(self, name: str, job: Job) -> Ticket:
        """The job's place in its line."""
        return -job.priority, job.sequence, name

    def take_due(self, at: int) -> list[Due]:
        """What is due by `at`, taken off the agenda; the next slot is put on it.

        What would have been lost or overdue by now, but for a new lead or a word from its centre, is looked
        at later.
        """
        due = self.agenda.take_due(at)
        for _, _, kind, key in due:
            if kind == "slot":
                terms = self.terms
                self.agenda.arm(terms.start_of(terms.slot_of(at) + 1), "slot")
            elif kind in ("lost", "overdue") and self.state.attempts[key].state != "ended":
                late_at = (lost_at if kind == "lost" else overdue_at)(self, key)
                if late_at > at:
                    self.agenda.arm(late_at, kind, key)
        return due

    def has_work(self) -> bool:
        """Whether there is anything that clearing could place or move."""
        return not self.line.is_empty() or any(self.reserved_soon(pool, 1) for pool in self.reserved)

    def alike_key(self, attempt: Attempt) -> AlikeKey:
        """What it has in common with those alike."""
        figures = attempt.figures
        return figures.pool, self.state.jobs[attempt.job].shape, figures.alternative

    def attempt_of(self, name: str, job: Job) -> Attempt | None:
        """The job's last attempt."""
        return self.state.attempts.get(attempt_name(name, job.last)) if job.last else None


def attempt_name(job: str, number: int) -> str:
    """How an attempt, its hold and its orders are named."""
    return f"{job}.{number}"
