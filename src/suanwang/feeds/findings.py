"""What the checks at the door find: exact counts, and the first places of each kind of fault."""

from collections.abc import Callable
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from suanwang.model.schema import Column
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

Progress = Callable[[Text], None]

PLACES_LISTED = 100
VALUE_SHOWN_CHARACTERS = 80

NUMBER_NAMES: dict[str, Text] = {
    "whole": Text("a whole number", "整数"),
    "decimal": Text("a number", "数字"),
}


def silent(_step: Text) -> None:
    """A progress that nobody watches."""


class TablePlace:
    """Where a table was read from, and which row of the file each of its records is.

    A CSV row is the line on which the record starts, the header being line 1; a Parquet row counts from 1.
    `first_lines` holds the lines where they do not simply follow each other.
    """

    def __init__(self, path: Path, form: str, first_lines: NDArray[np.int64] | None = None) -> None:
        self.path = path
        self.form = form
        self.first_lines = first_lines

    def row(self, index: int) -> int:
        """The row in the file of record `index`, counted from 0."""
        if self.first_lines is not None:
            return int(self.first_lines[index])
        return index + (2 if self.form == "csv" else 1)


class Findings:
    """Collects faults and warnings of a whole folder, so that one report holds them all."""

    def __init__(self) -> None:
        self.faults: list[Fault] = []

    @property
    def errors(self) -> tuple[Fault, ...]:
        """The faults that refuse the input."""
        return tuple(fault for fault in self.faults if not fault.warning)

    @property
    def warnings(self) -> tuple[Fault, ...]:
        """The faults that do not."""
        return tuple(fault for fault in self.faults if fault.warning)

    def note(
        self,
        kind: str,
        where: str,
        what: Text,
        *,
        found: str = "",
        expected: Text | None = None,
        remedy: Text | None = None,
        warning: bool = False,
        file: str = "",
        column: str = "",
        row: int | None = None,
        count: int = 1,
    ) -> None:
        """Adds one fault that has one place, or none in a table."""
        nothing = same("")
        self.faults.append(
            Fault(
                where=where,
                what=what,
                found=shown(found),
                expected=expected or nothing,
                remedy=remedy or nothing,
                kind=kind,
                warning=warning,
                file=file or where,
                column=column,
                row=row,
                count=count,
            )
        )

    def rows(
        self,
        kind: str,
        place: TablePlace,
        column: str,
        wrong: pl.Series,
        values: pl.Series,
        what: Text,
        expected: Text,
        remedy: Text,
        warning: bool = False,
    ) -> None:
        """Adds one kind of fault in one column: `wrong` marks its records, `values` are what was read."""
        marks = wrong.fill_null(False)
        count = int(marks.sum() or 0)
        if not count:
            return
        first = marks.arg_true().head(PLACES_LISTED)
        found = values.gather(first).to_list()
        name = place.path.name
        for index, value in zip(first.to_list(), found, strict=True):
            row = place.row(index)
            self.note(
                kind,
                f"{name} row {row} {column}",
                what,
                found="" if value is None else str(value),
                expected=expected,
                remedy=remedy,
                warning=warning,
                file=name,
                column=column,
                row=row,
                count=count,
            )

    def unread(self, file: str, column: str) -> bool:
        """True if the column is missing or of a wrong type, so that nothing more can be said of it."""
        kinds = ("missing_column", "wrong_type")
        return any(one.file == file and one.column == column and one.kind in kinds for one in self.faults)

    def refuse(self) -> None:
        """Raises InvalidInput with every fault, and every warning after them, if there is a fault."""
        if self.errors:
            raise InvalidInput(self.errors + self.warnings)


def shown(value: str) -> str:
    """`value` short enough for a line of a report."""
    if len(value) <= VALUE_SHOWN_CHARACTERS:
        return value
    return value[: VALUE_SHOWN_CHARACTERS - 1] + "…"


def marks_at(indices: np.ndarray, height: int) -> pl.Series:
    """A mark for each of `height` records, set at `indices`."""
    marks = np.zeros(height, np.bool_)
    marks[indices] = True
    return pl.Series(marks)


def range_text(column: Column) -> Text:
    """What a value of the column must be, in words."""
    if column.choices:
        return same(" / ".join(column.choices))
    if column.kind == "truth":
        return same("true / false")
    if column.kind in ("name", "names"):
        return (
            Text("a name", "名称") if column.kind == "name" else Text("names joined by ;", "以 ; 分隔的名称")
        )
    if column.kind == "text":
        return Text("text", "文字")
    base = NUMBER_NAMES[column.kind]
    if column.least is not None and column.most is not None:
        bounds = f"{column.least:,.15g} .. {column.most:,.15g}"
    elif column.least is not None:
        bounds = f"≥ {column.least:,.15g}"
    elif column.most is not None:
        bounds = f"≤ {column.most:,.15g}"
    else:
        return base
    return Text(f"{base.en} {bounds}", f"{base.zh} {bounds}")
