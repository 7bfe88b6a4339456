"""Eligibility: decisions a second, and a whole registry against every programme, beside plain Python.

Every decision carries each clause, each step of the amount and both digests. Two baselines: one programme
written out by hand as a Python function that explains as much, in dicts and JSON; and, for the registry, all
predicates as compiled Python code that says yes or no and nothing more.
"""

import hashlib
import json
import re
import time
from datetime import date
from types import CodeType

from benchmarks.row import Row

from suanwang.feeds.programme_folder import read_programmes
from suanwang.model.credit_code import check_character
from suanwang.model.enterprise import TIERS, Enterprise, Fact
from suanwang.model.purchase import CostLine, Purchase
from suanwang.model.size_class import INDUSTRIES
from suanwang.policy.decide import decide
from suanwang.policy.inputs import Subject, input_values
from suanwang.policy.rules import Rules

DAY = date(2024, 10, 8)
REGIONS = ("110108", "310115", "330106", "440305", "510107", "520115", "440112", "350206")
YUAN = 1_000_000
SUPPLIER = "91110108MA02CAXE31"


def enterprise(number: int) -> Enterprise:
    """The `number`-th made-up enterprise: every figure follows from the number."""
    body = f"91510100{number:09d}"
    facts = (
        Fact("trains_large_model", number % 3 == 0, "made up", DAY),
        Fact("start_up", number % 5 == 0, "made up", DAY),
        Fact("technology_firm", number % 2 == 0, "made up", DAY),
    )
    return Enterprise(
        code=body + check_character(body),
        name=f"enterprise {number}",
        region=REGIONS[number % len(REGIONS)],
        kind="firm" if number % 10 else "institute",
        industry=INDUSTRIES[number % len(INDUSTRIES)],
        established=date(2010 + number % 14, 1 + number % 12, 1),
        staff=number % 977,
        revenue_micro=(number * 7919 % 500_000_000) * YUAN,
        assets_micro=(number * 104_729 % 900_000_000) * YUAN,
        tier=TIERS[number % len(TIERS)],
        facts=facts,
    )


def purchase(number: int) -> Purchase:
    """What the `number`-th enterprise buys."""
    return Purchase(
        lines=(CostLine("compute", (1 + number % 5000) * 1000 * YUAN, 0),),
        supplier=SUPPLIER,
        supplier_region=REGIONS[number * 3 % len(REGIONS)],
        catalogues=("hangzhou-compute-voucher-2024", "chengdu-compute-voucher-2022"),
        contract=f"c{number}",
        signed=date(2024, 1, 10),
        starts=date(2024, 2, 1),
        ends=date(2025, 1, 30),
        domestic_compute=number % 2 == 0,
        through_platform=True,
    )


def plain(rules: Rules) -> list[CodeType]:
    """The predicates and figures of a programme as compiled Python."""
    found: list[CodeType] = []
    for expression in rules.bundle.expressions:
        source = (
            expression.source.replace("&&", " and ").replace("||", " or ").replace("startsWith", "startswith")
        )
        source = re.sub(r"!(?!=)", " not ", source)
        source = source.replace("/", "//")
        found.append(compile(source.strip(), rules.programme.programme, "eval"))
    return found


def plain_pass(programmes: list[list[CodeType]], numbers: range) -> float:
    """Seconds for plain Python to answer every predicate for these enterprises."""
    started = time.perf_counter()
    for number in numbers:
        values = input_values(enterprise(number), purchase(number), DAY)
        for codes in programmes:
            for code in codes:
                try:
                    eval(code, {}, values)
                except NameError:
                    continue
    return time.perf_counter() - started


def passed(programmes: tuple[Rules, ...], numbers: range) -> float:
    """Seconds to decide on these enterprises by every programme, subjects built as part of it."""
    started = time.perf_counter()
    for number in numbers:
        subject = Subject(enterprise(number), purchase(number), DAY)
        for rules in programmes:
            decide(rules, subject)
    return time.perf_counter() - started


