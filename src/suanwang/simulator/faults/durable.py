"""The log of a faulty world outlives its writers; its appends fail before or after they are durable."""

from collections.abc import Callable, Sequence

from suanwang.audit.hashing import HashSuite
from suanwang.audit.publish import GrowingTree
from suanwang.model.log import Appended, Entry, LogFailed, StaleEpoch
from suanwang.simulator.faults.plan import Dice, Weather
from suanwang.simulator.memory_log import MemoryLog
from suanwang.units.errors import Fault
from suanwang.units.text import same


class DurableLog(MemoryLog):
    """What lies on the disk. Its Merkle tree grows with it."""

    def __init__(self, suite: HashSuite) -> None:
        super().__init__()
        self.suite = suite
        self.tree = GrowingTree("fault.test/log", suite)
        self.epoch = 0

    def append(self, entries: Sequence[Entry]) -> list[Appended]:
        """See `MemoryLog.append`."""
        before = len(self.records)
        appended = super().append(entries)
        self.tree.append(self.records[before:])
        return appended

    def boundary(self, size: int) -> int:
        """The last size up to `size` that is the end of an entry."""
        return max(
            one.first_index + one.count for one in self.known.values() if one.first_index + one.count <= size
        )

    def set_back(self, size: int, at: int) -> None:
        """As a backup at a boundary has it, restored at an instant: see `store.restore`."""
        self.records = self.records[:size]
        self.known = {name: one for name, one in self.known.items() if one.first_index + one.count <= size}
        self.tree = GrowingTree("fault.test/log", self.suite)
        self.tree.append(self.records)
        self.epoch = max(self.epoch, at)


class Lead:
    """A writer's hold on the log (see `model.log.LogWriter`): stale once another one has taken the lead.

    `fails()` says how an append ends: "" well, "before" or "after" it is durable without the writer knowing.
    """

    def __init__(self, log: DurableLog, fails: Callable[[], str]) -> None:
        self.log, self.fails = log, fails
        log.epoch += 1
        self.epoch = log.epoch
        self.read, self.recorded, self.entries = log.read, log.recorded, log.entries
        self.refresh, self.close = log.refresh, log.close
        self.repairs: tuple[Fault, ...] = ()

    @property
    def size(self) -> int:
        """How many events."""
        return self.log.size

    def append(self, entries: Sequence[Entry]) -> list[Appended]:
        """Appends, or leaves the writer in doubt."""
        if self.epoch != self.log.epoch:
            raise StaleEpoch([Fault("log", same("another one leads"))])
        how = self.fails()
        if how == "before":
            raise LogFailed([Fault("log", same("the connection broke"))])
        appended = self.log.append(entries)
        if how == "after":
            raise LogFailed([Fault("log", same("the connection broke"))])
        return appended


def failing(dice: Dice, weather: Callable[[], Weather]) -> Callable[[], str]:
    """Appends fail in the share of the weather, half of them after they are durable."""

    def fails() -> str:
        if not dice.happens(weather().append_fails):
            return ""
        return "after" if dice.happens(0.5) else "before"

    return fails
