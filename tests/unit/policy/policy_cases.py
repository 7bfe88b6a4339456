"""Small programmes, enterprises and purchases for the tests, in the notation of the files."""

from datetime import date

from suanwang.feeds.programme_folder import programme_from_bytes
from suanwang.model.credit_code import check_character
from suanwang.model.enterprise import Enterprise
from suanwang.model.purchase import CostLine, Purchase
from suanwang.policy.inputs import Subject
from suanwang.policy.rules import Rules

DAY = date(2024, 6, 3)
YUAN = 1_000_000

HEAD = """
programme: {name}
name: {{en: Test {name}, zh: 测试 {name}}}
region: "510100"
level: city
family: {family}
redemption: reimbursed
effective_from: 2024-01-01
effective_to: 2024-12-31
citations:
  - {{cite: t, document: test, number: not seen, article: not seen, address: not seen,
     read_in: test, mark: assumed}}
"""


def code(number: int) -> str:
    """The `number`-th made-up credit code."""
    body = f"91510100{number:09d}"
    return body + check_character(body)


def rules(body: str, name: str = "one", family: str = "compute") -> Rules:
    """A programme in force in 2024 with this body."""
    return programme_from_bytes((HEAD.format(name=name, family=family) + body).encode(), f"{name}.yaml")


def rated(rate_bp: int, name: str = "one", family: str = "compute", more: str = "") -> Rules:
    """A programme that pays a share of the compute cost."""
    return rules(
        f"covers: compute\nalternatives:\n  - alternative: a\n    about: {{en: a, zh: a}}\n"
        f"    rate_bp: {rate_bp}\n{more}",
        name,
        family,
    )


def firm(**changes: object) -> Enterprise:
    """A small software firm of Chengdu."""
    fields: dict[str, object] = {
        "code": code(1),
        "name": "firm",
        "region": "510107",
        "kind": "firm",
        "industry": "software",
        "established": date(2020, 1, 1),
        "staff": 20,
        "revenue_micro": 5_000_000 * YUAN,
    }
    return Enterprise(**(fields | changes))  # pyright: ignore[reportArgumentType]


def purchase(net_yuan: int, **changes: object) -> Purchase:
    """Compute bought from a supplier of Chengdu."""
    fields: dict[str, object] = {
        "lines": (CostLine("compute", net_yuan * YUAN, net_yuan * YUAN * 6 // 100),),
        "supplier": code(2),
        "supplier_region": "510100",
        "contract": "c1",
        "signed": date(2024, 2, 1),
        "starts": date(2024, 3, 1),
        "ends": date(2025, 2, 28),
    }
    return Purchase(**(fields | changes))  # pyright: ignore[reportArgumentType]


def subject(net_yuan: int, **changes: object) -> Subject:
    """The firm with its purchase on the day."""
    return Subject(firm(), purchase(net_yuan, **changes), DAY)
