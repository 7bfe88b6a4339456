"""What the drivers of foreign engines have alike: a folder with their book, the lease and longer limits."""

import time
from collections.abc import Sequence
from pathlib import Path

from suanwang.drivers.attempt_book import AttemptBook, Held
from suanwang.drivers.attempt_files import AttemptFiles
from suanwang.drivers.lease import renew
from suanwang.drivers.port import Erased, Refused

LEASE = "acknowledged"
LIMITS = "limits"


class AttemptDriver(AttemptFiles):
    """A driver whose attempts are in a book in `folder`, which every node sees.

    `lease`: the file that is renewed when the platform was heard, and watched by what runs the attempts; a
    driver that is made anew renews nothing.
    `limits` beside it has a file for each attempt that was given more time, with its seconds in all: here,
    and not in the attempt's folder, where its job could write it too.
    Raises EngineAway where another driver has the folder.
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder.absolute()
        self.book = AttemptBook(self.folder, time.time_ns() // 1000)
        self.lease = self.folder / LEASE
        self.limits = self.folder / LIMITS
        self.limits.mkdir(exist_ok=True)

    def place(self, attempt: str) -> Held:
        """Its record in the book. Raises InvalidInput."""
        return self.book.find(attempt)

    def acknowledge(self) -> None:
        """Renew the lease. Raises OSError."""
        renew(self.lease)

    def set_limit(self, attempt: str, time_limit_s: int) -> None:
        """Leave word of a new limit, in one step."""
        beside = self.limits / f".{attempt}"
        beside.write_text(f"{time_limit_s}\n")
        beside.replace(self.limits / attempt)

    def clean(self, attempts: Sequence[str]) -> list[Erased | Refused]:
        """Erase their folders, then keep only their names."""
        answers = self.book.clean(attempts)
        for answer in answers:
            if isinstance(answer, Erased):
                (self.limits / answer.attempt).unlink(missing_ok=True)
        return answers

    def close(self) -> None:
        """Let go of the folder; what runs goes on."""
        self.book.close()
