"""The streams of attempts in PostgreSQL, in parts as they came, on a connection of their own."""

from typing import cast

from suanwang.store.attempt_logs import STREAM_BYTES_MOST, Stream
from suanwang.store.connection import connect, place_of, telling
from suanwang.store.schema import migrate


class PostgresAttemptLogs:
    """The streams in the database of `url`, whose schema is brought up to date first. For one thread."""

    def __init__(self, url: str) -> None:
        self.place = place_of(url)
        self._connection = connect(url)
        try:
            with telling(self.place):
                migrate(self._connection, self.place)
        except BaseException:
            self._connection.close()
            raise

    def append(self, attempt: str, stream: Stream, offset: int, data: bytes) -> int:
        """Takes a part; the stream's size then."""
        with telling(self.place), self._connection.transaction():
            # two who send the same stream take turns
            self._connection.execute(
                "SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (f"{attempt}.{stream}",)
            )
            found = self._connection.execute(
                "SELECT first + octet_length(data) FROM suanwang.attempt_log "
                "WHERE attempt = %s AND stream = %s ORDER BY first DESC LIMIT 1",
                (attempt, stream),
            ).fetchone()
            size = cast(int, found[0]) if found else 0
            if offset > size and size < STREAM_BYTES_MOST:
                return size
            new = data[max(0, size - offset) : max(0, STREAM_BYTES_MOST - offset)]
            if new:
                self._connection.execute(
                    "INSERT INTO suanwang.attempt_log (attempt, stream, first, data) VALUES (%s, %s, %s, %b)",
                    (attempt, stream, size, new),
                )
            return max(size, offset + len(data))

    def read(self, attempt: str, stream: Stream, offset: int, bytes_most: int) -> bytes:
        """From byte `offset` on."""
        with telling(self.place), self._connection.cursor(binary=True) as cursor:
            rows = cursor.execute(
                "SELECT first, data FROM suanwang.attempt_log WHERE attempt = %s AND stream = %s "
                "AND first + octet_length(data) > %s AND first < %s ORDER BY first",
                (attempt, stream, offset, offset + bytes_most),
            ).fetchall()
        if not rows:
            return b""
        begin = cast(int, rows[0][0])
        joined = b"".join(cast(bytes, data) for _, data in rows)
        return joined[offset - begin : offset - begin + bytes_most]

    def erase(self, attempt: str) -> None:
        """Erases both streams."""
        with telling(self.place):
            self._connection.execute("DELETE FROM suanwang.attempt_log WHERE attempt = %s", (attempt,))

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()
