"""A decision is its own explanation: what held, what failed and by how much, and each step of the amount."""

from datetime import date
from hashlib import sha256
from typing import Literal

import msgspec

from suanwang.model.programme import Level

Verdict = Literal["held", "failed", "unknown"]
Outcome = Literal["entitled", "refused", "undecided"]

StepKind = Literal[
    "base",
    "rate",
    "fixed",
    "per_unit",
    "tranche",
    "less_received",
    "cap_alternative",
    "cap_claim",
    "cap_enterprise",
    "cap_pool",
    "cap_cost",
]


class Finding(msgspec.Struct, frozen=True, gc=False):
    """What one clause said. `clause` is its id, or `window:signed` and the like for the typed fields.

    `figure` and `limit` are the two sides of a bound, so that a failure says by how much; `missing` names
    what must be known before the clause can answer.
    """

    clause: str
    verdict: Verdict
    figure: int | None = None
    limit: int | None = None
    missing: tuple[str, ...] = ()


class Step(msgspec.Struct, frozen=True, gc=False):
    """One step of the arithmetic, micro-yuan: `after` follows from `before` by the operand `by`.

    rate: after = ⌊before · by / 10,000⌋ with `by` in basis points; per_unit: after = before · by; caps:
    after = min(before, by); less_received: after = max(0, before − by); base, fixed and tranche set it.
    """

    step: StepKind
    before: int
    by: int
    after: int


class Share(msgspec.Struct, frozen=True, gc=False):
    """What one payer pays of the amount."""

    payer: str
    amount_micro: int


class Paid(msgspec.Struct, frozen=True):
    """An earlier payment or grant of the same programme to the same enterprise (net of claw-backs)."""

    day: date
    amount_micro: int
    contract: str = ""


class Beside(msgspec.Struct, frozen=True):
    """Support from another programme for the same purchase."""

    programme: str
    family: str
    level: Level
    amount_micro: int


class Position(msgspec.Struct, frozen=True):
    """Where the books stand for this enterprise and programme: what was had and what is left.

    `pool_left_micro`: what this year's pool still holds; none: nothing of it is used yet.
    """

    paid: tuple[Paid, ...] = ()
    beside: tuple[Beside, ...] = ()
    pool_left_micro: int | None = None


class Decision(msgspec.Struct, frozen=True, gc=False):
    """The answer of one programme to one enterprise and purchase on one day.

    `amount_micro`: micro-yuan, 0 when refused, none while undecided; `missing` then names the facts and the
    values of the programme that no source shows. `rule_digest` is the SHA-256 of the rule file,
    `input_digest` that of enterprise, purchase, day and position: both in hexadecimal.
    """

    programme: str
    enterprise: str
    day: date
    outcome: Outcome
    findings: tuple[Finding, ...]
    alternative: str
    steps: tuple[Step, ...]
    amount_micro: int | None
    shares: tuple[Share, ...]
    missing: tuple[str, ...]
    rule_digest: str
    input_digest: str

    @property
    def failed(self) -> tuple[Finding, ...]:
        """The clauses that said no."""
        return tuple(finding for finding in self.findings if finding.verdict == "failed")


NOTHING_HAD = Position()
NOTHING_HAD_BYTES = msgspec.json.encode(NOTHING_HAD)


def input_digest(subject_digest: bytes, position: Position) -> str:
    """SHA-256 over the subject's digest and the position, in hexadecimal."""
    stood = NOTHING_HAD_BYTES if position is NOTHING_HAD else msgspec.json.encode(position)
    return sha256(subject_digest + stood).hexdigest()


def decision_digest(decision: Decision) -> str:
    """SHA-256 of the whole decision as canonical JSON: equal decisions have equal digests."""
    return sha256(msgspec.json.encode(decision)).hexdigest()
