"""The check of a folder to write, shared by the commands that take `--out`."""

import os
from pathlib import Path

from suanwang.units.text import Text


def refuse_file(out: Path) -> None:
    """Raises InvalidInput where `out` is there and is no folder, or nothing may be written there."""
    from suanwang.units.errors import Fault, InvalidInput

    nearest = next((one for one in (out, *out.absolute().parents) if one.exists()), out)
    if not nearest.is_dir():
        what = Text("is a file, not a folder", "是文件而不是文件夹")
    elif not os.access(nearest, os.W_OK | os.X_OK):
        what = Text("no permission to write there", "没有写入权限")
    else:
        return
    raise InvalidInput(
        [
            Fault(
                where=str(nearest),
                what=what,
                remedy=Text("name another folder with --out", "用 --out 指定另一个文件夹"),
                kind="folder",
            )
        ]
    )
