"""Snapshots in files: LOG/snapshots/<index, 20 digits>.snapshot"""

import re
from collections.abc import Iterator
from pathlib import Path

from suanwang.store.durable_file import replace_file
from suanwang.store.snapshots import KEPT, PART_BYTES, Found, Snapshot, choose, snapshot_parts

SNAPSHOTS = "snapshots"
_NAME = re.compile(r"(\d{20})\.snapshot")


class FileSnapshots:
    """The snapshots beside the log in the folder `log`."""

    def __init__(self, log: Path) -> None:
        self.folder = log / SNAPSHOTS

    def put(self, snapshot: Snapshot) -> None:
        """Keeps a snapshot; all but the newest are removed."""
        self.folder.mkdir(parents=True, exist_ok=True)
        replace_file(self.folder / f"{snapshot.index:020d}.snapshot", *snapshot_parts(snapshot))
        for old in self._paths()[KEPT:]:
            old.unlink()

    def newest(self, version: int, index_most: int) -> Found:
        """The newest snapshot of this format that is not ahead of the log."""
        return choose(self._stored(), version, index_most)

    def close(self) -> None:
        """Nothing is held open."""

    def _paths(self) -> list[Path]:
        if not self.folder.is_dir():
            return []
        return sorted((path for path in self.folder.iterdir() if _NAME.fullmatch(path.name)), reverse=True)

    def _stored(self) -> Iterator[tuple[int, str, Iterator[bytes]]]:
        for path in self._paths():
            yield int(path.stem), str(path), _parts(path)


def _parts(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while part := file.read(PART_BYTES):
            yield part
