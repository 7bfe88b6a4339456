"""What the voucher routes record: outcomes, each with the decision that explains it.

An event's stored bytes are its msgspec JSON in field order. Tags end in the version; a struct with a version
never changes, a new shape gets a new tag. No floats, no personal data: firms by credit code, papers by hash.
The money that an outcome moves stands in the ledger's own event, in the same group of the log.
"""

from datetime import date
from typing import Literal

import msgspec

from suanwang.ledger.events import AnyEvent as AnyLedgerEvent
from suanwang.policy.decision import Decision, Position


class FindingRecord(msgspec.Struct, frozen=True, gc=False):
    """What one clause said, as `policy.decision.Finding`."""

    clause: str
    verdict: str
    figure: int | None
    limit: int | None
    missing: tuple[str, ...]


class StepRecord(msgspec.Struct, frozen=True, gc=False):
    """One step of the arithmetic, as `policy.decision.Step`."""

    step: str
    before: int
    by: int
    after: int


class PayerShare(msgspec.Struct, frozen=True, gc=False):
    """What one payer pays."""

    payer: str
    amount_micro: int


class DecisionRecord(msgspec.Struct, frozen=True, gc=False):
    """A decision as it was made. Its bytes are those that `decision_digest` hashes."""

    programme: str
    enterprise: str
    day: date
    outcome: str
    findings: tuple[FindingRecord, ...]
    alternative: str
    steps: tuple[StepRecord, ...]
    amount_micro: int | None
    shares: tuple[PayerShare, ...]
    missing: tuple[str, ...]
    rule_digest: str
    input_digest: str


class PaidRecord(msgspec.Struct, frozen=True, gc=False):
    """What was had before."""

    day: date
    amount_micro: int
    contract: str


class BesideRecord(msgspec.Struct, frozen=True, gc=False):
    """What was had beside it."""

    programme: str
    family: str
    level: str
    amount_micro: int


class PositionRecord(msgspec.Struct, frozen=True, gc=False):
    """Where the books stood for the decision."""

    paid: tuple[PaidRecord, ...]
    beside: tuple[BesideRecord, ...]
    pool_left_micro: int | None


class FaultRecord(msgspec.Struct, frozen=True, gc=False):
    """One thing to be put right in the papers, in both languages."""

    where: str
    what_en: str
    what_zh: str
    found: str
    expected_en: str
    expected_zh: str


class EvidenceRecord(msgspec.Struct, frozen=True, gc=False):
    """A document of a claim: kind, SHA-256 and day."""

    kind: str
    sha256: str
    dated: date


class VoucherEvent(msgspec.Struct, frozen=True, gc=False, tag_field="event"):
    """The root: when (UTC microseconds), which input it answers, and that input's digest."""

    at: int
    id: str
    digest: str


class GrantApplied(VoucherEvent, frozen=True, tag="grant_applied.1"):
    """An application was filed. `papers` and `purchase` are SHA-256 in hex; `contract` may be empty."""

    application: str
    programme: str
    family: str
    level: str
    enterprise: str
    contract: str
    purchase: str
    papers: str
    filed: date
    asked_micro: int | None


class GrantReviewed(VoucherEvent, frozen=True, tag="grant_reviewed.1"):
    """What became of an application, with the whole decision and the position that it was made on.

    `rate_bp`: the rate that the amount was reckoned by, which also bounds the grant's part of each use; none
    where the amount has no rate. `expires` is the last day.
    """

    application: str
    papers: str
    outcome: Literal["granted", "waiting", "refused", "undecided"]
    amount_micro: int | None
    shares: tuple[PayerShare, ...]
    valid_from: date | None
    expires: date | None
    rate_bp: int | None
    decision_digest: str
    decision: DecisionRecord
    position: PositionRecord


class GrantPromoted(VoucherEvent, frozen=True, tag="grant_promoted.1"):
    """A waiting application was granted."""

    application: str
    amount_micro: int
    shares: tuple[PayerShare, ...]
    valid_from: date
    expires: date | None


class GrantWithdrawn(VoucherEvent, frozen=True, tag="grant_withdrawn.1"):
    """An application was taken back by the applicant."""

    application: str


class ClaimFiled(VoucherEvent, frozen=True, tag="claim_filed.1"):
    """A claim was filed, or filed again (`round` > 1)."""

    claim: str
    round: int
    programme: str
    family: str
    level: str
    enterprise: str
    contract: str
    invoices: tuple[str, ...]
    evidence: tuple[EvidenceRecord, ...]
    papers: str
    filed: date
    paid: date | None
    asked_micro: int | None


class ClaimChecked(VoucherEvent, frozen=True, tag="claim_checked.1"):
    """What the check made of a claim, with the whole decision and the position that it was made on.

    `amount_micro` is the decision's amount in whole 分, rounded down, since it is paid in cash.
    """

    claim: str
    outcome: Literal["approved", "returned", "refused"]
    amount_micro: int | None
    shares: tuple[PayerShare, ...]
    faults: tuple[FaultRecord, ...]
    missing: tuple[str, ...]
    decision_digest: str
    decision: DecisionRecord
    position: PositionRecord


class ClaimPaidOut(VoucherEvent, frozen=True, tag="claim_paid_out.1"):
    """Part or all of a claim was paid."""

    claim: str
    amount_micro: int
    day: date
    reference: str


class ClaimClawedBack(VoucherEvent, frozen=True, tag="claim_clawed_back.1"):
    """Part or all of a paid claim is to be paid back, by payer."""

    claim: str
    amount_micro: int
    shares: tuple[PayerShare, ...]
    day: date
    reason: str


AnyVoucherEvent = (
    GrantApplied
    | GrantReviewed
    | GrantPromoted
    | GrantWithdrawn
    | ClaimFiled
    | ClaimChecked
    | ClaimPaidOut
    | ClaimClawedBack
)
AnyRecord = AnyVoucherEvent | AnyLedgerEvent

VOUCHER_TAGS = frozenset(str(event.__struct_config__.tag) for event in AnyVoucherEvent.__args__)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyRecord] = msgspec.json.Decoder(AnyRecord)
_decision: msgspec.json.Decoder[DecisionRecord] = msgspec.json.Decoder(DecisionRecord)
_position: msgspec.json.Decoder[PositionRecord] = msgspec.json.Decoder(PositionRecord)
_as_decision: msgspec.json.Decoder[Decision] = msgspec.json.Decoder(Decision)
_as_position: msgspec.json.Decoder[Position] = msgspec.json.Decoder(Position)


def encode(event: AnyRecord) -> bytes:
    """The bytes of a log record: one JSON object in field order."""
    return _encoder.encode(event)


def decode(record: bytes) -> AnyRecord:
    """The event of a log record. Raises msgspec.DecodeError (ValidationError) where it is none."""
    return _decoder.decode(record)


def decision_record(decision: Decision) -> DecisionRecord:
    """The decision as an event holds it, field by field."""
    return _decision.decode(_encoder.encode(decision))


def recorded_decision(record: DecisionRecord) -> Decision:
    """The decision that an event holds."""
    return _as_decision.decode(_encoder.encode(record))


def position_record(position: Position) -> PositionRecord:
    """The position as an event holds it, field by field."""
    return _position.decode(_encoder.encode(position))


def recorded_position(record: PositionRecord) -> Position:
    """The position that an event holds."""
    return _as_position.decode(_encoder.encode(record))
