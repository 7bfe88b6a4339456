"""`suanwang scenario import` as a user runs it: exit codes, streams, the folder it leaves."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

from suanwang.feeds.remarks import read_remarks

LOG = """; MaxProcs: 16
; UnixStartTime: 749458803
; TimeZone: 28800
1 0 0 1800 16 -1 -1 -1 -1 -1 1 1 1 -1 1 -1 -1 -1
2 900 0 1800 8 -1 -1 -1 -1 -1 1 1 1 -1 0 -1 -1 -1
3 950 0 0 8 -1 -1 -1 -1 -1 1 1 1 -1 0 -1 -1 -1
"""


def suanwang(*words: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "suanwang", *words], cwd=folder, capture_output=True, text=True, check=False
    )


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "log.swf").write_text(LOG)
    return tmp_path


def test_json_is_one_document_and_the_folder_is_a_valid_scenario(folder: Path) -> None:
    done = suanwang("scenario", "import", "swf", "log.swf", "--out", "made", "--json", folder=folder)
    assert done.returncode == 0, done.stderr
    report = json.loads(done.stdout)
    assert report["kept"]["jobs"] == 2
    assert [(line["kind"], line["jobs"]) for line in report["dropped"]] == [("no time", 1)]
    assert suanwang("check", "made", folder=folder).returncode == 0
    remarks = [remark.en for remark in read_remarks(folder / "made")]
    assert remarks[0].startswith("Imported from a trace (swf: log.swf), 2 / 3 jobs kept")
    assert set(report["rules"]) <= set(remarks)


def test_the_table_goes_to_standard_error_in_the_language_asked_for(folder: Path) -> None:
    done = suanwang("scenario", "import", "swf", "log.swf", "--out", "made", "--lang", "zh", folder=folder)
    assert (done.returncode, done.stdout) == (0, "")
    assert "运行时间为零" in done.stderr
    assert "规则" in done.stderr


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["openb", "log.swf", "--out", "made"], "2 files"),
        (["openb", "log.swf", "log.swf", "--out", "made"], "header"),
        (["swf", "log.swf", "log.swf", "--out", "made"], "takes 1"),
        (["swf", "nothing.swf", "--out", "made"], "no such file"),
        (["swf", "log.swf", "--arrivals-only", "--out", "made"], "--arrivals-only"),
        (["swf", "log.swf", "--out", "log.swf"], "is a file"),
        (["swf", "log.swf", "--load", "0", "--out", "made"], "--load"),
        (["swf", "log.swf", "--seed", "-1", "--out", "made"], "--seed"),
        (["swf", "log.swf", "--days", "nan", "--out", "made"], "--days"),
        (["swf", "log.swf"], "--out"),
    ],
)
def test_bad_input_is_told_and_nothing_is_written(folder: Path, words: list[str], said: str) -> None:
    done = suanwang("scenario", "import", *words, "--lang", "en", folder=folder)
    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert not (folder / "made").exists()
