"""A trace file as text lines, plain or compressed, and the collector of what is wrong with its lines."""

import bz2
import gzip
import io
import lzma
import re
import zipfile
import zlib
from pathlib import Path

import msgspec

from suanwang.feeds.findings import PLACES_LISTED, shown
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

LINE_END = re.compile("\r\n|\r|\n")
"""Not all that `str.splitlines` takes for one: a form feed in a comment begins no line."""

NOTHING = same("")
MEND = Text("mend the line, or remove it", "修改或删去该行")

DAMAGED = (
    OSError,
    EOFError,
    zlib.error,
    lzma.LZMAError,
    zipfile.BadZipFile,
    NotImplementedError,
    RuntimeError,
)


class LineFaults:
    """Faults of one file, by line; every kind counted, its first `PLACES_LISTED` places kept."""

    def __init__(self, file: Path) -> None:
        """Nothing found yet in `file`."""
        self.file = file
        self._listed: list[Fault] = []
        self._counts: dict[str, int] = {}

    def add(self, line: int, kind: str, what: Text, found: str, expected: Text = NOTHING) -> None:
        """A fault at `line` (from 1)."""
        self._counts[kind] = self._counts.get(kind, 0) + 1
        if self._counts[kind] <= PLACES_LISTED:
            where = f"{self.file.name}:{line}"
            self._listed.append(
                Fault(where, what, shown(found), expected, MEND, kind=kind, file=self.file.name, row=line)
            )

    @property
    def faults(self) -> list[Fault]:
        """The listed places in the order of lines, each with the count of its kind."""
        listed = sorted(self._listed, key=lambda fault: fault.row or 0)
        return [msgspec.structs.replace(fault, count=self._counts[fault.kind]) for fault in listed]


def fault_of_file(file: Path, kind: str, what: Text, remedy: Text = NOTHING) -> InvalidInput:
    """The error that refuses a whole file."""
    return InvalidInput([Fault(str(file), what, remedy=remedy, kind=kind)])


def read_lines(file: Path, encoding_errors: str = "strict") -> list[str]:
    """The lines of `file`, unpacked where its first bytes say gzip, zip (one file in it), bzip2 or xz.

    UTF-8, with or without a mark at the start. `encoding_errors` "replace" is for formats whose comments
    carry names in older encodings. Raises InvalidInput where the file is missing, a folder, empty, damaged
    or not text.
    """
    if file.is_dir():
        raise fault_of_file(
            file,
            "folder",
            Text("is a folder", "是一个文件夹"),
            Text("name the file in it", "请给出其中的文件"),
        )
    if not file.exists():
        raise fault_of_file(
            file, "missing", Text("there is no such file", "文件不存在"), Text("check the path", "检查路径")
        )
    try:
        content = unpacked(file.read_bytes(), file)
    except DAMAGED as error:
        raise fault_of_file(
            file,
            "damaged",
            Text(f"cannot be unpacked: {error}", f"无法解压：{error}"),
            Text("fetch it again: it is truncated or damaged", "文件不完整或已损坏，请重新获取"),
        ) from error
    if not content.strip():
        raise fault_of_file(
            file, "empty", Text("is empty", "是空文件"), Text("name the file of the trace", "请给出轨迹文件")
        )
    if b"\0" in content:
        raise fault_of_file(
            file,
            "not text",
            Text("is not text in UTF-8: it has zero bytes", "不是 UTF-8 文本：含零字节"),
            Text("unpack it, or save it as UTF-8", "请解压，或存为 UTF-8"),
        )
    try:
        lines = LINE_END.split(content.decode("utf-8-sig", errors=encoding_errors))
        return lines if lines[-1] else lines[:-1]
    except UnicodeDecodeError as error:
        raise fault_of_file(
            file,
            "encoding",
            Text(f"is not UTF-8 text: byte {error.start}", f"不是 UTF-8 文本：第 {error.start} 字节"),
            Text("save it as UTF-8", "请存为 UTF-8"),
        ) from error


def unpacked(content: bytes, file: Path) -> bytes:
    """`content` without its compression, told by its first bytes and not by the file's name."""
    if content.startswith(b"\x1f\x8b"):
        return gzip.decompress(content)
    if content.startswith(b"BZh"):
        return bz2.decompress(content)
    if content.startswith(b"\xfd7zXZ\x00"):
        return lzma.decompress(content)
    if content.startswith(b"PK"):
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = [entry for entry in archive.infolist() if not entry.is_dir()]
            if len(members) != 1:
                raise fault_of_file(
                    file,
                    "members",
                    Text(
                        f"holds {len(members)} files, not one", f"压缩包内有 {len(members)} 个文件，应为一个"
                    ),
                    Text("unpack it and name the file", "请解压后给出文件"),
                )
            return archive.read(members[0])
    return content
