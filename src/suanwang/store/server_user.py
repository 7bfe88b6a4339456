"""The system user that the embedded server runs as. PostgreSQL refuses to run as root.

Any other user runs it as itself. Root runs it as the user `suanwang`, made once, without password, shell or
home. No folder of anyone else is opened to that user: what it cannot reach is refused, with the remedy.
"""

import os
import pwd
import subprocess
from pathlib import Path

import msgspec

from suanwang.store.data_folder import SYSTEM_DATA, VARIABLE
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.text import Text

NAME = "suanwang"


class ServerUser(msgspec.Struct, frozen=True):
    """Whom the server runs as; None where it is whoever runs this program."""

    uid: int | None
    gid: int | None

    def run(self, command: list[str]) -> "subprocess.CompletedProcess[str]":
        """Run a command as this user and wait for its end."""
        return subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
            user=self.uid,
            group=self.gid,
            extra_groups=None if self.uid is None else [],
        )

    def can_run(self, command: list[str]) -> bool:
        """Whether the user reaches this programme and it ends well."""
        try:
            return self.run(command).returncode == 0
        except OSError:
            return False

    def own(self, path: Path) -> None:
        """Give `path` to the user, closed to all others."""
        if self.uid is not None and self.gid is not None:
            os.chown(path, self.uid, self.gid)
        path.chmod(0o700)


def server_user() -> ServerUser:
    """The user for the server, made if need be. Raises Unsupported where it cannot be made."""
    if os.geteuid() != 0:
        return ServerUser(None, None)
    found = _find()
    if found is None:
        found = _make()
    return ServerUser(found.pw_uid, found.pw_gid)


def check_reach(user: ServerUser, folder: Path) -> None:
    """Raises Unsupported where the user cannot come to `folder`, for a folder above it is closed."""
    if user.uid is None or user.can_run(["test", "-x", str(folder)]):
        return
    raise Unsupported([
        Fault(
            str(folder),
            Text(
                f"the user {NAME}, as which the database runs, cannot reach this folder",
                f"数据库以用户 {NAME} 运行，无法到达该目录",
            ),
            "a folder above it is closed to others",
            Text("folders that all users may pass (chmod a+x)", "上级目录允许所有用户通过（chmod a+x）"),
            Text(
                f"set {VARIABLE} to another folder (default {SYSTEM_DATA}), or run as an ordinary user",
                f"将 {VARIABLE} 设为其他目录（默认 {SYSTEM_DATA}），或以普通用户运行",
            ),
            "data-closed",
        )
    ])  # fmt: skip


def _find() -> pwd.struct_passwd | None:
    try:
        return pwd.getpwnam(NAME)
    except KeyError:
        return None


def _make() -> pwd.struct_passwd:
    command = ["useradd", "--system", "--user-group", "--no-create-home"]
    command += ["--home-dir", "/nonexistent", "--shell", "/usr/sbin/nologin", NAME]
    try:
        found = subprocess.run(command, capture_output=True, text=True, check=False).stderr
    except OSError as error:
        found = str(error)
    made = _find()  # by us, or by another process in the meantime
    if made is not None:
        return made
    what = Text(
        f"PostgreSQL does not run as root, and the user {NAME} cannot be made",
        f"PostgreSQL 不能以 root 运行，且无法创建用户 {NAME}",
    )
    remedy = Text(
        f"make a system user {NAME}, run as an ordinary user, or set SUANWANG_DATABASE_URL",
        f"创建系统用户 {NAME}，或以普通用户运行，或设置 SUANWANG_DATABASE_URL",
    )
    raise Unsupported([Fault(f"user {NAME}", what, found.strip(), remedy=remedy, kind="server-user")])
