"""A log in the Standard Workload Format (version 2 of the Parallel Workloads Archive), read and checked.

Eighteen whole or decimal numbers a line, -1 where not known; lines that begin with `;` are comments, those
of the head being `; Key: value`.
"""

from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.feeds.trace_files import LineFaults, read_lines
from suanwang.units.errors import InvalidInput
from suanwang.units.text import Text, same

FIELDS = (
    "job",
    "submit_s",
    "wait_s",
    "run_s",
    "processors",
    "cpu_s",
    "memory_kb",
    "requested_processors",
    "requested_s",
    "requested_memory_kb",
    "status",
    "user",
    "group",
    "executable",
    "queue",
    "partition",
    "preceding_job",
    "think_s",
)

LARGEST = 2.0**53
"""Every whole number up to here is a float."""

LARGEST_OF = {
    "submit_s": 1e11,
    "wait_s": 1e11,
    "run_s": 1e11,
    "processors": 1e8,
    "requested_processors": 1e8,
}
"""Three thousand years, and more processors than any pool may have."""

HEADER_RANGE = {"UnixStartTime": (0, 10**11), "TimeZone": (-86_400, 86_400)}

PARTIAL = (2, 3, 4)
"""Statuses of the lines that tell one burst of a job whose whole has a line of its own."""

CANCELLED = 5
NOT_A_NUMBER = Text("a field is not a number", "字段不是数字")
A_NUMBER = Text("a number", "数字")
HEADER_NUMBERS = ("MaxProcs", "MaxNodes", "UnixStartTime", "TimeZone")


class SwfLog(msgspec.Struct, frozen=True):
    """The lines of a log as (line,) columns named as in `FIELDS`, times in seconds, and its header.

    `header`: the values of `; Key: value` comments before the first job, later ones of a key left out.
    `numbers`: those of `HEADER_NUMBERS` that are there and are numbers.
    """

    columns: dict[str, NDArray[np.float64]]
    header: dict[str, str]
    numbers: dict[str, int]

    def __getitem__(self, field: str) -> NDArray[np.float64]:
        """The column of `field`."""
        return self.columns[field]


def read_swf(file: Path) -> SwfLog:
    """The log in `file`, plain or compressed. Raises InvalidInput with every wrong line at once."""
    faults = LineFaults(file)
    header: dict[str, str] = {}
    numbers: dict[str, int] = {}
    rows: list[list[float]] = []
    lines: list[int] = []
    for line, text in enumerate(read_lines(file, encoding_errors="replace"), start=1):
        words = text.split()
        if not words:
            continue
        if words[0].startswith(";"):
            if not rows:
                note_header(text, line, header, numbers, faults)
            continue
        row = row_of(words, line, faults)
        if row is not None:
            rows.append(row)
            lines.append(line)
    table = np.asarray(rows, np.float64).reshape(-1, len(FIELDS))
    columns = {name: table[:, index] for index, name in enumerate(FIELDS)}
    check_values(columns, lines, faults)
    check_twice(columns, lines, faults)
    if not rows and not faults.faults:
        faults.add(1, "no jobs", Text("has no job lines", "没有作业行"), "")
    if faults.faults:
        raise InvalidInput(faults.faults)
    return SwfLog(columns, header, numbers)


def note_header(
    text: str, line: int, header: dict[str, str], numbers: dict[str, int], faults: LineFaults
) -> None:
    """Take `; Key: value`; a count or a clock that is not a number is a fault."""
    key, colon, value = text.lstrip("; \t").partition(":")
    key, value = key.strip(), value.strip()
    if not colon or not key or " " in key or key in header:
        return
    header[key] = value
    if key not in HEADER_NUMBERS:
        return
    try:
        numbers[key] = int(value.split()[0]) if value else 0
        least, most = HEADER_RANGE.get(key, (-(10**8), 10**8))
        if not least <= numbers[key] <= most:
            raise ValueError(key)
    except ValueError:
        faults.add(
            line,
            f"header {key}",
            Text(f"{key} is not a number, or none that can be", f"{key} 不是数字或不合理"),
            value,
            same("0, 1, 2 …"),
        )
        return
    if key.startswith("Max") and numbers[key] <= 0:
        del numbers[key]


def row_of(words: list[str], line: int, faults: LineFaults) -> list[float] | None:
    """The numbers of one job line, None where it has not eighteen of them."""
    if len(words) != len(FIELDS):
        faults.add(
            line,
            "fields",
            Text("has another number of fields", "字段数不符"),
            str(len(words)),
            same(str(len(FIELDS))),
        )
        return None
    try:
        return [number(word) for word in words]
    except ValueError as error:
        faults.add(line, "number", NOT_A_NUMBER, str(error).rpartition(": ")[2].strip("'"), A_NUMBER)
        return None


def number(word: str) -> float:
    """The number of a field; raises ValueError for what is one only in Python: `1_000`, `１`."""
    if "_" in word or not word.isascii():
        raise ValueError(f"not a number: {word}")
    return float(word)


def check_values(columns: dict[str, NDArray[np.float64]], lines: list[int], faults: LineFaults) -> None:
    """Every value is finite and at least 0, or -1 where it may be unknown."""
    for name, column in columns.items():
        known = name in ("job", "submit_s")
        for index in np.flatnonzero(~np.isfinite(column)):
            faults.add(lines[index], "number", NOT_A_NUMBER, f"{column[index]:g}", A_NUMBER)
        most = LARGEST_OF.get(name, LARGEST)
        for index in np.flatnonzero(np.isfinite(column) & (column > most)):
            faults.add(
                lines[index],
                f"{name} large",
                Text(f"{name} is too large", f"{name} 过大"),
                f"{column[index]:g}",
                same(f"≤ {most:,.0f}"),
            )
        for index in np.flatnonzero(np.isfinite(column) & (column < (0 if known else -1))):
            faults.add(
                lines[index],
                f"{name} negative",
                Text(f"{name} is negative", f"{name} 为负"),
                f"{column[index]:g}",
                Text("0 or more" if known else "0 or more, or -1 for not known", "不小于 0（未知为 -1）"),
            )


def check_twice(columns: dict[str, NDArray[np.float64]], lines: list[int], faults: LineFaults) -> None:
    """A job's number stands on one line, apart from the lines of its bursts."""
    seen: dict[float, int] = {}
    whole = ~np.isin(columns["status"], PARTIAL)
    for number, line in zip(
        columns["job"][whole].tolist(), np.asarray(lines, np.int64)[whole].tolist(), strict=True
    ):
        first = seen.setdefault(number, line)
        if first != line:
            faults.add(
                line,
                "twice",
                Text(f"the same job as line {first}", f"与第 {first} 行作业编号相同"),
                f"{number:g}",
                Text("a number of its own", "不重复的编号"),
            )
