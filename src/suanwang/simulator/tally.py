"""What is counted while a simulation runs: what became of jobs and attempts, money, prices as published."""

from collections.abc import Callable
from typing import Any

import numpy as np

from suanwang.engine import events
from suanwang.ledger.events import Captured
from suanwang.model.scenario import Scenario
from suanwang.units.rounding import Int64Array


class Tally:
    """Told of every event. `price_micro`: (pool, slot) the scarcity price last published before each slot.

    `closed`: jobs of which no more is heard. `back`: how often a job went back to the queue, by reason.
    `sent_back_at`: job → when it did not fit. `reserved`: job → its attempt that was reserved last.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.row_of = {pool: row for row, pool in enumerate(scenario.pools["pool"].to_list())}
        self.price_micro: Int64Array = np.zeros((scenario.pools.height, scenario.header.slots), np.int64)
        self.refused: dict[str, str] = {}
        self.back: dict[str, int] = {}
        self.sent_back_at: dict[str, int] = {}
        self.reserved: dict[str, int] = {}
        self.packing_wait_us = 0
        self.moved = self.attempts = self.clearings = self.events = self.closed = 0
        self.charged_micro = 0
        self.counts: dict[type[Any], Callable[[Any], None]] = {
            events.AttemptReserved: self.reserve,
            events.AttemptMoved: self.move,
            events.AttemptDispatched: self.dispatch,
            events.AttemptStoodBy: self.stand_by,
            events.JobQueued: self.queue,
            events.JobRefused: self.refuse,
            events.JobEnded: self.close,
            events.PricesPublished: self.publish,
            events.Cleared: self.clear,
            Captured: self.capture,
        }

    def hear(self, found: list[events.AnyEvent]) -> None:
        """Events, in their order."""
        self.events += len(found)
        counts = self.counts
        for event in found:
            count = counts.get(type(event))
            if count is not None:
                count(event)

    def reserve(self, event: events.AttemptReserved) -> None:
        """One more attempt."""
        self.attempts += 1
        self.reserved[event.job] = event.number

    def stand_by(self, event: events.AttemptStoodBy) -> None:
        """One more attempt, or one that was reserved."""
        self.attempts += self.reserved.get(event.job) != event.number
        self.dispatch(event)

    def move(self, event: events.AttemptMoved) -> None:
        """It lies elsewhere."""
        self.moved += 1

    def dispatch(self, event: events.AttemptDispatched | events.AttemptStoodBy) -> None:
        """What did not fit before has waited until now."""
        since_at = self.sent_back_at.pop(event.job, None)
        if since_at is not None:
            self.packing_wait_us += event.at - since_at

    def queue(self, event: events.JobQueued) -> None:
        """Back in line."""
        self.back[event.why] = self.back.get(event.why, 0) + 1
        if event.why == "does_not_fit":
            self.sent_back_at.setdefault(event.job, event.at)

    def refuse(self, event: events.JobRefused) -> None:
        """Never admitted."""
        self.closed += 1
        self.refused[event.name] = event.reasons[0].rule if event.reasons else ""

    def close(self, event: events.JobEnded) -> None:
        """One less."""
        self.closed += 1
        self.reserved.pop(event.job, None)

    def clear(self, event: events.Cleared) -> None:
        """The network was cleared."""
        self.clearings += 1

    def capture(self, event: Captured) -> None:
        """What its user pays."""
        self.charged_micro += event.compute_micro + event.energy_micro + event.data_micro

    def publish(self, event: events.PricesPublished) -> None:
        """Prices of a pool, from a slot on; zero after them."""
        row, slots = self.row_of[event.pool], self.price_micro.shape[1]
        line = self.price_micro[row]
        line[min(event.from_slot, slots) :] = 0
        end = min(slots, event.from_slot + len(event.price_micro))
        if end > event.from_slot:
            line[event.from_slot : end] = event.price_micro[: end - event.from_slot]
