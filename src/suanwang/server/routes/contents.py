"""Contents beside the log (scripts, inputs, outputs, checkpoints) and the streams of attempts."""

import asyncio
from collections.abc import AsyncIterator
from typing import Annotated

from litestar import Response, delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter, RawBody
from litestar.response import Stream

from suanwang.engine.platform import Attempt, attempt_name
from suanwang.model.exchange import ContentKept, LogPart, LogTaken
from suanwang.model.log_cut import cut_line
from suanwang.server.beside import Content
from suanwang.server.door import Asked, not_found
from suanwang.store.attempt_logs import STREAM_BYTES_MOST
from suanwang.store.attempt_logs import Stream as LogStream
from suanwang.store.papers import PAPER_BYTES_MOST
from suanwang.units.errors import InvalidInput

OVERHEAD_BYTES = 1024
READ_BYTES = 1 << 20
FOLLOW_LOOK_S = 0.5
BINARY = "application/octet-stream"
AttemptNumber = Annotated[int, QueryParameter(ge=0, le=10**9, description="0: the last")]


@put("/v1/contents", status_code=201, request_max_body_size=PAPER_BYTES_MOST - OVERHEAD_BYTES)
async def keep_content(
    request: Asked,
    body: RawBody,
    enterprise: FromQuery[str] = "",
) -> ContentKept:
    """Keeps the body beside the log, for the caller alone; its name goes into a job or a fact."""
    caller = request.caller
    owner = (
        f"centre/{caller.holder}"
        if caller.role == "agent"
        else f"enterprise/{request.enterprise(enterprise)}"
    )
    return ContentKept(await request.host.beside.keep(owner, body))


@get("/v1/contents/{content:str}", media_type=BINARY)
async def read_content(request: Asked, content: FromPath[str]) -> bytes:
    """The bytes of a content: of one's own, of a result of one's job, for an agent of a job it runs."""
    return (await seen(request, content)).data


@delete("/v1/contents/{content:str}", status_code=204)
async def erase_content(request: Asked, content: FromPath[str]) -> None:
    """Erases a content of one's own for good; its name in the log stays and tells nothing."""
    found = await seen(request, content)
    caller = request.caller
    if caller.role != "operator" and found.owner != f"enterprise/{caller.enterprise}":
        raise not_found("content", content)
    await request.host.beside.erase(content)


async def seen(request: Asked, name: str) -> Content:
    """The content, where the caller may see it. Raises NotFound."""
    try:
        found = await request.host.beside.read(name)
    except InvalidInput:
        raise not_found("content", name) from None
    if found is None or not may_see(request, name, found.owner):
        raise not_found("content", name)
    return found


def may_see(request: Asked, name: str, owner: str) -> bool:
    """Whether the caller may see a content that is `owner`'s."""
    caller, state = request.caller, request.platform.state
    if caller.role == "operator" or owner == f"enterprise/{caller.enterprise}":
        return True
    if caller.role != "agent":
        return False
    if owner == f"centre/{caller.holder}":
        return True
    for attempt in state.centres[caller.holder].attempts:
        job = state.jobs[state.attempts[attempt].job]
        if owner == f"enterprise/{job.enterprise}" or name in (job.content, job.checkpoint):
            return True
    return False


@post("/v1/attempts/{attempt:str}/log", status_code=200)
async def append_log(request: Asked, attempt: FromPath[str], data: JSONBody[LogPart]) -> LogTaken:
    """Takes a part of a stream of an attempt that the agent's centre runs, or ran."""
    known = request.platform.state.attempts.get(attempt)
    if known is None or known.centre != request.caller.holder:
        raise not_found("attempt", attempt)
    return LogTaken(await request.host.beside.append_log(attempt, data.stream, data.offset, data.bytes))


@get("/v1/jobs/{job:str}/log", media_type=BINARY)
async def read_log(
    request: Asked,
    job: FromPath[str],
    stream: FromQuery[LogStream] = "stdout",
    attempt: AttemptNumber = 0,
    offset: Annotated[int, QueryParameter(ge=0, le=10**12)] = 0,
    follow: FromQuery[bool] = False,
) -> Stream:
    """What an attempt of a job wrote, wherever it runs; with `follow` until it is over."""
    known = request.job(job)
    number = attempt or known.last
    if number > known.last:
        raise not_found("attempt", f"{job}.{number}")
    name = attempt_name(job, number)
    return Stream(log_parts(request, name, stream, offset, follow), media_type=BINARY)


async def log_parts(
    request: Asked, name: str, stream: LogStream, offset: int, follow: bool
) -> AsyncIterator[bytes]:
    """The parts of a stream, as they come; where no more is kept a last line says so."""
    host = request.host
    host.followed[name] = host.followed.get(name, 0) + 1
    try:
        over_before = False
        while True:
            part = await host.beside.read_log(name, stream, offset, READ_BYTES)
            if part:
                offset += len(part)
                yield part
                continue
            if offset == STREAM_BYTES_MOST:
                yield cut_line(offset)
                return
            # one more look after the end: the last part may come with the report of it
            if not follow or over_before or host.lead is None or host.lead.going:
                return
            attempt: Attempt | None = host.lead.platform.state.attempts.get(name)
            over_before = attempt is None or attempt.state == "ended"
            await asyncio.sleep(FOLLOW_LOOK_S)
    finally:
        host.followed[name] -= 1
        if not host.followed[name]:
            del host.followed[name]


@get("/v1/jobs/{job:str}/outputs", media_type=BINARY)
async def read_outputs(
    request: Asked,
    job: FromPath[str],
    attempt: AttemptNumber = 0,
) -> Response[bytes]:
    """What an attempt left behind, as its agent sent it (tar.gz)."""
    known = request.job(job)
    name = attempt_name(job, attempt or known.last)
    found = request.platform.state.attempts.get(name)
    if found is None or not found.outputs:
        raise not_found("outputs", name)
    try:
        content = await request.host.beside.read(found.outputs)
    except InvalidInput:
        raise not_found("outputs", name) from None
    # an agent may name what is its own or this firm's, and nobody else's
    owners = (f"centre/{found.centre}", f"enterprise/{known.enterprise}")
    if content is None or content.owner not in owners:
        raise not_found("outputs", name)
    return Response(content.data, media_type="application/gzip")


ROUTES = (keep_content, read_content, erase_content, append_log, read_log, read_outputs)
