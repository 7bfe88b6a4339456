"""What a job would cost now, centre by centre: the places that the engine would look at, and their money."""

import numpy as np

from suanwang.engine.admission import objections
from suanwang.engine.charge import charge_for, figures_at
from suanwang.engine.ground import Place
from suanwang.engine.pairing import discount_for
from suanwang.engine.platform import Platform
from suanwang.engine.redemption import hold_for
from suanwang.engine.stretch import seconds_by_slot
from suanwang.model.api.jobs import Candidate, Reason
from suanwang.model.job import JobSpec
from suanwang.server.job_lines import reason_told
from suanwang.units.errors import InvalidInput
from suanwang.units.text import Language, Text

QUOTE_S = 60
"""So long a quote's figures are meant to hold; capacity is reserved only by a job."""
NO_PLACE = Text("no centre has room in the job's window now", "作业时间窗内目前没有中心有空位")
WAITS = Text("submit it: it waits for room; or widen its window", "可先提交排队，或放宽时间窗")


def quote(
    platform: Platform, enterprise: str, spec: JobSpec, now: int, language: Language
) -> tuple[list[Candidate], Reason | None]:
    """The candidates in the order of the choice, and why there is none."""
    at = max(now, platform.state.at)
    reasons = objections(platform, enterprise, spec, at)
    if reasons:
        return [], reason_told(reasons[0], language)
    places, _ = platform.ground.places(spec.shape, at, max(at, spec.not_before_at), spec.deadline_at)
    found = [candidate(platform, enterprise, spec, place, at) for place in places]
    found = [one for one in found if spec.max_price_micro is None or one.charge_micro <= spec.max_price_micro]
    return found, None if found else Reason("full", NO_PLACE.say(language), WAITS.say(language))


def candidate(platform: Platform, enterprise: str, spec: JobSpec, place: Place, at: int) -> Candidate:
    """One place with its money."""
    ground, shape = platform.ground, spec.shape
    one = shape.alternatives[place.alternative]
    start_at = max(at, ground.terms.start_of(place.slot))
    bp = discount_for(platform, shape, ground.pools[place.row], place.slot, one.milli * one.limit_s)
    figures = figures_at(ground, place, one, start_at, bp, one.limit_s)
    seconds = seconds_by_slot(ground.terms, start_at, one.limit_s)
    held = [one.milli * second for second in seconds]
    parts = charge_for(figures, held, ground.terms.slot_s, place.data_micro)
    centre_row = ground.centre_of[place.row]
    voucher = voucher_part(platform, enterprise, spec, centre_row, figures.charge_micro, at)
    carbon_mg = sum(mg * milli_s for mg, milli_s in zip(figures.carbon_mg, held, strict=True))
    return Candidate(
        centre=ground.centres[centre_row],
        pool=ground.pools[place.row],
        device=one.device,
        alternative=place.alternative,
        start_at=start_at,
        end_at=start_at + one.limit_s * 1_000_000,
        compute_micro=parts.compute_micro,
        energy_micro=parts.energy_micro,
        data_micro=parts.data_micro,
        discount_bp=bp,
        charge_micro=figures.charge_micro,
        voucher_micro=voucher,
        net_micro=figures.charge_micro - voucher,
        carbon_g=carbon_mg // (1000 * ground.terms.slot_s * 1000),
        scarcity_micro=scarcity(platform, place.row, figures.from_slot, held),
    )


def voucher_part(
    platform: Platform, enterprise: str, spec: JobSpec, centre_row: int, charge_micro: int, at: int
) -> int:
    """What the enterprise's vouchers would pay of the charge at a centre."""
    if spec.voucher == "none" or not charge_micro:
        return 0
    ground = platform.ground
    known = platform.state.vouchers.ledger.programmes
    programmes = frozenset(name for name in ground.catalogues[centre_row] if name in known)
    if not programmes:
        return 0
    hold = hold_for(
        platform.state.vouchers,
        "quote",
        "quote",
        enterprise,
        ground.centres[centre_row],
        charge_micro,
        at,
        programmes,
    )
    return sum(draw.amount_micro for draw in hold.draws)


def scarcity(platform: Platform, row: int, from_slot: int, held_milli_s: list[int]) -> int:
    """What the present scarcity prices add to the cost in the choice, micro-yuan."""
    ground = platform.ground
    begin = from_slot - ground.from_slot
    prices = ground.price_micro[row, begin : begin + len(held_milli_s)]
    return int(np.dot(prices, np.array(held_milli_s[: len(prices)], np.int64))) // (
        1000 * ground.terms.slot_s
    )


def candidates_of(platform: Platform, enterprise: str, spec: JobSpec, at: int) -> list[Candidate]:
    """The places that a job on file has now. Empty where its region is not known."""
    try:
        places, _ = platform.ground.places(spec.shape, at, spec.not_before_at, spec.deadline_at)
    except InvalidInput:
        return []
    return [candidate(platform, enterprise, spec, place, at) for place in places]
