"""What is counted while a simulation runs: what became of jobs and attempts, money, prices as published."""

import numpy as np

from suanwang.engine import events
from suanwang.ledger.events import Captured
from suanwang.model.scenario import Scenario
from suanwang.units.rounding import Int64Array


class Tally:
    """Told of every event. `price_micro`: (pool, slot) the scarcity price last published before each slot.

    `back`: how often a job went back to the queue, by reason. `sent_back_at`: job → when it did not fit.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.row_of = {pool: row for row, pool in enumerate(scenario.pools["pool"].to_list())}
        self.price_micro: Int64Array = np.zeros((scenario.pools.height, scenario.header.slots), np.int64)
        self.refused: dict[str, str] = {}
        self.back: dict[str, int] = {}
        self.sent_back_at: dict[str, int] = {}
        self.packing_wait_us = 0
        self.moved = self.attempts = self.clearings = self.events = 0
        self.charged_micro = 0

    def hear(self, event: events.AnyEvent) -> None:
        """One event."""
        self.events += 1
        match event:
            case events.AttemptReserved():
                self.attempts += 1
            case events.AttemptMoved():
                self.moved += 1
            case events.AttemptDispatched():
                since_at = self.sent_back_at.pop(event.job, None) if self.sent_back_at else None
                if since_at is not None:
                    self.packing_wait_us += event.at - since_at
            case events.JobQueued():
                self.back[event.why] = self.back.get(event.why, 0) + 1
                if event.why == "does_not_fit":
                    self.sent_back_at.setdefault(event.job, event.at)
            case events.JobRefused():
                self.refused[event.name] = event.reasons[0].rule if event.reasons else ""
            case events.PricesPublished():
                self.publish(event)
            case events.Cleared():
                self.clearings += 1
            case Captured():
                self.charged_micro += event.compute_micro + event.energy_micro + event.data_micro
            case _:
                pass

    def publish(self, event: events.PricesPublished) -> None:
        """Prices of a pool, from a slot on; zero after them."""
        row, slots = self.row_of[event.pool], self.price_micro.shape[1]
        line = self.price_micro[row]
        line[min(event.from_slot, slots) :] = 0
        end = min(slots, event.from_slot + len(event.price_micro))
        if end > event.from_slot:
            line[event.from_slot : end] = event.price_micro[: end - event.from_slot]
