"""The log in PostgreSQL: one transaction a group, in which the leader's epoch is checked.

    suanwang.event   the stored bytes of each event, by index
    suanwang.input   which events an input led to
    suanwang.lead    the epoch in force and the size of the log: its row is what writers meet on

The leader's session holds an advisory lock, which the server frees when the session ends, however it ends.
"""

import os
import struct
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from typing import Literal, LiteralString, cast

import psycopg
from psycopg import Connection, errors

from suanwang.model.log import (
    Appended,
    Entry,
    InputConflict,
    LogBusy,
    LogDamaged,
    LogFailed,
    Recorded,
    StaleEpoch,
)
from suanwang.store.append_at_once import EVENTS_MOST, AppendAtOnce
from suanwang.store.connection import Row, connect, database_fault, is_idle, place_of, telling
from suanwang.store.group_rules import check_entries, sort_out
from suanwang.store.log_faults import busy, failed, stale
from suanwang.store.log_postgres_reader import read_entries, read_events, read_recorded
from suanwang.store.schema import migrate
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.text import Text, same

LEAD_LOCK = 0x73756177_616E6777
TAKEOVER_PATIENCE: Literal["2s"] = "2s"
"""How long a takeover waits for an append that is on its way before it ends that session."""

# https://www.postgresql.org/docs/18/sql-copy.html, "Binary Format": signature, flags, length of extension
_COPY_HEAD = b"PGCOPY\n\xff\r\n\x00" + bytes(8)
_COPY_TAIL = b"\xff\xff"
_EVENT = struct.Struct(">hiqi")
_INPUT_FIRST = struct.Struct(">iqii")
_LENGTH = struct.Struct(">i")


class PostgresLogWriter:
    """The writer of the log in the database of `url`, whose schema is brought up to date first.

    `takeover` leads although another session holds the lock: its epoch then keeps the other from appending.
    For one thread. Raises LogBusy, and what `connect` and `migrate` raise.
    """

    repairs: tuple[Fault, ...] = ()
    """A database repairs itself, so there never are any."""

    def __init__(self, url: str, takeover: bool = False, epoch_above: int = 0) -> None:
        self.place = place_of(url)
        self._failed = False
        self._connection = connect(url)
        try:
            with telling(self.place):
                _prepare_session(self._connection, self.place)
                migrate(self._connection, self.place)
                self._has_lock = self._try_lock()
                if not self._has_lock and not takeover:
                    raise LogBusy([busy(self.place, _holder(self._connection))])
                self.epoch, self._size = self._lead(epoch_above)
                self._at_once = AppendAtOnce(self._connection, self.epoch)
        except BaseException:
            self._connection.close()
            raise

    @property
    def size(self) -> int:
        """How many events the log has."""
        return self._size

    def refresh(self) -> int:
        """The size; the one writer sees all there is."""
        return self._size

    def read(self, start: int = 0, stop: int | None = None) -> Iterator[bytes]:
        """The stored bytes of events `start` to `stop`, in order."""
        until = self._size if stop is None else min(stop, self._size)
        return read_events(self._connection, self.place, start, until)

    def entries(self) -> Iterator[Entry]:
        """Every entry with its events, in the order of their events."""
        return read_entries(self._connection, self.place, self._size)

    def recorded(self, input_id: str) -> Recorded | None:
        """What the log has for an input, or None where it has not seen it."""
        with telling(self.place):
            return read_recorded(self._connection, [input_id]).get(input_id)

    def append(self, entries: Sequence[Entry]) -> list[Appended]:
        """Append a group: all of it durable on return, or none of it. Errors as the port says."""
        check_entries(entries, self._size)
        if self._failed or not is_idle(self._connection):
            raise LogFailed([failed(self.place, "an earlier append failed")])
        try:
            if not self._has_lock:
                self._has_lock = self._try_lock()
            appended = self._append_at_once(entries)
            return self._append_in_parts(entries) if appended is None else appended
        except psycopg.Error as error:
            # the commit may or may not have reached the server: only opening the log again can tell
            self._failed = True
            cause = database_fault(self.place, error)
            raise LogFailed([failed(self.place, cause.found), cause]) from error

    def _append_at_once(self, entries: Sequence[Entry]) -> list[Appended] | None:
        """As a group whose inputs are all new; None, and nothing done, where more is to be looked into."""
        if sum(len(entry.events) for entry in entries) > EVENTS_MOST:
            return None
        try:
            fresh, appended = sort_out(entries, lambda _: None, self._size)
            if not self._at_once.append(fresh, self._size):
                return None
        except (InputConflict, errors.UniqueViolation):
            return None
        self._size += sum(len(entry.events) for entry in fresh)
        return appended

    def _append_in_parts(self, entries: Sequence[Entry]) -> list[Appended]:
        """In one transaction: what is known of the inputs, the claim, then the rows by COPY."""
        with self._connection.transaction():
            known = read_recorded(self._connection, [entry.input_id for entry in entries])
            fresh, appended = sort_out(entries, known.get, self._size)
            size = self._claim(sum(len(entry.events) for entry in fresh))
            if fresh:
                _copy(self._connection, _EVENT_COPY, _event_rows(fresh, self._size))
                _copy(self._connection, _INPUT_COPY, _input_rows(fresh, self._size))
        self._size = size
        return appended

    def close(self) -> None:
        """Give up the lead, then close the session: its end alone would free the lock a moment later."""
        with suppress(psycopg.Error):
            self._connection.execute("SELECT pg_advisory_unlock_all()")
        self._connection.close()

    def _try_lock(self) -> bool:
        found = self._connection.execute("SELECT pg_try_advisory_lock(%s::bigint)", (LEAD_LOCK,)).fetchone()
        return found == (True,)

    def _lead(self, epoch_above: int) -> tuple[int, int]:
        """A new epoch and the size of the log. A session that hangs in the middle of an append is ended."""
        while True:
            try:
                with self._connection.transaction():
                    self._connection.execute(f"SET LOCAL lock_timeout = '{TAKEOVER_PATIENCE}'")
                    found = self._connection.execute(
                        "UPDATE suanwang.lead SET epoch = greatest(epoch, %s) + 1 RETURNING epoch, size",
                        (epoch_above,),
                    ).fetchone()
            except errors.LockNotAvailable:
                self._connection.execute(_END_HOLDER, (LEAD_LOCK,))
            else:
                assert found is not None
                return cast(tuple[int, int], found)

    def _claim(self, events: int) -> int:
        """Make room for `events` as the leader of our epoch; the size then. Others wait for our commit."""
        found = self._connection.execute(
            "UPDATE suanwang.lead SET size = size + %s WHERE epoch = %s RETURNING size", (events, self.epoch)
        ).fetchone()
        if found is None:
            current = self._connection.execute("SELECT epoch FROM suanwang.lead").fetchone()
            raise StaleEpoch([stale(self.place, self.epoch, str(current[0]) if current else "")])
        size = cast(int, found[0])
        if size != self._size + events:
            raise LogDamaged([_moved(self.place, size, self._size + events)])
        return size


