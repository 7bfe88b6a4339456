"""What lies beside the log, asked from the event loop: contents and streams, each in a thread of its own.

A content is kept as salt, owner and bytes, under the SHA-256 of all three: its name tells nothing of it, and
whose it is cannot be lost.
"""

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Generic, NamedTuple, TypeVar

from suanwang.store.attempt_logs import AttemptLogs, Stream
from suanwang.store.connection import StoreUnreachable
from suanwang.store.home import Home
from suanwang.store.papers import SALT_BYTES, Papers, salted, unsalted

T = TypeVar("T")
Store = TypeVar("Store", Papers, AttemptLogs)
MAGIC = b"\x01owner "


class Content(NamedTuple):
    """`owner`: `enterprise/<name>`, `centre/<name>`, or `platform`."""

    owner: str
    data: bytes


class InThread(Generic[Store]):
    """A store that is opened, used and closed in one thread; opened anew after it broke off."""

    def __init__(self, opening: Callable[[], Store], name: str) -> None:
        self.opening, self.thread = opening, ThreadPoolExecutor(1, name)
        self.store: Store | None = None

    async def do(self, work: Callable[[Store], T]) -> T:
        """The work's result."""
        return await asyncio.get_running_loop().run_in_executor(self.thread, self._do, work)

    def close(self) -> None:
        """Use it no more."""

        def end() -> None:
            if self.store is not None:
                self.store.close()

        self.thread.submit(end)
        self.thread.shutdown()

    def _do(self, work: Callable[[Store], T]) -> T:
        if self.store is None:
            self.store = self.opening()
        try:
            return work(self.store)
        except StoreUnreachable:
            store, self.store = self.store, None
            store.close()
            raise


class Beside:
    """Contents and streams of one home."""

    def __init__(self, home: Home) -> None:
        self.papers: InThread[Papers] = InThread(home.papers, "papers")
        self.logs: InThread[AttemptLogs] = InThread(home.attempt_logs, "attempt-logs")

    async def keep(self, owner: str, data: bytes) -> str:
        """Keeps a content, durable on return; its name."""
        paper = salted(MAGIC + owner.encode() + b"\n" + data, secrets.token_bytes(SALT_BYTES))
        return (await self.papers.do(lambda papers: papers.keep([paper])))[0]

    async def keep_paper(self, data: bytes) -> str:
        """Keeps papers of a voucher route under their own SHA-256, which its events name."""
        return (await self.papers.do(lambda papers: papers.keep([data])))[0]

    async def read(self, name: str) -> Content | None:
        """A content; None for papers that are none. Raises InvalidInput where it is not there."""
        data = unsalted(await self.papers.do(lambda papers: papers.read(name)))
        if not data.startswith(MAGIC):
            return None
        owner, _, content = data[len(MAGIC) :].partition(b"\n")
        return Content(owner.decode(), content)

    async def erase(self, name: str) -> bool:
        """Erases a content for good; whether it was there."""
        return await self.papers.do(lambda papers: papers.erase(name))

    async def append_log(self, attempt: str, stream: Stream, offset: int, data: bytes) -> int:
        """Takes a part of a stream; its size then."""
        return await self.logs.do(lambda logs: logs.append(attempt, stream, offset, data))

    async def read_log(self, attempt: str, stream: Stream, offset: int, bytes_most: int) -> bytes:
        """A part of a stream."""
        return await self.logs.do(lambda logs: logs.read(attempt, stream, offset, bytes_most))

    def close(self) -> None:
        """Close both."""
        self.papers.close()
        self.logs.close()
