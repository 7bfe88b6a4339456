"""A programme of public support as data: who, what for, how much, until when, and where each word is from.

Values are dated and cited one by one; what a value leaves out it takes from its programme. A value that no
source shows is `None` ("not seen") and every decision that needs it is undecided. `_micro` fields are
micro-yuan; the files say the same in yuan under `_yuan`.
"""

from datetime import date
from typing import ClassVar, Literal

import msgspec

from suanwang.model.purchase import EvidenceKind
from suanwang.units.text import Text

Mark = Literal["published", "transcribed", "assumed"]
Level = Literal["national", "province", "city", "district"]
Redemption = Literal["deducted", "reimbursed", "awarded"]
"""deducted: the voucher pays its share at purchase; reimbursed: claimed after payment; awarded: paid for
what an enterprise has become or done, without a purchase."""
Vat = Literal["included", "excluded"]
Event = Literal["signed", "starts", "ends", "invoiced", "paid", "filed", "established"]
Period = Literal["calendar_year", "rolling_year", "once"]
OrderKey = Literal["soonest_to_expire", "smallest_balance"]
QueueKey = Literal["earliest_filed", "smallest_amount"]
FactType = Literal["whole", "truth", "text"]

NOT_SEEN = "not seen"


class Citation(msgspec.Struct, frozen=True):
    """Where a rule is written. A field that the source does not show reads `not seen`.

    `read_in` is the text it was read in, `mark` how far to trust it.
    """

    cite: str
    document: str
    number: str
    article: str
    address: str
    read_in: str
    mark: Mark


class Value(msgspec.Struct, frozen=True):
    """An integer of a rule on the days [effective_from, effective_to]; None is "not seen".

    `readings` are the values an ambiguous text allows: such a value decides only where all readings agree.
    """

    short: ClassVar[str] = "value"

    value: int | None = None
    effective_from: date | None = None
    effective_to: date | None = None
    cite: str = ""
    mark: Mark | None = None
    readings: tuple[int, ...] = ()
    note: Text | None = None


class Flag(msgspec.Struct, frozen=True):
    """A yes or no of a rule; None is "not seen"."""

    short: ClassVar[str] = "value"

    value: bool | None = None
    cite: str = ""
    mark: Mark | None = None
    note: Text | None = None


class VatRule(msgspec.Struct, frozen=True):
    """Whether the base of the rate includes value added tax."""

    short: ClassVar[str] = "value"

    value: Vat
    cite: str = ""
    mark: Mark | None = None


class FactNeed(msgspec.Struct, frozen=True):
    """A fact that a programme asks for beside the declared inputs."""

    fact: str
    type: FactType
    about: Text


class Clause(msgspec.Struct, frozen=True):
    """One condition. Either `holds`, a CEL predicate, or `figure`, a CEL integer, with one bound.

    `remedy` says what would change a "no".
    """

    clause: str
    about: Text
    holds: str = ""
    figure: str = ""
    at_least: tuple[Value, ...] = ()
    at_most: tuple[Value, ...] = ()
    at_least_micro: tuple[Value, ...] = ()
    at_most_micro: tuple[Value, ...] = ()
    remedy: Text | None = None
    cite: str = ""
    mark: Mark | None = None


class Tranche(msgspec.Struct, frozen=True):
    """One step of a tiered award: from this figure on, this amount."""

    amount_micro: int
    at_least: int | None = None
    at_least_micro: int | None = None

    @property
    def line(self) -> int:
        """The figure from which the tranche counts."""
        return self.at_least_micro if self.at_least is None else self.at_least  # pyright: ignore[reportReturnType]


class Alternative(msgspec.Struct, frozen=True):
    """One way to reckon the amount, open when the CEL predicate `when` holds (empty: always).

    Exactly one method: `rate_bp` of the covered cost, or of the integer input `of` in micro-yuan; a fixed
    `amount_micro`; `per_unit_micro` times the integer input `of`; or `tranches` by the integer input `of`.
    `cap_micro` is a cap of this alternative alone.
    """

    alternative: str
    about: Text
    when: str = ""
    rate_bp: tuple[Value, ...] = ()
    amount_micro: tuple[Value, ...] = ()
    per_unit_micro: tuple[Value, ...] = ()
    tranches: tuple[Tranche, ...] = ()
    of: str = ""
    cap_micro: tuple[Value, ...] = ()
    cite: str = ""
    mark: Mark | None = None


