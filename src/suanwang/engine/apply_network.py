"""Events of the network, its centres and its prices, taken into the state. Nothing is decided here."""

from suanwang.engine import events, refusals
from suanwang.engine.holding import Quota, holding_key
from suanwang.engine.lateness import lost_at
from suanwang.engine.platform import CentreState, PairingState, Platform, ZoneSignals

MINUTES_PER_DAY = 1440


def network_opened(platform: Platform, event: events.NetworkOpened) -> None:
    """The terms hold from now on."""
    platform.state.terms = event.terms
    platform.agenda.arm(event.terms.start_of(event.terms.slot_of(event.at) + 1), "slot")
    platform.network_changed()


def centre_enrolled(platform: Platform, event: events.CentreEnrolled) -> None:
    """A centre's rows, new or replaced."""
    name = event.centre.centre
    known = platform.state.centres.get(name)
    if known is None:
        platform.state.centres[name] = CentreState(event.centre, event.pools)
    else:
        for pool in known.pools:
            platform.centre_of.pop(pool.pool, None)
        known.row, known.pools, known.withdrawn = event.centre, event.pools, False
    for pool in event.pools:
        platform.centre_of[pool.pool] = name
    refusals.forget(platform.state, name, frozenset(pool.pool for pool in event.pools))
    platform.network_changed()


def centre_withdrawn(platform: Platform, event: events.CentreWithdrawn) -> None:
    """No new work."""
    platform.state.centres[event.centre].withdrawn = True
    platform.set_open(event.centre)


def regions_listed(platform: Platform, event: events.RegionsListed) -> None:
    """Regions by name."""
    platform.state.regions.update({row.region: row for row in event.regions})
    platform.network_changed()


def links_listed(platform: Platform, event: events.LinksListed) -> None:
    """Links by their pair."""
    platform.state.links.update({f"{row.region}>{row.centre}": row for row in event.links})
    platform.network_changed()


def pairings_listed(platform: Platform, event: events.PairingsListed) -> None:
    """Pairings in the order in which they came."""
    platform.state.pairings += [PairingState(row) for row in event.pairings]


def outage_declared(platform: Platform, event: events.OutageDeclared) -> None:
    """One more outage; they add up. Those that are over are forgotten."""
    now = platform.terms.slot_of(event.at)
    platform.state.outages = [one for one in platform.state.outages if one.to_slot > now]
    platform.state.outages.append(event.outage)
    platform.network_changed()


def signals_published(platform: Platform, event: events.SignalsPublished) -> None:
    """Signals of the slots named. Of the past, only the last day is kept, which stands for days to come."""
    new = event.signals
    zone = platform.state.signals.setdefault(new.zone, ZoneSignals())
    for offset, pair in enumerate(zip(new.price_micro_per_kwh, new.carbon_g_per_kwh, strict=True)):
        zone.of_slot[new.from_slot + offset] = pair
    if platform.state.terms is not None:
        terms = platform.terms
        day = max(1, MINUTES_PER_DAY // terms.slot_minutes)
        oldest = min(terms.slot_of(event.at), max(zone.of_slot)) - day
        zone.of_slot = {slot: pair for slot, pair in zone.of_slot.items() if slot >= oldest}
    platform.network_changed()


def centre_joined(platform: Platform, event: events.CentreJoined) -> None:
    """A new agent session: it speaks."""
    platform.state.centres[event.centre].session = event.session
    heard(platform, event.centre)


def centre_fits(platform: Platform, event: events.CentreFits) -> None:
    """What fits now."""
    state, centre = platform.state, platform.state.centres[event.centre]
    if state.refusals:
        refusals.forget(state, event.centre, refusals.changed_pools(centre.fits, event.shapes))
    centre.fits = event.shapes


def centre_silent(platform: Platform, event: events.CentreSilent) -> None:
    """Its attempts are suspect: each has its own patience."""
    centre = platform.state.centres[event.centre]
    centre.silent_since = event.since_at
    for name in centre.attempts:
        arm_lost(platform, name)
    platform.set_open(event.centre)


def arm_lost(platform: Platform, name: str) -> None:
    """Look at an attempt when it has been silent for too long."""
    platform.agenda.arm(lost_at(platform, name), "lost", name)


def centre_heard(platform: Platform, event: events.CentreHeard) -> None:
    """No longer silent."""
    heard(platform, event.centre)


def heard(platform: Platform, name: str) -> None:
    """The centre is open again; what should have started meanwhile is due now."""
    centre = platform.state.centres[name]
    if centre.silent_since is None:
        return
    centre.silent_since = None
    platform.set_open(name)
    for attempt_id in centre.attempts:
        attempt = platform.state.attempts[attempt_id]
        if attempt.state == "reserved":
            platform.agenda.arm(attempt.figures.start_at, "start", attempt_id)


def lead_taken(platform: Platform, event: events.LeadTaken) -> None:
    """Silence counts from here; those who were silent get their patience anew."""
    state = platform.state
    state.lead_at, state.epoch = event.at, event.epoch
    for centre in state.centres.values():
        if centre.silent_since is not None:
            for name in centre.attempts:
                arm_lost(platform, name)


def quota_set(platform: Platform, event: events.QuotaSet) -> None:
    """The quota of an enterprise, or of one of its projects."""
    key = holding_key(event.enterprise, event.project)
    platform.state.quotas[key] = Quota(event.milli_most, event.jobs_most, event.weight)


def clearing_asked(platform: Platform, event: events.ClearingAsked) -> None:
    """A clearing is under way."""
    platform.state.clearing_count = platform.state.clearing = event.serial
    platform.state.cleared_slot = event.from_slot


def prices_published(platform: Platform, event: events.PricesPublished) -> None:
    """Scarcity prices of a pool; all pools of a clearing are taken over when it is recorded as cleared."""
    if event.price_micro:
        platform.state.prices[event.pool] = (event.from_slot, event.price_micro)
    else:
        platform.state.prices.pop(event.pool, None)


def cleared(platform: Platform, event: events.Cleared) -> None:
    """The clearing is over."""
    platform.state.clearing = None
    platform.set_prices()
