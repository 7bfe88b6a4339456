"""A voucher's whole life as a user types it; the page of vouchers shows what really comes out."""

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

from suanwang.cli.main import main
from suanwang.cli.voucher_book import read_vouchers
from suanwang.cli.voucher_steps import steps
from suanwang.policy.voucher_route import Applied, Granted

Capture = pytest.CaptureFixture[str]
DIGEST = re.compile(r"\b[0-9a-f]{12,64}\b")
"""They follow from every byte of the rules, which may be edited."""
PAGE = Path(__file__).parents[2] / "docs" / "vouchers.md"


class Walk:
    """The walk as it was made: its folder, every step as data."""

    def __init__(self, folder: Path, document: dict[str, object]) -> None:
        self.folder = folder
        self.document = document
        self.steps: list[dict[str, object]] = document["steps"]  # pyright: ignore

    def output(self, *words: str) -> str:
        """The output of the first step whose command has all these words."""
        return str(next(one["output"] for one in self.steps if all(w in str(one["command"]) for w in words)))


@pytest.fixture(scope="module")
def walk(tmp_path_factory: pytest.TempPathFactory) -> Walk:
    folder = tmp_path_factory.mktemp("walk") / "voucher-demo"
    command = [
        sys.executable,
        "-m",
        "suanwang",
        "voucher",
        "demo",
        "--out",
        str(folder),
        "--lang",
        "en",
        "--json",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return Walk(folder, json.loads(done.stdout))


def test_every_step_comes_out_and_the_tampered_copy_is_found(walk: Walk) -> None:
    assert walk.document["holds"] is True
    assert len(walk.steps) == len(steps()) + 1
    assert all(one["as_expected"] for one in walk.steps)
    last = walk.steps[-1]
    assert last["exit"] == 1
    assert "was changed" in str(last["output"])


def test_the_life_has_every_stage_that_a_voucher_can_pass(walk: Walk) -> None:
    events = [
        json.loads(line)["event"].rsplit(".", 1)[0]
        for line in ledger_export(walk.folder / "books", walk.folder / "all.jsonl")
    ]
    wanted = "grant_issued hold_placed captured released refunded grants_expired settled clawed_back repaid"
    assert set(wanted.split()) | {"reimbursed", "refused"} <= set(events)


def ledger_export(books: Path, out: Path) -> list[str]:
    assert main(["ledger", "export", "--format", "jsonl", "--out", str(out), "--log", str(books)]) == 0
    return out.read_text("utf-8").splitlines()


def test_the_reserve_falls_short_is_filled_at_settlement_and_pays_the_centre(walk: Walk) -> None:
    settled = walk.output("settlement run")
    assert "settle/tianfu/2023-03" in settled
    centre = walk.output("statement centre tianfu")
    # 250,000 used: 75,000 voucher part and 175,000 user part; 10,000 given back by the same shares
    assert "72,000.00" in centre
    assert "168,000.00" in centre


def test_beancount_agrees_with_the_export(walk: Walk) -> None:
    checker = Path(sys.executable).with_name("bean-check")
    done = subprocess.run(
        [checker, walk.folder / "books.beancount"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_any_single_changed_byte_of_the_events_is_found(walk: Walk, capsys: Capture) -> None:
    bundle = next((walk.folder / "export" / "tile" / "entries").rglob("*.p/*"))
    whole = bundle.read_bytes()
    verify = ["audit", "verify", str(walk.folder / "export"), "--key", str(walk.folder / "log.vkey")]
    try:
        for place in range(5, len(whole), len(whole) // 7):
            bundle.write_bytes(whole[:place] + bytes([whole[place] ^ 1]) + whole[place + 1 :])
            assert main(verify) == 1, f"byte {place}"
    finally:
        bundle.write_bytes(whole)
    assert main(verify) == 0
    capsys.readouterr()


def test_the_statement_page_stands_alone_and_names_the_firm(walk: Walk) -> None:
    page = (walk.folder / "firm.html").read_text("utf-8")
    assert "91510104MA6CAXE125" in page
    assert "src=" not in page


def test_a_used_folder_is_refused(walk: Walk, capsys: Capture) -> None:
    assert main(["voucher", "demo", "--out", str(walk.folder), "--lang", "en"]) == 2
    assert "not empty" in capsys.readouterr().err


def test_the_walk_in_chinese(tmp_path: Path, capsys: Capture) -> None:
    assert main(["voucher", "demo", "--out", str(tmp_path / "演示"), "--lang", "zh"]) == 0
    told = capsys.readouterr().out
    assert "篡改的副本被发现" in told
    assert "已发放" in told


def test_the_page_shows_what_the_walk_prints(walk: Walk) -> None:
    """Each block of the page is a command of the walk and lines that it printed, in their order."""
    page = DIGEST.sub("#", PAGE.read_text("utf-8"))
    blocks = re.findall(r"```console\n(.*?)```", page, re.S)
    assert len(blocks) >= 10
    printed = {
        str(one["command"]).replace(str(walk.folder), "voucher-demo"): DIGEST.sub(
            "#", str(one["output"]).replace(str(walk.folder), "voucher-demo")
        )
        for one in walk.steps
    }
    for block in blocks:
        command, *lines = block.replace("\\\n    ", "").removeprefix("$ ").splitlines()
        if command.startswith("suanwang voucher demo"):
            continue
        assert command in printed, command
        rest = [line.rstrip() for line in printed[command].splitlines()]
        for line in lines:
            if line != "…":
                assert line.rstrip() in rest, f"{command}: {line}"
                rest = rest[rest.index(line.rstrip()) + 1 :]


def firm(folder: Path) -> list[str]:
    inputs = folder / "inputs"
    return ["--enterprise", str(inputs / "firm.yaml"), "--purchase", str(inputs / "purchase.yaml")]


def test_faults_of_a_user_are_told_and_leave_the_log_as_it_was(
    walk: Walk, capsys: Capture, tmp_path: Path
) -> None:
    books = walk.folder / "books"
    before = (books / "events.log").read_bytes()
    log = ["--log", str(books), "--lang", "en"]
    bad = tmp_path / "claim.yaml"
    bad.write_text("claim: {claim: c9}\ncontract: 3\n")
    cases = {
        "no such programme": ["grant", "apply", "n", "--programme", "nowhere", *firm(walk.folder)],
        "no application or claim": ["grant", "review", "nobody"],
        "no such claim": ["claim", "pay", "nobody", "--reference", "x"],
        "a required field is missing": ["claim", "file", str(bad), "--enterprise", firm(walk.folder)[1]],
        "no wallet": ["grant", "hold", "h", "--enterprise", "x", "--centre", "c", "--amount", "5"],
        "not possible at this stage": ["claim", "check", "bj-1", "--id", "another"],
        "already decided": ["grant", "review", "cd-1", "--id", "another"],
        "time does not run backwards": [
            "claim",
            "claw-back",
            "bj-1",
            "1",
            "--reason",
            "x",
            "--at",
            "2020-01-01",
        ],
        "past the days of claw-back": [
            *("grant", "claw-back", "cd-1", "1", "--reason", "x", "--at", "2027-01-01"),
        ],
    }
    for words, command in cases.items():
        assert main([*command, *log]) == 2, command
        assert words in capsys.readouterr().err, command
    assert (books / "events.log").read_bytes() == before


def test_erased_papers_are_told_and_everything_else_goes_on(walk: Walk, capsys: Capture) -> None:
    papers = walk.folder / "books" / "papers"
    kept = {path: path.read_bytes() for path in papers.iterdir()}
    log = ["--log", str(walk.folder / "books"), "--lang", "en"]
    try:
        for path in kept:
            path.unlink()
        assert main(["grant", "list", *log]) == 0
        assert main(["grant", "show", "cd-1", *log]) == 2
        assert "erased or moved" in capsys.readouterr().err
        assert (
            main(["audit", "verify", str(walk.folder / "books"), "--key", str(walk.folder / "log.vkey")]) == 0
        )
    finally:
        for path, data in kept.items():
            path.write_bytes(data)
    capsys.readouterr()


def test_lists_and_decisions_as_data(walk: Walk, capsys: Capture) -> None:
    log = ["--log", str(walk.folder / "books"), "--json"]
    assert main(["grant", "list", *log]) == 0
    grants = {one["application"]: one for one in json.loads(capsys.readouterr().out)}
    assert {name: one["state"] for name, one in grants.items()} == {
        "cd-1": "granted",
        "cd-2": "refused",
        "cd-3": "granted",
    }
    assert grants["cd-2"]["decision"]["outcome"] == "refused"
    assert main(["claim", "show", "bj-1", *log]) == 0
    shown = json.loads(capsys.readouterr().out)
    assert (shown["differs"], shown["standing"]["clawed_back_micro"]) == ([], 30_000_000_000)
    assert (
        main(
            ["grant", "review", "cd-2", "--supplement", f"{walk.folder}/inputs/chengdu-supplement.yaml", *log]
        )
        == 1
    )
    assert json.loads(capsys.readouterr().out)["repeated"] is True


def test_a_crash_in_the_middle_of_a_group_leaves_neither_the_decision_nor_its_money(
    walk: Walk, tmp_path: Path, capsys: Capture
) -> None:
    inputs = walk.folder / "inputs"
    log = ["--log", str(tmp_path / "books"), "--lang", "en"]
    at = ["--at", "2023-03-02T09:00+08:00"]
    rules = ["--supplement", str(inputs / "chengdu-supplement.yaml")]
    assert main(["ledger", "post", str(inputs / "opening.jsonl"), *log, *at]) == 0
    apply = ["grant", "apply", "cd-1", "--programme", "chengdu-compute-voucher-2022", *firm(walk.folder)]
    assert main([*apply, *log, *at]) == 0
    events = tmp_path / "books" / "events.log"
    before = events.stat().st_size
    assert main(["grant", "review", "cd-1", *rules, *log, *at]) == 0
    whole = events.read_bytes()
    for size in range(before + 1, len(whole), (len(whole) - before) // 6):
        events.write_bytes(whole[:size])
        state = read_vouchers(tmp_path / "books")
        assert isinstance(state.applications["cd-1"].state, Applied), f"{size} bytes"
        assert state.ledger.grants == {}
    assert main(["grant", "review", "cd-1", *rules, *log, *at]) == 0
    state = read_vouchers(tmp_path / "books")
    assert isinstance(state.applications["cd-1"].state, Granted)
    assert state.ledger.grants["cd-1"].issued_micro == 300_000_000_000
    capsys.readouterr()


def test_a_hold_typed_again_is_one_hold_and_a_refused_one_may_be_tried_again(
    walk: Walk, tmp_path: Path, capsys: Capture
) -> None:
    inputs = walk.folder / "inputs"
    log = ["--log", str(tmp_path / "books"), "--lang", "en", "--at", "2023-03-02T09:00+08:00"]
    assert main(["ledger", "post", str(inputs / "opening.jsonl"), *log]) == 0
    apply = ["grant", "apply", "cd-1", "--programme", "chengdu-compute-voucher-2022", *firm(walk.folder)]
    assert main([*apply, *log]) == 0
    assert (
        main(["grant", "review", "cd-1", "--supplement", str(inputs / "chengdu-supplement.yaml"), *log]) == 0
    )
    who = ["--enterprise", "91510104MA6CAXE125", "--centre", "tianfu"]
    assert main(["grant", "hold", "h1", "--amount", "5000000", *who, *log]) == 1
    capsys.readouterr()
    for word in ("booked: ", "booked before: "):
        assert main(["grant", "hold", "h1", "--amount", "400000", *who, *log]) == 0
        assert capsys.readouterr().out.startswith(word)
    assert main(["grant", "hold", "h1", "--amount", "300000", *who, *log]) == 1
    for word in ("booked: ", "booked before: "):
        assert main(["grant", "claw-back", "cd-1", "--reason", "left", *log]) == 0
        assert word in capsys.readouterr().out
    ledger = read_vouchers(tmp_path / "books").ledger
    assert (len(ledger.holds), ledger.holds["h1"].draws) == (1, {"cd-1": 120_000_000_000})
