"""Malformed programmes and purchases: every fault at once, each with its place and a remedy, nothing read."""

from pathlib import Path
from random import Random  # noqa: TID251 - Hypothesis hands it in, seeded

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from suanwang.feeds.programme_folder import BUILT_IN, gather, programme_from_bytes, read_programmes
from suanwang.feeds.purchase_file import read_positions, read_purchase
from suanwang.policy.worked_cases import run_cases
from suanwang.units.errors import InvalidInput

GOOD = (BUILT_IN / "beijing-compute-voucher-2023.yaml").read_text()


def faults_of(text: str) -> list[str]:
    """What is said of a programme file with this text."""
    with pytest.raises(InvalidInput) as error:
        programme_from_bytes(text.encode(), "p.yaml")
    assert all(
        fault.remedy.en and fault.remedy.zh for fault in error.value.faults if fault.row or fault.column
    )
    return [fault.say("en") for fault in error.value.faults]


def test_every_fault_of_shape_is_told_in_one_pass_with_its_line() -> None:
    text = (
        GOOD.replace("level: city\nfamily", "level: town\nfamily")
        .replace("effective_from: 2023-09-01", "effective_from: 2023-02-30")
        .replace("period: calendar_year", "period: year")
        .replace("per_enterprise_yuan: 2,000,000", "per_enterprise_yuan: 2.5e6")
        .replace("once_per_contract: true", "once_per_contract: yes")
        .replace("redemption: reimbursed\n", "")
        .replace("covers: compute", "cover: compute")
    )
    said = faults_of(text)
    for part in (
        "p.yaml:4 level: not one of the choices; found 'town'",
        "effective_from: not a day; found '2023-02-30'; expected: YYYY-MM-DD",
        "caps.period: not one of the choices; found 'year'",
        "caps.per_enterprise_yuan: not an amount in yuan; found '2.5e6'",
        "once_per_contract: not a truth value; found 'yes'",
        "redemption: a required field is missing",
        "cover: there is no such field; found 'cover'",
    ):
        assert any(part in line for line in said), (part, said)
    assert len(said) == 7


def test_every_fault_of_meaning_is_told_in_one_pass() -> None:
    text = (
        GOOD.replace("value: 2000\n", "value: 20000\n")
        .replace("holds: region.startsWith('11')", "holds: regin.startsWith('11')")
        .replace("holds: kind == 'firm'", "holds: 1.5 > 1.0 && kind == 'firm'")
        .replace('holds: "!bad_credit_3_years"', "holds: staff + 1")
        .replace("covers: compute", "covers: [compute, cake]")
        .replace("effective_to: 2025-12-31", "effective_to: 2022-12-31")
        .replace("clause: trade", "clause: registered_here")
        .replace("{event: signed, first: 2023-09-01}", "{event: signed, first: 2023-09-01, cite: nowhere}")
    )
    said = "\n".join(faults_of(text))
    for part in (
        "above the whole; found '20000'",
        "names an input that is not declared; found 'regin'",
        "may not use floats",
        "wrong type; found 'staff + 1 → whole'; expected: truth",
        "no such kind of cost; found 'cake'",
        "effective_to: ends before it begins",
        "this id comes twice; found 'registered_here'",
        "no such citation; found 'nowhere'",
    ):
        assert part in said, (part, said)


@pytest.mark.parametrize(
    ("text", "part"),
    [
        ("", "the file is empty"),
        ("a: [", "not YAML"),
        ("a: &x 1\nb: *x\n", "aliases are not allowed"),
        ("- 1\n", "a mapping is wanted"),
        ("a: 1\na: 2\n", "this key comes twice"),
        ("? [1]\n: 2\n", "a key must be a word"),
        ("a: 1\n---\nb: 2\n", "not YAML"),
        ("[" * 900_000, "nested too deeply"),
    ],
)
def test_what_is_no_programme_at_all(text: str, part: str) -> None:
    assert any(part in line for line in faults_of(text))


def test_bytes_that_are_no_text() -> None:
    with pytest.raises(InvalidInput, match="not UTF-8"):
        programme_from_bytes(b"\xff\xfe\x00", "p.yaml")
    with pytest.raises(InvalidInput, match="too large"):
        programme_from_bytes(b"a" * 1_000_001, "p.yaml")


