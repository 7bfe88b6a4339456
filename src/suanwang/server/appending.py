"""How a lead's groups go to its log: a small one from the event loop itself, any other in the thread.

A thread has to be woken, and to win the interpreter from the loop and back; for a small group that is a good
part of the whole. So it is sent by the loop, which hears the answer like any other news. One group is on its
way at a time.
"""

import asyncio
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

from suanwang.model.log import Entry
from suanwang.server.look_up import LookUp


class Appending:
    """See above. `delay_s` is added to each append, for trials of slow disks."""

    def __init__(self, log: LookUp, thread: ThreadPoolExecutor, delay_s: float) -> None:
        self.log, self.thread, self.delay_s = log, thread, delay_s
        self.loop = asyncio.get_running_loop()
        self.under_way: asyncio.Future[float] | None = None
        self.proving = False

    def append(self, entries: Sequence[Entry]) -> "asyncio.Future[float]":
        """Begins to append; the future's result is how long it took, in seconds. Raises what the log does."""
        began_s = time.perf_counter()
        may_begin = bool(entries) and not self.proving and not self.delay_s
        socket = self.log.begin(entries) if may_begin else None
        if socket is None:
            self.under_way = self.loop.run_in_executor(self.thread, self._append, entries)
        else:
            self.under_way = self.loop.create_future()
            # whoever gives up waiting is to close the log: its socket is nobody's then
            self.under_way.add_done_callback(lambda _: self.loop.remove_reader(socket))
            self.loop.add_reader(socket, self._hear, socket, entries, began_s, self.under_way)
        return self.under_way

    async def prove(self) -> bool:
        """Ask the log whether the lead is still in force. False, unasked, while an append asks it anyway."""
        if self.under_way is not None and not self.under_way.done():
            return False
        self.proving = True
        try:
            await self.loop.run_in_executor(self.thread, self.log.append, ())
        finally:
            self.proving = False
        return True

    def _append(self, entries: Sequence[Entry]) -> float:
        """In the thread."""
        began_s = time.perf_counter()
        if entries:
            self.log.append(entries)
            time.sleep(self.delay_s)
        return time.perf_counter() - began_s

    def _hear(
        self, socket: int, entries: Sequence[Entry], began_s: float, future: "asyncio.Future[float]"
    ) -> None:
        """The database has said something."""
        if future.done():
            return
        try:
            durable = self.log.ended()
        except Exception as error:
            future.set_exception(error)
            return
        if durable is None:
            return
        # from here on the connection may be the thread's
        self.loop.remove_reader(socket)
        if durable:
            future.set_result(time.perf_counter() - began_s)
        else:
            looked_into = self.loop.run_in_executor(self.thread, self._append, entries)
            looked_into.add_done_callback(lambda done: pass_on(done, future))


def pass_on(done: "asyncio.Future[float]", future: "asyncio.Future[float]") -> None:
    """What became of one is what became of the other."""
    if future.done():
        return
    error = done.exception()
    if error is None:
        future.set_result(done.result())
    else:
        future.set_exception(error)
