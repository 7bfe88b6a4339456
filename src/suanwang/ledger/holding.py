"""Holds: freezing the charge of an attempt, enlarging it, letting it go."""

from suanwang.ledger.commands import Draw, ExtendHold, PlaceHold, Release
from suanwang.ledger.entry import Entry, unused_account
from suanwang.ledger.events import HoldExtended, HoldPlaced, Reason, Released
from suanwang.ledger.refusals import Refusal
from suanwang.ledger.state import Hold, Ledger


def decide_place_hold(state: Ledger, command: PlaceHold, at: int, digest: str) -> HoldPlaced:
    """All parts or none; what is held is no longer available, so no later check can forget it."""
    reasons: list[Reason] = []
    enterprise = state.enterprises.get(command.enterprise)
    centre = state.centres.get(command.centre)
    if command.hold in state.holds:
        reasons.append(Reason("exists", command.hold))
    if centre is None:
        reasons.append(Reason("unknown", f"payable:{command.centre}"))
    if enterprise is None:
        reasons.append(Reason("unknown", f"wallet:{command.enterprise}"))
        raise Refusal(reasons)
    if centre is not None and centre.currency != enterprise.currency:
        reasons.append(Reason("currency", command.centre, centre.currency, enterprise.currency))
    entry = Entry()
    reasons += _freeze(state, entry, command.enterprise, command.draws, command.wallet_micro, at)
    if reasons:
        raise Refusal(reasons)
    return HoldPlaced(
        at,
        command.id,
        digest,
        tuple(entry.legs),
        command.hold,
        command.enterprise,
        command.centre,
        enterprise.currency,
        command.draws,
        command.wallet_micro,
    )


def decide_extend_hold(state: Ledger, command: ExtendHold, at: int, digest: str) -> HoldExtended:
    """More on an open hold."""
    hold = open_hold(state, command.hold)
    entry = Entry()
    reasons = _freeze(state, entry, hold.enterprise, command.draws, command.wallet_micro, at)
    if reasons:
        raise Refusal(reasons)
    return HoldExtended(
        at, command.id, digest, tuple(entry.legs), command.hold, command.draws, command.wallet_micro
    )


def decide_release(state: Ledger, command: Release, at: int, digest: str) -> Released:
    """Everything that the hold still freezes goes back; a lapsed grant's part lapses."""
    hold = open_hold(state, command.hold)
    entry = Entry()
    unfreeze(state, entry, hold, at)
    return Released(at, command.id, digest, entry.booked(state), command.hold, hold.enterprise)


def open_hold(state: Ledger, name: str) -> Hold:
    """The hold, which is still open. Raises Refusal."""
    hold = state.holds.get(name)
    if hold is None:
        raise Refusal([Reason("unknown", name)])
    if hold.status != "open":
        raise Refusal([Reason("resolved", name, hold.status, "open")])
    return hold


def unfreeze(state: Ledger, entry: Entry, hold: Hold, at: int, used: dict[str, int] | None = None) -> None:
    """Adds the legs that give back what `hold` freezes, less what is `used` now by grant ("": the wallet)."""
    used = used or {}
    for name, left in hold.draws.items():
        back = unused_account(name, state.grants[name], at)
        entry.move(f"held:{name}", back, left - used.get(name, 0))
    wallet = f"wallet:{hold.enterprise}"
    entry.move(f"wallet_held:{hold.enterprise}", wallet, hold.wallet_micro - used.get("", 0))


def _freeze(
    state: Ledger, entry: Entry, enterprise: str, draws: tuple[Draw, ...], wallet_micro: int, at: int
) -> list[Reason]:
    """Adds the legs of a hold's parts; every reason against them."""
    reasons: list[Reason] = []
    for draw in draws:
        grant = state.grants.get(draw.grant)
        if grant is None:
            reasons.append(Reason("unknown", draw.grant))
            continue
        if grant.enterprise != enterprise:
            reasons.append(Reason("not_owner", draw.grant))
        if at < grant.starts_at:
            reasons.append(Reason("not_started", draw.grant))
        if at >= grant.expires_at:
            reasons.append(Reason("expired", draw.grant))
        if grant.withdrawn:
            reasons.append(Reason("withdrawn", draw.grant))
        if state.programmes[grant.programme].alarm == "short":
            reasons.append(Reason("reserve_short", f"reserve:{grant.programme}"))
        entry.move(f"available:{draw.grant}", f"held:{draw.grant}", draw.amount_micro)
    entry.move(f"wallet:{enterprise}", f"wallet_held:{enterprise}", wallet_micro)
    return reasons + entry.reasons(state)
