"""A statement that libpq itself runs, prepared once: one call, one round trip, values in binary.

A cursor of psycopg waits for its answer in Python: beside a busy thread it has to win the interpreter back
several times a statement. One call to libpq gives it up once. See the PostgreSQL documentation, 32.3.1,
"Main Functions": PQprepare, PQexecPrepared; and "Binary format" of arrays in its source, `array_send`.
"""

import struct
from collections.abc import Sequence

from psycopg import Connection, errors, postgres
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult

from suanwang.store.connection import Row

_ARRAY = struct.Struct(">iiiii")
_SMALL = struct.Struct(">i")
_BIG = struct.Struct(">q")
_DONE = (ExecStatus.COMMAND_OK, ExecStatus.TUPLES_OK)


class Prepared:
    """`statement` with `$1` and so on, of these types (`int8`, `bytea[]`), on one connection in autocommit.

    Raises psycopg's errors, as its cursors do.
    """

    def __init__(self, connection: Connection[Row], name: str, statement: str, types: Sequence[str]) -> None:
        self._connection: PGconn = connection.pgconn
        self._name, self._statement = name.encode(), statement.encode()
        self._types = [_type_of(one) for one in types]
        self._binary = [1] * len(types)
        self._prepare()

    def run(self, values: Sequence[bytes]) -> list[list[bytes | None]]:
        """The rows that come back, in binary too."""
        try:
            found = self._run(values)
        except errors.InvalidSqlStatementName:
            # psycopg forgets what is prepared after a transaction that was rolled back
            self._prepare()
            found = self._run(values)
        columns = range(found.nfields)
        return [[found.get_value(row, column) for column in columns] for row in range(found.ntuples)]

    def _prepare(self) -> None:
        _check(self._connection.prepare(self._name, self._statement, self._types))

    def _run(self, values: Sequence[bytes]) -> PGresult:
        return _check(self._connection.exec_prepared(self._name, values, self._binary, 1))


def big(value: int) -> bytes:
    """An int8."""
    return _BIG.pack(value)


def small(value: int) -> bytes:
    """An int4."""
    return _SMALL.pack(value)


def number_of(value: bytes) -> int:
    """The integer of an int4 or int8."""
    return int.from_bytes(value, "big", signed=True)


def array(kind: str, values: Sequence[bytes]) -> bytes:
    """An array of one dimension, of values in binary."""
    parts = [_ARRAY.pack(1, 0, postgres.types[kind].oid, len(values), 1)]
    for value in values:
        parts += (_SMALL.pack(len(value)), value)
    return b"".join(parts)


def _type_of(name: str) -> int:
    known = postgres.types[name.removesuffix("[]")]
    return known.array_oid if name.endswith("[]") else known.oid


def _check(result: PGresult) -> PGresult:
    """The result. Raises the error that it is."""
    if result.status not in _DONE:
        state = (result.error_field(DiagnosticField.SQLSTATE) or b"").decode()
        message = result.error_message.decode(errors="replace")
        try:
            kind = errors.lookup(state)
        except KeyError:
            kind = errors.OperationalError
        raise kind(message)
    return result
