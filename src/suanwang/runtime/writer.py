"""The one writer: each input is decided and applied in turn, made durable in groups, then acted on.

    submit(input) → ticket      round() → group      append to the log      acknowledge(group)

A round decides what is due, what came in, and places the first of those who joined the line by it.

A ticket is answered and an effect carried out only once the group is in the log. If an append fails, nothing
of what is in memory counts any more: `fail` tells who waits, and a new writer starts from the log. The
writer does no I/O of its own but what its ports do, and is not safe to use from several threads.
"""

from collections import deque
from collections.abc import Callable

import msgspec

from suanwang.engine import inputs
from suanwang.engine.clearing_request import clearing_request
from suanwang.engine.decide import step
from suanwang.engine.effects import AnyEffect, Deliver, Solve, effects, outstanding
from suanwang.engine.events import AnyEvent, decode, encode
from suanwang.engine.platform import Platform
from suanwang.ledger.refusals import IdConflict
from suanwang.model.log import Entry, LogWriter
from suanwang.runtime.ports import Clock, Solver, Transport
from suanwang.units.errors import SuanwangError

INPUTS_PER_GROUP = 512
EVENTS_PER_GROUP = 20_000


class Ticket:
    """An input on its way. `events` once it is durable, `error` where it was refused or the writer failed."""

    __slots__ = ("error", "events", "given", "repeated", "then")

    def __init__(self, given: inputs.AnyInput) -> None:
        self.given = given
        self.events: list[AnyEvent] = []
        self.error: BaseException | None = None
        self.repeated = False
        self.then: Callable[[Ticket], None] | None = None

    def answer(self) -> None:
        """Tell whoever waits."""
        if self.then is not None:
            self.then(self)


class Group(msgspec.Struct):
    """What one round decided: the log's entries, and who and what waits for them to be durable."""

    entries: list[Entry]
    tickets: list[Ticket]
    effects: dict[AnyEffect, None]
    events: list[AnyEvent] = []


class Writer:
    """See above. `platform` is read freely between rounds; only rounds change it.

    `told`: who follows the events, called with those of each group once they are durable.
    """

    def __init__(
        self, platform: Platform, log: LogWriter, clock: Clock, solver: Solver, transport: Transport
    ) -> None:
        self.platform, self.log = platform, log
        self.clock, self.solver, self.transport = clock, solver, transport
        self.inbox: deque[Ticket] = deque()
        self.under_way: dict[str, tuple[bytes, Ticket]] = {}
        self.told: Callable[[list[AnyEvent]], None] | None = None
        self.take_up()

    def take_up(self) -> None:
        """Does what was asked before this writer began and is not done."""
        for effect in outstanding(self.platform):
            self.act(effect)

    def submit(self, given: inputs.AnyInput, then: Callable[[Ticket], None] | None = None) -> Ticket:
        """Puts an input in line; `then` is called with the ticket when it is answered."""
        ticket = Ticket(given)
        ticket.then = then
        self.inbox.append(ticket)
        return ticket

    def due_at(self) -> int | None:
        """When there is something to do: now (0) or at an instant; None while nothing is known."""
        return 0 if self.inbox or self.platform.line.unseen else self.platform.agenda.next_at

    def now(self) -> int:
        """The platform's instant, UTC microseconds: by its clock, and not before its last event."""
        return max(self.clock.now(), self.platform.state.at)

    def round(self) -> Group | None:
        """Decides what is due and what came in. None where there was nothing."""
        group = Group([], [], {})
        at = self.now()
        if self.inbox and isinstance(self.inbox[0].given, inputs.TakeLead):
            # nothing is given up before silence counts from this lead
            self.take(self.inbox.popleft(), at, group)
        next_at = self.platform.agenda.next_at
        if next_at is not None and next_at <= at:
            self.take_own(inputs.Tick(f"tick/{self.platform.state.events}"), at, group)
        events = 0
        while self.inbox and len(group.tickets) < INPUTS_PER_GROUP and events < EVENTS_PER_GROUP:
            ticket = self.inbox.popleft()
            self.take(ticket, at, group)
            events += len(ticket.events)
        if self.platform.line.unseen:
            self.take_own(inputs.PlaceQueue(f"place/{self.platform.state.events}"), at, group)
        return group if group.entries or group.tickets else None

    def take(self, ticket: Ticket, at: int, group: Group) -> None:
        """Decides one input from outside, once: the same again has the same answer."""
        given = ticket.given
        group.tickets.append(ticket)
        try:
            digest = inputs.digest_of(given)
            if self.answered(ticket, digest):
                return
            ticket.events = step(self.platform, given, at)
        except SuanwangError as error:
            ticket.error = error  # a refusal, which leaves no trace: `StepBroken` is none
            return
        self.under_way[given.id] = (digest, ticket)
        self.record(given.id, digest, ticket.events, group)

    def answered(self, ticket: Ticket, digest: bytes) -> bool:
        """Whether the input was decided before; its events are those of then. Raises IdConflict."""
        given = ticket.given
        known = self.under_way.get(given.id)
        if known is not None:
            if known[0] != digest:
                raise IdConflict(given.id)
            ticket.events, ticket.repeated = known[1].events, True
            return True
        recorded = self.log.recorded(given.id)
        if recorded is None:
            return False
        if recorded.input_digest != digest:
            raise IdConflict(given.id)
        first = recorded.first_index
        ticket.events = [decode(record) for record in self.log.read(first, first + recorded.count)]
        ticket.repeated = True
        return True

    def take_own(self, given: inputs.AnyInput, at: int, group: Group) -> None:
        """Decides an input of the platform itself."""
        events = step(self.platform, given, at)
        if events:
            self.record(given.id, inputs.digest_of(given), events, group)

    def record(self, name: str, digest: bytes, events: list[AnyEvent], group: Group) -> None:
        """Adds an entry to the group, and what follows from its events."""
        group.entries.append(Entry(name, digest, tuple(map(encode, events))))
        group.events += events
        for effect in effects(events):
            group.effects[effect] = None

    def acknowledge(self, group: Group) -> None:
        """The group is durable: answer, then act."""
        for ticket in group.tickets:
            self.under_way.pop(ticket.given.id, None)
        if self.told is not None and group.events:
            self.told(group.events)
        for ticket in group.tickets:
            ticket.answer()
        for effect in group.effects:
            self.act(effect)

    def act(self, effect: AnyEffect) -> None:
        """Carries out one effect."""
        match effect:
            case Deliver():
                self.transport.deliver(effect.centre)
            case Solve():
                if self.platform.state.clearing == effect.serial:
                    self.solver.start(clearing_request(self.platform))

    def commit(self) -> bool:
        """One round to its end, the append included. Whether there was anything to do."""
        group = self.round()
        if group is None:
            return False
        if group.entries:
            self.log.append(group.entries)
        self.acknowledge(group)
        return True

    def fail(self, error: BaseException, *groups: Group) -> None:
        """An append did not succeed: all who wait learn it. The state is void; make a new writer."""
        for group in groups:
            for ticket in group.tickets:
                ticket.error = error
                ticket.answer()
        for ticket in self.inbox:
            ticket.error = error
            ticket.answer()
        self.inbox.clear()
