"""An anchor in an append-only file: for a disk, a share or a printer that the log's operator cannot rewrite.

One line a checkpoint: SHA-256 of the origin, size, digest; numbers decimal, hashes hex.
"""

import hashlib
import os
import re
from pathlib import Path

from suanwang.audit.anchor import AnchorRecord, anchor_digest
from suanwang.audit.checkpoint import Checkpoint
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

_LINE = re.compile(r"([0-9a-f]{64}) (0|[1-9]\d{0,18}) ([0-9a-f]{64})")


class FileAnchor:
    """Anchored checkpoints in the lines of `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def anchor(self, checkpoint: Checkpoint) -> AnchorRecord:
        """Append a line, on disk before the return, unless it is there already."""
        digest = anchor_digest(checkpoint)
        for record in self.records(checkpoint.origin):
            if (record.size, record.digest) == (checkpoint.size, digest):
                return record
        line = f"{_origin_digest(checkpoint.origin)} {checkpoint.size} {digest.hex()}\n"
        with self.path.open("ab") as file:
            file.write(line.encode())
            file.flush()
            os.fsync(file.fileno())
        return self.records(checkpoint.origin)[-1]

    def records(self, origin: str) -> list[AnchorRecord]:
        """All lines of a log. Raises InvalidInput with every line that cannot be read."""
        if not self.path.exists():
            return []
        records: list[AnchorRecord] = []
        faults: list[Fault] = []
        for number, line in enumerate(self.path.read_text(errors="replace").split("\n"), 1):
            match = _LINE.fullmatch(line)
            if match and match[1] == _origin_digest(origin):
                records.append(AnchorRecord(int(match[2]), bytes.fromhex(match[3]), f"{self.path}:{number}"))
            elif line and not match:
                faults.append(_unreadable(f"{self.path}:{number}", line))
        if faults:
            raise InvalidInput(faults)
        return records


def _origin_digest(origin: str) -> str:
    return hashlib.sha256(origin.encode()).hexdigest()


def _unreadable(where: str, line: str) -> Fault:
    return Fault(
        where,
        Text("a line of the anchor cannot be read", "锚定文件中有无法读取的行"),
        line[:80],
        same("ORIGIN-SHA256 SIZE DIGEST"),
        Text("restore the file from the anchor's keeper", "请从锚定保管方恢复文件"),
        "anchor-malformed",
    )
