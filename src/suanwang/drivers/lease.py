"""The lease: a file with a word that is another one each time the platform was heard.

Whoever runs work looks whether the word has changed, and counts the time since then by a steady clock of its
own: no clock of another machine, and none that may be set, has a say. A file's time of change would not do:
it is told by the clock of whoever keeps the file, and a network file system may tell it a minute late; a file
that is opened is read as it is.
"""

import contextlib
import os
import secrets
import time
from pathlib import Path

WORD_BYTES = 8


def renew(path: Path) -> None:
    """Put another word into the lease, in its place, so that a full disk does not matter. Raises OSError."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        os.pwrite(descriptor, f"{secrets.token_hex(WORD_BYTES)}\n".encode(), 0)
    finally:
        os.close(descriptor)


def boot_s() -> float:
    """The machine's steady clock, seconds: it goes on while the machine sleeps (clock_gettime(2))."""
    return time.clock_gettime(time.CLOCK_BOOTTIME)


class LeaseWatch:
    """Who looks at the lease at `path` from `now_s` on, by `boot_s`. What was there before is no news."""

    def __init__(self, path: Path, now_s: float) -> None:
        self.path = path
        self.word = self.read()
        self.heard_s = now_s

    def read(self) -> bytes:
        """The word; empty where the lease cannot be read or is just being made."""
        with contextlib.suppress(OSError):
            return self.path.read_bytes().strip()
        return b""

    def silent_s(self, now_s: float) -> float:
        """For how long there has been no other word, from the beginning of this watch at the earliest."""
        word = self.read()
        if word and word != self.word:
            self.word, self.heard_s = word, now_s
        return now_s - self.heard_s
