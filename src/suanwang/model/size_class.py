"""Size classes of firms: large, medium, small, micro by industry, staff and revenue (or assets).

Source: 中小企业划型标准规定, 工信部联企业〔2011〕300号, from memory (assumed: check against the text). Below
either figure of its first line a firm is no longer large; medium and small need both figures; micro is the
rest. Money is micro-yuan.
"""

from typing import Literal

import msgspec

from suanwang.units.money import MICRO_PER_YUAN

SizeClass = Literal["large", "medium", "small", "micro"]
SIZE_CLASSES: tuple[SizeClass, ...] = ("large", "medium", "small", "micro")

Industry = Literal["industry", "software", "information", "wholesale", "retail", "leasing_business", "other"]
INDUSTRIES: tuple[Industry, ...] = (
    "industry",
    "software",
    "information",
    "wholesale",
    "retail",
    "leasing_business",
    "other",
)

Figure = Literal["staff", "revenue_micro", "assets_micro"]

MILLION = 1_000_000 * MICRO_PER_YUAN


class SizeRule(msgspec.Struct, frozen=True):
    """The lines of one industry: for large, medium and small the least value of each figure."""

    figures: tuple[Figure, ...]
    least: tuple[tuple[int, ...], tuple[int, ...], tuple[int, ...]]


SIZE_RULES: dict[str, SizeRule] = {
    "industry": SizeRule(
        ("staff", "revenue_micro"), ((1000, 400 * MILLION), (300, 20 * MILLION), (20, 3 * MILLION))
    ),
    "software": SizeRule(
        ("staff", "revenue_micro"), ((300, 100 * MILLION), (100, 10 * MILLION), (10, MILLION // 2))
    ),
    "information": SizeRule(
        ("staff", "revenue_micro"), ((2000, 1000 * MILLION), (100, 10 * MILLION), (10, MILLION))
    ),
    "wholesale": SizeRule(
        ("staff", "revenue_micro"), ((200, 400 * MILLION), (20, 50 * MILLION), (5, 10 * MILLION))
    ),
    "retail": SizeRule(("staff", "revenue_micro"), ((300, 200 * MILLION), (50, 5 * MILLION), (10, MILLION))),
    "leasing_business": SizeRule(
        ("staff", "assets_micro"), ((300, 1200 * MILLION), (100, 80 * MILLION), (10, MILLION))
    ),
    "other": SizeRule(("staff",), ((300,), (100,), (10,))),
}


def size_class(
    industry: str, staff: int | None, revenue_micro: int | None, assets_micro: int | None
) -> SizeClass | None:
    """The class of a firm, or None where a missing figure leaves it open.

    A class that one known figure already rules out is passed over, so a firm of 4 staff is micro whatever
    its revenue.
    """
    rule = SIZE_RULES[industry]
    figures = {"staff": staff, "revenue_micro": revenue_micro, "assets_micro": assets_micro}
    known = [figures[name] for name in rule.figures]
    for size, least in zip(SIZE_CLASSES, rule.least, strict=False):
        reached = [None if value is None else value >= line for value, line in zip(known, least, strict=True)]
        if all(reached):
            return size
        if False not in reached:
            return None
    return "micro"
