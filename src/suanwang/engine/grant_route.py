"""Deducted at purchase: application → review → grant or waiting list; the grant is issued in the ledger.

Each function decides one input over the present state and returns the events of its outcome, the ledger's
among them; nothing is changed here.
"""

from suanwang.engine.booking import booked, issue
from suanwang.engine.dossier import GrantDossier, dossier_digest
from suanwang.engine.position import budget_left, position_of
from suanwang.engine.request_faults import name_faults, refuse, unknown
from suanwang.engine.voucher_events import (
    AnyRecord,
    GrantApplied,
    GrantPromoted,
    GrantReviewed,
    GrantWithdrawn,
    PayerShare,
    decision_record,
    position_record,
)
from suanwang.engine.voucher_inputs import ApplyGrant, PromoteGrants, ReviewGrant, WithdrawGrant
from suanwang.engine.voucher_state import ApplicationFile, Vouchers
from suanwang.ledger.commands import AnyCommand, ClawBack
from suanwang.model.programme import value_on
from suanwang.model.purchase import Purchase
from suanwang.policy import voucher_route
from suanwang.policy.decide import decide
from suanwang.policy.decision import Decision, Share, decision_digest
from suanwang.policy.inputs import Subject, purchase_digest
from suanwang.policy.rules import Rules
from suanwang.policy.voucher_route import Applied, Granted, Undecided, Waiting
from suanwang.units.errors import Fault
from suanwang.units.instants import local_time
from suanwang.units.text import Text, same


def apply_grant(
    state: Vouchers, request: ApplyGrant, rules: Rules, at: int, digest: str
) -> tuple[AnyRecord, ...]:
    """The application on file. Raises InvalidInput with everything that is wrong with it."""
    programme, firm = rules.programme, request.dossier.enterprise
    faults = name_faults(state, request.application, request.programme, firm, programme)
    if programme.redemption == "reimbursed":
        faults.append(
            Fault(
                request.programme,
                Text("it is reimbursed after payment", "该方案为付款后兑付"),
                remedy=Text("file a claim: suanwang claim file", "请申报兑付：suanwang claim file"),
            )
        )
    today = local_time(at).date()
    if request.filed > today:
        what = Text("filed after today", "申请日期晚于今天")
        faults.append(Fault("filed", what, str(request.filed), Text(f"at most {today}", f"不晚于 {today}")))
    if request.asked_micro is not None and request.asked_micro <= 0:
        what = Text("not a positive amount", "申请金额须为正")
        faults.append(Fault("asked", what, str(request.asked_micro)))
    refuse(faults)
    purchase = request.dossier.purchase
    return (
        GrantApplied(
            at,
            request.id,
            digest,
            request.application,
            programme.programme,
            programme.family,
            programme.level,
            firm.code,
            contract_of(purchase),
            purchase_digest(purchase),
            dossier_digest(request.dossier),
            request.filed,
            request.asked_micro,
        ),
    )


def contract_of(purchase: Purchase | None) -> str:
    """The contract that a purchase names, empty where it names none."""
    return "" if purchase is None else purchase.contract


def review_grant(
    state: Vouchers, request: ReviewGrant, rules: Rules, at: int, digest: str
) -> tuple[AnyRecord, ...]:
    """The review, with the grant issued in the same group where it is granted.

    Decided on the day the application was filed, over the books as they stand now. Behind a waiting list
    every further grant waits. Raises InvalidInput or BooksRefuse; then nothing is recorded.
    """
    file = state.applications.get(request.application)
    if file is None:
        raise unknown(request.application, Text("no such application", "没有这个申请"))
    before = file.state
    if not isinstance(before, Applied | Undecided):
        what = Text("it is already decided", "已有结论")
        refuse(
            [Fault(request.application, what, stage(before), Text("applied or undecided", "已申请或待定"))]
        )
        raise AssertionError
    refuse(dossier_faults(file, request.dossier))
    applied, programme, today = file.applied, rules.programme, local_time(at).date()
    position = position_of(
        state,
        programme,
        applied.enterprise,
        applied.contract,
        applied.purchase,
        applied.application,
        applied.filed,
    )
    subject = Subject(request.dossier.enterprise, request.dossier.purchase, applied.filed)
    decision = decide(rules, subject, position)
    line = any(
        isinstance(other.state, Waiting) and other.applied.programme == applied.programme
        for other in state.applications.values()
    )
    left = 0 if line else budget_left(state, programme, today)
    outcome = voucher_route.review(before, decision, decision_digest(decision), programme, left, today)
    commands: list[AnyCommand] = []
    if isinstance(outcome, Granted):
        commands.append(
            issue(
                request.id,
                applied.application,
                applied.programme,
                applied.enterprise,
                outcome.amount_micro,
                outcome.valid_from,
                outcome.expires,
            )
        )
    reviewed = GrantReviewed(
        at,
        request.id,
        digest,
        applied.application,
        dossier_digest(request.dossier),
        stage(outcome),  # pyright: ignore[reportArgumentType]
        outcome.amount_micro if isinstance(outcome, Granted | Waiting) else None,
        records_of(outcome.shares) if isinstance(outcome, Granted) else (),
        outcome.valid_from if isinstance(outcome, Granted) else None,
        outcome.expires if isinstance(outcome, Granted) else None,
        rate_of(decision),
        decision_digest(decision),
        decision_record(decision),
        position_record(position),
    )
    return (reviewed, *booked(state.ledger, commands, at))


