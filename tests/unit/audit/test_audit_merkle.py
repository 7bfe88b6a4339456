"""The tree against the definition in RFC 9162, published vectors, and an independent implementation."""

import base64
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tlog_scales import tlog

from suanwang.audit.hashing import SHA256, SM3, HashSuite
from suanwang.audit.merkle import CompactRange, split
from suanwang.audit.paths import consistency_holds, consistency_path, inclusion_path, root_by_inclusion

# Leaves and roots of the Certificate Transparency reference tests (google/certificate-transparency,
# merkletree/merkle_tree_test.cc; transparency-dev/merkle, testonly/constants.go).
CT_LEAVES = [
    bytes.fromhex(text)
    for text in (
        "", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f",
    )
]  # fmt: skip
CT_ROOTS = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
]


def defined_root(leaves: list[bytes], suite: HashSuite) -> bytes:
    """MTH as RFC 9162 §2.1.1 writes it down."""
    if not leaves:
        return suite.digest(b"")
    if len(leaves) == 1:
        return suite.digest(b"\x00" + leaves[0])
    middle = split(len(leaves))
    return suite.digest(b"\x01" + defined_root(leaves[:middle], suite) + defined_root(leaves[middle:], suite))


def defined_path(index: int, leaves: list[bytes], suite: HashSuite) -> list[bytes]:
    """PATH as RFC 9162 §2.1.3.1 writes it down."""
    if len(leaves) == 1:
        return []
    middle = split(len(leaves))
    if index < middle:
        return [*defined_path(index, leaves[:middle], suite), defined_root(leaves[middle:], suite)]
    return [*defined_path(index - middle, leaves[middle:], suite), defined_root(leaves[:middle], suite)]


def defined_subproof(old: int, leaves: list[bytes], whole: bool, suite: HashSuite) -> list[bytes]:
    """SUBPROOF as RFC 9162 §2.1.4.1 writes it down."""
    if old == len(leaves):
        return [] if whole else [defined_root(leaves, suite)]
    middle = split(len(leaves))
    if old <= middle:
        return [*defined_subproof(old, leaves[:middle], whole, suite), defined_root(leaves[middle:], suite)]
    return [
        *defined_subproof(old - middle, leaves[middle:], False, suite),
        defined_root(leaves[:middle], suite),
    ]


def node_of(leaves: list[bytes], suite: HashSuite):
    return lambda level, index: defined_root(leaves[index << level : (index + 1) << level], suite)


def test_roots_are_those_of_the_published_vectors():
    compact = CompactRange(SHA256)
    roots = [compact.root().hex()]
    for leaf in CT_LEAVES:
        compact.extend([SHA256.leaf(leaf)])
        roots.append(compact.root().hex())
    assert roots == CT_ROOTS


def test_a_published_inclusion_path():
    # transparency-dev/merkle, testdata/inclusion/1/happy-path.json
    path = [
        "lqKW0iTyhcZ77pPDD4owkVfw2qNdxbh+QQt4YwoJz8c=",
        "Xwg/ChozygdqlSeYMlgNs+DvRYS9/x9UyKNg9Q3jAx4=",
        "a0eq8p7jwq+a+Im8H7klTavTEXfxYjLdaqsDXKOb9uQ=",
    ]
    assert [base64.b64encode(digest).decode() for digest in inclusion_path(
        0, 8, node_of(CT_LEAVES, SHA256), SHA256)] == path  # fmt: skip


def test_sm3_is_that_of_the_standard():
    # GB/T 32905-2016, appendix A.1 and A.2
    assert SM3.digest(b"abc").hex() == "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert (
        SM3.digest(b"abcd" * 16).hex() == "debe9ff92275b8a138604889c18e5a4d6fdb70e5387e5765293dcba39c0c5732"
    )


@pytest.mark.parametrize("suite", [SHA256, SM3], ids=lambda suite: suite.name)
def test_every_proof_of_every_small_tree(suite: HashSuite):
    leaves = [bytes([number]) * number for number in range(35)]
    for size in range(1, len(leaves) + 1):
        part = leaves[:size]
        root = defined_root(part, suite)
        compact = CompactRange(suite)
        compact.extend(suite.leaves(part))
        assert compact.root() == root
        assert CompactRange.of(suite, size, node_of(part, suite)).root() == root
        for index in range(size):
            path = inclusion_path(index, size, node_of(part, suite), suite)
            assert path == defined_path(index, part, suite)
            assert root_by_inclusion(suite.leaf(leaves[index]), index, size, path, suite) == root
            if suite is SHA256:
                tlog.InclusionProof(index, size, path).check(suite.leaf(leaves[index]), root)
    roots = [defined_root(leaves[:size], suite) for size in range(len(leaves) + 1)]
    for new in range(len(leaves) + 1):
        for old in range(new + 1):
            path = consistency_path(old, new, node_of(leaves, suite), suite)
            if old:
                assert path == defined_subproof(old, leaves[:new], True, suite)
            assert consistency_holds(old, roots[old], new, roots[new], path, suite)
            if suite is SHA256:
                tlog.ConsistencyProof(old, new, path).check(roots[old], roots[new])


@given(st.lists(st.binary(max_size=9), max_size=300), st.data())
def test_any_batches_give_the_same_root(leaves: list[bytes], data: st.DataObject):
    cuts = sorted(data.draw(st.lists(st.integers(0, len(leaves)), max_size=6)))
    compact = CompactRange(SHA256)
    for start, end in pairwise([0, *cuts, len(leaves)]):
        compact.extend(SHA256.leaves(leaves[start:end]))
    assert compact.size == len(leaves)
    assert compact.root() == defined_root(leaves, SHA256)


@given(st.integers(1, 200), st.data())
def test_no_changed_proof_passes(size: int, data: st.DataObject):
    leaves = [b"%d" % number for number in range(size)]
    node, root = node_of(leaves, SHA256), defined_root(leaves, SHA256)
    index = data.draw(st.integers(0, size - 1))
    path = inclusion_path(index, size, node, SHA256)
    other_index = data.draw(st.integers(0, size + 3).filter(lambda each: each != index))
    assert root_by_inclusion(SHA256.leaf(leaves[index]), other_index, size, path, SHA256) != root
    assert root_by_inclusion(SHA256.leaf(b"other"), index, size, path, SHA256) != root
    old = data.draw(st.integers(1, size))
    joint = consistency_path(old, size, node, SHA256)
    old_root = defined_root(leaves[:old], SHA256)
    wrong = data.draw(st.binary(min_size=32, max_size=32))
    for faulty in ([*joint, wrong], joint[:-1] or [wrong], [wrong, *joint]):
        assert not consistency_holds(old, old_root, size, root, faulty, SHA256)
        if old < size:
            with pytest.raises(tlog.ConsistencyProofInvalid):
                tlog.ConsistencyProof(old, size, faulty).check(old_root, root)
    assert not consistency_holds(old, wrong, size, root, joint, SHA256)
    assert not consistency_holds(old, old_root, size, wrong, joint, SHA256)
