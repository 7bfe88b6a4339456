"""Papers: contents that lie beside the log, named by the SHA-256 of their bytes, and erased one by one.

Scripts, secrets and personal data are never in an event, only the name of their paper. A name alone lets
whoever guesses the bytes confirm the guess, so short or personal content is kept `salted`.
"""

from collections.abc import Iterator, Sequence
from hashlib import sha256
from typing import Protocol

from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

SALT_BYTES = 32
PAPER_BYTES_MOST = 64 << 20


class Papers(Protocol):
    """A place for papers. `tests/contract/test_papers.py` holds each home to it."""

    def keep(self, contents: Sequence[bytes]) -> list[str]:
        """Keeps each of `contents`, all durable on return; their SHA-256 in hex.

        Equal bytes are kept once. Raises InvalidInput for a paper above PAPER_BYTES_MOST; then none is kept.
        """
        ...

    def read(self, digest: str) -> bytes:
        """The bytes of a paper. Raises InvalidInput where it was erased or is not what was kept."""
        ...

    def erase(self, digest: str) -> bool:
        """Erases a paper for good; whether it was there."""
        ...

    def digests(self) -> Iterator[str]:
        """The name of every paper."""
        ...

    def close(self) -> None:
        """Let go of connections."""
        ...


def salted(content: bytes, salt: bytes) -> bytes:
    """The paper of a content: SALT_BYTES of salt, then the content.

    One salt for one submission: its equal scripts are one paper, and those of others are papers apart, so
    each can be erased without the other.
    """
    assert len(salt) == SALT_BYTES, "a salt has SALT_BYTES"
    return salt + content


def unsalted(paper: bytes) -> bytes:
    """The content of a paper that was `salted`."""
    return paper[SALT_BYTES:]


def digests_of(contents: Sequence[bytes]) -> list[str]:
    """The names of `contents`. Raises InvalidInput with every one that is too long."""
    faults = [
        Fault(
            f"paper {number}",
            Text("a paper is too long to be kept", "材料过大，无法保存"),
            f"{len(content)} bytes",
            Text(f"at most {PAPER_BYTES_MOST} bytes", f"至多 {PAPER_BYTES_MOST} 字节"),
            Text("send it as an input file of the job", "请作为作业的输入文件提交"),
            "paper-size",
        )
        for number, content in enumerate(contents, 1)
        if len(content) > PAPER_BYTES_MOST
    ]
    if faults:
        raise InvalidInput(faults)
    return [sha256(content).hexdigest() for content in contents]


def checked(data: bytes | None, digest: str, where: str, found: str = "") -> bytes:
    """What was read as the paper `digest`, None for nothing. Raises InvalidInput where it is another."""
    remedy = Text("restore it from a copy, or go without it", "请从副本恢复，或不使用该材料")
    if data is None:
        what = Text("the papers are not there: they were erased or moved", "材料不存在：已删除或移走")
        raise InvalidInput([Fault(where, what, found, remedy=remedy, kind="paper-missing")])
    actual = sha256(data).hexdigest()
    if actual != digest:
        what = Text("these are not the papers that were kept", "不是当时留存的材料")
        raise InvalidInput([Fault(where, what, actual, same(digest), remedy, "paper-changed")])
    return data
