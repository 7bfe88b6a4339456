"""The shape of a CSV file, examined byte by byte before any value is read.

A parser that fills short rows, guesses encodings or skips lines would turn a broken file into a wrong
scenario. So one streaming pass settles the encoding, the delimiter, the header, the width of every record
and the line on which each begins.
"""

import codecs
import csv
from collections.abc import Sequence
from pathlib import Path
from typing import IO

import msgspec
import numpy as np
from numpy.typing import NDArray

from suanwang.feeds.findings import PLACES_LISTED, Findings
from suanwang.feeds.sound_rows import sound_rows
from suanwang.feeds.text_encoding import foreign, likely_encoding, tell_encoding
from suanwang.units.text import Text, same

CHUNK_BYTES = 1 << 24
HEAD_BYTES = 1 << 16
COMMA, NEWLINE, RETURN = 0x2C, 0x0A, 0x0D


class CsvShape(msgspec.Struct, frozen=True):
    """What the parser must know: the header's names, how many records, and the line each starts on.

    `first_lines` is None where record i simply stands on line i + 2. `sound` is None where the file itself
    is to be parsed; where rows of it are broken (their faults are told) it holds those that are not.
    """

    header: tuple[str, ...]
    records: int
    first_lines: NDArray[np.int64] | None
    sound: bytes | None = None


class Tally:
    """Faults of the rows met so far, exact counts and the first places; `unread`: quotes do not match."""

    def __init__(self) -> None:
        self.records = 0
        self.ragged = 0
        self.blank = 0
        self.unread = False
        self.ragged_places: list[tuple[int, int]] = []
        self.blank_lines: list[int] = []


def csv_shape(path: Path, known: Sequence[str], findings: Findings) -> CsvShape | None:
    """The shape of the file, or None with the faults that stop it from being read.

    `known` are the columns of the table: a header that has none of them is none.
    """
    name = path.name
    with path.open("rb") as file:
        head = file.read(HEAD_BYTES)
        if not head.strip(b"\xef\xbb\xbf\r\n\t "):
            findings.note(
                "empty_file",
                name,
                Text("the file is empty", "文件为空"),
                expected=Text("a header line and rows", "表头与数据行"),
                remedy=Text(
                    "write the table, or remove the file if it is optional", "写入数据；可选表可删去文件"
                ),
            )
            return None
        if foreign(head, name, findings):
            return None
        file.seek(0)
        quotes = decoded(file, name, findings)
        if quotes is None:
            return None
    header = header_of(head, name, findings)
    if header is None or not is_header(header, known, name, findings):
        return None
    tally = Tally()
    first_lines = (
        quoted_rows(path, len(header), tally, findings) if quotes else plain_rows(path, len(header), tally)
    )
    if tally.blank or tally.ragged:
        tell_rows(tally, len(header), name, findings)
        kept = None if tally.unread else sound_rows(path, len(header))
        if kept is None:
            return None
        return CsvShape(header, len(kept.first_lines), kept.first_lines, kept.content)
    return CsvShape(header, tally.records, first_lines)


def decoded(file: IO[bytes], name: str, findings: Findings) -> int | None:
    """Reads the whole file as UTF-8 and counts its quotes; None where it is not UTF-8."""
    decoder = codecs.getincrementaldecoder("utf-8")()
    quotes = lines = 0
    while True:
        chunk = file.read(CHUNK_BYTES)
        try:
            decoder.decode(chunk, final=not chunk)
        except UnicodeDecodeError as error:
            line = lines + bytes(error.object)[: error.start].count(b"\n") + 1
            file.seek(0)
            tell_encoding(name, likely_encoding(file.read(CHUNK_BYTES)), line, findings)
            return None
        if not chunk:
            return quotes
        if b"\0" in chunk:
            line = lines + chunk[: chunk.index(b"\0")].count(b"\n") + 1
            findings.note(
                "not_csv",
                f"{name} row {line}",
                Text("a zero byte in the text", "文本中有零字节"),
                expected=Text("CSV in UTF-8", "UTF-8 编码的 CSV"),
                remedy=Text("write the file again as CSV in UTF-8", "重新以 UTF-8 编码写出 CSV"),
                file=name,
                row=line,
            )
            return None
        quotes += chunk.count(b'"')
        lines += chunk.count(b"\n")


def header_of(head: bytes, name: str, findings: Findings) -> tuple[str, ...] | None:
    """The names in the first record, or None where another delimiter or line end is used."""
    text = head.decode("utf-8", errors="ignore").removeprefix("\ufeff")
    if "\r" in text and "\n" not in text:
        findings.note(
            "line_end",
            name,
            Text("lines end with a carriage return alone", "行尾只有回车符"),
            expected=Text("lines that end with LF or CRLF", "行尾为 LF 或 CRLF"),
            remedy=Text("convert it: tr '\\r' '\\n'", "转换行尾：tr '\\r' '\\n'"),
        )
        return None
    try:
        header = tuple(next(csv.reader(text.splitlines(keepends=True))))
    except (csv.Error, StopIteration):
        header = ()
    if not header:
        findings.note(
            "no_header",
            f"{name} row 1",
            Text("no header", "没有表头"),
            remedy=Text("put the column names in the first line", "首行写列名"),
            file=name,
            row=1,
        )
        return None
    if len(header) == 1:
        for delimiter, spoken in ((";", ";"), ("\t", "TAB"), ("|", "|"), ("，", "，")):
            if delimiter in header[0]:
                findings.note(
                    "delimiter",
                    f"{name} row 1",
                    Text(f"columns are separated by {spoken}", f"以 {spoken} 分隔列"),
                    found=header[0],
                    expected=Text("separated by a comma", "以半角逗号分隔"),
                    remedy=Text("save it as CSV with commas", "另存为逗号分隔的 CSV"),
                    file=name,
                    row=1,
                )
                return None
    return header


