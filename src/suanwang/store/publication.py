"""The published tree beside the log: tiles, checkpoints and keys, brought up to the log and signed.

    LOG/published/    an export at all times (see `audit/files.py`)

Tiles are written before the checkpoint that needs them, so a crash leaves the former checkpoint whole.
"""

import os
import shutil
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from suanwang.audit.checkpoint import Checkpoint, SignedCheckpoint, parse_checkpoint
from suanwang.audit.files import CHECKPOINT, KEYS, history_path, history_size, is_rotation, rotation_path
from suanwang.audit.findings import Findings, short
from suanwang.audit.hashing import HashSuite
from suanwang.audit.keys import SigningKey, VerifierKey, parse_verifier_key
from suanwang.audit.publish import GrowingTree
from suanwang.audit.rotation import make_rotation
from suanwang.audit.tile_tree import TileTree
from suanwang.audit.tiles import tile_at, tiles_of
from suanwang.model.log import LogReader
from suanwang.store.durable_file import replace_file, sync_folder
from suanwang.store.folder_files import FolderFiles
from suanwang.store.lock import FileLock
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

PUBLISHED = "published"
EVENTS_PER_CHECKPOINT = 1_000


class Publication:
    """The export in `folder`, which grows with a log. One at a time: others wait."""

    def __init__(self, folder: Path, suite: HashSuite) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.suite = suite
        self.files = FolderFiles(folder)
        self._lock = FileLock(folder / ".lock")
        self._lock.acquire()

    def close(self) -> None:
        """Let others publish."""
        self._lock.close()

    def head(self) -> SignedCheckpoint | None:
        """The newest checkpoint, or None before the first."""
        data = self.files.read(CHECKPOINT)
        return None if data is None else parse_checkpoint(data, str(self.folder / CHECKPOINT))

    def keys(self) -> list[VerifierKey]:
        """The log's keys so far, the one in force last."""
        lines = (self.files.read(KEYS) or b"").decode().split("\n")
        return [parse_verifier_key(line, str(self.folder / KEYS)) for line in lines if line]

    def extend(self, log: LogReader, key: SigningKey, every: int = EVENTS_PER_CHECKPOINT) -> SignedCheckpoint:
        """Bring the tree up to the log, with a checkpoint after each `every` events and at the end.

        The origin is the key's name. Raises InvalidInput where the key is not the one in force, where the
        log is shorter than the tree, or where the tiles are not those of the checkpoint.
        """
        self._check_key(key)
        head = self.head()
        tree = GrowingTree(key.name, self.suite)
        if head is not None:
            tree = GrowingTree.resume(head.checkpoint, self.files, self.suite)
        if log.size < tree.size:
            raise InvalidInput([_log_too_short(self.folder, log.size, tree.size)])
        events = log.read(tree.size)
        written: set[str] = set()
        checkpoint: bytes | None = None if head is None else head.note.bytes
        while tree.size < log.size or checkpoint is None:
            full = tree.append(list(islice(events, every - tree.size % every)))
            closing = tree.close(key)[1]
            checkpoint = closing.pop(CHECKPOINT)
            for path, data in {**full, **closing}.items():
                self._write(path, data)
                written.add(path)
            for path in full:
                shutil.rmtree(self.folder / f"{path}.p", ignore_errors=True)
        self._sync(written)
        if head is None or checkpoint != head.note.bytes:
            replace_file(self.folder / CHECKPOINT, checkpoint)
        return parse_checkpoint(checkpoint, str(self.folder / CHECKPOINT))

    def replace_head(self, signed: SignedCheckpoint, note: bytes) -> None:
        """Put the same checkpoint with more signatures in the place of the newest."""
        replace_file(self.folder / history_path(signed.checkpoint.size), note)
        replace_file(self.folder / CHECKPOINT, note)

    def rotate(self, old: SigningKey, new: SigningKey) -> str:
        """Write down that `new` takes over from `old` at the newest checkpoint; the path of the rotation."""
        self._check_key(old)
        head = self.head()
        if head is None:
            raise InvalidInput([_no_checkpoint(self.folder)])
        if new.name != old.name:
            raise InvalidInput([_wrong_key("new key", new.verifier, old.name)])
        note = make_rotation(
            Checkpoint(head.checkpoint.origin, head.checkpoint.size, head.checkpoint.root), old, new
        )
        path = rotation_path(1 + sum(map(is_rotation, FolderFiles(self.folder).paths())))
        self._write(path, note.bytes)
        self._sync({path})
        replace_file(
            self.folder / KEYS, b"".join(key.text.encode() + b"\n" for key in [*self.keys(), new.verifier])
        )
        return path

    def _check_key(self, key: SigningKey) -> None:
        """The key must be the one in force; the first key of a log is whichever comes first."""
        keys = self.keys()
        if not keys:
            (self.folder / KEYS).parent.mkdir(exist_ok=True)
            replace_file(self.folder / KEYS, key.verifier.text.encode() + b"\n")
        elif key.verifier != keys[-1]:
            raise InvalidInput([_wrong_key(str(self.folder / KEYS), key.verifier, keys[-1].text)])

    def _write(self, path: str, data: bytes) -> None:
        target = self.folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        beside = target.with_name(f".{target.name}.new")
        beside.write_bytes(data)
        beside.replace(target)

    def _sync(self, paths: set[str]) -> None:
        """Make written files durable, those that were superseded since left out."""
        folders: set[Path] = set()
        for path in sorted(paths):
            target = self.folder / path
            if target.exists():
                descriptor = os.open(target, os.O_RDONLY)
                os.fsync(descriptor)
                os.close(descriptor)
                folders |= {target.parent, target.parent.parent}
        for folder in folders:
            sync_folder(folder)


