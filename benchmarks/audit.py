"""The Merkle log and the log file: leaves, publishing, verifying, proofs, appends and replay.

Baselines of the same run: `tlog-scales` 0.0.3 (an independent tlog-tiles implementation, which always works
on files), plain Python that follows the definition leaf by leaf, and sqlite3 row by row. Events have 300
bytes of JSON, about what a ledger entry takes.
"""

import gc
import hashlib
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.row import Row
from tlog_scales import signing, tiles
from tlog_scales.backend import LocalBackend
from tlog_scales.reader import TilesReader
from tlog_scales.writer import TilesWriter

from suanwang.audit.checkpoint import Checkpoint
from suanwang.audit.hashing import SHA256
from suanwang.audit.keys import SigningKey
from suanwang.audit.merkle import CompactRange
from suanwang.audit.paths import inclusion_path
from suanwang.audit.policy import Policy
from suanwang.audit.tile_tree import TileTree
from suanwang.audit.verify import Trust, verify_export
from suanwang.model.log import Entry
from suanwang.store.folder_files import FolderFiles
from suanwang.store.log_file import FileLogWriter
from suanwang.store.log_file_reader import FileLogReader
from suanwang.store.publication import Publication

ORIGIN = "suanwang.example/benchmark"
KEY = SigningKey(ORIGIN, 0x01, bytes(32))
EVERY = 1_000


def run(quick: bool) -> list[Row]:
    """All rows; `quick` uses a tenth of the events."""
    count = 100_000 if quick else 1_000_000
    events = [_event(number) for number in range(count)]
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        rows = [_leaves(events), *_log_file(place, events)]
        rows += _published(place, events, 20_000 if quick else 100_000)
    return rows


def _event(number: int) -> bytes:
    head = b'{"v":1,"kind":"captured","entry":%d,"amount_micro":%d,"memo":"' % (
        number,
        number * 7_919 % 10**9,
    )
    return head + b"x" * (298 - len(head)) + b'"}'


REPEATS = 3


def _best_rate(count: int, work: Callable[[], object]) -> float:
    """`count` over the shortest of three runs: other programs on the machine only ever slow one down."""
    return count / min(_seconds(work) for _ in range(REPEATS))


def _seconds(work: Callable[[], object]) -> float:
    gc.collect()
    start = time.perf_counter()
    work()
    return time.perf_counter() - start


