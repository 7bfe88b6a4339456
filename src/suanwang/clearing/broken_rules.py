"""The rules that an outcome breaks, gathered so that one report names them all."""

from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.units.errors import Fault, InvariantBroken
from suanwang.units.rounding import Int64Array
from suanwang.units.text import Text

LISTED_MOST = 10
REMEDY = Text(
    "this is a fault of the program: please report it with the scenario",
    "这是程序的缺陷：请连同场景一并报告",
)


class BrokenRules:
    """Collects faults by rule; lists the first jobs of each with the exact count."""

    def __init__(self, jobs: pl.Series) -> None:
        self.jobs = jobs
        self.faults: list[Fault] = []

    def rows(
        self,
        rule: str,
        wrong: NDArray[np.bool_],
        what: Text,
        found: NDArray[Any],
        job: Int64Array | None = None,
    ) -> None:
        """`wrong` lines break `rule`; `found` is the offending value of each line, `job` its job's row."""
        lines = np.flatnonzero(wrong)
        for line in lines[:LISTED_MOST].tolist():
            name = self.jobs[line if job is None else int(job[line])]
            fault = Fault(f"job {name}", what, str(found[line]), remedy=REMEDY, kind=rule, count=len(lines))
            self.faults.append(fault)

    def whole(self, rule: str, where: str, what: Text, found: str = "", count: int = 1) -> None:
        """Something that is not one job's breaks `rule`."""
        self.faults.append(Fault(where, what, found, remedy=REMEDY, kind=rule, count=count))

    def refuse(self) -> None:
        """Raises InvariantBroken if anything was found."""
        if self.faults:
            raise InvariantBroken(self.faults)
