"""Tiles and entry bundles: where each hash and each event of the tree lies (C2SP tlog-tiles).

Tile (l, n) is a row of at most 256 hashes, the i-th over the leaves [(256n+i)·256^l, (256n+i+1)·256^l).
An entry bundle is the stored bytes of the same 256 events as a tile of level 0, each behind its length in
two bytes, big-endian; so an event has at most 65,535 bytes.
"""

import re
from collections.abc import Iterator, Sequence

import msgspec

from suanwang.audit.hashing import DIGEST_BYTES, HashSuite

TILE_WIDTH = 256
TILE_HEIGHT = 8
ENTRIES = -1
"""The level under which entry bundles are filed; a bundle has the index and width of its level 0 tile."""

EVENT_BYTES_MAX = 65_535

_PATH = re.compile(r"tile/(entries|0|[1-9]\d?)/((?:x\d{3}/)*)(\d{3})(?:\.p/([1-9]\d{0,2}))?")


class Tile(msgspec.Struct, frozen=True):
    """The place of one tile or entry bundle: `level` (ENTRIES for a bundle), `index`, `width` in 1..256."""

    level: int
    index: int
    width: int

    @property
    def path(self) -> str:
        """The file's path below the log's root, as C2SP tlog-tiles writes it: `tile/0/x001/234.p/17`."""
        level = "entries" if self.level == ENTRIES else str(self.level)
        digits = f"{self.index:03d}"
        digits = digits.zfill(-(-len(digits) // 3) * 3)
        parts = [digits[at : at + 3] for at in range(0, len(digits), 3)]
        partial = f".p/{self.width}" if self.width < TILE_WIDTH else ""
        return "/".join(["tile", level, *("x" + part for part in parts[:-1]), parts[-1] + partial])

    @property
    def full(self) -> "Tile":
        """The tile that this one becomes once 256 wide."""
        return Tile(self.level, self.index, TILE_WIDTH)

    @property
    def events(self) -> range:
        """The indices of the events below this tile."""
        span = TILE_WIDTH ** max(self.level, 0)
        start = self.index * TILE_WIDTH * span
        return range(start, start + self.width * span)


def tile_at(path: str) -> Tile | None:
    """The tile that `path` names, or None where it is no path of a tile."""
    match = _PATH.fullmatch(path)
    if match is None:
        return None
    level, upper, lowest, width = match.groups()
    index = int(upper.replace("x", "").replace("/", "") + lowest)
    tile = Tile(ENTRIES if level == "entries" else int(level), index, int(width or TILE_WIDTH))
    # a padded index or a width of 256 and more would be a second name for the same tile
    return tile if tile.path == path and tile.level < 64 else None


def tiles_of(size: int) -> Iterator[Tile]:
    """Every tile and bundle of the tree of `size` leaves, bundles first, then level by level."""
    for level in (ENTRIES, *range(64)):
        row = row_width(size, level)
        if not row:
            return
        yield from (tile_in_row(size, level, index) for index in range(-(-row // TILE_WIDTH)))


def row_width(size: int, level: int) -> int:
    """How many hashes (or events) stand at tile `level` in the tree of `size` leaves."""
    return size >> TILE_HEIGHT * max(level, 0)


def tile_in_row(size: int, level: int, index: int) -> Tile:
    """Tile `index` of `level`, as wide as the tree of `size` leaves has it."""
    return Tile(level, index, min(TILE_WIDTH, row_width(size, level) - index * TILE_WIDTH))


def encode_bundle(events: Sequence[bytes]) -> bytes:
    """The bytes of an entry bundle. Raises OverflowError where an event has more than 65,535 bytes."""
    return b"".join([part for event in events for part in (len(event).to_bytes(2, "big"), event)])


def decode_bundle(bundle: bytes) -> tuple[list[bytes], int]:
    """The events of a bundle, and how many bytes at its end are no whole event (0 in a sound bundle)."""
    events: list[bytes] = []
    at = 0
    while at + 2 <= len(bundle):
        end = at + 2 + int.from_bytes(bundle[at : at + 2], "big")
        if end > len(bundle):
            break
        events.append(bundle[at + 2 : end])
        at = end
    return events, len(bundle) - at


def decode_row(tile: bytes) -> list[bytes]:
    """The hashes of a tile; a remainder shorter than a hash is left out."""
    return [tile[at : at + DIGEST_BYTES] for at in range(0, len(tile) - DIGEST_BYTES + 1, DIGEST_BYTES)]


class TileRows:
    """The growing right edge of the tile tree: takes events, gives out tiles as they fill.

    Holds at most 255 hashes a level and 255 events, whatever the size of the log.
    """

    def __init__(self, suite: HashSuite) -> None:
        self.suite = suite
        self.size = 0
        self._events: list[bytes] = []
        self._rows: list[list[bytes]] = []

    @classmethod
    def resume(cls, suite: HashSuite, size: int, rows: list[list[bytes]], events: list[bytes]) -> "TileRows":
        """The edge of a tree of `size` leaves from its partial tiles by level, and its partial bundle."""
        edge = cls(suite)
        edge.size, edge._rows, edge._events = size, rows, events
        return edge

    def extend(self, events: Sequence[bytes], leaf_hashes: Sequence[bytes]) -> list[tuple[Tile, bytes]]:
        """Append events with their leaf hashes; the tiles and bundles that became full, with their bytes."""
        filled: list[tuple[Tile, bytes]] = []
        at = 0
        while at < len(events):
            room = TILE_WIDTH - len(self._events)
            self._events += events[at : at + room]
            self.size += len(events[at : at + room])
            index = (self.size - 1) // TILE_WIDTH
            if len(self._events) == TILE_WIDTH:
                filled.append((Tile(ENTRIES, index, TILE_WIDTH), encode_bundle(self._events)))
                self._events = []
            self._push(0, leaf_hashes[at : at + room], filled)
            at += room
        return filled

    def _push(self, level: int, hashes: Sequence[bytes], filled: list[tuple[Tile, bytes]]) -> None:
        """Put hashes that fit into the tile at the edge of `level`; a full one goes up as one hash."""
        if level == len(self._rows):
            self._rows.append([])
        row = self._rows[level]
        row += hashes
        if len(row) == TILE_WIDTH:
            self._rows[level] = []
            index = (self.size >> TILE_HEIGHT * (level + 1)) - 1
            filled.append((Tile(level, index, TILE_WIDTH), b"".join(row)))
            self._push(level + 1, [self.suite.perfect_root(row)], filled)

    def partial(self) -> list[tuple[Tile, bytes]]:
        """The partial tiles and the partial bundle of the tree as it stands, with their bytes."""
        parts: list[tuple[Tile, bytes]] = []
        if self._events:
            parts.append(
                (tile_in_row(self.size, ENTRIES, self.size // TILE_WIDTH), encode_bundle(self._events))
            )
        for level, row in enumerate(self._rows):
            if row:
                parts.append(
                    (tile_in_row(self.size, level, self.size >> TILE_HEIGHT * (level + 1)), b"".join(row))
                )
        return parts
