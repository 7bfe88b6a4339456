"""Backup and restore as a user types them, between all homes; spoiled files are refused unread."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from itertools import product
from pathlib import Path

import pytest
from tests.postgres import new_database, open_folder

from suanwang.audit.hashing import SHA256
from suanwang.audit.keys import SigningKey
from suanwang.model.log import Entry
from suanwang.store.backup import Contents, write_backup
from suanwang.store.embedded import EmbeddedServer
from suanwang.store.home import FileHome, Home, PostgresHome
from suanwang.store.publication import PUBLISHED, Publication, log_findings
from suanwang.store.restore import restore, verify_backup
from suanwang.units.errors import InvalidInput

HOMES: dict[str, Callable[[Path], Home]] = {
    "file": FileHome,
    "postgresql": lambda _: PostgresHome(new_database()),
}
EVENTS = 5_300


def entry(name: str, *events: bytes) -> Entry:
    return Entry(name, hashlib.sha256(name.encode()).digest(), events)


def filled(home: Home) -> Home:
    log, papers = home.writer(), home.papers()
    log.append([entry("none at first")])
    log.append([entry(f"输入-{number}", *[b"%d" % number] * 2) for number in range((EVENTS - 2) // 2)])
    log.append([entry("none"), entry("large", b"x" * 65_535, b"\x00"), entry("none at last")])
    papers.keep([b"script %d" % number for number in range(700)])
    papers.erase(hashlib.sha256(b"script 7").hexdigest())
    log.close()
    papers.close()
    return home


@pytest.mark.parametrize(("source", "target"), list(product(HOMES, HOMES)))
def test_a_home_moves_whole(source: str, target: str, tmp_path: Path):
    home = filled(HOMES[source](tmp_path / "source"))
    contents = write_backup(home, tmp_path / "backup")
    assert (contents.events, contents.inputs, contents.papers) == (EVENTS, 2 + (EVENTS - 2) // 2 + 2, 699)
    assert (tmp_path / "backup").stat().st_mode & 0o077 == 0
    other = HOMES[target](tmp_path / "target")
    assert restore(tmp_path / "backup", other) == contents
    before, after = home.reader(), other.reader()
    assert list(before.read()) == list(after.read())
    for name in ("none at first", "输入-2000", "none", "large", "none at last"):
        assert before.recorded(name) == after.recorded(name)
    before.close()
    after.close()
    assert write_backup(other, tmp_path / "again") == contents
    with pytest.raises(InvalidInput, match="there is something already"):
        restore(tmp_path / "backup", other)


@pytest.fixture
def backup(tmp_path: Path) -> Path:
    home = FileHome(tmp_path / "small")
    log, papers = home.writer(), home.papers()
    log.append([entry("a", b"1", b"2"), entry("b")])
    papers.keep([b"script"])
    log.close()
    write_backup(home, tmp_path / "backup")
    return tmp_path / "backup"


def is_refused(path: Path, tmp_path: Path) -> bool:
    target = tmp_path / "target"
    with pytest.raises(InvalidInput) as refused:
        restore(path, FileHome(target))
    return refused.value.faults[0].kind == "backup" and not target.exists()


def test_a_file_cut_at_any_byte_is_refused(backup: Path, tmp_path: Path):
    whole = backup.read_bytes()
    for length in range(len(whole)):
        backup.write_bytes(whole[:length])
        assert is_refused(backup, tmp_path), length
    backup.write_bytes(whole + b"\x00")
    assert is_refused(backup, tmp_path)
    backup.write_bytes(whole)
    assert verify_backup(backup).events == 2


def test_a_file_with_any_byte_changed_is_refused(backup: Path, tmp_path: Path):
    whole = backup.read_bytes()
    for at in range(len(whole)):
        changed = bytearray(whole)
        changed[at] ^= 0x20
        backup.write_bytes(changed)
        assert is_refused(backup, tmp_path), at


def test_a_forged_seal_over_other_contents_is_refused(backup: Path, tmp_path: Path):
    """Who makes the seal anew must also say the right root, and then the published one differs."""
    body = backup.read_bytes()[:-32].replace(b"script", b"scribe")
    at = body.rindex(b'"papers":1')
    for forged in (body[:at] + b'"papers":2' + body[at + 10 :],):
        backup.write_bytes(forged + hashlib.sha256(forged).digest())
        assert is_refused(backup, tmp_path)


def test_a_disk_that_cannot_be_written_leaves_no_file(tmp_path: Path):
    home = filled(FileHome(tmp_path / "log"))
    with pytest.raises(OSError):
        write_backup(home, tmp_path / "no-folder" / "backup")
    (tmp_path / "backup").write_bytes(b"the last good one")
    (tmp_path / "log" / "events.log").unlink()
    with pytest.raises(InvalidInput):
        write_backup(home, tmp_path / "backup")
    assert (tmp_path / "backup").read_bytes() == b"the last good one"
    assert sorted(path.name for path in tmp_path.iterdir()) == ["backup", "log"]


def test_the_commands(tmp_path: Path):
    def run(*words: str) -> "subprocess.CompletedProcess[str]":
        command = [sys.executable, "-m", "suanwang", *words]
        return subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)

    url = new_database()
    filled(PostgresHome(url))
    told = run("backup", "--database", url, "--out", "b", "--json")
    assert told.returncode == 0, told.stderr
    contents = json.loads(told.stdout)
    restored = run("restore", "b", "--log", "copy", "--json")
    assert restored.returncode == 0, restored.stderr
    assert {**json.loads(restored.stdout), "place": ""} == {**contents, "place": ""}
    again = run("restore", "b", "--log", "copy", "--lang", "zh")
    assert again.returncode == 2 and "目标不为空" in again.stderr
    shutil.copyfile(tmp_path / "b", tmp_path / "cut")
    with (tmp_path / "cut").open("r+b") as file:
        file.truncate(1000)
    assert run("restore", "cut", "--log", "new").returncode == 2
    assert not (tmp_path / "new").exists()
    assert run("backup", "--log", "nowhere", "--out", "c").returncode == 2
    assert run("backup", "--log", "copy", "--out", "no-folder/c").returncode == 2
    folder = open_folder()
    try:
        data = ("--data", str(folder / "data"))
        for told in (run("restore", "b", *data, "--json"), run("backup", *data, "--out", "d", "--json")):
            assert told.returncode == 0, told.stderr
            assert {**json.loads(told.stdout), "place": ""} == {**contents, "place": ""}
    finally:
        server = EmbeddedServer(folder / "data")
        server.close()
        assert server.wait_until_stopped(30)
        shutil.rmtree(folder)


@pytest.mark.parametrize("name", HOMES)
def test_the_published_tree_is_the_same_from_every_home(name: str, tmp_path: Path):
    home = filled(HOMES[name](tmp_path / "log"))
    key = SigningKey("log.example", 0x01, bytes(32))
    log = home.reader()
    publication = Publication(tmp_path / PUBLISHED, SHA256)
    head = publication.extend(log, key).checkpoint
    assert head.root.hex() == write_backup(home, tmp_path / "backup").root
    assert head.size == EVENTS
    assert log_findings(log, publication.files, head.size, SHA256) == ()
    assert isinstance(verify_backup(tmp_path / "backup"), Contents)
    publication.close()
    log.close()
