"""What others ask of the ledger: how a grant and a programme stand, which grants a purchase could use."""

import msgspec

from suanwang.ledger.state import Ledger


class GrantFigures(msgspec.Struct, frozen=True):
    """Where a grant's money is, in micro-yuan: issued = available + held + spent + expired."""

    grant: str
    programme: str
    enterprise: str
    issued_micro: int
    available_micro: int
    held_micro: int
    spent_micro: int
    expired_micro: int
    clawed_back_micro: int
    starts_at: int
    expires_at: int


def grant_figures(state: Ledger, name: str) -> GrantFigures:
    """The grant's figures now. KeyError where there is no such grant."""
    grant = state.grants[name]
    available, held, spent, expired = (
        state.accounts[f"{kind}:{name}"].natural_micro for kind in ("available", "held", "spent", "expired")
    )
    return GrantFigures(
        name,
        grant.programme,
        grant.enterprise,
        grant.issued_micro,
        available,
        held,
        spent,
        expired,
        grant.clawed_back_micro,
        grant.starts_at,
        grant.expires_at,
    )


def usable_grants(state: Ledger, enterprise: str, at: int) -> list[GrantFigures]:
    """The enterprise's grants that a hold at `at` could use: soonest to expire first, then smallest balance.

    Leaves out grants of programmes whose reserve is short. KeyError where the enterprise has no wallet.
    """
    usable: list[GrantFigures] = []
    for name in state.enterprises[enterprise].grants:
        grant = state.grants[name]
        open_now = grant.starts_at <= at < grant.expires_at and not grant.withdrawn
        if open_now and state.programmes[grant.programme].alarm != "short":
            figures = grant_figures(state, name)
            if figures.available_micro > 0:
                usable.append(figures)
    return sorted(usable, key=lambda one: (one.expires_at, one.available_micro, one.grant))


class ProgrammeFigures(msgspec.Struct, frozen=True):
    """Where a programme's appropriation is, in micro-yuan: appropriated = budget + issued."""

    programme: str
    appropriated_micro: int
    budget_micro: int
    available_micro: int
    held_micro: int
    spent_micro: int
    expired_micro: int
    reserve_micro: int


def programme_figures(state: Ledger, programme: str) -> ProgrammeFigures:
    """The programme's figures now. KeyError where there is no such programme."""
    grants = [
        grant_figures(state, name) for name, grant in state.grants.items() if grant.programme == programme
    ]
    return ProgrammeFigures(
        programme,
        state.accounts[f"appropriation:{programme}"].natural_micro,
        state.accounts[f"budget:{programme}"].natural_micro,
        sum(one.available_micro for one in grants),
        sum(one.held_micro for one in grants),
        sum(one.spent_micro for one in grants),
        sum(one.expired_micro for one in grants),
        state.accounts[f"reserve:{programme}"].natural_micro,
    )
