"""What agents ask: join, exchange, logs. An order is handed out only once it is in the log."""

import asyncio

from litestar import Response, post
from litestar.params import FromPath, JSONBody

from suanwang.engine import inputs
from suanwang.engine.dispatching import orders_after
from suanwang.engine.platform import Platform
from suanwang.engine.reporting import stale
from suanwang.model.exchange import Exchange, Join, Joined, Orders
from suanwang.model.orders import AnyOrder
from suanwang.server.contacts import Contacts
from suanwang.server.door import Asked
from suanwang.server.look_up import ONCE
from suanwang.server.unavailable import not_leading

ORDERS_MOST = 1_000
"""In one answer; the rest comes with the next."""


@post("/v1/centres/{centre:str}/join", status_code=200)
async def join_centre(request: Asked, centre: FromPath[str], data: JSONBody[Join]) -> Joined:
    """An agent takes up work for its centre; reports of the agent before it are refused from now on."""
    request.own_centre(centre)
    lead = request.lead
    state = lead.platform.state.centres[centre]
    if data.session <= state.session:
        raise stale(centre, data.session, state.session)
    lead.contacts.hear(centre, asyncio.get_running_loop().time())
    await request.ask(inputs.JoinCentre(f"join/{centre}/{data.session}", centre, data.session))
    return Joined(centre, data.session, lead.log.epoch, tuple(state.attempts))


async def as_it_is(response: Response[Orders]) -> Response[Orders]:
    """An exchange waits for nothing more: its own report is durable, and so are the orders that it brings."""
    return response


@post("/v1/centres/{centre:str}/exchange", status_code=200, after_request=as_it_is)
async def exchange(request: Asked, centre: FromPath[str], data: JSONBody[Exchange]) -> Orders:
    """Facts in, orders out; held open until there is an order, for at most `wait_s` seconds.

    Orders that the answer to a report has brought meanwhile end no waiting; they come again when it ends.
    """
    request.own_centre(centre)
    lead, loop = request.lead, asyncio.get_running_loop()
    state = lead.platform.state.centres[centre]
    if data.session != state.session:
        raise stale(centre, data.session, state.session)
    if not lead.is_proved:
        raise not_leading()
    lead.contacts.hear(centre, loop.time())
    if data.facts or (data.fits is not None and data.fits != state.fits):
        name = f"report/{centre}/{data.session}/{data.report_id}"
        await request.ask(inputs.AgentReport(name, centre, data.session, data.facts, data.fits))
    elif state.silent_since is not None:
        await request.ask(inputs.HearAgain(f"{ONCE}again/{centre}/{data.session}/{data.report_id}", centre))
    end_s, handed = loop.time() + data.wait_s, 0
    while True:
        waiting = lead.contacts.waiting[centre]
        orders = durable_orders_after(lead.platform, lead.contacts, centre, data.seen_order)
        left_s = end_s - loop.time()
        news = bool(orders) and orders[-1].number > handed
        if news or left_s <= 0 or lead.over or lead.going:
            break
        try:
            await asyncio.wait_for(waiting.wait(), left_s)
        except TimeoutError:
            continue
        handed = lead.contacts.handed_orders.get(centre, 0)
    if orders and not data.wait_s and data.session == state.session:
        lead.contacts.handed_orders[centre] = orders[-1].number
    if not lead.is_proved:
        raise not_leading()
    lead.contacts.hear(centre, loop.time())
    follow = tuple(name for name in state.attempts if name in request.host.followed)
    return Orders(orders, data.report_id, follow)


def durable_orders_after(
    platform: Platform, contacts: Contacts, centre: str, seen: int
) -> tuple[AnyOrder, ...]:
    """The orders after `seen` that are in the log, by number."""
    last = contacts.durable_orders.get(centre, 0)
    orders = [order for order in orders_after(platform, centre, seen) if order.number <= last]
    return tuple(orders[:ORDERS_MOST])


ROUTES = (join_centre, exchange)
