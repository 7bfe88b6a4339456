"""The network: open it, enrol centres, publish signals, declare outages; and what there is, now and ahead."""

from typing import Annotated

from litestar import delete, get, post, put
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from suanwang.engine import inputs
from suanwang.engine.conformance import GradeCentre
from suanwang.model.api.network import (
    Centres,
    CentreTold,
    ConformanceRun,
    Devices,
    Done,
    Enrolment,
    NetworkAsked,
    NetworkTold,
    Pools,
    Prices,
    SignalsAsked,
    SignalsTold,
)
from suanwang.model.network import Outage, Signals
from suanwang.server.door import Asked, not_found
from suanwang.server.network_lines import centres_told, devices_told, pools_told, price_lines
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

Slots = Annotated[int, QueryParameter(ge=1, le=2_000, description="So many slots from the present one on")]


@get("/v1/network")
async def show_network(request: Asked) -> NetworkTold:
    """The platform's terms and how large it is."""
    lead, state = request.lead, request.platform.state
    terms = state.terms
    at = max(state.at, lead.clock.now())
    return NetworkTold(
        terms,
        at,
        None if terms is None else terms.slot_of(at),
        len(state.centres),
        sum(len(centre.pools) for centre in state.centres.values()),
        len(state.regions),
        len(state.jobs),
        dict(lead.views.counts) if request.caller.role in ("operator", "auditor") else {},
    )


@post("/v1/network", status_code=201)
async def open_network(request: Asked, data: JSONBody[NetworkAsked]) -> Done:
    """Opens the network, once."""
    name = request.input_id()
    given = inputs.OpenNetwork(name, data.terms, data.regions, data.links, data.pairings)
    return Done(name, len((await request.ask(given)).events))


@get("/v1/centres")
async def list_centres(request: Asked) -> Centres:
    """All centres with their pools."""
    return Centres(tuple(centres_told(request.platform)))


@get("/v1/centres/{centre:str}")
async def show_centre(request: Asked, centre: FromPath[str]) -> CentreTold:
    """One centre."""
    for one in centres_told(request.platform):
        if one.row.centre == centre:
            return one
    raise not_found("centre", centre)


@put("/v1/centres/{centre:str}", status_code=200)
async def enrol_centre(request: Asked, centre: FromPath[str], data: JSONBody[Enrolment]) -> Done:
    """A centre joins the network (算力并网), or its rows are replaced; it works once its agent has joined."""
    if data.centre.centre != centre:
        what = Text("the path names another centre", "路径中的中心不同")
        raise InvalidInput([Fault("centre.centre", what, data.centre.centre, same(centre))])
    name = request.input_id()
    ticket = await request.lead.enrol(inputs.EnrolCentre(name, data.centre, data.pools))
    return Done(name, len(ticket.events))


@delete("/v1/centres/{centre:str}", status_code=200)
async def withdraw_centre(request: Asked, centre: FromPath[str]) -> Done:
    """No new work for a centre; what runs runs on. To let it back, enrol it again."""
    request.own_centre(centre)
    name = request.input_id()
    return Done(name, len((await request.ask(inputs.WithdrawCentre(name, centre))).events))


@post("/v1/centres/{centre:str}/conformance", status_code=201)
async def grade_centre(request: Asked, centre: FromPath[str], data: JSONBody[ConformanceRun]) -> CentreTold:
    """Records a conformance run and the grade that follows from it."""
    request.own_centre(centre)
    await request.ask(GradeCentre(request.input_id(), centre, data))
    return next(one for one in centres_told(request.platform) if one.row.centre == centre)


@get("/v1/pools")
async def list_pools(request: Asked, device: FromQuery[str] = "", centre: FromQuery[str] = "") -> Pools:
    """All pools, with what is free now ("3 of 8")."""
    found = pools_told(request.platform)
    return Pools(tuple(one for one in found if device in ("", one.device) and centre in ("", one.centre)))


@get("/v1/devices")
async def list_devices(request: Asked) -> Devices:
    """Device classes over all open centres."""
    return Devices(tuple(devices_told(request.platform)))


@post("/v1/signals", status_code=201)
async def publish_signals(request: Asked, data: JSONBody[SignalsAsked]) -> Done:
    """Tariff and carbon of grid zones; they replace what was published of those slots."""
    name = request.input_id()
    return Done(name, len((await request.ask(inputs.PublishSignals(name, data.signals))).events))


@get("/v1/signals")
async def list_signals(request: Asked, zone: FromQuery[str] = "", slots: Slots = 168) -> SignalsTold:
    """What is published of the present slot and those after it."""
    state = request.platform.state
    if state.terms is None:
        return SignalsTold(())
    first = state.terms.slot_of(max(state.at, request.lead.clock.now()))
    found: list[Signals] = []
    for name, signals in state.signals.items():
        if zone not in ("", name):
            continue
        values = [signals.of_slot[slot] for slot in range(first, first + slots) if slot in signals.of_slot]
        found.append(
            Signals(
                zone=name,
                from_slot=max(0, first),
                price_micro_per_kwh=tuple(price for price, _ in values),
                carbon_g_per_kwh=tuple(carbon for _, carbon in values),
            )
        )
    return SignalsTold(tuple(found))


@post("/v1/outages", status_code=201)
async def declare_outage(request: Asked, data: JSONBody[Outage]) -> Done:
    """Fewer devices for a time; reservations that no longer fit go back to the queue."""
    if not any(
        data.pool == pool.pool for one in request.platform.state.centres.values() for pool in one.pools
    ):
        raise not_found("pool", data.pool)
    name = request.input_id()
    return Done(name, len((await request.ask(inputs.DeclareOutage(name, data))).events))


@get("/v1/prices")
async def list_prices(request: Asked, of: FromQuery[str] = "", slots: Slots = 24) -> Prices:
    """Prices by pool and slot: what is charged, and what clearing adds; `of`: a pool or a device class."""
    platform = request.platform
    first, lines = price_lines(platform, slots, of)
    terms = platform.state.terms
    if terms is None:
        return Prices(0, 0, 0, ())
    return Prices(first, terms.start_of(first), terms.slot_minutes, tuple(lines))


ROUTES = (
    show_network,
    open_network,
    list_centres,
    show_centre,
    enrol_centre,
    withdraw_centre,
    grade_centre,
    list_pools,
    list_devices,
    publish_signals,
    list_signals,
    declare_outage,
    list_prices,
)
