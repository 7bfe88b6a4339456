"""`suanwang job outputs`: the files that a job left, written to a folder of one's own."""

import argparse
import io
import sys
import tarfile
from pathlib import Path

from suanwang.cli.connection import connect, part
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Language, Text


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Fetches, unpacks, lists."""
    from suanwang.cli.check import print_json

    connection = connect(arguments, language)
    archive = connection.bytes_at(f"/v1/jobs/{part(arguments.job)}/outputs")
    folder = Path(arguments.out or arguments.job)
    names = unpack(archive, folder)
    if arguments.json:
        print_json({"job": arguments.job, "folder": str(folder), "files": names})
    else:
        for name in names:
            print(folder / name)
        print(Text(f"files: {len(names)}", f"{len(names)} 个文件").say(language), file=sys.stderr)
    return 0


def unpack(archive: bytes, folder: Path) -> list[str]:
    """Plain files only, and only below the folder, whatever the archive says. Raises InvalidInput."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tarfile.open(fileobj=io.BytesIO(archive), mode="r:gz") as tar:
            members = [member for member in tar.getmembers() if member.isreg()]
            tar.extractall(folder, members, filter="data")
    except (tarfile.TarError, OSError, EOFError) as error:
        what = Text("the outputs cannot be written", "无法写出输出文件")
        raise InvalidInput([Fault(str(folder), what, str(error)[:200])]) from None
    return sorted(member.name for member in members)
