"""A group that is begun, and ends beside other work: the same promises as of one that is waited for."""

import select
from collections.abc import Iterator

import psycopg
import pytest
from tests.contract.test_log import entry
from tests.postgres import new_database

from suanwang.model.log import Entry, InputConflict, LogFailed, StaleEpoch
from suanwang.store.home import PostgresHome
from suanwang.store.log_postgres import BEGIN_BYTES_MOST, BEGIN_ENTRIES_MOST, PostgresLogWriter


@pytest.fixture
def url() -> str:
    return new_database()


@pytest.fixture
def log(url: str) -> Iterator[PostgresLogWriter]:
    writer = PostgresLogWriter(url)
    yield writer
    writer.close()


def ended(log: PostgresLogWriter, socket: int) -> bool:
    while (durable := log.ended()) is None:
        assert select.select([socket], [], [], 10)[0]
    return durable


def begun(log: PostgresLogWriter, *entries: Entry) -> bool:
    socket = log.begin(entries)
    assert socket is not None
    return ended(log, socket)


def test_what_was_begun_is_in_the_log_once_it_has_ended(log: PostgresLogWriter, url: str) -> None:
    socket = log.begin([entry("a", b"{}", b"\x00\xff"), entry("none")])
    assert socket is not None
    assert log.size == 0
    assert log.begin([entry("b", b"2")]) is None, "one at a time"
    assert ended(log, socket)
    assert log.size == 2
    log.append([entry("b", b"2")])
    assert begun(log, entry("c", b"3"))
    assert list(log.read()) == [b"{}", b"\x00\xff", b"2", b"3"]
    reader = PostgresHome(url).reader()
    found = reader.recorded("c")
    assert found is not None
    assert (found.first_index, found.count) == (3, 1)
    reader.close()


def test_a_known_input_is_left_to_be_looked_into(log: PostgresLogWriter) -> None:
    assert begun(log, entry("a", b"1"))
    assert not begun(log, entry("b", b"2"), entry("a", b"1"))
    assert log.size == 1
    told = log.append([entry("b", b"2"), entry("a", b"1")])
    assert [one.repeated for one in told] == [False, True]
    assert begun(log, entry("c", b"3"))
    assert list(log.read()) == [b"1", b"2", b"3"]
    assert not begun(log, entry("a", b"1", body="other"))
    with pytest.raises(InputConflict):
        log.append([entry("a", b"1", body="other")])


def test_what_is_large_or_twice_in_one_group_is_not_begun(log: PostgresLogWriter) -> None:
    for group in (
        [entry("a", bytes(BEGIN_BYTES_MOST // 2), bytes(BEGIN_BYTES_MOST // 2), b"1")],
        [entry(f"a{number}") for number in range(BEGIN_ENTRIES_MOST + 1)],
        [entry("a", b"1"), entry("a", b"1")],
    ):
        assert log.begin(group) is None
    assert log.size == 0
    assert begun(log, entry("a", bytes(BEGIN_BYTES_MOST // 2), bytes(BEGIN_BYTES_MOST // 2)))


def test_a_lead_that_is_over_appends_nothing(log: PostgresLogWriter, url: str) -> None:
    assert begun(log, entry("a", b"1"))
    other = PostgresLogWriter(url, takeover=True)
    assert not begun(log, entry("b", b"2"))
    with pytest.raises(StaleEpoch):
        log.append([entry("b", b"2")])
    assert other.begin([entry("b", b"3")]) is None, "it asks for the lock first"
    other.append([entry("b", b"3")])
    assert list(other.read()) == [b"1", b"3"]
    other.close()


def test_a_session_that_ends_under_way_fails_the_log(log: PostgresLogWriter, url: str) -> None:
    with psycopg.connect(url, autocommit=True) as other:
        other.execute("BEGIN; SELECT * FROM suanwang.lead FOR UPDATE")  # so that the append waits
        socket = log.begin([entry("a", b"1")])
        assert socket is not None
        assert log.ended() is None
        other.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
            "WHERE application_name LIKE 'suanwang leader%' AND datname = current_database()"
        )
        with pytest.raises(LogFailed):
            ended(log, socket)
        other.execute("ROLLBACK")
    assert log.begin([entry("b", b"2")]) is None
    with pytest.raises(LogFailed):
        log.append([entry("b", b"2")])
    again = PostgresLogWriter(url, takeover=True)
    assert list(again.read()) == []
    again.close()
