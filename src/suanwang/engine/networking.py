"""The network's own inputs: its terms, its centres, tariffs, outages, quotas."""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.ending import withdraw
from suanwang.engine.inputs import (
    DeclareOutage,
    EnrolCentre,
    OpenNetwork,
    PublishSignals,
    SetQuota,
    WithdrawCentre,
)
from suanwang.engine.network_frames import TABLES
from suanwang.engine.platform import Platform
from suanwang.engine.releasing import release_held
from suanwang.engine.reporting import fill_centre, known_centre
from suanwang.engine.row_faults import row_faults, value_faults, window_fault
from suanwang.engine.shedding import shed, shed_where_rules_forbid
from suanwang.ledger.commands import OpenCentre
from suanwang.ledger.decide import decide as decide_ledger
from suanwang.ledger.shape import NAME_RULE
from suanwang.model.bounds import INSTANT_MOST
from suanwang.model.network import Terms
from suanwang.model.schema import Column
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

RELEASED_BY_QUOTA = 10_000
SIGNALS_PER_EVENT = 1000
"""Slots in one event, so that it stays within the size of a log record."""
ROWS_PER_EVENT = 200
CURRENCY = "CNY"


def open_network(platform: Platform, given: OpenNetwork, at: int) -> Iterator[events.AnyEvent]:
    """Opens the network. Raises InvalidInput where it is open already, or its terms or rows make no sense."""
    if platform.state.terms is not None:
        raise InvalidInput([Fault("network", Text("it is open already", "网络已开通"), platform.terms.name)])
    faults = terms_faults(given.terms)
    faults += row_faults("regions", given.regions)
    faults += row_faults("links", given.links)
    faults += row_faults("pairings", given.pairings)
    for index, row in enumerate(given.pairings):
        faults += window_fault(f"pairings[{index}]", row.from_slot, row.to_slot)
    if faults:
        raise InvalidInput(faults)
    yield events.NetworkOpened(at, given.terms)
    for first in range(0, len(given.regions), ROWS_PER_EVENT):
        yield events.RegionsListed(at, given.regions[first : first + ROWS_PER_EVENT])
    for first in range(0, len(given.links), ROWS_PER_EVENT):
        yield events.LinksListed(at, given.links[first : first + ROWS_PER_EVENT])
    if given.pairings:
        yield events.PairingsListed(at, given.pairings)


def terms_faults(terms: Terms) -> list[Fault]:
    """What is wrong with a platform's terms."""
    margin = Column("pack_margin", "decimal", same(""), least=0, most=0.999999999, places=9)
    limits = {
        "start_at": (terms.start_at, 0, INSTANT_MOST),
        "slot_minutes": (terms.slot_minutes, 1, 1440),
        "horizon_slots": (terms.horizon_slots, 1, 20_000),
        "reserve_slots": (terms.reserve_slots, 0, terms.horizon_slots),
        "freeze_slots": (terms.freeze_slots, 1, terms.horizon_slots),
        "carbon_price_micro_per_kg": (terms.carbon_price_micro_per_kg, 0, 10**12),
        "data_cost_micro_per_gb_1000km": (terms.data_cost_micro_per_gb_1000km, 0, 9 * 10**9),
    }
    faults = [
        Fault(name, Text("out of range", "超出范围"), str(value), same(f"{least} … {most}"))
        for name, (value, least, most) in limits.items()
        if not least <= value <= most
    ]
    return [*faults, *value_faults("pack_margin", margin, terms.pack_margin)]


def enrol(platform: Platform, given: EnrolCentre, at: int) -> Iterator[events.AnyEvent]:
    """A centre joins, or its rows are replaced; its account is opened with it. Raises InvalidInput."""
    centre, state = given.centre, platform.state
    faults = [*row_faults("centres", [centre]), *row_faults("pools", given.pools)]
    faults += enrolment_faults(platform, given)
    if faults:
        raise InvalidInput(faults)
    if centre.centre not in state.vouchers.ledger.centres:
        command = OpenCentre(f"{given.id}/account", centre.centre, CURRENCY)
        yield from decide_ledger(state.vouchers.ledger, command, at)
    is_new = centre.centre not in state.centres
    yield events.CentreEnrolled(at, centre, given.pools)
    if is_new and platform.line.is_empty():
        return  # nothing is reserved there and nobody waits: many centres are enrolled in a row
    yield from shed(platform, at)
    yield from shed_where_rules_forbid(platform, centre.centre, at)
    yield from fill_centre(platform, centre.centre, at)


