"""Are the figures of a user usable: columns, numbers in their range, names that stand somewhere."""

from collections.abc import Iterable
from decimal import Decimal, InvalidOperation

import msgspec
import polars as pl

from suanwang.units.errors import Fault
from suanwang.units.text import Text, same


class Figure(msgspec.Struct, frozen=True):
    """A column of numbers, both ends of its range included; `may_lack`: empty where none is published."""

    name: str
    least: int
    most: int
    may_lack: bool = False


class FigureTable(msgspec.Struct, frozen=True):
    """A table of figures: its key, its numbers and its other columns that are read."""

    file: str
    key: str
    figures: tuple[Figure, ...]
    words: tuple[str, ...]


TABLES = (
    FigureTable(
        "clusters.csv",
        "cluster",
        (
            Figure("lat", -90, 90),
            Figure("lon", -180, 180),
            Figure("pue_ceiling", 1, 3),
            Figure("size", 1, 10**6),
        ),
        ("hub", "name", "slug", "region", "west"),
    ),
    FigureTable(
        "grid_zones.csv",
        "province",
        (Figure("carbon_kg_per_kwh", 0, 2, may_lack=True), Figure("tariff_yuan_per_kwh", 0, 20)),
        ("grid_zone", "name", "rule"),
    ),
    FigureTable(
        "devices.csv",
        "device",
        (
            Figure("fp16_pflops", 0, 1000),
            Figure("memory_gb", 0, 10**6),
            Figure("board_w", 1, 10**5),
            Figure("price_yuan_per_device_hour", 0, 10**5),
        ),
        ("maker", "domestic"),
    ),
)


def figure_faults(frames: dict[str, pl.DataFrame]) -> list[Fault]:
    """Every fault of the three tables of figures, `frames` by file, all columns as text."""
    return [fault for table in TABLES for fault in table_faults(table, frames[table.file])]


def table_faults(table: FigureTable, frame: pl.DataFrame) -> list[Fault]:
    """Every fault of one table."""
    wanted = (table.key, *(figure.name for figure in table.figures), *table.words)
    missing = [name for name in wanted if name not in frame.columns]
    if missing or not frame.height:
        what = Text("columns are missing", "缺少列") if missing else Text("has no rows", "没有数据行")
        return [wrong(table.file, 1, ", ".join(missing), what, "", same(", ".join(wanted)))]
    faults = [
        wrong(
            table.file,
            row,
            table.key,
            Text("empty, or there twice", "为空或重复"),
            key or "",
            Text("each once", "各一次"),
        )
        for row, (key, once) in enumerate(
            zip(frame[table.key].to_list(), frame[table.key].is_first_distinct().to_list(), strict=True), 2
        )
        if not key or not once
    ]
    for figure in table.figures:
        for row, text in enumerate(frame[figure.name].to_list(), 2):
            if not is_within(text, figure):
                expected = Text(
                    f"a number {figure.least:,} .. {figure.most:,}",
                    f"数字 {figure.least:,} .. {figure.most:,}",
                )
                what = Text("not such a figure", "不是合理的数值")
                faults.append(wrong(table.file, row, figure.name, what, text or "", expected))
    return faults


def is_within(text: str | None, figure: Figure) -> bool:
    """True if `text` is a decimal in the range of `figure`."""
    if not text:
        return figure.may_lack
    try:
        value = Decimal(text)
    except InvalidOperation:
        return False
    return value.is_finite() and figure.least <= value <= figure.most


def unknown_names(file: str, column: str, names: Iterable[str], known: Iterable[str]) -> list[Fault]:
    """A fault for each of `names` that is not among the `known`."""
    there = sorted(set(known))
    return [
        wrong(file, None, column, Text("an unknown name", "未知名称"), name, same(", ".join(there)))
        for name in sorted(set(names) - set(there))
    ]


def wrong(file: str, row: int | None, column: str, what: Text, found: str, expected: Text) -> Fault:
    """One fault of the figures."""
    return Fault(
        where=" ".join(part for part in (file, f"row {row}" if row else "", column) if part),
        what=what,
        found=found,
        expected=expected,
        remedy=Text("mend the figure in that file", "在该文件中改正"),
        kind="reference",
        file=file,
        column=column,
        row=row,
    )
