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
from suanwang.engine.platform import Platform
from suanwang.engine.reporting import unknown_centre
from suanwang.ledger.commands import OpenCentre
from suanwang.ledger.decide import decide as decide_ledger
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

SIGNALS_PER_EVENT = 1000
"""Slots in one event, so that it stays within the size of a log record."""
ROWS_PER_EVENT = 200
CURRENCY = "CNY"


def open_network(platform: Platform, given: OpenNetwork, at: int) -> Iterator[events.AnyEvent]:
    """Opens the network. Raises InvalidInput where it is open already, or its terms make no sense."""
    if platform.state.terms is not None:
        raise InvalidInput([Fault("network", Text("it is open already", "网络已开通"), platform.terms.name)])
    terms = given.terms
    limits = {
        "slot_minutes": (terms.slot_minutes, 1, 1440),
        "horizon_slots": (terms.horizon_slots, 1, 20_000),
        "reserve_slots": (terms.reserve_slots, 0, terms.horizon_slots),
        "freeze_slots": (terms.freeze_slots, 1, terms.horizon_slots),
    }
    faults = [
        Fault(name, Text("out of range", "超出范围"), str(value), same(f"{least} … {most}"))
        for name, (value, least, most) in limits.items()
        if not least <= value <= most
    ]
    if faults:
        raise InvalidInput(faults)
    yield events.NetworkOpened(at, terms)
    for first in range(0, len(given.regions), ROWS_PER_EVENT):
        yield events.RegionsListed(at, given.regions[first : first + ROWS_PER_EVENT])
    for first in range(0, len(given.links), ROWS_PER_EVENT):
        yield events.LinksListed(at, given.links[first : first + ROWS_PER_EVENT])
    if given.pairings:
        yield events.PairingsListed(at, given.pairings)


def enrol(platform: Platform, given: EnrolCentre, at: int) -> Iterator[events.AnyEvent]:
    """A centre joins, or its rows are replaced; its account is opened with it. Raises InvalidInput."""
    centre, state = given.centre, platform.state
    faults: list[Fault] = []
    if state.terms is None:
        faults.append(Fault("network", Text("it is not open yet", "网络尚未开通")))
    if centre.grid_zone not in state.signals:
        remedy = Text("publish its signals first", "请先发布其信号")
        faults.append(
            Fault(
                "grid_zone",
                Text("no tariff is published", "没有已发布的电价"),
                centre.grid_zone,
                remedy=remedy,
            )
        )
    elsewhere = {
        pool.pool for name, known in state.centres.items() if name != centre.centre for pool in known.pools
    }
    for pool in given.pools:
        if pool.centre != centre.centre:
            faults.append(Fault(pool.pool, Text("another centre's pool", "资源池属于其他中心"), pool.centre))
        if pool.pool in elsewhere:
            faults.append(Fault(pool.pool, Text("this id is taken", "编号已被占用")))
    if faults:
        raise InvalidInput(faults)
    known = state.centres.get(centre.centre)
    kept = {pool.pool for pool in given.pools}
    if known is not None:
        for name in list(known.attempts):
            attempt = state.attempts[name]
            if attempt.figures.pool not in kept:
                what = Text("a pool that still has work cannot leave", "仍有作业的资源池不能移除")
                raise InvalidInput([Fault(attempt.figures.pool, what, name)])
    elif centre.centre not in state.vouchers.ledger.centres:
        command = OpenCentre(f"{given.id}/account", centre.centre, CURRENCY)
        yield from decide_ledger(state.vouchers.ledger, command, at)
    yield events.CentreEnrolled(at, centre, given.pools)
    yield from shed(platform, at)


def withdraw_centre(platform: Platform, given: WithdrawCentre, at: int) -> Iterator[events.AnyEvent]:
    """No new work; what is only reserved there looks for another place, what runs runs on."""
    centre = platform.state.centres.get(given.centre)
    if centre is None:
        raise unknown_centre(platform, given.centre)
    if centre.withdrawn:
        return
    yield events.CentreWithdrawn(at, given.centre)
    for name in list(centre.attempts):
        if platform.state.attempts[name].state == "reserved":
            yield from withdraw(platform, name, "vanished", at)


def publish_signals(platform: Platform, given: PublishSignals, at: int) -> Iterator[events.AnyEvent]:
    """Tariff and carbon of grid zones, from now on or ahead. Raises InvalidInput for lists of unequal length."""
    faults = [
        Fault(f"signals {one.zone}", Text("price and carbon differ in length", "电价与碳强度长度不同"))
        for one in given.signals
        if len(one.price_micro_per_kwh) != len(one.carbon_g_per_kwh) or not one.price_micro_per_kwh
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
    if given.outage.pool not in platform.ground.row_of:
        raise InvalidInput([Fault("pool", Text("no such pool", "没有这个资源池"), given.outage.pool)])
    yield events.OutageDeclared(at, given.outage)
    yield from shed(platform, at)


def shed(platform: Platform, at: int) -> Iterator[events.AnyEvent]:
    """Takes back reservations of pools that hold more than they have, the latest start first."""
    ground = platform.ground
    now = max(0, platform.terms.slot_of(at) - ground.from_slot)
    for row, pool in enumerate(ground.pools):
        if (ground.free_milli[row, now:] >= 0).all():
            continue
        for name in reversed(platform.reserved_soon(pool, len(platform.reserved.get(pool, ())))):
            figures = platform.state.attempts[name].figures
            lying = platform.ground.free_milli[
                row, max(0, figures.from_slot - ground.from_slot) : figures.to_slot - ground.from_slot
            ]
            if (lying < 0).any():
                yield from withdraw(platform, name, "vanished", at)


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
