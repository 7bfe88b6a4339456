"""What every place for papers promises: kept under their own hash, once, erased alone, never another's."""

from collections.abc import Callable, Iterator
from hashlib import sha256
from pathlib import Path

import psycopg
import pytest
from tests.postgres import new_database

from suanwang.store.home import FileHome, Home, PostgresHome
from suanwang.store.papers import PAPER_BYTES_MOST, SALT_BYTES, Papers, salted, unsalted
from suanwang.units.errors import InvalidInput

HOMES: dict[str, Callable[[Path], Home]] = {
    "file": FileHome,
    "postgresql": lambda _: PostgresHome(new_database()),
}


@pytest.fixture(params=HOMES)
def home(request: pytest.FixtureRequest, tmp_path: Path) -> Home:
    return HOMES[request.param](tmp_path)


@pytest.fixture
def papers(home: Home) -> Iterator[Papers]:
    opened = home.papers()
    yield opened
    opened.close()


def test_papers_are_kept_once_under_their_hash(papers: Papers, home: Home) -> None:
    contents = [b"script", b"", b"script", bytes(range(256)) * 300]
    digests = papers.keep(contents)
    assert digests == [sha256(content).hexdigest() for content in contents]
    assert papers.keep([b"script"]) == digests[:1]
    other = home.papers()
    assert [other.read(digest) for digest in digests] == contents
    assert list(other.digests()) == sorted(set(digests))
    other.close()


def test_erasing_one_leaves_the_others(papers: Papers) -> None:
    kept, gone = papers.keep([b"kept", b"gone"])
    assert papers.erase(gone)
    assert not papers.erase(gone)
    assert papers.read(kept) == b"kept"
    with pytest.raises(InvalidInput, match="erased or moved"):
        papers.read(gone)
    assert papers.keep([b"gone"]) == [gone]
    assert papers.read(gone) == b"gone"


@pytest.mark.parametrize("name", ["", "x", "../../events", "A" * 64, "0" * 64, "0" * 64 + "\n"])
def test_a_name_that_is_none_finds_nothing(papers: Papers, name: str) -> None:
    papers.keep([b"papers"])
    with pytest.raises(InvalidInput):
        papers.read(name)
    assert not papers.erase(name)


def test_one_that_is_too_long_keeps_none(papers: Papers) -> None:
    with pytest.raises(InvalidInput) as refused:
        papers.keep([b"fine", bytes(PAPER_BYTES_MOST + 1), b"fine too"])
    assert [fault.where for fault in refused.value.faults] == ["paper 2"]
    assert list(papers.digests()) == []


def test_ten_thousand_at_once_of_which_most_are_one(papers: Papers) -> None:
    contents = [b"python train.py %d" % (number % 500) for number in range(10_000)]
    digests = papers.keep(contents)
    assert len(set(digests)) == len(list(papers.digests())) == 500
    assert papers.read(digests[9_999]) == b"python train.py 499"


def test_salt_sets_equal_contents_apart(papers: Papers) -> None:
    ours, theirs = bytes(SALT_BYTES), b"\x01" * SALT_BYTES
    first, second, again = papers.keep([salted(b"secret", salt) for salt in (ours, theirs, ours)])
    assert first == again != second
    assert sha256(b"secret").hexdigest() not in (first, second)
    papers.erase(first)
    assert unsalted(papers.read(second)) == b"secret"


def test_a_changed_file_is_told(tmp_path: Path) -> None:
    papers = FileHome(tmp_path).papers()
    (digest,) = papers.keep([b"papers"])
    (path,) = (tmp_path / "papers").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    path.write_bytes(b"others")
    with pytest.raises(InvalidInput, match="not the papers"):
        papers.read(digest)


def test_a_changed_row_is_told() -> None:
    url = new_database()
    papers = PostgresHome(url).papers()
    (digest,) = papers.keep([b"papers"])
    with psycopg.connect(url) as connection:
        connection.execute("UPDATE suanwang.paper SET data = 'others'")
    with pytest.raises(InvalidInput, match="not the papers"):
        papers.read(digest)
    papers.close()
