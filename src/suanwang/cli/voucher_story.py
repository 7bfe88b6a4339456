"""The walk of `suanwang voucher demo`: the papers it begins from, and every command with what must come out.

Firms, contracts and amounts are made up. The programmes are the encoded ones of Chengdu, whose rate no source
shows, and Beijing. Each command is what a user would type; nothing goes past the command line.
"""

import json
from pathlib import Path
from typing import Any, NamedTuple

from suanwang.units.text import Text

CHENGDU = "chengdu-compute-voucher-2022"
BEIJING = "beijing-compute-voucher-2023"
JINJIANG = "91510104MA6CAXE125"
SUPPLIER = "91510100MA6CAXE986"
LARGE = "91510100MA6CAXE55Q"
UNIVERSITY = "12510000MA6CAXE771"
HAIDIAN = "91110108MA02CAXE31"


class Step(NamedTuple):
    """One command: why, its words, the exit code and the words that must come out.

    `save`: a file in the walk's folder that its standard output goes to.
    """

    about: Text
    words: tuple[str, ...]
    exit_code: int = 0
    holds: tuple[str | Text, ...] = ()
    save: str = ""


FIRM = f"""code: {JINJIANG}
name: 锦江算例科技有限公司
region: "510104"
kind: firm
industry: software
staff: 42
revenue_yuan: 18,600,000
facts:
  - {{name: technology_firm, value: true, source: statement of the applicant, as_of: 2023-03-01}}
  - {{name: compute_intermediary, value: false, source: statement of the applicant, as_of: 2023-03-01}}
"""

LARGE_FIRM = f"""code: {LARGE}
name: 天府大型算例股份有限公司
region: "510107"
kind: firm
industry: software
staff: 4200
revenue_yuan: 1,860,000,000
facts:
  - {{name: technology_firm, value: true, source: statement of the applicant, as_of: 2023-03-01}}
  - {{name: compute_intermediary, value: false, source: statement of the applicant, as_of: 2023-03-01}}
"""

SCHOOL = f"""code: {UNIVERSITY}
name: 西南算例大学
region: "510107"
kind: university
industry: other
facts:
  - {{name: technology_firm, value: false, source: statement of the applicant, as_of: 2023-03-01}}
  - {{name: compute_intermediary, value: false, source: statement of the applicant, as_of: 2023-03-01}}
"""

PURCHASE = f"""lines:
  - {{kind: compute, net_yuan: 1000000, vat_yuan: 60000}}
supplier: {SUPPLIER}
supplier_region: "510100"
catalogues: [{CHENGDU}]
contract: TF-2023-011
"""

SUPPLEMENT = f"""programme: {CHENGDU}
by: the operator of this walk
values:
  - place: alternatives.voucher.rate_bp
    value: 3000
    note:
      en: an assumption, as high as the project award of the same measures
      zh: 假定，与同一政策的项目奖励比例相同
"""

BUYER = f"""code: {HAIDIAN}
name: 海淀算例软件有限公司
region: "110108"
kind: firm
industry: software
staff: 80
revenue_yuan: 30,000,000
"""

HASHES = {"contract": "1" * 64, "invoice": "2" * 64, "delivery": "3" * 64}


def claim_papers(name: str, contract: str, invoice: str, supplier: str, evidence: tuple[str, ...]) -> str:
    """A claim's YAML: one contract of 600,000 yuan and one invoice over all of it."""
    listed = "".join(
        f"    - {{kind: {kind}, sha256: '{HASHES[kind]}', dated: 2024-05-20}}\n" for kind in evidence
    )
    line = "{kind: compute, net_yuan: 600000, vat_yuan: 36000}"
    return f"""claim:
  claim: {name}
  programme: {BEIJING}
  enterprise: {HAIDIAN}
  contract: {contract}
  invoices: [{invoice}]
  filed: 2024-06-03
  paid: 2024-05-28
  evidence:
{listed}contract:
  contract: {contract}
  buyer: {HAIDIAN}
  supplier: {supplier}
  supplier_region: "510100"
  signed: 2024-01-10
  starts: 2024-02-01
  ends: 2025-01-30
  lines: [{line}]
invoices:
  - invoice: {invoice}
    contract: {contract}
    seller: {supplier}
    buyer: {HAIDIAN}
    issued: 2024-05-20
    lines: [{line}]
"""


YUAN = 1_000_000


