"""`suanwang login`: remember a server and a token, once they have been tried."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text

if TYPE_CHECKING:
    from suanwang.model.api.tokens import Me


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `login`."""
    parser.add_argument(
        "server", metavar="URL", nargs="?", help=Text("the platform", "平台地址").say(language)
    )
    parser.add_argument(
        "--token-file",
        metavar="FILE",
        help=Text("file that holds the token, - for standard input", "令牌文件，- 为标准输入").say(language),
    )
    parser.add_argument(
        "--forget",
        action="store_true",
        help=Text("forget all that was saved", "清除已保存的内容").say(language),
    )
    add_json(parser, language)
    parser.epilog = Text(
        "The token is kept in ~/.config/suanwang/login.json, which only its owner reads.\n"
        "Without URL: who one is at the saved server.\n\n"
        "Examples:\n  suanwang login http://127.0.0.1:8470 --token-file firm.token\n  suanwang login\n"
        "  suanwang login --forget",
        "令牌保存在 ~/.config/suanwang/login.json，仅本人可读。不带 URL：显示在已保存服务器上的身份。\n\n"
        "示例：\n  suanwang login http://127.0.0.1:8470 --token-file firm.token\n  suanwang login\n"
        "  suanwang login --forget",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Tries the token, then saves it."""
    from suanwang.cli.connection import Connection, connect
    from suanwang.cli.login_file import Login, login_path, read_login, save_login
    from suanwang.model.api.tokens import Me

    if arguments.forget:
        login_path().unlink(missing_ok=True)
        print(Text("forgotten", "已清除").say(language), file=sys.stderr)
        return 0
    if arguments.server is None:
        arguments.token_file = None if arguments.token_file is None else Path(arguments.token_file)
        connection = connect(arguments, language)
        tell(connection.url, connection.get("/v1/me", Me), arguments.json, language)
        return 0
    url = arguments.server.rstrip("/")
    token = given_token(arguments.token_file)
    me = Connection(url, token, language).get("/v1/me", Me)
    known = read_login()
    save_login(Login(url, {**known.tokens, url: token}))
    tell(url, me, arguments.json, language)
    return 0


def given_token(file: str | None) -> str:
    """The token in a file, on standard input, or in `SUANWANG_TOKEN`. Raises InvalidInput."""
    import os

    from suanwang.cli.connection import TOKEN_VARIABLE, token_for
    from suanwang.units.errors import Fault, InvalidInput

    if file == "-":
        return sys.stdin.readline().strip()
    if file is not None:
        return token_for("", Path(file))
    token = os.environ.get(TOKEN_VARIABLE, "")
    if not token:
        remedy = Text("name a file, or - for standard input", "请指定文件，或 - 表示标准输入")
        raise InvalidInput([Fault("--token-file", Text("no token is given", "未给出令牌"), remedy=remedy)])
    return token


def tell(url: str, me: "Me", as_json: bool, language: Language) -> None:
    """Who one is there."""
    from suanwang.cli.check import print_json

    if as_json:
        print_json({"server": url, "role": me.role, "holder": me.holder, "token": me.token})
        return
    holder = f" {me.holder}" if me.holder else ""
    print(Text(f"{url}: {me.role}{holder}", f"{url}：{me.role}{holder}").say(language))
