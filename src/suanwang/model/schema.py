"""What a column may hold. One description feeds the checks at the door, the files and the docs."""

from typing import Literal

import msgspec
import polars as pl

from suanwang.units.text import Text

Kind = Literal["name", "text", "whole", "decimal", "truth", "names"]
"""name: a non-empty id or code; text: free words; whole: an integer; decimal: at most `places` digits after
the point; truth: true or false; names: names joined by `;`."""

POLARS_TYPE: dict[Kind, type[pl.DataType]] = {
    "name": pl.String,
    "text": pl.String,
    "whole": pl.Int64,
    "decimal": pl.Float64,
    "truth": pl.Boolean,
    "names": pl.String,
}


class Column(msgspec.Struct, frozen=True):
    """One column of a table, as read from a file.

    `least` and `most` are inclusive. `refers` is the "table.column" that every value must stand in (each of
    `;`-joined names). `doubtful_above` and `doubtful_below` bound what is plausible: a value outside is
    valid but warned of, as a likely mistake of unit.
    """

    name: str
    kind: Kind
    about: Text
    required: bool = True
    least: float | None = None
    most: float | None = None
    places: int = 0
    choices: tuple[str, ...] = ()
    refers: str = ""
    doubtful_below: float | None = None
    doubtful_above: float | None = None


class Table(msgspec.Struct, frozen=True):
    """One table of a folder: its file's stem, its columns, and the columns that together are its key."""

    name: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    about: Text
    required: bool = True

    def column(self, name: str) -> Column:
        """The column of that name; KeyError where there is none."""
        for column in self.columns:
            if column.name == name:
                return column
        raise KeyError(f"{self.name}.{name}")

    @property
    def polars_schema(self) -> dict[str, type[pl.DataType]]:
        """Canonical column types, in the order of the schema."""
        return {column.name: POLARS_TYPE[column.kind] for column in self.columns}
