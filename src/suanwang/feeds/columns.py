"""One column of a file turned into its canonical type, with everything that is wrong in it.

A value that is wrong becomes null, so that the checks across tables go on with the rest. Values convert only
where they do so exactly: an integer may be a whole float, a name may be an integer code; nothing is rounded,
trimmed or guessed.
"""

import numpy as np
import polars as pl

from suanwang.feeds.number_texts import Problem, decimal_from_text, whole_from_text
from suanwang.model.schema import POLARS_TYPE, Column
from suanwang.units.text import Text

EXACT_FLOAT = 2.0**53
ANY_PLACES = 17
CONTROL = r"[\x00-\x1f\x7f]"

FILL_IN = Text("fill it in", "补填")
EMPTY = Text("empty", "为空")


def canonical(raw: pl.Series, column: Column) -> tuple[pl.Series, list[Problem]]:
    """`raw` as the canonical type of `column`, null where it is wrong, and what is wrong."""
    kind = raw.dtype
    if isinstance(kind, (pl.Null, pl.Categorical, pl.Enum, pl.Decimal)):
        raw = raw.cast(pl.String)
    kind = raw.dtype
    if not (isinstance(kind, (pl.String, pl.Boolean)) or kind.is_numeric()):
        return wrong_type(raw, column)
    if isinstance(kind, pl.Boolean) and column.kind != "truth":
        return wrong_type(raw, column)
    if column.kind in ("whole", "decimal"):
        return numbers(raw, column)
    if column.kind == "truth":
        return truths(raw, column)
    return words(raw, column)


def missing_column(column: Column, height: int) -> pl.Series:
    """The column where the file has none: null, or empty text."""
    series = pl.Series(column.name, [None], dtype=POLARS_TYPE[column.kind]).new_from_index(0, height)
    return series.fill_null("") if column.kind == "text" else series


def wrong_type(raw: pl.Series, column: Column) -> tuple[pl.Series, list[Problem]]:
    """A column of a type that holds no such values: lists, structs, dates, bytes."""
    problem = Problem(
        "wrong_type",
        raw.is_not_null(),
        Text(f"a column of type {raw.dtype}", f"列类型为 {raw.dtype}"),
        Text("write the column as plain numbers or text", "把该列写成普通数字或文字"),
    )
    return missing_column(column, len(raw)), [problem]


def required(series: pl.Series, raw: pl.Series, column: Column) -> list[Problem]:
    """The empty cells of a required column."""
    if not column.required or not raw.null_count():
        return []
    return [Problem("empty", raw.is_null(), EMPTY, FILL_IN)]


def numbers(raw: pl.Series, column: Column) -> tuple[pl.Series, list[Problem]]:
    """A column of whole numbers or decimals, within the bounds of the schema."""
    if isinstance(raw.dtype, pl.String):
        if raw.null_count() < len(raw) and bool((raw.str.len_bytes() == 0).any()):
            raw = pl.select(pl.when(raw.str.len_bytes() > 0).then(raw)).to_series()
        series, problems = (whole_from_text if column.kind == "whole" else decimal_from_text)(raw, column)
    elif column.kind == "whole":
        series, problems = whole_from_numbers(raw)
    else:
        series, problems = decimal_from_numbers(raw)
    problems = required(series, raw, column) + problems
    series = series.alias(column.name)
    return bounded(series, column, problems)


def keep(series: pl.Series, wrong: pl.Series) -> pl.Series:
    """`series` with null where `wrong`."""
    return pl.select(pl.when(~wrong.fill_null(False)).then(series).alias(series.name)).to_series()


