"""Capture: metered usage charged against a hold, each fund bearing its share. Refund: the way back."""

from suanwang.ledger.commands import Capture, Refund
from suanwang.ledger.entry import Entry, unused_account
from suanwang.ledger.events import AlarmSet, Captured, Giving, Reason, Refunded, Share
from suanwang.ledger.holding import open_hold, unfreeze
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.reserving import pay_at_once
from suanwang.ledger.state import CaptureRecord, Ledger
from suanwang.units.money import exact_yuan, split


def decide_capture(state: Ledger, command: Capture, at: int, digest: str) -> Captured:
    """Splits the charge over the hold's parts by what each still has, and each grant's part over its funds.

    The reserve pays the centre's voucher part at once where it can; the user part waits for settlement.
    """
    hold = open_hold(state, command.hold)
    charge = command.compute_micro + command.energy_micro + command.data_micro
    left = [*hold.draws.values(), hold.wallet_micro]
    # invariant: Σ captures of a hold ≤ what it froze
    if charge > sum(left):
        found, needed = exact_yuan(sum(left)), exact_yuan(charge)
        raise Refusal([Reason("exceeds_hold", command.hold, found, needed)])
    parts = dict(zip([*hold.draws, ""], split(charge, left), strict=True))
    wallet_micro = parts[""]
    entry = Entry()
    shares: list[Share] = []
    owed: dict[str, int] = {}
    for name in hold.draws:
        part = parts[name]
        if part == 0:
            continue
        programme = state.grants[name].programme
        funds = state.programmes[programme].funds
        entry.move(f"held:{name}", f"spent:{name}", part)
        for fund, share in zip(funds, split(part, [w.weight for w in funds]), strict=True):
            entry.move(f"funding:{fund.fund}", f"voucher_payable:{hold.centre}:{programme}", share)
            if share:
                shares.append(Share(name, fund.fund, share))
        owed[programme] = owed.get(programme, 0) + part
    entry.move(f"wallet_held:{hold.enterprise}", f"payable:{hold.centre}", wallet_micro)
    if command.closes:
        unfreeze(state, entry, hold, at, used=parts)
    alarms: list[AlarmSet] = []
    for programme in owed:
        alarm = pay_at_once(state, entry, programme, hold.centre)
        if alarm != state.programmes[programme].alarm:
            alarms.append(AlarmSet(programme, alarm))
    return Captured(
        at,
        command.id,
        digest,
        entry.booked(state),
        command.hold,
        hold.enterprise,
        hold.centre,
        command.compute_micro,
        command.energy_micro,
        command.data_micro,
        command.usage_milli,
        tuple(shares),
        wallet_micro,
        command.closes,
        tuple(alarms),
    )


def decide_refund(state: Ledger, command: Refund, at: int, digest: str) -> Refunded:
    """Part of a capture back to whoever bears it now, by what each still bears."""
    record = state.captures.get(command.capture)
    if record is None:
        raise Refusal([Reason("unknown", command.capture)])
    if not record.hold:
        raise Refusal([Reason("reimbursed", command.capture)])
    # invariant: Σ refunds of a capture ≤ the capture
    if command.amount_micro > record.left_micro:
        found, needed = exact_yuan(record.left_micro), exact_yuan(command.amount_micro)
        raise Refusal([Reason("exceeds_capture", command.capture, found, needed)])
    hold = state.holds[record.hold]
    entry = Entry()
    giving = give_back(state, entry, command.capture, record, command.amount_micro, at)
    legs = entry.booked(state)
    return Refunded(at, command.id, digest, legs, hold.enterprise, hold.centre, giving, command.reason)


def give_back(
    state: Ledger, entry: Entry, name: str, record: CaptureRecord, amount_micro: int, at: int
) -> Giving:
    """Adds the legs of a refund of `amount_micro` ≤ what is left of the capture; who got how much.

    The centre owes it: its payables fall, below zero where it was already paid, and the next payments net it.
    """
    hold = state.holds[record.hold]
    keys = list(record.shares)
    *parts, wallet_micro = split(amount_micro, [*record.shares.values(), record.wallet_micro])
    shares = tuple(Share(grant, fund, part) for (grant, fund), part in zip(keys, parts, strict=True) if part)
    for share in shares:
        grant = state.grants[share.grant]
        payable = f"voucher_payable:{hold.centre}:{grant.programme}"
        entry.move(payable, f"funding:{share.fund}", share.amount_micro)
        back = unused_account(share.grant, grant, at)
        entry.move(f"spent:{share.grant}", back, share.amount_micro)
    entry.move(f"payable:{hold.centre}", f"wallet:{hold.enterprise}", wallet_micro)
    return Giving(name, shares, wallet_micro)
