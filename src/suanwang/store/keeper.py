"""The keeper: a small process that is the parent of the embedded server.

It starts the server, starts it again when it dies, and stops it when the last process that used the server
is gone, however that process ended: the kernel frees its share of `users.lock`. If the keeper itself is
killed, the kernel tells the server to stop, and the next user starts a new keeper.
"""

import ctypes
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from suanwang.store.cluster import Cluster, server_command
from suanwang.store.lock import FileLock

LOOK_SECONDS = 0.2
STARTS_MOST = 8
"""Starts in a row after which a server that never was ready is given up."""
STOP_SECONDS = 60
PR_SET_PDEATHSIG = 1


class Keeper:
    """The keeper of a cluster. `uid`, `gid`: whom the server runs as; None: as the keeper."""

    def __init__(
        self, cluster: Cluster, programs: Path, socket: Path, uid: int | None, gid: int | None
    ) -> None:
        self.cluster = cluster
        self.command = server_command(programs, cluster.files, socket)
        self.uid = uid
        self.gid = gid
        self.users = FileLock(cluster.folder / "users.lock")
        self.is_told_to_stop = False

    def keep(self) -> int:
        """Run the server for as long as anyone uses it; 0 where it stopped in order."""
        self._stop_orphan()
        starts = 0
        while starts < STARTS_MOST:
            server = self._start()
            was_ready = False
            while server.poll() is None:
                if self.is_told_to_stop or self.users.try_acquire(f"keeper {os.getpid()}"):
                    _stop(server)
                    return 0
                note = self.cluster.note
                was_ready = was_ready or (note is not None and note.pid == server.pid and note.ready)
                time.sleep(LOOK_SECONDS)
            starts = 1 if was_ready else starts + 1
            time.sleep(LOOK_SECONDS)
        return 1

    def stop(self, *_: object) -> None:
        """Stop at the next look."""
        self.is_told_to_stop = True

    def _start(self) -> "subprocess.Popen[bytes]":
        self.cluster.forget_old_words()
        note = self.cluster.note
        if note is not None and not self.cluster.server_lives(note):
            # its number may belong to another process by now, which would keep the server from starting
            (self.cluster.files / "postmaster.pid").unlink(missing_ok=True)
        with self.cluster.log.open("ab") as log:
            return subprocess.Popen(
                self.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env={"PATH": os.defpath, "LC_ALL": "C"},
                user=self.uid,
                group=self.gid,
                extra_groups=None if self.uid is None else [],
                preexec_fn=_die_with_parent,
            )

    def _stop_orphan(self) -> None:
        """End a server whose keeper is gone, where the kernel did not."""
        note = self.cluster.note
        if note is None or not self.cluster.server_lives(note):
            return
        os.kill(note.pid, signal.SIGINT)
        end = time.monotonic() + STOP_SECONDS
        while self.cluster.server_lives(note) and time.monotonic() < end:
            time.sleep(0.02)


def _stop(server: "subprocess.Popen[bytes]") -> None:
    """Fast shutdown: sessions are ended, all is flushed; an immediate one if that does not end."""
    server.send_signal(signal.SIGINT)
    try:
        server.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        server.send_signal(signal.SIGQUIT)
        server.wait()


def _die_with_parent() -> None:
    """Linux: a fast shutdown when the keeper, which has one thread, is killed."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGINT)


def main(words: list[str]) -> int:
    """`FOLDER PROGRAMS SOCKET UID GID`, the last two empty for the user who runs this."""
    folder, programs, socket, uid, gid = words
    lock = FileLock(Path(folder) / "keeper.lock")
    if not lock.try_acquire(f"pid {os.getpid()}"):
        return 0
    cluster = Cluster(Path(folder))
    keeper = Keeper(
        cluster, Path(programs), Path(socket), int(uid) if uid else None, int(gid) if gid else None
    )
    signal.signal(signal.SIGTERM, keeper.stop)
    return keeper.keep()


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