def test_faults_of_all_files_come_together(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(GOOD.replace("level: city\nfamily", "level: town\nfamily"))
    (tmp_path / "b.yaml").write_text("x: 1\n")
    (tmp_path / "c.yaml").write_text(GOOD)
    (tmp_path / "d.yaml").write_text(GOOD)
    with pytest.raises(InvalidInput) as error:
        gather(sorted(tmp_path.glob("*.yaml")), tmp_path)
    said = "\n".join(fault.say("en") for fault in error.value.faults)
    assert "a.yaml:4" in said
    assert "b.yaml:1" in said
    assert "id comes twice" in said
    with pytest.raises(InvalidInput, match="no programme here"):
        read_programmes(tmp_path / "nowhere")


def test_a_case_that_does_not_come_out_is_named() -> None:
    rules = programme_from_bytes(
        GOOD.replace("amount_yuan: 200,000", "amount_yuan: 200,001").encode(), "p.yaml"
    )
    (fault,) = run_cases(rules)
    assert "a fifth of one million" in fault.where
    assert (fault.found, fault.expected.en) == ("200000000000", "200001000000")


@settings(max_examples=150)
@given(chance=st.randoms(use_true_random=False))
def test_a_damaged_file_is_refused_or_read_never_a_crash(chance: Random) -> None:
    """Cut, doubled, swapped lines and changed characters: InvalidInput with faults, or a valid programme."""
    paths = sorted(BUILT_IN.glob("*.yaml"))
    lines = chance.choice(paths).read_text().split("\n")
    for _ in range(chance.randint(1, 3)):
        at, to = chance.randrange(len(lines)), chance.randrange(len(lines))
        match chance.randrange(4):
            case 0:
                del lines[at]
            case 1:
                lines.insert(to, lines[at])
            case 2:
                lines[at], lines[to] = lines[to], lines[at]
            case _:
                line = lines[at]
                if line:
                    place = chance.randrange(len(line))
                    lines[at] = line[:place] + chance.choice("0:-{}[]'\"é\t") + line[place + 1 :]
    try:
        rules = programme_from_bytes("\n".join(lines).encode(), "p.yaml")
    except InvalidInput as error:
        assert error.faults
        assert all(fault.where and fault.what.zh for fault in error.faults)
    else:
        run_cases(rules)


def test_a_case_with_impossible_inputs_is_a_fault() -> None:
    text = GOOD.replace("kind: firm, industry: software", "kind: shop, industry: 7", 1)
    text = text.replace("events: {signed: 2024-01-10,", "events: {sined: 2024-01-10,", 1)
    faults = run_cases(programme_from_bytes(text.encode(), "p.yaml"))
    assert [fault.kind for fault in faults] == ["case", "case"]
    assert "sined" in faults[0].found + faults[1].found


def test_a_malformed_purchase(tmp_path: Path) -> None:
    path = tmp_path / "buy.yaml"
    path.write_text(
        "lines:\n  - {kind: compute, net_yuan: 1.0000001}\n  - {kind: cake, net_yuan: -5}\n"
        "supplier: X\nsigned: 2024-13-01\nstarts: 2024-02-02\nends: 2024-02-01\n"
    )
    with pytest.raises(InvalidInput) as error:
        read_purchase(path)
    assert [fault.row for fault in error.value.faults] == [2, 5]
    path.write_text(
        "lines:\n  - {kind: cake, net_yuan: -5}\nsupplier: X\nstarts: 2024-02-02\nends: 2024-02-01\n"
        "facts: [{name: staff, value: 3, source: s, as_of: 2024-01-01}]\n"
    )
    with pytest.raises(InvalidInput) as error:
        read_purchase(path)
    said = "\n".join(fault.say("zh") for fault in error.value.faults)
    assert len(error.value.faults) == 5
    for part in ("没有这种费用类型", "为负", "统一社会信用代码无效", "结束早于开始", "已是声明的输入"):
        assert part in said
    path.write_text("positions:\n  one: {pool_left_yuan: -1, paid: [{day: 2024-01-01, amount_yuan: -2}]}\n")
    with pytest.raises(InvalidInput) as error:
        read_positions(path)
    assert len(error.value.faults) == 2
