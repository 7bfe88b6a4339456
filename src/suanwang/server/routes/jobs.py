"""Jobs: submit, list, show, cancel, extend, pause."""

from bisect import bisect_left
from typing import Annotated

from litestar import get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from suanwang.engine import inputs
from suanwang.model.api.jobs import (
    Extension,
    JobLine,
    JobPage,
    JobTold,
    Submission,
    Submitted,
)
from suanwang.model.job import JobState
from suanwang.server.door import Asked
from suanwang.server.job_lines import job_line, job_told, refused_line, submitted
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

PAGE_MOST = 1_000
LOOKED_AT_MOST = 50_000
"""So many jobs are passed over in one page before it is handed out as it is."""

Limit = Annotated[int, QueryParameter(ge=1, le=PAGE_MOST, description="At most so many in one page")]
Cursor = Annotated[str | None, QueryParameter(max_length=40, description="`next` of the page before")]


@post("/v1/jobs", status_code=201)
async def submit_jobs(request: Asked, data: JSONBody[Submission]) -> Submitted:
    """Submits one job or ten thousand, in one transaction; each is admitted or refused by itself."""
    enterprise = request.enterprise(data.enterprise)
    ticket = await request.ask(inputs.SubmitJobs(request.input_id(), enterprise, data.jobs))
    return Submitted(submitted(ticket.events, request.language))


@get("/v1/jobs")
async def list_jobs(
    request: Asked,
    in_state: Annotated[JobState | None, QueryParameter(name="state")] = None,
    enterprise: FromQuery[str] = "",
    project: FromQuery[str] = "",
    limit: Limit = 100,
    after: Cursor = None,
) -> JobPage:
    """Jobs, newest first; filtered by state, enterprise and project."""
    caller, lead = request.caller, request.lead
    own = caller.enterprise
    if own is not None or enterprise:
        numbers = lead.views.of_enterprise.get(request.enterprise(enterprise), [])
    else:
        numbers = lead.views.numbers
    at = len(numbers) if after is None else bisect_left(numbers, cursor(after))
    found: list[JobLine] = []
    looked = 0
    jobs = lead.platform.state.jobs
    while at > 0 and len(found) < limit and looked < LOOKED_AT_MOST:
        at -= 1
        looked += 1
        number = numbers[at]
        name = f"j{number}"
        job = jobs.get(name)
        if job is None:
            refusal = lead.views.refused.get(name)
            if refusal is not None and in_state in (None, "refused") and not project:
                found.append(refused_line(refusal))
        elif in_state in (None, lead.views.state_of(number)) and project in ("", job.project):
            found.append(job_line(lead.platform, name, job))
    return JobPage(tuple(found), f"j{numbers[at]}" if at > 0 else None)


def told(request: Asked, job: str) -> JobTold:
    """The job as it is now, to one who may see it."""
    return job_told(request.platform, job, request.job(job), request.lead.clock.now(), request.language)


@get("/v1/jobs/{job:str}")
async def show_job(request: Asked, job: FromPath[str]) -> JobTold:
    """One job: its attempts, its money, where it stands."""
    return told(request, job)


@post("/v1/jobs/{job:str}/cancel", status_code=200)
async def cancel_job(request: Asked, job: FromPath[str]) -> JobTold:
    """No more of a job: ended at once where it does not run, else by its agent. Again is no fault."""
    request.job(job)
    await request.ask(inputs.CancelJob(request.input_id(), job))
    return told(request, job)


@post("/v1/jobs/{job:str}/extend", status_code=200)
async def extend_job(request: Asked, job: FromPath[str], data: JSONBody[Extension]) -> JobTold:
    """More time for a running job: reservation and hold are enlarged, both or neither."""
    request.job(job)
    await request.ask(inputs.ExtendJob(request.input_id(), job, data.more_s))
    return told(request, job)


@post("/v1/jobs/{job:str}/pause", status_code=200)
async def pause_job(request: Asked, job: FromPath[str]) -> JobTold:
    """Stops the clock of a running job; it keeps its devices."""
    request.job(job)
    await request.ask(inputs.PauseJob(request.input_id(), job))
    return told(request, job)


@post("/v1/jobs/{job:str}/resume", status_code=200)
async def resume_job(request: Asked, job: FromPath[str]) -> JobTold:
    """Lets a paused job go on."""
    request.job(job)
    await request.ask(inputs.PauseJob(request.input_id(), job, resume=True))
    return told(request, job)


def cursor(text: str) -> int:
    """The number of a job at which a page ended. Raises InvalidInput."""
    digits = text.removeprefix("j")
    if not (digits.isascii() and digits.isdigit()) or len(digits) > 18:
        raise InvalidInput([Fault("after", Text("no cursor of this list", "不是本列表的游标"), text)])
    return int(digits)


ROUTES = (submit_jobs, list_jobs, show_job, cancel_job, extend_job, pause_job, resume_job)
