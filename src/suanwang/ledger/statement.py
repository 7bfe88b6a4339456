"""What a statement is: titled sections of rows in both languages, and its forms as text rows, CSV and HTML.

Amounts stay exact micro-yuan until they are written: tables and HTML round each figure once, to 0.01 yuan,
half to even, totals from the exact sums; CSV writes every figure to its last digit.
"""

import csv
import io
from importlib.resources import files
from typing import Literal

import jinja2
import msgspec

from suanwang.units.instants import iso, local_time
from suanwang.units.money import exact_yuan, yuan
from suanwang.units.text import Language, Text

CellKind = Literal["text", "money", "whole", "time", "share"]
"""text: words; money: micro-yuan; whole: a count; time: UTC microseconds; share: parts in 10,000."""
Cell = str | int | Text | None

ROUNDING_NOTE = Text(
    "Amounts in yuan, each rounded once to 0.01, half to even; totals are sums of exact amounts.",
    "金额单位为元，逐项一次舍入至 0.01 元（四舍六入五成双）；合计由精确金额求和得出。",
)
EXACT_NOTE = Text("Amounts in yuan, exact to the micro-yuan.", "金额单位为元，精确到微元。")


class Head(msgspec.Struct, frozen=True):
    """A column: its title and what its cells are."""

    title: Text
    kind: CellKind = "text"


class Section(msgspec.Struct, frozen=True):
    """A table of a statement; `total` is its last row, empty where there is none."""

    title: Text
    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    total: tuple[Cell, ...] = ()


class Statement(msgspec.Struct, frozen=True):
    """A statement for [from_at, to_at)."""

    title: Text
    subject: str
    from_at: int
    to_at: int
    currency: str
    sections: tuple[Section, ...]
    notes: tuple[Text, ...] = (ROUNDING_NOTE,)


def written(cell: Cell, kind: CellKind, language: Language, exact: bool = False) -> str:
    """One cell as people read it; `exact` for files that programs read."""
    if cell is None:
        return ""
    if isinstance(cell, Text):
        return cell.say(language)
    if isinstance(cell, str):
        return cell
    if kind == "money":
        return exact_yuan(cell) if exact else yuan(cell)
    if kind == "time":
        return iso(cell) if exact else f"{local_time(cell):%Y-%m-%d %H:%M}"
    if kind == "share":
        return f"{cell // 100}.{cell % 100:02d}%"
    return str(cell)


def notes_of(statement: Statement, language: Language, exact: bool = False) -> list[str]:
    """The remarks below a statement; `exact` as its rows are."""
    notes = [EXACT_NOTE if exact and note is ROUNDING_NOTE else note for note in statement.notes]
    return [note.say(language) for note in notes]


def rows_of(section: Section, language: Language, exact: bool = False) -> list[list[str]]:
    """The section's rows in words, its total last."""
    rows = [*section.rows, section.total] if section.total else section.rows
    return [
        [written(cell, head.kind, language, exact) for cell, head in zip(row, section.heads, strict=True)]
        for row in rows
    ]


def period_of(statement: Statement) -> str:
    """The period in local days, the last one included."""
    last = local_time(max(statement.from_at, statement.to_at - 1))
    return f"{local_time(statement.from_at):%Y-%m-%d} – {last:%Y-%m-%d}"


def as_csv(statement: Statement, language: Language) -> str:
    """CSV (RFC 4180): each section under its title, one empty row between; amounts in yuan, exact."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(
        [statement.title.say(language), statement.subject, period_of(statement), statement.currency]
    )
    for section in statement.sections:
        writer.writerow([])
        writer.writerow([section.title.say(language)])
        writer.writerow([head.title.say(language) for head in section.heads])
        writer.writerows([_unspoken(text) for text in row] for row in rows_of(section, language, exact=True))
    return out.getvalue()


def _unspoken(text: str) -> str:
    """A name that a spreadsheet would run as a formula, made plain; amounts keep their sign."""
    number = text[1:].replace(".", "", 1).isdecimal()
    return f"'{text}" if text[:1] in ("=", "+", "-", "@") and not number else text


def as_html(statement: Statement, language: Language) -> str:
    """One page that needs nothing else, set for print on A4."""
    template = files("suanwang.ledger").joinpath("statement.html.j2").read_text("utf-8")
    environment = jinja2.Environment(autoescape=True, trim_blocks=True, lstrip_blocks=True)
    sections = [
        {
            "title": section.title.say(language),
            "heads": [(head.title.say(language), head.kind) for head in section.heads],
            "rows": [
                list(zip(row, (head.kind for head in section.heads), strict=True))
                for row in rows_of(section, language)
            ],
            "total": bool(section.total),
        }
        for section in statement.sections
    ]
    return environment.from_string(template).render(
        language="zh-CN" if language == "zh" else "en",
        title=statement.title.say(language),
        subject=statement.subject,
        period=period_of(statement),
        currency=statement.currency,
        sections=sections,
        notes=[note.say(language) for note in statement.notes],
        nothing=Text("nothing in this period", "本期无记录").say(language),
    )