_EVENT_COPY: LiteralString = "COPY suanwang.event (index, record) FROM STDIN (FORMAT BINARY)"
_INPUT_COPY: LiteralString = "COPY suanwang.input (id, digest, first_index, count) FROM STDIN (FORMAT BINARY)"
_HOLDER: LiteralString = (
    "FROM pg_locks WHERE locktype = 'advisory' AND granted AND objsubid = 1 "
    "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
    "AND (classid::bigint << 32 | objid::bigint) = %s"
)
_END_HOLDER: LiteralString = "SELECT pg_terminate_backend(pid) " + _HOLDER


def _copy(connection: Connection[Row], statement: LiteralString, rows: Iterable[bytes]) -> None:
    with connection.cursor().copy(statement) as copy:
        copy.write(b"".join((_COPY_HEAD, *rows, _COPY_TAIL)))


def _event_rows(entries: Sequence[Entry], index: int) -> Iterator[bytes]:
    """(index, record) of each event as COPY has them."""
    for entry in entries:
        for event in entry.events:
            yield _EVENT.pack(2, 8, index, len(event))
            yield event
            index += 1


def _input_rows(entries: Sequence[Entry], index: int) -> Iterator[bytes]:
    """(id, digest, first_index, count) of each entry as COPY has them."""
    for entry in entries:
        name = entry.input_id.encode()
        yield b"\x00\x04" + _LENGTH.pack(len(name)) + name
        yield _LENGTH.pack(len(entry.input_digest)) + entry.input_digest
        yield _INPUT_FIRST.pack(8, index, 4, len(entry.events))
        index += len(entry.events)


def _prepare_session(connection: Connection[Row], where: str) -> None:
    """The session is named, and a commit that returns is on disk.

    Raises Unsupported where the server was told never to flush.
    """
    found = connection.execute(
        "SELECT current_setting('fsync'), current_setting('synchronous_commit')"
    ).fetchone()
    assert found is not None
    fsync, commit = found
    if fsync != "on":
        what = Text(
            "the database does not flush to disk: what it acknowledges can be lost", "数据库未启用刷盘"
        )
        remedy = Text("set fsync = on in postgresql.conf", "请在 postgresql.conf 中设置 fsync = on")
        raise Unsupported([Fault(where, what, f"fsync = {fsync}", same("on"), remedy, "database-fsync")])
    if commit == "off":
        connection.execute("SET synchronous_commit = on")
    # a leader that stops in the middle of a group is not waited for
    connection.execute("SET idle_in_transaction_session_timeout = '30s'")
    connection.execute(
        "SELECT set_config('application_name', %s, false)", (f"suanwang leader, pid {os.getpid()}",)
    )


def _holder(connection: Connection[Row]) -> str:
    found = connection.execute(
        "SELECT application_name, pid FROM pg_stat_activity WHERE pid IN (SELECT pid " + _HOLDER + ")",
        (LEAD_LOCK,),
    ).fetchone()
    return f"{found[0]}, session {found[1]}" if found else ""


def _moved(where: str, found: int, expected: int) -> Fault:
    return Fault(
        where,
        Text("the log grew beside its leader", "日志在主节点之外增长"),
        str(found),
        same(str(expected)),
        Text("let no other program write to suanwang.lead", "不得由其他程序写入 suanwang.lead"),
        "log-damaged",
    )
