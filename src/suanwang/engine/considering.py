"""What was considered for a job: a line for each centre, with its figures, or why it cannot be there.

A quote asks for a spec that nobody has submitted; an explanation asks the same for a job on file, its own
reservation given back. Nothing is reserved. The order is that of the choice: the first possible is taken.
"""

import msgspec
import numpy as np

from suanwang.clearing.refusal import GRADE, LATENCY, RESIDENCY, SIZE
from suanwang.engine.admission import NO_DEVICE, NOT_HERE, objections
from suanwang.engine.charge import charge_for
from suanwang.engine.events import ReasonRecord
from suanwang.engine.figures import Figures
from suanwang.engine.ground import OFFERS, Ground, ShapeView
from suanwang.engine.placing import ranked
from suanwang.engine.platform import Platform
from suanwang.engine.redemption import hold_for
from suanwang.engine.reserving import NO_GRANT
from suanwang.engine.stretch import seconds_by_slot
from suanwang.model.job import JobSpec, Shape
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

CLOSED_HERE = ReasonRecord(
    "closed", "the centre is silent or withdrawn", "该中心失联或已退出",
    "wait for it, or allow other centres", "等待恢复，或放宽中心范围",
)  # fmt: skip
FULL_HERE = ReasonRecord(
    "full", "no capacity is free within the window", "时间窗内没有空闲容量",
    "a later deadline, a smaller gang, or a higher priority", "推迟截止时间、减小规模或提高优先级",
)  # fmt: skip
TOO_DEAR = ReasonRecord(
    "price", "the charge is above max_price", "费用超过 max_price",
    "a higher max_price, or a later deadline", "提高 max_price，或推迟截止时间",
)  # fmt: skip
NO_DEVICE_HERE = msgspec.structs.replace(
    NO_DEVICE, en="it does not have this device class", zh="该中心没有该卡型"
)
HERE = {
    SIZE: msgspec.structs.replace(
        NOT_HERE[SIZE], en="its pools or nodes are too small", zh="资源池或节点太小"
    ),
    GRADE: msgspec.structs.replace(NOT_HERE[GRADE], en="its security grade is lower", zh="安全等级不足"),
    RESIDENCY: msgspec.structs.replace(
        NOT_HERE[RESIDENCY],
        en="it lies outside data.residency, or the province of work that stays",
        zh="不在 data.residency 之内，或不在须留本省的省份",
    ),
    LATENCY: msgspec.structs.replace(NOT_HERE[LATENCY], en="it is too far away", zh="往返时延过大"),
}
"""The rules of admission as they are told of one centre."""

LATER_STARTS = 4


class Considered(msgspec.Struct, frozen=True):
    """A centre's best place: when, at what charge (micro-yuan), with how much energy and carbon.

    `carbon_g` is location-based. `voucher_micro` + `net_micro` = `charge_micro`. `scarcity_micro`: what the
    present prices add to the cost in the choice; no part of the charge. With a `reason` it is not possible;
    its figures are 0 where no place was found at all.
    """

    centre: str
    pool: str = ""
    alternative: int = 0
    start_at: int = 0
    limit_s: int = 0
    compute_micro: int = 0
    energy_micro: int = 0
    data_micro: int = 0
    discount_bp: int = 0
    charge_micro: int = 0
    voucher_micro: int = 0
    net_micro: int = 0
    energy_wh: int = 0
    carbon_g: int = 0
    scarcity_micro: int = 0
    chosen: bool = False
    reason: ReasonRecord | None = None


class Quote(msgspec.Struct, frozen=True):
    """The considered centres, the chosen first; or why the network would not take the job at all."""

    at: int
    considered: tuple[Considered, ...]
    objections: tuple[ReasonRecord, ...] = ()


def quote(platform: Platform, enterprise: str, spec: JobSpec, at: int, is_whole: bool = True) -> Quote:
    """What would become of a spec if it were submitted now.

    Not `is_whole`: the best centres are enough, and every centre is asked only where these cannot have it.
    """
    platform.roll(max(at, platform.state.at))
    found = objections(platform, enterprise, spec, at)
    if found:
        return Quote(at, (), found)
    return Quote(at, considered_for(platform, enterprise, spec, at, max(at, spec.not_before_at), is_whole))


def explain(platform: Platform, name: str, at: int) -> Quote:
    """What is considered for a job on file now; its own place, where it has one, is the chosen line.

    Raises InvalidInput for a job that is not on file.
    """
    platform.roll(max(at, platform.state.at))
    job = platform.state.jobs.get(name)
    if job is None:
        raise InvalidInput([Fault("job", Text("no such job", "没有这个作业"), name, kind="unknown")])
    spec = JobSpec(
        name=job.name,
        shape=platform.shape_of(job),
        not_before_at=job.not_before_at,
        deadline_at=job.deadline_at,
        max_price_micro=job.max_price_micro,
        voucher=job.voucher,
    )
    attempt = platform.attempt_of(name, job)
    if attempt is None or attempt.state == "ended":
        return Quote(at, considered_for(platform, job.enterprise, spec, at, job.release_at))
    own = attempt.figures
    platform.take(own.pool, own.from_slot, own.to_slot, -attempt.milli)
    try:
        others = considered_for(platform, job.enterprise, spec, at, job.release_at)
    finally:
        platform.take(own.pool, own.from_slot, own.to_slot, attempt.milli)
    mine = msgspec.structs.replace(line_of(platform, job.enterprise, spec, own, at), chosen=True)
    rest = [msgspec.structs.replace(one, chosen=False) for one in others if one.centre != mine.centre]
    return Quote(at, (mine, *rest))


