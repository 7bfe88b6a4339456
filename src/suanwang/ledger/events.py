"""What the ledger records: outcomes, every leg with its amount. One event answers one command.

An event's stored bytes are its msgspec JSON in field order. Tags end in the version; a struct with a version
never changes, a new shape gets a new tag. No floats. `id` is the command's id, `digest` its body's.
"""

from typing import Literal

import msgspec

from suanwang.ledger.commands import Draw, FundWeight, Leg

Alarm = Literal["ok", "low", "short"]
"""A reserve: ok; low: below its floor; short: something waits for it, and new holds are refused."""


class Event(msgspec.Struct, frozen=True, gc=False, tag_field="event"):
    """The root: when it was booked (UTC microseconds), which command it answers, what was booked."""

    at: int
    id: str
    digest: str
    legs: tuple[Leg, ...]


class Reason(msgspec.Struct, frozen=True, gc=False):
    """One reason of a refusal: a code of `refusals.TEXTS`, the place, what stood there, what was needed."""

    code: str
    where: str
    found: str = ""
    needed: str = ""


class Refused(Event, frozen=True, tag="refused.1"):
    """The command was well formed and the answer is no. The answer stays no for this id."""

    reasons: tuple[Reason, ...]


class AccountOpened(Event, frozen=True, tag="account_opened.1"):
    """A by-hand account of the platform."""

    account: str
    currency: str


class FundOpened(Event, frozen=True, tag="fund_opened.1"):
    """A fund, with its treasury and current account."""

    fund: str
    currency: str


class CentreOpened(Event, frozen=True, tag="centre_opened.1"):
    """A centre, with its payable and disputed accounts."""

    centre: str
    currency: str


class WalletOpened(Event, frozen=True, tag="wallet_opened.1"):
    """An enterprise's wallet."""

    enterprise: str
    currency: str
    credit_limit_micro: int


class CreditSet(Event, frozen=True, tag="credit_set.1"):
    """A new credit limit."""

    enterprise: str
    credit_limit_micro: int


class ProgrammeOpened(Event, frozen=True, tag="programme_opened.1"):
    """A programme, with its budget accounts and its empty reserve."""

    programme: str
    currency: str
    funds: tuple[FundWeight, ...]
    reserve_level_micro: int
    reserve_floor_micro: int
    alarm: Alarm


class Appropriated(Event, frozen=True, tag="appropriated.1"):
    """Budget given to a programme, or taken back."""

    programme: str
    amount_micro: int


class PaidIn(Event, frozen=True, tag="paid_in.1"):
    """A fund's cash arrived."""

    fund: str
    amount_micro: int
    reference: str


class ToppedUp(Event, frozen=True, tag="topped_up.1"):
    """An enterprise's cash arrived."""

    enterprise: str
    amount_micro: int
    reference: str


class Withdrawn(Event, frozen=True, tag="withdrawn.1"):
    """Cash went back to an enterprise."""

    enterprise: str
    amount_micro: int
    reference: str


class Transferred(Event, frozen=True, tag="transferred.1"):
    """Two legs, and nothing else."""


class Journalled(Event, frozen=True, tag="journalled.1"):
    """An entry by hand."""

    memo: str


class GrantIssued(Event, frozen=True, tag="grant_issued.1"):
    """A voucher."""

    grant: str
    programme: str
    enterprise: str
    amount_micro: int
    starts_at: int
    expires_at: int


class GrantsExpired(Event, frozen=True, tag="grants_expired.1"):
    """Grants whose time is over, with what lapsed (0 where nothing was left)."""

    programme: str
    lapsed: tuple[Draw, ...]


class HoldPlaced(Event, frozen=True, tag="hold_placed.1"):
    """Money frozen for one attempt."""

    hold: str
    enterprise: str
    centre: str
    currency: str
    draws: tuple[Draw, ...]
    wallet_micro: int


class HoldExtended(Event, frozen=True, tag="hold_extended.1"):
    """More money frozen for the same attempt."""

    hold: str
    draws: tuple[Draw, ...]
    wallet_micro: int


class Share(msgspec.Struct, frozen=True, gc=False):
    """What one fund bears through one grant."""

    grant: str
    fund: str
    amount_micro: int


class AlarmSet(msgspec.Struct, frozen=True, gc=False):
    """The reserve's alarm after the event, where it changed."""

    programme: str
    alarm: Alarm


class Captured(Event, frozen=True, tag="captured.1"):
    """Usage charged: whose money, and what kind of charge. `closes` released the rest of the hold."""

    hold: str
    enterprise: str
    centre: str
    compute_micro: int
    energy_micro: int
    data_micro: int
    usage_milli: int
    shares: tuple[Share, ...]
    wallet_micro: int
    closes: bool
    alarms: tuple[AlarmSet, ...]


