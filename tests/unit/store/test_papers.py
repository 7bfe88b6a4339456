"""Papers beside the log: kept under their own hash, erased alone, never read as something else."""

from hashlib import sha256
from pathlib import Path

import pytest

from suanwang.store.papers import keep_paper, read_paper
from suanwang.units.errors import InvalidInput


def test_a_paper_is_kept_once_under_its_hash(tmp_path: Path) -> None:
    digest = keep_paper(tmp_path, b"papers")
    assert digest == sha256(b"papers").hexdigest() == keep_paper(tmp_path, b"papers")
    assert read_paper(tmp_path, digest) == b"papers"
    assert [path.name for path in (tmp_path / "papers").iterdir()] == [f"{digest}.json"]


def test_an_erased_or_changed_paper_is_told(tmp_path: Path) -> None:
    digest = keep_paper(tmp_path, b"papers")
    path = tmp_path / "papers" / f"{digest}.json"
    path.write_bytes(b"others")
    with pytest.raises(InvalidInput, match="not the papers"):
        read_paper(tmp_path, digest)
    path.unlink()
    with pytest.raises(InvalidInput, match="erased or moved"):
        read_paper(tmp_path, digest)
    with pytest.raises(InvalidInput):
        read_paper(tmp_path, "../../events")
