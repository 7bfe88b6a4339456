"""A connection to PostgreSQL, and what its errors mean to the reader."""

from collections.abc import Generator
from contextlib import contextmanager
from typing import LiteralString

import psycopg
from psycopg import Connection, conninfo, errors
from psycopg.pq import TransactionStatus

from suanwang.units.errors import Fault, InvalidInput, SuanwangError, Unsupported
from suanwang.units.text import Text, same

SERVER_VERSION_LEAST = 140000
CONNECT_SECONDS_MOST = 10

Row = tuple[object, ...]
"""A row as it comes back; each query says what is in it."""

# A peer that vanished without a word is noticed in about 11 s: here as there.
_SESSION: LiteralString = (
    "SET tcp_keepalives_idle = 5; SET tcp_keepalives_interval = 2; SET tcp_keepalives_count = 3; "
    "SET timezone = 'UTC'; SET jit = off"
)


class StoreUnreachable(SuanwangError):
    """The database does not answer, or broke off; opening again later may help."""


def connect(url: str) -> Connection[Row]:
    """A connection in autocommit to the database of `url` (a URL or the `key=value` form of libpq).

    Raises InvalidInput for a URL, a user or a database that is not there, Unsupported for a server that is
    too old or cannot hold the texts, StoreUnreachable where nobody answers. Passwords are never told.
    """
    where = place_of(url)
    try:
        connection = psycopg.connect(
            url,
            autocommit=True,
            connect_timeout=CONNECT_SECONDS_MOST,
            application_name="suanwang",
            keepalives_idle=5,
            keepalives_interval=2,
            keepalives_count=3,
        )
    except psycopg.ProgrammingError:
        raise InvalidInput([_bad_url(where)]) from None
    except psycopg.OperationalError as error:
        raise _cannot_connect(where, error) from None
    try:
        _check_server(connection, where)
        with telling(where):
            connection.execute(_SESSION)
    except BaseException:
        connection.close()
        raise
    return connection


def place_of(url: str) -> str:
    """Host, port and database of `url`, without user and password."""
    try:
        parts = conninfo.conninfo_to_dict(url)
    except psycopg.ProgrammingError:
        return "SUANWANG_DATABASE_URL"
    host = parts.get("host") or parts.get("hostaddr") or "localhost"
    return f"postgresql://{host}:{parts.get('port') or 5432}/{parts.get('dbname') or ''}"


@contextmanager
def telling(where: str) -> Generator[None]:
    """Turns errors of the database into StoreUnreachable with a remedy."""
    try:
        yield
    except psycopg.Error as error:
        raise StoreUnreachable([database_fault(where, error)]) from error


def database_fault(where: str, error: psycopg.Error) -> Fault:
    """What an error of the database says and what to do."""
    found = " ".join(str(error).split()) or type(error).__name__
    if isinstance(error, errors.DiskFull):
        what = Text("the disk of the database is full", "数据库磁盘已满")
        remedy = Text("free some space and start again; nothing is half written", "释放空间后重新启动")
        return Fault(where, what, found, remedy=remedy, kind="database-disk-full")
    if isinstance(error, errors.ReadOnlySqlTransaction):
        what = Text("the database only reads: it is a replica", "该数据库为只读副本")
        remedy = Text("name the primary server", "请指定主库")
        return Fault(where, what, found, remedy=remedy, kind="database-read-only")
    if isinstance(error, errors.InsufficientPrivilege):
        what = Text("the database user may not do this", "数据库用户权限不足")
        remedy = Text("make the user the owner of the database", "请将该用户设为数据库所有者")
        return Fault(where, what, found, remedy=remedy, kind="database-permission")
    what = Text("the database broke off or refused", "数据库中断或拒绝")
    remedy = Text("see that the server runs and open it again", "确认服务器运行后重新打开")
    return Fault(where, what, found, remedy=remedy, kind="database-lost")


def is_idle(connection: Connection[Row]) -> bool:
    """Whether the connection can take a command: it lives and is in no transaction."""
    return not connection.closed and connection.info.transaction_status == TransactionStatus.IDLE


def _check_server(connection: Connection[Row], where: str) -> None:
    info = connection.info
    faults: list[Fault] = []
    if info.server_version < SERVER_VERSION_LEAST:
        what = Text("this PostgreSQL is too old", "PostgreSQL 版本过低")
        remedy = Text("upgrade the server, or use the embedded one", "升级服务器，或使用内置数据库")
        least = same(f"{SERVER_VERSION_LEAST // 10000} or newer")
        found = str(info.server_version // 10000)
        faults.append(Fault(where, what, found, least, remedy, "database-version"))
    encoding = info.parameter_status("server_encoding")
    if encoding != "UTF8":
        what = Text("the database cannot hold all texts", "数据库编码无法保存全部文字")
        remedy = Text("make it with ENCODING 'UTF8' TEMPLATE template0", "请以 UTF8 编码重建数据库")
        faults.append(Fault(where, what, str(encoding), same("UTF8"), remedy, "database-encoding"))
    if faults:
        raise Unsupported(faults)


def _cannot_connect(where: str, error: psycopg.OperationalError) -> SuanwangError:
    """A wrong name stays wrong however long one waits; silence may end."""
    found = " ".join(str(error).split())
    wrong = ("authentication failed", "no password supplied", "does not exist", "pg_hba.conf")
    if any(words in found for words in wrong) and "No such file" not in found:
        what = Text("the database refuses this user or has another name", "数据库拒绝该用户或名称不对")
        remedy = Text(
            "correct user, password and database in SUANWANG_DATABASE_URL",
            "请更正 SUANWANG_DATABASE_URL 中的用户、密码与数据库名",
        )
        return InvalidInput([Fault(where, what, found, remedy=remedy, kind="database-refused")])
    what = Text("the database does not answer", "数据库无应答")
    remedy = Text(
        "start it or correct SUANWANG_DATABASE_URL; unset it to use the embedded one",
        "启动数据库或更正 SUANWANG_DATABASE_URL；不设置则使用内置数据库",
    )
    return StoreUnreachable([Fault(where, what, found, remedy=remedy, kind="database-silent")])


def _bad_url(where: str) -> Fault:
    # libpq's own words repeat the address, password and all
    return Fault(
        where,
        Text("the address of the database cannot be read", "无法识别数据库地址"),
        expected=same("postgresql://USER:PASSWORD@HOST:PORT/DATABASE"),
        remedy=Text("correct SUANWANG_DATABASE_URL", "请更正 SUANWANG_DATABASE_URL"),
        kind="database-url",
    )
