"""The schema of the database: which version it has, and how it is brought up to this program's."""

import re
from importlib.resources import files
from typing import LiteralString, cast

from psycopg import Connection

from suanwang.store.connection import Row
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.text import Text, same

MIGRATION_LOCK = 0x73756177_6D696772
_NAME = re.compile(r"(\d{4})_[a-z_]+\.sql")


def migrations() -> list[tuple[int, str]]:
    """Number and SQL of every step, from 1 on."""
    folder = files("suanwang.store.migrations")
    found = [(match, path) for path in folder.iterdir() if (match := _NAME.fullmatch(path.name))]
    return sorted((int(match[1]), path.read_text(encoding="utf-8")) for match, path in found)


def schema_version(connection: Connection[Row]) -> int:
    """The last step that the database has; 0 where it has none."""
    query = "SELECT to_regclass('suanwang.schema_version') IS NOT NULL"
    if connection.execute(query).fetchone() != (True,):
        return 0
    found = connection.execute("SELECT coalesce(max(version), 0) FROM suanwang.schema_version").fetchone()
    assert found is not None
    return cast(int, found[0])


def migrate(connection: Connection[Row], where: str, last: int | None = None) -> int:
    """Take the steps that are missing, all or none, one program at a time; the version then.

    `last` stops at that step. Raises Unsupported where the database is newer than this program.
    """
    steps = migrations()
    check_not_newer(connection, where)
    if schema_version(connection) == steps[-1][0]:
        return steps[-1][0]
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s::bigint)", (MIGRATION_LOCK,))
        connection.execute("CREATE SCHEMA IF NOT EXISTS suanwang")
        connection.execute(
            "CREATE TABLE IF NOT EXISTS suanwang.schema_version "
            "(version integer PRIMARY KEY, taken_at timestamptz NOT NULL DEFAULT now())"
        )
        check_not_newer(connection, where)
        current = schema_version(connection)
        for number, statements in steps:
            if current < number and (last is None or number <= last):
                # the package's own text, never a user's
                connection.execute(cast(LiteralString, statements))
                connection.execute("INSERT INTO suanwang.schema_version (version) VALUES (%s)", (number,))
                current = number
    return current


def check_not_newer(connection: Connection[Row], where: str) -> None:
    """Raises Unsupported where the database has steps that this program does not know."""
    known = migrations()[-1][0]
    found = schema_version(connection)
    if found > known:
        raise Unsupported([
            Fault(
                where,
                Text("the database was made by a newer Suanwang", "数据库由更新版本的算网创建"),
                str(found),
                same(f"schema version 1..{known}"),
                Text(
                    "run that version or a newer one; older programs never write to newer databases",
                    "请使用该版本或更新版本；旧程序不写入新数据库",
                ),
                "database-newer",
            )
        ])  # fmt: skip
