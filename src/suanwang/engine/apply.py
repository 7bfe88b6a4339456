"""Applying an event: the state follows, nothing is decided. A replay is this, event after event."""

from collections.abc import Callable, Iterable
from heapq import heapify
from typing import Any

import msgspec

from suanwang.engine import apply_attempts, apply_jobs, apply_network, events, voucher_apply
from suanwang.engine.apply_facts import fact_recorded
from suanwang.engine.conformance import CentreGraded, centre_graded
from suanwang.engine.platform import Platform
from suanwang.engine.setting_back import jobs_leapt, orders_leapt
from suanwang.engine.tokens import TokenIssued, TokenRevoked, token_issued, token_revoked
from suanwang.engine.voucher_events import AnyVoucherEvent
from suanwang.ledger.apply import apply as apply_ledger
from suanwang.ledger.events import AnyEvent as AnyLedgerEvent
from suanwang.ledger.events import GrantIssued
from suanwang.ledger.refusals import CorruptLog
from suanwang.units.errors import Fault
from suanwang.units.text import Text
from suanwang.units.uncollected import uncollected


def apply(platform: Platform, event: events.AnyEvent) -> None:
    """Changes the state by one event. Raises CorruptLog where it cannot follow; the state is then void."""
    state = platform.state
    state.events += 1
    if type(event) is events.LeadTaken:
        state.skipped_us += max(0, event.at - state.at)
    if event.at > state.at:
        state.at = event.at
    try:
        CHANGES[type(event)](platform, event)
    except (KeyError, IndexError) as error:
        what = Text(f"it names {error}, which is not there", f"引用了不存在的 {error}")
        raise CorruptLog([Fault(str(event.__struct_config__.tag), what)]) from error


def money_moved(platform: Platform, event: AnyLedgerEvent) -> None:
    """The books follow."""
    apply_ledger(platform.state.vouchers.ledger, event)


def voucher_changed(platform: Platform, event: AnyVoucherEvent) -> None:
    """The files of grants and claims follow."""
    voucher_apply.apply(platform.state.vouchers, event)


def grant_issued(platform: Platform, event: GrantIssued) -> None:
    """A grant that is usable only later: jobs that wait for money are looked at then."""
    money_moved(platform, event)
    if event.starts_at > event.at:
        platform.agenda.arm(event.starts_at, "grant", event.enterprise)


def replay(platform: Platform, records: Iterable[bytes]) -> None:
    """Applies a log's records. Raises CorruptLog at the first that cannot follow."""
    with uncollected():
        for record in records:
            try:
                event = events.decode(record)
            except msgspec.DecodeError as error:
                what = Text(f"not an event of this version: {error}", f"不是本版本的事件：{error}")
                raise CorruptLog([Fault("log", what, found=repr(record[:80]))]) from None
            apply(platform, event)
    await_slot(platform)


def await_slot(platform: Platform) -> None:
    """The next slot to begin is the one after that of the last event: those before it have begun."""
    state, agenda = platform.state, platform.agenda
    agenda.entries = [entry for entry in agenda.entries if entry[2] != "slot"]
    heapify(agenda.entries)
    if state.terms is not None:
        agenda.arm(state.terms.start_of(state.terms.slot_of(state.at) + 1), "slot")


CHANGES: dict[type[Any], Callable[[Platform, Any], None]] = {
    **dict.fromkeys(AnyLedgerEvent.__args__, money_moved),
    **dict.fromkeys(AnyVoucherEvent.__args__, voucher_changed),
    events.NetworkOpened: apply_network.network_opened,
    events.CentreEnrolled: apply_network.centre_enrolled,
    events.CentreWithdrawn: apply_network.centre_withdrawn,
    events.RegionsListed: apply_network.regions_listed,
    events.LinksListed: apply_network.links_listed,
    events.PairingsListed: apply_network.pairings_listed,
    events.OutageDeclared: apply_network.outage_declared,
    events.SignalsPublished: apply_network.signals_published,
    events.CentreJoined: apply_network.centre_joined,
    events.CentreFits: apply_network.centre_fits,
    events.CentreSilent: apply_network.centre_silent,
    events.CentreHeard: apply_network.centre_heard,
    events.LeadTaken: apply_network.lead_taken,
    events.JobsLeapt: jobs_leapt,
    events.OrdersLeapt: orders_leapt,
    events.QuotaSet: apply_network.quota_set,
    GrantIssued: grant_issued,
    TokenIssued: token_issued,
    TokenRevoked: token_revoked,
    CentreGraded: centre_graded,
    events.ClearingAsked: apply_network.clearing_asked,
    events.PricesPublished: apply_network.prices_published,
    events.Cleared: apply_network.cleared,
    events.JobAdmitted: apply_jobs.job_admitted,
    events.JobRefused: apply_jobs.job_refused,
    events.JobHeld: apply_jobs.job_held,
    events.JobQueued: apply_jobs.job_queued,
    events.CancelAsked: apply_jobs.cancel_asked,
    events.RoomKept: apply_jobs.room_kept,
    events.JobEnded: apply_jobs.job_ended,
    events.AttemptReserved: apply_attempts.attempt_reserved,
    events.AttemptMoved: apply_attempts.attempt_moved,
    events.AttemptProlonged: apply_attempts.attempt_prolonged,
    events.AttemptDispatched: apply_attempts.attempt_dispatched,
    events.AttemptStoodBy: apply_attempts.attempt_stood_by,
    events.AttemptLetIn: apply_attempts.attempt_let_in,
    events.OrderGiven: apply_attempts.order_given,
    events.FactRecorded: fact_recorded,
    events.FactFenced: apply_attempts.fact_fenced,
    events.AttemptEnded: apply_attempts.attempt_ended,
}
