"""A home: where a platform keeps its log, its papers and its snapshots. A folder, or a database."""

import os
import time
from collections.abc import Callable
from pathlib import Path
from typing import Protocol

from suanwang.model.log import LogBusy, LogReader, LogWriter
from suanwang.store.attempt_log_files import FileAttemptLogs
from suanwang.store.attempt_logs import AttemptLogs
from suanwang.store.attempt_logs_postgres import PostgresAttemptLogs
from suanwang.store.connection import StoreUnreachable, place_of
from suanwang.store.data_folder import data_folder
from suanwang.store.embedded import EmbeddedServer
from suanwang.store.log_file import FileLogWriter
from suanwang.store.log_file_reader import FileLogReader
from suanwang.store.log_postgres import PostgresLogWriter
from suanwang.store.log_postgres_reader import PostgresLogReader
from suanwang.store.paper_files import FilePapers
from suanwang.store.papers import Papers
from suanwang.store.papers_postgres import PostgresPapers
from suanwang.store.snapshot_files import FileSnapshots
from suanwang.store.snapshots import Snapshots
from suanwang.store.snapshots_postgres import PostgresSnapshots

DATABASE_VARIABLE = "SUANWANG_DATABASE_URL"
LEAD_LOOK_SECONDS = 0.25


class Home(Protocol):
    """Opens what a platform stores. What it opens is for one thread each, and closed by whoever opened it."""

    @property
    def place(self) -> str:
        """Where it is, without secrets."""
        ...

    def writer(self, takeover: bool = False, epoch_above: int = 0) -> LogWriter:
        """The one writer of the log. Raises LogBusy while another leads, unless it is taken over."""
        ...

    def reader(self) -> LogReader:
        """A reader of the log. Raises InvalidInput where there is none."""
        ...

    def papers(self) -> Papers:
        """The papers beside the log."""
        ...

    def snapshots(self) -> Snapshots:
        """The snapshots beside the log."""
        ...

    def attempt_logs(self) -> AttemptLogs:
        """What attempts wrote, beside the log."""
        ...

    def close(self) -> None:
        """Use the home no more."""
        ...


class FileHome:
    """A folder of this machine."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.place = str(folder)

    def writer(self, takeover: bool = False, epoch_above: int = 0) -> LogWriter:
        """The one writer of the log."""
        return FileLogWriter(self.folder, takeover, epoch_above)

    def reader(self) -> LogReader:
        """A reader of the log."""
        return FileLogReader(self.folder)

    def papers(self) -> Papers:
        """The papers beside the log."""
        return FilePapers(self.folder)

    def snapshots(self) -> Snapshots:
        """The snapshots beside the log."""
        return FileSnapshots(self.folder)

    def attempt_logs(self) -> AttemptLogs:
        """What attempts wrote, beside the log."""
        return FileAttemptLogs(self.folder)

    def close(self) -> None:
        """Nothing is held open."""


class PostgresHome:
    """A database: of the server at an address, or of the embedded server, which is kept running meanwhile."""

    def __init__(self, source: "str | EmbeddedServer") -> None:
        self._source = source
        self.place = place_of(self.url())

    def writer(self, takeover: bool = False, epoch_above: int = 0) -> LogWriter:
        """The one writer of the log."""
        return PostgresLogWriter(self.url(), takeover, epoch_above)

    def reader(self) -> LogReader:
        """A reader of the log."""
        return PostgresLogReader(self.url())

    def papers(self) -> Papers:
        """The papers beside the log."""
        return PostgresPapers(self.url())

    def snapshots(self) -> Snapshots:
        """The snapshots beside the log."""
        return PostgresSnapshots(self.url())

    def attempt_logs(self) -> AttemptLogs:
        """What attempts wrote, beside the log."""
        return PostgresAttemptLogs(self.url())

    def close(self) -> None:
        """The embedded server stops unless another process uses it."""
        if isinstance(self._source, EmbeddedServer):
            self._source.close()

    def url(self) -> str:
        """The address of the database."""
        return self._source if isinstance(self._source, str) else self._source.ensure_running()


def platform_home() -> Home:
    """The platform's home: `SUANWANG_DATABASE_URL`, else the embedded server in the data folder."""
    return PostgresHome(os.environ.get(DATABASE_VARIABLE) or EmbeddedServer(data_folder()))


def wait_for_lead(
    home: Home,
    seconds: float,
    pause: Callable[[float], None] = time.sleep,
    look_seconds: float = LEAD_LOOK_SECONDS,
) -> LogWriter | None:
    """The writer as soon as nobody else leads; None where that does not happen within `seconds`.

    A database that does not answer is waited for too: the last fault is raised when the time is over.
    """
    end = time.monotonic() + seconds
    while True:
        try:
            return home.writer()
        except LogBusy:
            if time.monotonic() >= end:
                return None
        except StoreUnreachable:
            if time.monotonic() >= end:
                raise
        pause(look_seconds)
