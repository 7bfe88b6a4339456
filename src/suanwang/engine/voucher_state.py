"""What the voucher routes know: applications and claims, each in its policy state, over the ledger's state.

All of it follows from the events of the log alone. Only `voucher_apply` changes it.
"""

import msgspec

from suanwang.engine.voucher_events import ClaimChecked, ClaimFiled, GrantApplied, GrantReviewed
from suanwang.ledger.state import Ledger, empty_ledger
from suanwang.policy.claim_route import ClaimState
from suanwang.policy.voucher_route import Application


class ApplicationFile(msgspec.Struct, gc=False):
    """One application: as it was filed, where it stands, its last review. A grant has the same name."""

    applied: GrantApplied
    state: Application
    reviewed: GrantReviewed | None = None


class ClaimFile(msgspec.Struct, gc=False):
    """One claim: as it was last filed, where it stands, its last check. Its grant has the same name."""

    filed: ClaimFiled
    state: ClaimState
    checked: ClaimChecked | None = None


class Vouchers(msgspec.Struct, gc=False):
    """The whole state. `done`: input id → digest of its body; `by_firm`: names by enterprise, as they came.

    `used_of_pool`: micro-yuan granted or approved, by programme and year.
    """

    ledger: Ledger
    done: dict[str, str]
    applications: dict[str, ApplicationFile]
    claims: dict[str, ClaimFile]
    by_firm: dict[str, list[str]]
    used_of_pool: dict[tuple[str, int], int]


def empty_vouchers() -> Vouchers:
    """The state before the first event."""
    return Vouchers(empty_ledger(), {}, {}, {}, {}, {})
