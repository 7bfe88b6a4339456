"""The hash port: what a Merkle tree asks of a hash function, and the two functions that stand behind it.

Domain separation as in RFC 9162 §2.1.1 (the same as RFC 6962 §2.1): a leaf is hashed behind 0x00, an inner
node behind 0x01, and the empty tree is the hash of nothing.
"""

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from cryptography.hazmat.primitives import hashes

DIGEST_BYTES = 32


class Digest(Protocol):
    """A hash that has taken its data."""

    def digest(self) -> bytes:
        """The hash."""
        ...


@dataclass(frozen=True)
class HashSuite:
    """One hash function with a digest of 32 bytes, as a Merkle tree uses it."""

    name: str
    new: Callable[[bytes], Digest]

    def digest(self, data: bytes) -> bytes:
        """The hash of `data` as it is."""
        return self.new(data).digest()

    def empty(self) -> bytes:
        """The root of the tree without leaves."""
        return self.digest(b"")

    def leaf(self, event: bytes) -> bytes:
        """The hash of one event's stored bytes as a leaf."""
        return self.new(b"\x00" + event).digest()

    def leaves(self, events: Sequence[bytes]) -> list[bytes]:
        """The leaf hashes of `events`, in order."""
        new = self.new
        return [new(b"\x00" + event).digest() for event in events]

    def node(self, left: bytes, right: bytes) -> bytes:
        """The hash of an inner node."""
        return self.new(b"\x01" + left + right).digest()

    def parents(self, row: Sequence[bytes]) -> list[bytes]:
        """The row above `row`, whose length is even."""
        new = self.new
        pairs = iter(row)
        return [new(b"\x01" + left + right).digest() for left, right in zip(pairs, pairs, strict=True)]

    def perfect_root(self, row: Sequence[bytes]) -> bytes:
        """The root over `row`, whose length is a power of two."""
        while len(row) > 1:
            row = self.parents(row)
        return row[0]


class _Sm3:
    """SM3 with the face of hashlib, which offers it only where the system's OpenSSL does."""

    def __init__(self, data: bytes) -> None:
        self._state = hashes.Hash(hashes.SM3())
        self._state.update(data)

    def digest(self) -> bytes:
        return self._state.finalize()


SHA256 = HashSuite("sha256", hashlib.sha256)
"""FIPS 180-4; the only hash of RFC 9162 logs and of C2SP tlog-tiles."""

SM3 = HashSuite("sm3", _Sm3)
"""GB/T 32905-2016 (ISO/IEC 10118-3:2018), for deployments bound to Chinese commercial cryptography."""

HASH_SUITES = {suite.name: suite for suite in (SHA256, SM3)}
