"""Pairings (结对子): what work of an eastern region gets in a western hub, while its quota lasts."""

from suanwang.engine.platform import Attempt, PairingState, Platform
from suanwang.model.job import Shape


def discount_for(platform: Platform, shape: Shape, pool: str, slot: int, milli_s: int) -> int:
    """The discount in basis points for work of a region in a pool's hub, while the pairing's quota lasts."""
    if not platform.state.pairings:
        return 0
    hub = platform.state.centres[platform.centre_of[pool]].row.hub
    for pairing in platform.state.pairings:
        terms = pairing.row
        if terms.discount_bp and covers(pairing, shape.region, hub, slot):
            quota = terms.quota_device_hours
            if quota is None or pairing.taken_milli_s + milli_s <= quota * 3_600_000:
                return terms.discount_bp
    return 0


def covers(pairing: PairingState, region: str, hub: str | None, slot: int) -> bool:
    """Whether work of a region that starts in a hub in that slot is under the pairing."""
    terms = pairing.row
    return (
        hub is not None
        and terms.to_hub == hub
        and region.startswith(terms.from_region)
        and terms.from_slot <= slot < terms.to_slot
    )


def pairing_of(platform: Platform, attempt: Attempt) -> PairingState | None:
    """The pairing whose discount an attempt has."""
    figures = attempt.figures
    if not figures.discount_bp:
        return None
    hub = platform.state.centres[attempt.centre].row.hub
    region = platform.shape_of(platform.state.jobs[attempt.job]).region
    for pairing in platform.state.pairings:
        same = pairing.row.discount_bp == figures.discount_bp
        if same and covers(pairing, region, hub, figures.from_slot):
            return pairing
    return None


def use_pairing(platform: Platform, attempt: Attempt, milli_s: int) -> None:
    """Counts device-seconds against the attempt's pairing; negative gives back."""
    pairing = pairing_of(platform, attempt)
    if pairing is not None:
        pairing.taken_milli_s += milli_s


def quota_has(platform: Platform, attempt: Attempt, milli_s: int) -> bool:
    """Whether the attempt's pairing, if it has one, covers so much more."""
    pairing = pairing_of(platform, attempt)
    quota = None if pairing is None else pairing.row.quota_device_hours
    return pairing is None or quota is None or pairing.taken_milli_s + milli_s <= quota * 3_600_000
