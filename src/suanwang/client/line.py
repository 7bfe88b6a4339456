"""One connection to the API: encode, send, try again where that is safe, decode, and say what went wrong.

Every request that changes something carries an Idempotency-Key, made here where none is given: so the same
request may be sent again, whatever became of the first.
"""

import time
from collections.abc import Callable, Generator, Iterator, Mapping
from contextlib import contextmanager
from typing import TypeVar
from uuid import uuid4

import httpx
import msgspec

from suanwang.model.api.problem import Problem
from suanwang.units.errors import Fault, SuanwangError
from suanwang.units.text import Language, Text, same

T = TypeVar("T")
Params = Mapping[str, str | int | bool | None]
AGAIN = frozenset({429, 502, 503, 504})
PAUSES_S = (0.1, 0.3, 1.0, 2.0, 4.0, 8.0)


class Answered(SuanwangError):
    """The server said no; `status` is HTTP's, `kind` its problem's name."""

    def __init__(self, status: int, kind: str, faults: tuple[Fault, ...]) -> None:
        super().__init__(faults)
        self.status, self.kind = status, kind
        self.exit_code = 1 if kind in ("refused", "not-found", "forbidden", "not-authorised") else 2


class Unreachable(SuanwangError):
    """No server answers, or it says again and again that it cannot now."""

    exit_code = 1


class Line:
    """See above. `pause` waits between tries; `http` is given by tests that need no network."""

    def __init__(
        self,
        url: str,
        token: str,
        language: Language = "en",
        http: httpx.Client | None = None,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.url, self.pause = url.rstrip("/"), pause
        self.http = http or httpx.Client(timeout=httpx.Timeout(60.0, connect=10.0))
        self.headers = {"accept-language": language}
        if token:
            self.headers["authorization"] = f"Bearer {token}"

    def close(self) -> None:
        """Use it no more."""
        self.http.close()

    def get(self, path: str, answer: type[T], params: Params | None = None) -> T:
        """Reads. Raises Answered, Unreachable."""
        return self._decode(self.send("GET", path, params=params), answer)

    def ask(self, method: str, path: str, body: object, answer: type[T], key: str | None = None) -> T:
        """Changes something, once. Raises Answered, Unreachable."""
        content = b"" if body is None else msgspec.json.encode(body)
        headers = {"content-type": "application/json", "idempotency-key": key or uuid4().hex}
        return self._decode(self.send(method, path, content, headers), answer)

    def send(
        self,
        method: str,
        path: str,
        content: bytes = b"",
        headers: Mapping[str, str] | None = None,
        params: Params | None = None,
    ) -> httpx.Response:
        """One request, tried again while the server is away or busy."""
        asked = {name: value for name, value in (params or {}).items() if value is not None}
        said: SuanwangError = self._away("")
        for pause_s in (*PAUSES_S, None):
            try:
                response = self.http.request(
                    method,
                    self.url + path,
                    content=content,
                    params=asked,
                    headers={**self.headers, **(headers or {})},
                )
            except httpx.TransportError as error:
                said = self._away(f"{type(error).__name__}: {error}")
            else:
                if response.is_success:
                    return response
                said = answered(response)
                if response.status_code not in AGAIN:
                    raise said
            if pause_s is not None:
                self.pause(pause_s)
        raise said if isinstance(said, Unreachable) else Unreachable(said.faults)

    @contextmanager
    def stream(self, path: str, params: Params | None = None) -> Generator[Iterator[bytes]]:
        """The parts of an answer as they come. Raises Answered, Unreachable."""
        asked = {name: value for name, value in (params or {}).items() if value is not None}
        patience = httpx.Timeout(60.0, connect=10.0)
        try:
            with self.http.stream(
                "GET", self.url + path, params=asked, headers=self.headers, timeout=patience
            ) as response:
                if not response.is_success:
                    response.read()
                    said = answered(response)
                    raise Unreachable(said.faults) if said.status in AGAIN else said
                # as they come: with a size, httpx holds them back until that is full
                yield response.iter_bytes()
        except httpx.TransportError as error:
            raise self._away(f"{type(error).__name__}: {error}") from None

    def _decode(self, response: httpx.Response, answer: type[T]) -> T:
        try:
            return msgspec.json.decode(response.content, type=answer)
        except msgspec.MsgspecError as error:
            what = Text("the server's answer cannot be read", "无法读取服务器的应答")
            remedy = Text("use a client and a server of one version", "请使用同版本的客户端与服务器")
            raise Unreachable([Fault(self.url, what, str(error), remedy=remedy, kind="answer")]) from None

    def _away(self, found: str) -> Unreachable:
        what = Text("no server answers there", "该地址没有服务器应答")
        remedy = Text(
            "start one: suanwang server; or correct SUANWANG_SERVER",
            "请启动 suanwang server 或更正 SUANWANG_SERVER",
        )
        return Unreachable([Fault(self.url, what, found[:300], remedy=remedy, kind="unreachable")])


def answered(response: httpx.Response) -> Answered:
    """What a refusal says, fault by fault; it comes in the language that was asked for."""
    try:
        problem = msgspec.json.decode(response.content, type=Problem)
    except msgspec.MsgspecError:
        what = same(f"HTTP {response.status_code}")
        return Answered(response.status_code, "", (Fault(str(response.url), what, response.text[:200]),))
    kind = problem.type.rpartition("/")[2]
    faults = tuple(
        Fault(one.where, same(one.what), one.found, same(one.expected), same(one.remedy), one.kind)
        for one in problem.faults
    )
    return Answered(problem.status, kind, faults or (Fault(problem.title, same(problem.detail)),))
