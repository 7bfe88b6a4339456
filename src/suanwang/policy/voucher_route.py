"""The route of a voucher that is deducted at purchase: application → review → grant or waiting list.

Pure steps over typed states: the caller keeps them, books the money and passes what is left of the pool. A
grant is then held at placement and captured by metered usage: that is the ledger's part.
"""

from datetime import date, timedelta
from typing import assert_never

import msgspec

from suanwang.model.programme import Programme, QueueKey, value_on
from suanwang.policy.decision import Decision, Finding, Share
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.money import split
from suanwang.units.text import Text, same


class Applied(msgspec.Struct, frozen=True, tag="applied"):
    """An application as filed. `asked_micro`: what it asks for, none for all it is entitled to."""

    application: str
    programme: str
    enterprise: str
    filed: date
    asked_micro: int | None = None


class Waiting(msgspec.Struct, frozen=True, tag="waiting"):
    """Entitled, but the pool holds too little: it waits for `amount_micro`."""

    application: str
    programme: str
    enterprise: str
    filed: date
    amount_micro: int
    decision_digest: str


class Granted(msgspec.Struct, frozen=True, tag="granted"):
    """A grant (额度): its amount, who pays which share, and the days [valid_from, expires]."""

    application: str
    programme: str
    enterprise: str
    amount_micro: int
    shares: tuple[Share, ...]
    valid_from: date
    expires: date | None
    decision_digest: str


class Refused(msgspec.Struct, frozen=True, tag="refused"):
    """Refused, with the clauses that failed."""

    application: str
    programme: str
    enterprise: str
    failed: tuple[Finding, ...]
    decision_digest: str


class Undecided(msgspec.Struct, frozen=True, tag="undecided"):
    """Not decided: a fact, or a value of the programme, is missing. It can be reviewed again."""

    application: str
    programme: str
    enterprise: str
    filed: date
    asked_micro: int | None
    missing: tuple[str, ...]


class Withdrawn(msgspec.Struct, frozen=True, tag="withdrawn"):
    """Taken back by the applicant before a grant."""

    application: str
    programme: str
    enterprise: str


Application = Applied | Waiting | Granted | Refused | Undecided | Withdrawn


def review(
    application: Applied | Undecided,
    decision: Decision,
    digest: str,
    programme: Programme,
    pool_left_micro: int | None,
    day: date,
) -> Granted | Waiting | Refused | Undecided:
    """What becomes of an application. `decision` must have been made without a pool limit.

    `pool_left_micro` is what the pool holds today, none where the programme has no pool: too little makes
    it wait whole; nothing is granted in part. `digest` is that of the decision.
    """
    if (decision.programme, decision.enterprise) != (application.programme, application.enterprise):
        raise InvalidInput(
            [
                Fault(
                    application.application,
                    Text("the decision is on another application", "决定与申请不符"),
                    f"{decision.programme} {decision.enterprise}",
                    same(f"{application.programme} {application.enterprise}"),
                )
            ]
        )
    name, who = application.application, application.enterprise
    if decision.outcome == "refused":
        return Refused(name, application.programme, who, decision.failed, digest)
    if decision.outcome == "undecided":
        return Undecided(
            name, application.programme, who, application.filed, application.asked_micro, decision.missing
        )
    assert decision.amount_micro is not None
    amount = decision.amount_micro
    if application.asked_micro is not None:
        amount = min(amount, application.asked_micro)
    waiting = Waiting(name, application.programme, who, application.filed, amount, digest)
    if pool_left_micro is not None and amount > pool_left_micro:
        return waiting
    return grant(waiting, programme, day)


def grant(waiting: Waiting, programme: Programme, day: date) -> Granted:
    """The grant of a waiting application, valid from `day` for the programme's days of validity."""
    validity = value_on(programme.validity_days, day)
    expires = None
    if validity is not None and validity.value is not None:
        # valid for `validity` days, the first one counted
        expires = day + timedelta(days=validity.value - 1)
    shares: tuple[Share, ...] = ()
    if programme.payers:
        parts = split(waiting.amount_micro, [payer.share_bp for payer in programme.payers])
        shares = tuple(Share(p.payer, part) for p, part in zip(programme.payers, parts, strict=True))
    return Granted(
        waiting.application,
        waiting.programme,
        waiting.enterprise,
        waiting.amount_micro,
        shares,
        day,
        expires,
        waiting.decision_digest,
    )


def queue_order(waiting: list[Waiting], order: tuple[QueueKey, ...]) -> list[Waiting]:
    """The waiting list, first in line first; ties go to the lower id."""

    def key(one: Waiting) -> tuple[int, ...]:
        parts = {"earliest_filed": one.filed.toordinal(), "smallest_amount": one.amount_micro}
        return tuple(parts[name] for name in order)

    return sorted(waiting, key=lambda one: (key(one), one.application))


def promote(
    waiting: list[Waiting], programme: Programme, pool_left_micro: int, day: date
) -> tuple[list[Granted], list[Waiting]]:
    """Grants for the head of the line while the pool lasts; nobody overtakes the first who must wait."""
    line = queue_order(waiting, programme.queue)
    granted: list[Granted] = []
    left = pool_left_micro
    while line and line[0].amount_micro <= left:
        left -= line[0].amount_micro
        granted.append(grant(line.pop(0), programme, day))
    return granted, line


def withdraw(application: Application) -> Withdrawn:
    """The application taken back. Raises InvalidInput once it is granted, refused or withdrawn."""
    match application:
        case Applied() | Waiting() | Undecided():
            return Withdrawn(application.application, application.programme, application.enterprise)
        case Granted() | Refused() | Withdrawn():
            tag = type(application).__name__.lower()
            raise InvalidInput(
                [
                    Fault(
                        application.application,
                        Text("cannot be withdrawn any more", "已不能撤回"),
                        tag,
                        Text("applied, waiting or undecided", "已申请、排队或待定"),
                        Text("a grant is released, not withdrawn", "额度应予释放"),
                    )
                ]
            )
        case _:
            assert_never(application)
