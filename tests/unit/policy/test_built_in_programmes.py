"""Every encoded programme: its cases come out, its citations are honest, the unseen decides nothing."""

from itertools import chain
from pathlib import Path

import pytest

from suanwang.feeds.programme_folder import BUILT_IN, CRITERIA, gather, read_programmes
from suanwang.model.programme import NOT_SEEN
from suanwang.policy.fair_competition import check_fairness
from suanwang.policy.programme_checks import valued
from suanwang.policy.rules import Rules
from suanwang.policy.worked_cases import run_case, run_cases

RULES = (*read_programmes(), *gather(sorted(CRITERIA.glob("*.yaml")), CRITERIA))
SEEDS = Path(__file__).parents[3] / ".." / "shared" / "seeds"


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.programme.programme)
def test_worked_cases_come_out(rules: Rules) -> None:
    assert [fault.say("en") for fault in run_cases(rules)] == []


def test_every_voucher_of_the_table_and_twenty_instruments_more_are_encoded() -> None:
    names = {rules.programme.programme for rules in RULES}
    vouchers = {name for name in names if "compute" in name or "training-voucher" in name}
    places = ("chengdu", "beijing", "shenzhen", "shanghai", "hangzhou", "guizhou", "yangzhou", "qingyang")
    assert all(any(name.startswith(place) for name in vouchers) for place in places)
    assert len(names - vouchers) >= 20


@pytest.mark.parametrize("rules", RULES, ids=lambda rules: rules.programme.programme)
def test_every_value_is_dated_cited_and_marked(rules: Rules) -> None:
    programme = rules.programme
    known = {citation.cite for citation in programme.citations}
    for place, values, _ in valued(programme):
        for value in values:
            assert value.cite in known, place
            assert value.mark is not None, place
            assert value.effective_from is not None or programme.effective_from is None, place


def test_no_document_number_is_invented() -> None:
    """No source shows a number for any of these documents, so none may be given."""
    citations = chain.from_iterable(rules.programme.citations for rules in RULES)
    assert {citation.number for citation in citations} == {NOT_SEEN}


@pytest.mark.skipif(not SEEDS.exists(), reason="the sources lie beside the project only in its workshop")
def test_documents_and_addresses_stand_in_the_sources() -> None:
    text = "".join("".join(path.read_text().split()) for path in sorted(SEEDS.glob("*.txt")))
    for rules in RULES:
        for citation in rules.programme.citations:
            if citation.cite != "digest":
                continue
            assert citation.address in text, citation
            name = "".join(citation.document.split("（2023年修订版）")[0].split())
            assert name in text, citation


def test_what_no_source_shows_never_becomes_a_number() -> None:
    """A case that meets an unseen rate or cap is undecided, has no amount, and names it."""
    unseen = 0
    for rules in RULES:
        for case in rules.programme.cases:
            decision, _ = run_case(rules, case)
            if decision.outcome == "undecided":
                unseen += 1
                assert decision.amount_micro is None
                assert decision.missing
                assert decision.shares == ()
    assert unseen >= 15


def test_no_built_in_programme_favours_local_suppliers_beyond_its_text() -> None:
    reports = {rules.programme.programme: check_fairness(rules) for rules in RULES}
    assert {name for name, report in reports.items() if report.standing == "beyond_its_text"} == set()
    assert reports["guizhou-compute-voucher"].standing == "in_its_text"
    assert reports["guizhou-compute-voucher"].cases
    assert reports["beijing-compute-voucher-2023"].standing == "none"


def test_files_are_named_for_their_programmes() -> None:
    for path in BUILT_IN.glob("*.yaml"):
        assert path.read_text().startswith(f"programme: {path.stem}\n")
