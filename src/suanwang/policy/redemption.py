"""Which voucher pays first: soonest to expire, then the smallest balance, as each programme orders it."""

from datetime import date

import msgspec

from suanwang.model.programme import OrderKey


class GrantBalance(msgspec.Struct, frozen=True):
    """A grant as the books show it today: the money left in it and the last day it may be used."""

    grant: str
    programme: str
    available_micro: int
    expires: date | None


class Draw(msgspec.Struct, frozen=True):
    """What one grant pays of a cost."""

    grant: str
    amount_micro: int


DEFAULT_ORDER: tuple[OrderKey, ...] = ("soonest_to_expire", "smallest_balance")


def in_order(
    grants: list[GrantBalance], day: date, order: tuple[OrderKey, ...] = DEFAULT_ORDER
) -> list[GrantBalance]:
    """The grants that are usable on `day`, first to pay first; ties go to the lower id."""
    usable = [
        grant
        for grant in grants
        if grant.available_micro > 0 and (grant.expires is None or grant.expires >= day)
    ]

    def key(grant: GrantBalance) -> tuple[int, ...]:
        never = date.max.toordinal()
        parts = {
            "soonest_to_expire": never if grant.expires is None else grant.expires.toordinal(),
            "smallest_balance": grant.available_micro,
        }
        return tuple(parts[name] for name in order)

    return sorted(usable, key=lambda grant: (key(grant), grant.grant))


def draws(
    grants: list[GrantBalance], amount_micro: int, day: date, order: tuple[OrderKey, ...] = DEFAULT_ORDER
) -> tuple[list[Draw], int]:
    """(what each grant pays, what is left for the wallet): together exactly `amount_micro` ≥ 0."""
    found: list[Draw] = []
    rest = amount_micro
    for grant in in_order(grants, day, order):
        part = min(rest, grant.available_micro)
        if part:
            found.append(Draw(grant.grant, part))
            rest -= part
    return found, rest
