"""The hash port: what a Merkle tree asks of a hash function, and the two functions that stand behind it.

Domain separation as in RFC 9162 §2.1.1 (the same as RFC 6962 §2.1): a leaf is hashed behind 0x00, an inner
node behind 0x01, and the empty tree is the hash of nothing.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cryptography.hazmat.primitives import hashes

DIGEST_BYTES = 32


@dataclass(frozen=True)
class HashSuite:
    """One hash function with a digest of 32 bytes, as a Merkle tree uses it."""

    name: str
    digest: Callable[[bytes], bytes]

    def empty(self) -> bytes:
        """The root of the tree without leaves."""
        return self.digest(b"")

    def leaf(self, event: bytes) -> bytes:
        """The hash of one event's stored bytes as a leaf."""
        return self.digest(b"\x00" + event)

    def leaves(self, events: Sequence[bytes]) -> list[bytes]:
        """The leaf hashes of `events`, in order."""
        digest = self.digest
        return [digest(b"\x00" + event) for event in events]

    def node(self, left: bytes, right: bytes) -> bytes:
        """The hash of an inner node."""
        return self.digest(b"\x01" + left + right)

    def parents(self, row: Sequence[bytes]) -> list[bytes]:
        """The row above `row`, whose length is even."""
        digest = self.digest
        pairs = iter(row)
        return [digest(b"\x01" + left + right) for left, right in zip(pairs, pairs, strict=True)]

    def perfect_root(self, row: Sequence[bytes]) -> bytes:
        """The root over `row`, whose length is a power of two."""
        while len(row) > 1:
            row = self.parents(row)
        return row[0]


def _sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def _sm3(data: bytes) -> bytes:
    # hashlib offers SM3 only where the system's OpenSSL does; this wheel carries its own.
    state = hashes.Hash(hashes.SM3())
    state.update(data)
    return state.finalize()


SHA256 = HashSuite("sha256", _sha256)
"""FIPS 180-4; the only hash of RFC 9162 logs and of C2SP tlog-tiles."""

SM3 = HashSuite("sm3", _sm3)
"""GB/T 32905-2016 (ISO/IEC 10118-3:2018), for deployments bound to Chinese commercial cryptography."""

HASH_SUITES = {suite.name: suite for suite in (SHA256, SM3)}
