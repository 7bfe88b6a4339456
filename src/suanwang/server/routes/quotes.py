"""What a job would cost, and why one is where it is."""

import secrets

from litestar import get, post
from litestar.params import FromPath, JSONBody

from suanwang.model.api.jobs import Explanation, Quote, QuoteAsked
from suanwang.server.door import Asked
from suanwang.server.explaining import explain
from suanwang.server.quoting import quote


@post("/v1/quotes", status_code=200)
async def make_quote(request: Asked, data: JSONBody[QuoteAsked]) -> Quote:
    """The table of considered centres: cost, carbon, start, voucher part, net. Nothing is reserved."""
    enterprise, now = request.enterprise(data.enterprise), request.lead.clock.now()
    name = f"q{secrets.token_hex(8)}"
    return quote(request.platform, name, enterprise, data.job, now, request.language)


@get("/v1/jobs/{job:str}/explanation")
async def explain_job(request: Asked, job: FromPath[str]) -> Explanation:
    """Why a job is where it is, or waits, and where it could go."""
    return explain(request.platform, job, request.job(job), request.lead.clock.now(), request.language)


ROUTES = (make_quote, explain_job)
