"""The Merkle tree of RFC 9162 §2.1: an incremental compact range, and how a range of leaves splits.

A tree of n leaves is the row of perfect subtrees that n's binary digits name, largest first; its root folds
that row from the right. So a tree that only grows needs to remember one hash a level.
"""

from collections.abc import Callable, Sequence

from suanwang.audit.hashing import HashSuite

NodeHash = Callable[[int, int], bytes]
"""(level, index) → the hash over the leaves [index·2**level, (index+1)·2**level)."""


class CompactRange:
    """The roots of the perfect subtrees over leaves [0, size): all that an append-only tree must remember."""

    def __init__(self, suite: HashSuite) -> None:
        self.suite = suite
        self.size = 0
        self._waiting: list[bytes | None] = []  # by level: a left sibling that waits for its right one

    @classmethod
    def of(cls, suite: HashSuite, size: int, node: NodeHash) -> "CompactRange":
        """The compact range of a tree of `size` leaves whose inner nodes can be asked for."""
        compact = cls(suite)
        compact.size = size
        for level in range(size.bit_length()):
            held = size >> level & 1
            compact._waiting.append(node(level, (size >> level) - 1) if held else None)
        return compact

    def extend(self, leaf_hashes: Sequence[bytes]) -> None:
        """Append leaves by their hashes."""
        self.size += len(leaf_hashes)
        row = list(leaf_hashes)
        level = 0
        while row:
            if level == len(self._waiting):
                self._waiting.append(None)
            waiting = self._waiting[level]
            if waiting is not None:
                row.insert(0, waiting)
            self._waiting[level] = row.pop() if len(row) & 1 else None
            row = self.suite.parents(row)
            level += 1

    def root(self) -> bytes:
        """The Merkle tree head of the leaves so far."""
        return fold([waiting for waiting in self._waiting if waiting is not None], self.suite)


def fold(subtrees: Sequence[bytes], suite: HashSuite) -> bytes:
    """The root over perfect subtrees given from the smallest (rightmost) to the largest (leftmost)."""
    if not subtrees:
        return suite.empty()
    root = subtrees[0]
    for left in subtrees[1:]:
        root = suite.node(left, root)
    return root


def range_hash(start: int, end: int, node: NodeHash, suite: HashSuite) -> bytes:
    """The Merkle tree hash of the leaves [start, end), a subtree of an RFC 9162 tree.

    `start` is a multiple of the smallest power of two that is at least `end - start`.
    """
    subtrees: list[bytes] = []
    width = end - start
    for level in range(width.bit_length()):
        if width >> level & 1:
            subtrees.append(node(level, (end >> level) - 1))
            end -= 1 << level
    return fold(subtrees, suite)


def split(width: int) -> int:
    """The largest power of two smaller than `width` > 1: how many leaves the left subtree holds."""
    return 1 << (width - 1).bit_length() - 1
