"""Reimbursed after payment: claim → check → approved, returned or refused → paid → clawed back.

An approved claim has a grant of its own name in the ledger, which is paid out in cash. Each function decides
one input over the present state and returns the events of its outcome; nothing is changed here.
"""

from suanwang.engine.booking import booked, issue
from suanwang.engine.dossier import ClaimDossier, dossier_digest
from suanwang.engine.grant_route import records_of
from suanwang.engine.position import pool_left, position_of
from suanwang.engine.request_faults import name_faults, refuse, unknown
from suanwang.engine.voucher_events import (
    AnyRecord,
    ClaimChecked,
    ClaimClawedBack,
    ClaimFiled,
    ClaimPaidOut,
    EvidenceRecord,
    FaultRecord,
    decision_record,
    position_record,
)
from suanwang.engine.voucher_inputs import CheckClaim, ClawBackClaim, CorrectClaim, FileClaim, PayClaim
from suanwang.engine.voucher_state import ClaimFile, Vouchers
from suanwang.ledger.commands import AnyCommand, ClawBack, Reimburse
from suanwang.policy import claim_route
from suanwang.policy.claim_check import Papers, check_claim
from suanwang.policy.claim_route import Approved, ClaimPaid, ClaimRefused, ClaimState, Filed, Returned
from suanwang.policy.decision import Share
from suanwang.policy.rules import Rules
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.instants import local_time
from suanwang.units.money import split, whole_fen
from suanwang.units.text import Text, same


def file_claim(
    state: Vouchers, request: FileClaim, rules: Rules, at: int, digest: str
) -> tuple[AnyRecord, ...]:
    """The claim on file. What is wrong with its papers is for the check to say."""
    claim, programme = request.dossier.claim, rules.programme
    faults = name_faults(state, claim.claim, claim.programme, request.dossier.enterprise, programme)
    if programme.redemption != "reimbursed":
        what = Text("it is not reimbursed after payment", "该方案不是付款后兑付")
        remedy = Text("apply for a grant: suanwang grant apply", "请申请额度：suanwang grant apply")
        faults.append(Fault(claim.programme, what, remedy=remedy))
    refuse(faults + date_faults(request.dossier, at))
    return (filed_event(request.id, request.dossier, 1, rules, at, digest),)


def date_faults(dossier: ClaimDossier, at: int) -> list[Fault]:
    """A claim is not filed before it is made."""
    today, filed = local_time(at).date(), dossier.claim.filed
    if filed <= today:
        return []
    what = Text("filed after today", "申报日期晚于今天")
    return [Fault("filed", what, str(filed), Text(f"at most {today}", f"不晚于 {today}"))]


def filed_event(
    request: str, dossier: ClaimDossier, number: int, rules: Rules, at: int, digest: str
) -> ClaimFiled:
    """The event of a claim filed for the `number`-th time."""
    claim = dossier.claim
    return ClaimFiled(
        at,
        request,
        digest,
        claim.claim,
        number,
        claim.programme,
        rules.programme.family,
        rules.programme.level,
        claim.enterprise,
        claim.contract,
        claim.invoices,
        tuple(EvidenceRecord(one.kind, one.sha256, one.dated) for one in claim.evidence),
        dossier_digest(dossier),
        claim.filed,
        claim.paid,
        claim.asked_micro,
    )


def correct_claim(
    state: Vouchers, request: CorrectClaim, rules: Rules, at: int, digest: str
) -> tuple[AnyRecord, ...]:
    """A returned claim filed again: the same claim, programme, enterprise and contract."""
    claim = request.dossier.claim
    file = known(state, claim.claim)
    if not isinstance(file.state, Returned):
        raise wrong_stage(file, "returned")
    again = claim_route.correct(file.state, claim)
    refuse(date_faults(request.dossier, at))
    return (filed_event(request.id, request.dossier, again.round, rules, at, digest),)


