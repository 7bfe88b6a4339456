"""Work that would keep the event loop waiting, in a process of its own: snapshots, statements, proofs.

The child opens the home itself and reads what is durable, so nothing is shared with the writer.
"""

import asyncio
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, TypeVar

from suanwang.server.child import child_pool, end_pool
from suanwang.server.restoring import keep_snapshot, restore
from suanwang.store.home import FileHome, Home, PostgresHome

T = TypeVar("T")
Place = Path | str
"""A folder, or the address of a database: what a child opens the home by."""


class SideWork:
    """One child, begun when it is first needed and again where it died."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self._pool: ProcessPoolExecutor | None = None

    async def run(self, work: Callable[..., T], *given: Any) -> T:
        """`work(place, …)` in the child; tried once more where the child dies."""
        loop = asyncio.get_running_loop()
        place = await loop.run_in_executor(None, place_of, self.home)
        for last in (False, True):
            try:
                return await loop.run_in_executor(self._executor(), work, place, *given)
            except BrokenProcessPool:
                self._drop()
                if last:
                    raise
        raise AssertionError("unreachable")

    async def snapshot(self) -> None:
        """The state as it is durable now."""
        await self.run(take_snapshot)

    def close(self) -> None:
        """Ends the child."""
        self._drop()

    def _executor(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = child_pool()
        return self._pool

    def _drop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            end_pool(pool)


def place_of(home: Home) -> Place:
    """How a child opens the same home."""
    if isinstance(home, FileHome):
        return home.folder
    assert isinstance(home, PostgresHome)
    return home.url()


def open_home(place: Place) -> Home:
    """The home at a place. Close it."""
    return FileHome(place) if isinstance(place, Path) else PostgresHome(place)


def take_snapshot(place: Place) -> None:
    """In the child: the last snapshot and what came after it make the next."""
    home = open_home(place)
    log = home.reader()
    try:
        platform = restore(home, log, {})
        keep_snapshot(home, platform)
    finally:
        log.close()
        home.close()