def bounded(series: pl.Series, column: Column, problems: list[Problem]) -> tuple[pl.Series, list[Problem]]:
    """Checks least, most and the decimal places."""
    least, most = series.min(), series.max()
    assert least is None or isinstance(least, (int, float))
    assert most is None or isinstance(most, (int, float))
    remedy = Text("check the figure and its unit", "检查数值与单位")
    if column.least is not None and least is not None and least < column.least:
        wrong = series < column.least
        what = (
            Text("a negative number", "负数")
            if column.least == 0
            else Text(f"below {column.least:,.15g}", f"小于 {column.least:,.15g}")
        )
        problems = [*problems, Problem("below_least", wrong, what, remedy)]
        series = keep(series, wrong)
    if column.most is not None and most is not None and most > column.most:
        wrong = series > column.most
        what = Text(f"above {column.most:,.15g}", f"大于 {column.most:,.15g}")
        problems = [*problems, Problem("above_most", wrong, what, remedy)]
        series = keep(series, wrong)
    if column.kind == "decimal" and column.places < ANY_PLACES:
        # in numpy: polars divides by a scalar through its reciprocal, which misses the nearest float
        values = series.fill_null(0.0).to_numpy()
        scaled = np.rint(values * 10.0**column.places)
        wrong = pl.Series(scaled / 10.0**column.places != values)
        if wrong.any():
            what = Text(f"more than {column.places} decimal places", f"小数超过 {column.places} 位")
            fewer = Text(f"round it to {column.places} places", f"取 {column.places} 位小数")
            problems = [*problems, Problem("too_many_places", wrong, what, fewer)]
            series = keep(series, wrong)
    return series, problems


def whole_from_numbers(raw: pl.Series) -> tuple[pl.Series, list[Problem]]:
    """Integers of any width, or floats that are whole."""
    if raw.dtype.is_float():
        return whole_from_floats(raw)
    series = raw.cast(pl.Int64, strict=False)
    past = raw.is_not_null() & series.is_null()
    if series.null_count() == raw.null_count():
        return series, []
    what = Text("a number past 64 bits", "超出 64 位整数")
    return series, [Problem("too_large", past, what, Text("check the unit and the digits", "检查单位与位数"))]


def whole_from_floats(raw: pl.Series) -> tuple[pl.Series, list[Problem]]:
    """Floats that are whole and that float64 holds exactly."""
    series, problems = finite(raw.cast(pl.Float64))
    fraction = series != series.round()
    if fraction.any():
        what = Text("a fraction in place of a whole number", "应为整数，却带小数")
        remedy = Text("round it, or use the unit in which it is whole", "取整，或换用使其为整数的单位")
        problems.append(Problem("fraction", fraction, what, remedy))
        series = keep(series, fraction)
    large = series.abs() > EXACT_FLOAT
    if large.any():
        what = Text("a float too large to be exact", "浮点数过大，已不精确")
        problems.append(
            Problem("too_large", large, what, Text("write the column as integers", "该列改用整数类型"))
        )
        series = keep(series, large)
    return series.cast(pl.Int64), problems


def finite(series: pl.Series) -> tuple[pl.Series, list[Problem]]:
    """Floats without NaN and infinity."""
    total = float(series.sum() or 0.0)
    # a sum is finite only where every term is; it may overflow, then the slow way decides
    if abs(total) < float("inf"):
        return series, []
    problems: list[Problem] = []
    for kind, wrong, what in (
        ("nan", series.is_nan(), Text("NaN is not a figure", "NaN 不是数值")),
        ("infinite", series.is_infinite(), Text("infinity is not a figure", "无穷大不是数值")),
    ):
        if wrong.any():
            remedy = Text("write the number; leave an optional cell null", "写出数值；可选列请置空")
            problems.append(Problem(kind, wrong, what, remedy))
    return keep(series, ~series.is_finite()), problems


def decimal_from_numbers(raw: pl.Series) -> tuple[pl.Series, list[Problem]]:
    """Floats as they are, integers where float64 holds them exactly."""
    series = raw.cast(pl.Float64)
    if raw.dtype.is_float():
        return finite(series)
    large = series.abs() > EXACT_FLOAT
    if not large.any():
        return series, []
    what = Text("an integer too large to be exact as a decimal", "整数过大，无法精确作为小数")
    remedy = Text("check the unit and the digits", "检查单位与位数")
    return keep(series, large), [Problem("too_large", large, what, remedy)]


