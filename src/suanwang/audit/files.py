"""What the files of an export are called, and the port through which a verifier reads them.

checkpoint            the newest checkpoint, with its cosignatures        (C2SP tlog-tiles)
tile/<l>/<n>          hashes; tile/entries/<n>: the stored events         (C2SP tlog-tiles)
checkpoints/<size>    every checkpoint that was signed                    (ours)
keys/log.vkey         the log's keys, a hint: trust comes from elsewhere  (ours)
keys/rotation-<nnn>   the key rotations, in order                         (ours)
"""

import re
from collections.abc import Iterable
from typing import Protocol

from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

CHECKPOINT = "checkpoint"
KEYS = "keys/log.vkey"

_HISTORY = re.compile(r"checkpoints/(0|[1-9]\d{0,18})")
_ROTATION = re.compile(r"keys/rotation-(\d{3})")


class Files(Protocol):
    """A folder, or anything that can be read like one. Paths use `/` and are relative."""

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        ...

    def paths(self) -> Iterable[str]:
        """Every file's path."""
        ...


class FilesInMemory:
    """The files of an export held in a dictionary, path to bytes."""

    def __init__(self, contents: dict[str, bytes]) -> None:
        self.contents = contents

    def read(self, path: str) -> bytes | None:
        """The bytes of a file, or None where there is none."""
        return self.contents.get(path)

    def paths(self) -> Iterable[str]:
        """Every file's path."""
        return list(self.contents)


def history_path(size: int) -> str:
    """Where the checkpoint of `size` events is kept."""
    return f"checkpoints/{size}"


def history_size(path: str) -> int | None:
    """The size in the name of a kept checkpoint, or None where `path` is none."""
    match = _HISTORY.fullmatch(path)
    return int(match[1]) if match else None


def rotation_path(number: int) -> str:
    """Where the `number`-th rotation is kept, counted from 1."""
    return f"keys/rotation-{number:03d}"


def is_rotation(path: str) -> bool:
    """Whether `path` is that of a rotation."""
    return _ROTATION.fullmatch(path) is not None


def required(files: Files, path: str, kind: str) -> bytes:
    """The bytes of a file that must be there. Raises InvalidInput where it is not."""
    data = files.read(path)
    if data is None:
        raise InvalidInput([
            Fault(
                path,
                Text("the file is missing", "缺少文件"),
                "",
                same(path),
                Text("export again, or fetch the file", "请重新导出或获取该文件"),
                kind,
            )
        ])  # fmt: skip
    return data
