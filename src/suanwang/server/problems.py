"""Errors over HTTP: every fault, in the language that was asked for (problem+json, RFC 9457)."""

import logging
from typing import Any

import msgspec
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from litestar.status_codes import HTTP_500_INTERNAL_SERVER_ERROR

from suanwang.engine.reporting import StaleSession
from suanwang.ledger.refusals import IdConflict
from suanwang.model.api.problem import FaultTold, Problem
from suanwang.model.log import InputConflict, LogBusy, LogFailed, StaleEpoch
from suanwang.server.unavailable import RETRY_AFTER_S, Unavailable
from suanwang.store.connection import StoreUnreachable
from suanwang.units.errors import Fault, InvalidInput, SuanwangError, Unsupported
from suanwang.units.text import Language, Text, same

logger = logging.getLogger("suanwang.server")
MEDIA_TYPE = "application/problem+json"
GONE = "client disconnected prematurely"
"""litestar's word for a client that went away; no fault of the program."""


class NotAuthorised(SuanwangError):
    """No token, or one that does not count."""


class Forbidden(SuanwangError):
    """A token that counts, in a role that may not."""


class NotFound(SuanwangError):
    """There is no such thing, or it is another's: which of the two is not told."""


class TooMany(SuanwangError):
    """Faster than this token may ask."""


class Refused(SuanwangError):
    """Well formed, and the books or the rules say no. Asked again under its id, the answer is the same."""


STATUS: tuple[tuple[type[SuanwangError], int, str, Text], ...] = (
    (NotAuthorised, 401, "not-authorised", Text("a token is needed", "需要令牌")),
    (Forbidden, 403, "forbidden", Text("this token may not do that", "该令牌无此权限")),
    (NotFound, 404, "not-found", Text("there is no such thing", "不存在")),
    (TooMany, 429, "too-many-requests", Text("too many requests", "请求过多")),
    (Refused, 409, "refused", Text("refused", "被拒绝")),
    (IdConflict, 409, "id-conflict", Text("the id stands for another request", "编号已用于另一请求")),
    (InputConflict, 409, "id-conflict", Text("the id stands for another request", "编号已用于另一请求")),
    (
        StaleSession,
        409,
        "stale-session",
        Text("another agent works for the centre", "该中心已由其他代理接管"),
    ),
    (Unavailable, 503, "unavailable", Text("not now; ask again", "暂不可用，请重试")),
    (StoreUnreachable, 503, "unavailable", Text("the store does not answer", "存储无应答")),
    (LogFailed, 503, "unavailable", Text("the log did not take it", "日志未能写入")),
    (StaleEpoch, 503, "unavailable", Text("another server leads now", "已由其他服务器主导")),
    (LogBusy, 503, "unavailable", Text("another server leads now", "已由其他服务器主导")),
    (Unsupported, 501, "unsupported", Text("this installation cannot do that", "本安装不支持")),
    (InvalidInput, 422, "invalid", Text("this cannot be used as it is", "内容无效")),
)
BROKEN = (HTTP_500_INTERNAL_SERVER_ERROR, "program", Text("a fault of the program", "程序错误"))


def language_of(header: str) -> Language:
    """The language of `Accept-Language`: Chinese where it comes before English."""
    for part in header.split(","):
        tag = part.split(";")[0].strip().lower()
        if tag.startswith("zh"):
            return "zh"
        if tag.startswith("en"):
            return "en"
    return "en"


def told(fault: Fault, language: Language) -> FaultTold:
    """A fault in one language."""
    expected, remedy = fault.expected.say(language), fault.remedy.say(language)
    return FaultTold(fault.where, fault.what.say(language), fault.found, expected, remedy, fault.kind)


def answer_error(request: Request[Any, Any, Any], error: SuanwangError) -> Response[bytes]:
    """The problem of one of our own errors."""
    for kind, status, name, title in STATUS:
        if isinstance(error, kind):
            return problem(request, status, name, title, error.faults)
    logger.error("invariant broken: %s", error)
    return problem(request, *BROKEN, error.faults)


def answer_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[bytes]:
    """The problem of a request that cannot be read: unknown path, wrong method, body, size."""
    status = error.status_code
    if error.detail == GONE:
        title = Text("the body broke off", "请求体中断")
        return problem(request, 400, "malformed", title, [Fault("body", same(GONE))])
    if status >= HTTP_500_INTERNAL_SERVER_ERROR:
        return answer_crash(request, error)
    name, title = {
        404: ("not-found", Text("there is no such path", "路径不存在")),
        405: ("method", Text("the path does not know this method", "该路径不支持此方法")),
        413: ("too-large", Text("the body is too large", "请求体过大")),
    }.get(status, ("malformed", Text("the request cannot be read", "无法读取请求")))
    extra: list[dict[str, Any]] = []
    if isinstance(error, ValidationException) and isinstance(error.extra, list):
        extra = error.extra
    faults = [
        Fault(str(one.get("key") or one.get("source") or "body"), same(str(one.get("message", ""))))
        for one in extra
    ] or [Fault("request", same(error.detail or ""))]
    return problem(request, status, name, title, faults)


def answer_crash(request: Request[Any, Any, Any], error: Exception) -> Response[bytes]:
    """Anything else: the trace goes to the server's log, never to who asked."""
    if isinstance(error, RecursionError):  # only what was sent nests without end, see msgspec's decoder
        title = Text("the request cannot be read", "无法读取请求")
        return problem(
            request, 400, "malformed", title, [Fault("body", Text("nested too deeply", "嵌套过深"))]
        )
    logger.error("request failed", exc_info=error, extra={"request": request_number(request)})
    return problem(request, *BROKEN, [Fault("server", BROKEN[2])])


def problem(
    request: Request[Any, Any, Any],
    status: int,
    name: str,
    title: Text,
    faults: "list[Fault] | tuple[Fault, ...]",
) -> Response[bytes]:
    """The response of a problem."""
    language = language_of(request.headers.get("accept-language", ""))
    detail = "; ".join(dict.fromkeys(fault.what.say(language) for fault in faults[:3]))
    body = Problem(
        f"/problems/{name}",
        title.say(language),
        status,
        detail,
        request_number(request),
        tuple(told(fault, language) for fault in faults[:100]),
    )
    headers = {"content-language": language}
    if status in (429, 503):
        headers["retry-after"] = str(RETRY_AFTER_S)
    if status == 401:
        headers["www-authenticate"] = 'Bearer realm="suanwang"'
    return Response(msgspec.json.encode(body), status_code=status, media_type=MEDIA_TYPE, headers=headers)


def request_number(request: Request[Any, Any, Any]) -> str:
    """The number of the request in the server's log."""
    return str(request.scope["state"].get("request", ""))
