"""The registry: valid folders read whole, broken ones told whole; credit codes, size classes, the library."""

from datetime import date
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from suanwang.feeds.enterprise_table import read_enterprise, read_registry
from suanwang.feeds.programme_folder import CRITERIA, read_programme
from suanwang.model.credit_code import SYMBOLS, check_character, is_credit_code, valid_credit_codes
from suanwang.model.size_class import SIZE_CLASSES, SIZE_RULES, size_class
from suanwang.policy.cultivation import survey
from suanwang.units.errors import InvalidInput

YUAN = 1_000_000
ORGANISATION = st.text(alphabet=SYMBOLS, min_size=9, max_size=9)


def code(number: int) -> str:
    body = f"91350100{number:09d}"
    return body + check_character(body)


def test_codes_of_well_known_firms_are_valid() -> None:
    """Printed on their public licences; remembered, so a wrong memory would fail the check character."""
    for known in ("91440300708461136T", "914403001922038216", "91330100799655058B"):
        assert is_credit_code(known)


@given(ORGANISATION, st.integers(0, 17), st.sampled_from(SYMBOLS))
def test_one_wrong_character_is_always_found(body: str, place: int, other: str) -> None:
    right = f"91350100{body}"
    right += check_character(right)
    assert is_credit_code(right)
    wrong = right[:place] + other + right[place + 1 :]
    assert is_credit_code(wrong) == (wrong == right)
    assert valid_credit_codes(pl.Series([right, wrong, None, "", "é" * 18])).tolist() == [
        True,
        wrong == right,
        False,
        False,
        False,
    ]


@given(ORGANISATION, st.integers(0, 16))
def test_two_neighbours_swapped_are_found(body: str, place: int) -> None:
    right = f"91350100{body}"
    right += check_character(right)
    swapped = right[:place] + right[place + 1] + right[place] + right[place + 2 :]
    assert is_credit_code(swapped) == (swapped == right)


@pytest.mark.parametrize(
    ("industry", "staff", "money", "expected"),
    [
        ("industry", 1000, 400_000_000, "large"),
        ("industry", 999, 400_000_000, "medium"),
        ("industry", 1000, 399_999_999, "medium"),
        ("industry", 299, 400_000_000, "small"),
        ("industry", 19, 400_000_000, "micro"),
        ("software", 10, 500_000, "small"),
        ("software", 10, 499_999, "micro"),
        ("wholesale", 5, 10_000_000, "small"),
        ("other", 100, None, "medium"),
        ("other", None, 1, None),
        ("software", 9, None, "micro"),
        ("software", None, 499_999, "micro"),
        ("software", 300, None, None),
    ],
)
def test_size_classes(industry: str, staff: int | None, money: int | None, expected: str | None) -> None:
    micro = None if money is None else money * YUAN
    assert size_class(industry, staff, micro, None) == expected


@given(st.sampled_from(sorted(SIZE_RULES)), st.integers(0, 3000), st.integers(0, 2 * 10**15))
def test_a_missing_figure_never_decides_what_the_figure_could_change(
    industry: str, staff: int, money: int
) -> None:
    whole = size_class(industry, staff, money, money)
    assert whole in SIZE_CLASSES
    for partial in (
        size_class(industry, None, money, money),
        size_class(industry, staff, None, None),
    ):
        assert partial in (None, whole)


GOOD = {
    "enterprises": "code,name,region,kind,industry,established,staff,revenue_micro,tier\n"
    + "".join(
        f"{code(i)},企业{i},350100,firm,software,2015-01-0{i},{60 + i},{revenue * YUAN},{tier}\n"
        for i, revenue, tier in (
            (1, 30_000_000, "innovative"),
            (2, 90_000_000, ""),
            (3, 30_000_000, "specialised"),
            (4, 30_000_000, ""),
            (5, 30_000_000, ""),
        )
    ),
    "facts": "code,fact,kind,value,source,as_of\n"
    + "".join(
        f"{code(i)},{fact},whole,{value},returns,2024-01-01\n"
        for i in (1, 2, 3, 4)
        for fact, value in (
            ("years_in_niche", 4),
            ("research_cost_micro", 2_000_000 * YUAN),
            ("evaluation_points", 70),
        )
    ),
    "credit_flags": f"code,kind,since,lifted,source\n{code(2)},tax,2020-01-01,2021-01-01,bureau\n",
    "related": f"code,party\n{code(1)},{code(2)}\n",
    "library": f"code,library\n{code(4)},specialised-sme\n",
}


