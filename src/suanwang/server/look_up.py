"""The log as the writer reads it: by a reader of its own, while another thread appends.

What was decided and is not durable yet the writer knows itself, so the reader need not see it.
"""

from collections.abc import Iterator, Sequence

from suanwang.model.log import Appended, Entry, LogReader, LogWriter, Recorded
from suanwang.store.log_file_reader import FileLogReader
from suanwang.units.errors import Fault

ONCE = "once/"
"""Ids that begin so were made by this server for one request alone: nobody can send them again."""


class LookUp:
    """Reads by `reader`, appends by `writer`; each is for one thread."""

    def __init__(self, writer: LogWriter, reader: LogReader) -> None:
        self._writer, self._reader = writer, reader
        self._unseen: set[str] = set()

    @property
    def size(self) -> int:
        """How many events were durable when it was last asked."""
        return self._reader.size

    @property
    def epoch(self) -> int:
        """The number of this leadership."""
        return self._writer.epoch

    @property
    def repairs(self) -> tuple[Fault, ...]:
        """What opening had to repair."""
        return self._writer.repairs

    def refresh(self) -> int:
        """See what was appended since."""
        return self._reader.refresh()

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The stored bytes of durable events."""
        self._reader.refresh()
        return self._reader.read(start, stop)

    def entries(self) -> Iterator[Entry]:
        """Every entry."""
        return self._reader.entries()

    def vouch(self, input_id: str) -> None:
        """The log cannot have seen this input: it need not be asked."""
        self._unseen.add(input_id)

    def recorded(self, input_id: str) -> Recorded | None:
        """What the log has for an input."""
        if input_id.startswith(ONCE):
            return None
        if input_id in self._unseen:
            self._unseen.discard(input_id)
            return None
        if isinstance(self._reader, FileLogReader):
            self._reader.refresh()  # it keeps an index; a database is simply asked
        return self._reader.recorded(input_id)

    def append(self, entries: Sequence[Entry]) -> list[Appended]:
        """Append a group, in the thread that appends."""
        return self._writer.append(entries)

    def close(self) -> None:
        """Close both."""
        self._reader.close()
        self._writer.close()
