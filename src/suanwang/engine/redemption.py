"""A hold at placement: which of a firm's grants pay how much of it, in the order of redemption."""

from datetime import timedelta

from suanwang.engine.voucher_state import Vouchers
from suanwang.ledger.commands import Draw, PlaceHold
from suanwang.ledger.figures import usable_grants
from suanwang.policy.redemption import GrantBalance, in_order
from suanwang.units.instants import local_time

FULL_BP = 10_000


def hold_for(
    state: Vouchers,
    request: str,
    hold: str,
    enterprise: str,
    centre: str,
    amount_micro: int,
    at: int,
    programmes: frozenset[str] | None = None,
) -> PlaceHold:
    """The ledger command that holds `amount_micro` ≥ 0 for one attempt at `centre`.

    Grants pay soonest to expire first, then smallest balance; the wallet pays the rest. A programme with a
    rate pays at most that share of the amount, rounded down, over all its grants together. `programmes`:
    those that the centre admits; none: all. KeyError where the enterprise has no wallet.
    """
    usable = [
        one
        for one in usable_grants(state.ledger, enterprise, at)
        if programmes is None or one.programme in programmes
    ]
    balances = [
        GrantBalance(
            one.grant,
            one.programme,
            one.available_micro,
            (local_time(one.expires_at) - timedelta(microseconds=1)).date(),
        )
        for one in usable
    ]
    if not balances:
        return PlaceHold(request, hold, enterprise, centre, (), amount_micro)
    rest = amount_micro
    paid: dict[str, int] = {}
    draws: list[Draw] = []
    for grant in in_order(balances, local_time(at).date()):
        room = rest
        rate_bp = rate_of(state, grant.grant)
        if rate_bp is not None:
            # ⌊amount · rate / 10,000⌋ over all grants of the programme
            room = min(room, amount_micro * rate_bp // FULL_BP - paid.get(grant.programme, 0))
        part = min(room, grant.available_micro)
        if part > 0:
            draws.append(Draw(grant.grant, part))
            paid[grant.programme] = paid.get(grant.programme, 0) + part
            rest -= part
    return PlaceHold(request, hold, enterprise, centre, tuple(draws), rest)


def rate_of(state: Vouchers, grant: str) -> int | None:
    """The rate that bounds a grant's part of each use; none where it was not reckoned by a rate."""
    file = state.applications.get(grant)
    return None if file is None or file.reviewed is None else file.reviewed.rate_bp


def hold_request(state: Vouchers, hold: str) -> str:
    """The id of the request for a hold of this name: the next one where the last was refused."""
    first = name = f"grant/hold/{hold}"
    turn = 1
    while name in state.ledger.done and state.ledger.done[name].reasons:
        turn += 1
        name = f"{first}/{turn}"
    return name


def is_held(state: Vouchers, hold: str, enterprise: str, centre: str, amount_micro: int) -> bool:
    """Whether exactly this was held before: then there is nothing to reckon anew."""
    known = state.ledger.holds.get(hold)
    return known is not None and (known.enterprise, known.centre, known.placed_micro) == (
        enterprise,
        centre,
        amount_micro,
    )
