"""What charts look at: a scenario, its outcome, what the outcome uses, and the baseline if there is one."""

from datetime import timedelta
from functools import cached_property

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.model.result import Outcome, Report
from suanwang.model.scenario import Scenario
from suanwang.reports.places import Places
from suanwang.reports.usage import Usage, measure

NICE_SLOTS = (1, 2, 3, 4, 6, 8, 12, 24, 48, 72, 96, 168, 336, 672, 1344)


class View(msgspec.Struct, frozen=True, dict=True):
    """Everything a chart may draw from. `beside` is the first-come plan on the same scenario."""

    scenario: Scenario
    outcome: Outcome
    report: Report
    usage: Usage
    beside: Outcome | None = None
    beside_usage: Usage | None = None

    @classmethod
    def of(
        cls,
        scenario: Scenario,
        outcome: Outcome,
        report: Report,
        beside: Outcome | None = None,
        usage: Usage | None = None,
    ) -> "View":
        """The view of an outcome; `usage` saves measuring again where the caller has it."""
        return cls(
            scenario,
            outcome,
            report,
            measure(scenario, outcome) if usage is None else usage,
            beside,
            measure(scenario, beside) if beside is not None else None,
        )

    @cached_property
    def places(self) -> Places:
        """Names and points of the provinces."""
        return Places.of(self.scenario)

    @property
    def slot_hours(self) -> float:
        """Length of a slot."""
        return self.scenario.header.slot_minutes / 60

    def bins(self, most: int) -> "Bins":
        """The slots in at most `most` equal bins of a natural length; the last may be shorter."""
        slots = self.scenario.header.slots
        step = next((nice for nice in NICE_SLOTS if slots <= nice * most), -(-slots // most))
        start, minutes = self.scenario.header.start, self.scenario.header.slot_minutes
        edges = [*range(0, slots, step), slots]
        times = [start + timedelta(minutes=minutes * edge) for edge in edges]
        # Wall-clock time as if it were UTC: what is drawn does not depend on the zone of the machine.
        offset = start.utcoffset() or timedelta()
        wall_ms = [round((time.timestamp() + offset.total_seconds()) * 1000) for time in times]
        return Bins(np.array(edges[:-1]), np.diff(edges), wall_ms, [f"{time:%m-%d %H:%M}" for time in times])


class Bins(msgspec.Struct, frozen=True):
    """Runs of slots. `first`: (bin,) first slot, `length`: (bin,) slots; the edges' times: (bin + 1,)."""

    first: NDArray[np.int64]
    length: NDArray[np.int64]
    wall_ms: list[int]
    label: list[str]

    def sums(self, by_slot: NDArray[np.float64]) -> NDArray[np.float64]:
        """(…, bin) sums over the slots of each bin, the last axis being slots."""
        return np.add.reduceat(by_slot, self.first, axis=-1)

    def means(self, by_slot: NDArray[np.float64]) -> NDArray[np.float64]:
        """(…, bin) means over the slots of each bin."""
        return self.sums(by_slot) / self.length
