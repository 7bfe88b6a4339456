"""`suanwang audit export`: the signed log as files that anyone can verify."""

import argparse
from pathlib import Path

from suanwang.cli.audit_inputs import add_hash
from suanwang.cli.json_flag import add_json
from suanwang.units.text import Language, Text


def describe(parser: argparse.ArgumentParser, language: Language) -> None:
    """Adds the arguments of `audit export`."""
    parser.add_argument(
        "log",
        metavar="LOG",
        type=Path,
        help=Text("a log folder, or an export", "日志目录或导出目录").say(language),
    )
    parser.add_argument(
        "--out",
        type=Path,
        required=True,
        metavar="FOLDER",
        help=Text("where to write the export", "导出到的目录").say(language),
    )
    add_hash(parser, language)
    add_json(parser, language)
    parser.epilog = Text(
        "Writes the log up to its newest checkpoint; sign what is new first.\n\n"
        "Example:\n  suanwang audit checkpoint log --key log.key && suanwang audit export log --out export",
        "导出到最新检查点为止；新事件请先签署。\n\n"
        "示例：\n  suanwang audit checkpoint log --key log.key && suanwang audit export log --out export",
    ).say(language)


def execute(arguments: argparse.Namespace, language: Language) -> int:
    """Copies the published tree, checkpoint last."""
    from suanwang.audit.checkpoint import parse_checkpoint
    from suanwang.audit.files import CHECKPOINT
    from suanwang.audit.publish import GrowingTree
    from suanwang.cli.audit_inputs import export_folder, read_bytes, suite_of
    from suanwang.cli.check import print_json
    from suanwang.store.folder_files import open_export
    from suanwang.store.publication import export
    from suanwang.units.errors import Fault, InvalidInput

    folder: Path = export_folder(arguments.log)
    out: Path = arguments.out
    files = open_export(folder)
    if out.exists() and any(out.iterdir()) and not (out / CHECKPOINT).is_file():
        what = Text("the folder holds something else", "目录中已有其他内容")
        remedy = Text("name an empty folder, or an older export of this log", "请指定空目录或该日志的旧导出")
        raise InvalidInput([Fault(str(out), what, remedy=remedy, kind="flags")])
    head = parse_checkpoint(read_bytes(folder / CHECKPOINT), str(folder / CHECKPOINT))
    GrowingTree.resume(head.checkpoint, files, suite_of(arguments))
    count = export(files, head, out)
    if arguments.json:
        print_json({"folder": str(out), "events": head.checkpoint.size, "files": count})
    else:
        print(
            Text(
                f"{out}: {head.checkpoint.size:,} events in {count:,} files",
                f"{out}：{head.checkpoint.size:,} 个事件，{count:,} 个文件",
            ).say(language)
        )
    return 0
