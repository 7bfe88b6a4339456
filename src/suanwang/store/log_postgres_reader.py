"""Reading the log in PostgreSQL: ranges of the primary key, a chunk at a time, no transaction held open."""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import cast

from psycopg import Connection

from suanwang.model.log import Entry, LogDamaged, Recorded
from suanwang.store.connection import Row, connect, place_of, telling
from suanwang.store.log_faults import missing
from suanwang.store.prepared import Prepared, number_of
from suanwang.store.schema import check_not_newer, schema_version
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

CHUNK_EVENTS_MOST = 4_000
CHUNK_BYTES = 8 << 20
CHUNK_EVENTS_FIRST = 500
INPUT_CHUNK = 10_000
_LOOK_UP = "SELECT digest, first_index, count FROM suanwang.input WHERE id = $1"


class PostgresLogReader:
    """The log in the database of `url`, opened for reading alone. For one thread, as every home."""

    def __init__(self, url: str) -> None:
        self.place = place_of(url)
        self._connection = connect(url)
        try:
            with telling(self.place):
                check_not_newer(self._connection, self.place)
                if schema_version(self._connection) == 0:
                    raise InvalidInput([missing(self.place, "suanwang.event")])
                self._look_up = Prepared(self._connection, "suanwang_look_up", _LOOK_UP, ("text",))
            self._size = 0
            self.refresh()
        except BaseException:
            self._connection.close()
            raise

    @property
    def size(self) -> int:
        """How many events the log had at the last `refresh`."""
        return self._size

    def refresh(self) -> int:
        """See what was appended since; the size now."""
        with telling(self.place):
            found = self._connection.execute("SELECT size FROM suanwang.lead").fetchone()
        assert found is not None
        self._size = cast(int, found[0])
        return self._size

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The stored bytes of events `start` to `stop`, in order."""
        return read_events(self._connection, self.place, start, _until(stop, self._size))

    def entries(self) -> Iterator[Entry]:
        """Every entry with its events, in the order of their events."""
        return read_entries(self._connection, self.place, self._size)

    def recorded(self, input_id: str) -> Recorded | None:
        """What the log has for an input, or None where it has not seen it."""
        if not input_id.isprintable():  # no log has an id that is not a text
            return None
        with telling(self.place):
            found = self._look_up.run([input_id.encode()])
        for digest, first_index, count in found:
            assert digest is not None and first_index is not None and count is not None
            return Recorded(input_id, digest, number_of(first_index), number_of(count))
        return None

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def read_events(connection: Connection[Row], place: str, start: int, stop: int) -> Iterator[bytes]:
    """Events `start` to `stop`. Chunks follow the size of the events, so that memory stays small.

    Raises LogDamaged where events are missing.
    """
    chunk = CHUNK_EVENTS_FIRST
    while 0 <= start < stop:
        until = min(start + chunk, stop)
        with telling(place), connection.cursor(binary=True) as cursor:
            rows = cursor.execute(
                "SELECT record FROM suanwang.event WHERE index >= %s AND index < %s ORDER BY index",
                (start, until),
            ).fetchall()
        if len(rows) != until - start:
            raise LogDamaged([_gap(place, start, until, len(rows))])
        chunk_bytes = 0
        for (record,) in cast("list[tuple[bytes]]", rows):
            chunk_bytes += len(record)
            yield record
        chunk = max(1, min(CHUNK_EVENTS_MOST, chunk * 2, CHUNK_BYTES * len(rows) // chunk_bytes))
        start = until


def read_recorded(connection: Connection[Row], input_ids: Sequence[str]) -> dict[str, Recorded]:
    """What the log has for each of these inputs that it has seen."""
    # no log has an id that is not a text
    fit = [one for one in input_ids if one.isprintable()]
    with connection.cursor(binary=True) as cursor:
        rows = cursor.execute(
            "SELECT id, digest, first_index, count FROM suanwang.input WHERE id = ANY(%b)", (fit,)
        ).fetchall()
    return {row[0]: Recorded(*row) for row in cast("list[tuple[str, bytes, int, int]]", rows)}


def read_entries(connection: Connection[Row], place: str, size: int) -> Iterator[Entry]:
    """The entries of the first `size` events. Inputs without events stand before the event that they met."""
    events = read_events(connection, place, 0, size)
    for recorded in _inputs(connection, place, size):
        yield Entry(recorded.input_id, recorded.input_digest, tuple(islice(events, recorded.count)))


def _inputs(connection: Connection[Row], place: str, size: int) -> Iterator[Recorded]:
    """Inputs by first event, those without events first: one sort on the server, read in chunks.

    The cursor outlives its transaction, so none stays open while the caller takes its time.
    """
    with telling(place), connection.cursor("inputs", binary=True, withhold=True) as cursor:
        cursor.execute(
            "SELECT id, digest, first_index, count FROM suanwang.input WHERE first_index + count <= %s "
            "ORDER BY first_index, count, id",
            (size,),
        )
        while rows := cursor.fetchmany(INPUT_CHUNK):
            for row in cast("list[tuple[str, bytes, int, int]]", rows):
                yield Recorded(*row)


def _until(stop: int | None, size: int) -> int:
    return size if stop is None else min(stop, size)


def _gap(place: str, start: int, stop: int, found: int) -> Fault:
    return Fault(
        f"{place}: events {start} to {stop - 1}",
        Text("the log is damaged: events are missing", "日志损坏：缺少事件"),
        str(found),
        same(str(stop - start)),
        Text("restore the database from a copy", "请从副本恢复数据库"),
        "log-damaged",
    )
