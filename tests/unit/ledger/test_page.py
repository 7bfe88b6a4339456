"""docs/ledger.md is true: its example plays, its tables list every account and every command."""

import re
from pathlib import Path

from tests.unit.ledger.notation import play

from suanwang.ledger.chart import KINDS
from suanwang.ledger.commands import COMMANDS
from suanwang.ledger.validate import INVARIANTS

PAGE = (Path(__file__).parents[3] / "docs" / "ledger.md").read_text("utf-8")


def test_the_worked_example_plays() -> None:
    (example,) = re.findall(r"```ledger\n(.*?)```", PAGE, re.S)
    assert len(play(example).events) == 19


def test_the_chart_on_the_page_is_the_chart() -> None:
    rows = re.findall(r"^\| `([a-z_]+)(?::[A-Z:]+)` \| (.+?) \| (\w+) \| (\w+) \| (.+?) \|$", PAGE, re.M)
    assert [row[0] for row in rows] == list(KINDS)
    for name, chinese, book, side, floor in rows:
        kind = KINDS[name]
        assert (chinese, book, side) == (kind.title.zh, kind.book, "debit" if kind.side == 1 else "credit")
        assert (floor == "–") == (kind.floor_micro < 0)


def test_every_command_but_the_openings_is_in_the_table() -> None:
    missing = [name for name in COMMANDS if f"`{name}`" not in PAGE]
    assert all(name.startswith("open_") or name == "set_credit" for name in missing)


def test_the_page_counts_the_invariants() -> None:
    section = PAGE.split("## Invariants")[1].split("## A worked")[0]
    assert len(re.findall(r"^\d+\. ", section, re.M)) == len(INVARIANTS)
