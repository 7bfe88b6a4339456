"""The check of a claim: papers against each other, then the programme against what they show.

Every fault of the papers is found in one pass. The base of the rate is what was invoiced, line by line, and
never more than the contract; the programme says whether tax is in it.
"""

import re
from collections import defaultdict

import msgspec

from suanwang.model.credit_code import is_credit_code
from suanwang.model.enterprise import Enterprise
from suanwang.model.programme import Programme
from suanwang.model.purchase import COST_KINDS, EVIDENCE_NAMES, Claim, Contract, CostLine, Invoice, Purchase
from suanwang.policy.decide import decide
from suanwang.policy.decision import Decision, Position, decision_digest
from suanwang.policy.inputs import Subject
from suanwang.policy.note import Note
from suanwang.policy.rules import Rules
from suanwang.units.errors import Fault
from suanwang.units.text import Text, same

SHA256 = re.compile(r"^[0-9a-f]{64}$")
HEXADECIMAL = Text("64 hexadecimal digits", "64 位十六进制")
NO_TEXT = same("")
CORRECT = Text("correct the papers and file again", "更正材料后重新申报")


class ClaimCheck(msgspec.Struct, frozen=True):
    """What is wrong with the papers (to be corrected), and what the programme says to what they show."""

    faults: tuple[Fault, ...]
    decision: Decision
    digest: str


class Papers(msgspec.Struct, frozen=True):
    """A claim with the contract and the invoices that it names, and invoices that earlier claims used."""

    claim: Claim
    contract: Contract
    invoices: tuple[Invoice, ...]
    used_invoices: frozenset[str] = frozenset()


def check_claim(papers: Papers, enterprise: Enterprise, rules: Rules, position: Position) -> ClaimCheck:
    """The faults of the papers and the decision on the day the claim was filed."""
    faults = paper_faults(papers, enterprise, rules.programme)
    subject = Subject(enterprise, purchase_of(papers), papers.claim.filed)
    decision = decide(rules, subject, position)
    return ClaimCheck(tuple(faults), decision, decision_digest(decision))


def purchase_of(papers: Papers) -> Purchase:
    """The purchase that the invoices show: their lines, never above the contract's line of that kind."""
    contract = papers.contract
    room: dict[str, list[int]] = defaultdict(lambda: [0, 0])
    for line in contract.lines:
        room[line.kind][0] += line.net_micro
        room[line.kind][1] += line.vat_micro
    lines: list[CostLine] = []
    named = set(papers.claim.invoices)
    for invoice in papers.invoices:
        if invoice.invoice not in named:
            continue
        for line in invoice.lines:
            net, vat = room[line.kind]
            taken = CostLine(line.kind, min(line.net_micro, net), min(line.vat_micro, vat))
            room[line.kind] = [net - taken.net_micro, vat - taken.vat_micro]
            lines.append(taken)
    issued = [invoice.issued for invoice in papers.invoices if invoice.invoice in named]
    return Purchase(
        lines=tuple(lines),
        supplier=contract.supplier,
        supplier_region=contract.supplier_region,
        catalogues=contract.catalogues,
        contract=contract.contract,
        signed=contract.signed,
        starts=contract.starts,
        ends=contract.ends,
        invoiced=max(issued, default=None),
        paid=papers.claim.paid,
        domestic_compute=contract.domestic_compute,
        through_platform=contract.through_platform,
        facts=contract.facts,
    )


