"""A growing log as files: events go in, tiles come out as they fill, a checkpoint closes what is there.

Pure: `append` and `close` say which files to write; the caller writes them, the checkpoint last.
"""

from collections.abc import Sequence

from suanwang.audit.checkpoint import Checkpoint
from suanwang.audit.files import CHECKPOINT, Files, history_path
from suanwang.audit.hashing import HashSuite
from suanwang.audit.keys import SigningKey
from suanwang.audit.merkle import CompactRange
from suanwang.audit.note import SignedNote
from suanwang.audit.tile_tree import TileTree
from suanwang.audit.tiles import EVENT_BYTES_MAX, TileRows
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text


class GrowingTree:
    """The Merkle tree over a log's events, remembered by its right edge alone."""

    def __init__(self, origin: str, suite: HashSuite) -> None:
        self.origin = origin
        self.suite = suite
        self._compact = CompactRange(suite)
        self._edge = TileRows(suite)

    @classmethod
    def resume(cls, head: Checkpoint, files: Files, suite: HashSuite) -> "GrowingTree":
        """The tree of an export, to go on from. Raises InvalidInput where its tiles do not give its root."""
        tree = TileTree(files, head.size, suite)
        growing = cls(head.origin, suite)
        growing._compact = CompactRange.of(suite, head.size, tree.node)
        growing._edge = tree.edge()
        root = growing._compact.root()
        if root != head.root:
            raise InvalidInput([
                Fault(
                    CHECKPOINT,
                    Text("the tiles do not give the checkpoint's root", "瓦片与检查点的根不符"),
                    root.hex(),
                    Text(head.root.hex(), head.root.hex()),
                    Text("run `suanwang audit verify` on the folder", "请对该目录运行 audit verify"),
                    "root-mismatch",
                )
            ])  # fmt: skip
        return growing

    @property
    def size(self) -> int:
        """How many events the tree has."""
        return self._compact.size

    @property
    def head(self) -> Checkpoint:
        """The tree as it stands, not signed."""
        return Checkpoint(self.origin, self.size, self._compact.root())

    def append(self, events: Sequence[bytes]) -> dict[str, bytes]:
        """Append events by their stored bytes; the tiles that became full. Nothing is appended on a fault."""
        faults = event_faults(events, self.size)
        if faults:
            raise InvalidInput(faults)
        leaf_hashes = self.suite.leaves(events)
        self._compact.extend(leaf_hashes)
        return {tile.path: data for tile, data in self._edge.extend(events, leaf_hashes)}

    def partial_tiles(self) -> dict[str, bytes]:
        """The partial tiles that a checkpoint now needs."""
        return {tile.path: data for tile, data in self._edge.partial()}

    def close(self, *keys: SigningKey) -> tuple[SignedNote, dict[str, bytes]]:
        """Sign the head: the checkpoint, and the files that it needs, in the order to write them."""
        note = self.head.signed(*keys)
        files = self.partial_tiles()
        return note, {**files, history_path(self.size): note.bytes, CHECKPOINT: note.bytes}


def event_faults(events: Sequence[bytes], first_index: int) -> list[Fault]:
    """Why events cannot be leaves: an entry bundle gives each 65,535 bytes, and none is empty."""
    sizes = [*map(len, events)]
    if not sizes or 1 <= min(sizes) <= max(sizes) <= EVENT_BYTES_MAX:
        return []
    return [
        Fault(
            f"event {index}",
            Text("an event has a size that the log cannot hold", "事件长度超出日志的容许范围"),
            f"{len(event)} bytes",
            Text(f"1 to {EVENT_BYTES_MAX} bytes", f"1 至 {EVENT_BYTES_MAX} 字节"),
            Text("keep the content beside the log and its hash in it", "把内容存于日志之外，日志中只记哈希"),
            "event-size",
        )
        for index, event in enumerate(events, first_index)
        if not 1 <= len(event) <= EVENT_BYTES_MAX
    ]
