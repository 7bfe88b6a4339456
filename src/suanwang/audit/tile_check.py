"""Which tiles are those that the signed root stands for: from the root down, tile by tile.

Every row exists twice: as stored in a tile, and as computed from the events below. The right edge of the
tree gives the root, so the edge that gives the *signed* root is authentic; each hash of an authentic tile
then decides between the two rows of the tile below it. So one changed byte is pinned to its tile, and where
events and tiles were both changed, to the highest tile at which they still tell.
"""

from itertools import product

import msgspec

from suanwang.audit.files import Files
from suanwang.audit.findings import Findings, short
from suanwang.audit.hashing import DIGEST_BYTES, HashSuite
from suanwang.audit.merkle import fold
from suanwang.audit.tile_tree import read_tile
from suanwang.audit.tiles import (
    ENTRIES,
    TILE_WIDTH,
    Tile,
    decode_bundle,
    decode_row,
    row_width,
    tile_at,
    tile_in_row,
)
from suanwang.units.text import Text

UNKNOWN = bytes(DIGEST_BYTES)


class Rows(msgspec.Struct):
    """The tree's rows by tile level, each a list of tiles' bytes; `found` as hashed from the bundles.

    `stored` has b"" for a tile that is missing. `computed` has what the bundles give where they have the
    right number of events. `authentic` has the row that the signed root stands for, or None.
    In `found`, b"" stands for an event that a bundle cut in two no longer shows; `bundle_starts` says where
    in it each bundle begins.
    """

    size: int
    stored: list[list[bytes]] = []
    computed: list[list[bytes]] = []
    authentic: list[list[bytes | None]] = []
    found: list[bytes] = []
    bundle_starts: list[int] = []


