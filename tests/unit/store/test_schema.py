"""Steps of the schema: from every version to the newest, by many at once, never from a newer one."""

import hashlib
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
from tests.postgres import new_database

from suanwang.model.log import Entry
from suanwang.store.connection import connect
from suanwang.store.home import PostgresHome
from suanwang.store.log_postgres import PostgresLogWriter
from suanwang.store.papers_postgres import PostgresPapers
from suanwang.store.schema import migrate, migrations, schema_version
from suanwang.store.snapshots import Snapshot
from suanwang.units.errors import SuanwangError, Unsupported

NEWEST = migrations()[-1][0]


def test_steps_are_numbered_without_a_gap():
    assert [number for number, _ in migrations()] == list(range(1, NEWEST + 1))


@pytest.mark.parametrize("version", range(1, NEWEST))
def test_a_database_of_an_older_version_keeps_its_log(version: int):
    url = new_database()
    connection = connect(url)
    assert schema_version(connection) == 0
    assert migrate(connection, "here", last=version) == version == schema_version(connection)
    with connection.transaction():
        connection.execute("INSERT INTO suanwang.event VALUES (0, 'paid'), (1, 'done')")
        connection.execute("INSERT INTO suanwang.input VALUES ('a', %s, 0, 2)", (bytes(32),))
        connection.execute("UPDATE suanwang.lead SET epoch = 3, size = 2")
    connection.close()
    home = PostgresHome(url)
    log = home.writer()
    assert list(log.read()) == [b"paid", b"done"] and log.epoch == 4
    (again,) = log.append([Entry("a", bytes(32), ())])
    assert again.repeated and again.recorded.count == 2
    papers, snapshots = home.papers(), home.snapshots()
    (digest,) = papers.keep([b"paper"])
    snapshots.put(Snapshot(2, 1, b"state"))
    assert digest == hashlib.sha256(b"paper").hexdigest()
    assert snapshots.newest(1, 2).snapshot == Snapshot(2, 1, b"state")
    for opened in (log, papers, snapshots):
        opened.close()


def test_a_newer_database_is_refused_and_left_alone():
    url = new_database()
    PostgresLogWriter(url).close()
    with psycopg.connect(url) as connection:
        connection.execute("INSERT INTO suanwang.schema_version (version) VALUES (%s)", (NEWEST + 1,))
    home = PostgresHome(url)
    for opening in (home.writer, home.reader, home.papers, home.snapshots):
        with pytest.raises(Unsupported, match="newer Suanwang") as refused:
            opening()
        assert refused.value.faults[0].remedy.zh
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT epoch FROM suanwang.lead").fetchone() == (1,)


def test_many_programs_take_the_steps_once():
    url = new_database()

    def open_one(_: int) -> None:
        PostgresPapers(url).close()

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(open_one, range(8)))
    with psycopg.connect(url) as connection:
        versions = connection.execute("SELECT version FROM suanwang.schema_version ORDER BY 1").fetchall()
    assert versions == [(number,) for number, _ in migrations()]


def test_a_step_that_fails_leaves_none_behind(monkeypatch: pytest.MonkeyPatch):
    url = new_database()
    steps = [*migrations(), (NEWEST + 1, "CREATE TABLE suanwang.more (x int); SELECT 1 / 0")]
    monkeypatch.setattr("suanwang.store.schema.migrations", lambda: steps)
    with pytest.raises(SuanwangError, match="division by zero"):
        PostgresLogWriter(url)
    with psycopg.connect(url) as connection:
        assert connection.execute("SELECT to_regnamespace('suanwang')").fetchone() == (None,)
