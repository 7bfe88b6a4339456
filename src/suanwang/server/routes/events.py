"""The events as a stream (`text/event-stream`): those that the caller may see, with their index."""

from collections.abc import AsyncIterator
from typing import Annotated

from litestar import get
from litestar.params import FromQuery, HeaderParameter, QueryParameter
from litestar.response import Stream

from suanwang.engine.events import decode
from suanwang.server.audience import enterprise_of
from suanwang.server.door import Asked
from suanwang.server.feed import Told
from suanwang.server.history import events_of_log

PAGE_EVENTS = 2_000
KEEP_ALIVE_S = 15.0
After = Annotated[int | None, QueryParameter(ge=-1, le=10**15, description="Begin after this index")]


@get("/v1/events", media_type="text/event-stream")
async def follow_events(
    request: Asked,
    after: Annotated[
        int | None, QueryParameter(ge=-1, le=10**15, description="Begin after this index")
    ] = None,
    last_event_id: Annotated[
        str | None, HeaderParameter(name="Last-Event-ID", description="The same, as browsers send it")
    ] = None,
    job: FromQuery[str] = "",
    follow: FromQuery[bool] = True,
) -> Stream:
    """Events of the log from an index on, of one job or of all; `follow` false ends at the newest.

    Without a beginning it begins with what comes next. Each has `id` (index), `event` (its tag), `data` (the
    stored bytes).
    """
    lead = request.lead
    if after is None and last_event_id is not None and last_event_id.isascii() and last_event_id.isdigit():
        after = int(last_event_id[:18])
    begin = lead.feed.end if after is None else after + 1
    return Stream(
        stream(request, begin, job, follow),
        media_type="text/event-stream",
        headers={"cache-control": "no-store"},
    )


async def stream(request: Asked, index: int, job: str, follow: bool) -> AsyncIterator[bytes]:
    """The frames, from the log where they are not at hand any more."""
    lead, own = request.lead, request.caller.enterprise
    last = lead.feed.end

    def frame(told: Told) -> bytes:
        number, record, event = told
        if job and not about(event, job):
            return b""
        if own is not None and enterprise_of(lead.platform, event) != own:
            return b""
        tag = str(event.__struct_config__.tag).encode()
        return b"id: %d\nevent: %s\ndata: %s\n\n" % (number, tag, record)

    while not lead.feed.closed:
        if index < min(lead.feed.first, last):
            records = await request.host.side.run(events_of_log, index, PAGE_EVENTS)
            told = [(number, record, decode(record)) for number, record in enumerate(records, index)]
        else:
            told = lead.feed.since(index, PAGE_EVENTS)
        if told:
            index = told[-1][0] + 1
            found = b"".join(map(frame, told))
            yield found or b": %d\n\n" % index
        elif not follow:
            return
        elif not await lead.feed.wait(index, KEEP_ALIVE_S):
            yield b": waiting\n\n"
        if not follow and index >= last:
            return


def about(event: object, job: str) -> bool:
    """Whether an event is about a job or one of its attempts."""
    named = getattr(event, "job", None) or getattr(getattr(event, "fact", None), "attempt", None)
    named = named or getattr(getattr(event, "order", None), "attempt", None) or getattr(event, "hold", None)
    return isinstance(named, str) and (named == job or named.startswith(f"{job}."))


ROUTES = (follow_events,)
