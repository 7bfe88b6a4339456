"""The check of a folder to write, shared by the commands that take `--out`."""

from pathlib import Path

from suanwang.units.text import Text


def refuse_file(out: Path) -> None:
    """Raises InvalidInput where `out` is there and is no folder."""
    from suanwang.units.errors import Fault, InvalidInput

    if out.exists() and not out.is_dir():
        raise InvalidInput(
            [
                Fault(
                    where=str(out),
                    what=Text("is a file, not a folder", "是文件而不是文件夹"),
                    remedy=Text("name another folder with --out", "用 --out 指定另一个文件夹"),
                    kind="folder",
                )
            ]
        )
