"""Which home a command works on: a folder, a database, or the platform's own."""

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.store.home import Home


def add_home(parser: argparse.ArgumentParser, language: Language) -> None:
    """`--log DIR`, `--data DIR` or `--database URL`."""
    homes = parser.add_mutually_exclusive_group()
    homes.add_argument(
        "--log",
        metavar="DIR",
        type=Path,
        help=Text("a log in a folder", "目录中的日志").say(language),
    )
    homes.add_argument(
        "--data",
        metavar="DIR",
        type=Path,
        help=Text("a server's data folder: its embedded database", "服务器的数据目录：其内置数据库").say(
            language
        ),
    )
    homes.add_argument(
        "--database",
        metavar="URL",
        help=Text(
            "a PostgreSQL database (default: SUANWANG_DATABASE_URL, else the embedded one in SUANWANG_DATA)",
            "PostgreSQL 数据库（默认：SUANWANG_DATABASE_URL，否则为 SUANWANG_DATA 中的内置数据库）",
        ).say(language),
    )


def home_of(arguments: argparse.Namespace) -> "Home":
    """The home that the flags name. Close it."""
    from suanwang.store.embedded import EmbeddedServer
    from suanwang.store.home import FileHome, PostgresHome, platform_home

    if arguments.log is not None:
        return FileHome(arguments.log)
    if arguments.data is not None:
        return PostgresHome(EmbeddedServer(arguments.data))
    if arguments.database is not None:
        return PostgresHome(arguments.database)
    return platform_home()