def stage(state: voucher_route.Application) -> str:
    """Where an application stands, in one word."""
    return str(state.__struct_config__.tag)


def rate_of(decision: Decision) -> int | None:
    """The rate in basis points that the amount was reckoned by; none where it was not by a rate."""
    return next((step.by for step in decision.steps if step.step == "rate"), None)


def records_of(shares: tuple[Share, ...]) -> tuple[PayerShare, ...]:
    """The shares as an event holds them."""
    return tuple(PayerShare(share.payer, share.amount_micro) for share in shares)


def dossier_faults(file: ApplicationFile, dossier: GrantDossier) -> list[Fault]:
    """Papers completed for a review are still of the same firm and contract."""
    pairs = (
        ("enterprise", dossier.enterprise.code, file.applied.enterprise),
        ("contract", contract_of(dossier.purchase), file.applied.contract),
    )
    return [
        Fault(
            f"{file.applied.application} {place}",
            Text("not the application's", "与申请不符"),
            found,
            same(expected),
            Text("file a new application for another one", "其他主体或合同请另行申请"),
        )
        for place, found, expected in pairs
        if found != expected
    ]


def promote_grants(
    state: Vouchers, request: PromoteGrants, rules: Rules, at: int, digest: str
) -> tuple[AnyRecord, ...]:
    """Grants for the head of the line; none where the first who waits must wait on."""
    today = local_time(at).date()
    line = [
        file.state
        for file in state.applications.values()
        if isinstance(file.state, Waiting) and file.state.programme == request.programme
    ]
    left = budget_left(state, rules.programme, today)
    granted, _ = voucher_route.promote(line, rules.programme, left, today)
    outcomes = tuple(
        GrantPromoted(
            at,
            request.id,
            digest,
            one.application,
            one.amount_micro,
            records_of(one.shares),
            one.valid_from,
            one.expires,
        )
        for one in granted
    )
    commands: list[AnyCommand] = [
        issue(
            f"{request.id}/{one.application}",
            one.application,
            one.programme,
            one.enterprise,
            one.amount_micro,
            one.valid_from,
            one.expires,
        )
        for one in granted
    ]
    return (*outcomes, *booked(state.ledger, commands, at))


def withdraw_grant(state: Vouchers, request: WithdrawGrant, at: int, digest: str) -> tuple[AnyRecord, ...]:
    """The application taken back. Raises InvalidInput once it is granted, refused or withdrawn."""
    file = state.applications.get(request.application)
    if file is None:
        raise unknown(request.application, Text("no such application", "没有这个申请"))
    voucher_route.withdraw(file.state)
    return (GrantWithdrawn(at, request.id, digest, request.application),)


def claw_back_of(
    state: Vouchers, request: str, grant: str, spent_micro: int, reason: str, rules: Rules, at: int
) -> ClawBack:
    """The ledger command that withdraws a grant, within the programme's days for it. Raises InvalidInput."""
    file = state.applications.get(grant)
    if file is None or not isinstance(file.state, Granted):
        raise unknown(grant, Text("no grant of this name", "没有这个额度"))
    since, today = file.state.valid_from, local_time(at).date()
    faults: list[Fault] = []
    term = value_on(rules.programme.claw_back_days, since)
    if term is not None and term.value is not None and (today - since).days > term.value:
        what = Text("past the days of claw-back", "超过追回期限")
        most = Text(f"at most {term.value} days after the grant", f"发放后 {term.value} 天内")
        faults.append(Fault(grant, what, f"{(today - since).days} days", most))
    if not reason.strip():
        faults.append(Fault(grant, Text("a claw-back needs a reason", "追回须说明理由")))
    refuse(faults)
    return ClawBack(request, grant, spent_micro, reason)
