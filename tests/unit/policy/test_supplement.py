"""Values that an operator supplies: only where no source shows them, always marked, always in the digest."""

from datetime import date
from hashlib import sha256
from pathlib import Path

import pytest

from suanwang.feeds.programme_folder import BUILT_IN, read_programme, read_programmes
from suanwang.feeds.supplement_file import lay_over
from suanwang.model.programme import Programme
from suanwang.policy.programme_checks import check_programme, valued
from suanwang.policy.rules import Rules
from suanwang.policy.supplement import Supplement, Supplied, is_money, supplemented
from suanwang.policy.worked_cases import run_cases
from suanwang.units.errors import InvalidInput

CHENGDU = read_programme(BUILT_IN / "chengdu-compute-voucher-2022.yaml")
RATE = "programme: chengdu-compute-voucher-2022\nby: a test\nvalues:\n" + (
    "  - {place: alternatives.voucher.rate_bp, value: 3000}\n"
)


def over(tmp_path: Path, text: str, rules: Rules = CHENGDU) -> Rules:
    path = tmp_path / "supplement.yaml"
    path.write_text(text, encoding="utf-8")
    return lay_over([rules], [path])[0]


def values_at(programme: Programme, place: str) -> list[tuple[int | None, str | None, str]]:
    """(value, mark, cite) of a place."""
    found = {name: values for name, values, _ in valued(programme)}[place]
    return [(value.value, value.mark, value.cite) for value in found]


def test_a_supplied_value_is_assumed_cited_and_part_of_the_rules_digest(tmp_path: Path) -> None:
    rules = over(tmp_path, RATE)
    assert values_at(rules.programme, "alternatives.voucher.rate_bp") == [(3000, "assumed", "supplement")]
    assert rules.programme.citations[-1].document == "a test"
    file = sha256(RATE.encode()).hexdigest()
    assert rules.digest == sha256(f"{CHENGDU.digest}\n{file}".encode()).hexdigest()
    assert run_cases(rules) == [], "the case that expects the rate to be missing is gone, others stand"
    assert len(rules.programme.cases) == len(CHENGDU.programme.cases) - 1


BAD = {
    "  - {place: caps.pool_per_year, value_yuan: 5}\n": "a source shows this value",
    "  - {place: alternatives.voucher.rate, value: 5}\n": "no such value",
    "  - {place: alternatives.voucher.rate_bp, value_yuan: 5}\n": "not given in its unit",
    "  - {place: alternatives.voucher.rate_bp}\n": "not given in its unit",
    "  - {place: alternatives.voucher.rate_bp, value: 10001}\n": "above the whole",
    "  - {place: alternatives.voucher.rate_bp, value: 1}\n" * 2: "supplied twice",
}


@pytest.mark.parametrize(("lines", "what"), BAD.items())
def test_what_a_supplement_may_not_do(lines: str, what: str, tmp_path: Path) -> None:
    head = RATE[: RATE.index("  - ")]
    with pytest.raises(InvalidInput, match=what) as error:
        over(tmp_path, head + lines)
    assert all(fault.remedy.en and fault.file for fault in error.value.faults)


def test_every_fault_of_every_supplement_is_told_at_once(tmp_path: Path) -> None:
    for name, text in {
        "a.yaml": RATE,
        "b.yaml": RATE,
        "c.yaml": "programme: nobody\nby: x\nvalues: []\n",
        "d.yaml": "programme: nobody\n",
    }.items():
        (tmp_path / name).write_text(text)
    paths = [*sorted(tmp_path.glob("*.yaml")), tmp_path / "absent.yaml"]
    with pytest.raises(InvalidInput) as error:
        lay_over([CHENGDU], paths)
    files = {fault.file for fault in error.value.faults}
    assert files == {"b.yaml", "c.yaml", "d.yaml", "absent.yaml"}


def test_an_empty_supplement_is_a_fault() -> None:
    with pytest.raises(InvalidInput, match="supplies nothing"):
        supplemented(CHENGDU, Supplement(CHENGDU.programme.programme, "x", ()), "")


def test_an_ambiguous_value_takes_one_of_its_readings_only() -> None:
    award = read_programme(BUILT_IN / "chengdu-compute-project-award.yaml")
    place, value = next(
        (place, value) for place, values, _ in valued(award.programme) for value in values if value.readings
    )
    name = award.programme.programme
    with pytest.raises(InvalidInput, match="none of the readings"):
        supplemented(award, Supplement(name, "x", (Supplied(place, value_micro=17),)), "")
    chosen = supplemented(award, Supplement(name, "x", (Supplied(place, value_micro=value.readings[0]),)), "")
    assert values_at(chosen.programme, place)[0][0] == value.readings[0]


@pytest.mark.parametrize("rules", read_programmes(), ids=lambda rules: rules.programme.programme)
def test_every_open_value_of_every_programme_can_be_supplied(rules: Rules) -> None:
    programme = rules.programme
    open_places = [
        (place, next(value for value in values if value.value is None))
        for place, values, _ in valued(programme)
        if any(value.value is None for value in values)
    ]
    supplied: list[Supplied] = []
    for place, value in open_places:
        number = value.readings[0] if value.readings else 7
        money = is_money(programme, place)
        supplied.append(
            Supplied(place, None if money else number, number if money else None, note=value.note)
        )
    if not supplied:
        return
    after = supplemented(rules, Supplement(programme.programme, "a test", tuple(supplied)), "")
    assert not check_programme(after.programme)
    assert all(
        value.value is not None
        for place, values, _ in valued(after.programme)
        for value in values
        if place in {place for place, _ in open_places}
    )
    assert after.on(date(2024, 6, 3)) is not None
