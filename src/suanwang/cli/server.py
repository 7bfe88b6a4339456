"""`suanwang server`: the platform itself, until it is told to stop."""

import argparse
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from collections.abc import Iterator

    from suanwang.feeds.network_inputs import SetUp
    from suanwang.store.home import Home

PORT = 8470


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `server`."""
    parser.add_argument(
        "--host",
        default="127.0.0.1",
        metavar="ADDRESS",
        help=Text("address to listen on (default 127.0.0.1)", "监听地址（默认 127.0.0.1）").say(language),
    )
    parser.add_argument(
        "--port",
        type=int,
        default=PORT,
        metavar="N",
        help=Text(f"port to listen on (default {PORT}; 0: any)", f"监听端口（默认 {PORT}；0 为任意）").say(
            language
        ),
    )
    parser.add_argument(
        "--data",
        type=Path,
        metavar="DIR",
        help=Text(
            "folder of the embedded database, the first token, the audit key (default: SUANWANG_DATA)",
            "内置数据库、首个令牌与审计密钥的目录（默认 SUANWANG_DATA）",
        ).say(language),
    )
    parser.add_argument(
        "--network",
        type=Path,
        metavar="DIR",
        help=Text(
            "scenario folder that opens the network, where none is open", "用场景目录开通网络（尚未开通时）"
        ).say(language),
    )
    parser.add_argument(
        "--file-log",
        action="store_true",
        help=Text(
            "keep the log in files of the data folder instead of PostgreSQL",
            "日志存于数据目录的文件而非 PostgreSQL",
        ).say(language),
    )
    parser.epilog = Text(
        "The log lies in the database of SUANWANG_DATABASE_URL, else in the embedded one. A second server\n"
        "on the same log waits and takes over. The operator's first token: DIR/operator.token.\n\n"
        "Examples:\n  suanwang server --network national\n"
        "  suanwang server --port 9000 --data state --file-log",
        "日志存于 SUANWANG_DATABASE_URL 所指数据库，否则存于内置数据库。同一日志的第二个服务器待命并接管。\n"
        "运营方首个令牌：DIR/operator.token。\n\n"
        "示例：\n  suanwang server --network national\n  suanwang server --port 9000 --data state --file-log",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Serves until SIGTERM or SIGINT; then answers what was asked, keeps a snapshot, and ends."""
    from suanwang.feeds.programme_folder import BUILT_IN, read_programmes
    from suanwang.server.first_start import FirstStart
    from suanwang.server.serve import run
    from suanwang.server.settings import Settings
    from suanwang.server.watch import log_to_stderr
    from suanwang.store.data_folder import data_folder

    del language
    data: Path = (arguments.data or data_folder()).absolute()
    folder: Path | None = arguments.network
    network = None if folder is None else partial(network_of, folder)
    log_to_stderr()
    rules = {one.programme.programme: one for one in read_programmes(BUILT_IN)}
    home = home_for(arguments, data)
    try:
        first = FirstStart(data, network)
        run(home, Settings(data), rules, first, arguments.host, arguments.port)
    finally:
        home.close()
    return 0


def network_of(folder: Path) -> "Iterator[SetUp]":
    """The inputs that open a platform on the network of a scenario folder. Raises InvalidInput."""
    from suanwang.feeds.network_inputs import network_inputs
    from suanwang.feeds.scenario_folder import read_scenario

    return network_inputs(read_scenario(folder).scenario)


def home_for(arguments: argparse.Namespace, data: Path) -> "Home":
    """Where the log is: files, the database that is named, or the embedded one."""
    import os

    from suanwang.store.embedded import EmbeddedServer
    from suanwang.store.home import DATABASE_VARIABLE, FileHome, PostgresHome

    if arguments.file_log:
        folder = data / "log"
        folder.mkdir(parents=True, exist_ok=True)
        return FileHome(folder)
    return PostgresHome(os.environ.get(DATABASE_VARIABLE) or EmbeddedServer(data))
