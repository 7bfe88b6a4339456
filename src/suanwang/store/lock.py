"""Exclusive locks between processes on one machine, by flock: freed by the kernel when their holder dies."""

import fcntl
import os
from pathlib import Path


class FileLock:
    """A lock on the file `path`, made if need be. Each instance is one holder, also in one process."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)

    def acquire(self) -> None:
        """Wait until the lock is ours."""
        fcntl.flock(self._descriptor, fcntl.LOCK_EX)

    def try_acquire(self, holder: str) -> bool:
        """Take the lock if it is free, and write down who holds it."""
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        os.ftruncate(self._descriptor, 0)
        os.pwrite(self._descriptor, holder.encode(), 0)
        return True

    def acquire_shared(self) -> None:
        """Wait until nobody holds the lock alone, then hold it beside others."""
        fcntl.flock(self._descriptor, fcntl.LOCK_SH)

    def holder(self) -> str:
        """Who wrote itself down last."""
        return os.pread(self._descriptor, 200, 0).decode(errors="replace")

    def release(self) -> None:
        """Give the lock back; it can be acquired again."""
        fcntl.flock(self._descriptor, fcntl.LOCK_UN)

    def close(self) -> None:
        """Give the lock back for good."""
        os.close(self._descriptor)
