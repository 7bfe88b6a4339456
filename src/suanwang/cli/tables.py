"""Tables on the terminal for what a platform tells: Chinese aligns, words from outside are never markup."""

import sys
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from suanwang.units.instants import local_time
from suanwang.units.money import MICRO_PER_YUAN, yuan
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.table import Table

WIDTH_PIPED = 160
Column = tuple[Text, str]
"""A title, and `left` or `right`."""
Line = TypeVar("Line")


@dataclass(frozen=True)
class Field(Generic[Line]):
    """A column of what is told, line by line: its title, what a line says in it, `left` or `right`."""

    title: Text
    cell: Callable[[Line], str | Text]
    side: str = "left"


def amount(title: Text, of_micro: Callable[[Line], int | None]) -> Field[Line]:
    """A column of money; empty where there is none."""

    def cell(line: Line) -> str:
        micro = of_micro(line)
        return "" if micro is None else money(micro)

    return Field(title, cell, "right")


def show(
    told: object, lines: Iterable[Line], fields: Sequence[Field[Line]], as_json: bool, language: Language
) -> int:
    """What was told, for programs whole, for people line by line; exit code 0."""
    if as_json:
        print_told(told)
        return 0
    cells = [[field.cell(line) for field in fields] for line in lines]
    rows = [[cell if isinstance(cell, str) else cell.say(language) for cell in row] for row in cells]
    print_table([(field.title, field.side) for field in fields], rows, language)
    return 0


def console() -> "Console":
    """Standard output; wide enough for a table where it is not a terminal."""
    from rich.console import Console

    width = None if sys.stdout.isatty() else WIDTH_PIPED
    return Console(width=width, highlight=False, emoji=False, markup=False, soft_wrap=False)


def table_of(columns: Sequence[Column], rows: Iterable[Sequence[str]], language: Language) -> "Table":
    """An aligned table."""
    from rich import box
    from rich.table import Table
    from rich.text import Text as Words

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for title, side in columns:
        table.add_column(title.say(language), justify="right" if side == "right" else "left", overflow="fold")
    for row in rows:
        table.add_row(*(Words(cell) for cell in row))
    return table


def print_table(columns: Sequence[Column], rows: Sequence[Sequence[str]], language: Language) -> None:
    """The table, or that there is nothing."""
    if rows:
        console().print(table_of(columns, rows, language))
    else:
        print(Text("nothing", "无记录").say(language))


def print_told(told: object) -> None:
    """What the server told, as one JSON document."""
    import json

    import msgspec

    document: Any = msgspec.to_builtins(told)
    print(json.dumps(document, ensure_ascii=False, indent=2))


def clock(at: int | None) -> str:
    """An instant as local date and time to the second; "" for none."""
    return "" if at is None else local_time(at).strftime("%m-%d %H:%M:%S")


def money(amount_micro: int) -> str:
    """Yuan to the 分; amounts below one yuan to four places, tiny ones to the last digit."""
    if not amount_micro or abs(amount_micro) >= MICRO_PER_YUAN:
        return yuan(amount_micro)
    return yuan(amount_micro, 4 if abs(amount_micro) >= 100 else 6)


def devices(milli: int) -> str:
    """Devices from milli-devices: `8`, `0.5`."""
    whole, rest = divmod(milli, 1000)
    return f"{whole:,}" if not rest else f"{whole:,}.{rest:03d}".rstrip("0")


def duration(seconds: int) -> str:
    """`1:02:03`."""
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"
