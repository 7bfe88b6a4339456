"""Files as one content and back: tar.gz with plain files and folders only, whatever made it.

An archive from outside is hostile until shown otherwise: no absolute path, no `..`, no link, no device leaves
or enters the folder, and no archive becomes larger than it may.
"""

import gzip
import os
import tarfile
import zlib
from collections.abc import Callable, Iterable, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import IO, BinaryIO

from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

CHUNK_BYTES = 1 << 20
MEMBERS_MOST = 1_000_000
Read = Callable[[str, int, int], bytes]
"""(path, offset, limit) → bytes of a file; empty at its end."""


def unpack(source: BinaryIO, folder: Path, bytes_most: int) -> int:
    """Unpack a tar.gz below `folder`; how many bytes. Raises InvalidInput, with what it found."""
    source.seek(0)
    written = 0
    try:
        with tarfile.open(fileobj=source, mode="r:gz") as archive:
            for count, member in enumerate(archive):
                refuse_odd(member)
                written += member.size
                if written > bytes_most or count >= MEMBERS_MOST:
                    raise InvalidInput([too_large(member.name, written, bytes_most)])
                place = folder / member.name
                if member.isdir():
                    place.mkdir(parents=True, exist_ok=True)
                    continue
                place.parent.mkdir(parents=True, exist_ok=True)
                data = archive.extractfile(member)
                assert data is not None
                write_new(place, data, executable=bool(member.mode & 0o100))
    except (tarfile.TarError, EOFError, zlib.error, gzip.BadGzipFile) as error:
        what = Text("not a readable tar.gz", "不是可读的 tar.gz")
        raise InvalidInput([Fault("archive", what, str(error)[:200])]) from None
    except OSError as error:
        what = Text("an archive cannot be unpacked", "无法解开归档")
        raise InvalidInput([Fault("archive", what, str(error)[:200])]) from None
    return written


def refuse_odd(member: tarfile.TarInfo) -> None:
    """Raises InvalidInput for what is no plain file or folder below the place where it is unpacked."""
    path = PurePosixPath(member.name)
    if path.is_absolute() or ".." in path.parts or "\0" in member.name:
        what = Text("leads out of the folder", "超出作业文件夹")
    elif not (member.isreg() or member.isdir()):
        what = Text(
            "neither a file nor a folder: links and devices are not taken",
            "不是文件或文件夹：不接受链接与设备",
        )
    else:
        return
    raise InvalidInput([Fault("archive", what, member.name[:200], Text("plain files", "普通文件"))])


def write_new(place: Path, data: IO[bytes], executable: bool) -> None:
    """A file in the place of whatever was there, links not followed."""
    place.unlink(missing_ok=True)
    mode = 0o755 if executable else 0o644
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(place, flags, mode), "wb") as file:
        while chunk := data.read(CHUNK_BYTES):
            file.write(chunk)


def pack(files: Iterable[tuple[str, int]], read: Read, into: BinaryIO, bytes_most: int) -> int:
    """Pack (path, bytes) into a tar.gz; how many files. The same files give the same bytes.

    Raises InvalidInput where they are larger than they may be. A file that has become shorter meanwhile is
    filled with zeros, one that has become longer is cut: its size was told first.
    """
    count = total = 0
    with (
        gzip.GzipFile(fileobj=into, mode="wb", compresslevel=1, mtime=0, filename="") as stream,
        tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT) as archive,
    ):
        for path, size in files:
            total += size
            if total > bytes_most:
                raise InvalidInput([too_large(path, total, bytes_most)])
            member = tarfile.TarInfo(path)
            member.size, member.mode = size, 0o644
            archive.addfile(member, FileParts(path, size, read))
            count += 1
    return count


class FileParts:
    """A file of an engine, read in parts, exactly as long as it was said to be."""

    def __init__(self, path: str, size: int, read: Read) -> None:
        self.path, self.size, self.reader = path, size, read
        self.offset = 0

    def read(self, limit: int = -1) -> bytes:
        """The next part."""
        limit = min(CHUNK_BYTES if limit < 0 else limit, self.size - self.offset)
        parts: list[bytes] = []
        while limit > 0:
            part = self.reader(self.path, self.offset, limit)
            part = part[:limit] or bytes(limit)
            parts.append(part)
            self.offset += len(part)
            limit -= len(part)
        return b"".join(parts)


def wanted(path: str, patterns: Sequence[str]) -> bool:
    """Whether a path, or a folder above it, is what one of the patterns names."""
    parts = PurePosixPath(path).parts
    return any(leads(parts, PurePosixPath(pattern).parts) for pattern in patterns)


def leads(parts: Sequence[str], pattern: Sequence[str]) -> bool:
    """Whether the pattern matches the beginning of the path: `*` within one name, `**` any folders."""
    if not pattern:
        return True
    if pattern[0] == "**":
        return any(leads(parts[skip:], pattern[1:]) for skip in range(len(parts) + 1))
    return bool(parts) and fnmatchcase(parts[0], pattern[0]) and leads(parts[1:], pattern[1:])


def fixed_part(pattern: str) -> str:
    """The folders of a pattern before its first `*`, `?` or `[`: what has to be listed for it."""
    parts: list[str] = []
    for part in PurePosixPath(pattern).parts:
        if any(letter in part for letter in "*?["):
            break
        parts.append(part)
    return "/".join(parts)


def too_large(where: str, length: int, most: int) -> Fault:
    """Files that are larger together than this centre takes."""
    what = Text("larger than this centre takes", "超出本中心的上限")
    return Fault(where[:200], what, f"{length:,} B", same(f"<= {most:,} B"))
