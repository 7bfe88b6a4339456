"""Numbers written as text: read exactly, and where one cannot be read, why not and what to do."""

from decimal import Decimal, InvalidOperation

import msgspec
import polars as pl

from suanwang.model.schema import Column
from suanwang.units.text import Text

DIGITS_ALWAYS_HELD = 15
"""Every decimal of so many significant digits is the only such decimal of its nearest float64."""


class Problem(msgspec.Struct, frozen=True):
    """One kind of fault in one column: the records it marks, and what to say of them."""

    kind: str
    wrong: pl.Series
    what: Text
    remedy: Text


class Diagnosis(msgspec.Struct, frozen=True):
    """A pattern that explains why a text is not a number; the first that fits is told."""

    kind: str
    pattern: str
    what: Text
    remedy: Text
    only: str = ""


DIAGNOSES = (
    Diagnosis(
        "space_around",
        r"^\s+\S.*$|^.*\S\s+$",
        Text("spaces around a value", "数值前后有空格"),
        Text("remove the spaces", "删去空格"),
    ),
    Diagnosis(
        "blank",
        r"^\s+$",
        Text("only spaces", "只有空格"),
        Text("fill it in, or leave it empty", "填写或留空"),
    ),
    Diagnosis(
        "nan",
        r"(?i)^([+-]?nan|null|none|n/?a|#n/?a|-+|nil|undefined|缺失|无)$",
        Text("a word for nothing in place of a number", "以文字表示的空值"),
        Text("write the number; leave an optional cell empty", "写出数值；可选列请留空"),
    ),
    Diagnosis(
        "infinite",
        r"(?i)^[+-]?(inf|infinity|∞)$",
        Text("infinity is not a figure", "无穷大不是数值"),
        Text("write the number that is meant", "写出实际数值"),
    ),
    Diagnosis(
        "full_width",
        r"[０-９．，－＋]",
        Text("full-width digits", "全角数字"),
        Text("write half-width digits 0-9 and .", "改用半角数字和小数点"),
    ),
    Diagnosis(
        "thousands_separator",
        r"^[+-]?\d{1,3}([,，'_ \x{00a0}]\d{3})+(\.\d+)?$",
        Text("separators between thousands", "带千位分隔符"),
        Text("write the digits without separators", "去掉分隔符"),
    ),
    Diagnosis(
        "decimal_comma",
        r"^[+-]?\d+,\d+$",
        Text("a comma as decimal point", "以逗号作小数点"),
        Text("write a point", "改用点号"),
    ),
    Diagnosis(
        "date",
        r"^\d{4}[-/年]\d{1,2}([-/月]\d{1,2})?|^\d{1,2}:\d{2}",
        Text("a date or time in place of a number", "应为数字，却是日期或时间"),
        Text("write the number of the slot, counted from the scenario's start", "写时段序号，从场景起点数起"),
    ),
    Diagnosis(
        "exponent",
        r"^[+-]?\d+(\.\d*)?[eE][+-]?\d+$",
        Text("a power of ten in place of a whole number", "整数写成了科学计数法"),
        Text("write all the digits", "写出全部数位"),
        only="whole",
    ),
    Diagnosis(
        "fraction",
        r"^[+-]?\d*\.\d*$",
        Text("a fraction in place of a whole number", "应为整数，却带小数"),
        Text("round it, or use the unit in which it is whole", "取整，或换用使其为整数的单位"),
        only="whole",
    ),
    Diagnosis(
        "too_large",
        r"^[+-]?[0-9]+$",
        Text("a number past 64 bits", "超出 64 位整数"),
        Text("check the unit and the digits", "检查单位与位数"),
    ),
    Diagnosis(
        "unit_in_number",
        r"^[¥￥$]?\s*[+-]?\d+(\.\d+)?\s*[A-Za-z%°¥￥元分时瓦度]+\S*$|^[¥￥$]\s*[+-]?\d+(\.\d+)?$",
        Text("a number with its unit", "数字带了单位"),
        Text("write only the number, in the unit of the column", "只写数字，单位按列名"),
    ),
    Diagnosis(
        "not_a_number",
        r"",
        Text("not a number", "不是数字"),
        Text("write digits 0-9, with a point where decimals are allowed", "用数字 0-9 书写，小数用点号"),
    ),
)


