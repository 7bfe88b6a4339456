"""Papers in files, each named for the SHA-256 of its bytes: LOG/papers/<sha256>.json"""

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path

from suanwang.store.durable_file import sync_folder, write_all
from suanwang.store.papers import checked, digests_of

PAPERS = "papers"
_NAME = re.compile(r"([0-9a-f]{64})\.json")


class FilePapers:
    """The papers beside the log in the folder `log`."""

    def __init__(self, log: Path) -> None:
        self.folder = log / PAPERS

    def keep(self, contents: Sequence[bytes]) -> list[str]:
        """Keeps each of `contents`: each is flushed by itself, their names together."""
        digests = digests_of(contents)
        missing = {
            digest: content
            for digest, content in zip(digests, contents, strict=True)
            if not self._path(digest).exists()
        }
        if missing:
            self.folder.mkdir(parents=True, exist_ok=True)
            for digest, content in missing.items():
                self._write(digest, content)
            sync_folder(self.folder)
            sync_folder(self.folder.parent)
        return digests

    def read(self, digest: str) -> bytes:
        """The bytes of a paper. Raises InvalidInput where it was erased or is not what was kept."""
        path = self._path(digest)
        try:
            data = path.read_bytes() if _NAME.fullmatch(path.name) else b""
        except OSError as error:
            return checked(None, digest, str(path), error.strerror or str(error))
        return checked(data, digest, str(path))

    def erase(self, digest: str) -> bool:
        """Erases a paper for good; whether it was there."""
        path = self._path(digest)
        if not _NAME.fullmatch(path.name) or not path.exists():
            return False
        path.unlink()
        sync_folder(self.folder)
        return True

    def digests(self) -> Iterator[str]:
        """The name of every paper, in order."""
        names = sorted(path.name for path in self.folder.iterdir()) if self.folder.is_dir() else []
        return (match[1] for name in names if (match := _NAME.fullmatch(name)))

    def close(self) -> None:
        """Nothing is held open."""

    def _path(self, digest: str) -> Path:
        return self.folder / f"{digest}.json"

    def _write(self, digest: str, content: bytes) -> None:
        path = self._path(digest)
        beside = path.with_name(f".{path.name}.{os.getpid()}.new")
        descriptor = os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            write_all(descriptor, content, 0)
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        beside.replace(path)
