"""What is wrong with rows of a live network: asked by the same columns that check a scenario's files."""

from collections.abc import Iterable, Iterator
from decimal import Decimal, InvalidOperation
from typing import Any

from suanwang.engine.network_frames import TABLES
from suanwang.model.schema import Column
from suanwang.units.errors import Fault
from suanwang.units.text import Text, same

EMPTY = Text("empty", "为空")
NOT_A_NUMBER = Text("not a number", "不是数值")
OUT_OF_RANGE = Text("out of range", "超出范围")
TOO_FINE = Text("too many decimal places", "小数位过多")
NOT_A_CHOICE = Text("not one of the choices", "不在可选值内")
CHECK = Text("check the figure and its unit", "检查数值与单位")
PLACES_CHECKED_MOST = 17


def row_faults(table: str, rows: Iterable[Any]) -> list[Fault]:
    """Every fault of records that stand for rows of a scenario's table."""
    columns = TABLES[table].columns
    return [
        fault
        for index, row in enumerate(rows)
        for column in columns
        if hasattr(row, column.name)
        for fault in value_faults(f"{table}[{index}].{column.name}", column, getattr(row, column.name))
    ]


def value_faults(where: str, column: Column, value: object) -> Iterator[Fault]:
    """What is wrong with one value."""
    if value is None or value == "":
        if column.required and column.kind != "text":
            yield Fault(where, EMPTY, kind="empty")
        return
    if column.kind in ("whole", "decimal"):
        yield from number_faults(where, column, str(value))
    elif column.choices and value not in column.choices:
        yield Fault(where, NOT_A_CHOICE, str(value), same(", ".join(column.choices)), kind="not_a_choice")


def number_faults(where: str, column: Column, text: str) -> Iterator[Fault]:
    """What is wrong with a number, as text."""
    try:
        number = Decimal(text)
    except InvalidOperation:
        number = Decimal("nan")
    if not number.is_finite():
        yield Fault(where, NOT_A_NUMBER, text[:80], remedy=CHECK, kind="not_a_number")
        return
    low, high = column.least, column.most
    if (low is not None and number < low) or (high is not None and number > high):
        expected = same(f"{'' if low is None else f'{low:.15g}'} … {'' if high is None else f'{high:.15g}'}")
        yield Fault(where, OUT_OF_RANGE, text[:80], expected, CHECK, kind="out_of_range")
    places = 0 if column.kind == "whole" else column.places
    if places < PLACES_CHECKED_MOST and -int(number.normalize().as_tuple().exponent) > places:
        yield Fault(where, TOO_FINE, text[:80], same(f"<= {places}"), CHECK, kind="too_many_places")


def window_fault(where: str, from_slot: int, to_slot: int) -> list[Fault]:
    """A stretch of slots that is none."""
    if from_slot < to_slot:
        return []
    what = Text("it ends before it begins", "结束早于开始")
    return [Fault(where, what, f"[{from_slot}, {to_slot})", same("from_slot < to_slot"), kind="window")]
