"""What is bought and claimed for: cost lines, purchases, contracts, invoices (发票), claims with evidence."""

from datetime import date
from typing import Literal

import msgspec

from suanwang.model.enterprise import Fact
from suanwang.units.text import Text

EvidenceKind = Literal["contract", "invoice", "payment", "delivery", "usage", "audit", "order", "statement"]
EVIDENCE_NAMES: dict[str, Text] = {
    "contract": Text("the signed contract", "合同"),
    "invoice": Text("the invoice", "发票"),
    "payment": Text("proof of payment", "付款凭证"),
    "delivery": Text("proof of delivery", "交付证明"),
    "usage": Text("metered usage", "用量记录"),
    "audit": Text("a third party's audit", "第三方审计报告"),
    "order": Text("the platform's order", "平台订单"),
    "statement": Text("the applicant's statement", "申请承诺书"),
}

COST_KINDS: dict[str, Text] = {
    "compute": Text("renting compute", "算力租用"),
    "model_service": Text("models as a service", "模型服务（MaaS）"),
    "storage": Text("storage", "存储"),
    "network": Text("network", "网络"),
    "software": Text("software", "软件"),
    "digital_services": Text("digital transformation", "数字化转型服务"),
    "professional_services": Text("professional services", "专业服务"),
    "promotion": Text("brand promotion", "品牌宣传推广"),
    "patent_fees": Text("patent fees", "专利费用"),
    "rent": Text("rent", "租金"),
    "office_purchase": Text("buying offices", "购房"),
    "interest": Text("loan interest", "贷款利息"),
    "guarantee": Text("guarantee or insurance premium", "担保费或保险费"),
    "fixed_assets": Text("investment in fixed assets", "固定资产投资"),
    "vehicle_tax": Text("vehicle purchase tax", "车辆购置税"),
    "other": Text("anything else", "其他"),
}


class CostLine(msgspec.Struct, frozen=True):
    """One kind of cost. Micro-yuan ≥ 0; `vat_micro` is the value added tax on top of `net_micro`."""

    kind: str
    net_micro: int
    vat_micro: int = 0


class Purchase(msgspec.Struct, frozen=True):
    """What an enterprise buys, as a programme looks at it. Dates that are not known are none.

    `catalogues`: ids of the programmes that list its supplier; none where it is not known.
    `domestic_compute`: whether it runs on domestic accelerators.
    """

    lines: tuple[CostLine, ...]
    supplier: str = ""
    supplier_region: str | None = None
    catalogues: tuple[str, ...] | None = None
    contract: str = ""
    signed: date | None = None
    starts: date | None = None
    ends: date | None = None
    invoiced: date | None = None
    paid: date | None = None
    domestic_compute: bool | None = None
    through_platform: bool | None = None
    facts: tuple[Fact, ...] = ()


class Contract(msgspec.Struct, frozen=True):
    """A contract between a buyer and a supplier, both named by credit code. `ends` is its last day."""

    contract: str
    buyer: str
    supplier: str
    supplier_region: str
    signed: date
    starts: date
    ends: date
    lines: tuple[CostLine, ...]
    catalogues: tuple[str, ...] | None = None
    domestic_compute: bool | None = None
    through_platform: bool | None = None
    facts: tuple[Fact, ...] = ()


class Invoice(msgspec.Struct, frozen=True):
    """An invoice (发票) under a contract, with its tax apart."""

    invoice: str
    contract: str
    seller: str
    buyer: str
    issued: date
    lines: tuple[CostLine, ...]


class Evidence(msgspec.Struct, frozen=True):
    """A document that bears out a claim: what it is, its SHA-256 in hexadecimal, and its day."""

    kind: EvidenceKind
    sha256: str
    dated: date


class Claim(msgspec.Struct, frozen=True):
    """A claim (兑付申请) on a programme for invoices under one contract. `paid`: when the buyer paid them."""

    claim: str
    programme: str
    enterprise: str
    contract: str
    invoices: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    filed: date
    paid: date | None = None
    asked_micro: int | None = None
