"""What can go wrong with the log in PostgreSQL: in doubt is told as in doubt, damage is never read over."""

import hashlib
from collections.abc import Iterator

import psycopg
import pytest
from tests.postgres import new_database

from suanwang.model.log import Entry, InputConflict, LogBusy, LogDamaged, LogFailed, StaleEpoch
from suanwang.store.log_postgres import LEAD_LOCK, PostgresLogWriter
from suanwang.store.log_postgres_reader import PostgresLogReader


def entry(name: str, *events: bytes) -> Entry:
    return Entry(name, hashlib.sha256(name.encode()).digest(), events)


@pytest.fixture
def url() -> str:
    return new_database()


@pytest.fixture
def log(url: str) -> Iterator[PostgresLogWriter]:
    writer = PostgresLogWriter(url)
    yield writer
    writer.close()


def run(url: str, statement: str) -> None:
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(statement)


def end_sessions(url: str) -> None:
    run(
        url,
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()",
    )


def test_a_lost_connection_is_in_doubt_until_the_log_is_opened_again(log: PostgresLogWriter, url: str):
    log.append([entry("a", b"1")])
    end_sessions(url)
    with pytest.raises(LogFailed) as failed:
        log.append([entry("b", b"2")])
    assert [fault.kind for fault in failed.value.faults] == ["log-failed", "database-lost"]
    with pytest.raises(LogFailed):
        log.append([entry("b", b"2")])
    again = PostgresLogWriter(url)
    (first, second) = again.append([entry("a", b"1"), entry("b", b"2")])
    assert first.repeated and not second.repeated
    assert list(again.read()) == [b"1", b"2"]
    again.close()


def test_a_refused_write_leaves_nothing_and_stops_the_writer(log: PostgresLogWriter, url: str):
    log.append([entry("a", b"1")])
    run(url, "ALTER TABLE suanwang.input ADD CHECK (id <> 'full')")
    with pytest.raises(LogFailed):
        log.append([entry("b", b"2"), entry("full", b"3")])
    reader = PostgresLogReader(url)
    assert list(reader.read()) == [b"1"] and reader.recorded("b") is None
    reader.close()


def test_a_conflict_does_not_stop_the_writer(log: PostgresLogWriter):
    log.append([entry("a", b"1")])
    with pytest.raises(InputConflict):
        log.append([entry("b", b"2"), Entry("a", bytes(32), ())])
    log.append([entry("b", b"2")])
    assert list(log.read()) == [b"1", b"2"]


def test_a_takeover_ends_a_leader_that_hangs_in_an_append(url: str):
    PostgresLogWriter(url).close()
    hanging = psycopg.connect(url)
    hanging.execute("SELECT pg_advisory_lock(%s::bigint)", (LEAD_LOCK,))
    hanging.execute("UPDATE suanwang.lead SET size = size + 1")
    with pytest.raises(LogBusy):
        PostgresLogWriter(url)
    leader = PostgresLogWriter(url, takeover=True)
    leader.append([entry("a", b"1")])
    with pytest.raises(psycopg.OperationalError):
        hanging.commit()
    assert list(leader.read()) == [b"1"]
    hanging.close()
    leader.close()


def test_who_leads_is_named(log: PostgresLogWriter, url: str):
    with pytest.raises(LogBusy) as busy:
        PostgresLogWriter(url)
    assert "suanwang leader, pid" in busy.value.faults[0].found
    del log


def test_a_stale_leader_is_refused_for_known_inputs_too(log: PostgresLogWriter, url: str):
    log.append([entry("a", b"1")])
    leader = PostgresLogWriter(url, takeover=True)
    with pytest.raises(StaleEpoch):
        log.append([entry("a", b"1")])
    leader.close()


@pytest.mark.parametrize("lost", [0, 2, 4])
def test_a_missing_event_is_damage(log: PostgresLogWriter, url: str, lost: int):
    log.append([entry(f"e{number}", b"%d" % number) for number in range(5)])
    run(url, f"DELETE FROM suanwang.event WHERE index = {lost}")
    with pytest.raises(LogDamaged):
        list(log.read())
    reader = PostgresLogReader(url)
    with pytest.raises(LogDamaged):
        list(reader.entries())
    reader.close()


def test_a_log_that_grew_beside_its_leader_is_damage(log: PostgresLogWriter, url: str):
    run(url, "UPDATE suanwang.lead SET size = 7")
    with pytest.raises(LogDamaged):
        log.append([entry("a", b"1")])


def test_large_events_are_read_in_chunks_of_bounded_size(log: PostgresLogWriter):
    events = [bytes([number]) * 65_535 for number in range(200)]
    small = [b"%d" % number for number in range(9_000)]
    log.append([entry("small", *small), entry("large", *events), entry("more", *small)])
    assert list(log.read()) == [*small, *events, *small]
    assert list(log.read(8_990, 9_010)) == [*small[-10:], *events[:10]]
