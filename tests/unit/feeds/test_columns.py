"""Columns become canonical exactly where they can, whatever type the file has."""

from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suanwang.feeds.columns import canonical
from suanwang.feeds.number_texts import decimal_from_text, whole_from_text
from suanwang.model.schema import Column
from suanwang.units.text import same

WHOLE = Column("n", "whole", same("n"), required=False)
DECIMAL = Column("x", "decimal", same("x"), required=False, places=17)
NAME = Column("id", "name", same("id"), required=False)

digits = st.text("0123456789", max_size=20)
numerals = st.tuples(
    st.sampled_from(["", "+", "-"]), digits, st.just("."), digits, st.sampled_from(["", "e3", "E-7"])
).map("".join)


@settings(max_examples=60)
@given(st.lists(numerals, min_size=1, max_size=8))
def test_a_decimal_is_read_as_the_decimal_that_is_written_or_refused(texts: list[str]) -> None:
    series, problems = decimal_from_text(pl.Series(texts), DECIMAL)
    for index, (text, value) in enumerate(zip(texts, series, strict=True)):
        assert (value is None) == any(problem.wrong[index] for problem in problems), text
        if value is not None:
            assert Decimal(repr(value)) == Decimal(text)
        elif any(letter.isdigit() for letter in text.split("e")[0].split("E")[0]):
            assert len(Decimal(text).normalize().as_tuple().digits) > 15, text


@settings(max_examples=60)
@given(st.lists(st.integers(-(2**70), 2**70), min_size=1, max_size=8))
def test_a_whole_number_is_read_exactly_or_refused(numbers: list[int]) -> None:
    raw = pl.Series([str(number) for number in numbers])
    series, problems = whole_from_text(raw, WHOLE)
    fits = [-(2**63) <= number < 2**63 for number in numbers]
    assert series.to_list() == [number if fit else None for number, fit in zip(numbers, fits, strict=True)]
    assert sum(int(problem.wrong.sum()) for problem in problems) == fits.count(False)


@pytest.mark.parametrize(
    ("raw", "column", "values", "kinds"),
    [
        (pl.Series([1, None], dtype=pl.Int8), WHOLE, [1, None], []),
        (pl.Series([1.0, 2.5, None]), WHOLE, [1, None, None], ["fraction"]),
        (pl.Series([2.0**60]), WHOLE, [None], ["too_large"]),
        (pl.Series([float("nan"), float("inf"), 1.0]), WHOLE, [None, None, 1], ["nan", "infinite"]),
        (pl.Series(["1.5", "3.000"], dtype=pl.String).cast(pl.Decimal(9, 3)), WHOLE, [None, 3], ["fraction"]),
        (pl.Series([2**60]), DECIMAL, [None], ["too_large"]),
        (pl.Series([0.1], dtype=pl.Float32), DECIMAL, [0.10000000149011612], []),
        (pl.Series([True]), DECIMAL, [None], ["wrong_type"]),
        (pl.Series([510100]), NAME, ["510100"], []),
        (pl.Series([510100.0, None]), NAME, ["510100", None], []),
        (pl.Series([510100.5]), NAME, [None], ["fraction"]),
        (pl.Series([b"x"]), NAME, [None], ["wrong_type"]),
        (pl.Series(["a", ""]).cast(pl.Categorical), NAME, ["a", None], []),
        (pl.Series([None]), NAME, [None], []),
    ],
)
def test_types_convert_exactly_or_are_told(
    raw: pl.Series, column: Column, values: list[object], kinds: list[str]
) -> None:
    series, problems = canonical(raw, column)
    assert series.to_list() == values
    assert [problem.kind for problem in problems] == kinds