def export_files(files: FolderFiles, head: SignedCheckpoint) -> Iterator[tuple[str, bytes]]:
    """What belongs to the export of `head`, the checkpoint last, without partial tiles of older sizes."""
    wanted = {tile.path for tile in tiles_of(head.checkpoint.size)}
    for path in FolderFiles(files.folder).paths():
        size = history_size(path)
        kept = path in wanted or (size is not None and size <= head.checkpoint.size)
        if kept or path == KEYS or is_rotation(path):
            data = files.read(path)
            if data is not None:
                yield path, data
    yield CHECKPOINT, head.note.bytes


def export(files: FolderFiles, head: SignedCheckpoint, out: Path) -> int:
    """Write the export of `head` to the folder `out`; how many files. What is there already is replaced."""
    stale = [path for path in FolderFiles(out).paths() if tile_at(path) or history_size(path) is not None]
    count = 0
    for path, data in export_files(files, head):
        target = out / path
        target.parent.mkdir(parents=True, exist_ok=True)
        replace_file(target, data) if path == CHECKPOINT else target.write_bytes(data)
        count += 1
    wanted = {path for path, _ in export_files(files, head)}
    for path in set(stale) - wanted:
        (out / path).unlink()
    return count


def log_findings(log: LogReader, files: FolderFiles, size: int, suite: HashSuite) -> tuple[Fault, ...]:
    """Where the log's own events are not those that were published and signed."""
    findings = Findings()
    tree = TileTree(files, size, suite)
    if log.size < size:
        findings.take(_log_too_short(files.folder, log.size, size))
    for index, event in enumerate(log.read(0, size)):
        if event != tree.event(index):
            what = Text(
                f"event {index} of the log is not the one that was published",
                f"日志中的事件 {index} 与已发布的不同",
            )
            findings.add("log-differs", f"event {index}", what, short(suite.leaf(event)))
    return findings.all()


def _log_too_short(folder: Path, found: int, expected: int) -> Fault:
    return Fault(
        str(folder),
        Text("the log has fewer events than were signed: it was cut", "日志的事件少于已签名的数量：被截断"),
        str(found),
        Text(f"at least {expected}", f"至少 {expected}"),
        Text("restore the log from a copy; do not sign a new one", "请从副本恢复日志；不要另签新日志"),
        "log-cut",
    )


def _wrong_key(where: str, key: VerifierKey, expected: str) -> Fault:
    return Fault(
        where,
        Text("this is not the log's key in force", "不是该日志当前的密钥"),
        key.text,
        same(expected),
        Text(
            "use that key, or rotate with `suanwang audit keys rotate`",
            "使用该密钥，或用 audit keys rotate 轮换",
        ),
        "key-wrong",
    )


def _no_checkpoint(folder: Path) -> Fault:
    return Fault(
        str(folder),
        Text("there is no checkpoint yet", "尚无检查点"),
        "",
        same(CHECKPOINT),
        Text("sign one with `suanwang audit checkpoint`", "用 `suanwang audit checkpoint` 签署"),
        "checkpoint-missing",
    )
