"""What centres' agents have sent back because it does not fit: other centres are asked meanwhile.

A centre is not asked again for that shape before something changes in the pool (what fits there, an attempt
that ends there, the centre's enrolment) or an hour has passed; the job itself has a wait of its own.
"""

from typing import TYPE_CHECKING

import msgspec

from suanwang.model.facts import FitShape

if TYPE_CHECKING:
    from suanwang.engine.platform import Records

REMEMBERED_S = 3600


class Refusal(msgspec.Struct, frozen=True, gc=False):
    """Of one shape of jobs by one centre: in which pool it did not fit, until when that is remembered."""

    pool: str
    until_at: int


def remember(state: "Records", shape: int, centre: str, pool: str, at: int) -> None:
    """It did not fit."""
    refusal = Refusal(pool, at + REMEMBERED_S * 1_000_000)
    state.refusals.setdefault(shape, {})[centre] = refusal


def forget(state: "Records", centre: str, pools: frozenset[str]) -> None:
    """Something has changed in these pools."""
    for shape, refusals in list(state.refusals.items()):
        if centre in refusals and refusals[centre].pool in pools:
            del refusals[centre]
            if not refusals:
                del state.refusals[shape]


def refusing(state: "Records", shape: int, at: int) -> list[str]:
    """The centres that are not asked for this shape now."""
    refusals = state.refusals.get(shape, {})
    return [centre for centre, refusal in refusals.items() if refusal.until_at > at]


def changed_pools(before: tuple[FitShape, ...], after: tuple[FitShape, ...]) -> frozenset[str]:
    """The pools where something else fits now."""
    return frozenset(shape.pool for shape in {*before} ^ {*after})


def reopened(state: "Records", centre: str, pools: frozenset[str]) -> list[str]:
    """Those of these pools in which the centre has refused something."""
    refused = {refusals[centre].pool for refusals in state.refusals.values() if centre in refusals}
    return sorted(refused & pools)