def is_header(header: tuple[str, ...], known: Sequence[str], name: str, findings: Findings) -> bool:
    """Whether the first record names columns at all; says so where it does not."""
    if any(one.strip().casefold() in known for one in header):
        return True
    findings.note(
        "no_header",
        f"{name} row 1",
        Text("the first line is not the header", "首行不是表头"),
        found=",".join(header),
        expected=same(",".join(known)),
        remedy=Text(
            "put the column names in the first line, nothing above them", "首行写列名，其上不留其他内容"
        ),
        file=name,
        row=1,
    )
    return False


def plain_rows(path: Path, width: int, tally: Tally) -> None:
    """Counts the commas of every line of a file without quotes: each has width − 1."""
    line = 1
    blanks: list[int] = []
    commas_carried = length_carried = 0
    with path.open("rb") as file:
        while True:
            chunk = file.read(CHUNK_BYTES)
            if not chunk:
                break
            codes = np.frombuffer(chunk, np.uint8)
            ends = np.flatnonzero(codes == NEWLINE)
            commas = np.flatnonzero(codes == COMMA)
            before = np.searchsorted(commas, ends)
            counts = np.diff(before, prepend=0)
            lengths = np.diff(ends, prepend=-1) - 1
            if len(ends):
                returns = (ends > 0) & (codes[np.maximum(ends - 1, 0)] == RETURN)
                counts[0] += commas_carried
                lengths[0] += length_carried
                count_lines(counts, lengths - returns, line, width, tally, blanks)
                line += len(ends)
                commas_carried, length_carried = len(commas) - int(before[-1]), len(codes) - int(ends[-1]) - 1
            else:
                commas_carried, length_carried = commas_carried + len(commas), length_carried + len(codes)
    if length_carried:
        count_lines(np.array([commas_carried]), np.array([length_carried]), line, width, tally, blanks)
        line += 1
    # blank lines at the very end are harmless
    last = line - 1
    while blanks and blanks[-1] == last:
        blanks.pop()
        last -= 1
    tally.blank, tally.blank_lines = len(blanks), blanks[:PLACES_LISTED]
    tally.records -= 1


def count_lines(
    commas: np.ndarray, lengths: np.ndarray, line: int, width: int, tally: Tally, blanks: list[int]
) -> None:
    """Adds lines to the tally; `line` is the number of the first."""
    empty = lengths <= 0
    blanks += (np.flatnonzero(empty) + line).tolist()
    ragged = (commas != width - 1) & ~empty
    tally.records += int((~empty).sum())
    if ragged.any():
        tally.ragged += int(ragged.sum())
        first = np.flatnonzero(ragged)[: PLACES_LISTED - len(tally.ragged_places)]
        tally.ragged_places += [(int(index) + line, int(commas[index]) + 1) for index in first]


def quoted_rows(path: Path, width: int, tally: Tally, findings: Findings) -> NDArray[np.int64] | None:
    """The line on which each record starts, in a file with quotes; counts the fields of each."""
    starts: list[int] = []
    with path.open(encoding="utf-8-sig", newline="") as file:
        reader = csv.reader(file, strict=True)
        line = 1
        blanks: list[int] = []
        try:
            for index, record in enumerate(reader):
                if not record:
                    blanks.append(line)
                elif index:
                    starts.append(line)
                    if len(record) != width:
                        tally.ragged += 1
                        if len(tally.ragged_places) < PLACES_LISTED:
                            tally.ragged_places.append((line, len(record)))
                line = reader.line_num + 1
        except csv.Error as error:
            findings.note(
                "quotes",
                f"{path.name} row {line}",
                Text(f"quotes do not match ({error})", f"引号不配对（{error}）"),
                expected=Text('a quoted value, with "" for a quote inside', '成对的引号，内部引号写作 ""'),
                remedy=Text("close or remove the quote", "补上或删去引号"),
                file=path.name,
                row=line,
            )
            tally.ragged += 1
            tally.unread = True
            return None
    while blanks and blanks[-1] == line - 1:
        blanks.pop()
        line -= 1
    tally.blank, tally.blank_lines = len(blanks), blanks[:PLACES_LISTED]
    tally.records = len(starts)
    return np.array(starts, np.int64)


def tell_rows(tally: Tally, width: int, name: str, findings: Findings) -> None:
    """Adds the faults of rows with too few or too many fields and of blank lines."""
    for line, fields in tally.ragged_places:
        findings.note(
            "ragged_row",
            f"{name} row {line}",
            Text("the row has more or fewer fields than the header", "该行字段数与表头不符"),
            found=str(fields),
            expected=Text(f"{width} fields", f"{width} 个字段"),
            remedy=Text(
                "quote values that hold commas; write empty cells", "含逗号的值加引号，空单元格也要写出"
            ),
            file=name,
            row=line,
            count=tally.ragged,
        )
    for line in tally.blank_lines:
        findings.note(
            "blank_line",
            f"{name} row {line}",
            Text("a blank line between rows", "行间有空行"),
            remedy=Text("remove the line", "删去空行"),
            file=name,
            row=line,
            count=tally.blank,
        )
