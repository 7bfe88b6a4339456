"""A platform that dies between any two steps, and is there again from its log, or a snapshot and the rest."""

from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from suanwang.engine import inputs
from suanwang.engine.apply import replay
from suanwang.engine.dispatching import orders_after, sent_out
from suanwang.engine.effects import AnyEffect, Solve
from suanwang.engine.events import AnyEvent, AttemptDispatched, AttemptEnded, AttemptStoodBy
from suanwang.engine.platform import Platform, attempt_name
from suanwang.engine.reporting import StaleSession
from suanwang.engine.snapshot import decode_snapshot, encode_snapshot
from suanwang.engine.validate import validate
from suanwang.model.exchange import Exchange, Orders
from suanwang.model.log import LogFailed
from suanwang.runtime.clock import SteadyClock
from suanwang.runtime.writer import Ticket, Writer
from suanwang.simulator.faults.durable import Lead, failing
from suanwang.simulator.faults.plan import SECOND_US
from suanwang.units.errors import InvariantBroken, SuanwangError

if TYPE_CHECKING:
    from suanwang.simulator.faults.world import World

LEASE_US = 60 * SECOND_US
LOOK_US = 20 * SECOND_US
Reply = Callable[[object], None]


class Refused(NamedTuple):
    """The platform would not take something. `stale`: another agent works for the centre."""

    error: SuanwangError
    stale: bool


class TakenIn(NamedTuple):
    """An answer to an agent that asked for a session: how it ended, which attempts live on, the time."""

    ticket: Ticket
    standing: tuple[str, ...]
    at: int


class Poll(NamedTuple):
    """An exchange that waits for orders, until `until_at` by true time."""

    exchange: Exchange
    reply: Reply
    until_at: int


class ClearingWriter(Writer):
    """The server's writer; clearing goes to the rogue planner, mostly without a request being made."""

    world: "World"

    def act(self, effect: AnyEffect) -> None:
        """See `Writer.act`."""
        if isinstance(effect, Solve) and not self.world.dice.happens(0.1):
            self.world.planner.plan(effect.serial)
        else:
            super().act(effect)


