"""What every place for snapshots promises: the newest that is whole, of this format, not ahead of the log."""

from collections.abc import Callable
from pathlib import Path

import psycopg
import pytest
from tests.postgres import new_database

from suanwang.store import snapshots
from suanwang.store.home import FileHome, Home, PostgresHome
from suanwang.store.snapshots import Snapshot, read_snapshot, snapshot_parts


class Place:
    """A home, and a way to spoil the snapshot that is stored there at an index."""

    def __init__(self, home: Home, spoil: Callable[[int, bytes], None]) -> None:
        self.snapshots = home.snapshots()
        self.home = home
        self.spoil = spoil


@pytest.fixture(params=["file", "postgresql"])
def place(request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Place:
    monkeypatch.setattr(snapshots, "PART_BYTES", 64)
    if request.param == "file":
        folder = tmp_path / "snapshots"
        return Place(FileHome(tmp_path), lambda at, data: _write(folder / f"{at:020d}.snapshot", data))
    url = new_database()

    def spoil(index: int, data: bytes) -> None:
        with psycopg.connect(url) as connection:
            connection.execute("DELETE FROM suanwang.snapshot WHERE index = %s", (index,))
            connection.execute("INSERT INTO suanwang.snapshot VALUES (%s, 0, %s)", (index, data))

    return Place(PostgresHome(url), spoil)


def _write(path: Path, data: bytes) -> None:
    path.write_bytes(data)


def test_the_newest_that_the_log_has_reached(place: Place) -> None:
    assert place.snapshots.newest(1, 100).snapshot is None
    older, newer = Snapshot(10, 1, b""), Snapshot(20, 1, b"state" * 100)
    place.snapshots.put(older)
    place.snapshots.put(newer)
    again = place.home.snapshots()
    assert again.newest(1, 20).snapshot == newer
    assert again.newest(1, 19).snapshot == older
    assert again.newest(1, 9).snapshot is None
    assert again.newest(2, 20).snapshot is None
    again.close()
    place.snapshots.close()


def test_old_ones_go_and_the_same_index_is_replaced(place: Place) -> None:
    for index in (5, 7, 9, 9):
        place.snapshots.put(Snapshot(index, 1, b"%d" % index))
    place.snapshots.put(Snapshot(9, 1, b"anew"))
    assert place.snapshots.newest(1, 9).snapshot == Snapshot(9, 1, b"anew")
    assert place.snapshots.newest(1, 8).snapshot == Snapshot(7, 1, b"7")
    assert place.snapshots.newest(1, 6).snapshot is None
    place.snapshots.close()


def test_one_that_is_not_whole_is_passed_over_and_told(place: Place) -> None:
    older, newer = Snapshot(10, 1, b"older"), Snapshot(20, 1, b"newer" * 50)
    place.snapshots.put(older)
    place.snapshots.put(newer)
    whole = b"".join(snapshot_parts(newer))
    for length in (1, 7, 59, 60, 61, 1000):
        assert read_snapshot(whole[at : at + length] for at in range(0, len(whole), length)) == newer
    changed = bytearray(whole)
    changed[-1] ^= 1
    for spoiled in (whole[:-1], whole[:10], b"", bytes(changed), b"".join(snapshot_parts(older))):
        place.spoil(20, spoiled)
        found = place.snapshots.newest(1, 100)
        assert found.snapshot == older
        assert [(fault.kind, fault.warning) for fault in found.warnings] == [("snapshot-unreadable", True)]
    place.snapshots.close()
