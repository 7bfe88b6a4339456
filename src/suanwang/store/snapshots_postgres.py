"""Snapshots in PostgreSQL, in parts, so that none meets the limit of 1 GB that a value has there."""

from collections.abc import Iterator
from typing import cast

from suanwang.store.connection import connect, place_of, telling
from suanwang.store.schema import migrate
from suanwang.store.snapshots import KEPT, Found, Snapshot, choose, snapshot_parts


class PostgresSnapshots:
    """The snapshots in the database of `url`, whose schema is brought up to date first. For one thread."""

    def __init__(self, url: str) -> None:
        self.place = place_of(url)
        self._connection = connect(url)
        try:
            with telling(self.place):
                migrate(self._connection, self.place)
        except BaseException:
            self._connection.close()
            raise

    def put(self, snapshot: Snapshot) -> None:
        """Keeps a snapshot in one transaction; all but the newest are removed."""
        with telling(self.place), self._connection.transaction():
            self._connection.execute("DELETE FROM suanwang.snapshot WHERE index = %s", (snapshot.index,))
            for number, part in enumerate(snapshot_parts(snapshot)):
                self._connection.execute(
                    "INSERT INTO suanwang.snapshot (index, part, data) VALUES (%s, %s, %b)",
                    (snapshot.index, number, part),
                )
            self._connection.execute(
                "DELETE FROM suanwang.snapshot WHERE index NOT IN "
                "(SELECT index FROM suanwang.snapshot WHERE part = 0 ORDER BY index DESC LIMIT %s)",
                (KEPT,),
            )

    def newest(self, version: int, index_most: int) -> Found:
        """The newest snapshot of this format that is not ahead of the log."""
        return choose(self._stored(), version, index_most)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _stored(self) -> Iterator[tuple[int, str, Iterator[bytes]]]:
        with telling(self.place):
            rows = self._connection.execute(
                "SELECT DISTINCT index FROM suanwang.snapshot ORDER BY index DESC"
            ).fetchall()
        for (index,) in cast("list[tuple[int]]", rows):
            yield index, f"{self.place}: snapshot {index}", self._parts(index)

    def _parts(self, index: int) -> Iterator[bytes]:
        number = 0
        while True:
            with telling(self.place), self._connection.cursor(binary=True) as cursor:
                found = cursor.execute(
                    "SELECT data FROM suanwang.snapshot WHERE index = %s AND part = %s", (index, number)
                ).fetchone()
            if found is None:
                return
            yield cast(bytes, found[0])
            number += 1