class FaultyServer:
    """`writer` is None while it is down. `snapshot`: (events it holds, its bytes)."""

    def __init__(self, world: "World") -> None:
        self.world = world
        self.writer: Writer | None = None
        self.snapshot: tuple[int, bytes] | None = None
        self.heard: dict[str, int] = {}
        self.polls: dict[str, list[Poll]] = {}
        self.pumping = False
        self.wake_at: int | None = None
        self.crashes = self.leads = self.silences = 0
        self.replies_left: int | None = None

    # ------------------------------------------------------------ its life

    def start(self) -> None:
        """Takes the lead: the state from the snapshot and the log, patience anew."""
        world = self.world
        if self.writer is not None:
            return
        self.leads += 1
        platform = self.rebuilt()
        lead = Lead(world.log, failing(world.dice, lambda: world.weather))
        clock = SteadyClock(
            lambda: world.calendar.at + world.server_offset_us, world.calendar.now, platform.state.at
        )
        writer = ClearingWriter.__new__(ClearingWriter)
        writer.world = world
        self.writer = writer
        writer.__init__(platform, lead, clock, world.planner, self)
        self.heard = dict.fromkeys(platform.state.centres, world.calendar.at)
        self.polls = {}
        self.replies_left = None
        writer.submit(inputs.TakeLead(f"lead/{lead.epoch}", lead.epoch))
        self.look(lead.epoch)
        self.pump_soon()

    def rebuilt(self) -> Platform:
        """From the log, or from a snapshot and the rest; now and then both, which must be the same."""
        records = self.world.log.records
        whole = Platform()
        if self.snapshot is not None:
            count, data = self.snapshot
            platform = decode_snapshot(data)
            replay(platform, records[count:])
            if not self.world.dice.happens(0.2):
                return platform
            replay(whole, records)
            if encode_snapshot(platform) != encode_snapshot(whole):
                raise InvariantBroken([self.world.fault("a snapshot and the rest differ from the whole log")])
            validate(whole)
            return platform
        replay(whole, records)
        return whole

    def crash(self) -> None:
        """What is in memory is gone; whoever waits hears nothing."""
        if self.writer is None:
            return
        self.writer, self.polls = None, {}
        self.crashes += 1
        self.world.after(1, 5 if self.world.weather.quick else 180, self.start)

    def lose(self) -> None:
        """The same with all that it had on its disk."""
        self.snapshot = None
        if self.writer is None:
            return
        self.crash()

    def look(self, epoch: int) -> None:
        """Finds centres that have been silent for their lease, until its lead is over."""
        world, writer = self.world, self.writer
        if writer is None or writer.log.epoch != epoch:
            return
        for centre, heard_at in self.heard.items():
            known = writer.platform.state.centres[centre]
            if world.calendar.at - heard_at >= LEASE_US and known.silent_since is None:
                self.silences += 1
                since_at = writer.clock.now() - (world.calendar.at - heard_at)
                writer.submit(inputs.HearSilence(f"silence/{epoch}/{self.silences}", centre, since_at))
                self.pump_soon()
        world.calendar.call_at(world.calendar.at + LOOK_US, partial(self.look, epoch))

    # ------------------------------------------------------------ its work

    def pump_soon(self) -> None:
        """Rounds follow, in a moment: what comes in until then shares a group."""
        if not self.pumping:
            self.pumping = True
            self.world.calendar.call_at(self.world.calendar.at + 2000, self.pump)

    def pump(self) -> None:
        """Rounds until nothing is due, any of which may be the last."""
        self.pumping = False
        world = self.world
        while self.writer is not None:
            writer = self.writer
            due_at = writer.due_at()
            now = writer.clock.now()
            if due_at is None:
                return
            if due_at > now:
                self.wake(due_at - now)
                return
            group = self.one_round(writer)
            if group is None:
                self.crash()
                return
            world.validate(writer.platform, group)
            if world.weather.snapshots and world.dice.happens(0.02):
                self.snapshot = (world.log.size, encode_snapshot(writer.platform))

    def one_round(self, writer: Writer) -> list[AnyEvent] | None:
        """One group's events; None where the server dies on the way."""
        world = self.world
        dice, share = world.dice, world.weather.server_crash
        group = writer.round()
        if dice.happens(share / 3):
            return None
        if group is None:
            return []
        for event in group.events:
            if isinstance(event, AttemptDispatched | AttemptStoodBy):
                world.dispatched_at[attempt_name(event.job, event.number)] = world.calendar.at
            elif isinstance(event, AttemptEnded) and event.outcome == "lost":
                world.given_up_at[attempt_name(event.job, event.number)] = world.calendar.at
        if group.entries:
            try:
                writer.log.append(group.entries)
            except LogFailed:
                return None
        if dice.happens(share / 3):
            return None
        self.replies_left = dice.between(0, len(group.tickets)) if dice.happens(share / 3) else None
        writer.acknowledge(group)
        return group.events if self.replies_left is None else None

    def wake(self, in_us: int) -> None:
        """Looks again when something is due."""
        calendar = self.world.calendar
        at = calendar.at + max(1000, in_us)
        if self.wake_at is None or at < self.wake_at or self.wake_at <= calendar.at:
            self.wake_at = at
            calendar.call_at(at, self.pump)

    def answers(self, reply: Reply, what: object) -> None:
        """An answer leaves, unless the server dies while it answers."""
        if self.replies_left is not None:
            if self.replies_left == 0:
                return
            self.replies_left -= 1
        reply(what)

    # ------------------------------------------------------------ what is asked of it

    def ask(self, given: inputs.AnyInput, reply: Reply) -> None:
        """An input from a client or an agent; the reply is its ticket."""
        if self.writer is not None:
            self.writer.submit(given, lambda ticket: self.answers(reply, ticket))
            self.pump_soon()

    def join(self, given: inputs.JoinCentre, reply: Reply) -> None:
        """An agent asks for a session; the reply is a `TakenIn`."""
        writer = self.writer
        if writer is None:
            return
        if given.session <= writer.platform.state.centres[given.centre].session:
            # as the server does: the same again would be answered from the log, and nothing follows from it
            refused = Ticket(given)
            refused.error = StaleSession([self.world.fault("stale")])
            self.answers(reply, TakenIn(refused, (), writer.now()))
            return
        # as the server does: an agent that joins was heard, whatever it was before
        self.heard[given.centre] = self.world.calendar.at

        def answer(ticket: Ticket) -> None:
            standing = sent_out(writer.platform, given.centre)
            self.answers(reply, TakenIn(ticket, standing, writer.now()))

        writer.submit(given, answer)
        self.pump_soon()

    def exchange(self, centre: str, asked: Exchange, reply: Reply) -> None:
        """An agent's facts, and its question for orders."""
        writer = self.writer
        if writer is None:
            return
        known = writer.platform.state.centres[centre]
        if asked.session != known.session:
            error = StaleSession([self.world.fault("stale")])
            self.answers(reply, Refused(error, True))
            return
        self.heard[centre] = self.world.calendar.at
        if asked.seen_order > known.order_count:
            name = f"ahead/{centre}/{asked.session}/{asked.seen_order}"
            writer.submit(inputs.SeeAhead(name, centre, asked.seen_order))
            self.pump_soon()
        if known.silent_since is not None:
            writer.submit(
                inputs.HearAgain(f"again/{centre}/{writer.log.epoch}/{self.world.calendar.at}", centre)
            )
            self.pump_soon()
        if asked.facts or asked.fits is not None:
            report = inputs.AgentReport(asked.report_id, centre, asked.session, asked.facts, asked.fits)
            writer.submit(report, lambda ticket: self.reported(centre, asked, ticket, reply))
            self.pump_soon()
            return
        orders = tuple(orders_after(writer.platform, centre, asked.seen_order))
        if orders or not asked.wait_s:
            self.answers(reply, Orders(orders, "", writer.now()))
        else:
            until_at = self.world.calendar.at + asked.wait_s * SECOND_US
            self.polls.setdefault(centre, []).append(Poll(asked, reply, until_at))
            self.world.calendar.call_at(until_at, lambda: self.deliver(centre))

    def reported(self, centre: str, asked: Exchange, ticket: Ticket, reply: Reply) -> None:
        """A report is durable, or refused."""
        if self.writer is None:
            return
        if isinstance(ticket.error, SuanwangError):
            self.answers(reply, Refused(ticket.error, isinstance(ticket.error, StaleSession)))
        else:
            orders = tuple(orders_after(self.writer.platform, centre, asked.seen_order))
            self.answers(reply, Orders(orders, asked.report_id, self.writer.now()))

    def deliver(self, centre: str) -> None:
        """See `runtime.ports.Transport`: who waits gets the orders, or nothing when the time is up."""
        writer, waiting = self.writer, self.polls.pop(centre, [])
        if writer is None:
            return
        for poll in waiting:
            orders = tuple(orders_after(writer.platform, centre, poll.exchange.seen_order))
            if orders or poll.until_at <= self.world.calendar.at:
                self.answers(poll.reply, Orders(orders, "", writer.now()))
            else:
                self.polls.setdefault(centre, []).append(poll)
