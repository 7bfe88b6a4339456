"""Who is out in each pool: attempts with a place, and those that stand by for one."""

from collections.abc import Hashable
from typing import TypeVar

import msgspec

AlikeKey = tuple[str, int, int]
"""Pool, shape's number, alternative: with the same one an attempt can do with another's place."""
Key = TypeVar("Key", bound=Hashable)


class Blocked(msgspec.Struct, frozen=True, gc=False):
    """One that is reserved for later and could begin now if enough were free. `start_at`: its earliest start;
    it would hold slots up to `to_slot`, in which at least `spare_milli` are left over beside it."""

    start_at: int
    to_slot: int
    spare_milli: int


class Places:
    """`alike`: attempts with a place, by what makes them alike; `standbys`: pool → those that stand by.

    Who came first is first. `preemptible`: pool → who may be told to leave its place; how many by priority.
    `blocked`: the last that was asked of `backfilling.blocked`, an attempt at an instant after so many
    events, and the answer.
    """

    def __init__(self) -> None:
        self.alike: dict[AlikeKey, dict[str, None]] = {}
        self.standbys: dict[str, dict[str, None]] = {}
        self.preemptible: dict[str, dict[str, None]] = {}
        self.preemptible_priorities: dict[int, int] = {}
        self.blocked: tuple[tuple[str, int, int], Blocked | None] = ("", 0, 0), None

    def find(self, name: str, key: AlikeKey, preemptible: bool, priority: int) -> None:
        """An attempt is out and has a place."""
        self.alike.setdefault(key, {})[name] = None
        if preemptible:
            self.preemptible.setdefault(key[0], {})[name] = None
            self.preemptible_priorities[priority] = self.preemptible_priorities.get(priority, 0) + 1

    def stand_by(self, name: str, pool: str) -> None:
        """An attempt is out and waits for a place."""
        self.standbys.setdefault(pool, {})[name] = None

    def leave(self, name: str, key: AlikeKey, priority: int) -> None:
        """It neither has a place any more nor waits for one, if it did."""
        forget(self.standbys, key[0], name)
        forget(self.alike, key, name)
        if forget(self.preemptible, key[0], name):
            of_priority = self.preemptible_priorities
            of_priority[priority] -= 1
            if not of_priority[priority]:
                del of_priority[priority]


def forget(index: dict[Key, dict[str, None]], key: Key, name: str) -> bool:
    """It is not listed under `key` any more. Whether it was."""
    names = index.get(key)
    if names is None or name not in names:
        return False
    del names[name]
    if not names:
        del index[key]
    return True
