"""What the READMEs show of a clearing is what the commands print."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder that the READMEs have made."""
    folder = tmp_path_factory.mktemp("readme")
    printed(folder, "scenario", "national", "--jobs", "2000", "--out", "small")
    return folder


def shown(readme: str, command: str) -> list[str]:
    """The lines of the block that follows the command, blank and cut ones left out."""
    block = re.search(rf"^    {re.escape(command)}.*?^```text$(.*?)^```$", readme, re.MULTILINE | re.DOTALL)
    assert block is not None, command
    return [line for line in block[1].splitlines() if line.strip(" …─")]


def printed(folder: Path, *words: str) -> str:
    """What a command prints on a terminal of 80 columns; its thin spaces as common ones."""
    environment = os.environ | {"COLUMNS": "80"}
    done = subprocess.run(
        [sys.executable, "-m", "suanwang", *words], capture_output=True, text=True, check=True, cwd=folder,
        env=environment,
    )  # fmt: skip
    return done.stdout.replace("\N{THIN SPACE}", " ")


@pytest.mark.parametrize(("name", "language"), [("README.md", "en"), ("README.zh-CN.md", "zh")])
def test_the_clearing_shown_is_the_one_printed(small: Path, name: str, language: str) -> None:
    output = printed(small, "clear", "small", "--no-page", "--lang", language)
    lines = {line.rstrip() for line in output.splitlines()}
    told = shown((ROOT / name).read_text(encoding="utf-8"), "suanwang clear small --no-page")
    assert len(told) > 8
    assert [line for line in told if line.rstrip() not in lines] == []


def test_the_explanation_shown_is_the_one_printed(small: Path) -> None:
    printed(small, "clear", "small", "--no-page")
    words = set(printed(small, "explain", "small", "j2", "--lang", "en").split())
    told = shown((ROOT / "README.md").read_text(encoding="utf-8"), "suanwang explain small j2")
    assert len(told) == 6
    assert {word for line in told for word in line.split()} <= words
