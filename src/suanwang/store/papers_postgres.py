"""Papers in PostgreSQL, in the database of the log, on a connection of their own."""

import re
from collections.abc import Iterator, Sequence
from typing import cast

from suanwang.store.connection import connect, place_of, telling
from suanwang.store.papers import checked, digests_of
from suanwang.store.schema import migrate

KEEP_BYTES = 64 << 20
"""So many bytes travel in one statement."""
_DIGEST = re.compile(r"[0-9a-f]{64}")


class PostgresPapers:
    """The papers in the database of `url`, whose schema is brought up to date first. For one thread."""

    def __init__(self, url: str) -> None:
        self.place = place_of(url)
        self._connection = connect(url)
        try:
            with telling(self.place):
                migrate(self._connection, self.place)
        except BaseException:
            self._connection.close()
            raise

    def keep(self, contents: Sequence[bytes]) -> list[str]:
        """Keeps each of `contents` in one transaction; their SHA-256 in hex."""
        digests = digests_of(contents)
        papers = sorted(dict(zip(digests, contents, strict=True)).items())
        with telling(self.place), self._connection.transaction():
            for some in _portions(papers):
                # in one order, so that two who keep the same papers wait for each other and never in a ring
                self._connection.execute(
                    "INSERT INTO suanwang.paper (digest, data) "
                    "SELECT * FROM unnest(%b::bytea[], %b::bytea[]) ON CONFLICT (digest) DO NOTHING",
                    ([bytes.fromhex(digest) for digest, _ in some], [data for _, data in some]),
                )
        return digests

    def read(self, digest: str) -> bytes:
        """The bytes of a paper. Raises InvalidInput where it was erased or is not what was kept."""
        found = None
        if _DIGEST.fullmatch(digest):
            with telling(self.place), self._connection.cursor(binary=True) as cursor:
                found = cursor.execute(
                    "SELECT data FROM suanwang.paper WHERE digest = %s", (bytes.fromhex(digest),)
                ).fetchone()
        return checked(cast(bytes, found[0]) if found else None, digest, f"{self.place}: paper {digest[:64]}")

    def erase(self, digest: str) -> bool:
        """Erases a paper for good; whether it was there. Its room is used again after the next vacuum."""
        if not _DIGEST.fullmatch(digest):
            return False
        with telling(self.place):
            return (
                self._connection.execute(
                    "DELETE FROM suanwang.paper WHERE digest = %s", (bytes.fromhex(digest),)
                ).rowcount
                > 0
            )

    def digests(self) -> Iterator[str]:
        """The name of every paper, in order; read in portions, each as the table then is."""
        last = b""
        while True:
            with telling(self.place), self._connection.cursor(binary=True) as cursor:
                rows = cursor.execute(
                    "SELECT digest FROM suanwang.paper WHERE digest > %s ORDER BY digest LIMIT 10000", (last,)
                ).fetchall()
            if not rows:
                return
            for (digest,) in cast("list[tuple[bytes]]", rows):
                last = digest
                yield digest.hex()

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


def _portions(papers: list[tuple[str, bytes]]) -> Iterator[list[tuple[str, bytes]]]:
    """`papers` in runs of at most KEEP_BYTES, a paper at least in each."""
    run: list[tuple[str, bytes]] = []
    size = 0
    for digest, data in papers:
        if run and size + len(data) > KEEP_BYTES:
            yield run
            run, size = [], 0
        run.append((digest, data))
        size += len(data)
    if run:
        yield run
