"""One line of a benchmark: what was measured, what it must reach, and a baseline of the same run."""

import msgspec


class Row(msgspec.Struct, frozen=True):
    """A figure beside its bounds and its baseline, all in `unit`.

    `must` and `aim` are the least (or, where `lower_is_better`, the most) that is asked and hoped for; None
    where nothing is. The baseline was measured in the same run, on the same machine.
    """

    name: str
    figure: float
    unit: str
    must: float | None
    aim: float | None
    baseline: str
    baseline_figure: float
    lower_is_better: bool = False
    note: str = ""

    @property
    def ratio(self) -> float:
        """How many times better than the baseline."""
        if self.lower_is_better:
            return self.baseline_figure / self.figure
        return self.figure / self.baseline_figure

    @property
    def holds(self) -> bool:
        """Whether the figure is within what it must reach."""
        if self.must is None:
            return True
        return self.figure <= self.must if self.lower_is_better else self.figure >= self.must
