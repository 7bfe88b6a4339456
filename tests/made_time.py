"""An event loop on a made clock: it never waits, calls to other threads are made where they are asked for."""

import asyncio
import selectors
from collections.abc import Callable
from concurrent.futures import Executor, Future
from typing import Any

IDLE_TURNS = 3
"""So many turns of the loop without anything to do, and it is idle."""
TURNS_MOST = 1_000_000


class MadeClock:
    """UTC microseconds, as a test sets them."""

    def __init__(self, at: int) -> None:
        self.begun_at = self.at = at

    def now(self) -> int:
        return self.at


class NeverWaits(selectors.DefaultSelector):
    """A selector that looks and goes on."""

    def select(self, timeout: float | None = None) -> list[tuple[selectors.SelectorKey, int]]:
        return super().select(0)


class MadeLoop(asyncio.SelectorEventLoop):
    """Its time is that of the clock: timers are due when a test says so."""

    def __init__(self, clock: MadeClock) -> None:
        self.clock = clock
        super().__init__(NeverWaits())

    def time(self) -> float:
        return (self.clock.at - self.clock.begun_at) / 1e6

    def run_in_executor(self, executor: Any, func: Callable[..., Any], *args: Any) -> asyncio.Future[Any]:  # type: ignore[override]
        future = self.create_future()
        try:
            future.set_result(func(*args))
        except Exception as error:
            future.set_exception(error)
        return future

    def run_until_idle(self) -> None:
        """Everything that is due at this instant."""
        self.run_until_complete(self.idle())

    async def idle(self) -> None:
        turns = 0
        for _ in range(TURNS_MOST):
            await asyncio.sleep(0)
            turns = 0 if self._ready else turns + 1  # type: ignore[attr-defined]
            if turns == IDLE_TURNS:
                return
        raise AssertionError("the loop never comes to rest")


class InPlace(Executor):
    """A child process that is none: what it is given is done where it is given."""

    _processes = None

    def submit(self, fn: Callable[..., Any], /, *args: Any, **kwargs: Any) -> Future[Any]:
        future: Future[Any] = Future()
        future.set_result(fn(*args, **kwargs))
        return future
