"""Archives: what comes out is what went in, and nothing leads out of the folder."""

import io
import tarfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from suanwang.agent.archives import fixed_part, pack, unpack, wanted
from suanwang.units.errors import InvalidInput


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "", data: bytes = b"") -> bytes:
    """A tar.gz with one member, made as an attacker would."""
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as archive:
        one = tarfile.TarInfo(name)
        one.type, one.linkname, one.size = kind, link, len(data)
        archive.addfile(one, io.BytesIO(data))
    return made.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        member("/etc/cron.d/x", data=b"x"),
        member("../x", data=b"x"),
        member("a/../../x", data=b"x"),
        member("a", tarfile.SYMTYPE, "/etc/passwd"),
        member("a", tarfile.LNKTYPE, "/etc/passwd"),
        member("a", tarfile.CHRTYPE),
        member("a", tarfile.FIFOTYPE),
        member("big", data=bytes(2000)),
        b"not an archive",
        member("cut", data=b"x" * 500)[:60],
    ],
    ids=["root", "above", "above later", "link", "hard link", "device", "pipe", "large", "no archive", "cut"],
)
def test_hostile_archives_are_refused_and_leave_nothing_outside(tmp_path: Path, data: bytes) -> None:
    folder = tmp_path / "folder"
    folder.mkdir()
    with pytest.raises(InvalidInput):
        unpack(io.BytesIO(data), folder, 1000)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]
    assert not any(path.is_symlink() for path in folder.rglob("*"))


NAMES = st.text("abc.é-", min_size=1, max_size=6).filter(lambda name: name.strip(".") != "")


@given(st.dictionaries(st.lists(NAMES, min_size=1, max_size=3).map("/".join), st.binary(max_size=3000)))
def test_what_is_packed_comes_out_again(
    tmp_path_factory: pytest.TempPathFactory, files: dict[str, bytes]
) -> None:
    # a name cannot be a file and a folder
    files = {path: data for path, data in files.items() if not any(o.startswith(path + "/") for o in files)}
    made = io.BytesIO()
    listed = [(path, len(data)) for path, data in sorted(files.items())]

    def read(path: str, offset: int, limit: int) -> bytes:
        return files[path][offset : offset + min(limit, 700)]

    assert pack(listed, read, made, 10**6) == len(files)
    again = io.BytesIO()
    pack(listed, read, again, 10**6)
    assert again.getvalue() == made.getvalue()
    folder = tmp_path_factory.mktemp("out")
    assert unpack(made, folder, 10**6) == sum(map(len, files.values()))
    found = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
    assert found == files


def test_a_file_that_shrank_is_filled_and_too_much_is_refused() -> None:
    made = io.BytesIO()
    pack([("a", 10)], lambda path, offset, limit: b"abc"[offset : offset + limit], made, 100)
    with tarfile.open(fileobj=io.BytesIO(made.getvalue())) as archive:
        data = archive.extractfile("a")
        assert data is not None
        assert data.read() == b"abc" + bytes(7)
    with pytest.raises(InvalidInput):
        pack([("a", 60), ("b", 60)], lambda path, offset, limit: bytes(limit), io.BytesIO(), 100)


@pytest.mark.parametrize(
    ("path", "pattern", "is_wanted"),
    [
        ("out/a/b", "out/", True),
        ("out/a/b", "out", True),
        ("output/a", "out", False),
        ("a.log", "*.log", True),
        ("deep/a.log", "*.log", False),
        ("deep/er/a.log", "**/*.log", True),
        ("a.log", "**/*.log", True),
        ("runs/7/model", "runs/*/model", True),
        ("runs/7/8/model", "runs/*/model", False),
        ("runs/7/8/model", "runs/**/model", True),
    ],
)
def test_patterns(path: str, pattern: str, is_wanted: bool) -> None:
    assert wanted(path, [pattern]) == is_wanted
    prefix = fixed_part(pattern)
    assert not is_wanted or path == prefix or not prefix or path.startswith(prefix + "/")
