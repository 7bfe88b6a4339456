"""A real PostgreSQL for tests: one embedded server for the whole run, a new database for each test."""

import atexit
import itertools
import os
import shutil
import tempfile
from functools import cache
from pathlib import Path

import psycopg

from suanwang.store.embedded import EmbeddedServer

_numbers = itertools.count(1)


def open_folder() -> Path:
    """A new folder that the server's user can reach too; pytest's own are closed. Its maker removes it."""
    folder = Path(tempfile.mkdtemp(prefix="suanwang-test-"))
    folder.chmod(0o755)
    return folder


@cache
def shared_server() -> EmbeddedServer:
    """The server of this process's tests; `tests/conftest.py` stops and removes it at their end."""
    folder = open_folder()
    atexit.register(remove_shared_server, os.getpid())  # for who is no test
    return EmbeddedServer(folder)


def remove_shared_server(owner: int | None = None) -> None:
    """Stop the server and remove its folder, if there is one."""
    if shared_server.cache_info().currsize and owner in (None, os.getpid()):
        server = shared_server()
        shared_server.cache_clear()
        server.close()
        server.wait_until_stopped(30)
        shutil.rmtree(server.cluster.folder.parent)


def new_database() -> str:
    """The address of an empty database."""
    server = shared_server()
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.url(name)
