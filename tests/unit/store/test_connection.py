"""Databases that will not do are refused with what is wrong and what to do; a password is never told."""

import os
import subprocess
import sys

import psycopg
import pytest
from tests.postgres import new_database, shared_server

from suanwang.store.connection import StoreUnreachable, connect, place_of
from suanwang.store.data_folder import data_folder
from suanwang.store.home import platform_home
from suanwang.store.log_postgres import PostgresLogWriter
from suanwang.units.errors import InvalidInput, SuanwangError, Unsupported


@pytest.mark.parametrize(
    ("url", "error", "kind"),
    [
        ("postgresql://u:hunter2@127.0.0.1:1/d", StoreUnreachable, "database-silent"),
        ("postgresql://u:hunter2@no-such-host.invalid/d", StoreUnreachable, "database-silent"),
        ("postgresql:///d?host=/no/such/folder&user=u&password=hunter2", StoreUnreachable, "database-silent"),
        ("mysql://u:hunter2@127.0.0.1/d", InvalidInput, "database-url"),
        ("postgresql://u:hunter2@h/d?no_such_word=1", InvalidInput, "database-url"),
    ],
)
def test_an_address_that_leads_nowhere(url: str, error: type[SuanwangError], kind: str):
    with pytest.raises(error) as refused:
        connect(url)
    (fault,) = refused.value.faults
    assert fault.kind == kind
    assert fault.remedy.en and fault.remedy.zh
    assert "hunter2" not in str(refused.value)
    assert "hunter2" not in place_of(url)


def test_a_database_or_user_that_is_not_there():
    for url in (shared_server().url("no_such_database"), f"{shared_server().url()}&user=nobody_here"):
        with pytest.raises(InvalidInput) as refused:
            connect(url)
        assert refused.value.faults[0].kind == "database-refused"


def test_a_database_that_cannot_hold_chinese():
    with psycopg.connect(shared_server().url(), autocommit=True) as connection:
        connection.execute("CREATE DATABASE ascii ENCODING 'SQL_ASCII' TEMPLATE template0")
    with pytest.raises(Unsupported, match="UTF8"):
        connect(shared_server().url("ascii"))


def test_a_replica_is_told():
    url = new_database()
    with psycopg.connect(url, autocommit=True) as connection:
        name = connection.info.dbname
        connection.execute(f"ALTER DATABASE {name} SET default_transaction_read_only = on")
    with pytest.raises(StoreUnreachable) as refused:
        PostgresLogWriter(url)
    assert refused.value.faults[0].kind == "database-read-only"


def test_the_platform_takes_the_database_that_the_environment_names(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SUANWANG_DATABASE_URL", new_database())
    home = platform_home()
    log = home.writer()
    assert log.size == 0
    log.close()
    home.close()


def test_the_data_folder(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv("SUANWANG_DATA", "/some/where")
    assert str(data_folder()) == "/some/where"
    monkeypatch.delenv("SUANWANG_DATA")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    assert str(data_folder()) == "/var/lib/suanwang"
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    monkeypatch.setenv("HOME", "/home-of-someone")
    assert str(data_folder()) == "/home-of-someone/.local/share/suanwang"


def test_the_command_line_says_it_in_a_line():
    command = [
        sys.executable,
        "-m",
        "suanwang",
        "backup",
        "--out",
        "x",
        "--database",
        "postgresql://127.0.0.1:1/d",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 2
    assert "the database does not answer" in done.stderr and "Traceback" not in done.stderr
