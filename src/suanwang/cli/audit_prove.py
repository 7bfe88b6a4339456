"""`suanwang audit prove`: an inclusion or a consistency proof, from an export or a log folder."""

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from suanwang.cli.audit_inputs import add_hash
from suanwang.units.text import Language, Text, same

if TYPE_CHECKING:
    from suanwang.audit.checkpoint import SignedCheckpoint
    from suanwang.audit.hashing import HashSuite
    from suanwang.audit.tile_tree import TileTree
    from suanwang.units.errors import Fault


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `audit prove`."""
    parser.add_argument(
        "index",
        metavar="INDEX",
        type=int,
        nargs="?",
        help=Text("the event's index, from 0", "事件序号，从 0 起").say(language),
    )
    parser.add_argument(
        "--log",
        type=Path,
        required=True,
        metavar="FOLDER",
        help=Text("an export, or a log folder", "导出目录或日志目录").say(language),
    )
    parser.add_argument(
        "--from-size",
        type=int,
        metavar="N",
        help=Text(
            "prove instead that the log continues the one of N events", "改为证明日志延续 N 个事件时的日志"
        ).say(language),
    )
    parser.add_argument(
        "--without-event",
        action="store_true",
        help=Text("leave the event's bytes out of the proof", "证明中不含事件字节").say(language),
    )
    parser.add_argument(
        "--out",
        type=Path,
        metavar="FILE",
        help=Text("write here instead of standard output", "写入文件而非标准输出").say(language),
    )
    add_hash(parser, language)
    parser.epilog = Text(
        "Examples:\n  suanwang audit prove 17 --log export --out 17.tlog-proof\n"
        "  suanwang audit prove --from-size 1000 --log export --out since-1000.proof",
        "示例：\n  suanwang audit prove 17 --log export --out 17.tlog-proof\n"
        "  suanwang audit prove --from-size 1000 --log export --out since-1000.proof",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Makes the proof, checks it, and writes it."""
    from suanwang.audit.checkpoint import parse_checkpoint
    from suanwang.audit.files import CHECKPOINT
    from suanwang.audit.tile_tree import TileTree
    from suanwang.cli.audit_inputs import export_folder, read_bytes, suite_of
    from suanwang.store.folder_files import open_export
    from suanwang.units.errors import Fault, InvalidInput

    folder = export_folder(arguments.log)
    files = open_export(folder)
    signed = parse_checkpoint(read_bytes(folder / CHECKPOINT), str(folder / CHECKPOINT))
    size = signed.checkpoint.size
    if (arguments.index is None) == (arguments.from_size is None):
        what = Text("name an event or --from-size, one of the two", "请指定事件序号或 --from-size 之一")
        raise InvalidInput([Fault("INDEX, --from-size", what, kind="flags")])
    limit = size - 1 if arguments.from_size is None else size
    number: int = arguments.index if arguments.from_size is None else arguments.from_size
    if not 0 <= number <= limit:
        where = "INDEX" if arguments.from_size is None else "--from-size"
        what = Text("the signed log does not reach that far", "已签名的日志没有这么多事件")
        remedy = Text("sign what is new with `suanwang audit checkpoint`", "用 audit checkpoint 签署新事件")
        raise InvalidInput([Fault(where, what, str(number), same(f"0..{limit}"), remedy, "flags")])
    suite = suite_of(arguments)
    tree = TileTree(files, size, suite)
    if arguments.from_size is None:
        proof = inclusion(tree, signed, number, not arguments.without_event, suite)
    else:
        proof = consistency(tree, signed, number, suite)
    if arguments.out is not None:
        arguments.out.write_bytes(proof)
    else:
        sys.stdout.write(proof.decode())
    return 0


def inclusion(
    tree: "TileTree", signed: "SignedCheckpoint", index: int, with_event: bool, suite: "HashSuite"
) -> bytes:
    """The proof that event `index` is in the tree of the checkpoint, checked before it is handed out."""
    from suanwang.audit.paths import inclusion_path
    from suanwang.audit.proof import InclusionProof, inclusion_faults, write_inclusion

    path = inclusion_path(index, tree.size, tree.node, suite)
    event = tree.event(index)
    _refuse(inclusion_faults(InclusionProof(index, event, tuple(path), signed), event, suite))
    return write_inclusion(index, event if with_event else None, path, signed.note)


def consistency(tree: "TileTree", signed: "SignedCheckpoint", old_size: int, suite: "HashSuite") -> bytes:
    """The proof that the tree of the checkpoint begins with that of `old_size` events, checked likewise."""
    from suanwang.audit.checkpoint import Checkpoint, SignedCheckpoint
    from suanwang.audit.merkle import CompactRange
    from suanwang.audit.paths import consistency_path
    from suanwang.audit.proof import ConsistencyProof, consistency_faults, write_consistency

    path = consistency_path(old_size, tree.size, tree.node, suite)
    root = CompactRange.of(suite, old_size, tree.node).root()
    old = SignedCheckpoint(Checkpoint(signed.checkpoint.origin, old_size, root), signed.note, signed.where)
    _refuse(consistency_faults(ConsistencyProof(old_size, tuple(path), signed), old, suite))
    return write_consistency(old_size, path, signed.note)


def _refuse(faults: "list[Fault]") -> None:
    from suanwang.units.errors import InvalidInput

    if faults:
        raise InvalidInput(faults)
