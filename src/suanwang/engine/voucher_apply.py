"""Applying a voucher event: the state follows, nothing is decided. Ledger events go to the ledger."""

from collections.abc import Callable, Iterable, Iterator
from datetime import date
from typing import Any, cast

import msgspec

from suanwang.engine.voucher_events import (
    VOUCHER_TAGS,
    AnyRecord,
    ClaimChecked,
    ClaimClawedBack,
    ClaimFiled,
    ClaimPaidOut,
    FaultRecord,
    GrantApplied,
    GrantPromoted,
    GrantReviewed,
    GrantWithdrawn,
    PayerShare,
    VoucherEvent,
    decode,
    recorded_decision,
)
from suanwang.engine.voucher_state import ApplicationFile, ClaimFile, Vouchers, empty_vouchers
from suanwang.ledger.apply import apply as apply_ledger
from suanwang.ledger.events import EVENT_TAGS, Event
from suanwang.ledger.refusals import CorruptLog
from suanwang.model.purchase import Claim, Evidence, EvidenceKind
from suanwang.policy.claim_route import Approved, ClaimPaid, ClaimRefused, Filed, Returned
from suanwang.policy.decision import Share
from suanwang.policy.voucher_route import Applied, Granted, Refused, Undecided, Waiting, Withdrawn
from suanwang.units.errors import Fault
from suanwang.units.text import Text


def apply(state: Vouchers, event: AnyRecord) -> None:
    """Changes `state` by one event. Raises CorruptLog where it cannot follow; the state is then void."""
    if isinstance(event, Event):
        apply_ledger(state.ledger, event)
        return
    if state.done.setdefault(event.id, event.digest) != event.digest:
        raise corrupt(event, Text("an id with two bodies", "同一编号有两种内容"))
    try:
        CHANGES[type(event)](state, event)
    except KeyError as error:
        raise corrupt(
            event, Text(f"it names {error}, which is not there", f"引用了不存在的 {error}")
        ) from None


def replay(records: Iterable[bytes]) -> Vouchers:
    """The state that a log's records make. Raises CorruptLog at the first that cannot follow."""
    state = empty_vouchers()
    for event in read_records(records):
        apply(state, event)
    return state


class _Tagged(msgspec.Struct):
    event: str = ""


def read_records(records: Iterable[bytes]) -> Iterator[AnyRecord]:
    """The voucher and ledger events among a log's records; those of other parts are passed over.

    Raises CorruptLog at a record that is no event, or an event of ours that does not have its shape.
    """
    for number, record in enumerate(records):
        try:
            yield decode(record)
        except msgspec.DecodeError as error:
            try:
                tag = msgspec.json.decode(record, type=_Tagged).event
            except msgspec.DecodeError:
                tag = ""
            if tag == "" or tag in EVENT_TAGS or tag in VOUCHER_TAGS:
                what = Text(f"not an event: {error}", f"不是事件：{error}")
                raise CorruptLog([Fault(f"event {number}", what, found=repr(record[:80]))]) from None


def corrupt(event: VoucherEvent, what: Text) -> CorruptLog:
    """The error of a log that this program cannot have written."""
    where = f"{event.__struct_config__.tag} {event.id}"
    remedy = Text("verify the log with its proofs and restore it", "请用存证校验日志并恢复")
    return CorruptLog([Fault(where, what, remedy=remedy)])


def shares_of(records: tuple[PayerShare, ...]) -> tuple[Share, ...]:
    """The shares as policy has them."""
    return tuple(Share(record.payer, record.amount_micro) for record in records)


def _grant_applied(state: Vouchers, event: GrantApplied) -> None:
    applied = Applied(event.application, event.programme, event.enterprise, event.filed, event.asked_micro)
    state.applications[event.application] = ApplicationFile(event, applied)
    state.by_firm.setdefault(event.enterprise, []).append(event.application)


def _grant_reviewed(state: Vouchers, event: GrantReviewed) -> None:
    file = state.applications[event.application]
    applied, digest = file.applied, event.decision_digest
    who = (applied.application, applied.programme, applied.enterprise)
    file.reviewed = event
    match event.outcome:
        case "granted":
            _granted(state, file, event.amount_micro or 0, event.shares, event.valid_from, event.expires)
        case "waiting":
            file.state = Waiting(*who, applied.filed, event.amount_micro or 0, digest)
        case "refused":
            file.state = Refused(*who, recorded_decision(event.decision).failed, digest)
        case "undecided":
            file.state = Undecided(*who, applied.filed, applied.asked_micro, event.decision.missing)


