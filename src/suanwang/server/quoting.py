"""What a job would cost now, centre by centre, and why it cannot be in others: the engine's table, told."""

from collections.abc import Iterable

from suanwang.engine import considering
from suanwang.engine.considering import Considered
from suanwang.engine.events import ReasonRecord
from suanwang.engine.platform import Platform
from suanwang.model.api.jobs import Candidate, Elsewhere, Quote
from suanwang.model.job import JobSpec, Shape
from suanwang.server.job_lines import reason_told
from suanwang.units.text import Language

QUOTE_S = 60
"""So long a quote's figures are meant to hold; capacity is reserved only by a job."""
WHOLE_MOST = 32
"""A quote tells of every centre where there are no more than these; an explanation always does."""
MAY_CHANGE = ("price", "voucher", "full", "closed")
"""What keeps a job out of every centre though the network would take it: waiting or money may change it."""


def quote(
    platform: Platform, name: str, enterprise: str, spec: JobSpec, now: int, language: Language
) -> Quote:
    """The quote of that name: the candidates in the order of the choice, and why there is none."""
    is_whole = not platform.has_network or len(platform.ground.centres) <= WHOLE_MOST
    found = considering.quote(platform, enterprise, spec, max(now, platform.state.at), is_whole)
    possible = candidates(spec.shape, found.considered)
    reasons = found.objections or (() if possible else waits_for(found.considered))
    return Quote(
        name,
        now,
        now + QUOTE_S * 1_000_000,
        possible,
        tuple(reason_told(reason, language) for reason in reasons),
        elsewhere(found.considered, language),
    )


def candidates(shape: Shape, considered: Iterable[Considered]) -> tuple[Candidate, ...]:
    """The places that a job could have, the chosen one first."""
    return tuple(
        Candidate(
            centre=one.centre,
            pool=one.pool,
            device=shape.alternatives[one.alternative].device,
            alternative=one.alternative,
            start_at=one.start_at,
            end_at=one.start_at + one.limit_s * 1_000_000,
            compute_micro=one.compute_micro,
            energy_micro=one.energy_micro,
            data_micro=one.data_micro,
            discount_bp=one.discount_bp,
            charge_micro=one.charge_micro,
            voucher_micro=one.voucher_micro,
            net_micro=one.net_micro,
            carbon_g=one.carbon_g,
            scarcity_micro=one.scarcity_micro,
        )
        for one in considered
        if one.reason is None
    )


def elsewhere(considered: Iterable[Considered], language: Language) -> tuple[Elsewhere, ...]:
    """The centres where it cannot be, and why."""
    return tuple(
        Elsewhere(one.centre, reason_told(one.reason, language), one.charge_micro)
        for one in considered
        if one.reason is not None
    )


def waits_for(considered: Iterable[Considered]) -> tuple[ReasonRecord, ...]:
    """What a job waits for that no centre can have now, each reason once."""
    reasons = {one.reason.rule: one.reason for one in considered if one.reason is not None}
    return tuple(reasons[rule] for rule in MAY_CHANGE if rule in reasons) or tuple(reasons.values())
