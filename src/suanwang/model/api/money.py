"""Money over HTTP: micro-yuan; a balance is on its account's own side, so what a wallet has is positive."""

from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from suanwang.model.bounds import Count, Instant, MaybeName, Name

StatementKind = Literal["enterprise", "centre", "programme", "platform"]


class WalletTold(msgspec.Struct, frozen=True):
    """An enterprise's money. `credit_micro`: how far the wallet may fall below nothing."""

    enterprise: str
    currency: str
    available_micro: int
    held_micro: int
    credit_micro: int
    voucher_available_micro: int
    voucher_held_micro: int


class Wallets(msgspec.Struct, frozen=True):
    """Those that the caller sees."""

    wallets: tuple[WalletTold, ...]


class Booked(msgspec.Struct, frozen=True):
    """The ledger took it: under which id, as which of its events. `repeated`: it had it before."""

    id: str
    sequence: int
    repeated: bool


class EntryLeg(msgspec.Struct, frozen=True, gc=False):
    """Debit positive, credit negative."""

    account: str
    amount_micro: int


class EntryTold(msgspec.Struct, frozen=True):
    """One entry of the ledger. `index`: its place in the log."""

    index: int
    at: int
    id: str
    event: str
    legs: tuple[EntryLeg, ...]


class EntryPage(msgspec.Struct, frozen=True):
    """In the order of the log. `next`: where the next page begins, None at the end."""

    entries: tuple[EntryTold, ...]
    next: int | None


class SectionTold(msgspec.Struct, frozen=True):
    """A table of a statement in words, amounts exact in yuan."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    has_total: bool


class StatementTold(msgspec.Struct, frozen=True):
    """A statement for [from_at, to_at)."""

    title: str
    subject: str
    from_at: int
    to_at: int
    currency: str
    sections: tuple[SectionTold, ...]
    notes: tuple[str, ...]


class SettlementAsked(msgspec.Struct, frozen=True):
    """Settles a centre for a period that is over."""

    centre: Name
    period: Name
    from_at: Instant
    to_at: Instant


class SettlementTold(msgspec.Struct, frozen=True):
    """One settlement: brought forward, earned, paid in whole 分, carried on."""

    centre: str
    period: str
    from_at: int
    to_at: int
    brought_micro: int
    earned_micro: int
    paid_micro: int
    carried_micro: int


class Settlements(msgspec.Struct, frozen=True):
    """Those that the caller sees."""

    settlements: tuple[SettlementTold, ...]


class GrantTold(msgspec.Struct, frozen=True):
    """A grant or its application. Amounts None while nothing was granted. `standing`: its state in full."""

    application: str
    programme: str
    enterprise: str
    state: str
    standing: dict[str, Any]
    issued_micro: int | None = None
    available_micro: int | None = None
    held_micro: int | None = None
    spent_micro: int | None = None
    expired_micro: int | None = None
    expires_at: int | None = None


class Grants(msgspec.Struct, frozen=True):
    """Those that the caller sees."""

    grants: tuple[GrantTold, ...]


class ClaimTold(msgspec.Struct, frozen=True):
    """A claim after payment."""

    claim: str
    programme: str
    enterprise: str
    round: int
    state: str
    standing: dict[str, Any]


class Claims(msgspec.Struct, frozen=True):
    """Those that the caller sees."""

    claims: tuple[ClaimTold, ...]


class UsageTold(msgspec.Struct, frozen=True):
    """Attempts that are over. `carbon_location_g`: by the grid's factor; `carbon_market_g`: by contracts and
    certificates, None while none are on file. `energy_wh` at the centre's meter, `metered_wh` of it read."""

    key: str
    jobs: int
    outcomes: dict[str, int]
    device_hours: float
    energy_wh: float
    metered_wh: int
    carbon_location_g: float
    carbon_market_g: float | None


class Statistics(msgspec.Struct, frozen=True):
    """By centre, region or enterprise, as asked; an enterprise or a centre sees its own alone."""

    by: str
    rows: tuple[UsageTold, ...]


class QuotaAsked(msgspec.Struct, frozen=True):
    """Limits of an enterprise, or of one project; None: no limit. `weight` ≥ 1: its share."""

    enterprise: Name
    project: MaybeName = ""
    milli_most: Annotated[int, Meta(ge=0, le=10**14)] | None = None
    jobs_most: Count | None = None
    weight: Annotated[int, Meta(ge=1, le=1000)] = 1


class QuotaTold(msgspec.Struct, frozen=True):
    """A quota and what is held of it now. `holder`: `enterprise` or `enterprise:project`."""

    holder: str
    milli_most: int | None
    jobs_most: int | None
    weight: int
    milli: int
    jobs: int


class Quotas(msgspec.Struct, frozen=True):
    """Those that the caller sees."""

    quotas: tuple[QuotaTold, ...]