def _leaves(events: Sequence[bytes]) -> Row:
    """Leaves hashed into the tree, with a signed checkpoint after every thousand."""

    def ours() -> bytes:
        compact = CompactRange(SHA256)
        note = b""
        for start in range(0, len(events), EVERY):
            compact.extend(SHA256.leaves(events[start : start + EVERY]))
            note = Checkpoint(ORIGIN, compact.size, compact.root()).signed(KEY).bytes
        return note

    few = events[: len(events) // 4]
    plain = _best_rate(len(few), lambda: _plain_python(few))
    return Row(
        f"log leaves, signed checkpoint every {EVERY:,}, in memory",
        _best_rate(len(events), ours),
        "leaves/s",
        150_000,
        300_000,
        "plain Python, leaf by leaf",
        plain,
    )


def _plain_python(events: Sequence[bytes]) -> bytes:
    """The tree as a textbook appends to it: a stack of perfect subtrees, merged one by one."""
    stack: list[tuple[int, bytes]] = []
    note = b""
    for number, event in enumerate(events, 1):
        width, digest = 1, hashlib.sha256(b"\x00" + event).digest()
        while stack and stack[-1][0] == width:
            width, digest = 2 * width, hashlib.sha256(b"\x01" + stack.pop()[1] + digest).digest()
        stack.append((width, digest))
        if number % EVERY == 0:
            root = stack[-1][1]
            for _, left in reversed(stack[:-1]):
                root = hashlib.sha256(b"\x01" + left + root).digest()
            note = Checkpoint(ORIGIN, number, root).signed(KEY).bytes
    return note


def _log_file(place: Path, events: Sequence[bytes]) -> list[Row]:
    """Durable appends in groups of a thousand inputs, and reading all back into the tree."""
    entries = [Entry(f"input-{number}", bytes(32), (event,)) for number, event in enumerate(events)]
    groups = [entries[start : start + EVERY] for start in range(0, len(entries), EVERY)]
    log = FileLogWriter(place / "log")

    def append() -> None:
        for group in groups:
            log.append(group)

    appended = len(events) / _seconds(append)
    log.close()
    database = sqlite3.connect(place / "events.sqlite")
    database.execute("pragma journal_mode=wal")
    database.execute("pragma synchronous=full")
    database.execute(
        "create table log (event integer primary key, input text unique, digest blob, body blob)"
    )

    def insert() -> None:
        for number, group in enumerate(groups):
            for offset, entry in enumerate(group):
                row = (number * EVERY + offset, entry.input_id, entry.input_digest, entry.events[0])
                database.execute("insert into log values (?, ?, ?, ?)", row)
            database.commit()

    inserted = len(events) / _seconds(insert)

    def replay() -> bytes:
        reader = FileLogReader(place / "log")
        compact = CompactRange(SHA256)
        batch: list[bytes] = []
        for event in reader.read():
            batch.append(event)
            if len(batch) == EVERY:
                compact.extend(SHA256.leaves(batch))
                batch = []
        return compact.root()

    def replay_sqlite() -> None:
        _plain_python([body for (body,) in database.execute("select body from log order by event")])

    rows = [
        Row(
            f"durable appends in groups of {EVERY:,} (fsync each)",
            appended,
            "events/s",
            None,
            None,
            "sqlite3, row by row, a commit a group",
            inserted,
        ),
        Row(
            f"replay of {len(events):,} events from the file into the tree",
            _seconds(replay),
            "s",
            15 * len(events) / 1_000_000,
            None,
            "sqlite3 and plain Python",
            _seconds(replay_sqlite),
            lower_is_better=True,
        ),
    ]
    database.close()
    return rows


def _published(place: Path, events: Sequence[bytes], few: int) -> list[Row]:
    """Tiles on disk: written, verified from nothing but files and key, and proofs out of them."""
    log = FileLogReader(place / "log")
    publication = Publication(place / "published", SHA256)
    published = len(events) / _seconds(lambda: publication.extend(log, KEY, EVERY))
    publication.close()
    signer = signing.PlainEd25519Signer(ORIGIN, KEY.seed)
    writer = TilesWriter.create(place / "theirs", ORIGIN)

    def theirs() -> None:
        for start in range(0, few, EVERY):
            for event in events[start : start + EVERY]:
                writer.add_leaf(event)
            writer.commit([signer])

    their_published = few / _seconds(theirs)
    files = FolderFiles(place / "published")
    trust = Trust(Policy((KEY.verifier,)))

    def verify() -> None:
        assert verify_export(files, trust).holds

    verified = _best_rate(len(events), verify)
    their_verified = _best_rate(few, lambda: _verify_with_tlog_scales(place / "theirs", few))
    indices = [number * 7_919 % few for number in range(2_000)]
    tree = TileTree(files, len(events), SHA256)
    proofs = len(indices) / _seconds(
        lambda: [inclusion_path(index, tree.size, tree.node, SHA256) for index in indices]
    )
    reader = TilesReader(LocalBackend(place / "theirs"))
    reader.get_checkpoint()
    their_proofs = len(indices) / _seconds(
        lambda: [reader.get_inclusion_proof(index, few) for index in indices]
    )
    scales = f"tlog-scales, {few:,} events"
    return [
        Row(
            f"publishing tiles, a checkpoint every {EVERY:,}",
            published, "events/s", None, None, scales, their_published,
        ),
        Row("verifying an export, every event and checkpoint",
            verified, "events/s", None, None, scales, their_verified,
            note="the baseline hashes entries and root, and names nothing"),
        Row(f"inclusion proofs from tiles of {len(events):,} events",
            proofs, "proofs/s", None, None, scales, their_proofs),
    ]  # fmt: skip


def _verify_with_tlog_scales(folder: Path, size: int) -> None:
    reader = TilesReader(LocalBackend(folder))
    checkpoint = reader.get_checkpoint()
    checkpoint.verify(signing.Vkey.from_string(KEY.verifier.text))
    assert reader.calculate_root_hash() == checkpoint.root_hash
    for index in range(size):
        leaf = reader._get_from_tile(0, *divmod(index, 256))  # pyright: ignore[reportPrivateUsage]
        assert tiles.leaf_hash(reader.get_entry(index)) == leaf


if __name__ == "__main__":
    for row in run("--quick" in sys.argv):
        print(f"{row.name}: {row.figure:,.1f} {row.unit}; {row.baseline}: {row.baseline_figure:,.1f}; "
              f"× {row.ratio:.1f}; {'holds' if row.holds else 'FAILS'}")  # fmt: skip