def _granted(
    state: Vouchers,
    file: ApplicationFile,
    amount_micro: int,
    shares: tuple[PayerShare, ...],
    valid_from: date | None,
    expires: date | None,
) -> None:
    applied = file.applied
    assert valid_from is not None
    assert file.reviewed is not None
    file.state = Granted(
        applied.application,
        applied.programme,
        applied.enterprise,
        amount_micro,
        shares_of(shares),
        valid_from,
        expires,
        file.reviewed.decision_digest,
    )
    _use_pool(state, applied.programme, valid_from.year, amount_micro)


def _use_pool(state: Vouchers, programme: str, year: int, amount_micro: int) -> None:
    state.used_of_pool[programme, year] = state.used_of_pool.get((programme, year), 0) + amount_micro


def _grant_promoted(state: Vouchers, event: GrantPromoted) -> None:
    file = state.applications[event.application]
    _granted(state, file, event.amount_micro, event.shares, event.valid_from, event.expires)


def _grant_withdrawn(state: Vouchers, event: GrantWithdrawn) -> None:
    file = state.applications[event.application]
    file.state = Withdrawn(event.application, file.applied.programme, file.applied.enterprise)


def claim_of(event: ClaimFiled) -> Claim:
    """The claim as it was filed."""
    return Claim(
        event.claim,
        event.programme,
        event.enterprise,
        event.contract,
        event.invoices,
        tuple(Evidence(cast(EvidenceKind, one.kind), one.sha256, one.dated) for one in event.evidence),
        event.filed,
        event.paid,
        event.asked_micro,
    )


def _claim_filed(state: Vouchers, event: ClaimFiled) -> None:
    if event.claim not in state.claims:
        state.by_firm.setdefault(event.enterprise, []).append(event.claim)
    state.claims[event.claim] = ClaimFile(event, Filed(claim_of(event), event.round))


def _claim_checked(state: Vouchers, event: ClaimChecked) -> None:
    file = state.claims[event.claim]
    file.checked = event
    claim = file.state.claim
    match event.outcome:
        case "approved":
            amount = event.amount_micro or 0
            file.state = Approved(claim, amount, shares_of(event.shares), event.decision_digest)
            _use_pool(state, claim.programme, claim.filed.year, amount)
        case "returned":
            file.state = Returned(claim, file.filed.round, tuple(map(fault_of, event.faults)), event.missing)
        case "refused":
            failed = recorded_decision(event.decision).failed
            file.state = ClaimRefused(claim, failed, event.decision_digest)


def fault_of(record: FaultRecord) -> Fault:
    """The fault that an event holds."""
    return Fault(
        record.where,
        Text(record.what_en, record.what_zh),
        record.found,
        Text(record.expected_en, record.expected_zh),
        kind="papers",
    )


def _claim_paid_out(state: Vouchers, event: ClaimPaidOut) -> None:
    file = state.claims[event.claim]
    before = file.state
    if not isinstance(before, Approved):
        raise corrupt(event, Text("it pays a claim that is not approved", "支付了未核准的申报"))
    paid = before.paid_micro + event.amount_micro
    if paid < before.amount_micro:
        file.state = msgspec.structs.replace(before, paid_micro=paid)
    else:
        file.state = ClaimPaid(
            before.claim, before.amount_micro, before.shares, before.decision_digest, event.day
        )


def _claim_clawed_back(state: Vouchers, event: ClaimClawedBack) -> None:
    file = state.claims[event.claim]
    before = file.state
    if not isinstance(before, ClaimPaid):
        raise corrupt(event, Text("it claws back a claim that is not paid", "追回了未支付的申报"))
    file.state = msgspec.structs.replace(
        before, clawed_back_micro=before.clawed_back_micro + event.amount_micro
    )


CHANGES: dict[type[VoucherEvent], Callable[[Vouchers, Any], None]] = {
    GrantApplied: _grant_applied,
    GrantReviewed: _grant_reviewed,
    GrantPromoted: _grant_promoted,
    GrantWithdrawn: _grant_withdrawn,
    ClaimFiled: _claim_filed,
    ClaimChecked: _claim_checked,
    ClaimPaidOut: _claim_paid_out,
    ClaimClawedBack: _claim_clawed_back,
}
