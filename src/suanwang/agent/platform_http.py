"""The platform over HTTP. Redirects are not followed, and the token is told to nobody else."""

from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import BinaryIO, TypeVar

import httpx
import msgspec

from suanwang.agent.platform import Away, Declined, Denied, Replaced
from suanwang.agent.straight_line import Answered, StraightLine
from suanwang.model.api.network import CentreTold, ConformanceRun
from suanwang.model.api.problem import Problem
from suanwang.model.exchange import ContentKept, Exchange, Join, Joined, LogPart, LogTaken, Orders
from suanwang.units.errors import Fault, SuanwangError
from suanwang.units.text import Text, same

Answer = TypeVar("Answer")

CONNECT_SECONDS = 10.0
ANSWER_SECONDS = 30.0
CONTENT_SECONDS = 300.0
CHUNK_BYTES = 1 << 20
STALE = "/problems/stale-session"
DENIED = frozenset({401, 403})
AGAIN = frozenset({408, 425, 429})
"""Answers of the 400s that may be another later: a timeout, a limit of rate."""


class HttpPlatform:
    """`client` knows the platform's address; the token is read anew for each call, so that it can change.

    Structs go by `line`, where there is one.
    """

    def __init__(
        self, client: httpx.Client, centre: str, token_file: Path, line: StraightLine | None = None
    ) -> None:
        self.client, self.centre, self.token_file, self.line = client, centre, token_file, line

    def join(self, session: int) -> Joined:
        """See `Platform`."""
        return self.ask(f"/v1/centres/{self.centre}/join", Join(session), Joined, ANSWER_SECONDS)

    def exchange(self, exchange: Exchange) -> Orders:
        """See `Platform`."""
        path = f"/v1/centres/{self.centre}/exchange"
        return self.ask(path, exchange, Orders, ANSWER_SECONDS + exchange.wait_s)

    def report_conformance(self, run: ConformanceRun) -> CentreTold:
        """What the conformance set showed; the centre with its grade."""
        return self.ask(f"/v1/centres/{self.centre}/conformance", run, CentreTold, ANSWER_SECONDS)

    def append_log(self, attempt: str, part: LogPart) -> LogTaken:
        """See `Platform`."""
        return self.ask(f"/v1/attempts/{attempt}/log", part, LogTaken, ANSWER_SECONDS)

    def fetch(self, name: str, into: BinaryIO, bytes_most: int) -> None:
        """See `Platform`."""
        request = self.client.build_request(
            "GET", f"/v1/contents/{name}", headers=self.headers(), timeout=timeout(CONTENT_SECONDS)
        )
        try:
            response = self.client.send(request, stream=True)
            try:
                if not response.is_success:
                    response.read()
                    raise failure(answered(response), str(request.url))
                length = 0
                for chunk in response.iter_bytes(CHUNK_BYTES):
                    length += len(chunk)
                    if length > bytes_most:
                        raise Declined([too_long(name, length, bytes_most)])
                    into.write(chunk)
            finally:
                response.close()
        except httpx.HTTPError as error:
            raise away(str(request.url), error) from None

    def keep(self, source: BinaryIO) -> str:
        """See `Platform`."""
        source.seek(0)
        try:
            response = self.client.put(
                "/v1/contents",
                content=chunks(source),
                headers=self.headers() | {"content-type": "application/octet-stream"},
                timeout=timeout(CONTENT_SECONDS),
            )
        except httpx.HTTPError as error:
            raise away("/v1/contents", error) from None
        return self.read(answered(response), "/v1/contents", ContentKept).name

    def ask(self, path: str, body: msgspec.Struct, answer: type[Answer], patience_s: float) -> Answer:
        """Post a struct and read one back."""
        content, headers = msgspec.json.encode(body), self.headers() | {"content-type": "application/json"}
        try:
            if self.line is not None:
                given = self.line.post(path, content, headers, patience_s)
            else:
                given = answered(
                    self.client.post(path, content=content, headers=headers, timeout=timeout(patience_s))
                )
        except (httpx.HTTPError, OSError, HTTPException) as error:
            raise away(path, error) from None
        return self.read(given, path, answer)

    def read(self, given: Answered, path: str, answer: type[Answer]) -> Answer:
        """The struct of an answer. Raises what the answer says is wrong."""
        if not 200 <= given.status < 300:
            raise failure(given, self.where(path))
        try:
            return msgspec.json.decode(given.body, type=answer)
        except msgspec.MsgspecError as error:
            raise away(self.where(path), error) from None

    def where(self, path: str) -> str:
        """The whole address."""
        return f"{self.client.base_url}{path.lstrip('/')}"

    def headers(self) -> dict[str, str]:
        """Who asks. Raises Away where the token cannot be read now."""
        try:
            token = self.token_file.read_text(encoding="utf-8").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise away(str(self.token_file), error) from None
        return {"authorization": f"Bearer {token}"}


def chunks(source: BinaryIO) -> Iterator[bytes]:
    """The rest of a file, in parts."""
    while chunk := source.read(CHUNK_BYTES):
        yield chunk


def timeout(patience_s: float) -> httpx.Timeout:
    """So long for an answer, less for a connection."""
    return httpx.Timeout(patience_s, connect=CONNECT_SECONDS)


def answered(response: httpx.Response) -> Answered:
    """An answer that was read to its end."""
    return Answered(response.status_code, response.content)


def failure(given: Answered, where: str) -> SuanwangError:
    """What an answer that is no success means for the agent."""
    try:
        problem = msgspec.json.decode(given.body, type=Problem)
        told = "; ".join(fault.what for fault in problem.faults) or problem.detail or problem.title
        kind = problem.type
    except msgspec.MsgspecError:
        told, kind = given.body.decode(errors="replace")[:200], ""
    what = Text(f"the platform says {given.status}", f"平台应答 {given.status}")
    if given.status in DENIED:
        remedy = Text(
            "check the token file, and the centre that the token is for", "检查令牌文件及令牌所属中心"
        )
        return Denied([Fault(where, what, told[:500], remedy=remedy)])
    faults = [Fault(where, what, told[:500], kind=kind)]
    if kind == STALE:
        return Replaced(faults)
    again = given.status in AGAIN or not 400 <= given.status < 500
    return Away(faults) if again else Declined(faults)


def away(where: str, error: Exception) -> Away:
    """The platform cannot be reached, or does not speak as agreed."""
    what = Text("the platform does not answer", "平台没有应答")
    return Away([Fault(where, what, f"{type(error).__name__}: {error}"[:300])])


def too_long(name: str, length: int, most: int) -> Fault:
    """A content that is longer than this centre takes."""
    return Fault(name, Text("the content is too large", "内容过大"), f"{length} B", same(f"<= {most} B"))
