"""The server that a command speaks to, and by which token: flags, then variables, then what `login` saved.

--server URL          SUANWANG_SERVER     ~/.config/suanwang/login.json
--token-file FILE     SUANWANG_TOKEN      of the same server in the same file
"""

import argparse
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

from suanwang.cli.json_flag import add_json
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Language, Text, same

Answer = TypeVar("Answer")
SERVER_VARIABLE = "SUANWANG_SERVER"
TOKEN_VARIABLE = "SUANWANG_TOKEN"
PAUSE_S_MOST = 1.0


class Connection:
    """A server and who asks. Calls raise Answered with what the server said, or Unreachable."""

    def __init__(self, url: str, token: str, language: Language) -> None:
        from suanwang.client.line import Line

        self.url = url.rstrip("/")
        if urlsplit(url).scheme not in ("http", "https") or not urlsplit(url).hostname:
            what, expected = Text("not an address", "不是有效地址"), same("http://host:8470")
            raise InvalidInput([Fault("--server", what, url, expected)])
        self.line = Line(self.url, token, language, pause=pause)

    def get(self, path: str, answer: type[Answer], **query: str | int | None) -> Answer:
        """What lies at `path`; a query without a value is left out."""
        return self.line.get(path, answer, given(query))

    def post(self, path: str, body: object, answer: type[Answer]) -> Answer:
        """Posts a struct, under a key of its own: sent again, it is done once."""
        return self.line.ask("POST", path, body, answer)

    def bytes_at(self, path: str, **query: str | int | None) -> bytes:
        """The bytes that lie at `path`."""
        return self.line.send("GET", path, params=given(query)).content

    def stream(self, path: str, **query: str | int | None) -> Iterator[bytes]:
        """The bytes at `path` as they come."""
        with self.line.stream(path, given(query)) as parts:
            yield from parts

    def keep(self, data: bytes, enterprise: str) -> str:
        """Lays bytes beside the log; their name. `enterprise`: whose they are, where an operator uploads."""
        from suanwang.client.client import Client

        return Client(self.line).keep(data, enterprise)

    def close(self) -> None:
        """Speak no more."""
        self.line.close()


def pause(seconds: float) -> None:
    """Between tries: somebody waits at the terminal, so a wrong address is told after a few seconds."""
    time.sleep(min(seconds, PAUSE_S_MOST))


def given(query: dict[str, str | int | None]) -> dict[str, str | int]:
    """The query without what has no value."""
    return {name: value for name, value in query.items() if value is not None and value != ""}


def add_connection(parser: argparse.ArgumentParser, language: Language) -> None:
    """`--server`, `--token-file` and `--json`."""
    add_server(parser, language)
    add_json(parser, language)


def add_server(parser: argparse.ArgumentParser, language: Language) -> None:
    """`--server` and `--token-file`."""
    parser.add_argument(
        "--server",
        metavar="URL",
        help=Text(
            f"the platform (default: {SERVER_VARIABLE}, else that of suanwang login)",
            f"平台地址（默认 {SERVER_VARIABLE}，否则为 suanwang login 所存）",
        ).say(language),
    )
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        type=Path,
        help=Text(
            f"file that holds the token (default: {TOKEN_VARIABLE}, else that of suanwang login)",
            f"令牌文件（默认 {TOKEN_VARIABLE}，否则为 suanwang login 所存）",
        ).say(language),
    )


def connect(arguments: argparse.Namespace, language: Language) -> Connection:
    """The server that flags, variables or the saved login name. Raises InvalidInput where none does."""
    from suanwang.cli.login_file import read_login

    named = arguments.server or os.environ.get(SERVER_VARIABLE)
    saved = read_login()
    url = named or saved.server
    if not url:
        remedy = same(f"suanwang login URL --token-file FILE; --server URL; {SERVER_VARIABLE}")
        raise InvalidInput([Fault("--server", Text("no server is named", "未指定服务器"), remedy=remedy)])
    return Connection(url, token_for(url, arguments.token_file), language)


def token_for(url: str, file: Path | None) -> str:
    """The token for a server; "" where there is none. Raises InvalidInput for a file that cannot be read."""
    from suanwang.cli.login_file import read_login

    if file is not None:
        try:
            return file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            what = Text("the token cannot be read", "令牌无法读取")
            raise InvalidInput([Fault(f"--token-file {file}", what, str(error))]) from None
    return os.environ.get(TOKEN_VARIABLE) or read_login().tokens.get(url.rstrip("/"), "")


def part(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")
