"""What agents ask: join, and exchange."""

import asyncio

from litestar import Response, post
from litestar.params import FromPath, JSONBody

from suanwang.engine import inputs
from suanwang.engine.dispatching import sent_out
from suanwang.engine.reporting import stale
from suanwang.model.exchange import Exchange, Join, Joined, Orders
from suanwang.server.door import Asked
from suanwang.server.exchanging import exchanged


@post("/v1/centres/{centre:str}/join", status_code=200)
async def join_centre(request: Asked, centre: FromPath[str], data: JSONBody[Join]) -> Joined:
    """An agent takes up work for its centre; reports of the agent before it are refused from now on."""
    request.own_centre(centre)
    lead = request.lead
    state = lead.platform.state.centres[centre]
    if data.session <= state.session:
        raise stale(centre, data.session, state.session)
    lead.contacts.hear(centre, asyncio.get_running_loop().time())
    # before it is decided: no report of the session comes before this
    lead.contacts.joined(centre, data.session)
    await request.ask(inputs.JoinCentre(f"join/{centre}/{data.session}", centre, data.session))
    return Joined(centre, data.session, lead.log.epoch, sent_out(lead.platform, centre), lead.writer.now())


async def as_it_is(response: Response[Orders]) -> Response[Orders]:
    """An exchange waits for nothing more: its own report is durable, and so are the orders that it brings."""
    return response


@post("/v1/centres/{centre:str}/exchange", status_code=200, after_request=as_it_is)
async def exchange(request: Asked, centre: FromPath[str], data: JSONBody[Exchange]) -> Orders:
    """Facts in, orders out; held open until there is an order, for at most `wait_s` seconds.

    Orders that the answer to a report has brought meanwhile end no waiting; they come again when it ends.
    """
    request.own_centre(centre)
    return await exchanged(request.host, centre, data)


ROUTES = (join_centre, exchange)
