"""A cluster: the files of one embedded PostgreSQL, how they are made, and what its server says of itself.

DATA/postgresql/
    cluster/       the server's own files
    run/           its socket, where the path is short enough
    server.log     what the server says
    programs/      a copy of PostgreSQL, only where the environment is closed to the server's user
    users.lock     shared by every process that uses the server
    start.lock     one process at a time prepares and starts
    keeper.lock    held by the keeper, which is the server's parent
"""

import hashlib
import os
import shutil
import stat
import tempfile
from pathlib import Path
from urllib.parse import quote

import msgspec

from suanwang.store.server_user import ServerUser
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.text import Text, same

POSTGRES_USER = "suanwang"
DATABASE = "postgres"
SOCKET_NAME = ".s.PGSQL.5432"
SOCKET_BYTES_MOST = 107
LOG_BYTES_MOST = 16 << 20

SETTINGS = {
    "listen_addresses": "",
    "fsync": "on",
    "synchronous_commit": "on",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "max_connections": "100",
    "max_parallel_workers_per_gather": "0",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
"""One machine, one database, no replica: a real server has its own settings."""


class ServerNote(msgspec.Struct, frozen=True):
    """What the server writes into `postmaster.pid`."""

    pid: int
    socket_folder: Path
    ready: bool


class Cluster:
    """The cluster in `folder`, which is made if need be."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder.resolve()
        self.files = self.folder / "cluster"
        self.log = self.folder / "server.log"
        self.copies = self.folder / "programs"

    @property
    def note(self) -> ServerNote | None:
        """What the running server, or the last one, wrote down; None where there is nothing whole."""
        try:
            lines = (self.files / "postmaster.pid").read_text().splitlines()
            return ServerNote(int(lines[0]), Path(lines[4]), lines[7].strip() == "ready")
        except (OSError, IndexError, ValueError):
            return None

    def server_lives(self, note: ServerNote) -> bool:
        """Whether the process in `note` is a server of this cluster, not another with the same number."""
        try:
            words = Path(f"/proc/{note.pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            if Path("/proc/self").exists():
                return False
            words = [os.fsencode(self.files)]  # a system without /proc: the number must do
        try:
            os.kill(note.pid, 0)
        except OSError:
            return False
        return os.fsencode(self.files) in words

    def url(self, socket_folder: Path, database: str = DATABASE) -> str:
        """The address of a database in the running server."""
        return f"postgresql:///{database}?host={quote(str(socket_folder), safe='')}&user={POSTGRES_USER}"

    def make(self, programs: Path, user: ServerUser) -> None:
        """Make the server's files unless they are there: whole or not at all."""
        if (self.files / "PG_VERSION").exists():
            return
        beside = self.folder / "cluster.new"
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir()
        user.own(beside)
        command = [str(programs / "initdb"), f"--pgdata={beside}", f"--username={POSTGRES_USER}"]
        command += ["--auth=trust", "--encoding=UTF8", "--locale=C", "--no-instructions"]
        made = user.run(command)
        if made.returncode:
            said = (made.stderr or made.stdout).strip().splitlines()
            raise Unsupported([_not_made(self.folder, said[-1] if said else str(made.returncode))])
        beside.rename(self.files)

    def socket_folder(self, user: ServerUser) -> Path:
        """A folder for the socket, closed to others: beside the files, or a short one where that is long."""
        beside = self.folder / "run"
        if len(os.fsencode(beside / SOCKET_NAME)) <= SOCKET_BYTES_MOST:
            beside.mkdir(exist_ok=True)
            user.own(beside)
            return beside
        name = hashlib.sha256(os.fsencode(self.folder)).hexdigest()[:16]
        short = Path(tempfile.gettempdir()) / f"suanwang-{name}"
        short.mkdir(mode=0o700, exist_ok=True)
        owner = short.lstat()
        expected = os.geteuid() if user.uid is None else user.uid
        if not stat.S_ISDIR(owner.st_mode) or owner.st_uid not in (os.geteuid(), expected):
            raise Unsupported([_foreign_socket(short)])
        user.own(short)
        if len(os.fsencode(short / SOCKET_NAME)) > SOCKET_BYTES_MOST:
            raise Unsupported([_long_socket(short)])
        return short

    def last_words(self) -> str:
        """What the server said last, for a report."""
        try:
            said = self.log.read_text(errors="replace").splitlines()
        except OSError:
            return ""
        fatal = [line for line in said if "FATAL" in line or "PANIC" in line]
        return (fatal or said or [""])[-1]

    def forget_old_words(self) -> None:
        """Keep the server's log small."""
        if self.log.exists() and self.log.stat().st_size > LOG_BYTES_MOST:
            self.log.replace(self.log.with_name("server.log.old"))


def server_command(programs: Path, cluster: Path, socket_folder: Path) -> list[str]:
    """The command line of the server."""
    settings = {**SETTINGS, "unix_socket_directories": str(socket_folder)}
    words = [str(programs / "postgres"), "-D", str(cluster)]
    for name, value in settings.items():
        words += ["-c", f"{name}={value}"]
    return words


def _not_made(folder: Path, found: str) -> Fault:
    return Fault(
        str(folder),
        Text("the database could not be made", "无法创建数据库"),
        found,
        remedy=Text(
            "see that the disk has space and that the folder is ours, then start again",
            "请确认磁盘有空间且目录归本用户所有，然后重新启动",
        ),
        kind="cluster-not-made",
    )


def _foreign_socket(folder: Path) -> Fault:
    return Fault(
        str(folder),
        Text("the folder for the socket belongs to someone else", "套接字目录属于其他用户"),
        remedy=Text(
            "remove it, or set SUANWANG_DATA to a shorter path", "删除它，或将 SUANWANG_DATA 设为更短的路径"
        ),
        kind="socket-foreign",
    )


def _long_socket(folder: Path) -> Fault:
    return Fault(
        str(folder),
        Text("the path of the socket is too long", "套接字路径过长"),
        str(len(os.fsencode(folder / SOCKET_NAME))),
        same(f"{SOCKET_BYTES_MOST} bytes"),
        Text("set TMPDIR or SUANWANG_DATA to a shorter path", "将 TMPDIR 或 SUANWANG_DATA 设为更短的路径"),
        "socket-path",
    )
