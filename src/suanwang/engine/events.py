"""What the platform records of its network and its jobs: outcomes, never wishes.

An event's stored bytes are its msgspec JSON in field order. Tags end in the version; a struct with a version
never changes, a new shape gets a new tag. No floats, nothing secret: scripts and inputs by the name of their
content. Money that an outcome moves stands in the ledger's own event, in the same group of the log.
Slots count from the platform's start; instants are UTC microseconds.
"""

import msgspec

from suanwang.engine.conformance import CentreGraded
from suanwang.engine.figures import Figures
from suanwang.engine.tokens import TokenIssued, TokenRevoked
from suanwang.engine.voucher_events import AnyVoucherEvent
from suanwang.ledger.events import AnyEvent as AnyLedgerEvent
from suanwang.model.facts import AnyFact, EndReason, FitShape
from suanwang.model.job import JobSpec, JobState, Outcome
from suanwang.model.network import CentreRow, LinkRow, Outage, PairingRow, PoolRow, RegionRow, Signals, Terms
from suanwang.model.orders import AnyOrder


class PlatformEvent(msgspec.Struct, frozen=True, gc=False, tag_field="event"):
    """The root: when it was decided (UTC microseconds)."""

    at: int


class NetworkOpened(PlatformEvent, frozen=True, tag="network_opened.1"):
    """The platform's terms: its calendar, its horizon, its carbon price."""

    terms: Terms


class CentreEnrolled(PlatformEvent, frozen=True, tag="centre_enrolled.1"):
    """A centre joined the network (算力并网), or its rows changed: these replace the old ones."""

    centre: CentreRow
    pools: tuple[PoolRow, ...]


class CentreWithdrawn(PlatformEvent, frozen=True, tag="centre_withdrawn.1"):
    """A centre takes no new work."""

    centre: str


class RegionsListed(PlatformEvent, frozen=True, tag="regions_listed.1"):
    """Regions, added or replaced."""

    regions: tuple[RegionRow, ...]


class LinksListed(PlatformEvent, frozen=True, tag="links_listed.1"):
    """Links, added or replaced."""

    links: tuple[LinkRow, ...]


class PairingsListed(PlatformEvent, frozen=True, tag="pairings_listed.1"):
    """Pairings (结对子), added."""

    pairings: tuple[PairingRow, ...]


class OutageDeclared(PlatformEvent, frozen=True, tag="outage_declared.1"):
    """Fewer devices for a time."""

    outage: Outage


class SignalsPublished(PlatformEvent, frozen=True, tag="signals_published.1"):
    """Tariff and carbon of a grid zone; they replace what was known of those slots."""

    signals: Signals


class CentreJoined(PlatformEvent, frozen=True, tag="centre_joined.1"):
    """An agent of the centre took up work: reports of earlier sessions are not taken any more."""

    centre: str
    session: int


class CentreFits(PlatformEvent, frozen=True, tag="centre_fits.1"):
    """What gangs fit the centre's pools now, as its agent found."""

    centre: str
    shapes: tuple[FitShape, ...]


class CentreSilent(PlatformEvent, frozen=True, tag="centre_silent.1"):
    """Nothing was heard since `since_at`: its attempts are suspect, nothing new is sent."""

    centre: str
    since_at: int


class CentreHeard(PlatformEvent, frozen=True, tag="centre_heard.1"):
    """It speaks again."""

    centre: str


class LeadTaken(PlatformEvent, frozen=True, tag="lead_taken.1"):
    """A server took the lead: silence counts from here at the earliest."""

    epoch: int


class JobsLeapt(PlatformEvent, frozen=True, tag="jobs_leapt.1"):
    """The log was set back: no job gets a number up to `jobs` any more."""

    jobs: int


class OrdersLeapt(PlatformEvent, frozen=True, tag="orders_leapt.1"):
    """The log was set back: no order of the centre gets a number up to `orders` any more.

    `session`: only agents that join after it are heard.
    """

    centre: str
    orders: int
    session: int


class QuotaSet(PlatformEvent, frozen=True, tag="quota_set.1"):
    """How much an enterprise (or one project of it) may hold at once, and its weight in fair share.

    None: no limit. `project` "": the whole enterprise.
    """

    enterprise: str
    project: str
    milli_most: int | None
    jobs_most: int | None
    weight: int


class JobAdmitted(PlatformEvent, frozen=True, tag="job_admitted.1"):
    """A job was accepted under the rule of that digest. `index`: its place in its array, else 0."""

    job: str
    enterprise: str
    index: int
    spec: JobSpec
    rule: str


class ReasonRecord(msgspec.Struct, frozen=True, gc=False):
    """Why not: the rule, the words for people, what would help."""

    rule: str
    en: str
    zh: str
    remedy_en: str = ""
    remedy_zh: str = ""


class JobRefused(PlatformEvent, frozen=True, tag="job_refused.1"):
    """A job was not accepted."""

    job: str
    enterprise: str
    name: str
    rule: str
    reasons: tuple[ReasonRecord, ...]


class JobHeld(PlatformEvent, frozen=True, tag="job_held.1"):
    """It waits for something other than capacity: `dependency`, `quota` or `budget`.

    `needed_micro`: what its hold would have frozen, where it waits for money.
    """

    job: str
    why: str
    reason: ReasonRecord
    needed_micro: int = 0


