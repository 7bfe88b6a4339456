"""What the drivers of foreign engines have alike: a folder with their book, and the lease beside it."""

import time
from collections.abc import Sequence
from pathlib import Path

from suanwang.drivers.attempt_book import AttemptBook, Held
from suanwang.drivers.attempt_files import AttemptFiles
from suanwang.drivers.port import Erased, Refused

LEASE = "acknowledged"


class AttemptDriver(AttemptFiles):
    """A driver whose attempts are in a book in `folder`, which every node sees.

    `lease`: the file that is touched when the platform was heard, and looked at by what runs the attempts.
    Raises EngineAway where another driver has the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.book = AttemptBook(self.folder, time.time_ns() // 1000)
        self.lease = self.folder / LEASE
        self.lease.touch()

    def place(self, attempt: str) -> Held:
        """Its record in the book. Raises InvalidInput."""
        return self.book.find(attempt)

    def acknowledge(self) -> None:
        """Touch the lease."""
        self.lease.touch()

    def clean(self, attempts: Sequence[str]) -> list[Erased | Refused]:
        """Erase their folders, then keep only their names."""
        return self.book.clean(attempts)

    def close(self) -> None:
        """Let go of the folder; what runs goes on."""
        self.book.close()
