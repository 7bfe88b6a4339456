"""`suanwang audit checkpoint`: sign the log as it stands, or cosign its newest checkpoint as a witness."""

import argparse
import time
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.audit_inputs import add_hash
from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text, same

if TYPE_CHECKING:
    from suanwang.audit.checkpoint import SignedCheckpoint


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `audit checkpoint`."""
    parser.add_argument(
        "log",
        metavar="LOG",
        type=Path,
        help=Text("a log folder; for a witness also an export", "日志目录；见证者也可用导出目录").say(
            language
        ),
    )
    who = parser.add_mutually_exclusive_group(required=True)
    who.add_argument(
        "--key", type=Path, metavar="FILE", help=Text("the log's private key", "日志私钥").say(language)
    )
    who.add_argument(
        "--cosign",
        type=Path,
        metavar="FILE",
        help=Text("a witness's private key: cosign", "见证者私钥：联署").say(language),
    )
    parser.add_argument(
        "--every",
        type=int,
        default=1_000,
        metavar="N",
        help=Text("events between checkpoints (default 1000)", "检查点间隔的事件数（默认 1000）").say(
            language
        ),
    )
    parser.add_argument(
        "--log-key",
        action="append",
        default=[],
        metavar="VKEY",
        help=Text("for a witness: the log's key", "见证者用：日志公钥").say(language),
    )
    parser.add_argument(
        "--state",
        type=Path,
        metavar="FILE",
        help=Text(
            "for a witness: the checkpoint it cosigned last, which this one must continue",
            "见证者用：上次联署的检查点，新检查点须为其延续",
        ).say(language),
    )
    parser.add_argument(
        "--anchor",
        type=Path,
        metavar="FILE",
        help=Text("remember the checkpoint in this file too", "同时锚定到此文件").say(language),
    )
    add_hash(parser, language)
    add_json(parser, language)
    parser.epilog = Text(
        "Examples:\n  suanwang audit checkpoint log --key log.key --anchor /mnt/worm/anchors\n"
        "  suanwang audit checkpoint export --cosign witness.key --log-key log.vkey --state last.checkpoint",
        "示例：\n  suanwang audit checkpoint log --key log.key --anchor /mnt/worm/anchors\n"
        "  suanwang audit checkpoint export --cosign witness.key --log-key log.vkey --state last.checkpoint",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Signs or cosigns; prints the checkpoint."""
    from suanwang.audit.findings import base64_text
    from suanwang.cli.check import print_json
    from suanwang.store.anchor_file import FileAnchor
    from suanwang.units.errors import Fault, InvalidInput

    if arguments.every < 1:
        what = Text("--every is a number of events", "--every 应为事件数")
        raise InvalidInput([Fault("--every", what, str(arguments.every), kind="flags")])
    signed = cosigned(arguments) if arguments.cosign else published(arguments)
    head = signed.checkpoint
    if arguments.anchor is not None:
        FileAnchor(arguments.anchor).anchor(head)
    if arguments.json:
        print_json({
            "origin": head.origin,
            "size": head.size,
            "root": base64_text(head.root),
            "signatures": [signature.name for signature in signed.note.signatures],
        })  # fmt: skip
    else:
        print(signed.note.bytes.decode(), end="")
    del language
    return 0


def published(arguments: argparse.Namespace) -> "SignedCheckpoint":
    """The log's tree brought up to its last event and signed."""
    from suanwang.cli.audit_inputs import read_signing_key, suite_of
    from suanwang.store.log_file_reader import FileLogReader
    from suanwang.store.publication import PUBLISHED, Publication

    key = read_signing_key(arguments.key)
    log = FileLogReader(arguments.log)
    publication = Publication(arguments.log / PUBLISHED, suite_of(arguments))
    try:
        return publication.extend(log, key, arguments.every)
    finally:
        publication.close()
        log.close()


def cosigned(arguments: argparse.Namespace) -> "SignedCheckpoint":
    """The newest checkpoint with a witness's cosignature, if it continues the last one."""
    from suanwang.audit.checkpoint import parse_checkpoint
    from suanwang.audit.paths import consistency_path
    from suanwang.audit.proof import ConsistencyProof
    from suanwang.audit.tile_tree import TileTree
    from suanwang.audit.witness import CosignatureRefused, cosign
    from suanwang.cli.audit_inputs import export_folder, read_signing_key, suite_of, verifier_keys
    from suanwang.store.durable_file import replace_file
    from suanwang.store.folder_files import open_export
    from suanwang.store.publication import Publication
    from suanwang.units.errors import Fault, InvalidInput

    keys, faults = verifier_keys("log-key", arguments.log_key)
    state: Path | None = arguments.state
    if state is None or not arguments.log_key:
        what = Text("a witness needs --log-key and --state", "见证者需要 --log-key 与 --state")
        faults.append(Fault("--cosign", what, kind="flags"))
    if faults or state is None:
        raise InvalidInput(faults)
    witness = read_signing_key(arguments.cosign)
    suite = suite_of(arguments)
    folder = export_folder(arguments.log)
    files = open_export(folder)
    publication = Publication(folder, suite)
    try:
        signed = publication.head()
        assert signed is not None  # open_export has seen it
        last = parse_checkpoint(state.read_bytes(), str(state)) if state.exists() else None
        old_size = last.checkpoint.size if last else 0
        if old_size > signed.checkpoint.size:
            what = Text(
                "the log was rolled back: it is shorter than what was cosigned", "日志被回退：短于已联署"
            )
            found, expected = str(signed.checkpoint.size), str(old_size)
            raise CosignatureRefused([Fault(signed.where, what, found, same(expected), kind="rollback")])
        tree = TileTree(files, signed.checkpoint.size, suite)
        path = consistency_path(old_size, tree.size, tree.node, suite)
        request = ConsistencyProof(old_size, tuple(path), signed)
        note = cosign(request, last, keys, witness, int(time.time()), suite)
        replace_file(state, note.bytes)
        publication.replace_head(signed, note.bytes)
    finally:
        publication.close()
    return parse_checkpoint(note.bytes, signed.where)
