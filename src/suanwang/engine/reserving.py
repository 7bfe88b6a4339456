"""Reserving: capacity and money in one step, both or neither."""

from collections.abc import Iterator

from suanwang.engine import events
from suanwang.engine.events import ReasonRecord
from suanwang.engine.figures import Figures
from suanwang.engine.platform import Job, Platform, attempt_name
from suanwang.engine.redemption import hold_for
from suanwang.ledger.commands import ExtendHold, PlaceHold
from suanwang.ledger.decide import answer as answer_ledger
from suanwang.ledger.decide import decide as decide_ledger
from suanwang.ledger.events import AnyEvent as AnyLedgerEvent
from suanwang.ledger.events import Reason, Refused
from suanwang.ledger.figures import usable_grants
from suanwang.ledger.refusals import fault_of

NO_GRANT = ReasonRecord(
    "voucher", "a voucher is required and no usable grant is admitted there",
    "要求使用算力券，但没有可在该中心使用的额度",
    "apply for a grant, or voucher: auto", "申请额度，或设 voucher: auto",
)  # fmt: skip


def reserve(platform: Platform, name: str, job: Job, figures: Figures, at: int) -> Iterator[events.AnyEvent]:
    """The reservation and its hold; where the money is not there the job is held, with the reason."""
    found = money_for(platform, name, job, figures, at)
    if isinstance(found, ReasonRecord):
        yield events.JobHeld(at, name, "budget", found, figures.charge_micro)
    else:
        ground = platform.ground
        milli = platform.shape_of(job).alternatives[figures.alternative].milli
        # invariant: taken + milli ≤ capacity in every slot of the reservation
        assert ground.fits(ground.row_of[figures.pool], figures.from_slot, figures.to_slot, milli)
        yield from found
        yield events.AttemptReserved(at, name, job.last + 1, figures)


def may_hold_again(platform: Platform, name: str, at: int) -> bool:
    """Whether a hold that is let go could be placed anew.

    A grant that is over, or was withdrawn, takes back what it does not give again; one of a programme whose
    reserve is short gives nothing for now.
    """
    ledger = platform.state.vouchers.ledger
    hold = ledger.holds.get(name)
    for draw in hold.draws if hold is not None else ():
        grant = ledger.grants[draw]
        over = at >= grant.expires_at or grant.withdrawn
        if over or ledger.programmes[grant.programme].alarm == "short":
            return False
    return True


def pays_by_place(platform: Platform, job: Job, at: int) -> bool:
    """Whether it depends on the place if the job can be paid for: vouchers may pay, but not everywhere."""
    return job.voucher == "auto" and bool(usable_programmes(platform, job.enterprise, at))


def is_payable(platform: Platform, name: str, job: Job, figures: Figures, at: int) -> bool:
    """Whether vouchers and wallet hold the whole charge of a reservation."""
    return not isinstance(money_for(platform, name, job, figures, at), ReasonRecord)


def money_for(
    platform: Platform, name: str, job: Job, figures: Figures, at: int
) -> tuple[AnyLedgerEvent, ...] | ReasonRecord:
    """The ledger's event that holds the whole charge, or why it cannot. A charge of nothing needs no hold."""
    if not figures.charge_micro:
        return ()
    command = hold_command(platform, attempt_name(name, job.last + 1), job, figures, at)
    if job.voucher == "required" and not command.draws:
        return NO_GRANT
    answer = answer_ledger(platform.state.vouchers.ledger, command, at)
    for event in answer:
        if isinstance(event, Refused):
            return budget_reason(event.reasons)
    return answer


def more_money(
    platform: Platform, request: str, name: str, more_micro: int, at: int
) -> tuple[AnyLedgerEvent, ...] | list[Reason]:
    """The event that enlarges an attempt's hold, or places one where there was none; or why it cannot."""
    vouchers, attempt = platform.state.vouchers, platform.state.attempts[name]
    job = platform.state.jobs[attempt.job]
    programmes = programmes_for(platform, job, attempt.figures.pool)
    parts = hold_for(vouchers, request, name, job.enterprise, attempt.centre, more_micro, at, programmes)
    known = name in vouchers.ledger.holds
    command = ExtendHold(request, name, parts.draws, parts.wallet_micro) if known else parts
    answer = decide_ledger(vouchers.ledger, command, at)
    reasons = [reason for event in answer if isinstance(event, Refused) for reason in event.reasons]
    return reasons or answer


def hold_command(platform: Platform, hold: str, job: Job, figures: Figures, at: int) -> PlaceHold:
    """The hold of the whole charge: grants of programmes that list the centre first, then the wallet."""
    return hold_for(
        platform.state.vouchers,
        f"{hold}/hold",
        hold,
        job.enterprise,
        platform.centre_of[figures.pool],
        figures.charge_micro,
        at,
        programmes_for(platform, job, figures.pool),
    )


def programmes_for(platform: Platform, job: Job, pool: str) -> frozenset[str]:
    """The programmes that may pay for the job in a pool: those that list its centre."""
    if job.voucher == "none":
        return frozenset()
    ground = platform.ground
    listed = ground.catalogues[ground.centre_of[ground.row_of[pool]]]
    return listed.intersection(platform.state.vouchers.ledger.programmes)


def usable_programmes(platform: Platform, enterprise: str, at: int) -> frozenset[str]:
    """The programmes of which an enterprise has a grant that can pay something now."""
    return frozenset(
        grant.programme for grant in usable_grants(platform.state.vouchers.ledger, enterprise, at)
    )


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