def considered_for(
    platform: Platform, enterprise: str, spec: JobSpec, at: int, release_at: int, is_whole: bool = True
) -> tuple[Considered, ...]:
    """A line for every centre: those possible in the order of the choice, then the others."""
    if not is_whole:
        best = possible_first(lines_of(platform, enterprise, spec, at, release_at, OFFERS, 1))
        if best and best[0].chosen:
            return best
    ground, shape = platform.ground, spec.shape
    found = possible_first(
        lines_of(platform, enterprise, spec, at, release_at, len(ground.centres), LATER_STARTS)
    )
    known = {line.centre for line in found}
    view = ground.view(shape)
    rows_of: dict[str, list[int]] = {name: [] for name in ground.centres}
    for row, centre_row in enumerate(ground.centre_of):
        rows_of[ground.centres[centre_row]].append(row)
    others = (
        Considered(name, reason=why_not(ground, shape, view, centre_row, rows_of[name]))
        for centre_row, name in enumerate(ground.centres)
        if name not in known
    )
    return (*found, *others)


def lines_of(
    platform: Platform, enterprise: str, spec: JobSpec, at: int, release_at: int, most: int, rounds: int
) -> list[Considered]:
    """The best place of each of the `most` best centres that have room, in the order of the choice."""
    ground, shape = platform.ground, spec.shape
    lines: dict[str, Considered] = {}
    shut = np.zeros(len(ground.centres), np.bool_)
    for _ in range(rounds):
        # without a deadline only the earliest start is asked for: once more for centres that have none then
        places, _ = ground.places(shape, at, release_at, spec.deadline_at, shut, most)
        for figures in ranked(platform, shape, places, at, spec.deadline_at is not None):
            line = line_of(platform, enterprise, spec, figures, at)
            shut[ground.row_of_centre[line.centre]] = True
            lines.setdefault(line.centre, line)
        if not places:
            break
    return list(lines.values())


def possible_first(lines: list[Considered]) -> tuple[Considered, ...]:
    """Those possible before the others, the first of them chosen."""
    possible = [line for line in lines if line.reason is None]
    if possible:
        possible[0] = msgspec.structs.replace(possible[0], chosen=True)
    return (*possible, *(line for line in lines if line.reason is not None))


def line_of(platform: Platform, enterprise: str, spec: JobSpec, figures: Figures, at: int) -> Considered:
    """A reservation as a line of the table."""
    ground, terms = platform.ground, platform.terms
    row = ground.row_of[figures.pool]
    milli = spec.shape.alternatives[figures.alternative].milli
    seconds = seconds_by_slot(terms, figures.start_at, figures.limit_s)
    held = [milli * second for second in seconds] + [0] * (figures.to_slot - figures.from_slot - len(seconds))
    parts = charge_for(figures, held, terms.slot_s, figures.data_micro)
    carbon = sum(unit * part for unit, part in zip(figures.carbon_mg, held, strict=True))
    listed = ground.catalogues[ground.centre_of[row]]
    hold = hold_for(
        platform.state.vouchers, "quote", "quote", enterprise, platform.centre_of[figures.pool],
        figures.charge_micro, at, frozenset[str]() if spec.voucher == "none" else listed,
    )  # fmt: skip
    voucher_micro = sum(draw.amount_micro for draw in hold.draws)
    reason = None
    if spec.max_price_micro is not None and figures.charge_micro > spec.max_price_micro:
        reason = TOO_DEAR
    elif spec.voucher == "required" and not voucher_micro:
        reason = NO_GRANT
    return Considered(
        centre=platform.centre_of[figures.pool],
        pool=figures.pool,
        alternative=figures.alternative,
        start_at=figures.start_at,
        limit_s=figures.limit_s,
        compute_micro=parts.compute_micro,
        energy_micro=parts.energy_micro,
        data_micro=parts.data_micro,
        discount_bp=figures.discount_bp,
        charge_micro=figures.charge_micro,
        voucher_micro=voucher_micro,
        net_micro=figures.charge_micro - voucher_micro,
        energy_wh=round(float(ground.power_w[row]) * milli * figures.limit_s / 3_600_000),
        carbon_g=carbon // (1000 * terms.slot_s * 1000),
        scarcity_micro=scarcity(ground, row, figures.from_slot, held),
        reason=reason,
    )


def scarcity(ground: Ground, row: int, from_slot: int, held_milli_s: list[int]) -> int:
    """What the present scarcity prices add to the cost in the choice, micro-yuan; of past slots nothing."""
    begin = from_slot - ground.from_slot
    held = held_milli_s[max(0, -begin) :]
    prices = ground.price_micro[row, max(0, begin) :][: len(held)]
    return int(np.dot(prices, np.array(held[: len(prices)], np.int64))) // (1000 * ground.terms.slot_s)


def why_not(ground: Ground, shape: Shape, view: ShapeView, centre_row: int, rows: list[int]) -> ReasonRecord:
    """Why a centre has no place for a shape: the rule at which its best pool stops."""
    able = [(one, row) for one in shape.alternatives for row in rows if ground.devices[row] == one.device]
    if not able:
        return NO_DEVICE_HERE
    large = any(
        one.units_milli <= ground.node_milli[row] and one.milli <= ground.capacity_milli[row].max()
        for one, row in able
    )
    if not large:
        return HERE[SIZE]
    if ground.desk.grades[centre_row] < shape.min_grade:
        return HERE[GRADE]
    if not view.allowed[centre_row]:
        return HERE[RESIDENCY]
    if ground.desk.links(shape.region).rtt_ms[centre_row] > view.rtt_ms_most:
        return HERE[LATENCY]
    return FULL_HERE if ground.open[centre_row] else CLOSED_HERE
