"""`suanwang programme` and `suanwang entitlement` as a user runs them."""

import json
import unicodedata
from pathlib import Path

import pytest

from suanwang.cli.main import main
from suanwang.feeds.programme_folder import BUILT_IN

EXAMPLE = Path(__file__).parents[2] / "examples" / "entitlement"
WHO = ["--enterprise", str(EXAMPLE / "firm.yaml"), "--purchase", str(EXAMPLE / "purchase.yaml")]
ON = ["--on", "2024-10-08"]

Capture = pytest.CaptureFixture[str]


def run(capture: Capture, *words: str) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    try:
        code = main(list(words))
    except SystemExit as exit_:
        code = int(exit_.code or 0)
    told = capture.readouterr()
    return code, told.out, told.err


def test_the_example_is_entitled_and_says_how_much(capsys: Capture) -> None:
    code, out, _ = run(capsys, "entitlement", *WHO, *ON, "--json")
    document = json.loads(out)
    assert code == 0
    assert document["combination"]["total_micro"] == 600_000_000_000
    assert [member["programme"] for member in document["combination"]["members"]] == [
        "hangzhou-compute-voucher-2024"
    ]
    assert len(document["decisions"]) == len(list(BUILT_IN.glob("*.yaml")))
    assert {decision["outcome"] for decision in document["decisions"]} == {"entitled", "refused", "undecided"}


def test_what_was_had_counts(capsys: Capture, tmp_path: Path) -> None:
    books = tmp_path / "books.yaml"
    books.write_text(
        "positions:\n  hangzhou-compute-voucher-2024:\n"
        "    paid: [{day: 2024-02-02, amount_yuan: 7500000}]\n    pool_left_yuan: 300000\n"
    )
    name = "hangzhou-compute-voucher-2024"
    words = ("programme", "evaluate", name, *WHO, *ON, "--positions", str(books), "--json")
    code, out, _ = run(capsys, *words)
    decision = json.loads(out)
    assert (code, decision["amount_micro"]) == (0, 300_000_000_000)
    assert [(step["step"], step["after"]) for step in decision["steps"]][-3:] == [
        ("cap_enterprise", 500_000_000_000),
        ("cap_pool", 300_000_000_000),
        ("cap_cost", 300_000_000_000),
    ]


def test_a_refusal_exits_1_and_names_the_clause_in_both_languages(capsys: Capture) -> None:
    words = ("programme", "evaluate", "beijing-compute-voucher-2023", *WHO, *ON)
    code, english, _ = run(capsys, *words, "--lang", "en")
    assert (code, "only firms registered in Beijing" in english) == (1, True)
    code, chinese, _ = run(capsys, *words, "--lang", "zh")
    assert (code, "仅限北京注册企业" in chinese) == (1, True)


def test_an_operators_copy_supplies_what_no_source_shows(capsys: Capture, tmp_path: Path) -> None:
    text = (BUILT_IN / "guizhou-compute-voucher.yaml").read_text()
    copy = tmp_path / "ours.yaml"
    copy.write_text(text.replace("rate_bp: not seen", "rate_bp: {value: 3000, mark: assumed}"))
    buy = tmp_path / "buy.yaml"
    buy.write_text((EXAMPLE / "purchase.yaml").read_text().replace('"330110"', '"520115"'))
    words = ("--enterprise", str(EXAMPLE / "firm.yaml"), "--purchase", str(buy), *ON, "--json")
    code, out, _ = run(capsys, "programme", "evaluate", "guizhou-compute-voucher", *words)
    assert (code, json.loads(out)["missing"]) == (1, ["alternatives.voucher.rate_bp"])
    code, out, _ = run(capsys, "programme", "evaluate", str(copy), *words)
    assert (code, json.loads(out)["amount_micro"]) == (0, 600_000_000_000)


def test_list_show_check_and_fairness(capsys: Capture) -> None:
    code, out, _ = run(capsys, "programme", "list", "--json")
    assert (code, len(json.loads(out))) == (0, len(list(BUILT_IN.glob("*.yaml"))))
    code, out, _ = run(capsys, "programme", "show", "chengdu-compute-project-award", "--lang", "en")
    assert code == 0
    assert "1,500,000.00 / 3,000,000.00" in out
    assert "ambiguous" in out
    code, out, _ = run(capsys, "programme", "check", "--json")
    assert (code, json.loads(out)["valid"]) == (0, True)
    code, out, _ = run(capsys, "programme", "fairness", "--json")
    assert code == 0
    assert {one["standing"] for one in json.loads(out)} == {"none", "in_its_text"}


def test_a_hidden_local_preference_is_found(capsys: Capture, tmp_path: Path) -> None:
    text = (BUILT_IN / "guizhou-compute-voucher.yaml").read_text()
    hidden = "\n".join(line for line in text.split("\n") if not line.startswith("local_supplier_stated"))
    (tmp_path / "hidden.yaml").write_text(hidden)
    code, out, _ = run(capsys, "programme", "fairness", "--programmes", str(tmp_path), "--json")
    assert (code, json.loads(out)[0]["standing"]) == (1, "beyond_its_text")


def test_bad_input_exits_2_with_every_fault(capsys: Capture, tmp_path: Path) -> None:
    firm = tmp_path / "firm.yaml"
    firm.write_text("code: 123\nname: n\nregion: x\nkind: shop\nindustry: cake\n")
    code, out, err = run(capsys, "entitlement", "--enterprise", str(firm), *ON, "--lang", "en")
    assert (code, out) == (2, "")
    assert "kind: not one of the choices" in err
    assert "industry: not one of the choices" in err
    code, _, err = run(capsys, "programme", "evaluate", "nothing", *WHO)
    assert code == 2
    code, _, _ = run(capsys, "entitlement", *WHO, "--on", "8 October")
    assert code == 2
    code, _, err = run(capsys, "programme", "check", str(tmp_path / "none.yaml"), "--lang", "en")
    assert (code, "cannot be read" in err) == (2, True)


def test_wide_words_stand_in_line(capsys: Capture) -> None:
    _, out, _ = run(capsys, "entitlement", *WHO, *ON, "--lang", "zh")
    rows = [line for line in out.split("\n") if line.startswith(("│", "┃"))]
    widths = {sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in row) for row in rows}
    assert len(widths) == 1
