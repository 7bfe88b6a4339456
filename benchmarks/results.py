"""Measured rows: kept as JSON, shown as aligned text, and written as a page."""

import math
import os
import platform
import unicodedata
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import msgspec
from benchmarks.registry import BENCHMARKS
from benchmarks.row import Row

FOLDER = Path(__file__).parent
ROWS = FOLDER / "results.json"
PAGE = FOLDER / "RESULTS.md"
HEAD = ("measured", "figure", "must", "aim", "", "baseline, same run", "its figure", "ratio")
INTRODUCTION = """# Results

Written by `python -m benchmarks --write` (`make bench`) from the rows in `results.json`; a partial run
replaces only its own rows. Times of clearing are those of the whole process, from its start to its end:
Parquet in, plan, prices and `report.json` out, `report.html` apart. `ratio`: how many times better than the
baseline of the same run. Other programs on the machine slow a figure down: see the load average.
"""


class Measured(msgspec.Struct, frozen=True):
    """The rows of one benchmark, and what they were measured on. `load_average`: of one minute, before."""

    command: str
    at: str
    machine: str
    load_average: float
    quick: bool
    seconds: float
    rows: list[Row]


def machine() -> str:
    """Cores, processor and Python."""
    name = platform.processor() or platform.machine()
    for line in Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []:
        if line.startswith("model name"):
            name = line.split(":", 1)[1].strip()
            break
    return f"{len(os.sched_getaffinity(0))} cores, {name}, Python {platform.python_version()}"


def measured(command: str, quick: bool, load: float, seconds: float, rows: list[Row]) -> Measured:
    """The rows with today's date and this machine."""
    at = datetime.now().astimezone().isoformat(timespec="minutes")
    return Measured(command, at, machine(), round(load, 2), quick, round(seconds, 1), rows)


def load_rows() -> dict[str, Measured]:
    """What was measured before."""
    if not ROWS.exists():
        return {}
    raw = msgspec.json.decode(ROWS.read_bytes())
    for one in raw.values():
        for row in one["rows"]:
            # JSON has no NaN: a row without a baseline has null there
            row["baseline_figure"] = math.nan if row["baseline_figure"] is None else row["baseline_figure"]
    return msgspec.convert(raw, dict[str, Measured])


def write_rows(results: dict[str, Measured]) -> None:
    """Keep the rows, and write the page from them."""
    order = [one.name for one in BENCHMARKS if one.name in results]
    kept = {name: results[name] for name in order}
    ROWS.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")
    PAGE.write_text(page(kept), encoding="utf-8")


def number(figure: float | None) -> str:
    """With as many digits as say something; empty for none."""
    if figure is None or math.isnan(figure):
        return ""
    if figure == int(figure) and abs(figure) < 1e15:
        return f"{int(figure):,}"
    size = abs(figure)
    if size >= 1000:
        return f"{figure:,.0f}"
    return f"{figure:.4g}" if size >= 1 else f"{figure:.3g}"


def limit(row: Row, asked: float | None) -> str:
    """`≤ 40` or `≥ 100`."""
    return "" if asked is None else f"{'≤' if row.lower_is_better else '≥'} {number(asked)}"


def verdict(row: Row) -> str:
    """Met, missed, or the aim reached; empty where nothing is asked."""
    if row.must is None and row.aim is None:
        return ""
    if not row.holds:
        return "MISSED"
    if row.aim is None:
        return "met"
    reached = row.figure <= row.aim if row.lower_is_better else row.figure >= row.aim
    return "aim" if reached else ("met" if row.must is not None else "aim missed")


def cells(row: Row) -> tuple[str, ...]:
    """A row as the cells of `HEAD`."""
    compared = row.baseline and row.figure and not math.isnan(row.baseline_figure)
    ratio = f"× {number(row.ratio)}" if compared and row.baseline_figure else ""
    return (
        row.name, f"{number(row.figure)} {row.unit}", limit(row, row.must), limit(row, row.aim), verdict(row),
        row.baseline, number(row.baseline_figure), ratio,
    )  # fmt: skip


def width(text: str) -> int:
    """Columns that a text takes on a terminal."""
    return sum(2 if unicodedata.east_asian_width(character) in "WF" else 1 for character in text)


def aligned(rows: Sequence[Row]) -> str:
    """The rows as a table for the terminal, notes below."""
    lines = [HEAD, *map(cells, rows)]
    widths = [max(width(line[i]) for line in lines) for i in range(len(HEAD))]
    table = [
        "  ".join(cell + " " * (wide - width(cell)) for cell, wide in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    return "\n".join([*table, *[f"  {row.name}: {row.note}" for row in rows if row.note]])


def page(results: dict[str, Measured]) -> str:
    """RESULTS.md."""
    parts = [INTRODUCTION]
    missed = [row.name for one in results.values() for row in one.rows if not row.holds]
    if missed:
        parts.append("Missed: " + "; ".join(missed) + ".\n")
    about = {one.name: one.about for one in BENCHMARKS}
    for name, one in results.items():
        parts.append(f"## {name}: {about.get(name, '')}\n")
        quick = "; QUICK: smaller sizes, not results" if one.quick else ""
        parts.append(
            f"`{one.command}`, {one.at}, {one.machine}, load average {one.load_average:g}, "
            f"{one.seconds:g} s{quick}\n"
        )
        head = "| " + " | ".join(HEAD) + " |"
        body = ["| " + " | ".join(cell.replace("|", "\\|") for cell in cells(row)) + " |" for row in one.rows]
        parts.append("\n".join([head, "|" + "---|" * len(HEAD), *body]) + "\n")
        notes = [f"- {row.name}: {row.note}" for row in one.rows if row.note]
        if notes:
            parts.append("\n".join(notes) + "\n")
    return "\n".join(parts)