class JobQueued(PlatformEvent, frozen=True, tag="job_queued.1"):
    """It waits for a place (again): `released`, or how its last attempt ended.

    `look_at`: the centre that sent it back is not asked before that instant; 0: it may be.
    """

    job: str
    why: str
    look_at: int = 0


class CancelAsked(PlatformEvent, frozen=True, tag="cancel_asked.1"):
    """Its user wants no more of it: however its attempt ends, the job is cancelled."""

    job: str


class RoomKept(PlatformEvent, frozen=True, tag="room_kept.1"):
    """Capacity is kept for a waiting job while attempts of lower priority, told to stop, make room for it.

    It ends with the last of `victims`, or when the job leaves the queue.
    """

    job: str
    pool: str
    milli: int
    from_slot: int
    to_slot: int
    victims: tuple[str, ...]


class AttemptReserved(PlatformEvent, frozen=True, tag="attempt_reserved.1"):
    """Capacity is reserved for attempt `number`; its money is held in the same group."""

    job: str
    number: int
    figures: Figures


class AttemptMoved(PlatformEvent, frozen=True, tag="attempt_moved.1"):
    """A reservation moved within its centre, at no higher charge; the hold stays."""

    job: str
    number: int
    figures: Figures


class AttemptDispatched(PlatformEvent, frozen=True, tag="attempt_dispatched.1"):
    """Order `order` of the centre launches it."""

    job: str
    number: int
    centre: str
    order: int


class AttemptStoodBy(PlatformEvent, frozen=True, tag="attempt_stood_by.1"):
    """Order `order` of the centre launches it as soon as one alike ends there; its money is held beside it.

    A new attempt, or one that was reserved for later. It holds capacity from slot `held_from` on only.
    """

    job: str
    number: int
    centre: str
    figures: Figures
    held_from: int
    order: int


class AttemptLetIn(PlatformEvent, frozen=True, tag="attempt_let_in.1"):
    """It stands by no longer: it holds what `place_of` held, which has ended, or ("") what was free."""

    job: str
    number: int
    place_of: str


class OrderGiven(PlatformEvent, frozen=True, tag="order_given.1"):
    """An order about an attempt that was dispatched before."""

    centre: str
    order: AnyOrder


class FactRecorded(PlatformEvent, frozen=True, tag="fact_recorded.1"):
    """What the agent reported of an attempt, and the state follows."""

    fact: AnyFact


class FactFenced(PlatformEvent, frozen=True, tag="fact_fenced.1"):
    """What came too late for an attempt that is over: recorded, never captured."""

    centre: str
    fact: AnyFact


class AttemptEnded(PlatformEvent, frozen=True, tag="attempt_ended.1"):
    """An attempt is over at `ended_at`; its capacity is free again, its money is settled in this group."""

    job: str
    number: int
    outcome: Outcome
    reason: EndReason
    ended_at: int
    exit_code: int | None
    note: str
    outputs: str


class AttemptProlonged(PlatformEvent, frozen=True, tag="attempt_prolonged.1"):
    """More time: reservation and hold were enlarged in this group."""

    job: str
    number: int
    figures: Figures


class JobEnded(PlatformEvent, frozen=True, tag="job_ended.1"):
    """The job is closed: its last attempt's money is."""

    job: str
    state: JobState
    reason: str


class ClearingAsked(PlatformEvent, frozen=True, tag="clearing_asked.1"):
    """Clearing number `serial` plans from `from_slot` on."""

    serial: int
    from_slot: int


class PricesPublished(PlatformEvent, frozen=True, tag="prices_published.1"):
    """Scarcity prices of a pool, micro-yuan per device-slot from `from_slot` on; zero after them."""

    pool: str
    from_slot: int
    price_micro: tuple[int, ...]


class Cleared(PlatformEvent, frozen=True, tag="cleared.1"):
    """What came of clearing `serial`: lines reserved, lines that no longer fitted, cost and bound."""

    serial: int
    jobs: int
    reserved: int
    returned: int
    cost_micro: int
    bound_micro: int


AnyPlatformEvent = (
    NetworkOpened
    | CentreEnrolled
    | CentreWithdrawn
    | RegionsListed
    | LinksListed
    | PairingsListed
    | OutageDeclared
    | SignalsPublished
    | CentreJoined
    | CentreFits
    | CentreSilent
    | CentreHeard
    | LeadTaken
    | JobsLeapt
    | OrdersLeapt
    | QuotaSet
    | JobAdmitted
    | JobRefused
    | JobHeld
    | JobQueued
    | CancelAsked
    | RoomKept
    | AttemptReserved
    | AttemptMoved
    | AttemptDispatched
    | AttemptStoodBy
    | AttemptLetIn
    | OrderGiven
    | FactRecorded
    | FactFenced
    | AttemptEnded
    | AttemptProlonged
    | JobEnded
    | ClearingAsked
    | PricesPublished
    | Cleared
    | TokenIssued
    | TokenRevoked
    | CentreGraded
)
AnyEvent = AnyPlatformEvent | AnyVoucherEvent | AnyLedgerEvent

encode = msgspec.json.Encoder().encode
"""The bytes of an event's log record: one JSON object in field order."""
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def decode(record: bytes) -> AnyEvent:
    """The event of a log record. Raises msgspec.DecodeError where it is none."""
    return _decoder.decode(record)