def by_hand(firm: Enterprise, bought: Purchase, day: date) -> dict[str, object]:
    """The Beijing voucher as somebody would write it for this one programme, clause for clause."""
    since = day.replace(year=day.year - 3)
    cost = sum(line.net_micro for line in bought.lines if line.kind == "compute")
    signed, starts, ends = bought.signed, bought.starts, bought.ends
    assert signed is not None
    assert starts is not None
    assert ends is not None
    clauses = {
        "in_force": date(2023, 9, 1) <= day <= date(2025, 12, 31),
        "signed": signed >= date(2023, 9, 1),
        "term": (ends - starts).days <= 365,
        "cost": cost > 0,
        "not_related": bought.supplier not in firm.related and bought.supplier != firm.code,
        "once": bool(bought.contract),
        "beside": True,
        "registered": firm.region.startswith("11"),
        "trade": firm.kind == "firm" and firm.industry in ("software", "industry"),
        "credit": not any(f.since <= day and (f.lifted is None or f.lifted > since) for f in firm.flags),
    }
    rated = cost * 2000 // 10_000
    capped = min(rated, 2_000_000 * YUAN)
    steps = [("base", cost), ("rate", rated), ("cap", capped), ("cost", min(capped, cost))]
    inputs = {
        "code": firm.code,
        "region": firm.region,
        "industry": firm.industry,
        "staff": firm.staff,
        "lines": [[line.kind, line.net_micro] for line in bought.lines],
        "supplier": bought.supplier,
        "contract": bought.contract,
        "days": [str(signed), str(starts), str(ends), str(day)],
    }
    digest = hashlib.sha256(json.dumps(inputs).encode()).hexdigest()
    return {"holds": all(clauses.values()), "clauses": clauses, "steps": steps, "inputs": digest}


def one_programme(rules: Rules, number: int) -> tuple[float, float]:
    """(decisions, decisions by hand) a second of one programme, most of them on firms that it pays."""
    pairs = [(enterprise(8 * (7 * i + 1)), purchase(i)) for i in range(200)]
    subjects = [Subject(firm, bought, DAY) for firm, bought in pairs]
    outcomes = [decide(rules, subject).outcome == "entitled" for subject in subjects]
    assert outcomes == [by_hand(firm, bought, DAY)["holds"] for firm, bought in pairs]
    assert sum(outcomes) > 100
    started = time.perf_counter()
    for turn in range(number):
        decide(rules, subjects[turn % 200])
    mine = time.perf_counter() - started
    started = time.perf_counter()
    for turn in range(number):
        by_hand(*pairs[turn % 200], DAY)
    return number / mine, number / (time.perf_counter() - started)


def run(quick: bool) -> list[Row]:
    """The rows of this benchmark; `quick` decides on a fiftieth of the registry."""
    programmes = read_programmes()
    beijing = next(
        rules for rules in programmes if rules.programme.programme == "beijing-compute-voucher-2023"
    )
    mine, theirs = one_programme(beijing, 20_000 if quick else 200_000)
    enterprises = 2_000 if quick else 100_000
    decisions = enterprises * len(programmes)
    seconds = passed(programmes, range(enterprises))
    sample = range(enterprises // 10)
    plain_seconds = plain_pass([plain(rules) for rules in programmes], sample) * 10
    baseline = "plain Python, yes or no only"
    return [
        Row(
            "one programme, clauses and amount explained",
            mine,
            "decisions/s",
            20_000,
            60_000,
            "the same written by hand in Python",
            theirs,
        ),
        Row(
            f"{enterprises:,} enterprises x {len(programmes)} programmes",
            seconds,
            "s",
            120 * enterprises / 100_000,
            60 * enterprises / 100_000,
            baseline,
            plain_seconds,
            lower_is_better=True,
            note=f"{decisions / seconds:,.0f} decisions/s; the baseline runs on a tenth, times ten",
        ),
    ]