def check_filed(
    state: Vouchers, request: CheckClaim, rules: Rules, at: int, digest: str
) -> tuple[AnyRecord, ...]:
    """The check, with the budget set aside in the same group where the claim is approved.

    Raises InvalidInput or BooksRefuse; then nothing is recorded.
    """
    file = known(state, request.claim)
    if not isinstance(file.state, Filed):
        raise wrong_stage(file, "filed")
    dossier, filed = request.dossier, file.filed
    if dossier_digest(dossier) != filed.papers:
        what = Text("not the papers that were filed", "不是所申报的材料")
        refuse([Fault(request.claim, what, dossier_digest(dossier), same(filed.papers))])
    position = position_of(
        state, rules.programme, filed.enterprise, filed.contract, "", request.claim, filed.filed
    )
    left = pool_left(state, rules.programme, filed.filed)
    position = type(position)(position.paid, position.beside, left)
    papers = Papers(dossier.claim, dossier.contract, dossier.invoices, used_invoices(state, request.claim))
    found = check_claim(papers, dossier.enterprise, rules, position)
    outcome = in_whole_fen(claim_route.check(file.state, found))
    commands: list[AnyCommand] = []
    if isinstance(outcome, Approved):
        first = local_time(at).date()
        amount = outcome.amount_micro
        commands.append(
            issue(request.id, request.claim, filed.programme, filed.enterprise, amount, first, None)
        )
    checked = ClaimChecked(
        at,
        request.id,
        digest,
        request.claim,
        stage(outcome),  # pyright: ignore[reportArgumentType]
        outcome.amount_micro if isinstance(outcome, Approved) else None,
        records_of(outcome.shares) if isinstance(outcome, Approved) else (),
        tuple(fault_record(fault) for fault in found.faults),
        found.decision.missing,
        found.digest,
        decision_record(found.decision),
        position_record(position),
    )
    return (checked, *booked(state.ledger, commands, at))


def in_whole_fen(
    outcome: Returned | ClaimRefused | Approved,
) -> Returned | ClaimRefused | Approved:
    """An approval for what can be paid in cash: whole 分, rounded down, its shares summing to it."""
    if not isinstance(outcome, Approved):
        return outcome
    amount = whole_fen(outcome.amount_micro)
    if amount == 0:
        what = Text("less than one fen can be paid", "可付金额不足一分")
        refuse([Fault(outcome.claim.claim, what, str(outcome.amount_micro), same("≥ 10000"))])
    weights = [share.amount_micro for share in outcome.shares]
    parts = split(amount, weights) if weights else []
    shares = tuple(Share(share.payer, part) for share, part in zip(outcome.shares, parts, strict=True))
    return Approved(outcome.claim, amount, shares, outcome.decision_digest)


def used_invoices(state: Vouchers, but: str) -> frozenset[str]:
    """Invoices that another claim has used: all but those of claims that were refused or returned."""
    return frozenset(
        invoice
        for name, file in state.claims.items()
        if name != but and not isinstance(file.state, ClaimRefused | Returned)
        for invoice in file.filed.invoices
    )


def fault_record(fault: Fault) -> FaultRecord:
    """A fault of the papers as an event holds it."""
    return FaultRecord(
        fault.where, fault.what.en, fault.what.zh, fault.found, fault.expected.en, fault.expected.zh
    )


def pay_claim(state: Vouchers, request: PayClaim, at: int, digest: str) -> tuple[AnyRecord, ...]:
    """A payment of what is due, out of the funds' treasuries. Raises InvalidInput or BooksRefuse."""
    file = known(state, request.claim)
    if not isinstance(file.state, Approved):
        raise wrong_stage(file, "approved")
    today = local_time(at).date()
    claim_route.pay(file.state, request.amount_micro, today)
    command = Reimburse(f"{request.id}/pay", request.claim, request.amount_micro, request.reference)
    paid = ClaimPaidOut(at, request.id, digest, request.claim, request.amount_micro, today, request.reference)
    return (paid, *booked(state.ledger, [command], at))


def claw_back_claim(
    state: Vouchers, request: ClawBackClaim, rules: Rules, at: int, digest: str
) -> tuple[AnyRecord, ...]:
    """Money of a paid claim that the firm owes again, to the funds whose it was, within the days for it."""
    file = known(state, request.claim)
    if not isinstance(file.state, ClaimPaid):
        raise wrong_stage(file, "paid")
    today = local_time(at).date()
    _, back = claim_route.claw_back(file.state, request.amount_micro, today, rules.programme, request.reason)
    command = ClawBack(f"{request.id}/claw-back", request.claim, request.amount_micro, request.reason)
    clawed = ClaimClawedBack(
        at,
        request.id,
        digest,
        request.claim,
        request.amount_micro,
        records_of(back.shares),
        today,
        request.reason,
    )
    return (clawed, *booked(state.ledger, [command], at))


def known(state: Vouchers, name: str) -> ClaimFile:
    """The claim on file. Raises InvalidInput."""
    file = state.claims.get(name)
    if file is None:
        raise unknown(name, Text("no such claim", "没有这个申报"))
    return file


def stage(state: ClaimState) -> str:
    """Where a claim stands, in one word."""
    return str(state.__struct_config__.tag)


def wrong_stage(file: ClaimFile, expected: str) -> InvalidInput:
    """The error of a step that the claim's stage does not allow."""
    fault = Fault(
        file.filed.claim,
        Text("not possible at this stage of the claim", "该申报所处阶段不允许此操作"),
        stage(file.state),
        same(expected),
        Text("see suanwang claim list", "请查看 suanwang claim list"),
        kind="stage",
    )
    return InvalidInput([fault])
