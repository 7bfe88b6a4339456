"""The embedded server for real: started, joined, killed, restarted, stopped after the last; its refusals."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from tests.postgres import open_folder

from suanwang.model.log import Entry, LogFailed
from suanwang.store import server_programs
from suanwang.store.cluster import SOCKET_NAME, Cluster, server_command
from suanwang.store.connection import StoreUnreachable
from suanwang.store.embedded import EmbeddedServer
from suanwang.store.home import PostgresHome, wait_for_lead
from suanwang.store.log_postgres import PostgresLogWriter
from suanwang.store.server_programs import programs
from suanwang.store.server_user import server_user
from suanwang.units.errors import InvalidInput, Unsupported

ROOT = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes its user")
SECONDS_MOST = 120


@pytest.fixture
def folder() -> Iterator[Path]:
    made = open_folder()
    yield made
    shutil.rmtree(made)


def server_pid(server: EmbeddedServer) -> int:
    note = server.cluster.note
    assert note is not None
    return note.pid


def close(server: EmbeddedServer) -> None:
    server.close()
    assert server.wait_until_stopped(SECONDS_MOST)


def is_alive(cluster: Cluster) -> bool:
    note = cluster.note
    return note is not None and cluster.server_lives(note)


def value(server: EmbeddedServer, query: str) -> object:
    """Asks again, as every user does, where the server that has just answered stops in this moment."""
    end = time.monotonic() + SECONDS_MOST
    while True:
        try:
            with psycopg.connect(server.ensure_running()) as connection:
                row = connection.execute(query).fetchone()
                return row[0] if row else None
        except psycopg.OperationalError:
            if time.monotonic() > end:
                raise


def test_it_starts_is_joined_and_stops_after_the_last(folder: Path) -> None:
    first = EmbeddedServer(folder)
    second = EmbeddedServer(folder)
    assert server_pid(first) == server_pid(second)
    first.close()
    assert not first.wait_until_stopped(1)
    assert value(second, "SELECT 1") == 1
    cluster = second.cluster
    close(second)
    assert not is_alive(cluster)
    again = EmbeddedServer(folder)
    assert "interrupted" not in again.cluster.log.read_text()
    close(again)


def test_a_killed_server_is_started_again_with_all_it_promised(folder: Path) -> None:
    server = EmbeddedServer(folder)
    with psycopg.connect(server.url(), autocommit=True) as connection:
        connection.execute("CREATE TABLE kept AS SELECT generate_series(1, 1000) AS number")
    for _ in range(3):
        os.kill(server_pid(server), signal.SIGKILL)
        assert value(server, "SELECT count(*) FROM kept") == 1000
    close(server)


def test_a_number_of_a_dead_server_that_another_process_has_does_not_matter(folder: Path) -> None:
    server = EmbeddedServer(folder)
    note = server.cluster.files / "postmaster.pid"
    lines = note.read_text().splitlines()
    cluster = server.cluster
    close(server)
    stranger = subprocess.Popen(["sleep", "60"])
    note.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
    try:
        again = EmbeddedServer(folder)
        assert value(again, "SELECT 1") == 1
        assert stranger.poll() is None
        close(again)
    finally:
        stranger.kill()
        stranger.wait()
    assert not is_alive(cluster)


def test_without_its_keeper_it_stops_and_the_next_user_starts_both(folder: Path) -> None:
    server = EmbeddedServer(folder)
    before = server_pid(server)
    keeper = int((server.cluster.folder / "keeper.lock").read_text().removeprefix("pid "))
    os.kill(keeper, signal.SIGKILL)
    assert value(server, "SELECT 1") == 1
    end = time.monotonic() + SECONDS_MOST
    while server_pid(server) == before and time.monotonic() < end:
        server.ensure_running()
        time.sleep(0.05)
    assert server_pid(server) != before
    assert value(server, "SELECT 1") == 1
    close(server)


USER = """
import sys, time
from pathlib import Path
from suanwang.store.embedded import EmbeddedServer
server = EmbeddedServer(Path(sys.argv[1]))
print(server.url(), flush=True)
time.sleep(600)
"""


def test_many_start_it_at_once_and_it_outlives_none_of_them(folder: Path) -> None:
    users = [
        subprocess.Popen([sys.executable, "-c", USER, str(folder)], stdout=subprocess.PIPE) for _ in range(4)
    ]
    urls = {user.stdout.readline() for user in users if user.stdout}
    assert len(urls) == 1 and urls != {b""}
    cluster = Cluster(folder / "postgresql")
    for user in users:
        assert is_alive(cluster)
        user.kill()
        user.wait()
        if user.stdout:
            user.stdout.close()
    end = time.monotonic() + SECONDS_MOST
    while is_alive(cluster) and time.monotonic() < end:
        time.sleep(0.05)
    assert not is_alive(cluster)
    close(EmbeddedServer(folder))


def test_a_long_path_has_its_socket_elsewhere(folder: Path) -> None:
    server = EmbeddedServer(folder / ("deep" * 20) / ("deeper" * 10))
    assert value(server, "SELECT 1") == 1
    note = server.cluster.note
    assert note is not None
    socket = note.socket_folder
    assert len(str(socket / SOCKET_NAME)) <= 107
    assert socket.stat().st_mode & 0o077 == 0
    close(server)
    shutil.rmtree(socket)


def test_data_of_another_version_is_refused_and_left_alone(folder: Path) -> None:
    files = folder / "postgresql" / "cluster"
    files.mkdir(parents=True)
    (files / "PG_VERSION").write_text("12\n")
    with pytest.raises(Unsupported, match="another version of PostgreSQL"):
        EmbeddedServer(folder)
    assert [path.name for path in files.iterdir()] == ["PG_VERSION"]


def test_a_folder_that_is_a_file_is_refused(folder: Path) -> None:
    (folder / "data").write_text("")
    with pytest.raises(InvalidInput, match="SUANWANG_DATA"):
        EmbeddedServer(folder / "data")


def test_a_server_that_cannot_start_is_told_with_its_last_words(folder: Path) -> None:
    server = EmbeddedServer(folder)
    close(server)
    (server.cluster.files / "postgresql.conf").write_text("no_such_setting = 1\n")
    with pytest.raises(StoreUnreachable, match="configuration file"):
        EmbeddedServer(folder)


def test_commits_are_flushed_whatever_the_database_says(folder: Path) -> None:
    server = EmbeddedServer(folder)
    with psycopg.connect(server.url("template1"), autocommit=True) as connection:
        connection.execute("ALTER DATABASE postgres SET synchronous_commit = off")
    assert value(server, "SHOW synchronous_commit") == "off"
    log = PostgresLogWriter(server.url())
    assert log._connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
    log.close()
    close(server)


def test_a_server_that_never_flushes_is_refused(folder: Path) -> None:
    server = EmbeddedServer(folder)
    cluster = server.cluster
    close(server)
    user = server_user()
    socket = cluster.socket_folder(user)
    command = server_command(programs(cluster.files, cluster.copies, user), cluster.files, socket)
    careless = subprocess.Popen(
        [*command, "-c", "fsync=off"], user=user.uid, group=user.gid, cwd="/", stderr=subprocess.DEVNULL
    )
    try:
        end = time.monotonic() + SECONDS_MOST
        while not (cluster.note and cluster.note.ready) and time.monotonic() < end:
            time.sleep(0.02)
        with pytest.raises(Unsupported, match="fsync"):
            PostgresLogWriter(cluster.url(socket))
    finally:
        careless.send_signal(signal.SIGINT)
        careless.wait(SECONDS_MOST)


@ROOT
def test_root_is_told_where_a_closed_folder_stands_in_the_way(folder: Path) -> None:
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(Unsupported, match="cannot reach this folder") as refused:
        EmbeddedServer(closed / "data")
    assert "SUANWANG_DATA" in refused.value.faults[0].remedy.en
    assert closed.stat().st_mode & 0o777 == 0o700


@ROOT
def test_programs_below_a_closed_folder_are_copied_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    user = server_user()
    cluster = Cluster(folder)
    reached = programs(cluster.files, cluster.copies, user)
    package = reached.parent.parent
    closed = folder / "closed"
    closed.mkdir(mode=0o700)
    shutil.copytree(reached.parent, closed / package.name / reached.parent.name)
    shutil.copytree(f"{package}.libs", closed / f"{package.name}.libs")
    far = closed / package.name / reached.parent.name / "bin"
    monkeypatch.setattr(server_programs, "_installations", lambda: {18: far})
    copied = programs(cluster.files, cluster.copies, user)
    assert cluster.copies in copied.parents
    assert programs(cluster.files, cluster.copies, user) == copied
    cluster.make(copied, user)
    assert (cluster.files / "PG_VERSION").read_text() == "18\n"
    assert closed.stat().st_mode & 0o777 == 0o700


@ROOT
def test_a_full_disk_loses_nothing_and_ends_when_there_is_room(folder: Path) -> None:
    disk = folder / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=100m,mode=755", "tmpfs", str(disk)]
    if subprocess.run(mount, capture_output=True, check=False).returncode:
        pytest.skip("this root may not mount: no disk to fill")
    try:
        server = EmbeddedServer(disk)
        home = PostgresHome(server)
        log = home.writer()
        size = 0
        with pytest.raises(LogFailed, match="the disk of the database is full"):
            while size < 100_000:
                log.append([Entry(f"e{size}", bytes(32), tuple(os.urandom(1_000) for _ in range(2_000)))])
                size += 2_000
        log.close()
        subprocess.run(["mount", "-o", "remount,size=300m", str(disk)], check=True)
        again = wait_for_lead(home, SECONDS_MOST)
        assert again is not None and again.size == size
        again.append([Entry("more", bytes(32), (b"there is room again",))])
        assert sum(1 for _ in again.read()) == size + 1
        again.close()
        close(server)
    finally:
        subprocess.run(["umount", "--lazy", str(disk)], check=True)


def test_the_address_of_another_database_is_its_own_also_after_a_death(folder: Path) -> None:
    server = EmbeddedServer(folder)
    os.kill(server_pid(server), signal.SIGKILL)
    (server.cluster.files / "postmaster.pid").unlink(missing_ok=True)
    assert "/other?" in server.url("other")
    close(server)
