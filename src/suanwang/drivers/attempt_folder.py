"""The folder of an attempt: where its script, logs and marks lie, and reading and erasing it.

What a job leaves in its folder is hostile until shown otherwise: nothing here follows a link that it made.
"""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from suanwang.drivers.port import OutputFile, Stream
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

CONTROL = ".suanwang"
"""The folder in an attempt's folder that is not the job's: script, logs, marks."""
READ_BYTES_MOST = 16 * 2**20


def write_script(folder: str, script: str) -> list[str]:
    """Put the script into its control folder; the command line that runs it."""
    control = os.path.join(folder, CONTROL)  # noqa: PTH118  (thousands a second: Path costs more)
    os.makedirs(control, mode=0o700, exist_ok=True)  # noqa: PTH103
    path = os.path.join(control, "script")  # noqa: PTH118
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        data = script.encode()
        while data:
            data = data[os.write(descriptor, data) :]
    finally:
        os.close(descriptor)
    return [*interpreter(script), path]


def leave_word(folder: str, name: str, text: str) -> None:
    """Put a word for what runs the attempt into its control folder, in one step. Raises OSError."""
    with contextlib.suppress(FileExistsError):
        Path(folder, CONTROL).mkdir(mode=0o700)  # a job may have removed it
    control = open_below(folder, CONTROL)
    try:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f".{name}", dir_fd=control)
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(f".{name}", flags, 0o600, dir_fd=control), "w") as file:
            file.write(text)
        os.replace(f".{name}", name, src_dir_fd=control, dst_dir_fd=control)
    finally:
        os.close(control)


def interpreter(script: str) -> list[str]:
    """Who runs the script: its `#!` line split as Linux does (one argument at most), or sh."""
    if not script.startswith("#!"):
        return ["/bin/sh"]
    words = script[2:].split("\n", 1)[0].strip().split(None, 1)
    return words or ["/bin/sh"]


def log_path(folder: str, stream: Stream) -> str:
    """Where a stream of the script is written."""
    return f"{folder}/{CONTROL}/{stream}"


def read_part(root: str, path: str, offset: int, limit: int) -> bytes:
    """Up to `limit` bytes of the plain file `path` below `root`; empty where there is none.

    Opened step by step without following links, so that no link of a job leads out of its folder.
    """
    try:
        descriptor = open_below(root, path)
    except OSError:
        return b""
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return b""
        return os.pread(descriptor, max(0, min(limit, READ_BYTES_MOST)), max(0, offset))
    finally:
        os.close(descriptor)


def open_below(root: str, path: str) -> int:
    """A descriptor of `path` below `root`, no part of which is a link. Raises OSError."""
    parts = PurePosixPath(path).parts
    if not parts or ".." in parts or parts[0] == "/":
        raise FileNotFoundError(path)
    descriptor = os.open(root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    for index, part in enumerate(parts):
        last = index == len(parts) - 1
        flags = os.O_NONBLOCK if last else os.O_DIRECTORY
        try:
            below = os.open(part, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | flags, dir_fd=descriptor)
        finally:
            os.close(descriptor)
        descriptor = below
    return descriptor


def files_below(folder: str) -> Iterator[tuple[str, int]]:
    """(relative path, bytes) of every plain file in the folder, links not followed."""
    pending = [""]
    while pending:
        below = pending.pop()
        try:
            with os.scandir(f"{folder}/{below}") as entries:
                for entry in entries:
                    path = f"{below}{entry.name}"
                    if entry.is_dir(follow_symlinks=False):
                        pending.append(f"{path}/")
                    elif entry.is_file(follow_symlinks=False):
                        yield path, entry.stat(follow_symlinks=False).st_size
        except (FileNotFoundError, NotADirectoryError, PermissionError):
            continue  # the job is at work in there


def folder_bytes(folder: str) -> int:
    """The size of all plain files in the folder, logs included."""
    return sum(size for _, size in files_below(folder))


def output_files(folder: str, outputs: Sequence[str]) -> tuple[OutputFile, ...]:
    """The plain files at or below the paths `outputs`, all without one; never the control folder's."""
    wanted = [PurePosixPath(path).parts for path in outputs]
    return tuple(
        OutputFile(path, size)
        for path, size in sorted(files_below(folder))
        if not path.startswith(f"{CONTROL}/")
        and (not wanted or any(PurePosixPath(path).parts[: len(parts)] == parts for parts in wanted))
    )


def read_output(folder: str, outputs: Sequence[str], path: str, offset: int, limit: int) -> bytes:
    """A part of one output file. Raises InvalidInput where `path` is none of `outputs`."""
    parts = PurePosixPath(path).parts
    wanted = [PurePosixPath(output).parts for output in outputs]
    allowed = not wanted or any(parts[: len(prefix)] == prefix for prefix in wanted)
    if not parts or ".." in parts or parts[0] in ("/", CONTROL) or not allowed:
        raise InvalidInput([Fault(path, Text("not an output of the attempt", "不是该尝试的输出文件"))])
    return read_part(folder, path, offset, limit)


def erase(folder: str) -> tuple[int, int]:
    """Erase the folder; how many plain files that were, and how many bytes."""
    found = list(files_below(folder))
    shutil.rmtree(folder, ignore_errors=True)
    if Path(folder).exists():  # a job may have taken its own rights away
        for path, folders, _ in os.walk(folder):
            Path(path).chmod(0o700)
            for name in folders:
                if not Path(path, name).is_symlink():
                    Path(path, name).chmod(0o700)
        shutil.rmtree(folder)
    return len(found), sum(size for _, size in found)