def opening() -> list[dict[str, Any]]:
    """The books before the walk: two funds, a centre, wallets, two programmes with budget and reserve."""
    found: list[dict[str, Any]] = [
        {"do": "open_fund", "fund": "chengdu-city", "currency": "CNY"},
        {"do": "open_fund", "fund": "chengdu-district", "currency": "CNY"},
        {"do": "open_fund", "fund": "beijing-city", "currency": "CNY"},
        {"do": "open_centre", "centre": "tianfu", "currency": "CNY"},
    ]
    found += [
        {"do": "open_wallet", "enterprise": code, "currency": "CNY", "credit_limit_micro": 0}
        for code in (JINJIANG, LARGE, UNIVERSITY, HAIDIAN)
    ]
    two = [{"fund": "chengdu-city", "weight": 7}, {"fund": "chengdu-district", "weight": 3}]
    programmes = ((CHENGDU, two, 60_000, 20_000), (BEIJING, [{"fund": "beijing-city", "weight": 1}], 0, 0))
    for name, funds, level, floor in programmes:
        found.append(
            {
                "do": "open_programme",
                "programme": name,
                "funds": funds,
                "reserve_level_micro": level * YUAN,
                "reserve_floor_micro": floor * YUAN,
            }
        )
        found.append({"do": "appropriate", "programme": name, "amount_micro": 2_000_000 * YUAN})
    found += [
        {"do": "pay_in", "fund": fund, "amount_micro": 1_000_000 * YUAN, "reference": f"lodged-{number}"}
        for number, fund in enumerate(("chengdu-city", "chengdu-district", "beijing-city"), start=1)
    ]
    found.append({"do": "replenish", "programme": CHENGDU})
    found.append(
        {"do": "top_up", "enterprise": JINJIANG, "amount_micro": 700_000 * YUAN, "reference": "slip-1"}
    )
    return [{**one, "id": f"opening/{number}"} for number, one in enumerate(found, start=1)]


CAPTURE: dict[str, Any] = {
    "do": "capture",
    "id": "use-1",
    "hold": "attempt-1",
    "compute_micro": 200_000 * YUAN,
    "energy_micro": 50_000 * YUAN,
    "data_micro": 0,
    "usage_milli": 128 * 3_600 * 240 * 1_000,
    "closes": False,
}
BOOKS: dict[str, list[dict[str, Any]]] = {
    "capture.jsonl": [CAPTURE],
    "hold-short.jsonl": [
        {
            "do": "place_hold",
            "id": "hold-short-1",
            "hold": "attempt-3",
            "enterprise": UNIVERSITY,
            "centre": "tianfu",
            "draws": [{"grant": "cd-3", "amount_micro": 1_000 * YUAN}],
            "wallet_micro": 0,
        }
    ],
    "release.jsonl": [{"do": "release", "id": "release-1", "hold": "attempt-1"}],
    "refund.jsonl": [
        {
            "do": "refund",
            "id": "refund-1",
            "capture": "use-1",
            "amount_micro": 10_000 * YUAN,
            "reason": "outage",
        }
    ],
    "expire.jsonl": [{"do": "expire", "id": "expire-1", "programme": CHENGDU}],
    "repay.jsonl": [
        {
            "do": "repay",
            "id": "repay-1",
            "enterprise": JINJIANG,
            "amount_micro": 20_000 * YUAN,
            "reference": "slip-2",
        }
    ],
}


def write_inputs(folder: Path) -> None:
    """The papers and the ledger commands that the walk begins from."""
    full = ("contract", "invoice", "delivery")
    texts = {
        "firm.yaml": FIRM,
        "large.yaml": LARGE_FIRM,
        "university.yaml": SCHOOL,
        "purchase.yaml": PURCHASE,
        "chengdu-supplement.yaml": SUPPLEMENT,
        "buyer.yaml": BUYER,
        "buyer-related.yaml": f"{BUYER}related: [{LARGE}]\n",
        "claim.yaml": claim_papers("bj-1", "HD-2024-007", "FP-1", SUPPLIER, full[:2]),
        "claim-corrected.yaml": claim_papers("bj-1", "HD-2024-007", "FP-1", SUPPLIER, full),
        "claim-related.yaml": claim_papers("bj-2", "HD-2024-008", "FP-2", LARGE, full),
    }
    for name, commands in {"opening.jsonl": opening(), **BOOKS}.items():
        texts[name] = "".join(json.dumps(command) + "\n" for command in commands)
    folder.mkdir(parents=True, exist_ok=True)
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
