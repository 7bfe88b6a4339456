"""What the ledger can be asked to do. Every command has a client-made id: one id, one body, one result.

Amounts are micro-yuan and positive unless they say otherwise; instants are UTC microseconds. A command says
what is wanted; the event that answers it says what was booked.
"""

from hashlib import sha256

import msgspec


class Command(msgspec.Struct, frozen=True, gc=False, tag_field="do", forbid_unknown_fields=True):
    """The root: `id` names the request for ever."""

    id: str


class OpenAccount(Command, frozen=True, tag="open_account"):
    """An income, expense or capital account of the platform; `account` is its whole name."""

    account: str
    currency: str


class OpenFund(Command, frozen=True, tag="open_fund"):
    """A fund that pays for vouchers: a city, a district, a ministry."""

    fund: str
    currency: str


class OpenCentre(Command, frozen=True, tag="open_centre"):
    """A compute centre that can be paid."""

    centre: str
    currency: str


class OpenWallet(Command, frozen=True, tag="open_wallet"):
    """The wallet of an enterprise. It may fall to minus `credit_limit_micro` ≥ 0."""

    enterprise: str
    currency: str
    credit_limit_micro: int


class SetCredit(Command, frozen=True, tag="set_credit"):
    """Another credit limit ≥ 0; refused where the wallet is already further down."""

    enterprise: str
    credit_limit_micro: int


class FundWeight(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """A fund's integer share of a programme's cost, against the sum of all weights."""

    fund: str
    weight: int


class OpenProgramme(Command, frozen=True, tag="open_programme"):
    """A voucher programme: who pays for it, the level its reserve is filled to, the floor of its alarm."""

    programme: str
    funds: tuple[FundWeight, ...]
    reserve_level_micro: int
    reserve_floor_micro: int


class Appropriate(Command, frozen=True, tag="appropriate"):
    """More budget for a programme; negative takes back what is not granted."""

    programme: str
    amount_micro: int


class PayIn(Command, frozen=True, tag="pay_in"):
    """A fund's cash arrives (whole 分); negative: unused cash goes back to it."""

    fund: str
    amount_micro: int
    reference: str


class TopUp(Command, frozen=True, tag="top_up"):
    """An enterprise's cash arrives in its wallet (whole 分)."""

    enterprise: str
    amount_micro: int
    reference: str


class Withdraw(Command, frozen=True, tag="withdraw"):
    """Cash from a wallet back to the enterprise (whole 分), never on credit."""

    enterprise: str
    amount_micro: int
    reference: str


class Transfer(Command, frozen=True, tag="transfer"):
    """One amount from the account that is credited to the account that is debited.

    Debiting a wallet takes from it, crediting gives to it: the wallet is what the platform owes.
    """

    debit: str
    credit: str
    amount_micro: int


class Leg(msgspec.Struct, frozen=True, gc=False, array_like=True, forbid_unknown_fields=True):
    """One line of an entry: debit positive, credit negative. Written as `[account, amount]`."""

    account: str
    amount_micro: int


class Journal(Command, frozen=True, tag="journal"):
    """An entry of two or more legs between accounts open to journals: all legs or none."""

    legs: tuple[Leg, ...]
    memo: str


class IssueGrant(Command, frozen=True, tag="issue_grant"):
    """A voucher: part of a programme's budget for one enterprise, usable in [starts_at, expires_at)."""

    grant: str
    programme: str
    enterprise: str
    amount_micro: int
    starts_at: int
    expires_at: int


class Expire(Command, frozen=True, tag="expire"):
    """Books the expiry of every grant of the programme whose time is over at the ledger's time."""

    programme: str


class Draw(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a hold takes from one grant."""

    grant: str
    amount_micro: int


class PlaceHold(Command, frozen=True, tag="place_hold"):
    """Freezes the charge of one attempt: amounts of grants and of the wallet (≥ 0), together more than 0."""

    hold: str
    enterprise: str
    centre: str
    draws: tuple[Draw, ...]
    wallet_micro: int


class ExtendHold(Command, frozen=True, tag="extend_hold"):
    """Freezes more for the same attempt, by the same rules."""

    hold: str
    draws: tuple[Draw, ...]
    wallet_micro: int


class Capture(Command, frozen=True, tag="capture"):
    """Charges metered usage against a hold. `closes`: no more follows, the rest is released.

    The parts are ≥ 0 and sum to the charge, more than 0. `usage_milli` counts milli-device-seconds.
    """

    hold: str
    compute_micro: int
    energy_micro: int
    data_micro: int
    usage_milli: int
    closes: bool


class Release(Command, frozen=True, tag="release"):
    """Resolves a hold without (further) charge."""

    hold: str


class Refund(Command, frozen=True, tag="refund"):
    """Gives back part of a capture (named by the id of its command), to whoever bore it."""

    capture: str
    amount_micro: int
    reason: str


class Reimburse(Command, frozen=True, tag="reimburse"):
    """Pays a grant out in cash (whole 分) to its enterprise, which has paid its supplier itself."""

    grant: str
    amount_micro: int
    reference: str


class ClawBack(Command, frozen=True, tag="claw_back"):
    """Withdraws a grant: what is unused lapses, `spent_micro` ≥ 0 of what was spent is owed by the firm."""

    grant: str
    spent_micro: int
    reason: str


class Repay(Command, frozen=True, tag="repay"):
    """The firm pays clawed-back money (whole 分), to the funds whose it was."""

    enterprise: str
    amount_micro: int
    reference: str


class Replenish(Command, frozen=True, tag="replenish"):
    """Fills a programme's reserve from its funds' money and pays what waits for it."""

    programme: str


class Settle(Command, frozen=True, tag="settle"):
    """Settles one centre for one period [from_at, to_at) that is over."""

    centre: str
    period: str
    from_at: int
    to_at: int


class ClaimLine(msgspec.Struct, frozen=True, gc=False, forbid_unknown_fields=True):
    """What a centre says one attempt (hold) earned and used in the period."""

    hold: str
    amount_micro: int
    usage_milli: int


class Reconcile(Command, frozen=True, tag="reconcile"):
    """A centre's claim for a period against the platform's own readings.

    A line agrees when amount and usage each differ by at most `tolerance_bp` basis points of ours.
    """

    centre: str
    period: str
    from_at: int
    to_at: int
    lines: tuple[ClaimLine, ...]
    tolerance_bp: int


class Resolve(Command, frozen=True, tag="resolve"):
    """Ends a dispute: the line's whole amount is set to `awarded_micro` ≥ 0."""

    dispute: str
    awarded_micro: int
    reason: str


AnyCommand = (
    OpenAccount
    | OpenFund
    | OpenCentre
    | OpenWallet
    | SetCredit
    | OpenProgramme
    | Appropriate
    | PayIn
    | TopUp
    | Withdraw
    | Transfer
    | Journal
    | IssueGrant
    | Expire
    | PlaceHold
    | ExtendHold
    | Capture
    | Release
    | Refund
    | Reimburse
    | ClawBack
    | Repay
    | Replenish
    | Settle
    | Reconcile
    | Resolve
)

COMMANDS: dict[str, type[Command]] = {
    str(command.__struct_config__.tag): command for command in AnyCommand.__args__
}

_encode = msgspec.json.Encoder().encode


def encode_command(command: Command) -> bytes:
    """The command as one JSON object in field order."""
    return _encode(command)


def digest_of(command: Command) -> str:
    """SHA-256 of the command's bytes, in hex: the body that its id stands for."""
    return sha256(_encode(command)).hexdigest()
