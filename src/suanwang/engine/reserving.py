"""Reserving: capacity and money in one step, both or neither."""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.events import Figures, ReasonRecord
from suanwang.engine.platform import Job, Platform, attempt_name
from suanwang.engine.redemption import hold_for
from suanwang.ledger.commands import PlaceHold
from suanwang.ledger.decide import decide as decide_ledger
from suanwang.ledger.events import Reason, Refused
from suanwang.ledger.refusals import fault_of
from suanwang.model.job import Shape


def reserve(platform: Platform, name: str, job: Job, figures: Figures, at: int) -> Iterator[events.AnyEvent]:
    """The reservation and its hold; where the money is not there the job is held, with the reason.

    A charge of nothing needs no hold.
    """
    ground = platform.ground
    row = ground.row_of[figures.pool]
    milli = platform.shape_of(job).alternatives[figures.alternative].milli
    # invariant: taken + milli ≤ capacity in every slot of the reservation
    assert ground.fits(row, figures.from_slot, figures.to_slot, milli)
    number = job.last + 1
    hold = attempt_name(name, number)
    if figures.charge_micro:
        centre = ground.centres[ground.centre_of[row]]
        command = hold_command(
            platform, job, hold, centre, ground.catalogues[ground.centre_of[row]], figures, at
        )
        for event in decide_ledger(platform.state.vouchers.ledger, command, at):
            if isinstance(event, Refused):
                yield events.JobHeld(at, name, "budget", budget_reason(event.reasons))
                return
            yield event
    yield events.AttemptReserved(at, name, number, figures)


def hold_command(
    platform: Platform, job: Job, hold: str, centre: str, catalogue: frozenset[str], figures: Figures, at: int
) -> PlaceHold:
    """The hold of the whole charge: grants of programmes that list the centre first, then the wallet."""
    programmes = frozenset[str]() if job.voucher == "none" else admitted(platform, catalogue)
    return hold_for(
        platform.state.vouchers,
        f"{hold}/hold",
        hold,
        job.enterprise,
        centre,
        figures.charge_micro,
        at,
        programmes,
    )


def admitted(platform: Platform, catalogue: frozenset[str]) -> frozenset[str]:
    """The programmes that may pay at a centre: those of its catalogue."""
    return frozenset(name for name in platform.state.vouchers.ledger.programmes if name in catalogue)


def budget_reason(reasons: tuple[Reason, ...]) -> ReasonRecord:
    """The ledger's words for people."""
    faults = [fault_of(reason) for reason in reasons]
    return ReasonRecord(
        "budget",
        "; ".join(fault.say("en") for fault in faults),
        "；".join(fault.say("zh") for fault in faults),
        "top up the wallet: suanwang wallet top-up",
        "充值：suanwang wallet top-up",
    )


def discount_for(platform: Platform, shape: Shape, row: int, slot: int, milli_s: int) -> int:
    """The pairing's discount in basis points for work of a region in a hub, while its quota lasts."""
    hub = platform.ground.hubs[platform.ground.centre_of[row]]
    if hub is None:
        return 0
    for pairing in platform.state.pairings:
        terms = pairing.row
        if (
            terms.to_hub == hub
            and shape.region.startswith(terms.from_region)
            and terms.from_slot <= slot < terms.to_slot
            and terms.discount_bp
        ):
            quota = terms.quota_device_hours
            if quota is None or pairing.taken_milli_s + milli_s <= quota * 3_600_000:
                return terms.discount_bp
    return 0
