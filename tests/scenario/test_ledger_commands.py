"""The money commands over a log in a folder: posting, repeating, refusing, reading, exporting."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
from tests.unit.ledger import notation
from tests.unit.ledger.story import FIRST_DAY, STORY

from suanwang.cli.main import main
from suanwang.ledger.commands import AnyCommand, encode_command
from suanwang.ledger.decide import decide


class Shell:
    """Runs commands in one folder; what they printed."""

    def __init__(self, folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
        self.folder, self.capsys = folder, capsys

    def run(self, words: str, code: int = 0) -> str:
        assert main([*words.split(), "--log", str(self.folder / "books"), "--lang", "en"]) == code
        return self.capsys.readouterr().out

    def data(self, words: str, code: int = 0) -> "dict[str, object] | list[object]":
        return json.loads(self.run(f"{words} --json", code))


@pytest.fixture
def shell(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Shell:
    return Shell(tmp_path, capsys)


@pytest.fixture
def told(shell: Shell, monkeypatch: pytest.MonkeyPatch) -> Shell:
    """A shell whose books hold the story of one month."""
    days: dict[int, list[bytes]] = {}

    def note(state: object, command: AnyCommand, at: int) -> object:
        days.setdefault(at, []).append(encode_command(command))
        return decide(state, command, at)  # pyright: ignore[reportArgumentType]

    monkeypatch.setattr(notation, "decide", note)
    notation.play(STORY)
    for at, lines in days.items():
        file = shell.folder / "commands.jsonl"
        file.write_bytes(b"\n".join(lines))
        shell.run(f"ledger post {file} --at {iso_utc(at)}", 1 if at == (FIRST_DAY + 12) * notation.DAY else 0)
    return shell


def iso_utc(at: int) -> str:
    from datetime import UTC, datetime, timedelta

    return (datetime(1970, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)).isoformat()


def test_a_wallet_from_the_shell(shell: Shell) -> None:
    shell.run("wallet open acme --credit 10")
    assert "booked: slip-1 (#2)" in shell.run("wallet top-up acme 100.50 --id slip-1")
    assert "booked before: slip-1 (#2)" in shell.run("wallet top-up acme 100.50 --id slip-1")
    shell.run("wallet top-up acme 100.51 --id slip-1", 1)
    assert "overdraft" in shell.run("wallet withdraw acme 100.51 --json", 1)
    shell.run("wallet withdraw acme 0.50")
    shell.run("wallet credit acme 0")
    table = shell.data("wallet show acme")
    assert table["rows"] == [["acme", "100.00", "0.00", "0.00", "0.00", "0.00"]]  # pyright: ignore
    shell.run("wallet show nobody", 2)
    shell.run("wallet top-up acme ten", 2)
    shell.run("wallet top-up acme 1 --at noon", 2)


def test_the_books_are_read_back_checked_and_exported(told: Shell, tmp_path: Path) -> None:
    check = told.data("ledger check")
    assert check["broken"] == []  # pyright: ignore
    assert "capture" in told.run("ledger show x1")
    assert "refused" in told.run("ledger show auto/27")
    balances = told.data("ledger balances --kind wallet")
    assert balances["rows"][0][3] == "471.999999"  # pyright: ignore
    out = tmp_path / "ledger.beancount"
    told.run(f"ledger export --out {out}")
    bean = subprocess.run(
        [Path(sys.executable).with_name("bean-check"), out], capture_output=True, check=False
    )
    assert bean.returncode == 0
    lines = told.run("ledger export --format jsonl").splitlines()
    assert len(lines) == check["events"]  # pyright: ignore


def test_statements_and_settlements_from_the_shell(told: Shell, tmp_path: Path) -> None:
    for kind in ("enterprise acme", "centre 天府", "programme 券-2026", "platform"):
        assert "opening" in told.run(f"statement {kind} --month 2026-03") or kind.startswith("programme")
        page = tmp_path / "page.html"
        told.run(f"statement {kind} --month 2026-03 --format html --out {page}")
        assert page.read_text("utf-8").startswith("<!doctype html>")
    page = told.run(
        "statement operating 天府 --month 2026-03 --capacity 9000 --energy-cost 12.5 --cost staff=30"
    )
    assert "37.50" in page
    told.run("statement platform", 2)
    told.run("statement platform --month 2026-13", 2)
    told.run("statement centre nobody --month 2026-03", 2)
    told.run("settlement run lingang --month 2026-03 --at 2026-04-05")
    assert "booked before" in told.run("settlement run lingang --month 2026-03 --at 2026-04-06")
    told.run("settlement run lingang --month 2026-05 --at 2026-04-06", 1)
    claim = tmp_path / "claim.csv"
    claim.write_text("hold,amount_yuan,usage_device_seconds\nh1,42,4320\nh2,40,990\n", "utf-8")
    told.run(f"settlement claim 天府 {claim} --month 2026-03 --at 2026-04-07")
    _, disputes = told.data("settlement list")
    assert [row[0] for row in disputes["rows"]] == ["claim/天府/2026-03/h1"]  # pyright: ignore
    told.run("settlement resolve claim/天府/2026-03/h1 39 --at 2026-04-08")
    claim.write_text("hold,amount_yuan,usage_device_seconds\nh1,forty,1.5\n", "utf-8")
    told.run(f"settlement claim 天府 {claim} --month 2026-04", 2)
    assert told.data("ledger check")["broken"] == []  # pyright: ignore


def test_nothing_is_half_booked(shell: Shell) -> None:
    file = shell.folder / "commands.jsonl"
    good = b'{"do":"open_wallet","id":"w","enterprise":"acme","currency":"CNY","credit_limit_micro":0}'
    bad = b'{"do":"top_up","id":"t","enterprise":"acme","amount_micro":"ten"}'
    file.write_bytes(good + b"\n" + bad + b"\n" + bad + b"\n")
    assert main(["ledger", "post", str(file), "--log", str(shell.folder / "books")]) == 2
    said = shell.capsys.readouterr().err
    assert said.count("commands.jsonl:2") == 2
    assert said.count("commands.jsonl:3") == 2
    assert not (shell.folder / "books").exists()
    file.write_bytes(good + b"\n" + good.replace(b'"acme"', b'"beta"'))
    shell.run(f"ledger post {file}", 1)
    assert shell.data("ledger check")["events"] == 0  # pyright: ignore
    shell.run("ledger show w", 2)


def test_a_folder_without_a_log_is_said_to_be_none(shell: Shell) -> None:
    shell.run("ledger balances", 2)
