"""Vouchers: issue, expiry, claw-back, and the firm's repayment to the funds whose money it was."""

from suanwang.ledger.commands import ClawBack, Draw, Expire, IssueGrant, Repay
from suanwang.ledger.entry import Entry
from suanwang.ledger.events import ClawedBack, FundAmount, GrantIssued, GrantsExpired, Reason, Repaid, Take
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.state import Grant, Ledger
from suanwang.units.money import MICRO_PER_FEN, exact_yuan, split, whole_fen


def decide_issue_grant(state: Ledger, command: IssueGrant, at: int, digest: str) -> GrantIssued:
    """A grant out of the programme's ungranted budget."""
    programme = state.programmes.get(command.programme)
    enterprise = state.enterprises.get(command.enterprise)
    reasons: list[Reason] = []
    if command.grant in state.grants:
        reasons.append(Reason("exists", command.grant))
    if programme is None:
        reasons.append(Reason("unknown", f"budget:{command.programme}"))
    if enterprise is None:
        reasons.append(Reason("unknown", f"wallet:{command.enterprise}"))
    if programme is not None and enterprise is not None and programme.currency != enterprise.currency:
        reasons.append(Reason("currency", command.enterprise, enterprise.currency, programme.currency))
    if command.expires_at <= at:
        reasons.append(Reason("expired", command.grant))
    entry = Entry()
    entry.move(f"budget:{command.programme}", f"available:{command.grant}", command.amount_micro)
    reasons += entry.reasons(state)
    if reasons:
        raise Refusal(reasons)
    return GrantIssued(
        at,
        command.id,
        digest,
        tuple(entry.legs),
        command.grant,
        command.programme,
        command.enterprise,
        command.amount_micro,
        command.starts_at,
        command.expires_at,
    )


def decide_expire(state: Ledger, command: Expire, at: int, digest: str) -> GrantsExpired:
    """Every grant of the programme that is over at `at` and not yet swept; what is held stays held."""
    programme = state.programmes.get(command.programme)
    if programme is None:
        raise Refusal([Reason("unknown", f"budget:{command.programme}")])
    entry = Entry()
    lapsed: list[Draw] = []
    for name in programme.grants:
        if state.grants[name].expires_at <= at:
            left = entry.natural_after(state, f"available:{name}")
            entry.move(f"available:{name}", f"expired:{name}", left)
            lapsed.append(Draw(name, left))
    return GrantsExpired(at, command.id, digest, entry.booked(state), command.programme, tuple(lapsed))


def decide_claw_back(state: Ledger, command: ClawBack, at: int, digest: str) -> ClawedBack:
    """The grant ends; spent money becomes a receivable from the firm, fund by fund, oldest captures first."""
    grant = state.grants.get(command.grant)
    if grant is None:
        raise Refusal([Reason("unknown", command.grant)])
    if grant.withdrawn and command.spent_micro == 0:
        raise Refusal([Reason("withdrawn", command.grant)])
    entry = Entry()
    spent = entry.natural_after(state, f"spent:{command.grant}")
    if command.spent_micro > spent:
        found, needed = exact_yuan(spent), exact_yuan(command.spent_micro)
        raise Refusal([Reason("exceeds_spent", command.grant, found, needed)])
    lapsed = entry.natural_after(state, f"available:{command.grant}")
    entry.move(f"available:{command.grant}", f"expired:{command.grant}", lapsed)
    entry.move(f"spent:{command.grant}", f"expired:{command.grant}", command.spent_micro)
    takes = _takes(state, command.grant, grant, command.spent_micro)
    by_fund: dict[str, int] = {}
    for take in takes:
        by_fund[take.fund] = by_fund.get(take.fund, 0) + take.amount_micro
    for fund, amount in by_fund.items():
        entry.move(f"receivable:{grant.enterprise}:{fund}", f"funding:{fund}", amount)
    legs = entry.booked(state)
    return ClawedBack(
        at, command.id, digest, legs, command.grant, grant.enterprise, lapsed, takes, command.reason
    )


def _takes(state: Ledger, name: str, grant: Grant, amount_micro: int) -> tuple[Take, ...]:
    """Which captures and funds the grant's spending was: oldest captures first, funds by their shares."""
    takes: list[Take] = []
    for capture in grant.captures:
        if amount_micro == 0:
            break
        shares = {
            fund: left for (through, fund), left in state.captures[capture].shares.items() if through == name
        }
        part = min(amount_micro, sum(shares.values()))
        if part == 0:
            continue
        for fund, share in zip(shares, split(part, list(shares.values())), strict=True):
            if share:
                takes.append(Take(capture, fund, share))
        amount_micro -= part
    return tuple(takes)


def decide_repay(state: Ledger, command: Repay, at: int, digest: str) -> Repaid:
    """Cash from the firm into the funds' treasuries, in whole 分, by what it owes to each."""
    enterprise = state.enterprises.get(command.enterprise)
    if enterprise is None:
        raise Refusal([Reason("unknown", f"wallet:{command.enterprise}")])
    if command.amount_micro % MICRO_PER_FEN:
        raise Refusal([Reason("part_fen", command.enterprise, exact_yuan(command.amount_micro))])
    entry = Entry()
    owed = [
        whole_fen(entry.natural_after(state, f"receivable:{command.enterprise}:{fund}")) // MICRO_PER_FEN
        for fund in enterprise.receivables
    ]
    fen = command.amount_micro // MICRO_PER_FEN
    if fen > sum(owed):
        found, needed = exact_yuan(sum(owed) * MICRO_PER_FEN), exact_yuan(command.amount_micro)
        raise Refusal([Reason("exceeds_receivable", command.enterprise, found, needed)])
    shares = [
        FundAmount(fund, part * MICRO_PER_FEN)
        for fund, part in zip(enterprise.receivables, split(fen, owed), strict=True)
        if part
    ]
    for share in shares:
        receivable = f"receivable:{command.enterprise}:{share.fund}"
        entry.move(f"treasury:{share.fund}", receivable, share.amount_micro)
    legs = entry.booked(state)
    return Repaid(at, command.id, digest, legs, command.enterprise, tuple(shares), command.reference)