def folder(path: Path, **changes: str) -> Path:
    for name, text in (GOOD | changes).items():
        (path / f"{name}.csv").write_text(text)
    return path


def test_a_registry_is_read_whole(tmp_path: Path) -> None:
    registry = read_registry(folder(tmp_path))
    first, second = registry.enterprises[:2]
    assert (first.established, first.staff, first.size) == (date(2015, 1, 1), 61, "small")
    assert first.related == (code(2),)
    assert second.related == (code(1),)
    assert second.flags[0].lifted == date(2021, 1, 1)
    assert {fact.name: fact.value for fact in first.facts}["evaluation_points"] == 70
    assert first.facts[0].source == "returns"


def test_parquet_reads_the_same(tmp_path: Path) -> None:
    csv, parquet = tmp_path / "csv", tmp_path / "parquet"
    csv.mkdir()
    parquet.mkdir()
    folder(csv)
    for name in GOOD:
        pl.read_csv(csv / f"{name}.csv", infer_schema_length=None).write_parquet(parquet / f"{name}.parquet")
    assert read_registry(csv) == read_registry(parquet)


def test_who_qualifies_and_is_not_in(tmp_path: Path) -> None:
    registry = read_registry(folder(tmp_path))
    criteria = read_programme(CRITERIA / "specialised-sme.yaml")
    found = survey(
        registry.enterprises, registry.libraries["specialised-sme"], criteria, "specialised", date(2024, 6, 3)
    )
    assert [one.enterprise for one in found.qualified] == [code(1)]
    assert [one.enterprise for one in found.facts_missing] == [code(5)]
    assert [one.enterprise for one in found.one_clause_away] == [code(2)]
    assert found.one_clause_away[0].decision.failed[0].clause == "research_share"
    assert (found.already_in, found.examined) == (2, 3)


def test_every_fault_of_every_table_is_told_at_once(tmp_path: Path) -> None:
    wrong = GOOD["enterprises"].replace(code(1), code(1)[:17] + ("0" if code(1)[17] != "0" else "1"))
    wrong = wrong.replace("企业3,350100", "企业3,35010").replace("2015-01-04", "2015-02-30")
    wrong = wrong.replace("企业5,350100,firm", "企业5,350100,shop")
    facts = GOOD["facts"] + f"{code(5)},staff,whole,3,s,2024-01-01\n{code(5)},x,truth,yes,s,soon\n"
    flags = GOOD["credit_flags"] + f"{code(3)},court,2023-05-05,2023-05-04,c\n"
    related = GOOD["related"] + f"{code(3)},nobody\n"
    with pytest.raises(InvalidInput) as error:
        read_registry(folder(tmp_path, enterprises=wrong, facts=facts, credit_flags=flags, related=related))
    kinds = {(fault.file, fault.kind) for fault in error.value.faults}
    assert {
        ("enterprises.csv", "credit_code"),
        ("enterprises.csv", "region"),
        ("enterprises.csv", "day"),
        ("facts.csv", "fact_name"),
        ("facts.csv", "fact_value"),
        ("facts.csv", "day"),
        ("credit_flags.csv", "lifted"),
        ("related.csv", "credit_code"),
    } <= kinds
    assert any(fault.found == "shop" for fault in error.value.faults)
    assert all(fault.remedy.en for fault in error.value.faults)


def test_one_enterprise_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "firm.yaml"
    path.write_text(
        f"code: {code(1)[:17]}?\nname: n\nregion: 3501\nkind: firm\nindustry: software\nstaff: -1\n"
        "flags: [{kind: k, since: 2024-02-02, source: s, lifted: 2024-01-01}]\n"
    )
    with pytest.raises(InvalidInput) as error:
        read_enterprise(path)
    said = "\n".join(fault.say("en") for fault in error.value.faults)
    assert len(error.value.faults) == 4
    assert f"it ends in {code(1)[17]}" in said
