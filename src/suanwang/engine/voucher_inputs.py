"""What can be asked of the voucher routes. Every input has a client-made id: one id, one body, one result."""

from datetime import date
from hashlib import sha256

import msgspec

from suanwang.engine.dossier import ClaimDossier, GrantDossier


class VoucherInput(msgspec.Struct, frozen=True, tag_field="do"):
    """The root: `id` names the request for ever."""

    id: str


class ApplyGrant(VoucherInput, frozen=True, tag="apply_grant"):
    """An application for a grant. `asked_micro`: none asks for all that it is entitled to."""

    application: str
    programme: str
    dossier: GrantDossier
    filed: date
    asked_micro: int | None = None


class ReviewGrant(VoucherInput, frozen=True, tag="review_grant"):
    """The review of an application on its papers, or on completed ones of the same firm and contract."""

    application: str
    dossier: GrantDossier


class PromoteGrants(VoucherInput, frozen=True, tag="promote_grants"):
    """Grants for the head of a programme's waiting list, while the pool lasts."""

    programme: str


class WithdrawGrant(VoucherInput, frozen=True, tag="withdraw_grant"):
    """The applicant takes an application back."""

    application: str


class FileClaim(VoucherInput, frozen=True, tag="file_claim"):
    """A claim after payment, with its papers."""

    dossier: ClaimDossier


class CorrectClaim(VoucherInput, frozen=True, tag="correct_claim"):
    """A returned claim filed again, with corrected papers."""

    dossier: ClaimDossier


class CheckClaim(VoucherInput, frozen=True, tag="check_claim"):
    """The check of a filed claim on its papers."""

    claim: str
    dossier: ClaimDossier


class PayClaim(VoucherInput, frozen=True, tag="pay_claim"):
    """Pays part or all of what is due on an approved claim, in whole 分."""

    claim: str
    amount_micro: int
    reference: str


class ClawBackClaim(VoucherInput, frozen=True, tag="claw_back_claim"):
    """Takes back part or all of a paid claim."""

    claim: str
    amount_micro: int
    reason: str


AnyVoucherInput = (
    ApplyGrant
    | ReviewGrant
    | PromoteGrants
    | WithdrawGrant
    | FileClaim
    | CorrectClaim
    | CheckClaim
    | PayClaim
    | ClawBackClaim
)

_encode = msgspec.json.Encoder().encode


def input_digest(request: AnyVoucherInput) -> str:
    """SHA-256 of the input's bytes, in hex: the body that its id stands for."""
    return sha256(_encode(request)).hexdigest()
