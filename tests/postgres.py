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
    """The server of this process's tests; stopped and removed at its end."""
    folder = open_folder()
    server = EmbeddedServer(folder)
    owner = os.getpid()

    def remove() -> None:
        if os.getpid() == owner:
            server.close()
            server.wait_until_stopped(30)
            shutil.rmtree(folder, ignore_errors=True)

    atexit.register(remove)
    return server


def new_database() -> str:
    """The address of an empty database."""
    server = shared_server()
    name = f"test_{next(_numbers)}"
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
    return server.url(name)
