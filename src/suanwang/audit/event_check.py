"""Which events differ from the leaves of the tree, and how: changed, missing, inserted, or moved."""

from bisect import bisect_right
from collections.abc import Sequence
from difflib import SequenceMatcher

from suanwang.audit.findings import Findings, short
from suanwang.audit.tile_check import Rows
from suanwang.audit.tiles import ENTRIES, TILE_WIDTH, tile_in_row
from suanwang.units.text import Text

COMPARED_MAX = 20_000
"""Past this many events between the first and the last difference, only the range is named."""

ALIGNED_MIN = 16
"""From this many differing places on, a shift is looked for before each is called changed."""


def check_events(rows: Rows, leaves: Sequence[bytes], findings: Findings) -> None:
    """Name each event whose hash (`rows.found`, in file order) is not the leaf that stands there.

    Events that could not be read are not named again: their bundle was.
    """
    found = rows.found
    if len(found) == len(leaves):
        found = [digest or leaf for digest, leaf in zip(found, leaves, strict=True)]
    if found == leaves:
        return
    start = 0
    shorter = min(len(found), len(leaves))
    while start < shorter and found[start] == leaves[start]:
        start += 1
    tail = 0
    while tail < shorter - start and found[-1 - tail] == leaves[-1 - tail]:
        tail += 1
    reader = _Difference(found, leaves, rows, findings)
    found_end, leaves_end = len(found) - tail, len(leaves) - tail
    if max(found_end, leaves_end) - start > COMPARED_MAX:
        reader.name_range(start, leaves_end, found_end)
    elif len(found) == len(leaves):
        reader.name_same_length(start, leaves_end)
    else:
        reader.name_aligned(start, found_end, leaves_end)


class _Difference:
    """Two sequences of leaf hashes, and the names of what differs between them."""

    def __init__(
        self, found: Sequence[bytes], leaves: Sequence[bytes], rows: Rows, findings: Findings
    ) -> None:
        self.rows = rows
        self.found = found
        self.leaves = leaves
        self.findings = findings
        self.place_of_leaf: dict[bytes, int] = {}
        self.place_of_found: dict[bytes, int] = {}

    def name_range(self, start: int, leaves_end: int, found_end: int) -> None:
        what = Text(
            f"events {start} to {leaves_end - 1} do not match the tree",
            f"事件 {start} 至 {leaves_end - 1} 与树不符",
        )
        self._add("event-changed", start, what, f"{found_end - start} events")

    def name_same_length(self, start: int, end: int) -> None:
        differing = [at for at in range(start, end) if self.found[at] != self.leaves[at]]
        moved = sorted(self.found[at] for at in differing) == sorted(self.leaves[at] for at in differing)
        if len(differing) >= ALIGNED_MIN and not moved:
            self.name_aligned(start, end, end)
            return
        self._index(start, end, end)
        for at in differing:
            self._name_one(at, at)

    def name_aligned(self, start: int, found_end: int, leaves_end: int) -> None:
        self._index(start, found_end, leaves_end)
        matcher = SequenceMatcher(
            None, self.leaves[start:leaves_end], self.found[start:found_end], autojunk=False
        )
        for _, leaf_from, leaf_to, found_from, found_to in matcher.get_opcodes():
            if (
                self.leaves[start + leaf_from : start + leaf_to]
                == self.found[start + found_from : start + found_to]
            ):
                continue
            paired = min(leaf_to - leaf_from, found_to - found_from)
            for offset in range(paired):
                self._name_one(start + leaf_from + offset, start + found_from + offset)
            for at in range(start + leaf_from + paired, start + leaf_to):
                self._name_missing(at)
            for at in range(start + found_from + paired, start + found_to):
                self._name_inserted(at)

    def _index(self, start: int, found_end: int, leaves_end: int) -> None:
        self.place_of_leaf = {self.leaves[at]: at for at in range(start, leaves_end)}
        self.place_of_found = {self.found[at]: at for at in range(start, found_end)}

    def _name_one(self, leaf_at: int, found_at: int) -> None:
        other = self.place_of_leaf.get(self.found[found_at])
        if other is None:
            what = Text(f"event {leaf_at} was changed", f"事件 {leaf_at} 被改动")
            self._add(
                "event-changed", leaf_at, what, short(self.found[found_at]), short(self.leaves[leaf_at])
            )
        else:
            what = Text(
                f"event {leaf_at} was replaced by event {other}: events were reordered",
                f"事件 {leaf_at} 被事件 {other} 取代：事件顺序被改动",
            )
            self._add(
                "events-reordered", leaf_at, what, short(self.found[found_at]), short(self.leaves[leaf_at])
            )

    def _name_missing(self, at: int) -> None:
        moved_to = self.place_of_found.get(self.leaves[at])
        if moved_to is None:
            what = Text(f"event {at} is missing", f"事件 {at} 缺失")
            self._add("event-missing", at, what, "", short(self.leaves[at]))
        else:
            what = Text(
                f"event {at} was moved to place {moved_to}: events were reordered",
                f"事件 {at} 被移到第 {moved_to} 位：事件顺序被改动",
            )
            self._add("events-reordered", at, what, "", short(self.leaves[at]))

    def _name_inserted(self, at: int) -> None:
        if self.found[at] in self.place_of_leaf:
            # an event that was moved is named where it is missing; one that still stands there is a copy
            source = self.place_of_leaf[self.found[at]]
            if self.place_of_found[self.found[at]] == at and self.found.count(self.found[at]) == 1:
                return
            what = Text(f"a copy of event {source} was inserted", f"插入了事件 {source} 的副本")
        else:
            what = Text(f"an event was inserted at place {at}", f"第 {at} 位插入了事件")
        bundle = bisect_right(self.rows.bundle_starts, at) - 1
        where = tile_in_row(self.rows.size, ENTRIES, bundle).path
        self.findings.add("event-inserted", f"{where}: place {at}", what, short(self.found[at]))

    def _add(self, kind: str, at: int, what: Text, found: str, expected: str = "") -> None:
        where = tile_in_row(self.rows.size, ENTRIES, at // TILE_WIDTH).path
        self.findings.add(kind, f"{where}: event {at}", what, found, Text(expected, expected))
