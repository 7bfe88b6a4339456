"""The inputs that predicates may name, and how an enterprise and its purchase become their values.

A value that is not known is left out, so that a predicate which needs it is unknown, never false.
"""

from datetime import date
from hashlib import sha256
from typing import Literal

import msgspec

from suanwang.model.enterprise import TIERS, Enterprise
from suanwang.model.purchase import Purchase
from suanwang.units.text import Text

InputType = Literal["whole", "truth", "text"]
InputValue = int | bool | str

GOOD_NAME_YEARS = 3
"""Years back that `bad_credit_3_years` looks."""


class InputNeed(msgspec.Struct, frozen=True):
    """One declared input: its type and what it means."""

    type: InputType
    about: Text


DECLARED: dict[str, InputNeed] = {
    "region": InputNeed("text", Text("region the enterprise is registered in", "注册地行政区划")),
    "kind": InputNeed("text", Text("firm, university, institute or maker", "主体类型")),
    "industry": InputNeed("text", Text("industry of the size rule", "划型行业")),
    "size": InputNeed("text", Text("large, medium, small or micro", "企业规模")),
    "tier": InputNeed("text", Text("tier of cultivation", "梯度培育层级")),
    "tier_rank": InputNeed("whole", Text("0 none, 1 innovative, 2 specialised, 3 little giant", "层级序号")),
    "cluster": InputNeed("text", Text("industry cluster", "产业集群")),
    "staff": InputNeed("whole", Text("staff", "从业人员")),
    "revenue_micro": InputNeed("whole", Text("revenue of the last year, micro-yuan", "上年营业收入，微元")),
    "assets_micro": InputNeed("whole", Text("total assets, micro-yuan", "资产总额，微元")),
    "age_days": InputNeed("whole", Text("days since it was founded", "成立天数")),
    "bad_credit_now": InputNeed("truth", Text("a credit flag stands today", "当前有失信记录")),
    "bad_credit_3_years": InputNeed("truth", Text("a credit flag stood in three years", "三年内有失信记录")),
    "cost_net_micro": InputNeed(
        "whole", Text("the whole purchase without tax, micro-yuan", "采购不含税总额，微元")
    ),
    "supplier": InputNeed("text", Text("credit code of the supplier", "供应商代码")),
    "supplier_region": InputNeed("text", Text("region of the supplier", "供应商所在地")),
    "domestic_compute": InputNeed("truth", Text("runs on domestic accelerators", "使用国产算力")),
    "through_platform": InputNeed("truth", Text("ordered through the platform", "经平台下单")),
    "contract_days": InputNeed("whole", Text("days from the contract's start to its end", "合同天数")),
    "buys_compute": InputNeed("truth", Text("a line of the purchase is compute", "采购含算力")),
    "buys_model_service": InputNeed(
        "truth", Text("a line of the purchase is models as a service", "采购含模型服务")
    ),
}

SUPPLIER_INPUTS = ("supplier", "supplier_region")
"""What a predicate could favour local suppliers by."""


class Subject:
    """An enterprise, its purchase and the day of a decision, ready to be decided on by many programmes.

    `values` holds every known input and fact by name, `context` the same for CEL, `digest` the SHA-256 of
    the enterprise, the purchase and the day as canonical JSON. `fresh_digest` is kept by `decide`.
    """

    __slots__ = (
        "context",
        "day",
        "digest",
        "enterprise",
        "events",
        "fresh_digest",
        "known",
        "purchase",
        "values",
    )

    def __init__(self, enterprise: Enterprise, purchase: Purchase | None, day: date) -> None:
        import cel  # only who decides by programmes pays for loading it

        self.enterprise = enterprise
        self.purchase = purchase
        self.day = day
        self.values = input_values(enterprise, purchase, day)
        self.known = frozenset(self.values)
        self.context = cel.Context(variables=self.values)
        self.events = events(enterprise, purchase, day)
        self.fresh_digest = ""
        self.digest = sha256(msgspec.json.encode((enterprise, purchase, day))).digest()


def purchase_digest(purchase: Purchase | None) -> str:
    """SHA-256 of a purchase as canonical JSON, in hexadecimal; empty where there is none."""
    return "" if purchase is None else sha256(msgspec.json.encode(purchase)).hexdigest()


def input_values(enterprise: Enterprise, purchase: Purchase | None, day: date) -> dict[str, InputValue]:
    """Every known input and fact by name. A fact of the purchase goes before one of the enterprise."""
    values: dict[str, InputValue] = {fact.name: fact.value for fact in enterprise.facts}
    values |= {
        "region": enterprise.region,
        "kind": enterprise.kind,
        "industry": enterprise.industry,
        "tier": enterprise.tier,
        "tier_rank": TIERS.index(enterprise.tier),
        "cluster": enterprise.cluster,
        "bad_credit_now": any(flag.touches(day, day) for flag in enterprise.flags),
        "bad_credit_3_years": any(
            flag.touches(years_before(day, GOOD_NAME_YEARS), day) for flag in enterprise.flags
        ),
    }
    perhaps: dict[str, InputValue | None] = {
        "size": enterprise.size,
        "staff": enterprise.staff,
        "revenue_micro": enterprise.revenue_micro,
        "assets_micro": enterprise.assets_micro,
        "age_days": None if enterprise.established is None else (day - enterprise.established).days,
    }
    if purchase is not None:
        values |= {fact.name: fact.value for fact in purchase.facts}
        kinds = {line.kind for line in purchase.lines}
        values |= {
            "cost_net_micro": sum(line.net_micro for line in purchase.lines),
            "supplier": purchase.supplier,
            "buys_compute": "compute" in kinds,
            "buys_model_service": "model_service" in kinds,
        }
        term: int | None = None
        if purchase.starts is not None and purchase.ends is not None:
            term = (purchase.ends - purchase.starts).days + 1
        perhaps |= {
            "supplier_region": purchase.supplier_region,
            "domestic_compute": purchase.domestic_compute,
            "through_platform": purchase.through_platform,
            "contract_days": term,
        }
    for name, value in perhaps.items():
        if value is not None:
            values[name] = value
    return values


def years_before(day: date, years: int) -> date:
    """The same day `years` earlier; 29 February falls back to the 28th."""
    leap = day.month == 2 and day.day == 29
    return date(day.year - years, day.month, 28 if leap else day.day)


def events(enterprise: Enterprise, purchase: Purchase | None, day: date) -> dict[str, date]:
    """The days that are known, by event; `filed` is the day of the decision."""
    found: dict[str, date | None] = {"filed": day, "established": enterprise.established}
    if purchase is not None:
        found |= {
            "signed": purchase.signed,
            "starts": purchase.starts,
            "ends": purchase.ends,
            "invoiced": purchase.invoiced,
            "paid": purchase.paid,
        }
    return {event: when for event, when in found.items() if when is not None}