def paper_faults(papers: Papers, enterprise: Enterprise, programme: Programme) -> list[Fault]:
    """Everything in the papers that does not fit together."""
    claim = papers.claim
    faults: list[Fault] = []

    def note(place: str, what: Text, found: str = "", expected: Text = NO_TEXT) -> None:
        faults.append(Fault(f"{claim.claim} {place}", what, found, expected, CORRECT, kind="papers"))

    pairs = (
        ("programme", claim.programme, programme.programme),
        ("enterprise", claim.enterprise, enterprise.code),
        ("contract", claim.contract, papers.contract.contract),
        ("contract.buyer", papers.contract.buyer, claim.enterprise),
    )
    for place, found, expected in pairs:
        if found != expected:
            note(place, Text("does not agree", "不一致"), found, same(expected))
    parties = (("contract.buyer", papers.contract.buyer), ("contract.supplier", papers.contract.supplier))
    for place, code in parties:
        if not is_credit_code(code):
            note(place, Text("not a valid credit code", "统一社会信用代码无效"), code)
    if papers.contract.starts > papers.contract.ends:
        note("contract.ends", Text("ends before it begins", "结束早于开始"), str(papers.contract.ends))
    if claim.asked_micro is not None and claim.asked_micro <= 0:
        note("asked", Text("not a positive amount", "申请金额须为正"), str(claim.asked_micro))
    evidence_faults(claim, programme, note)
    line_faults("contract", papers.contract.lines, note)
    invoice_faults(papers, note)
    return faults


def evidence_faults(claim: Claim, programme: Programme, note: Note) -> None:
    """Every kind of evidence that the programme asks for is there, hashed and not from the future."""
    there = {evidence.kind for evidence in claim.evidence}
    for kind in programme.evidence:
        if kind not in there:
            note(f"evidence.{kind}", Text("is missing", "缺少"), "", EVIDENCE_NAMES[kind])
    for evidence in claim.evidence:
        place = f"evidence.{evidence.kind}"
        if not SHA256.match(evidence.sha256):
            note(place, Text("not a SHA-256", "不是 SHA-256"), evidence.sha256, HEXADECIMAL)
        if evidence.dated > claim.filed:
            note(place, Text("dated after the claim", "日期晚于申报"), str(evidence.dated))
    if claim.paid is not None and claim.paid > claim.filed:
        note("paid", Text("dated after the claim", "日期晚于申报"), str(claim.paid))


def line_faults(place: str, lines: tuple[CostLine, ...], note: Note) -> None:
    """Lines are of known kinds and not negative."""
    if not lines:
        note(place, Text("no cost lines", "没有费用明细"))
    for line in lines:
        if line.kind not in COST_KINDS:
            note(f"{place}.{line.kind}", Text("no such kind of cost", "没有这种费用类型"), line.kind)
        if line.net_micro < 0 or line.vat_micro < 0:
            amount = f"{line.net_micro} + {line.vat_micro}"
            note(f"{place}.{line.kind}", Text("a negative amount", "金额为负"), amount, same("≥ 0"))


def invoice_faults(papers: Papers, note: Note) -> None:
    """Every invoice named is there, once, unused, of this contract and its parties, and within its sum."""
    claim, contract = papers.claim, papers.contract
    known = {invoice.invoice: invoice for invoice in papers.invoices}
    if not claim.invoices:
        note("invoices", Text("no invoice is named", "未列发票"))
    for name in sorted({name for name in claim.invoices if claim.invoices.count(name) > 1}):
        note(f"invoices.{name}", Text("named twice", "重复列出"), name)
    total = 0
    for name in dict.fromkeys(claim.invoices):
        place = f"invoices.{name}"
        invoice = known.get(name)
        if invoice is None:
            note(place, Text("this invoice is not there", "未提供该发票"), name)
            continue
        if name in papers.used_invoices:
            note(place, Text("already used by another claim", "已用于其他申报"), name)
        for what, found, expected in (
            ("contract", invoice.contract, contract.contract),
            ("seller", invoice.seller, contract.supplier),
            ("buyer", invoice.buyer, contract.buyer),
        ):
            if found != expected:
                note(f"{place}.{what}", Text("does not agree", "不一致"), found, same(expected))
        if invoice.issued > claim.filed:
            note(f"{place}.issued", Text("dated after the claim", "日期晚于申报"), str(invoice.issued))
        line_faults(place, invoice.lines, note)
        total += sum(line.net_micro + line.vat_micro for line in invoice.lines)
    agreed = sum(line.net_micro + line.vat_micro for line in contract.lines)
    if total > agreed:
        note(
            "invoices",
            Text("invoices exceed the contract", "发票合计超过合同额"),
            str(total),
            Text(f"at most {agreed} micro-yuan", f"不超过 {agreed} 微元"),
        )
