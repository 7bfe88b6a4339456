"""The commands of the platform against a real server process, its database, and a real centre."""

import io
import json
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from tests.postgres import open_folder

from suanwang.cli.demo.network import METROPOLIS
from suanwang.cli.demo.stage import FIRM_A, FIRM_B, Stage
from suanwang.cli.main import main

JOB = """\
name: {name}
resources: {{any_of: [{{device: "RTX4090:1", hours: 0.05}}]}}
region: "330100"
{more}
run: |
  {run}
"""
SCRIPT = """\
#!/bin/bash
#SBATCH --job-name=script
#SBATCH --gpus-per-node=RTX4090:1
#SBATCH --time=00:02:00
echo "from a script, $PLACE"
"""


class Answer(NamedTuple):
    code: int
    out: str
    err: str

    @property
    def data(self) -> Any:
        return json.loads(self.out)


class Terminal:
    """Runs commands as a firm, or as the operator."""

    def __init__(self, stage: Stage, capture: pytest.CaptureFixture[str], patch: pytest.MonkeyPatch) -> None:
        self.stage, self.capture, self.patch = stage, capture, patch
        patch.setenv("SUANWANG_SERVER", stage.url)
        self.become(FIRM_B)

    def become(self, holder: str) -> None:
        self.patch.setenv("SUANWANG_TOKEN", self.stage.tokens[holder])

    def __call__(self, *words: str, given: str | None = None) -> Answer:
        if given is not None:
            stdin = io.TextIOWrapper(io.BytesIO(given.encode()))
            self.patch.setattr(sys, "stdin", stdin)
        self.capture.readouterr()
        code = main([*words, "--lang", "en"])
        said = self.capture.readouterr()
        return Answer(code, said.out, said.err)


@pytest.fixture(scope="module")
def stage() -> Iterator[Stage]:
    import shutil

    folder = open_folder()
    one = Stage(folder, 0, "en", lambda text: None)
    try:
        one.open()
        one.start_agent(METROPOLIS)
        one.wait_for_centres(METROPOLIS)
        yield one
    finally:
        one.close()
        shutil.rmtree(folder)


