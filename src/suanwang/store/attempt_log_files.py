"""The streams of attempts in a folder, a file each."""

import os
from pathlib import Path

from suanwang.store.attempt_logs import STREAM_BYTES_MOST, Stream

FOLDER = "attempt-logs"


class FileAttemptLogs:
    """The files `attempt-logs/<attempt>.<stream>` beside a log in `folder`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / FOLDER

    def append(self, attempt: str, stream: Stream, offset: int, data: bytes) -> int:
        """Takes a part; the stream's size then."""
        self.folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(self._path(attempt, stream), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            size = os.fstat(descriptor).st_size
            end = offset + len(data)
            if offset > size and size < STREAM_BYTES_MOST:
                return size
            new = data[max(0, size - offset) : max(0, STREAM_BYTES_MOST - offset)]
            if new:
                os.pwrite(descriptor, new, size)
                os.fdatasync(descriptor)
            return max(size, end)
        finally:
            os.close(descriptor)

    def read(self, attempt: str, stream: Stream, offset: int, bytes_most: int) -> bytes:
        """From byte `offset` on."""
        try:
            descriptor = os.open(self._path(attempt, stream), os.O_RDONLY | os.O_CLOEXEC)
        except FileNotFoundError:
            return b""
        try:
            return os.pread(descriptor, bytes_most, offset)
        finally:
            os.close(descriptor)

    def erase(self, attempt: str) -> None:
        """Erases both streams."""
        for stream in ("stdout", "stderr"):
            self._path(attempt, stream).unlink(missing_ok=True)

    def close(self) -> None:
        """Nothing is held open."""

    def _path(self, attempt: str, stream: Stream) -> Path:
        assert "/" not in attempt
        return self.folder / f"{attempt}.{stream}"
