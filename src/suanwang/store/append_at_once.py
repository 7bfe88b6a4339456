"""A group of the log as one statement: the leader's epoch, the events and their inputs, all or nothing.

For groups that are not large: one round trip instead of six. A large group goes faster by COPY, which writes
rows many at a time.
"""

from collections.abc import Sequence

from psycopg import Connection

from suanwang.model.log import Entry
from suanwang.store.connection import Row
from suanwang.store.prepared import Prepared, array, big, small

EVENTS_MOST = 2_000
"""The statement is quicker than COPY up to about here: measured, the client's work and the server's."""
# Parts of one statement see one state of the tables; both inserts read what the claim returned, and so do
# nothing where the lead's row was no longer as it was known to be.
_APPEND = """
WITH claimed AS (
    UPDATE suanwang.lead SET size = size + $1 WHERE epoch = $2 AND size = $3 RETURNING size
), events AS (
    INSERT INTO suanwang.event (index, record)
    SELECT $3 + number - 1, record
    FROM claimed, unnest($4) WITH ORDINALITY AS given (record, number)
), inputs AS (
    INSERT INTO suanwang.input (id, digest, first_index, count)
    SELECT id, digest, first_index, count
    FROM claimed, unnest($5, $6, $7, $8) AS given (id, digest, first_index, count)
)
SELECT size FROM claimed
"""
_TYPES = ("int8", "int8", "int8", "bytea[]", "text[]", "bytea[]", "int8[]", "int4[]")


class AppendAtOnce:
    """Appends on one connection in autocommit. Raises psycopg's errors, UniqueViolation for known inputs."""

    def __init__(self, connection: Connection[Row], epoch: int) -> None:
        self._statement = Prepared(connection, "suanwang_append", _APPEND, _TYPES)
        self._epoch = big(epoch)

    def append(self, entries: Sequence[Entry], size: int) -> bool:
        """Append to a log of `size` events; False, and nothing is appended, where it is not ours as such."""
        events = [event for entry in entries for event in entry.events]
        first: list[bytes] = []
        index = size
        for entry in entries:
            first.append(big(index))
            index += len(entry.events)
        values = (
            big(len(events)),
            self._epoch,
            big(size),
            array("bytea", events),
            array("text", [entry.input_id.encode() for entry in entries]),
            array("bytea", [entry.input_digest for entry in entries]),
            array("int8", first),
            array("int4", [small(len(entry.events)) for entry in entries]),
        )
        return bool(self._statement.run(values))