def enrolment_faults(platform: Platform, given: EnrolCentre) -> list[Fault]:
    """What does not go with the network as it is."""
    centre, state = given.centre, platform.state
    faults: list[Fault] = []
    if not NAME_RULE.holds(centre.centre):
        what = Text("not a valid name", "名称无效")
        faults.append(Fault("centre", what, centre.centre, NAME_RULE.expected))
    if state.terms is None:
        faults.append(Fault("network", Text("it is not open yet", "网络尚未开通")))
    if centre.grid_zone not in state.signals:
        what = Text("no tariff is published", "没有已发布的电价")
        remedy = Text("publish its signals first", "请先发布其信号")
        faults.append(Fault("grid_zone", what, centre.grid_zone, remedy=remedy))
    seen: set[str] = set()
    for pool in given.pools:
        if pool.centre != centre.centre:
            faults.append(Fault(pool.pool, Text("another centre's pool", "资源池属于其他中心"), pool.centre))
        if platform.centre_of.get(pool.pool, centre.centre) != centre.centre or pool.pool in seen:
            faults.append(Fault(pool.pool, Text("this id is taken", "编号已被占用")))
        seen.add(pool.pool)
    known = state.centres.get(centre.centre)
    used = {state.attempts[name].figures.pool for name in known.attempts} if known is not None else set[str]()
    used |= {room.pool for room in state.rooms.values() if platform.centre_of[room.pool] == centre.centre}
    device_of = {pool.pool: pool.device for pool in given.pools}
    for pool in known.pools if known is not None else ():
        if pool.pool in used and device_of.get(pool.pool) != pool.device:
            what = Text(
                "a pool that still has work cannot leave or change its class",
                "仍有作业的资源池不能移除或更换卡型",
            )
            faults.append(Fault(pool.pool, what, pool.device))
    return faults


def withdraw_centre(platform: Platform, given: WithdrawCentre, at: int) -> Iterator[events.AnyEvent]:
    """No new work; what is only reserved there looks for another place, what runs runs on."""
    centre = known_centre(platform, given.centre)
    if centre.withdrawn:
        return
    yield events.CentreWithdrawn(at, given.centre)
    for name in list(centre.attempts):
        if platform.state.attempts[name].state == "reserved":
            yield from withdraw(platform, name, "vanished", at)


def publish_signals(platform: Platform, given: PublishSignals, at: int) -> Iterator[events.AnyEvent]:
    """Tariff and carbon of grid zones, now or ahead. Raises InvalidInput for values that make no sense."""
    faults = [
        Fault(f"signals {one.zone}", Text("price and carbon differ in length", "电价与碳强度长度不同"))
        for one in given.signals
        if len(one.price_micro_per_kwh) != len(one.carbon_g_per_kwh) or not one.price_micro_per_kwh
    ]
    columns = {name: TABLES["signals"].column(name) for name in ("price_micro_per_kwh", "carbon_g_per_kwh")}
    faults += [
        fault
        for one in given.signals
        for name, column in columns.items()
        for index, text in enumerate(getattr(one, name))
        for fault in value_faults(f"signals {one.zone}.{name}[{index}]", column, text)
    ]
    if faults:
        raise InvalidInput(faults)
    for one in given.signals:
        for first in range(0, len(one.price_micro_per_kwh), SIGNALS_PER_EVENT):
            last = first + SIGNALS_PER_EVENT
            part = type(one)(
                zone=one.zone,
                from_slot=one.from_slot + first,
                price_micro_per_kwh=one.price_micro_per_kwh[first:last],
                carbon_g_per_kwh=one.carbon_g_per_kwh[first:last],
            )
            yield events.SignalsPublished(at, part)


def declare_outage(platform: Platform, given: DeclareOutage, at: int) -> Iterator[events.AnyEvent]:
    """Fewer devices for a time; the latest reservations that no longer fit go back to the queue."""
    outage = given.outage
    faults = [*row_faults("outages", [outage]), *window_fault("outage", outage.from_slot, outage.to_slot)]
    if outage.pool not in platform.centre_of:
        faults.append(Fault("pool", Text("no such pool", "没有这个资源池"), outage.pool))
    if faults:
        raise InvalidInput(faults)
    yield events.OutageDeclared(at, outage)
    yield from shed(platform, at)


def set_quota(platform: Platform, given: SetQuota, at: int) -> Iterator[events.AnyEvent]:
    """A quota, new or replaced. Raises InvalidInput for limits below zero or a weight below one."""
    limits = {
        "milli_most": given.milli_most or 0,
        "jobs_most": given.jobs_most or 0,
        "weight": given.weight - 1,
    }
    faults = [
        Fault(name, Text("out of range", "超出范围"), str(value))
        for name, value in limits.items()
        if value < 0
    ]
    if faults:
        raise InvalidInput(faults)
    yield events.QuotaSet(
        at, given.enterprise, given.project, given.milli_most, given.jobs_most, given.weight
    )
    yield from release_held(platform, given.enterprise, at, RELEASED_BY_QUOTA)
