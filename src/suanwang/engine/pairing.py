"""Pairings (结对子): what work of an eastern region gets in a western hub, while its quota lasts."""

from collections.abc import Iterator

from suanwang.engine.platform import Attempt, PairingState, Platform
from suanwang.model.job import Shape


def discount_for(platform: Platform, shape: Shape, pool: str, slot: int, milli_s: int) -> int:
    """The discount in basis points for work of a region in a pool's hub, while the pairing's quota lasts."""
    if not platform.state.pairings:
        return 0
    hub = platform.state.centres[platform.centre_of[pool]].row.hub
    return next((bp for _, bp in offers(platform, shape.region, hub, slot, milli_s)), 0)


def offers(
    platform: Platform, region: str, hub: str | None, slot: int, milli_s: int
) -> Iterator[tuple[int, int]]:
    """(number, discount) of the pairings that cover so much work; the first that is listed counts."""
    for number, pairing in enumerate(platform.state.pairings):
        bp = pairing.row.discount_bp
        if bp and covers(pairing, region, hub, slot) and has_left(pairing, milli_s):
            yield number, bp


def covers(pairing: PairingState, region: str, hub: str | None, slot: int) -> bool:
    """Whether work of a region that starts in a hub in that slot is under the pairing."""
    terms = pairing.row
    return (
        hub is not None
        and terms.to_hub == hub
        and region.startswith(terms.from_region)
        and terms.from_slot <= slot < terms.to_slot
    )


def has_left(pairing: PairingState, milli_s: int) -> bool:
    """Whether its quota covers so many milli-device-seconds more."""
    quota = pairing.row.quota_device_hours
    return quota is None or pairing.taken_milli_s + milli_s <= quota * 3_600_000


def begin_pairing(platform: Platform, attempt: Attempt, milli_s: int) -> None:
    """The attempt's discount is the first such pairing's, which so much is counted against."""
    figures, attempt.pairing = attempt.figures, -1
    if figures.discount_bp:
        hub = platform.state.centres[attempt.centre].row.hub
        region = platform.shape_of(platform.state.jobs[attempt.job]).region
        found = offers(platform, region, hub, figures.from_slot, milli_s)
        attempt.pairing = next((number for number, bp in found if bp == figures.discount_bp), -1)
    use_pairing(platform, attempt, milli_s)


def use_pairing(platform: Platform, attempt: Attempt, milli_s: int) -> None:
    """Counts device-seconds against the attempt's pairing; negative gives back."""
    if attempt.pairing >= 0:
        platform.state.pairings[attempt.pairing].taken_milli_s += milli_s


def quota_has(platform: Platform, attempt: Attempt, milli_s: int) -> bool:
    """Whether the attempt's pairing, if it has one, covers so much more."""
    return attempt.pairing < 0 or has_left(platform.state.pairings[attempt.pairing], milli_s)
