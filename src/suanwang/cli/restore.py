"""`suanwang restore`: a platform's log, inputs and papers made again from a backup."""

import argparse
from contextlib import closing
from pathlib import Path

from suanwang.cli.backup import tell
from suanwang.cli.home_inputs import add_home, home_of
from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `restore`."""
    parser.add_argument(
        "file",
        type=Path,
        metavar="FILE",
        help=Text("what `suanwang backup` wrote", "`suanwang backup` 写出的文件").say(language),
    )
    add_home(parser, language)
    add_json(parser, language)
    parser.epilog = Text(
        "The backup is verified before anything is written, and what was written is read back.\n"
        "The place must be empty; a backup of a folder can go into a database, and the other way.\n\n"
        "Examples:\n  suanwang restore monday.backup\n  suanwang restore monday.backup --log copy",
        "写入前先校验备份，写入后再读回核对。目标须为空；目录与数据库的备份可以互相恢复。\n\n"
        "示例：\n  suanwang restore monday.backup\n  suanwang restore monday.backup --log copy",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Restores and tells what is there now."""
    from suanwang.store.restore import restore

    with closing(home_of(arguments)) as home:
        contents = restore(arguments.file, home)
        tell(home.place, contents, arguments, language)
    return 0