@pytest.fixture
def type_in(
    stage: Stage, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> Terminal:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.chdir(tmp_path)
    return Terminal(stage, capsys, monkeypatch)


def write(folder: Path, name: str, run: str, *more: str) -> str:
    path = folder / f"{name}.yaml"
    path.write_text(JOB.format(name=name, run=run, more="\n".join(more)))
    return str(path)


def number_of(answer: Answer) -> str:
    return str(answer.data["files"][0]["jobs"][0]["job"])


def test_a_login_is_tried_then_saved_for_its_owner_alone(type_in: Terminal, tmp_path: Path) -> None:
    type_in.patch.delenv("SUANWANG_SERVER")
    type_in.patch.delenv("SUANWANG_TOKEN")
    assert type_in("pools").code == 2
    wrong = type_in("login", type_in.stage.url, "--token-file", "-", given="sw_00_11\n")
    assert wrong.code == 1
    assert not list(tmp_path.rglob("login.json"))
    token = type_in.stage.tokens[FIRM_A]
    assert type_in("login", type_in.stage.url, "--token-file", "-", given=token + "\n").code == 0
    (saved,) = tmp_path.rglob("login.json")
    assert saved.stat().st_mode & 0o077 == 0
    assert type_in("login", "--json").data == {
        "server": type_in.stage.url,
        "role": "owner",
        "holder": FIRM_A,
        "token": token.split("_")[1],
    }
    assert type_in("login", "--forget").code == 0
    assert not saved.exists()


def test_no_server_answers(type_in: Terminal) -> None:
    answer = type_in("jobs", "--server", "http://127.0.0.1:1", "--json")
    assert answer.code == 1
    assert "no server answers there" in answer.data["error"][0]["what"]
    assert type_in("jobs", "--server", "nowhere").code == 2
    assert "Traceback" not in answer.err


def test_a_quote_shows_each_place_and_says_no_where_there_is_none(type_in: Terminal, tmp_path: Path) -> None:
    (tmp_path / "job.yaml").write_text(
        'name: choice\nregion: "330100"\nrun: "true"\n'
        'resources: {any_of: [{device: "RTX4090:1", hours: 1}, {device: "H20:1", hours: 1}]}\n'
    )
    quote = type_in("quote", "job.yaml", "--json").data
    # the best of each centre that is open
    assert [(one["centre"], one["device"]) for one in quote["candidates"]] == [(METROPOLIS, "RTX4090")]
    for one in quote["candidates"]:
        parts = one["compute_micro"] + one["energy_micro"] + one["data_micro"]
        assert one["charge_micro"] == parts == one["voucher_micro"] + one["net_micro"]
    shown = type_in("quote", "job.yaml")
    assert shown.code == 0
    assert "hangzhou-ai-1" in shown.out
    assert "→" in shown.out
    (tmp_path / "job.yaml").write_text(
        'region: "330100"\nrun: "true"\nresources: {any_of: [{device: "TPU:1"}]}\n'
    )
    none = type_in("quote", "job.yaml", "--json")
    assert none.code == 1
    assert none.data["candidates"] == []
    assert none.data["reasons"][0]["words"]


def test_all_faults_of_all_files_at_once_and_nothing_is_submitted(type_in: Terminal, tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text(
        'region: "330100"\nrun: "true"\nresources: {any_of: [{device: "A:x"}]}\n'
    )
    (tmp_path / "b.yaml").write_text("run: x\nno_such: 1\n")
    before = len(type_in("jobs", "--json").data["jobs"])
    answer = type_in("submit", "a.yaml", "b.yaml", "missing.yaml", "--yes")
    assert answer.code == 2
    for words in ("a.yaml", "b.yaml", "missing.yaml"):
        assert words in answer.err
    assert len(type_in("jobs", "--json").data["jobs"]) == before


def test_a_job_from_submission_to_its_outputs(type_in: Terminal, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "letter.txt").write_text("seven")
    type_in.patch.setenv("KEY_TO_IT", "open sesame")
    file = write(
        tmp_path,
        "whole",
        'cat in/letter.txt > out.txt; printf "%s" "$KEY_TO_IT" | wc -c >> out.txt; echo said; echo wrong >&2',
        "inputs: [in/]",
        "outputs: [out.txt]",
        "secrets: [KEY_TO_IT]",
    )
    dry = type_in("submit", file, "--dry-run", "--json")
    assert dry.code == 0
    assert dry.data[0]["candidates"]
    asked = type_in("submit", file, given="")
    assert asked.code == 2
    assert "--yes" in asked.err
    answer = type_in("submit", file, "--yes", "--wait", "--json")
    assert answer.code == 0
    job = number_of(answer)
    assert answer.data["states"] == {job: "succeeded"}
    assert type_in("job", "outputs", job, "--out", "got").code == 0
    assert (tmp_path / "got" / "out.txt").read_text() == "seven11\n"
    assert type_in("job", "logs", job).out == "said\n"
    assert type_in("job", "logs", job, "--stderr", "--json").data["text"] == "wrong\n"
    told = type_in("job", "show", job, "--json").data
    assert told["attempts"][0]["outcome"] == "success"
    assert told["attempts"][0]["held_micro"] == 0
    assert "success" in type_in("job", "show", job).out
    assert type_in("job", "explain", job).code == 0
    (line,) = [
        one for one in type_in("jobs", "--state", "succeeded", "--json").data["jobs"] if one["job"] == job
    ]
    assert line["charge_micro"] == told["attempts"][0]["captured_micro"]


def test_a_missing_secret_or_input_stops_it_before_anything_is_sent(
    type_in: Terminal, tmp_path: Path
) -> None:
    file = write(tmp_path, "lacks", "true", "secrets: [NOT_SET_ANYWHERE]", "inputs: [nowhere/, ../above]")
    answer = type_in("submit", file, "--yes", "--json")
    assert answer.code == 2
    assert [one["found"] for one in answer.data["error"]] == ["NOT_SET_ANYWHERE", "nowhere/", "../above"]
    assert type_in("quote", file, "--json").code == 0
    worse = write(tmp_path, "worse", "true", "num_nodes: 0", "inputs: [nowhere/]")
    answer = type_in("submit", file, worse, "--input", "gone", "--yes", "--json")
    found = [one["found"] for one in answer.data["error"]]
    assert found == ["NOT_SET_ANYWHERE", "nowhere/", "../above", "gone", "0", "nowhere/", "gone"]


def test_a_script_for_slurm_unchanged_from_standard_input(type_in: Terminal) -> None:
    answer = type_in("submit", "-", "--region", "330100", "--yes", "--wait", "--json", given=SCRIPT)
    assert answer.code == 0, answer.err
    assert "from a script" in type_in("job", "logs", number_of(answer)).out


def test_jobs_wait_for_jobs_of_the_same_command_and_arrays_count(type_in: Terminal, tmp_path: Path) -> None:
    second = write(tmp_path, "second", "echo 2", "depends_on: [first]")
    first = write(tmp_path, "first", "echo $SUANWANG_ARRAY_INDEX", "array: 3")
    answer = type_in("submit", second, first, "--yes", "--wait", "--json")
    assert answer.code == 0, answer.err
    later, *_ = answer.data["files"][0]["jobs"]
    assert answer.data["files"][0]["file"] == second
    assert later["state"] == "held"
    parts = [one["job"] for one in answer.data["files"][1]["jobs"]]
    assert [type_in("job", "logs", job).out for job in parts] == ["0\n", "1\n", "2\n"]
    loop = write(tmp_path, "loop", "true", "depends_on: [loop]")
    assert type_in("submit", loop, "--yes").code == 2


def test_what_fails_is_told_by_the_exit_code(type_in: Terminal, tmp_path: Path) -> None:
    answer = type_in("submit", write(tmp_path, "bad", "exit 7"), "--yes", "--wait", "--json")
    assert answer.code == 1
    assert "(7)" in type_in("job", "show", number_of(answer)).out


def test_extend_follow_and_cancel(type_in: Terminal, tmp_path: Path) -> None:
    file = write(tmp_path, "long", "for i in 1 2 3 4 5 6; do echo $i; sleep 1; done; sleep 300")
    job = number_of(type_in("submit", file, "--yes", "--json"))
    end = time.monotonic() + 120
    while type_in("job", "show", job, "--json").data["line"]["attempt_state"] != "running":
        assert time.monotonic() < end
        time.sleep(0.2)
    before = type_in("job", "show", job, "--json").data["attempts"][0]
    assert type_in("job", "extend", job, "soon").code == 2
    after = type_in("job", "extend", job, "2m", "--json").data["attempts"][0]
    assert after["limit_s"] == before["limit_s"] + 120
    assert after["held_micro"] > before["held_micro"]
    told = type_in("job", "cancel", job)
    assert (told.code, "running, told to stop: its user cancelled it" in told.out) == (0, True), told.out
    assert type_in("job", "cancel", job, "--json").data["line"]["stopping"] in ("cancelled", ""), (
        "or it is over"
    )
    assert type_in("job", "logs", job, "-f").code == 0
    line = type_in("job", "show", job, "--json").data["line"]
    assert (line["state"], line["stopping"]) == ("cancelled", "")


def test_one_firm_sees_nothing_of_another(type_in: Terminal, tmp_path: Path) -> None:
    job = number_of(type_in("submit", write(tmp_path, "mine", "true"), "--yes", "--json"))
    type_in.become(FIRM_A)
    for words in (
        ("job", "show", job),
        ("job", "logs", job),
        ("job", "cancel", job),
        ("wallet", "show", FIRM_B),
    ):
        answer = type_in(*words)
        assert answer.code in (1, 2)
        assert "there is no such thing" in answer.err or "another's" in answer.err
    assert all(one["enterprise"] == FIRM_A for one in type_in("jobs", "--json").data["jobs"])


def test_centres_pools_and_prices(type_in: Terminal) -> None:
    centres = {one["row"]["centre"]: one for one in type_in("centres", "--json").data["centres"]}
    assert centres[METROPOLIS]["contact"] == "speaks"
    assert sum(one["contact"] == "never" for one in centres.values()) == 3
    pools = type_in("pools", "--device", "H20").out
    assert "2 of 2 free" in pools
    assert "RTX4090" not in pools
    assert "of 4 free" in type_in("pools", "--by-class").out
    prices = type_in("prices", "--json").data["pools"]
    assert {one["pool"] for one in prices} >= {"hangzhou-ai-1-H20", "hangzhou-ai-1-RTX4090"}
    assert "▁" in type_in("prices").out
    chinese = main(["pools", "--lang", "zh"])
    assert chinese == 0


def test_money_of_ones_own_and_of_all(type_in: Terminal, tmp_path: Path) -> None:
    (wallet,) = type_in("wallet", "show", "--json").data["wallets"]
    assert wallet["enterprise"] == FIRM_B
    period = ("--from", "2026-01-01", "--to", "2100-01-01")
    statement = type_in("statement", "enterprise", FIRM_B, *period, "--json")
    assert statement.code == 0
    assert statement.data["subject"] == FIRM_B
    assert FIRM_B in type_in("statement", "enterprise", FIRM_B, *period).out
    assert type_in("statement", "enterprise", FIRM_A, *period).code == 1
    assert type_in("ledger", "balances").code == 1
    assert type_in("wallet", "top-up", FIRM_B, "5").code == 1
    type_in.become("operator")
    assert type_in("ledger", "check", "--json").code == 0
    before = type_in("wallet", "show", FIRM_B, "--json").data["wallets"][0]["available_micro"]
    topped = ("wallet", "top-up", FIRM_B, "5.25", "--id", "slip-9", "--json")
    assert type_in(*topped).data["accepted"]
    assert type_in(*topped).data["repeated"]
    after = type_in("wallet", "show", FIRM_B, "--json").data["wallets"][0]["available_micro"]
    assert after == before + 5_250_000
    refused = type_in("wallet", "withdraw", FIRM_B, "100000")
    assert refused.code == 1
    assert "refused" in refused.out
    assert type_in("wallet", "top-up", FIRM_B, "1", "--at", "2026-03-01").code == 2
    assert type_in("wallet", "show", "--log", str(tmp_path), "--server", "http://x").code == 2
    assert type_in("settlement", "list").code == 0
    assert type_in("grant", "list").code == 0
    assert type_in("claim", "list").code == 0