def diagnose(raw: pl.Series, failed: pl.Series, column: Column) -> list[Problem]:
    """Why the texts marked in `failed` are not numbers, each under the first reason that fits."""
    indices = failed.arg_true()
    texts = raw.gather(indices)
    left = pl.Series([True]).new_from_index(0, len(texts)) if len(texts) else pl.Series([], dtype=pl.Boolean)
    problems: list[Problem] = []
    for diagnosis in DIAGNOSES:
        if diagnosis.only and diagnosis.only != column.kind:
            continue
        fits = left & texts.str.contains(diagnosis.pattern)
        if not fits.any():
            continue
        wrong = pl.zeros(len(raw), pl.Int8, eager=True).cast(pl.Boolean)
        wrong = wrong.scatter(indices.filter(fits), True)
        problems.append(Problem(diagnosis.kind, wrong, diagnosis.what, diagnosis.remedy))
        left = left & ~fits
    return problems


def whole_from_text(raw: pl.Series, column: Column) -> tuple[pl.Series, list[Problem]]:
    """Whole numbers of a text column without empty texts; `8.` and `8.0` are whole too."""
    numbers = raw.cast(pl.Int64, strict=False)
    failed = raw.is_not_null() & numbers.is_null()
    if not failed.any():
        return numbers, []
    plain = raw.str.extract(r"^([+-]?\d+)\.0*$", 1).cast(pl.Int64, strict=False)
    numbers = pl.select(pl.coalesce(numbers, plain)).to_series()
    failed = raw.is_not_null() & numbers.is_null()
    return numbers, diagnose(raw, failed, column) if failed.any() else []


def decimal_from_text(raw: pl.Series, column: Column) -> tuple[pl.Series, list[Problem]]:
    """Decimals of a text column without empty texts, each as the float64 whose shortest form it is."""
    numbers = raw.cast(pl.Float64, strict=False)
    # `.5`, `5.` and `5e-7` are decimals; names of infinity and of nothing are not
    failed = raw.is_not_null() & (numbers.is_null() | ~numbers.is_finite())
    problems: list[Problem] = []
    if failed.any():
        problems += diagnose(raw, failed, column)
        numbers = pl.select(pl.when(~failed).then(numbers)).to_series()
    long = raw.str.len_bytes() > DIGITS_ALWAYS_HELD
    if not long.any():
        return numbers, problems
    indices = (long & numbers.is_not_null()).arg_true()
    texts, values = raw.gather(indices), numbers.gather(indices)
    doubtful = (texts != values.cast(pl.String)).arg_true()
    lost = [
        index
        for index, text, value in zip(
            indices.gather(doubtful), texts.gather(doubtful), values.gather(doubtful), strict=True
        )
        if not is_held(text, value)
    ]
    if lost:
        wrong = pl.zeros(len(raw), pl.Int8, eager=True).cast(pl.Boolean).scatter(lost, True)
        problems.append(
            Problem(
                "too_many_digits",
                wrong,
                Text("more significant digits than are kept exactly", "有效数字过多，无法精确保存"),
                Text("round it to 15 significant digits", "四舍五入到 15 位有效数字"),
            )
        )
        numbers = pl.select(pl.when(~wrong).then(numbers)).to_series()
    return numbers, problems


def is_held(text: str, value: float) -> bool:
    """True if the shortest form of `value` is the decimal written in `text`."""
    try:
        return Decimal(text) == Decimal(repr(value))
    except InvalidOperation:
        return False
