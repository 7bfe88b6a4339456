"""The voucher routes: a policy's decision and the money that it moves, in one group of events.

    decide(state, request, rules, at) → events, the ledger's among them → apply(state, event), one by one

The same id with the same body was answered before: no events. With another body it raises IdConflict. What
cannot be done raises InvalidInput or BooksRefuse and leaves no trace, so the same id may ask again.
"""

from typing import assert_never

from suanwang.engine.grant_route import apply_grant, promote_grants, review_grant, withdraw_grant
from suanwang.engine.reimbursement_route import (
    check_filed,
    claw_back_claim,
    correct_claim,
    file_claim,
    pay_claim,
)
from suanwang.engine.request_faults import REQUEST_LETTERS_MOST, refuse, unknown
from suanwang.engine.voucher_events import AnyRecord
from suanwang.engine.voucher_inputs import (
    AnyVoucherInput,
    ApplyGrant,
    CheckClaim,
    ClawBackClaim,
    CorrectClaim,
    FileClaim,
    PayClaim,
    PromoteGrants,
    ReviewGrant,
    WithdrawGrant,
    input_digest,
)
from suanwang.engine.voucher_state import Vouchers
from suanwang.ledger.refusals import IdConflict
from suanwang.ledger.shape import ID_RULE
from suanwang.policy.rules import Rules
from suanwang.units.errors import Fault
from suanwang.units.instants import iso
from suanwang.units.text import Text, same


def decide(state: Vouchers, request: AnyVoucherInput, rules: Rules, at: int) -> tuple[AnyRecord, ...]:
    """The events of the outcome at `at` (UTC microseconds), in order, for one group of the log.

    `rules` are those of the programme that the request is on. The state is not changed.
    """
    digest = input_digest(request)
    done = state.done.get(request.id)
    if done == digest:
        return ()
    if done is not None or request.id in state.ledger.done:
        raise IdConflict(request.id)
    refuse(request_faults(state, request, rules, at))
    match request:
        case ApplyGrant():
            return apply_grant(state, request, rules, at, digest)
        case ReviewGrant():
            return review_grant(state, request, rules, at, digest)
        case PromoteGrants():
            return promote_grants(state, request, rules, at, digest)
        case WithdrawGrant():
            return withdraw_grant(state, request, at, digest)
        case FileClaim():
            return file_claim(state, request, rules, at, digest)
        case CorrectClaim():
            return correct_claim(state, request, rules, at, digest)
        case CheckClaim():
            return check_filed(state, request, rules, at, digest)
        case PayClaim():
            return pay_claim(state, request, at, digest)
        case ClawBackClaim():
            return claw_back_claim(state, request, rules, at, digest)
        case _:
            assert_never(request)


def request_faults(state: Vouchers, request: AnyVoucherInput, rules: Rules, at: int) -> list[Fault]:
    """The id fits, time does not run backwards, and the rules are those of the request's programme."""
    faults: list[Fault] = []
    if not ID_RULE.holds(request.id) or len(request.id) > REQUEST_LETTERS_MOST:
        expected = Text(
            f"at most {REQUEST_LETTERS_MOST} letters, digits, _ . / + -",
            f"不超过 {REQUEST_LETTERS_MOST} 个字母、数字或 _ . / + -",
        )
        faults.append(Fault("id", Text("not a valid id", "编号无效"), request.id, expected))
    if at < state.ledger.at:
        what = Text("the ledger's time does not run backwards", "账本时间不能倒退")
        faults.append(
            Fault(request.id, what, iso(at), Text(f"≥ {iso(state.ledger.at)}", f"≥ {iso(state.ledger.at)}"))
        )
    asked = programme_of(state, request)
    if asked != rules.programme.programme:
        what = Text("not the programme of these rules", "与所用方案不符")
        faults.append(Fault("programme", what, asked, same(rules.programme.programme)))
    return faults


def programme_of(state: Vouchers, request: AnyVoucherInput) -> str:
    """The programme that a request is on. Raises InvalidInput where it names what is not on file."""
    match request:
        case ApplyGrant() | PromoteGrants():
            return request.programme
        case FileClaim():
            return request.dossier.claim.programme
        case ReviewGrant() | WithdrawGrant():
            return programme_on_file(state, request.application)
        case CorrectClaim():
            return programme_on_file(state, request.dossier.claim.claim)
        case CheckClaim() | PayClaim() | ClawBackClaim():
            return programme_on_file(state, request.claim)
        case _:
            assert_never(request)


def programme_on_file(state: Vouchers, name: str) -> str:
    """The programme of an application or a claim. Raises InvalidInput where there is none of that name."""
    if name in state.applications:
        return state.applications[name].applied.programme
    if name in state.claims:
        return state.claims[name].filed.programme
    raise unknown(name, Text("no application or claim of this name", "没有此名称的申请或申报"))
