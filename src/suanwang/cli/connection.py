"""The server that a command speaks to, and by which token: flags, then variables, then what `login` saved.

--server URL          SUANWANG_SERVER     ~/.config/suanwang/login.json
--token-file FILE     SUANWANG_TOKEN      of the same server in the same file
"""

import argparse
import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

from suanwang.units.errors import Fault, InvalidInput, SuanwangError
from suanwang.units.text import Language, Text, same

if TYPE_CHECKING:
    import httpx

Answer = TypeVar("Answer")
SERVER_VARIABLE = "SUANWANG_SERVER"
TOKEN_VARIABLE = "SUANWANG_TOKEN"
CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0
LATER = frozenset({429, 503})
"""Too fast; or no server leads now."""
AGAIN_AFTER_S = (0.5, 1.0, 2.0, 4.0)


class Refused(SuanwangError):
    """The server says no: with its reasons, as it told them."""

    exit_code = 1


class Connection:
    """A server and who asks. Calls raise InvalidInput, or Refused with what the server said."""

    def __init__(self, url: str, token: str, language: Language) -> None:
        import httpx

        self.url = url.rstrip("/")
        headers = {"accept-language": language}
        if token:
            headers["authorization"] = f"Bearer {token}"
        try:
            self.client = httpx.Client(
                base_url=self.url,
                headers=headers,
                timeout=httpx.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS),
            )
        except (httpx.InvalidURL, ValueError) as error:
            raise InvalidInput([not_a_url(url, str(error))]) from None

    def get(self, path: str, answer: type[Answer], **query: str | int | None) -> Answer:
        """What lies at `path`; a query without a value is left out."""
        return self.read("GET", path, answer, params=given(query))

    def post(self, path: str, body: object, answer: type[Answer]) -> Answer:
        """Posts a struct, under a key of its own: sent again, it is done once."""
        from uuid import uuid4

        import msgspec

        headers = {"content-type": "application/json", "idempotency-key": uuid4().hex}
        return self.read("POST", path, answer, content=msgspec.json.encode(body), headers=headers)

    def put(self, path: str, body: bytes, answer: type[Answer], **query: str | int | None) -> Answer:
        """Puts bytes."""
        headers = {"content-type": "application/octet-stream"}
        return self.read("PUT", path, answer, content=body, headers=headers, params=given(query))

    def read(self, method: str, path: str, answer: type[Answer], **more: Any) -> Answer:
        """One request; its answer as a struct."""
        import msgspec

        try:
            return msgspec.json.decode(self.ask(method, path, **more).content, type=answer)
        except msgspec.MsgspecError as error:
            what = Text("the server answered something else than agreed", "服务器的应答与约定不符")
            remedy = Text("use the same version on both sides", "请在两端使用相同版本")
            raise Refused([Fault(f"{method} {path}", what, str(error)[:200], remedy=remedy)]) from None

    def ask(self, method: str, path: str, **more: Any) -> "httpx.Response":
        """One request that succeeds, sent again while the server says later. Raises Refused, InvalidInput."""
        import time

        import httpx

        for pause_s in (*AGAIN_AFTER_S, None):
            try:
                response = self.client.request(method, path, **more)
                if response.status_code not in LATER or pause_s is None:
                    break
            except httpx.HTTPError as error:
                if isinstance(error, httpx.ConnectError | httpx.ConnectTimeout) or pause_s is None:
                    raise InvalidInput([unreachable(self.url, error)]) from None
            time.sleep(pause_s)
        if not response.is_success:
            raise refusal(f"{method} {path}", response.status_code, response.content)
        return response

    def stream(self, path: str, **query: str | int | None) -> Iterator[bytes]:
        """The bytes at `path` as they come."""
        import httpx

        params, timeout = given(query), httpx.Timeout(None, connect=CONNECT_SECONDS)
        try:
            with self.client.stream("GET", path, params=params, timeout=timeout) as response:
                if not response.is_success:
                    raise refusal(f"GET {path}", response.status_code, response.read())
                yield from response.iter_bytes()
        except httpx.HTTPError as error:
            raise InvalidInput([unreachable(self.url, error)]) from None

    def close(self) -> None:
        """Speak no more."""
        self.client.close()


def given(query: dict[str, str | int | None]) -> dict[str, str | int]:
    """The query without what has no value."""
    return {name: value for name, value in query.items() if value is not None and value != ""}


def add_connection(parser: argparse.ArgumentParser, language: Language) -> None:
    """`--server`, `--token-file` and `--json`."""
    add_server(parser, language)
    parser.add_argument(
        "--json",
        action="store_true",
        help=Text("one JSON document on standard output", "在标准输出打印一个 JSON 文档").say(language),
    )


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


def refusal(where: str, status: int, content: bytes) -> SuanwangError:
    """What the server said is wrong, fault by fault."""
    import msgspec

    from suanwang.model.api.problem import FaultTold, Problem

    try:
        problem = msgspec.json.decode(content, type=Problem)
    except msgspec.MsgspecError:
        what = Text(f"the server says {status}", f"服务器应答 {status}")
        return Refused([Fault(where, what, content[:200].decode(errors="replace"))])
    told = problem.faults or (FaultTold(where, problem.detail or problem.title),)
    faults = [
        Fault(
            one.where, same(one.what), one.found, same(one.expected), same(one.remedy),
            one.kind or problem.type.rpartition("/")[2],
        )
        for one in told
    ]  # fmt: skip
    if status == 401:
        remedy = same("suanwang login URL --token-file FILE")
        faults = [Fault(one.where, one.what, remedy=remedy, kind=one.kind) for one in faults]
    return InvalidInput(faults) if status in (400, 401, 404, 422) else Refused(faults)


def unreachable(url: str, error: Exception) -> Fault:
    """Nobody answers there."""
    remedy = Text(
        "start it with suanwang server, or name another", "请用 suanwang server 启动，或指定其他地址"
    )
    return Fault(url, Text("the server does not answer", "服务器没有应答"), str(error), remedy=remedy)


def not_a_url(url: str, found: str) -> Fault:
    """The address is none."""
    return Fault(
        "--server", Text("not an address", "不是有效地址"), f"{url} {found}", same("http://host:8470")
    )


def part(name: str) -> str:
    """A name as one part of a path."""
    return quote(name, safe="")
