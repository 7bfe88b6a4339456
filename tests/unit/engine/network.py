"""A small town of vouchers for tests: two programmes, three firms, books that are open."""

from datetime import date

import msgspec

from suanwang.engine.dossier import ClaimDossier, GrantDossier
from suanwang.engine.voucher_apply import apply, replay
from suanwang.engine.voucher_events import AnyRecord, encode
from suanwang.engine.voucher_inputs import AnyVoucherInput, ApplyGrant, ReviewGrant
from suanwang.engine.voucher_state import Vouchers, empty_vouchers
from suanwang.engine.vouchers import decide
from suanwang.feeds.programme_folder import programme_from_bytes
from suanwang.ledger import commands as c
from suanwang.ledger.decide import decide as decide_ledger
from suanwang.ledger.validate import validate
from suanwang.model.credit_code import check_character
from suanwang.model.enterprise import CreditFlag, Enterprise, Fact
from suanwang.model.purchase import Claim, Contract, CostLine, Evidence, Invoice, Purchase
from suanwang.policy.rules import Rules
from suanwang.units.instants import instant

YUAN = 1_000_000
DAY = 86_400 * 1_000_000
TODAY = date(2026, 3, 2)
NOON = instant("2026-03-02T12:00+08:00")

HEAD = """
name: {en: a programme, zh: 方案}
region: "510100"
level: city
effective_from: 2026-01-01
effective_to: 2027-12-31
citations:
  - {cite: made, document: made up, number: not seen, article: not seen, address: not seen, read_in: this test, mark: assumed}
covers: compute
clauses:
  - {clause: good_name, about: {en: good credit, zh: 信用良好}, holds: "!bad_credit_3_years"}
"""  # noqa: E501

DEDUCTED = f"""programme: voucher
family: compute
redemption: deducted
{HEAD}
alternatives:
  - {{alternative: share, about: {{en: a share, zh: 比例}}, rate_bp: 3000}}
caps: {{per_enterprise_yuan: 500, period: calendar_year, pool_per_year_yuan: 2000}}
validity_days: 30
claw_back_days: 100
"""
REIMBURSED = f"""programme: refund
family: cloud
redemption: reimbursed
{HEAD}
alternatives:
  - {{alternative: share, about: {{en: a share, zh: 比例}}, rate_bp: 2000}}
once_per_contract: true
claw_back_days: 100
evidence: [invoice]
payers: [{{payer: city, share_bp: 7000}}, {{payer: district, share_bp: 3000}}]
"""
VOUCHER = programme_from_bytes(DEDUCTED.encode(), "voucher.yaml")
REFUND = programme_from_bytes(REIMBURSED.encode(), "refund.yaml")
RULES: dict[str, Rules] = {"voucher": VOUCHER, "refund": REFUND}


def code(number: int) -> str:
    body = f"91510100{number:09d}"
    return body + check_character(body)


SUPPLIER = code(99)
FIRMS = tuple(code(number) for number in range(3))


def firm(number: int, flagged: bool = False, fact: int = 0) -> Enterprise:
    flags = (CreditFlag("late", date(2025, 6, 1), "court"),) if flagged else ()
    facts = (Fact("noise", fact, "made up", TODAY),) if fact else ()
    return Enterprise(FIRMS[number], f"firm {number}", "510104", "firm", "software", flags=flags, facts=facts)


def bought(yuan: int, contract: str = "", supplier: str = SUPPLIER) -> Purchase:
    return Purchase((CostLine("compute", yuan * YUAN),), supplier, contract=contract)


def papers(number: int, yuan: int, contract: str = "", flagged: bool = False) -> GrantDossier:
    return GrantDossier(firm(number, flagged), bought(yuan, contract))


def claim_papers(
    name: str, number: int, yuan: int, contract: str, invoice: str, evidence: bool = True
) -> ClaimDossier:
    line = (CostLine("compute", yuan * YUAN),)
    claim = Claim(
        name,
        "refund",
        FIRMS[number],
        contract,
        (invoice,),
        (Evidence("invoice", "a" * 64, TODAY),) if evidence else (),
        TODAY,
        TODAY,
    )
    agreed = Contract(contract, FIRMS[number], SUPPLIER, "510100", TODAY, TODAY, TODAY, line)
    return ClaimDossier(
        firm(number), claim, agreed, (Invoice(invoice, contract, SUPPLIER, FIRMS[number], TODAY, line),)
    )


class Town:
    """The state with the log that made it. Every step proves replay, invariants, and that decide is pure."""

    def __init__(self, budget_yuan: int = 10_000, wallets: int = 3) -> None:
        self.state: Vouchers = empty_vouchers()
        self.log: list[AnyRecord] = []
        self.at = NOON
        self.post(
            c.OpenFund("o1", "city", "CNY"),
            c.OpenFund("o2", "district", "CNY"),
            c.OpenCentre("o3", "tianfu", "CNY"),
            *(c.OpenWallet(f"w{number}", FIRMS[number], "CNY", 0) for number in range(wallets)),
        )
        weights = (c.FundWeight("city", 7), c.FundWeight("district", 3))
        for name in RULES:
            self.post(
                c.OpenProgramme(f"p-{name}", name, weights, 100 * YUAN, 10 * YUAN),
                c.Appropriate(f"a-{name}", name, budget_yuan * YUAN),
            )
        self.post(
            c.PayIn("i1", "city", 5_000 * YUAN, "wire"), c.PayIn("i2", "district", 5_000 * YUAN, "wire")
        )

    def post(self, *commands: c.AnyCommand) -> None:
        """Books ledger commands."""
        for command in commands:
            self.take(decide_ledger(self.state.ledger, command, self.at))

    def take(self, events: tuple[AnyRecord, ...]) -> None:
        for event in events:
            apply(self.state, event)
            self.log.append(event)
        validate(self.state.ledger)

    def ask(self, request: AnyVoucherInput, rules: Rules | None = None) -> tuple[AnyRecord, ...]:
        """Decides and applies a request; every check that must always hold is made on the way."""
        before = msgspec.json.encode(self.state.applications) + msgspec.json.encode(self.state.claims)
        balances = {name: one.balance_micro for name, one in self.state.ledger.accounts.items()}
        try:
            events = decide(self.state, request, rules or RULES[self.programme(request)], self.at)
        finally:
            after = msgspec.json.encode(self.state.applications) + msgspec.json.encode(self.state.claims)
            assert after == before, "decide changes nothing"
            assert balances == {name: one.balance_micro for name, one in self.state.ledger.accounts.items()}
        self.take(events)
        return events

    def programme(self, request: AnyVoucherInput) -> str:
        if isinstance(request, ApplyGrant):
            return request.programme
        text = type(request).__name__
        named = getattr(request, "programme", "")
        return named or ("refund" if "Claim" in text else "voucher")

    def granted(self, name: str, number: int, yuan: int, contract: str = "") -> tuple[AnyRecord, ...]:
        """An application and its review."""
        dossier = papers(number, yuan, contract)
        self.ask(ApplyGrant(f"apply/{name}", name, "voucher", dossier, TODAY))
        return self.ask(ReviewGrant(f"review/{name}", name, dossier))

    def stage(self, name: str) -> str:
        file = self.state.applications.get(name) or self.state.claims[name]
        return str(file.state.__struct_config__.tag)

    def balance(self, account: str) -> int:
        return self.state.ledger.accounts[account].natural_micro

    def replays(self) -> None:
        """The log alone makes the same state."""
        assert replay(encode(event) for event in self.log) == self.state
