"""What a step may do to the capacity of a network: more is taken than there is only where devices were lost.

A pool may hold more than it has, since what was sent out runs on when a centre shrinks. So the state alone
cannot tell a lost device from a device given away twice; two states, one before and one after, can.
"""

import numpy as np

from suanwang.engine.platform import Platform
from suanwang.units.rounding import Int64Array


class Load:
    """By pool, from slot `from_slot` on: `there_milli` is what there is, `taken_milli` what attempts take."""

    def __init__(self, platform: Platform) -> None:
        self.there_milli: dict[str, Int64Array] = {}
        self.taken_milli: dict[str, Int64Array] = {}
        self.from_slot = self.now_slot = 0
        if not platform.has_network:
            return
        ground, state = platform.ground, platform.state
        self.from_slot, self.now_slot = ground.from_slot, platform.terms.slot_of(state.at)
        for row, pool in enumerate(ground.pools):
            self.there_milli[pool] = ground.capacity_milli[row].copy()
            self.taken_milli[pool] = np.zeros(ground.slots, np.int64)
        for centre in state.centres.values():
            for name in centre.attempts:
                attempt = state.attempts[name]
                figures = attempt.figures
                first, last = (
                    max(0, slot - self.from_slot) for slot in (attempt.first_slot, figures.to_slot)
                )
                self.taken_milli[figures.pool][first:last] += attempt.milli

    def overloaded_since(self, before: "Load") -> list[str]:
        """Pools that lack more, in some slot from now on, than they did before and have lost since.

        excess[t] = max(0, taken[t] - there[t])
        excess[t] ≤ excess before[t] + max(0, there before[t] - there[t])
        """
        found: list[str] = []
        first = max(self.from_slot, before.from_slot, self.now_slot)
        for pool in self.there_milli:
            there, taken = self.since(pool, first, 0)
            was_there, was_taken = before.since(pool, first, len(there))
            slots = min(len(there), len(was_there))
            excess = np.maximum(taken - there, 0)[:slots]
            lost = np.maximum(was_there[:slots] - there[:slots], 0)
            if (excess > np.maximum(was_taken - was_there, 0)[:slots] + lost).any():
                found.append(pool)
        return found

    def since(self, pool: str, slot: int, slots: int) -> tuple[Int64Array, Int64Array]:
        """(there, taken) of a pool from a slot on; of one that is not known, nothing for so many slots."""
        if pool not in self.there_milli:
            return np.zeros(slots, np.int64), np.zeros(slots, np.int64)
        begin = slot - self.from_slot
        return self.there_milli[pool][begin:], self.taken_milli[pool][begin:]
