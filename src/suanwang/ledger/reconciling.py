"""Reconciliation: what a centre claims for a period against the platform's own readings, and disputes."""

from bisect import bisect_left

from suanwang.ledger.capturing import give_back
from suanwang.ledger.commands import ClaimLine, Reconcile, Resolve
from suanwang.ledger.entry import Entry
from suanwang.ledger.events import DisputeOpened, Giving, Reason, Reconciled, Resolved
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.state import Ledger

BASIS_POINTS = 10_000


def decide_reconcile(state: Ledger, command: Reconcile, at: int, digest: str) -> Reconciled:
    """Compares line by line. Where the centre claims less than we charged, the difference is withheld."""
    if command.centre not in state.centres:
        raise Refusal([Reason("unknown", f"payable:{command.centre}")])
    if (command.centre, command.period) in state.reconciled:
        raise Refusal([Reason("already_reconciled", f"{command.centre} {command.period}")])
    ours = readings(state, command.centre, command.from_at, command.to_at)
    entry = Entry()
    disputes: list[DisputeOpened] = []
    for line in command.lines:
        names = ours.get(line.hold, [])
        captured = sum(state.captures[name].left_micro for name in names)
        usage = sum(state.captures[name].usage_milli for name in names)
        if _agrees(line, captured, usage, command.tolerance_bp):
            continue
        user_part = sum(state.captures[name].wallet_micro for name in names)
        there = max(0, entry.natural_after(state, f"payable:{command.centre}"))
        withheld = min(max(0, captured - line.amount_micro), user_part, there)
        entry.move(f"payable:{command.centre}", f"disputed:{command.centre}", withheld)
        name = f"{command.id}/{line.hold}"
        disputes.append(
            DisputeOpened(name, line.hold, line.amount_micro, captured, line.usage_milli, usage, withheld)
        )
    claimed = {line.hold for line in command.lines}
    return Reconciled(
        at,
        command.id,
        digest,
        entry.booked(state),
        command.centre,
        command.period,
        command.from_at,
        command.to_at,
        len(command.lines) - len(disputes),
        sum(line.amount_micro for line in command.lines),
        sum(state.captures[name].left_micro for names in ours.values() for name in names),
        tuple(disputes),
        tuple(hold for hold in ours if hold not in claimed),
    )


def readings(state: Ledger, centre: str, from_at: int, to_at: int) -> dict[str, list[str]]:
    """The centre's captures in [from_at, to_at) by hold, in order of time."""
    names = state.centres[centre].captures
    first = bisect_left(names, from_at, key=lambda name: state.captures[name].at)
    after = bisect_left(names, to_at, key=lambda name: state.captures[name].at)
    ours: dict[str, list[str]] = {}
    for name in names[first:after]:
        ours.setdefault(state.captures[name].hold, []).append(name)
    return ours


def _agrees(line: ClaimLine, captured_micro: int, usage_milli: int, tolerance_bp: int) -> bool:
    """|claimed − ours| ≤ tolerance · ours, for the amount and for the usage."""
    return (
        abs(line.amount_micro - captured_micro) * BASIS_POINTS <= tolerance_bp * captured_micro
        and abs(line.usage_milli - usage_milli) * BASIS_POINTS <= tolerance_bp * usage_milli
    )


def decide_resolve(state: Ledger, command: Resolve, at: int, digest: str) -> Resolved:
    """Sets the line to what is awarded: less is refunded to those who paid, more is borne by the platform."""
    dispute = state.disputes.get(command.dispute)
    if dispute is None:
        raise Refusal([Reason("unknown", command.dispute)])
    if not dispute.open:
        raise Refusal([Reason("dispute_closed", command.dispute)])
    centre, hold_name = dispute.centre, dispute.opened.hold
    names = readings(state, centre, dispute.from_at, dispute.to_at).get(hold_name, [])
    entry = Entry()
    entry.move(f"disputed:{centre}", f"payable:{centre}", dispute.opened.withheld_micro)
    excess = sum(state.captures[name].left_micro for name in names) - command.awarded_micro
    givings: list[Giving] = []
    for name in reversed(names):
        record = state.captures[name]
        part = min(max(0, excess), record.left_micro)
        if part:
            givings.append(give_back(state, entry, name, record, part, at))
            excess -= part
    extra = max(0, -excess)
    currency = state.centres[centre].currency
    entry.move(f"expense:disputes.{currency}", f"payable:{centre}", extra)
    return Resolved(
        at,
        command.id,
        digest,
        entry.booked(state),
        command.dispute,
        centre,
        state.holds[hold_name].enterprise if names else "",
        command.awarded_micro,
        tuple(givings),
        extra,
        command.reason,
    )