class Caps(msgspec.Struct, frozen=True):
    """Upper limits, micro-yuan. `period` says over what `per_enterprise_micro` counts.

    `share_of_cost_bp` limits all public support on the same cost together.
    """

    per_claim_micro: tuple[Value, ...] = ()
    per_enterprise_micro: tuple[Value, ...] = ()
    period: Period = "calendar_year"
    pool_per_year_micro: tuple[Value, ...] = ()
    share_of_cost_bp: tuple[Value, ...] = ()


class Payer(msgspec.Struct, frozen=True):
    """Who pays which share of every amount, in basis points; the shares of a programme sum to 10,000."""

    payer: str
    share_bp: int


class Exclusion(msgspec.Struct, frozen=True):
    """Support that may not be had beside this one for the same purchase. Empty fields match anything."""

    programme: str = ""
    family: str = ""
    level: Level | None = None
    cite: str = ""
    mark: Mark | None = None


class Window(msgspec.Struct, frozen=True):
    """The days [first, last] in which an event must lie; an open end has no limit."""

    event: Event
    first: date | None = None
    last: date | None = None
    cite: str = ""
    mark: Mark | None = None


class Lag(msgspec.Struct, frozen=True):
    """At most so many days from one event to another: a retroactive window, a longest term."""

    since: Event
    event: Event
    days_most: tuple[Value, ...]
    cite: str = ""
    mark: Mark | None = None


class OpenPoint(msgspec.Struct, frozen=True):
    """What the text leaves open and how it is treated here."""

    about: Text
    treated: Text


class Case(msgspec.Struct, frozen=True):
    """A worked case: inputs by name, and what the decision must be. Runs as a test.

    `inputs` are the values of declared inputs and facts, `lines_micro` the cost lines by kind
    without tax, `vat_micro` the tax on them, `events` days by name.
    """

    case: str
    day: date
    outcome: Literal["entitled", "refused", "undecided"]
    inputs: dict[str, int | bool | str] = {}
    lines_micro: dict[str, int] = {}
    vat_micro: dict[str, int] = {}
    events: dict[str, date] = {}
    listed: bool = True
    related: bool = False
    received_micro: int = 0
    pool_left_micro: int | None = None
    beside: tuple[str, ...] = ()
    amount_micro: int | None = None
    failed: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()


class Programme(msgspec.Struct, frozen=True):
    """One programme. `effective_to` is its last day, none where no source shows one.

    `family` groups programmes that pay for the same thing, for exclusion. `covers` are the kinds of cost it
    pays for, empty for awards. `choose` says which of several open alternatives counts.
    """

    programme: str
    name: Text
    region: str
    level: Level
    family: str
    redemption: Redemption
    effective_from: date | None
    effective_to: date | None
    citations: tuple[Citation, ...]
    alternatives: tuple[Alternative, ...]
    clauses: tuple[Clause, ...] = ()
    facts: tuple[FactNeed, ...] = ()
    covers: tuple[str, ...] = ()
    vat: VatRule = VatRule("excluded", mark="assumed")
    choose: Literal["first", "largest"] = "first"
    make_up_difference: bool = False
    caps: Caps = Caps()
    payers: tuple[Payer, ...] = ()
    excludes: tuple[Exclusion, ...] = ()
    stacks: Flag = Flag(value=True, mark="assumed")
    related_party_barred: Flag = Flag(value=False, mark="assumed")
    once_per_contract: Flag = Flag(value=False, mark="assumed")
    supplier_listed: Flag = Flag(value=False, mark="assumed")
    local_supplier_stated: Flag = Flag(value=False)
    windows: tuple[Window, ...] = ()
    lags: tuple[Lag, ...] = ()
    validity_days: tuple[Value, ...] = ()
    claw_back_days: tuple[Value, ...] = ()
    redemption_order: tuple[OrderKey, ...] = ("soonest_to_expire", "smallest_balance")
    queue: tuple[QueueKey, ...] = ("earliest_filed",)
    evidence: tuple[EvidenceKind, ...] = ()
    open_points: tuple[OpenPoint, ...] = ()
    cases: tuple[Case, ...] = ()


def value_on(values: tuple[Value, ...], day: date) -> Value | None:
    """The value in force on `day`; none where none is."""
    for value in values:
        if (value.effective_from is None or value.effective_from <= day) and (
            value.effective_to is None or day <= value.effective_to
        ):
            return value
    return None
