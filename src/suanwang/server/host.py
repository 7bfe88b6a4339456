"""The server's life around its leads: wait for the lead, restore, lead, and begin anew where a lead is lost.

A second server on the same log waits in `wait for the lead`, and takes over within a look of the first's end.
"""

import asyncio
import contextlib
import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from suanwang.engine.platform import Platform
from suanwang.model.log import LogBusy, LogFailed, LogReader, LogWriter, StaleEpoch
from suanwang.policy.rules import Rules
from suanwang.runtime.ports import Clock
from suanwang.server.beside import Beside
from suanwang.server.figures import Figures
from suanwang.server.first_start import FirstStart
from suanwang.server.lead import Lead, steady_clock
from suanwang.server.restoring import keep_snapshot, restore
from suanwang.server.settings import Settings
from suanwang.server.side_work import SideWork
from suanwang.server.unavailable import not_leading
from suanwang.store.connection import StoreUnreachable
from suanwang.store.home import Home
from suanwang.units.errors import Fault, SuanwangError

logger = logging.getLogger("suanwang.server")
T = TypeVar("T")
PASSING = (LogFailed, StaleEpoch, LogBusy, StoreUnreachable)
"""What ends a lead and may be over when it is tried again."""
BROKEN_MOST = 3
"""So often in a row the state may break before the server gives up."""


class Host:
    """See above. `lead` is None while this server does not lead.

    `clock` makes the clock of each lead, from the log's last instant on.
    """

    def __init__(
        self,
        home: Home,
        settings: Settings,
        rules: dict[str, Rules],
        first_start: FirstStart,
        clock: Callable[[int], Clock] = steady_clock,
    ) -> None:
        self.clock = clock
        self.home, self.settings, self.rules, self.first_start = home, settings, rules, first_start
        self.figures = Figures()
        self.side = SideWork(home)
        self.beside = Beside(home)
        self.lead: Lead | None = None
        self.thread = ThreadPoolExecutor(1, "log")
        self.stopping = asyncio.Event()
        self.failed: BaseException | None = None
        self.followed: dict[str, int] = {}
        """Attempts whose log is being read, and by how many."""
        self._current: Lead | None = None

    def leading(self) -> Lead:
        """The lead. Raises Unavailable."""
        if self.lead is None or self.lead.over:
            raise not_leading()
        return self.lead

    async def run(self) -> None:
        """Until `stop`. Raises what cannot be mended by trying again."""
        broken = 0
        while not self.stopping.is_set():
            log = await self._wait_for_lead()
            if log is None:
                break
            try:
                await self._lead(log)
                broken = 0
            except PASSING as error:
                tell(logging.WARNING, "lead lost", error)
                await self._pause(self.settings.look_s)
            except Exception:
                broken += 1
                logger.exception("the state broke; rebuilding it from the log")
                if broken >= BROKEN_MOST:
                    raise
                await self._pause(float(broken))
        self.side.close()
        self.beside.close()
        self.thread.shutdown()

    def let_go(self) -> None:
        """Whoever waits for something to happen is answered now."""
        if self.lead is not None:
            self.lead.let_go()

    def stop(self) -> None:
        """Answer what was asked, keep a snapshot, and return from `run`."""
        self.stopping.set()
        if self._current is not None:
            self._current.stop()

    async def _wait_for_lead(self) -> LogWriter | None:
        """The log's writer as soon as nobody else has it; None where the server stops first."""
        said = ""
        while not self.stopping.is_set():
            try:
                return await self._in_thread(self.home.writer)
            except LogBusy as error:
                if said != "standby":
                    said = "standby"
                    tell(logging.INFO, "another server leads; waiting", error)
            except StoreUnreachable as error:
                if said != "store":
                    said = "store"
                    tell(logging.WARNING, "the store does not answer; trying again", error)
            await self._pause(self.settings.look_s)
        return None

    async def _lead(self, log: LogWriter) -> None:
        for repair in log.repairs:
            logger.warning(repair.say("en"))
        reader: LogReader | None = None
        try:
            platform = await self._in_thread(lambda: restore(self.home, log, self.rules))
            reader = self.home.reader()
            clock = self.clock(platform.state.at)
            lead = Lead(platform, log, reader, self.thread, self.settings, self.figures, clock)
            self._current = lead
            running = asyncio.create_task(lead.run())
            watching = asyncio.create_task(self._after_start(lead))
            try:
                if self.stopping.is_set():
                    lead.stop()
                await asyncio.wait([running])
            finally:
                self.lead = self._current = None
                watching.cancel()
                await asyncio.gather(watching, return_exceptions=True)
            running.result()
            logger.info("all is durable; keeping a snapshot", extra={"events": platform.state.events})
            await self._keep(platform)
        finally:
            if reader is not None:
                reader.close()
            await self._in_thread(log.close)

    async def _after_start(self, lead: Lead) -> None:
        """What is done once for each lead; then snapshots whenever enough was appended."""
        try:
            await self.first_start.take(lead)
        except SuanwangError as error:
            if self.stopping.is_set() or lead.over:
                return
            tell(logging.ERROR, "the first start failed", error)
            self.failed = error
            self.stop()
            return
        self.lead = lead
        if self.settings.clears:
            lead.solver.warm_up()
        logger.info("leading", extra={"epoch": lead.log.epoch, "events": lead.feed.end})
        kept = lead.platform.state.events
        while True:
            await asyncio.sleep(1.0)
            if lead.feed.end - kept >= self.settings.snapshot_every:
                kept = lead.feed.end
                try:
                    await self.side.snapshot()
                except Exception:
                    # a snapshot is a help: without one a restart only reads more
                    logger.exception("no snapshot was kept")

    async def _keep(self, platform: Platform) -> None:
        try:
            await self._in_thread(lambda: keep_snapshot(self.home, platform))
        except SuanwangError as error:
            tell(logging.WARNING, "no snapshot was kept", error)

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.thread, work)

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self.stopping.wait(), seconds)


def tell(level: int, what: str, error: SuanwangError) -> None:
    """A line of the server's own log."""
    faults: tuple[Fault, ...] = error.faults
    logger.log(level, "%s: %s", what, "; ".join(fault.say("en") for fault in faults))
