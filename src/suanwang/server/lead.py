"""One lead of the log, from its first input to its last: decide, append, acknowledge, side by side.

    round n+1 on the event loop      append of group n in a thread      acknowledged in order

A group is acknowledged once it and all before it are durable. If an append fails, nothing that is in memory
counts any more: the lead is over, all who wait are told, and its host begins anew from the log.
"""

import asyncio
import time
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from suanwang.engine import inputs
from suanwang.engine.platform import Platform
from suanwang.model.log import LogReader, LogWriter
from suanwang.runtime.clock import SteadyClock
from suanwang.runtime.ports import Clock
from suanwang.runtime.writer import Ticket
from suanwang.server.contacts import Contacts
from suanwang.server.feed import Feed
from suanwang.server.figures import Figures
from suanwang.server.lead_writer import Decided, LeadWriter
from suanwang.server.look_up import ONCE, LookUp
from suanwang.server.settings import Settings
from suanwang.server.solver_process import ProcessSolver
from suanwang.server.unavailable import broken_off, not_leading
from suanwang.server.views import Views
from suanwang.units.errors import Fault, InvariantBroken
from suanwang.units.text import Text

PROOFS_MISSED = 3


def steady_clock(last_at: int) -> SteadyClock:
    """The machine's time, which does not jump while this server leads, and is never before `last_at`."""
    return SteadyClock(lambda: time.time_ns() // 1000, lambda: time.monotonic_ns() // 1000, last_at)


class NoSolver:
    """For a server that does not clear: benchmarks of everything else."""

    def start(self, request: object) -> None:
        """Nothing; the clearing stays open."""


class Lead:
    """See above. `run` returns when it was stopped, and raises what ended it otherwise."""

    def __init__(
        self,
        platform: Platform,
        log: LogWriter,
        reader: LogReader,
        thread: ThreadPoolExecutor,
        settings: Settings,
        figures: Figures,
        clock: Clock,
    ) -> None:
        loop = asyncio.get_running_loop()
        self.platform, self.settings, self.thread, self.figures = platform, settings, thread, figures
        self.log = LookUp(log, reader)
        self.clock = clock
        self.views = Views(platform)
        self.feed = Feed(platform.state.events, settings.follow_events)
        counts = {name: centre.order_count for name, centre in platform.state.centres.items()}
        self.contacts = Contacts(loop.time(), counts)
        self.solver = ProcessSolver(
            self.ask, lambda serial: platform.state.clearing == serial, f"plan/{log.epoch}"
        )
        solver = self.solver if settings.clears else NoSolver()
        self.wake = asyncio.Event()
        self.going = self.stopping = False
        self.over = False
        self.proved_s = loop.time()
        self.waiting: dict[Ticket, asyncio.Future[Ticket]] = {}
        self.newest: asyncio.Future[None] | None = None
        self.writer = LeadWriter(platform, self.log, self.clock, solver, self.contacts, self.views)
        self.writer.submit(inputs.TakeLead(f"lead/{log.epoch}", log.epoch))

    # -- for the routes

    async def ask(self, given: inputs.AnyInput) -> Ticket:
        """The input's ticket once it is durable. Raises what it was refused for, and Unavailable."""
        if self.over or self.stopping:
            raise not_leading()
        future: asyncio.Future[Ticket] = asyncio.get_running_loop().create_future()
        ticket = self.writer.submit(given, self._answered)
        self.waiting[ticket] = future
        self.wake.set()
        return await future

    async def enrol(self, given: inputs.EnrolCentre) -> Ticket:
        """A centre joins the network. No agent speaks for a new one yet: it is silent from the first."""
        known = self.platform.state.centres.get(given.centre.centre)
        silence = None
        if known is None or known.session == 0:
            name = f"{ONCE}new/{self.log.epoch}/{given.id[-80:]}"
            silence = inputs.HearSilence(name, given.centre.centre, self.clock.now())
        asked = [self.ask(given)] if silence is None else [self.ask(given), self.ask(silence)]
        answers = await asyncio.gather(*asked, return_exceptions=True)
        if isinstance(answers[0], BaseException):
            raise answers[0]
        return answers[0]

    async def durable(self) -> None:
        """Returns once all that is decided so far is in the log. Raises Unavailable if it never will be."""
        if self.over:
            raise broken_off()
        newest = self.newest
        if newest is not None and not newest.done():
            await asyncio.shield(newest)
        elif newest is not None:
            newest.result()

    @property
    def is_proved(self) -> bool:
        """Whether the log itself said lately that this lead is still in force."""
        age_s = asyncio.get_running_loop().time() - self.proved_s
        return not self.over and age_s <= PROOFS_MISSED * self.settings.proof_s

    def let_go(self) -> None:
        """Nobody is kept waiting any longer for what may happen."""
        self.going = True
        self.feed.close()
        self.contacts.let_go()

    def stop(self) -> None:
        """Take nothing more; `run` returns once all is durable."""
        self.stopping = True
        self.wake.set()

    # -- the lead itself

    async def run(self) -> None:
        """Until it is stopped or fails."""
        tasks = [asyncio.create_task(work) for work in (self._pump(), self._prove(), self._watch())]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            self.over = True
            for task in tasks:
                task.cancel()
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            self._end()
        for error in ended:
            if isinstance(error, Exception):
                raise error

    async def _pump(self) -> None:
        pending: Pending | None = None
        try:
            while True:
                decided = self._decide()
                if decided is None and pending is None:
                    if self.stopping and not self.writer.inbox:
                        return
                    await self._idle()
                    continue
                if pending is not None and (decided is not None or await self._append_ended(pending)):
                    self._acknowledge(pending, await pending.append)
                    pending = None
                if decided is not None:
                    assert self.newest is not None
                    pending = Pending(decided, self._append(decided), self.newest)
                    # what was read of the network meanwhile is looked at before the next round
                    await asyncio.sleep(0)
        finally:
            if pending is not None:
                await asyncio.wait([pending.append])
                pending.append.exception()

    def _decide(self) -> Decided | None:
        """One round. What breaks it breaks the state: the request that did is told, then the lead is over."""
        try:
            decided = self.writer.decide()
        except Exception as error:
            taken = [ticket for ticket in self.waiting if ticket not in self.writer.inbox]
            if taken:
                taken[-1].error = broke(error)
                self._answered(taken[-1])
            raise
        if decided is not None:
            self.newest = asyncio.get_running_loop().create_future()
        return decided

    async def _idle(self) -> None:
        """Until something came in or is due."""
        due_at = self.writer.due_at()
        self.wake.clear()
        if due_at == 0 or self.stopping:
            await asyncio.sleep(0)
            return
        timer = None
        if due_at is not None:
            wait_s = max(0.0, (due_at - self.clock.now()) / 1e6)
            timer = asyncio.get_running_loop().call_later(min(wait_s, 3600.0), self.wake.set)
        await self.wake.wait()
        if timer is not None:
            timer.cancel()

    async def _append_ended(self, pending: "Pending") -> bool:
        """Waits for the append, or for something to decide meanwhile; whether it is the append."""
        self.wake.clear()
        if self.writer.inbox:
            await asyncio.sleep(0)
        elif not pending.append.done():
            await self.wake.wait()
        return pending.append.done()

    def _append(self, decided: Decided) -> "asyncio.Future[float]":
        """Begins to append the group; the future's result is how long it took, in seconds."""
        loop = asyncio.get_running_loop()
        begun_s, entries, delay_s = loop.time(), decided.group.entries, self.settings.append_delay_s

        def append() -> float:
            began = time.perf_counter()
            if entries:
                self.log.append(entries)
                if delay_s:
                    time.sleep(delay_s)
            return time.perf_counter() - began

        def ended(future: "asyncio.Future[float]") -> None:
            self.wake.set()
            if not future.cancelled() and future.exception() is None and entries:
                self.proved_s = max(self.proved_s, begun_s)

        future = loop.run_in_executor(self.thread, append)
        future.add_done_callback(ended)
        return future

    def _acknowledge(self, pending: "Pending", seconds: float) -> None:
        decided = pending.decided
        if decided.told:
            self.figures.appended(len(decided.told), len(decided.group.entries), seconds)
            self.contacts.durable_orders.update(decided.order_counts)
            self.feed.tell(decided.told)
        pending.done.set_result(None)
        self.writer.acknowledge(decided.group)

    def _answered(self, ticket: Ticket) -> None:
        future = self.waiting.pop(ticket, None)
        if future is None or future.done():
            return  # whoever asked has gone
        if ticket.error is not None:
            future.set_exception(ticket.error)
        else:
            future.set_result(ticket)

    async def _prove(self) -> None:
        """While nothing is appended, the log is asked whether this lead is still in force."""
        loop = asyncio.get_running_loop()
        while True:
            await asyncio.sleep(self.settings.proof_s)
            begun_s = loop.time()
            if begun_s - self.proved_s >= self.settings.proof_s:
                await loop.run_in_executor(self.thread, self.log.append, ())
                self.proved_s = max(self.proved_s, begun_s)

    async def _watch(self) -> None:
        """Centres that say nothing are suspect after the lease."""
        loop = asyncio.get_running_loop()
        count = 0
        while True:
            now_s = loop.time()
            for name, centre in list(self.platform.state.centres.items()):
                silent_s = self.contacts.silent_s(name, now_s)
                if self.stopping:
                    break
                # one that takes no new work may still run some
                if centre.silent_since is None and silent_s > self.settings.lease_s:
                    since_at = self.clock.now() - int(min(silent_s, 1e6) * 1e6)
                    count += 1
                    await self.ask(
                        inputs.HearSilence(f"{ONCE}silence/{self.log.epoch}/{count}", name, since_at)
                    )
            await asyncio.sleep(min(1.0, self.settings.lease_s / 4))

    def _end(self) -> None:
        """All who wait learn that the lead is over."""
        self.solver.close()
        self.feed.close()
        self.contacts.let_go()
        if self.newest is not None and not self.newest.done():
            self.newest.set_exception(broken_off())
            self.newest.exception()
        for future in self.waiting.values():
            if not future.done():
                future.set_exception(broken_off())
                future.exception()
        self.waiting.clear()


class Pending(NamedTuple):
    """A group whose append is under way; `done` once it is acknowledged."""

    decided: Decided
    append: "asyncio.Future[float]"
    done: "asyncio.Future[None]"


def broke(error: Exception) -> InvariantBroken:
    """What a request is told that broke the platform's state, which was dropped."""
    what = Text(
        "the platform failed on this request; nothing of it counts", "平台处理该请求时出错，未产生任何效果"
    )
    remedy = Text("report it with the request's number", "请连同请求编号报告")
    return InvariantBroken([Fault("request", what, type(error).__name__, remedy=remedy, kind="program")])
