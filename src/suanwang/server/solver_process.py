"""Clearing in a process of its own, so that quotes and submissions keep pace with it."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool

import msgspec

from suanwang.clearing.by_prices import Settings
from suanwang.engine.clearing_request import ClearingRequest
from suanwang.engine.inputs import TakePlan
from suanwang.runtime.solving import plan_of
from suanwang.server.child import child_pool, end_pool

TRIES = 5
PAUSE_S = 1.0


class Cleared(msgspec.Struct):
    """The last clearing, for the metrics."""

    seconds: float = 0.0
    gap: float | None = None
    failures: int = 0


def warm() -> None:
    """Loads what the first clearing needs."""
    import suanwang.clearing.clear  # noqa: F401  # pyright: ignore[reportUnusedImport]


class ProcessSolver:
    """The solver of one lead. `answer` takes the plan; `still(serial)`: whether anybody waits for it."""

    def __init__(
        self, answer: Callable[[TakePlan], Awaitable[object]], still: Callable[[int], bool], name: str
    ) -> None:
        self.answer, self.still, self.name = answer, still, name
        self.last = Cleared()
        self._pool: ProcessPoolExecutor | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    def start(self, request: ClearingRequest) -> None:
        """Begins; the plan comes as an input."""
        task = asyncio.get_running_loop().create_task(self._clear(request))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def warm_up(self) -> None:
        """Starts the process before it is needed."""
        self._executor().submit(warm)

    def close(self) -> None:
        """Ends the process."""
        for task in self._tasks:
            task.cancel()
        self._drop()

    async def _clear(self, request: ClearingRequest) -> None:
        loop = asyncio.get_running_loop()
        for number in range(TRIES):
            if not self.still(request.serial):
                return
            began = time.monotonic()
            try:
                name = f"{self.name}/{request.serial}/{number}"
                plan = await loop.run_in_executor(self._executor(), plan_of, request, Settings(), name)
            except BrokenProcessPool:
                # the child died: a new one begins anew
                self.last.failures += 1
                self._drop()
                await asyncio.sleep(PAUSE_S)
                continue
            self.last.seconds = time.monotonic() - began
            bound = plan.bound_micro
            self.last.gap = (plan.cost_micro - bound) / bound if bound > 0 else None
            await self.answer(plan)
            return

    def _executor(self) -> ProcessPoolExecutor:
        if self._pool is None:
            self._pool = child_pool()
        return self._pool

    def _drop(self) -> None:
        pool, self._pool = self._pool, None
        if pool is not None:
            end_pool(pool)
