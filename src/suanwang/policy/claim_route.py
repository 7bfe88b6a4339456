"""The route of a claim that is reimbursed: filed → check → approve, return or refuse → pay → claw back.

Pure steps over typed states. What can be put right (a missing document, a sum that does not agree) returns
the claim; a clause that fails refuses it; nothing is half done.
"""

from datetime import date
from typing import assert_never

import msgspec

from suanwang.model.programme import Programme, value_on
from suanwang.model.purchase import Claim
from suanwang.policy.claim_check import ClaimCheck
from suanwang.policy.decision import Finding, Share
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.money import split
from suanwang.units.text import Text, same


class Filed(msgspec.Struct, frozen=True, tag="filed"):
    """A claim as filed, for the `round`-th time."""

    claim: Claim
    round: int = 1


class Returned(msgspec.Struct, frozen=True, tag="returned"):
    """Sent back for correction, with everything that is to be put right."""

    claim: Claim
    round: int
    faults: tuple[Fault, ...]
    missing: tuple[str, ...]


class ClaimRefused(msgspec.Struct, frozen=True, tag="refused"):
    """Refused, with the clauses that failed."""

    claim: Claim
    failed: tuple[Finding, ...]
    decision_digest: str


class Approved(msgspec.Struct, frozen=True, tag="approved"):
    """Approved for `amount_micro`, of which the payers pay their shares; nothing is paid yet."""

    claim: Claim
    amount_micro: int
    shares: tuple[Share, ...]
    decision_digest: str
    paid_micro: int = 0


class ClaimPaid(msgspec.Struct, frozen=True, tag="paid"):
    """Paid in full on `day`; `clawed_back_micro` of it was taken back since."""

    claim: Claim
    amount_micro: int
    shares: tuple[Share, ...]
    decision_digest: str
    day: date
    clawed_back_micro: int = 0


ClaimState = Filed | Returned | ClaimRefused | Approved | ClaimPaid


class ClawBack(msgspec.Struct, frozen=True):
    """Money to be taken back, to each payer what was its own."""

    claim: str
    amount_micro: int
    shares: tuple[Share, ...]
    reason: str


def check(state: Filed, found: ClaimCheck) -> Returned | ClaimRefused | Approved:
    """What the check makes of a filed claim. A clause that fails goes before anything to be corrected."""
    decision = found.decision
    if decision.outcome == "refused" and not found.faults:
        return ClaimRefused(state.claim, decision.failed, found.digest)
    if found.faults or decision.outcome == "undecided":
        return Returned(state.claim, state.round, found.faults, decision.missing)
    if decision.outcome == "refused":
        return ClaimRefused(state.claim, decision.failed, found.digest)
    assert decision.amount_micro is not None
    amount, shares = decision.amount_micro, decision.shares
    if state.claim.asked_micro is not None and state.claim.asked_micro < amount:
        amount = state.claim.asked_micro
        weights = [share.amount_micro for share in shares]
        parts = split(amount, weights) if weights else []
        shares = tuple(Share(share.payer, part) for share, part in zip(shares, parts, strict=True))
    return Approved(state.claim, amount, shares, found.digest)


def correct(state: Returned, claim: Claim) -> Filed:
    """The corrected claim, filed again: the same claim, programme, enterprise and contract."""
    before = (state.claim.claim, state.claim.programme, state.claim.enterprise, state.claim.contract)
    after = (claim.claim, claim.programme, claim.enterprise, claim.contract)
    if before != after:
        raise InvalidInput(
            [
                Fault(
                    claim.claim,
                    Text("a correction keeps claim, programme, enterprise and contract", "更正不得更换主体"),
                    " ".join(after),
                    same(" ".join(before)),
                    Text("file a new claim for another contract", "其他合同请另行申报"),
                )
            ]
        )
    return Filed(claim, state.round + 1)


def pay(state: Approved, amount_micro: int, day: date) -> Approved | ClaimPaid:
    """A payment of part or all of what is still due. Raises InvalidInput above it or below one micro-yuan."""
    due = state.amount_micro - state.paid_micro
    if not 0 < amount_micro <= due:
        raise InvalidInput(
            [
                Fault(
                    state.claim.claim,
                    Text("not an amount that is due", "不是应付金额"),
                    str(amount_micro),
                    Text(f"1 .. {due} micro-yuan", f"1 .. {due} 微元"),
                    Text("pay what is due, once", "按应付金额支付一次"),
                )
            ]
        )
    if amount_micro < due:
        return msgspec.structs.replace(state, paid_micro=state.paid_micro + amount_micro)
    return ClaimPaid(state.claim, state.amount_micro, state.shares, state.decision_digest, day)


def claw_back(
    state: ClaimPaid, amount_micro: int, day: date, programme: Programme, reason: str
) -> tuple[ClaimPaid, ClawBack]:
    """Take back part or all of a paid claim, from each payer's share in proportion.

    Raises InvalidInput above what is left of the payment, or past the programme's days of claw-back.
    """
    left = state.amount_micro - state.clawed_back_micro
    faults: list[Fault] = []
    if not 0 < amount_micro <= left:
        faults.append(
            Fault(
                state.claim.claim,
                Text("more than is left of the payment", "超过可追回金额"),
                str(amount_micro),
                Text(f"1 .. {left} micro-yuan", f"1 .. {left} 微元"),
            )
        )
    term = value_on(programme.claw_back_days, state.day)
    if term is not None and term.value is not None and (day - state.day).days > term.value:
        faults.append(
            Fault(
                state.claim.claim,
                Text("past the days of claw-back", "超过追回期限"),
                f"{(day - state.day).days} days",
                Text(f"at most {term.value} days after payment", f"付款后 {term.value} 天内"),
            )
        )
    if not reason.strip():
        faults.append(Fault(state.claim.claim, Text("a claw-back needs a reason", "追回须说明理由")))
    if faults:
        raise InvalidInput(faults)
    weights = [share.amount_micro for share in state.shares]
    parts = split(amount_micro, weights) if weights else []
    shares = tuple(Share(share.payer, part) for share, part in zip(state.shares, parts, strict=True))
    after = msgspec.structs.replace(state, clawed_back_micro=state.clawed_back_micro + amount_micro)
    return after, ClawBack(state.claim.claim, amount_micro, shares, reason)


def closed(state: ClaimState) -> bool:
    """Whether nothing more can come of a claim but a claw-back."""
    match state:
        case Filed() | Returned() | Approved():
            return False
        case ClaimRefused() | ClaimPaid():
            return True
        case _:
            assert_never(state)
