"""A file of lines that is appended to, made durable on demand, and now and then written anew."""

import os
from collections.abc import Iterable
from pathlib import Path


class JournalFile:
    """Lines in `path`. What a crash tears is the last line, and is dropped; nothing stands behind it."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.descriptor = -1
        self.lines = 0
        self.bytes = 0

    def read(self) -> list[bytes]:
        """Every whole line."""
        return self.path.read_bytes().split(b"\n")[:-1] if self.path.exists() else []

    def append(self, lines: Iterable[bytes], durable: bool) -> None:
        """Append; `durable`: return only when the disk has all that was ever appended.

        Raises OSError where the disk does not take it, and then leaves nothing of it.
        """
        data = b"".join(line + b"\n" for line in lines)
        offset = self.bytes
        try:
            while offset < self.bytes + len(data):
                offset += os.pwrite(self.descriptor, data[offset - self.bytes :], offset)
            if durable:
                os.fdatasync(self.descriptor)
        except OSError:
            os.ftruncate(self.descriptor, self.bytes)  # no torn line among whole ones
            raise
        self.bytes = offset
        self.lines += data.count(b"\n")

    def rewrite(self, lines: Iterable[bytes]) -> None:
        """Put these lines in the place of all others, whole or not at all, and append to them from now on."""
        beside = self.path.with_name(f".{self.path.name}.new")
        before = self.descriptor
        self.descriptor = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
        self.lines = self.bytes = 0
        self.append(lines, durable=True)
        beside.replace(self.path)
        folder = os.open(self.path.parent, os.O_RDONLY | os.O_DIRECTORY)
        os.fsync(folder)
        os.close(folder)
        if before >= 0:
            os.close(before)

    def close(self) -> None:
        """Let go of the file."""
        if self.descriptor >= 0:
            os.close(self.descriptor)
            self.descriptor = -1
