"""Reimbursement: a grant paid out in cash to the enterprise that has paid its supplier itself."""

from suanwang.ledger.commands import Reimburse
from suanwang.ledger.entry import Entry
from suanwang.ledger.events import Reason, Reimbursed, Share
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.state import Ledger
from suanwang.units.money import MICRO_PER_FEN, exact_yuan, split


def decide_reimburse(state: Ledger, command: Reimburse, at: int, digest: str) -> Reimbursed:
    """Each fund pays its own share, in whole 分, out of its own treasury: all of them or none."""
    grant = state.grants.get(command.grant)
    if grant is None:
        raise Refusal([Reason("unknown", command.grant)])
    reasons: list[Reason] = []
    if at < grant.starts_at:
        reasons.append(Reason("not_started", command.grant))
    if at >= grant.expires_at:
        reasons.append(Reason("expired", command.grant))
    if grant.withdrawn:
        reasons.append(Reason("withdrawn", command.grant))
    if command.amount_micro % MICRO_PER_FEN:
        reasons.append(Reason("part_fen", command.grant, exact_yuan(command.amount_micro)))
        raise Refusal(reasons)
    funds = state.programmes[grant.programme].funds
    entry = Entry()
    entry.move(f"available:{command.grant}", f"spent:{command.grant}", command.amount_micro)
    shares: list[Share] = []
    fen = command.amount_micro // MICRO_PER_FEN
    for fund, part in zip(funds, split(fen, [weight.weight for weight in funds]), strict=True):
        entry.move(f"funding:{fund.fund}", f"treasury:{fund.fund}", part * MICRO_PER_FEN)
        if part:
            shares.append(Share(command.grant, fund.fund, part * MICRO_PER_FEN))
    reasons += entry.reasons(state)
    if reasons:
        raise Refusal(reasons)
    return Reimbursed(
        at,
        command.id,
        digest,
        tuple(entry.legs),
        command.grant,
        grant.enterprise,
        tuple(shares),
        command.reference,
    )
