"""Reading a tree from its tiles: node hashes, events, the root, and so every proof."""

from collections import OrderedDict

from suanwang.audit.files import Files, required
from suanwang.audit.hashing import DIGEST_BYTES, HashSuite
from suanwang.audit.merkle import CompactRange
from suanwang.audit.tiles import (
    ENTRIES,
    TILE_HEIGHT,
    TILE_WIDTH,
    Tile,
    TileRows,
    decode_bundle,
    decode_row,
    row_width,
    tile_in_row,
)
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text

TILES_CACHED_MAX = 64


class TileTree:
    """The tree of `size` leaves as the tiles of `files` have it. Verifies nothing: proofs do."""

    def __init__(self, files: Files, size: int, suite: HashSuite) -> None:
        self.files = files
        self.size = size
        self.suite = suite
        self._cached: OrderedDict[Tile, list[list[bytes]]] = OrderedDict()

    def node(self, level: int, index: int) -> bytes:
        """The hash over the leaves [index·2**level, (index+1)·2**level), all inside the tree."""
        tile_level, height = divmod(level, TILE_HEIGHT)
        first = index << height
        rows = self._rows(tile_level, first // TILE_WIDTH)
        while len(rows) <= height:  # one tile's inner levels serve many proofs
            below = rows[-1]
            rows.append(self.suite.parents(below[: len(below) & ~1]))
        return rows[height][first % TILE_WIDTH >> height]

    def event(self, index: int) -> bytes:
        """The stored bytes of event `index`."""
        return self.row(ENTRIES, index // TILE_WIDTH)[index % TILE_WIDTH]

    def root(self) -> bytes:
        """The root that the tiles give."""
        return CompactRange.of(self.suite, self.size, self.node).root()

    def row(self, level: int, index: int) -> list[bytes]:
        """The hashes of a tile or the events of a bundle. Raises InvalidInput where it is absent or short."""
        return self._rows(level, index)[0]

    def _rows(self, level: int, index: int) -> list[list[bytes]]:
        """The row of a tile or bundle, and above it the inner levels that were asked for so far."""
        tile = tile_in_row(self.size, level, index)
        if tile in self._cached:
            self._cached.move_to_end(tile)
            return self._cached[tile]
        data = read_tile(self.files, tile)
        if data is None:
            data = required(self.files, tile.path, "tile-missing")
        row = decode_bundle(data)[0] if level == ENTRIES else decode_row(data)
        if len(row) != tile.width:
            raise InvalidInput([
                Fault(
                    tile.path,
                    Text("the tile is cut short", "瓦片不完整"),
                    str(len(row)),
                    Text(f"{tile.width} items", f"{tile.width} 项"),
                    Text("export again; run `suanwang audit verify`", "请重新导出；audit verify 有详情"),
                    "tile-changed",
                )
            ])  # fmt: skip
        self._cached[tile] = [row]
        if len(self._cached) > TILES_CACHED_MAX:
            self._cached.popitem(last=False)
        return self._cached[tile]

    def edge(self) -> TileRows:
        """The growing right edge, ready to take more events."""
        rows: list[list[bytes]] = []
        level = 0
        while row_width(self.size, level):
            width = row_width(self.size, level)
            rows.append(list(self.row(level, width // TILE_WIDTH)) if width % TILE_WIDTH else [])
            level += 1
        events = list(self.row(ENTRIES, self.size // TILE_WIDTH)) if self.size % TILE_WIDTH else []
        return TileRows.resume(self.suite, self.size, rows, events)


def read_tile(files: Files, tile: Tile) -> bytes | None:
    """The bytes of a tile; where a partial one is gone, the head of the full one that replaced it."""
    data = files.read(tile.path)
    if data is None and tile.width < TILE_WIDTH:
        wider = files.read(tile.full.path)
        if wider is not None and tile.level == ENTRIES:
            events = decode_bundle(wider)[0][: tile.width]
            return wider[: sum(len(event) + 2 for event in events)]
        if wider is not None:
            return wider[: tile.width * DIGEST_BYTES]
    return data
