"""The published tree of the log (see `audit/`), kept by the child process in the server's own folder.

Each server signs with the key of its folder, so two servers of one log share that folder or have two keys.
"""

import os
from pathlib import Path
from typing import NamedTuple

from suanwang.audit.checkpoint import SignedCheckpoint
from suanwang.audit.hashing import SHA256
from suanwang.audit.keys import SigningKey, parse_signing_key
from suanwang.audit.paths import consistency_path, inclusion_path
from suanwang.audit.proof import write_consistency, write_inclusion
from suanwang.audit.signatures import SEED_BYTES
from suanwang.audit.tile_tree import TileTree
from suanwang.server.first_start import write_closed
from suanwang.server.side_work import Place, open_home
from suanwang.store.folder_files import FolderFiles
from suanwang.store.publication import PUBLISHED, Publication
from suanwang.units.errors import Fault, InvalidInput
from suanwang.units.text import Text, same

KEY_FILE = "audit.key"
ED25519 = 0x01
ORIGIN = "suanwang/log"


class Published(NamedTuple):
    """The newest checkpoint as its signed note, and the key it is verified with."""

    note: bytes
    verifier: str
    size: int


def key_of(data: Path) -> SigningKey:
    """The key in the folder, made at its first use."""
    path = data / KEY_FILE
    if not path.exists():
        write_closed(path, SigningKey(ORIGIN, ED25519, os.urandom(SEED_BYTES)).text + "\n")
    return parse_signing_key(path.read_text(encoding="utf-8").strip(), str(path))


def publish(place: Place, data: Path) -> Published:
    """The tree brought up to the log, and its newest checkpoint."""
    key, signed = _extend(place, data)
    return Published(signed.note.bytes, key.verifier.text, signed.checkpoint.size)


def prove_inclusion(place: Place, data: Path, index: int) -> bytes:
    """That event `index` is in the newest checkpoint, without the event's bytes. Raises InvalidInput."""
    _, signed = _extend(place, data)
    tree = _tree(data, signed)
    if index >= tree.size:
        raise beyond("index", index, tree.size - 1)
    return write_inclusion(index, None, inclusion_path(index, tree.size, tree.node, SHA256), signed.note)


def prove_consistency(place: Place, data: Path, size: int) -> bytes:
    """That the log continues what it was at `size` events. Raises InvalidInput."""
    _, signed = _extend(place, data)
    tree = _tree(data, signed)
    if size > tree.size:
        raise beyond("size", size, tree.size)
    return write_consistency(size, consistency_path(size, tree.size, tree.node, SHA256), signed.note)


def _extend(place: Place, data: Path) -> tuple[SigningKey, SignedCheckpoint]:
    key, home = key_of(data), open_home(place)
    log = home.reader()
    publication = Publication(data / PUBLISHED, SHA256)
    try:
        return key, publication.extend(log, key)
    finally:
        publication.close()
        log.close()
        home.close()


def _tree(data: Path, signed: SignedCheckpoint) -> TileTree:
    return TileTree(FolderFiles(data / PUBLISHED), signed.checkpoint.size, SHA256)


def beyond(where: str, found: int, most: int) -> InvalidInput:
    """The error for what the log does not reach."""
    what = Text("the log does not reach that far", "日志没有这么长")
    return InvalidInput([Fault(where, what, str(found), same(f"0 … {most}"))])
