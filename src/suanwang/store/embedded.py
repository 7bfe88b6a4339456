"""The embedded PostgreSQL: started by whoever comes first, joined by the others, stopped after the last.

Every process that uses it shares `users.lock`; the keeper (`keeper.py`) runs the server while anyone does.
"""

import os
import subprocess
import sys
import threading
import time
from pathlib import Path

import psycopg

from suanwang.store.cluster import DATABASE, Cluster
from suanwang.store.connection import StoreUnreachable
from suanwang.store.lock import FileLock
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

SUBFOLDER = "postgresql"
START_SECONDS_MOST = 300
"""Recovery after a crash reads what was written since the last checkpoint: seconds, at worst minutes."""
LOOK_SECONDS = 0.02
GAVE_UP = 1
"""How a keeper ends that could not start the server."""


class EmbeddedServer:
    """The server of the data folder `data`, which is made if need be; running on return.

    Raises Unsupported (a user, a folder or a program that will not do), InvalidInput (a folder that cannot
    be written), StoreUnreachable (it does not start), each with the remedy.
    """

    def __init__(self, data: Path) -> None:
        folder = data.absolute() / SUBFOLDER
        try:
            _make_folder(folder)
            self.cluster = Cluster(folder)
            self._users = FileLock(self.cluster.folder / "users.lock")
            self._start_lock = FileLock(self.cluster.folder / "start.lock")
        except OSError as error:
            raise InvalidInput([_not_ours(folder, error)]) from None
        self._keeper: subprocess.Popen[bytes] | None = None  # the one that this process started last
        self._thread_lock = threading.Lock()
        self._users.acquire_shared()
        try:
            self.ensure_running()
        except BaseException:
            self.close()
            raise

    def ensure_running(self) -> str:
        """The address of the server, which is started if it does not run; waits for its recovery."""
        url = self._answering_url()
        if url is not None:
            return url
        with self._thread_lock:  # a file's lock is one for all threads
            self._start_lock.acquire()
            try:
                return self._start()
            finally:
                self._start_lock.release()

    def url(self, database: str = DATABASE) -> str:
        """The address of a database of the server."""
        note = self.cluster.note
        if note is None:
            self.ensure_running()
            note = self.cluster.note
        if note is None:
            raise StoreUnreachable([_not_started(self.cluster)])
        return self.cluster.url(note.socket_folder, database)

    def close(self) -> None:
        """Use it no more. The server stops within a second where nobody else does."""
        self._users.close()
        self._start_lock.close()

    def wait_until_stopped(self, seconds: float) -> bool:
        """Whether the server stopped within `seconds`: for whoever wants to remove its folder."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if self._keeper_is_gone():
                return True
            time.sleep(LOOK_SECONDS)
        return False

    def _start(self) -> str:
        spawned = False
        end = time.monotonic() + START_SECONDS_MOST
        while time.monotonic() < end:
            url = self._answering_url()
            if url is not None:
                return url
            if self._keeper_is_gone():
                if spawned and self._keeper is not None and self._keeper.returncode == GAVE_UP:
                    break
                self._keeper = self._spawn_keeper()
                spawned = True
            time.sleep(LOOK_SECONDS)
        raise StoreUnreachable([_not_started(self.cluster)])

    def _spawn_keeper(self) -> "subprocess.Popen[bytes]":
        # the wheel's own imports are paid only by the one who starts
        from suanwang.store.server_programs import programs
        from suanwang.store.server_user import check_reach, server_user

        cluster = self.cluster
        user = server_user()
        check_reach(user, cluster.folder)
        try:
            binaries = programs(cluster.files, cluster.copies, user)
            cluster.make(binaries, user)
            socket = cluster.socket_folder(user)
            identity = ["", ""] if user.uid is None else [str(user.uid), str(user.gid)]
            words = [str(cluster.folder), str(binaries), str(socket), *identity]
            with cluster.log.open("ab") as log:
                return subprocess.Popen(
                    [sys.executable, "-m", "suanwang.store.keeper", *words],
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    cwd="/",
                    start_new_session=True,
                )
        except OSError as error:
            raise InvalidInput([_not_ours(cluster.folder, error)]) from None

    def _keeper_is_gone(self) -> bool:
        if self._keeper is not None and self._keeper.poll() is None:
            return False
        lock = FileLock(self.cluster.folder / "keeper.lock")
        try:
            return lock.try_acquire("")
        finally:
            lock.close()

    def _answering_url(self) -> str | None:
        note = self.cluster.note
        if note is None or not note.ready:
            return None
        url = self.cluster.url(note.socket_folder)
        try:
            psycopg.connect(url, connect_timeout=5).close()
        except psycopg.OperationalError:
            return None
        return url


def _make_folder(folder: Path) -> None:
    """Root's folder is passed by the server's user; anyone else's is closed."""
    mode = 0o755 if os.geteuid() == 0 else 0o700
    for path in (folder.parent, folder):
        if not path.exists():
            path.mkdir(parents=True, exist_ok=True)
            path.chmod(mode)


def _not_ours(folder: Path, error: OSError) -> Fault:
    return Fault(
        str(folder),
        Text("the data folder cannot be used", "数据目录无法使用"),
        error.strerror or str(error),
        Text("a folder that we may write, on a disk with space", "可写且磁盘有空间的目录"),
        Text("set SUANWANG_DATA to another folder", "将 SUANWANG_DATA 设为其他目录"),
        "data-folder",
    )


def _not_started(cluster: Cluster) -> Fault:
    return Fault(
        str(cluster.folder),
        Text("the embedded database does not start", "内置数据库无法启动"),
        cluster.last_words(),
        remedy=Text(
            f"read {cluster.log.name} there; free disk space or memory, and start again",
            f"查看该目录的 {cluster.log.name}；释放磁盘或内存后重新启动",
        ),
        kind="database-not-started",
    )
