"""What the ledger knows: the accounts, and behind them programmes, grants, holds, captures and settlements.

All of it follows from the events alone. Only `apply` changes it.
"""

from typing import Literal

import msgspec

from suanwang.ledger.chart import Account
from suanwang.ledger.commands import FundWeight
from suanwang.ledger.events import Alarm, DisputeOpened, Reason, Settled

HoldStatus = Literal["open", "settled", "released"]


class Done(msgspec.Struct, frozen=True, gc=False):
    """What became of a command: its body's digest, its event's number (from 1), the reasons of a refusal."""

    digest: str
    sequence: int
    reasons: tuple[Reason, ...]


class Enterprise(msgspec.Struct, gc=False):
    """An enterprise with a wallet. `grants` and `receivables` (funds) in the order they arose."""

    currency: str
    grants: list[str]
    receivables: list[str]


class Fund(msgspec.Struct, gc=False):
    """A fund. `paid_in_micro` less what its grants spent is its current account."""

    currency: str
    paid_in_micro: int = 0


class Centre(msgspec.Struct, gc=False):
    """A centre's side of the settlements.

    `earned`: (at, user part) and `voucher_earned`: (at, programme, amount), not yet settled, in order of
    time, refunds negative. `carried_micro`: user part that the last settlement left unpaid, less what is
    withheld in disputes. `settled_to`: its end.
    """

    currency: str
    earned: list[tuple[int, int]]
    voucher_earned: list[tuple[int, str, int]]
    captures: list[str]
    carried_micro: int = 0
    settled_to: int | None = None


class Programme(msgspec.Struct, gc=False):
    """A programme: who pays, and its reserve. `centres`: those with a voucher payable, in order."""

    currency: str
    funds: tuple[FundWeight, ...]
    reserve_level_micro: int
    reserve_floor_micro: int
    grants: list[str]
    centres: dict[str, None]
    alarm: Alarm = "ok"


class Grant(msgspec.Struct, gc=False):
    """A voucher. `clawed_back_micro` counts spent money that the firm had to give back."""

    programme: str
    enterprise: str
    issued_micro: int
    starts_at: int
    expires_at: int
    captures: list[str]
    swept: bool = False
    withdrawn: bool = False
    clawed_back_micro: int = 0


class Hold(msgspec.Struct, gc=False):
    """Money frozen for one attempt: what is left of each grant's and of the wallet's part."""

    enterprise: str
    centre: str
    currency: str
    draws: dict[str, int]
    wallet_micro: int
    placed_micro: int
    captured_micro: int = 0
    status: HoldStatus = "open"


class CaptureRecord(msgspec.Struct, gc=False):
    """One charge, and what of it can still be given back; `hold` is empty for a reimbursement.

    `kinds`: compute, energy and data of the charge; `shares`: by (grant, fund), what each still bears;
    `wallet_micro`: what the user still bears, which grows when a grant's share is clawed back from the user.
    """

    hold: str
    at: int
    kinds: tuple[int, int, int]
    captured_micro: int
    usage_milli: int
    shares: dict[tuple[str, str], int]
    wallet_micro: int
    refunded_micro: int = 0

    @property
    def left_micro(self) -> int:
        """What is captured and not refunded."""
        return self.captured_micro - self.refunded_micro


class Dispute(msgspec.Struct, gc=False):
    """A line in dispute. `open` until it is resolved."""

    opened: DisputeOpened
    centre: str
    from_at: int
    to_at: int
    open: bool = True


class Ledger(msgspec.Struct, gc=False):
    """The whole state. `at`: the ledger's time (UTC microseconds); `sequence`: how many events made it."""

    accounts: dict[str, Account]
    done: dict[str, Done]
    enterprises: dict[str, Enterprise]
    funds: dict[str, Fund]
    centres: dict[str, Centre]
    programmes: dict[str, Programme]
    grants: dict[str, Grant]
    holds: dict[str, Hold]
    captures: dict[str, CaptureRecord]
    settlements: dict[tuple[str, str], Settled]
    reconciled: dict[tuple[str, str], str]
    disputes: dict[str, Dispute]
    at: int = 0
    sequence: int = 0


def empty_ledger() -> Ledger:
    """A ledger with nothing in it."""
    return Ledger({}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {}, {})
