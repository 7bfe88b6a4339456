"""An enterprise as the policies see it: who it is, how large, how good its name, and what is known of it."""

from datetime import date
from typing import Literal

import msgspec

from suanwang.model.size_class import Industry, SizeClass, size_class

EnterpriseKind = Literal["firm", "university", "institute", "maker"]
ENTERPRISE_KINDS: tuple[EnterpriseKind, ...] = ("firm", "university", "institute", "maker")

Tier = Literal["none", "innovative", "specialised", "little_giant"]
TIERS: tuple[Tier, ...] = ("none", "innovative", "specialised", "little_giant")
"""The gradient of cultivation, each above the one before: 创新型中小企业, 专精特新, 专精特新“小巨人”."""

FactValue = int | bool | str


class Fact(msgspec.Struct, frozen=True):
    """One thing known of an enterprise or a purchase, with where it is from and of what day."""

    name: str
    value: FactValue
    source: str
    as_of: date


class CreditFlag(msgspec.Struct, frozen=True):
    """A mark against an enterprise's name. `lifted` is the day it was taken off, none while it stands."""

    kind: str
    since: date
    source: str
    lifted: date | None = None

    def touches(self, first: date, last: date) -> bool:
        """Whether the flag stood on any day of [first, last]."""
        return self.since <= last and (self.lifted is None or self.lifted > first)


class Enterprise(msgspec.Struct, frozen=True):
    """One enterprise. Money in micro-yuan; figures that are not known are none, never zero.

    `code` is its unified social credit code, `region` the administrative division it is registered in (six
    digits), `related` the codes of its related parties, `cluster` the industry cluster it belongs to.
    """

    code: str
    name: str
    region: str
    kind: EnterpriseKind
    industry: Industry
    established: date | None = None
    staff: int | None = None
    revenue_micro: int | None = None
    assets_micro: int | None = None
    tier: Tier = "none"
    cluster: str = ""
    related: tuple[str, ...] = ()
    flags: tuple[CreditFlag, ...] = ()
    facts: tuple[Fact, ...] = ()

    @property
    def size(self) -> SizeClass | None:
        """Its class by the national rule, none where a missing figure leaves it open."""
        return size_class(self.industry, self.staff, self.revenue_micro, self.assets_micro)
