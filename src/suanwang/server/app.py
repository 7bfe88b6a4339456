"""The application: routes, door, errors, OpenAPI, around one host."""

from typing import Any

from litestar import Litestar, Response, get
from litestar.datastructures import State
from litestar.exceptions import HTTPException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import Components, SecurityScheme

from suanwang import __version__
from suanwang.server.door import Asked, guard
from suanwang.server.figures import Figures
from suanwang.server.host import Host
from suanwang.server.pace import Pace
from suanwang.server.problems import answer_crash, answer_error, answer_http
from suanwang.server.routes import (
    agents,
    audit,
    contents,
    events,
    jobs,
    money,
    network,
    quotes,
    tokens,
    vouchers,
)
from suanwang.server.short_way import ShortWay
from suanwang.server.watch import Watch
from suanwang.units.errors import SuanwangError

PARTS = (network, agents, quotes, jobs, contents, events, money, vouchers, tokens, audit)
BODY_BYTES_MOST = 32 << 20
ABOUT = (
    "Place, run, pay for and prove work over many compute centres. Money is integer micro-yuan, instants are \
UTC microseconds, devices milli-devices."
)


@get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


@get("/readyz")
async def readyz(request: Asked) -> Response[dict[str, str]]:
    """Whether this server leads; a standby says 503."""
    leads = request.host.lead is not None and not request.host.lead.over
    status = "leading" if leads else "standby"
    headers = {} if leads else {"retry-after": "1"}
    return Response({"status": status}, status_code=200 if leads else 503, headers=headers)


@get("/metrics", media_type="text/plain; version=0.0.4")
async def metrics(request: Asked) -> bytes:
    """Figures in Prometheus' format."""
    host, lead = request.host, request.lead
    figures: Figures = host.figures
    figures.leads.set(1)
    for state, count in lead.views.counts.items():
        figures.jobs.labels(state).set(count)
    figures.events.set(lead.feed.end)
    figures.queue.set(len(lead.writer.inbox))
    last = lead.solver.last
    figures.clearing_s.set(last.seconds)
    figures.clearing_gap.set(float("nan") if last.gap is None else last.gap)
    figures.solver_failures.set(last.failures)
    centres = list(lead.platform.state.centres.values())
    figures.centres.labels("open").set(sum(centre.open for centre in centres))
    figures.centres.labels("silent").set(sum(centre.silent_since is not None for centre in centres))
    return figures.text()


def create_app(host: Host) -> tuple[Litestar, Watch]:
    """The application alone, and with its watch: what a web server runs."""

    async def durable(response: Response[Any]) -> Response[Any]:
        """What was read or decided for an answer is in the log before the answer goes out."""
        if host.lead is not None:
            await host.lead.durable()
        return response

    security: list[dict[str, list[str]]] = [{"token": []}]
    pace = Pace(host.settings.rate_per_s, host.settings.rate_burst)
    app = Litestar(
        [healthz, readyz, metrics, *(route for part in PARTS for route in part.ROUTES)],
        request_class=Asked,
        guards=[guard],
        after_request=durable,
        exception_handlers={
            SuanwangError: answer_error,
            HTTPException: answer_http,
            Exception: answer_crash,
        },
        openapi_config=OpenAPIConfig(
            "Suanwang 算网",
            __version__,
            description=ABOUT,
            use_handler_docstrings=True,
            security=security,
            components=Components(security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}),
            path="/",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
        ),
        request_max_body_size=BODY_BYTES_MOST,
        logging_config=None,
        state=State({"host": host, "pace": pace}),
    )
    return app, Watch(ShortWay(app, host, pace, BODY_BYTES_MOST), host.figures)
