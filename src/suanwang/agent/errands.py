"""Calls that take their time, made beside the loop: in threads, or at once where one thread has to do it all.

What comes of a call is handed back to the loop, which alone changes anything. A lane is one call after the
other, in order; what takes less time than a thread needs to wake is made `HERE`.
"""

import queue
import threading
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Protocol, TypeVar

from suanwang.units.errors import SuanwangError

Result = TypeVar("Result")
Told = Callable[[], None]
HERE = "here"
"""The lane of calls that the loop makes itself, at once."""


class Errands(Protocol):
    """See above."""

    def do(
        self,
        lane: str,
        call: Callable[[], Result],
        then: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """Make `call` in its turn; `take` hands out `then` with its result, or `failed` with its error."""
        ...

    def take(self) -> list[Told]:
        """What came of calls since, to be called by the loop."""
        ...


def outcome_of(
    call: Callable[[], Result], then: Callable[[Result], None], failed: Callable[[Exception], None]
) -> Told:
    """Make the call now; what the loop has to be told."""
    try:
        result = call()
    except (SuanwangError, OSError, ValueError) as error:
        caught: Exception = error
        return lambda: failed(caught)
    return lambda: then(result)


class AfterDisk:
    """Errands that follow from records wait for the disk to have those; what follows from none is asked.

    What is made `HERE` is the agent's own, and waits for nothing.
    """

    def __init__(self, errands: Errands) -> None:
        self.ask, self.take = errands.do, errands.take
        self.waiting: list[Told] = []

    def do(
        self,
        lane: str,
        call: Callable[[], Result],
        then: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """See `Errands`."""
        if lane == HERE:
            self.ask(lane, call, then, failed)
        else:
            self.waiting.append(lambda: self.ask(lane, call, then, failed))

    def let_go(self) -> None:
        """The disk has it all."""
        waiting, self.waiting = self.waiting, []
        for begin in waiting:
            begin()


class AtOnce:
    """Each call is made where it is asked for."""

    def __init__(self) -> None:
        self.told: deque[Told] = deque()

    def do(
        self,
        lane: str,
        call: Callable[[], Result],
        then: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """See `Errands`."""
        self.told.append(outcome_of(call, then, failed))

    def take(self) -> list[Told]:
        """See `Errands`."""
        told = list(self.told)
        self.told.clear()
        return told


class InThreads:
    """A thread for each lane, made when it is first used. Nothing is waited for at the end of the program."""

    def __init__(self) -> None:
        self.told: queue.SimpleQueue[Told] = queue.SimpleQueue()
        self.lanes: dict[str, queue.SimpleQueue[Callable[[], None]]] = {}
        self.waiting: list[Told] = []

    def do(
        self,
        lane: str,
        call: Callable[[], Result],
        then: Callable[[Result], None],
        failed: Callable[[Exception], None],
    ) -> None:
        """See `Errands`."""
        if lane == HERE:
            self.waiting.append(outcome_of(call, then, failed))
            return
        if lane not in self.lanes:
            self.lanes[lane] = queue.SimpleQueue()
            threading.Thread(target=self.work, args=(self.lanes[lane],), name=lane, daemon=True).start()
        self.lanes[lane].put(lambda: self.told.put(outcome_of(call, then, failed)))

    def work(self, lane: "queue.SimpleQueue[Callable[[], None]]") -> None:
        """One lane, for as long as the program runs."""
        while True:
            call = lane.get()
            try:
                call()
            except BaseException as error:
                # a fault of the program: the loop shall fail, not this thread alone
                self.told.put(partial(fail, error))

    def take(self) -> list[Told]:
        """See `Errands`."""
        told, self.waiting = self.waiting, []
        while True:
            try:
                told.append(self.told.get_nowait())
            except queue.Empty:
                return told

    def wait(self, seconds: float) -> None:
        """Until something came of a call, or `wake`; `seconds` at most."""
        try:
            self.waiting.append(self.told.get(timeout=max(0.0, seconds)))
        except queue.Empty:
            return

    def wake(self) -> None:
        """Let `wait` return."""
        self.told.put(lambda: None)


def fail(error: BaseException) -> None:
    """Raise it here."""
    raise error
