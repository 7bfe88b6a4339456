"""Inclusion and consistency proofs: made as in RFC 9162 §2.1.3.1 and §2.1.4.1, checked as in .2 of each."""

from collections.abc import Sequence

from suanwang.audit.hashing import HashSuite
from suanwang.audit.merkle import NodeHash, range_hash, split

PATH_LENGTH_MAX = 64


def inclusion_path(index: int, size: int, node: NodeHash, suite: HashSuite) -> list[bytes]:
    """The hashes that lead from leaf `index` to the root of the tree of `size` leaves, leaf first.

    0 ≤ index < size, else ValueError.
    """
    if not 0 <= index < size:
        raise ValueError(f"leaf {index} is not in a tree of {size} leaves")
    path: list[bytes] = []
    start, end = 0, size
    while end - start > 1:
        middle = start + split(end - start)
        if index < middle:
            path.append(range_hash(middle, end, node, suite))
            end = middle
        else:
            path.append(range_hash(start, middle, node, suite))
            start = middle
    return path[::-1]


def consistency_path(old_size: int, new_size: int, node: NodeHash, suite: HashSuite) -> list[bytes]:
    """The hashes that show the tree of `old_size` leaves to be a prefix of the tree of `new_size`.

    0 ≤ old_size ≤ new_size, else ValueError. Empty where nothing needs to be shown (old_size 0 or equal).
    """
    if not 0 <= old_size <= new_size:
        raise ValueError(f"a tree of {old_size} leaves is no prefix of one of {new_size}")
    if old_size in (0, new_size):
        return []
    path: list[bytes] = []
    start, end = 0, new_size
    # invariant: start < old_size ≤ end; the old tree's part inside [start, end) is [start, old_size)
    while old_size != end:
        middle = start + split(end - start)
        if old_size <= middle:
            path.append(range_hash(middle, end, node, suite))
            end = middle
        else:
            path.append(range_hash(start, middle, node, suite))
            start = middle
    if start:  # the subtree [start, old_size) is known to the verifier only where it is the whole old tree
        path.append(range_hash(start, end, node, suite))
    return path[::-1]


def root_by_inclusion(
    leaf_hash: bytes, index: int, size: int, path: Sequence[bytes], suite: HashSuite
) -> bytes | None:
    """The root that `path` gives for the leaf, or None where it has the wrong length or index."""
    if not 0 <= index < size:
        return None
    first, second, root = index, size - 1, leaf_hash
    for sibling in path:
        if second == 0:
            return None
        if first & 1 or first == second:
            root = suite.node(sibling, root)
            while not first & 1 and first:
                first >>= 1
                second >>= 1
        else:
            root = suite.node(root, sibling)
        first >>= 1
        second >>= 1
    return root if second == 0 else None


def consistency_holds(
    old_size: int, old_root: bytes, new_size: int, new_root: bytes, path: Sequence[bytes], suite: HashSuite
) -> bool:
    """Whether `path` shows the old tree to be a prefix of the new one."""
    if not 0 <= old_size <= new_size:
        return False
    if old_size in (0, new_size):
        return not path and (old_root == new_root if old_size else old_root == suite.empty())
    path = list(path)
    if old_size & (old_size - 1) == 0:  # the old root is itself a node of the new tree
        path.insert(0, old_root)
    if not path:
        return False
    first, second = old_size - 1, new_size - 1
    while first & 1:
        first >>= 1
        second >>= 1
    first_root = second_root = path[0]
    for sibling in path[1:]:
        if second == 0:
            return False
        if first & 1 or first == second:
            first_root = suite.node(sibling, first_root)
            second_root = suite.node(sibling, second_root)
            while not first & 1 and first:
                first >>= 1
                second >>= 1
        else:
            second_root = suite.node(second_root, sibling)
        first >>= 1
        second >>= 1
    return first_root == old_root and second_root == new_root and second == 0
