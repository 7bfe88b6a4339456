"""The papers beside a log: each a file named for the SHA-256 of its bytes, so that it can be erased alone.

LOG/papers/<sha256>.json
"""

import re
from hashlib import sha256
from pathlib import Path

from suanwang.store.durable_file import replace_file
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

PAPERS = "papers"
DIGEST = re.compile(r"[0-9a-f]{64}")


def keep_paper(log: Path, data: bytes) -> str:
    """Keeps the bytes durably beside the log; their SHA-256 in hex. Kept once however often it is asked."""
    digest = sha256(data).hexdigest()
    path = log / PAPERS / f"{digest}.json"
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        replace_file(path, data)
    return digest


def read_paper(log: Path, digest: str) -> bytes:
    """The bytes of a paper. Raises InvalidInput where it was erased or is not what was kept."""
    path = log / PAPERS / f"{digest}.json"
    remedy = Text("restore it from a copy, or go without it", "请从副本恢复，或不使用该材料")
    try:
        data = path.read_bytes() if DIGEST.fullmatch(digest) else b""
    except OSError as error:
        what = Text("the papers are not there: they were erased or moved", "材料不存在：已删除或移走")
        raise InvalidInput([Fault(str(path), what, str(error.strerror or error), remedy=remedy)]) from None
    found = sha256(data).hexdigest()
    if found != digest:
        what = Text("these are not the papers that were kept", "不是当时留存的材料")
        raise InvalidInput([Fault(str(path), what, found, same(digest), remedy)])
    return data