def read_rows(files: Files, size: int, suite: HashSuite, findings: Findings) -> Rows:
    """Every tile and bundle of the tree of `size` leaves, hashed; what is missing or cut is a finding."""
    rows = Rows(size)
    level = 0
    while width := row_width(size, level):
        tiles = [tile_in_row(size, level, index) for index in range(-(-width // TILE_WIDTH))]
        rows.stored.append([_stored(files, tile, findings) for tile in tiles])
        if level == 0:
            rows.computed.append([_bundle(files, tile, suite, rows, findings) for tile in tiles])
        else:
            rows.computed.append(_parents(rows, level, suite))
        level += 1
    return rows


def _stored(files: Files, tile: Tile, findings: Findings) -> bytes:
    data = read_tile(files, tile)
    if data is None:
        what = Text("a tile is missing", "缺少瓦片")
        findings.add("tile-missing", tile.path, what, "", _events_text(tile))
        return b""
    expected = tile.width * DIGEST_BYTES
    if len(data) != expected:
        what = Text("a tile has the wrong length", "瓦片长度不对")
        findings.add(
            "tile-changed",
            tile.path,
            what,
            f"{len(data)} bytes",
            Text(f"{expected} bytes", f"{expected} 字节"),
        )
    return data[:expected]


def _bundle(files: Files, tile: Tile, suite: HashSuite, rows: Rows, findings: Findings) -> bytes:
    """The row of leaf hashes of a bundle, b"" where it has the wrong number of events."""
    bundle = Tile(ENTRIES, tile.index, tile.width)
    data = _bundle_or_likeness(files, bundle)
    rows.bundle_starts.append(len(rows.found))
    if data is None:
        rows.found += [b""] * tile.width
        what = Text("a bundle of events is missing", "缺少事件包")
        findings.add("bundle-missing", bundle.path, what, "", _events_text(tile))
        return b""
    events, rest = decode_bundle(data)
    hashes = suite.leaves(events)
    rows.found += hashes
    if rest:
        rows.found += [b""] * (tile.width - len(events))
        at = tile.events.start + len(events)
        what = Text(
            f"a bundle ends inside event {at}: a length or the end was changed",
            f"事件包在事件 {at} 中间截断：长度或末尾被改动",
        )
        findings.add("bundle-malformed", bundle.path, what, f"{rest} bytes left over", _events_text(tile))
        return b""
    if len(events) != tile.width:
        what = Text("a bundle has the wrong number of events", "事件包的事件数不对")
        expected = Text(f"{tile.width} events", f"{tile.width} 个事件")
        findings.add("bundle-count", bundle.path, what, str(len(events)), expected)
        return b""
    return b"".join(hashes)


def _bundle_or_likeness(files: Files, bundle: Tile) -> bytes | None:
    """The bundle, or where a forger filed it under another width, that one: to name what was changed."""
    data = read_tile(files, bundle)
    for width in (*range(bundle.width + 1, TILE_WIDTH), *range(bundle.width - 1, 0, -1)):
        if data is not None:
            break
        data = files.read(Tile(ENTRIES, bundle.index, width).path)
    return data


def _parents(rows: Rows, level: int, suite: HashSuite) -> list[bytes]:
    """The rows of `level` from the full tiles below, from the computed row where there is one."""
    hashes: list[bytes] = []
    below = zip(rows.computed[level - 1], rows.stored[level - 1], strict=True)
    for computed, stored in list(below)[: row_width(rows.size, level)]:
        row = computed or stored
        full = len(row) == TILE_WIDTH * DIGEST_BYTES
        hashes.append(suite.perfect_root(decode_row(row)) if full else UNKNOWN)
    return [b"".join(hashes[at : at + TILE_WIDTH]) for at in range(0, len(hashes), TILE_WIDTH)]


def authenticate(rows: Rows, root: bytes, suite: HashSuite, findings: Findings) -> bool:
    """Find the authentic row of every tile, and name the tiles that are not authentic.

    False where neither tiles nor events give the signed root; then no row is known to be authentic.
    """
    rows.authentic = [[None] * len(level) for level in rows.stored]
    edge = _authentic_edge(rows, root, suite)
    if edge is None:
        return False
    for level, row in enumerate(edge):
        if row:
            rows.authentic[level][-1] = row
    for level in range(len(rows.stored) - 1, -1, -1):
        for index, row in enumerate(rows.authentic[level]):
            if row is None:
                continue
            stored = rows.stored[level][index]
            if stored != row and len(stored) == len(row):
                _name_changed_tile(tile_in_row(rows.size, level, index), stored, row, findings)
            if level:
                _authenticate_below(rows, level - 1, index * TILE_WIDTH, row, suite, findings)
    return True


def _authentic_edge(rows: Rows, root: bytes, suite: HashSuite) -> list[bytes] | None:
    """By level, the row of the partial tile at the right edge (b"" for none) such that all give `root`."""
    choices: list[list[bytes]] = []
    for level in range(len(rows.stored)):
        width = row_width(rows.size, level) % TILE_WIDTH * DIGEST_BYTES
        both = dict.fromkeys((rows.stored[level][-1], rows.computed[level][-1])) if width else {b"": None}
        choices.append([row for row in both if len(row) == width])
    for edge in product(*choices):
        if _edge_root(edge, suite) == root:
            return list(edge)
    return None


def _edge_root(edge: tuple[bytes, ...], suite: HashSuite) -> bytes:
    subtrees: list[bytes] = []
    for row in map(decode_row, edge):
        end = len(row)
        for height in range(8):
            if len(row) >> height & 1:
                subtrees.append(suite.perfect_root(row[end - (1 << height) : end]))
                end -= 1 << height
    return fold(subtrees, suite)


def _authenticate_below(
    rows: Rows, level: int, first: int, parent: bytes, suite: HashSuite, findings: Findings
) -> None:
    """Decide for each full tile under an authentic tile which of its two rows has the parent's hash."""
    from_below = decode_row(rows.computed[level + 1][first // TILE_WIDTH])
    for index, digest in enumerate(decode_row(parent), first):
        stored, computed = rows.stored[level][index], rows.computed[level][index]
        if from_below[index - first] == digest:  # hashed already, from this very row
            rows.authentic[level][index] = computed or stored
            continue
        for row in dict.fromkeys((stored, computed)):
            if len(row) == TILE_WIDTH * DIGEST_BYTES and suite.perfect_root(decode_row(row)) == digest:
                rows.authentic[level][index] = row
                break
        else:
            tile = tile_in_row(rows.size, level, index)
            what = Text(
                "neither this tile nor the events below it give the hash in the tile above: both changed",
                "该瓦片与其下的事件均不能得出上层瓦片中的哈希：两者都被改动",
            )
            findings.add(
                "tile-changed", tile.path, what, _events_text(tile).en, Text(short(digest), short(digest))
            )


def _name_changed_tile(tile: Tile, stored: bytes, authentic: bytes, findings: Findings) -> None:
    pairs = enumerate(zip(decode_row(stored), decode_row(authentic), strict=True))
    for at, (found, expected) in pairs:
        if found != expected:
            what = Text(f"hash {at} of the tile was changed", f"瓦片的第 {at} 个哈希被改动")
            findings.add(
                "tile-changed", tile.path, what, short(found), Text(short(expected), short(expected))
            )


def check_other_tiles(files: Files, rows: Rows, findings: Findings) -> None:
    """Older partial tiles must be heads of today's; tiles past the tree show that the checkpoint is older."""
    beyond: list[str] = []
    for path in sorted(files.paths()):
        tile = tile_at(path)
        if tile is None:
            if path.startswith("tile/"):
                what = Text("a file that is no tile lies among the tiles", "瓦片目录中有无关文件")
                findings.add("file-unexpected", path, what)
            continue
        row = row_width(rows.size, tile.level)
        if tile.index * TILE_WIDTH + tile.width > row:
            beyond.append(path)
        elif tile.width < TILE_WIDTH and tile != tile_in_row(rows.size, tile.level, tile.index):
            whole = read_tile(files, tile_in_row(rows.size, tile.level, tile.index))
            if whole is not None and not whole.startswith(files.read(path) or b""):
                what = Text("an older partial tile contradicts today's", "较早的部分瓦片与当前瓦片矛盾")
                findings.add("tile-changed", path, what)
    if beyond:
        what = Text(
            f"the folder holds tiles for more than the {rows.size} events of its checkpoint: "
            "the checkpoint is an old one, or tiles were added",
            f"目录中的瓦片超出检查点的 {rows.size} 个事件：检查点是旧的，或瓦片被添加",
        )
        findings.add("checkpoint-older-than-tiles", beyond[0], what, f"{len(beyond)} files")


def _events_text(tile: Tile) -> Text:
    first, last = tile.events.start, tile.events.stop - 1
    return Text(f"events {first} to {last}", f"事件 {first} 至 {last}")
