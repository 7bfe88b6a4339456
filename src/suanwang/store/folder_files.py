"""A folder read as the files of an export."""

from pathlib import Path

from suanwang.audit.files import CHECKPOINT
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same


class FolderFiles:
    """The files below `folder`. The list of names is read once."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._paths: list[str] | None = None

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        try:
            return (self.folder / path).read_bytes()
        except (FileNotFoundError, IsADirectoryError, NotADirectoryError):
            return None

    def paths(self) -> list[str]:
        """Every file's path, relative, with `/`."""
        if self._paths is None:
            found = (path for path in self.folder.rglob("*") if path.is_file())
            self._paths = sorted(path.relative_to(self.folder).as_posix() for path in found)
        return self._paths


def open_export(folder: Path) -> FolderFiles:
    """The export in `folder`. Raises InvalidInput where there is none."""
    if not (folder / CHECKPOINT).is_file():
        raise InvalidInput([
            Fault(
                str(folder),
                Text("there is no exported log here", "此处没有导出的日志"),
                "",
                same(CHECKPOINT),
                Text("make one with `suanwang audit export`", "用 `suanwang audit export` 导出"),
                "export-missing",
            )
        ])  # fmt: skip
    return FolderFiles(folder)
