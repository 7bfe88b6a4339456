"""What a centre's agent and the platform exchange: facts in, orders out, held open until there is an order.

An order is handed out only once it is in the log. By `routes/agents.py` and, past the framework,
`short_way.py`.
"""

import asyncio

from suanwang.engine import inputs
from suanwang.engine.dispatching import orders_after
from suanwang.engine.platform import Platform
from suanwang.engine.reporting import stale
from suanwang.model.exchange import Exchange, Orders
from suanwang.model.orders import AnyOrder
from suanwang.server.contacts import Contacts
from suanwang.server.host import Host
from suanwang.server.look_up import ONCE
from suanwang.server.unavailable import not_leading

ORDERS_MOST = 1_000
"""In one answer; the rest comes with the next."""


async def exchanged(host: Host, centre: str, given: Exchange) -> Orders:
    """The answer to a known centre, within `given.wait_s` and a little.

    Orders that the answer to a report has brought meanwhile end no waiting; they come again when it ends.
    Raises StaleSession, Unavailable, and what the facts were refused for.
    """
    lead, loop = host.leading(), asyncio.get_running_loop()
    state = lead.platform.state.centres[centre]
    if given.session != state.session:
        raise stale(centre, given.session, state.session)
    if given.seen_order > state.order_count:
        name = f"{ONCE}ahead/{centre}/{given.session}/{given.seen_order}"
        await lead.ask(inputs.SeeAhead(name, centre, given.seen_order))
    if not lead.is_proved:
        raise not_leading()
    lead.contacts.hear(centre, loop.time())
    if given.facts or (given.fits is not None and given.fits != state.fits):
        name = f"report/{centre}/{given.session}/{given.report_id}"
        if lead.contacts.is_first(centre, given.session, given.report_id):
            lead.log.vouch(name)
        await lead.ask(inputs.AgentReport(name, centre, given.session, given.facts, given.fits))
    elif state.silent_since is not None:
        await lead.ask(inputs.HearAgain(f"{ONCE}again/{centre}/{given.session}/{given.report_id}", centre))
    end_s, handed = loop.time() + given.wait_s, 0
    while True:
        waiting = lead.contacts.waiting[centre]
        orders = durable_orders_after(lead.platform, lead.contacts, centre, given.seen_order)
        left_s = end_s - loop.time()
        news = bool(orders) and orders[-1].number > handed
        if news or left_s <= 0 or lead.over or lead.going:
            break
        try:
            await asyncio.wait_for(waiting.wait(), left_s)
        except TimeoutError:
            continue
        handed = lead.contacts.handed_orders.get(centre, 0)
    if orders and not given.wait_s and given.session == state.session:
        lead.contacts.handed_orders[centre] = orders[-1].number
    if not lead.is_proved:
        raise not_leading()
    lead.contacts.hear(centre, loop.time())
    follow = tuple(name for name in state.attempts if name in host.followed) if host.followed else ()
    return Orders(orders, given.report_id, lead.writer.now(), follow)


def durable_orders_after(
    platform: Platform, contacts: Contacts, centre: str, seen: int
) -> tuple[AnyOrder, ...]:
    """The orders after `seen` that are in the log, by number."""
    last = contacts.durable_orders.get(centre, 0)
    orders = [order for order in orders_after(platform, centre, seen) if order.number <= last]
    return tuple(orders[:ORDERS_MOST])