class Released(Event, frozen=True, tag="released.1"):
    """A hold resolved without further charge."""

    hold: str
    enterprise: str


class Giving(msgspec.Struct, frozen=True, gc=False):
    """What a refund of one capture gave back: to funds through grants, and to the wallet."""

    capture: str
    shares: tuple[Share, ...]
    wallet_micro: int


class Refunded(Event, frozen=True, tag="refunded.1"):
    """Part of a capture given back."""

    enterprise: str
    centre: str
    giving: Giving
    reason: str


class Reimbursed(Event, frozen=True, tag="reimbursed.1"):
    """A grant paid out in cash to its enterprise, each fund its share."""

    grant: str
    enterprise: str
    shares: tuple[Share, ...]
    reference: str


class Take(msgspec.Struct, frozen=True, gc=False):
    """Clawed-back money: through which capture it was spent, and whose it was."""

    capture: str
    fund: str
    amount_micro: int


class ClawedBack(Event, frozen=True, tag="clawed_back.1"):
    """A grant withdrawn: `lapsed_micro` was unused, `takes` is now owed by the firm, capture by capture."""

    grant: str
    enterprise: str
    lapsed_micro: int
    takes: tuple[Take, ...]
    reason: str


class FundAmount(msgspec.Struct, frozen=True, gc=False):
    """An amount of one fund."""

    fund: str
    amount_micro: int


class Repaid(Event, frozen=True, tag="repaid.1"):
    """The firm paid back; to whom."""

    enterprise: str
    shares: tuple[FundAmount, ...]
    reference: str


class CentreAmount(msgspec.Struct, frozen=True, gc=False):
    """An amount of one centre."""

    centre: str
    amount_micro: int


class Replenished(Event, frozen=True, tag="replenished.1"):
    """A reserve filled from its funds, and what it then paid."""

    programme: str
    drawn: tuple[FundAmount, ...]
    paid: tuple[CentreAmount, ...]
    alarm: Alarm


class ProgrammeSettled(msgspec.Struct, frozen=True, gc=False):
    """One programme in a settlement.

    `captured_micro`: the centre's voucher part in the period, net of refunds; `drawn`: from the funds into
    the reserve; `paid_micro`: what waited and is now paid; `owed_micro`: what still waits.
    """

    programme: str
    captured_micro: int
    drawn: tuple[FundAmount, ...]
    paid_micro: int
    owed_micro: int
    alarm: Alarm


class Settled(Event, frozen=True, tag="settled.1"):
    """One centre's period: user part brought forward, earned, paid (whole 分), carried on; the programmes."""

    centre: str
    period: str
    from_at: int
    to_at: int
    brought_micro: int
    earned_micro: int
    paid_micro: int
    carried_micro: int
    programmes: tuple[ProgrammeSettled, ...]


class DisputeOpened(msgspec.Struct, frozen=True, gc=False):
    """A line on which centre and platform disagree; `withheld_micro` of the payable waits for its end."""

    dispute: str
    hold: str
    claimed_micro: int
    captured_micro: int
    claimed_usage_milli: int
    metered_usage_milli: int
    withheld_micro: int


class Reconciled(Event, frozen=True, tag="reconciled.1"):
    """A claim compared: how many lines agreed, which are disputed, which captures were not claimed."""

    centre: str
    period: str
    from_at: int
    to_at: int
    agreed: int
    claimed_micro: int
    captured_micro: int
    disputes: tuple[DisputeOpened, ...]
    unclaimed: tuple[str, ...]


class Resolved(Event, frozen=True, tag="resolved.1"):
    """A dispute ended: refunds where less was awarded; `extra_micro` borne by the platform where more was."""

    dispute: str
    centre: str
    enterprise: str
    awarded_micro: int
    givings: tuple[Giving, ...]
    extra_micro: int
    reason: str


AnyEvent = (
    Refused
    | AccountOpened
    | FundOpened
    | CentreOpened
    | WalletOpened
    | CreditSet
    | ProgrammeOpened
    | Appropriated
    | PaidIn
    | ToppedUp
    | Withdrawn
    | Transferred
    | Journalled
    | GrantIssued
    | GrantsExpired
    | HoldPlaced
    | HoldExtended
    | Captured
    | Released
    | Refunded
    | Reimbursed
    | ClawedBack
    | Repaid
    | Replenished
    | Settled
    | Reconciled
    | Resolved
)

EVENT_TAGS = frozenset(str(event.__struct_config__.tag) for event in AnyEvent.__args__)

_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[AnyEvent] = msgspec.json.Decoder(AnyEvent)


def encode(event: Event) -> bytes:
    """The bytes of a log record: one JSON object in field order."""
    return _encoder.encode(event)


def decode(record: bytes) -> AnyEvent:
    """The event of a log record. Raises msgspec.DecodeError (ValidationError) where it is none."""
    return _decoder.decode(record)