def truths(raw: pl.Series, column: Column) -> tuple[pl.Series, list[Problem]]:
    """A column of true and false."""
    if isinstance(raw.dtype, pl.Boolean):
        return raw.alias(column.name), required(raw, raw, column)
    if raw.dtype.is_numeric():
        return wrong_type(raw, column)
    raw = pl.select(pl.when(raw.str.len_bytes() > 0).then(raw)).to_series()
    lower = raw.str.to_lowercase()
    series = pl.select(
        pl.when(lower == "true").then(pl.lit(True)).when(lower == "false").then(pl.lit(False))
    ).to_series()
    problems = required(series, raw, column)
    wrong = raw.is_not_null() & series.is_null()
    if wrong.any():
        what = Text("neither true nor false", "既非 true 也非 false")
        remedy = Text("write true or false", "写 true 或 false")
        problems.append(Problem("not_true_or_false", wrong, what, remedy))
    return series.alias(column.name), problems


def words(raw: pl.Series, column: Column) -> tuple[pl.Series, list[Problem]]:
    """A column of names, of names joined by `;`, or of free text. Integers are names too: 510100."""
    problems: list[Problem] = []
    if raw.dtype.is_numeric():
        raw, problems = whole_from_numbers(raw)
        raw = raw.cast(pl.String)
    raw = raw.alias(column.name)
    if column.kind == "text":
        return (raw.fill_null("") if raw.null_count() else raw), problems
    # A key has as many values as rows; other names repeat, and looking at the distinct ones is enough.
    distinct = raw.unique() if raw.head(1000).n_unique() < 900 else raw
    blank = distinct.filter(distinct.str.len_bytes() == 0)
    if len(blank):
        raw = pl.select(pl.when(raw.str.len_bytes() > 0).then(raw).alias(column.name)).to_series()
    problems += required(raw, raw, column)
    # one cheap pass over a million ids; only what it catches is looked at closely
    suspect = distinct.filter(distinct.str.contains(r"[\s;\x00-\x1f\x7f]"))
    checks = (spaced, controlled, part_empty) if column.kind == "names" else (spaced, controlled)
    for problem_of in checks if len(suspect) else ():
        problem = problem_of(suspect, raw)
        if problem is not None:
            problems.append(problem)
            raw = keep(raw, problem.wrong)
    if column.choices:
        unknown = distinct.filter(distinct.is_not_null() & ~distinct.is_in(list(column.choices)))
        wrong = raw.is_in(unknown.unique().implode()) if len(unknown) else None
        if wrong is not None and wrong.any():
            what, remedy = (
                Text("not one of the choices", "不在可选值内"),
                Text("write one of them", "改为可选值之一"),
            )
            problems.append(Problem("not_a_choice", wrong, what, remedy))
            raw = keep(raw, wrong)
    return raw, problems


def within(raw: pl.Series, offending: pl.Series) -> pl.Series:
    """Marks the records of `raw` that hold one of the `offending` values."""
    return raw.is_in(offending.unique().implode())


def spaced(suspect: pl.Series, raw: pl.Series) -> Problem | None:
    """Names with spaces around them; a joined list may have them after `;` no more than elsewhere."""
    offending = suspect.filter(suspect.str.contains(r"^\s|\s$|\s;|;\s"))
    if not len(offending):
        return None
    what, remedy = Text("spaces around a name", "名称前后有空格"), Text("remove the spaces", "删去空格")
    return Problem("space_around", within(raw, offending), what, remedy)


def controlled(suspect: pl.Series, raw: pl.Series) -> Problem | None:
    """Names with a line break or another control character inside."""
    offending = suspect.filter(suspect.str.contains(CONTROL))
    if not len(offending):
        return None
    what = Text("a line break or control character in a name", "名称中有换行或控制字符")
    return Problem("control_character", within(raw, offending), what, Text("remove it", "删去该字符"))


def part_empty(suspect: pl.Series, raw: pl.Series) -> Problem | None:
    """Joined names with an empty part: `51;;52`."""
    offending = suspect.filter(suspect.str.contains(r"^;|;;|;$"))
    if not len(offending):
        return None
    what = Text("an empty name between ;", "分号之间有空名称")
    return Problem("empty_part", within(raw, offending), what, Text("remove the extra ;", "删去多余的分号"))
